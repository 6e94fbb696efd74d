"""Readings that are computed from series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from bot.errors import BadData
from bot.model.signal import Raw, ReadingRule
from bot.rules.readings.correlation import Correlation
from bot.rules.readings.sentiment import Sentiment
from bot.rules.readings.volatility import Volatility
from tests.rules.series import DAY, LAST, NOW, rows, serve, walk


async def test_a_volatility_is_in_points_a_year() -> None:
    rule: ReadingRule = Volatility(file="SPY.csv")
    get, asked = serve({"SPY.csv": walk(900, sigma=0.2)})
    level, stress, ratio = rule.read(await rule.fetch(get), "vol", NOW)
    assert asked == [("SPY.csv", "price", "", DAY)]
    assert (level.name, stress.name, level.as_of) == ("vol", "vol.stress", LAST)
    assert (ratio.name, ratio.as_of) == ("vol.ratio", LAST)
    assert level.number == pytest.approx(20.0, rel=0.35)
    assert stress.number in (0.0, 1.0)


def test_a_loud_week_is_stress_and_a_calm_year_ends_it() -> None:
    rule = Volatility(file="SPY.csv")
    calm = [p.number for p in walk(500, sigma=0.1)]
    loud = [calm[-1] * (1.0 + 0.04 * (day % 2)) for day in range(1, 8)]
    still = [calm[-1] * (1.0 + 0.003 * (day % 2)) for day in range(120)]
    assert rule.read((rows(*calm),), "v", NOW)[1].number == 0.0
    assert rule.read((rows(*calm, *loud),), "v", NOW)[1].number == 1.0
    assert rule.read((rows(*calm, *loud),), "v", NOW)[2].number > 2.0
    assert rule.read((rows(*calm),), "v", NOW)[2].number == pytest.approx(1.0, abs=0.5)
    assert rule.read((rows(*calm, *loud, *still),), "v", NOW)[1].number == 0.0


def test_too_few_prices_have_no_volatility() -> None:
    with pytest.raises(BadData, match="reading vol: has 50 prices that were known; 90 are needed"):
        Volatility(file="x").read((walk(50),), "vol", NOW)


@pytest.mark.parametrize("options", [{"enter": 0.5, "leave": 0.6}, {"confirm": 0}])
def test_a_stress_must_be_able_to_end(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="never ends"):
        Volatility(file="x", **options)


def prices_together(rho: float, count: int, *, seed: int, assets: int = 3) -> list[Raw]:
    draw = np.random.default_rng(seed)
    common = draw.standard_normal((count, 1))
    returns = 0.01 * (
        math.sqrt(rho) * common + math.sqrt(1 - rho) * draw.standard_normal((count, assets))
    )
    return [rows(*np.exp(np.cumsum(column))) for column in returns.T]


async def test_a_correlation_is_that_of_common_times() -> None:
    rule: ReadingRule = Correlation(file="all.csv", symbols=("A", "B", "C"))
    one, two, three = prices_together(0.5, 700, seed=1)
    get, asked = serve({"A": one, "B": two[:-1], "C": three})
    level, stress = rule.read(await rule.fetch(get), "together", NOW)
    assert [symbol for _, _, symbol, _ in asked] == ["A", "B", "C"]
    assert level.as_of == LAST - DAY
    assert (level.name, stress.name) == ("together", "together.stress")
    assert level.number == pytest.approx(0.5, abs=0.25)
    assert stress.number == 0.0


def test_a_correlation_that_rises_is_stress_after_its_confirmation() -> None:
    calm = prices_together(0.2, 600, seed=2)
    tight = prices_together(0.95, 15, seed=3)
    joined = tuple(
        rows(*(r.number for r in one), *(one[-1].number * r.number for r in other))
        for one, other in zip(calm, tight, strict=True)
    )
    rule = Correlation(file="all.csv", symbols=("A", "B", "C"))
    assert rule.read(tuple(calm), "t", NOW)[1].number == 0.0
    assert rule.read(joined, "t", NOW)[1].number == 1.0


def test_what_says_nothing_of_correlation_is_refused() -> None:
    with pytest.raises(ValidationError, match="has no pair"):
        Correlation(file="x", symbols=("A", "A"))
    rule = Correlation(file="x", symbols=("A", "B"))
    one, two = prices_together(0.2, 200, seed=4, assets=2)
    with pytest.raises(BadData, match="have 200 prices of the same time; 331 are needed"):
        rule.read((one, two), "t", NOW)
    one, _ = prices_together(0.2, 500, seed=4, assets=2)
    frozen = rows(*[1.0] * 400, *[2.0] * 100)
    with pytest.raises(BadData, match="one of its prices never moves"):
        rule.read((one, frozen), "t", NOW)


async def test_a_mood_is_read_from_scores() -> None:
    rule: ReadingRule = Sentiment(file="news.csv", symbol="crypto")
    scores = rows(*[0.1 * (-1) ** day for day in range(70)], -1.0, end=NOW)
    get, asked = serve({"crypto": scores})
    (found,) = rule.read(await rule.fetch(get), "news", NOW)
    assert asked[0][1:3] == ("score", "crypto")
    assert found.number < -3.0
    assert found.as_of == NOW


def test_a_mood_of_too_few_days_is_refused() -> None:
    with pytest.raises(BadData, match="reading news: of the last 60 days fewer than 20"):
        Sentiment(file="x").read((rows(0.1, 0.2, end=NOW),), "news", NOW)

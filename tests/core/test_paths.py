"""Filtered histories and what is simulated from them."""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from bot.core.gjr import LEAST_RETURNS, filter_gjr, fit_gjr
from bot.core.paths import (
    WARM_UP,
    Filtered,
    Floats,
    chance_beyond,
    ewma_variances,
    filter_ewma,
    log_returns,
)
from bot.core.threshold import terminal_probability, touch_probability

YEAR = 252


def normal_returns(count: int = 1500, *, seed: int = 1, sigma: float = 0.6) -> Floats:
    draw = np.random.default_rng(seed)
    return draw.normal(0.0, sigma / math.sqrt(YEAR), count)


def steady(sigma: float = 0.6) -> Filtered:
    """Normal shocks whose volatility never changes: the closed forms hold."""
    grid = (np.arange(4000) + 0.5) / 4000
    shocks = np.array([_quantile(p) for p in grid])
    return Filtered(
        shocks=shocks / shocks.std(),
        variance=sigma**2 / YEAR,
        omega=sigma**2 / YEAR,
        alpha=0.0,
        gamma=0.0,
        beta=0.0,
    )


def _quantile(p: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


@pytest.mark.parametrize(("level", "above"), [(1.1, True), (1.3, True), (0.9, False), (0.7, False)])
@pytest.mark.parametrize("touch", [True, False])
def test_steady_normal_shocks_give_the_closed_forms(level: float, above: bool, touch: bool) -> None:
    distance = math.log(level)
    found = chance_beyond(steady(), distance=distance, above=above, steps=63, touch=touch)
    toward = -0.18 if above else 0.18
    closed = touch_probability if touch else terminal_probability
    exact = closed(distance=abs(distance), sigma=0.6, years=0.25, drift=toward)
    assert found == pytest.approx(exact, abs=0.02)


def test_a_scale_is_another_volatility() -> None:
    plain = chance_beyond(steady(0.6), distance=0.2, above=True, steps=63, touch=False)
    scaled = chance_beyond(steady(0.3), distance=0.2, above=True, steps=63, touch=False, scale=2.0)
    assert scaled == pytest.approx(plain, abs=1e-9)


def test_growth_makes_a_level_above_likelier() -> None:
    chances = [
        chance_beyond(steady(), distance=0.2, above=True, steps=63, touch=False, drift=drift)
        for drift in (-0.001, 0.0, 0.001)
    ]
    assert chances == sorted(chances)
    assert chances[0] < chances[2]


def test_a_higher_price_never_makes_a_level_above_less_likely() -> None:
    history = filter_ewma(normal_returns())
    chances = [
        chance_beyond(history, distance=far, above=True, steps=30, touch=True)
        for far in np.linspace(0.5, -0.1, 25)
    ]
    assert chances == sorted(chances)
    assert 0.0 < chances[0] < chances[-1] < 1.0


def test_the_same_history_gives_the_same_chance() -> None:
    one, other = (
        chance_beyond(filter_ewma(normal_returns()), distance=0.1, above=True, steps=9, touch=True)
        for _ in range(2)
    )
    assert one == other


def test_a_variance_does_not_know_what_comes_later() -> None:
    returns = normal_returns(400)
    whole = ewma_variances(returns)
    for known in (WARM_UP, 100, 399):
        assert np.array_equal(ewma_variances(returns[:known]), whole[: known + 1])


def test_returns_are_logs() -> None:
    assert log_returns(np.array([1.0, math.e, 1.0])) == pytest.approx([1.0, -1.0])


def test_the_mean_variance_goes_from_today_to_the_long_run() -> None:
    history = Filtered(shocks=np.ones(1), variance=4.0, omega=0.1, alpha=0.05, gamma=0.1, beta=0.8)
    assert history.mean_variance(1) == pytest.approx(4.0)
    assert history.mean_variance(10_000) == pytest.approx(1.0, abs=0.01)


def test_a_short_history_is_not_fitted() -> None:
    assert filter_gjr(normal_returns(LEAST_RETURNS - 1)) is None


def test_a_fit_without_a_long_run_is_refused() -> None:
    # A random walk in the variance: persistence at its bound.
    draw = np.random.default_rng(3)
    scale = np.exp(np.cumsum(draw.normal(0.0, 0.05, 1200)))
    assert filter_gjr(0.01 * scale * draw.standard_normal(1200)) is None


def test_a_fitted_history_has_shocks_without_scale(shared_data: Path) -> None:
    history = filter_gjr(sp500(shared_data, since="2010", until="2016"))
    assert history is not None
    assert history.shocks.mean() == pytest.approx(0.0, abs=1e-12)
    assert history.shocks.std() == pytest.approx(1.0)
    assert 0.05 < math.sqrt(history.variance * YEAR) < 0.6


def test_the_fit_is_that_of_arch_on_the_sp500(shared_data: Path) -> None:
    # arch 8.0.0, arch_model(100 r, p=1, o=1, q=1, dist="t") on its bundled S&P 500, 1999 to 2018:
    # logL -6744.4314, omega .01294, alpha 0, gamma .18562, beta .89824, nu 7.691. HEDGING 9 no. 15.
    fit = fit_gjr(sp500(shared_data, since="1999-01-04", until="2019"))
    assert fit is not None
    assert fit.log_likelihood == pytest.approx(-6744.431, abs=0.01)
    assert fit.omega == pytest.approx(0.01294, abs=1e-4)
    assert fit.alpha == pytest.approx(0.0, abs=1e-4)
    assert fit.gamma == pytest.approx(0.18562, abs=1e-3)
    assert fit.beta == pytest.approx(0.89824, abs=1e-3)
    assert fit.freedom == pytest.approx(7.691, abs=0.02)


def sp500(shared_data: Path, *, since: str, until: str) -> Floats:
    with gzip.open(shared_data / "prices/skfolio_sp500_index.csv.gz", "rt") as rows:
        prices = [
            float(row["SP500"]) for row in csv.DictReader(rows) if since <= row["Date"] < until
        ]
    levels = np.array(prices)
    returns: Floats = np.diff(levels) / levels[:-1]
    return returns

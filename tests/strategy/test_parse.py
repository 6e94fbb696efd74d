"""Good files give what stands in them; bad files give the message that stands beside them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import StrategyError
from bot.model.strategy import (
    CloseRule,
    Costs,
    Execution,
    ExecutionStyle,
    ImpactBasis,
    ImpactKey,
    Limits,
    MarketRef,
    OnRemove,
    OwnView,
    RollRule,
    Strategy,
)
from bot.model.units import Usd
from bot.rules.signals.base_rate import BaseRate
from bot.rules.signals.hazard import Hazard
from bot.rules.signals.sentiment import Polarity, Sentiment
from bot.rules.signals.vol_implied import VolImplied, When
from bot.rules.sizing.coverage import Coverage
from bot.rules.sizing.kelly import Kelly
from bot.rules.sizing.min_variance import MinVariance
from bot.rules.sizing.utility import Utility
from bot.rules.triggers.exposure import ExposureTrigger
from bot.rules.triggers.probability import ProbabilityTrigger
from bot.rules.triggers.resolution import Resolution
from bot.rules.triggers.review import Every, Review
from bot.rules.triggers.time_to_end import TimeToEnd
from bot.strategy import DEFAULT_MAX_QUOTE_AGE, parse_strategy

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))


def good(name: str) -> Strategy:
    return parse_strategy((HERE / "good" / name).read_bytes(), name)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_file_gives_the_message_beside_it(path: Path) -> None:
    with pytest.raises(StrategyError) as caught:
        parse_strategy(path.read_bytes(), path.name)
    assert str(caught.value) == path.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")


def test_there_are_bad_files() -> None:
    assert len(BAD) > 10


def test_market_and_outcome_are_the_text_of_the_file() -> None:
    strategy = good("everything.yaml")
    condition_id = "0xdeadbeef" + "0" * 55 + "1"
    assert strategy.market == MarketRef(condition_id=condition_id)
    assert (strategy.event, strategy.why, strategy.adverse) == ("oslo-1", "No", "Yes")


def test_impact_keeps_names_that_yaml_would_change() -> None:
    impact = good("everything.yaml").impact
    assert impact.basis is ImpactBasis.FROM_TODAY
    assert [(line.key, line.name, line.fraction, line.usd) for line in impact.lines] == [
        (ImpactKey.SYMBOL, "TLT", -0.04, None),
        (ImpactKey.SYMBOL, "1.10", 0.0025, None),
        (ImpactKey.CLUSTER, "on", -0.0001, None),
        (ImpactKey.SECTOR, "technology", 0.001, None),
        (ImpactKey.ASSET_CLASS, "bond", None, -700.0),
        (ImpactKey.REGION, "NO", -0.07, None),
    ]
    assert [line.source for line in impact.lines][-1] == "everything.yaml:14"


def test_triggers_keep_their_order_and_get_keys() -> None:
    assert good("everything.yaml").triggers == (
        ("probability", ProbabilityTrigger(crosses=(0.2, 0.4), hysteresis=0.01)),
        ("probability-2", ProbabilityTrigger(changes_by=0.05)),
        ("exposure", ExposureTrigger(changes_by=0.1)),
        ("review", Review(every=Every.DAY, at=time(16, 30), timezone=ZoneInfo("Europe/Oslo"))),
        ("time_to_end", TimeToEnd(below=timedelta(hours=36))),
        ("resolution", Resolution()),
    )


def test_money_and_prices_are_exact() -> None:
    strategy = good("everything.yaml")
    assert strategy.limits == Limits(
        max_premium_usd=Usd(Decimal("400.10")),
        max_order_usd=Usd(Decimal(150)),
        max_turnover_usd=Usd(Decimal(900)),
    )
    assert strategy.execution == Execution(
        style=ExecutionStyle.REST_THEN_TAKE,
        rest_for=timedelta(seconds=30),
        max_chase=Decimal("0.001"),
    )
    assert strategy.costs == Costs(
        min_benefit_to_cost=2.0,
        max_spread=Decimal("0.05"),
        max_share_of_depth=0.1,
        signal_cooldown=timedelta(hours=12),
    )


def test_what_ends_a_hedge_is_read() -> None:
    strategy = good("everything.yaml")
    assert strategy.close == CloseRule(
        when_probability_below=0.02, when_exposure_below_usd=0.1, after=timedelta(days=90)
    )
    assert strategy.roll == RollRule(before_end=timedelta(days=1))
    assert strategy.on_remove is OnRemove.CLOSE
    assert strategy.expires_at == datetime(2026, 11, 3, 15, tzinfo=UTC)
    assert strategy.max_quote_age == timedelta(seconds=45)


def test_forecast_and_sizing_are_read() -> None:
    strategy = good("everything.yaml")
    assert strategy.own_view == OwnView(probability=0.125, weight=0.05)
    assert strategy.sizing == Kelly(fraction=0.25, max_coverage=0.5)
    assert strategy.horizon == timedelta(weeks=2)


def test_least_file_has_the_defaults_of_the_model() -> None:
    strategy = good("least.yaml")
    assert strategy.market == MarketRef(series="fed-decision", match="25 bps increase")
    assert strategy.sizing == Coverage(target=0.5)
    assert (strategy.why, strategy.own_view, strategy.expires_at) == ("", None, None)
    assert (strategy.execution, strategy.costs) == (Execution(), Costs())
    assert (strategy.roll, strategy.close) == (RollRule(), CloseRule())
    assert strategy.on_remove is OnRemove.HOLD
    assert strategy.impact.basis is ImpactBasis.DIFFERENCE
    assert strategy.max_quote_age == DEFAULT_MAX_QUOTE_AGE


def test_least_file_has_the_usual_triggers() -> None:
    assert good("least.yaml").triggers == (
        ("probability", ProbabilityTrigger(crosses=(0.4, 0.6), changes_by=0.05)),
        ("exposure", ExposureTrigger(changes_by=0.1)),
        ("review", Review(every=Every.WEEK)),
        ("time_to_end", TimeToEnd(below=timedelta(days=7))),
        ("resolution", Resolution()),
    )


def test_quote_age_of_the_config_counts_where_the_file_is_silent() -> None:
    text = (HERE / "good" / "least.yaml").read_text(encoding="utf-8")
    age = timedelta(seconds=5)
    assert parse_strategy(text, "least.yaml", max_quote_age=age).max_quote_age == age


def test_own_view_without_signals_is_heard() -> None:
    text = (HERE / "good" / "least.yaml").read_text(encoding="utf-8")
    text += "forecast: {own_view: {probability: 12%, weight: 10%}}\n"
    assert parse_strategy(text, "x.yaml").own_view == OwnView(probability=0.12, weight=0.1)


def test_strategy_read_from_its_own_text_is_the_same() -> None:
    strategy = good("everything.yaml")
    assert parse_strategy(strategy.text, strategy.path) == strategy


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    raw = (HERE / "good" / "least.yaml").read_bytes()
    assert parse_strategy(b"\xef\xbb\xbf" + raw, "least.yaml") == good("least.yaml")


def test_horizon_of_a_single_market_may_be_shorter_than_the_roll() -> None:
    text = (HERE / "good" / "least.yaml").read_text(encoding="utf-8")
    text = text.replace('series: fed-decision, outcome: "25 bps increase"', "slug: one")
    assert parse_strategy(text.replace("120d", "1d"), "x.yaml").horizon == timedelta(days=1)


def test_signals_keep_their_order_and_get_keys() -> None:
    strategy = good("signals.yaml")
    assert strategy.signals == (
        (
            "vol_implied",
            VolImplied(file="prices/BTC.csv", below=60_000.0, when=When.ANY_TIME, volatility=0.55),
        ),
        ("hazard", Hazard(happened=4, years=11.0)),
        ("base_rate", BaseRate(happened=9, of=40)),
        ("sentiment", Sentiment(reading="news", better_makes_it=Polarity.RARER)),
    )
    assert strategy.own_view == OwnView(probability=0.12, weight=0.1)
    assert strategy.category == "crypto"
    assert [key for key, _ in strategy.triggers] == [
        "volatility", "volatility-2", "correlation", "sentiment", "premium_budget",
    ]  # fmt: skip


def test_signals_that_are_no_list_are_refused() -> None:
    text = (HERE / "good" / "least.yaml").read_text(encoding="utf-8")
    with pytest.raises(StrategyError, match=r"signals must be a list"):
        parse_strategy(text + "forecast: {signals: hazard}\n", "x.yaml")


def test_two_signals_of_one_kind_have_two_keys() -> None:
    text = (HERE / "good" / "least.yaml").read_text(encoding="utf-8")
    two = "[market, base_rate: {happened: 1, of: 2}, base_rate: {happened: 3, of: 9}]"
    strategy = parse_strategy(text + f"forecast: {{signals: {two}}}\n", "x.yaml")
    assert [key for key, _ in strategy.signals] == ["base_rate", "base_rate-2"]


def test_a_file_that_names_no_sizing_rule_has_utility() -> None:
    text = (HERE / "good" / "together.yaml").read_text(encoding="utf-8")
    without = "\n".join(line for line in text.splitlines() if not line.startswith("sizing"))

    assert good("together.yaml").sizing == Utility(max_coverage=0.8)
    assert parse_strategy(without, "none.yaml").sizing == Utility()


def test_what_a_market_misses_and_pays_and_what_moves_with_it_is_read() -> None:
    strategy = good("min-variance.yaml")
    assert strategy.market == MarketRef(
        slug="will-it-end", missed=0.05, stray=0.005, holding_reward=0.04
    )
    assert (strategy.cluster, strategy.impact.uncertainty) == ("war", 0.8)
    assert strategy.sizing == MinVariance()

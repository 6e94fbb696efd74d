"""The pooled probability and each source's weight in it."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.forecast import days_until, default_slope, logit, pool_forecast, prior_weight
from bot.model.signal import Calibration, Estimate, Learned, SignalLesson
from bot.model.strategy import OwnView
from tests.fakes import YES, make_book


def test_without_an_own_view_the_market_is_believed() -> None:
    forecast = pool_forecast(0.12, None)

    assert (forecast.probability, forecast.market) == (0.12, 0.12)
    assert forecast.shares_of == (("market", 1.0),)


def test_a_view_without_weight_changes_nothing() -> None:
    assert pool_forecast(0.12, OwnView(probability=0.9, weight=0.0)).probability == 0.12


def test_a_view_pulls_the_market_in_log_odds() -> None:
    # Halfway between odds of 1:9 and 9:1 in log-odds are even odds.
    forecast = pool_forecast(0.1, OwnView(probability=0.9, weight=0.5))

    assert forecast.probability == pytest.approx(0.5)
    assert forecast.shares_of == (("market", 0.5), ("own_view", 0.5))


def test_a_view_of_whole_weight_replaces_the_market() -> None:
    assert pool_forecast(0.1, OwnView(probability=0.3, weight=1.0)).probability == 0.3


def test_a_forecast_has_nine_digits_so_that_it_can_be_repeated() -> None:
    probability = pool_forecast(0.137, OwnView(probability=0.31, weight=0.05)).probability

    assert probability == float(f"{probability:.9g}")


@pytest.mark.parametrize("certain", [0.0, 1.0, -3.0, 7.0])
def test_certainty_has_finite_log_odds(certain: float) -> None:
    assert abs(logit(certain)) == pytest.approx(9.21, abs=0.01)


# --- signals -----------------------------------------------------------------------------------

AT = datetime(2026, 3, 2, tzinfo=UTC)


def said(signal: str, probability: float, source: str = "") -> Estimate:
    return Estimate(
        signal=signal, probability=probability, as_of=AT, source=source or signal, note="said"
    )


def known(
    *,
    weights: dict[str, float] | None = None,
    calibration: tuple[float, float] | None = None,
    correlations: dict[str, float] | None = None,
) -> Learned:
    return Learned(
        calibrations={}
        if calibration is None
        else {"fed": Calibration(intercept=calibration[0], slope_change=calibration[1], events=50)},
        signals={
            name: SignalLesson(weight_change=change, events=50)
            for name, change in (weights or {}).items()
        },
        correlations=correlations or {},
    )


def test_a_signal_lets_the_market_be_calibrated_and_pulls_it_a_little() -> None:
    forecast = pool_forecast(0.2, None, [said("hazard", 0.4)], weight=0.05)
    base = 1.10 * logit(0.2)

    assert forecast.calibrated == pytest.approx(0.179, abs=5e-4)  # HEDGING 4.2: 20c at 1.1
    assert logit(forecast.probability) == pytest.approx(base + 0.05 * (logit(0.4) - base))
    assert forecast.shares_of == (("market", 0.95), ("hazard", 0.05))
    assert forecast.market == 0.2
    assert [each.signal for each in forecast.estimates] == ["hazard"]
    assert forecast.prior_weight == 0.05


@pytest.mark.parametrize(
    ("days", "slope"), [(3.0, 1.05), (7.0, 1.10), (180.0, 1.10), (181.0, 1.15), (None, 1.10)]
)
def test_long_shots_are_dearer_the_longer_they_run(days: float | None, slope: float) -> None:
    assert default_slope(days) == slope


def test_days_are_counted_to_the_end() -> None:
    assert days_until(AT + timedelta(hours=36), AT) == 1.5
    assert days_until(None, AT) is None


def test_what_was_learned_of_a_category_is_used_for_it_alone() -> None:
    learned = known(calibration=(0.2, -0.1))
    fed = pool_forecast(0.2, None, [said("x", 0.2)], learned=learned, category="fed", weight=0.0)
    other = pool_forecast(0.2, None, [said("x", 0.2)], learned=learned, category="ai", weight=0.0)

    assert logit(fed.probability) == pytest.approx(0.2 + 1.0 * logit(0.2))
    assert logit(other.probability) == pytest.approx(1.1 * logit(0.2))


def test_signals_together_move_the_market_by_at_most_a_bound() -> None:
    high = [said(name, 0.9999) for name in ("a", "b", "c")]
    forecast = pool_forecast(0.05, None, high, weight=0.1)

    assert logit(forecast.probability) == pytest.approx(1.1 * logit(0.05) + 0.7)


def test_signals_together_weigh_at_most_half() -> None:
    learned = known(weights={"a": 0.5, "b": 0.5})
    forecast = pool_forecast(0.3, None, [said("a", 0.3), said("b", 0.3)], learned=learned)

    assert dict(forecast.shares_of) == pytest.approx({"market": 0.5, "a": 0.25, "b": 0.25})


def test_a_signal_that_was_worse_than_the_market_weighs_nothing() -> None:
    learned = known(weights={"a": -0.3, "b": -0.3})
    forecast = pool_forecast(0.3, None, [said("a", 0.9), said("b", 0.1)], learned=learned)

    assert forecast.probability == pytest.approx(forecast.calibrated)
    assert "no signal has any weight" in " ".join(forecast.notes)


def test_the_own_view_weighs_what_the_user_says_beside_signals() -> None:
    view = OwnView(probability=0.9, weight=0.5)
    forecast = pool_forecast(0.1, view, [said("a", 0.1)], weight=0.0)
    base = 1.1 * logit(0.1)

    assert logit(forecast.probability) == pytest.approx((base + logit(0.9)) / 2)
    assert forecast.shares_of == (("market", 0.5), ("a", 0.0), ("own_view", 0.5))


def test_an_own_view_without_weight_is_not_named_beside_signals() -> None:
    view = OwnView(probability=0.9, weight=0.0)
    forecast = pool_forecast(0.1, view, [said("a", 0.1)])

    assert [name for name, _ in forecast.shares_of] == ["market", "a"]


def test_sources_that_agree_have_no_spread() -> None:
    apart = pool_forecast(0.3, OwnView(probability=0.6, weight=0.3))
    agreed = pool_forecast(0.3, OwnView(probability=0.3, weight=0.3))

    assert apart.spread > 0.5
    assert agreed.spread == pytest.approx(0.0, abs=1e-9)


def test_too_few_sources_are_said() -> None:
    view = OwnView(probability=0.2, weight=0.1)

    assert pool_forecast(0.1, None).notes == ("only 1 of 3 sources: market",)
    assert pool_forecast(0.1, view).notes == ("only 2 of 3 sources: market, own_view",)
    assert pool_forecast(0.1, None, [said("a", 0.2)]).notes == ("only 2 of 3 sources: market, a",)
    assert pool_forecast(0.1, view, [said("a", 0.2)]).notes == ()


def test_signals_from_one_source_hang_together() -> None:
    forecast = pool_forecast(0.1, None, [said("a", 0.2, "BTC.csv"), said("b", 0.2, "BTC.csv")])

    assert forecast.notes == ("2 signals count as 1.0: they hang together",)


@pytest.mark.parametrize(
    ("correlation", "note"), [(0.9, ("2 signals count as 1.1: they hang together",)), (0.1, ())]
)
def test_signals_that_deviated_alike_hang_together(
    correlation: float, note: tuple[str, ...]
) -> None:
    learned = known(correlations={"a|b": correlation})
    forecast = pool_forecast(0.1, None, [said("b", 0.2), said("a", 0.2)], learned=learned)

    assert forecast.notes == note


def test_what_is_not_measured_yet_is_said() -> None:
    forecast = pool_forecast(0.1, None, [said("a", 0.2), said("b", 0.2)])

    assert forecast.notes == ("whether the signals hang together is not measured yet",)


@pytest.mark.parametrize(
    ("bids", "asks", "weight"),
    [
        ([("0.10", "30000")], [("0.11", "200000")], 0.02),
        ([("0.10", "5000")], [("0.11", "9000")], 0.05),
        ([("0.10", "100000")], [("0.13", "100000")], 0.05),
        ([("0.10", "100000")], [("0.15", "100000")], 0.10),
        ([("0.10", "50")], [("0.11", "50")], 0.10),
        ([], [("0.11", "50")], 0.10),
        ([("0.10", "10")], [("0.11", "10"), ("0.20", "999999")], 0.10),
    ],
)
def test_a_signal_weighs_less_where_more_trades(
    bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]], weight: float
) -> None:
    assert prior_weight(make_book(YES, bids=bids, asks=asks)) == weight


@given(
    st.floats(0.001, 0.999),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5),
    st.floats(0.0, 0.2),
    st.floats(-1.0, 1.0),
)
def test_a_pooled_forecast_is_a_probability_within_the_bound_of_the_calibrated_market(
    market: float, numbers: list[float], weight: float, change: float
) -> None:
    signals = [said(f"s{place}", number) for place, number in enumerate(numbers)]
    learned = known(weights=dict.fromkeys((each.signal for each in signals), change))
    forecast = pool_forecast(market, None, signals, learned=learned, weight=weight)

    assert forecast.calibrated is not None
    assert 0.0 < forecast.probability < 1.0
    moved = math.log(forecast.probability / (1 - forecast.probability)) - math.log(
        forecast.calibrated / (1 - forecast.calibrated)
    )
    assert abs(moved) <= 0.7 + 1e-5
    assert sum(part for _, part in forecast.shares_of) == pytest.approx(1.0)
    assert forecast.shares_of[0][1] >= 0.5 - 1e-9
    assert math.isfinite(forecast.spread)

"""Metrics of a hedge by hand: each number can be followed on paper."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.intervals import draw_histories
from bot.report.metrics import (
    bull_drag,
    deflated_sharpe,
    drawdown_reduction,
    drawdowns,
    ederington,
    expected_shortfall,
    hedge_efficiency,
    hedges_to_tell,
    in_stress,
    luckiest_sharpe,
    max_drawdown,
    payout_error,
    returns_of,
    sharpe,
    sharpe_probability,
    yearly_drag,
    years_of,
)

FALL = np.array([100.0, 110.0, 99.0, 88.0, 110.0, 121.0, 119.0])
HELD = np.array([100.0, 109.0, 101.0, 98.0, 108.0, 118.0, 116.0])


def test_a_drawdown_is_measured_from_the_highest_day_so_far() -> None:
    assert drawdowns(FALL) == pytest.approx([0, 0, 0.1, 0.2, 0, 0, 2 / 121])
    assert max_drawdown(FALL) == pytest.approx(0.2)
    assert max_drawdown(np.array([1.0, 2.0])) == 0.0
    assert max_drawdown(np.array([])) == 0.0


def test_reduction_compares_the_deepest_drawdowns() -> None:
    assert drawdown_reduction(FALL, HELD) == pytest.approx(1 - (11 / 109) / 0.2)
    assert drawdown_reduction(np.array([1.0, 2.0]), np.array([1.0, 1.5])) is None


def test_stress_lasts_from_the_day_after_the_peak_to_the_last_day_below_it() -> None:
    # The last fall of 1.7% is no stress, and neither the peak nor the recovery is.
    assert in_stress(FALL).tolist() == [False, False, True, True, False, False, False]
    # A fall that has not been recovered yet is stress to its end.
    assert in_stress(np.array([100.0, 90.0, 95.0])).tolist() == [False, True, True]


def test_efficiency_is_what_stress_brought_over_what_calm_cost() -> None:
    gained = returns_of(HELD) - returns_of(FALL)
    brought, cost = gained[1] + gained[2], -(gained[0] + gained[3] + gained[4] + gained[5])
    assert brought > 0.0
    assert cost > 0.0
    assert hedge_efficiency(FALL, HELD) == pytest.approx(brought / cost)


def test_efficiency_is_unknown_without_stress_or_without_cost() -> None:
    calm = np.array([100.0, 101.0, 102.0])
    assert hedge_efficiency(calm, calm * 0.99) is None
    assert hedge_efficiency(FALL, FALL) is None


def test_ederington_of_half_the_returns_is_three_quarters() -> None:
    moves = np.array([0.02, -0.01, 0.03, -0.02])
    alone, half = (np.concatenate([[1.0], np.cumprod(1 + part * moves)]) for part in (1.0, 0.5))
    assert ederington(alone, half) == pytest.approx(0.75)
    assert ederington(np.ones(3), alone[:3]) is None


def test_shortfall_is_the_mean_of_the_worst_twentieth() -> None:
    days = np.concatenate([[-0.10, -0.06], np.full(38, 0.01)])
    assert expected_shortfall(days) == pytest.approx(0.08)
    # 30 days: one whole day and half of the next.
    assert expected_shortfall(days[:30]) == pytest.approx((0.10 + 0.5 * 0.06) / 1.5)
    assert expected_shortfall(days[:19]) is None


def test_sharpe_is_annual() -> None:
    moves = np.array([0.01, -0.005, 0.02])
    assert sharpe(moves) == pytest.approx(moves.mean() / moves.std(ddof=1) * sqrt(252))
    assert sharpe(np.zeros(5)) is None
    assert sharpe(np.array([0.01])) is None


def test_years_start_at_the_last_day_of_the_year_before() -> None:
    days = np.array(["2023-12-29", "2024-01-02", "2024-12-31", "2025-01-02"], "datetime64[D]")
    wealth = np.array([100.0, 102.0, 120.0, 108.0])
    first, second = years_of(days, wealth, wealth / 2)
    assert (first.year, first.is_bull, first.is_whole) == (2024, True, False)
    assert first.alone == pytest.approx(0.2)
    assert first.hedged == pytest.approx(0.2)
    assert (second.year, second.is_bull) == (2025, False)
    assert second.alone == pytest.approx(-0.1)


def test_bull_drag_is_the_mean_over_windows_of_a_good_year() -> None:
    alone = 1.2 ** (np.arange(260) / 252)
    hedged = 1.18 ** (np.arange(260) / 252)
    assert bull_drag(alone, hedged) == pytest.approx(0.02)
    assert bull_drag(alone[:252], hedged[:252]) is None
    assert bull_drag(np.ones(300), np.ones(300)) is None


def test_yearly_drag_counts_bad_years_too() -> None:
    alone, hedged = np.linspace(1, 0.8, 253), np.linspace(1, 0.9, 253)
    assert yearly_drag(alone, hedged) == pytest.approx(-0.1)
    assert yearly_drag(alone[:1], hedged[:1]) is None


# HEDGING section 9, vector 16: 2.5 a year of 250 days, five years, variance a half a year.
DAILY, VARIANCE = 2.5 / sqrt(250), 0.5 / 250


@pytest.mark.parametrize(
    ("variants", "skew", "kurtosis", "probability"),
    [(100, -3.0, 10.0, 0.900397), (46, -3.0, 10.0, 0.950502), (88, 0.0, 3.0, 0.950491)],
)
def test_deflated_sharpe_of_the_paper(
    variants: int, skew: float, kurtosis: float, probability: float
) -> None:
    least = luckiest_sharpe(variants, variance=VARIANCE)
    if variants == 100:
        assert least == pytest.approx(0.113172, abs=5e-7)
    found = sharpe_probability(DAILY, least, days=1250, skew=skew, kurtosis=kurtosis)
    assert found == pytest.approx(probability, abs=5e-7)


def test_each_variant_tried_deflates_the_sharpe_ratio() -> None:
    moves = 0.001 + 0.01 * np.random.default_rng(4).standard_normal(750)
    told = [deflated_sharpe(moves, variants=tried) for tried in (1, 2, 10, 64, 1000)]
    assert told == sorted(told, reverse=True)
    assert luckiest_sharpe(1, variance=1.0) == 0.0


def test_power_of_event_backtests() -> None:
    assert payout_error(0.2, 100) == pytest.approx(0.2)
    assert hedges_to_tell(0.2, apart=0.1) == 1600
    assert payout_error(0.2, 0) is None
    assert payout_error(0.0, 10) is None


def test_intervals_are_paired_and_repeat() -> None:
    draw = np.random.default_rng(1)
    moves = 0.0003 + 0.01 * draw.standard_t(5, 600)
    alone = np.concatenate([[1.0], np.cumprod(1 + moves)])
    hedged = np.concatenate([[1.0], np.cumprod(1 + 0.7 * moves)])
    drawn = draw_histories(alone, hedged, hedge_days=40.0, repeats=400)
    again = draw_histories(alone, hedged, hedge_days=40.0, repeats=400)
    assert drawn is not None
    assert again is not None
    assert drawn.block >= 10.0
    assert drawn.interval(ederington) == again.interval(ederington)
    # What is paired has nearly no spread here, though the variance itself has.
    paired = drawn.interval(ederington)
    assert paired is not None
    assert paired.low == pytest.approx(0.51, abs=1e-3)
    assert paired.high == pytest.approx(0.51, abs=1e-3)
    cut = drawn.interval(drawdown_reduction)
    assert cut is not None
    assert 0.1 < cut.low < cut.high < 0.4


def test_no_interval_of_few_days_or_of_a_measure_that_is_mostly_unknown() -> None:
    wealth = np.linspace(1.0, 2.0, 59)
    assert draw_histories(wealth, wealth, hedge_days=10.0) is None
    wealth = np.linspace(1.0, 2.0, 80)
    drawn = draw_histories(wealth, wealth, hedge_days=10.0, repeats=50)
    assert drawn is not None
    assert drawn.interval(lambda alone, hedged: None) is None


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=50), st.floats(0.1, 1e6))
def test_metrics_do_not_depend_on_the_currency(wealth: list[float], rate: float) -> None:
    alone = np.array(wealth)
    assert max_drawdown(alone * rate) == pytest.approx(max_drawdown(alone), abs=1e-9)
    assert 0.0 <= max_drawdown(alone) < 1.0

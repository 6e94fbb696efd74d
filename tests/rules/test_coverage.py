"""Sizing rule ``coverage``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.sizing.coverage import ByVolatility, Coverage
from tests.rules.situations import problem, readings

TABLE = Coverage(target=((0.4, 0.5), (0.6, 1.0)))
NERVOUS = ByVolatility(above=22.0, below=18.0, multiplier=1.5)


def test_one_share_pays_one_dollar_of_the_covered_loss() -> None:
    sized = Coverage(target=0.5).size(problem())
    assert (sized.shares, sized.state) == (2000.0, 0.0)
    assert sized.note == "coverage 50%: 50% of 4,000 USD"


@pytest.mark.parametrize(
    ("probability", "shares"),
    [(0.1, 0.0), (0.399, 0.0), (0.4, 2000.0), (0.59, 2000.0), (0.6, 4000.0), (0.99, 4000.0)],
)
def test_table_gives_the_coverage_of_its_row(probability: float, shares: float) -> None:
    assert TABLE.size(problem(probability=probability)).shares == shares


def test_rows_of_a_table_are_named() -> None:
    assert TABLE.size(problem(probability=0.1)).note == (
        "coverage 0% below a forecast of 40%: 0% of 4,000 USD"
    )
    assert TABLE.size(problem(probability=0.5)).note == (
        "coverage 50% from a forecast of 40% on: 50% of 4,000 USD"
    )


def test_row_is_left_only_below_its_hysteresis() -> None:
    sized = TABLE.size(problem(probability=0.61))
    sized = TABLE.size(problem(probability=0.59, state=sized.state))
    assert sized.shares == 4000.0
    sized = TABLE.size(problem(probability=0.57, state=sized.state))
    assert sized.shares == 2000.0
    sized = TABLE.size(problem(probability=0.59, state=sized.state))
    assert sized.shares == 2000.0


def test_nervous_markets_multiply_the_coverage() -> None:
    rule = Coverage(target=0.5, by_volatility=NERVOUS)
    sized = rule.size(problem(readings=readings(VIX=25.5)))
    assert (sized.shares, sized.state) == (3000.0, 1.0)
    assert sized.note == "coverage 50%, times 1.5 at VIX 25.5: 75% of 4,000 USD"


def test_coverage_never_exceeds_the_whole_loss() -> None:
    rule = Coverage(target=0.9, by_volatility=NERVOUS)
    sized = rule.size(problem(readings=readings(VIX=30)))
    assert sized.shares == 4000.0
    assert sized.note.startswith("coverage 90%, times 1.5 at VIX 30, at most 100%: 100%")


def test_own_bound_on_coverage_holds() -> None:
    assert Coverage(target=0.9, max_coverage=0.25).size(problem()).shares == 1000.0


def test_regime_changes_only_past_its_borders() -> None:
    rule = Coverage(target=0.5, by_volatility=NERVOUS)
    shares, state = [], None
    for vix in (20.0, 22.0, 22.1, 20.0, 18.0, 17.9, 20.0):
        sized = rule.size(problem(readings=readings(VIX=vix), state=state))
        shares.append(sized.shares)
        state = sized.state
    assert shares == [2000.0, 2000.0, 3000.0, 3000.0, 3000.0, 2000.0, 2000.0]


def test_missing_reading_multiplies_nothing_and_is_named() -> None:
    rule = Coverage(target=0.5, by_volatility=NERVOUS)
    sized = rule.size(problem(readings=readings(GOLD=3000)))
    assert sized.shares == 2000.0
    assert "not changed by volatility: there is no reading VIX" in sized.note


def test_regime_outlives_a_missing_reading() -> None:
    rule = Coverage(target=0.5, by_volatility=NERVOUS)
    nervous = rule.size(problem(readings=readings(VIX=25)))
    blind = rule.size(problem(state=nervous.state))
    assert blind.shares == 2000.0
    seeing = rule.size(problem(readings=readings(VIX=20), state=blind.state))
    assert seeing.shares == 3000.0


def test_state_holds_row_and_regime_together() -> None:
    rule = Coverage(target=((0.4, 0.5), (0.6, 0.6)), by_volatility=NERVOUS)
    sized = rule.size(problem(probability=0.7, readings=readings(VIX=25)))
    assert sized.state == 5.0
    sized = rule.size(problem(probability=0.59, readings=readings(VIX=20), state=sized.state))
    assert sized.shares == pytest.approx(3600.0)
    assert sized.state == 5.0


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.01, 0.99))
def test_more_at_stake_never_gives_a_smaller_target(a: float, b: float, p: float) -> None:
    low, high = sorted((a, b))
    small = TABLE.size(problem(loss_usd_est=low, probability=p))
    large = TABLE.size(problem(loss_usd_est=high, probability=p))
    assert small.shares <= large.shares

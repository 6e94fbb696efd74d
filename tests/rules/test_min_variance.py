"""Sizing rule ``min_variance`` and its ratio, against HEDGING section 1.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.hedge_ratio import chance_behind, effectiveness, hedge_ratio
from bot.rules.sizing.min_variance import MinVariance
from tests.rules.situations import problem

CHANCES, ERRORS = st.floats(0.001, 0.999), st.floats(0.0, 0.4)


@pytest.mark.parametrize(
    ("missed", "stray", "ratio"), [(0.0, 0.0, 1.0), (0.05, 0.005, 0.967), (0.2, 0.02, 0.861)]
)
def test_a_market_that_resolves_otherwise_is_held_less(
    missed: float, stray: float, ratio: float
) -> None:
    assert hedge_ratio(0.2, missed=missed, stray=stray) == pytest.approx(ratio, abs=5e-4)


@given(CHANCES)
def test_a_market_that_is_the_event_covers_all_of_it_whatever_its_probability(p: float) -> None:
    assert hedge_ratio(p, missed=0.0, stray=0.0) == pytest.approx(1.0)
    assert effectiveness(p, missed=0.0, stray=0.0) == pytest.approx(1.0)


@given(CHANCES, ERRORS, ERRORS, st.floats(-2.0, 2.0))
def test_no_other_number_of_shares_leaves_less_variance(
    p: float, missed: float, stray: float, other: float
) -> None:
    both, event, pays = p * (1.0 - missed), p, p * (1.0 - missed) + (1.0 - p) * stray

    def variance(shares: float) -> float:
        cross = both - event * pays
        return event * (1.0 - event) - 2.0 * shares * cross + shares**2 * pays * (1.0 - pays)

    best = variance(hedge_ratio(p, missed=missed, stray=stray))
    assert best <= variance(other) + 1e-12
    removed = 1.0 - best / (event * (1.0 - event))
    assert removed == pytest.approx(effectiveness(p, missed=missed, stray=stray), abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_what_is_certain_is_not_hedged(p: float) -> None:
    assert hedge_ratio(p, missed=0.0, stray=0.0) == 0.0


def test_shares_are_ratio_times_loss() -> None:
    # A market that pays with 17.6% stands for an event of 20%.
    sized = MinVariance().size(problem(probability=0.176, missed=0.2, stray=0.02))
    assert sized.shares == pytest.approx(0.861 * 4_000, abs=2)
    assert sized.note == (
        "least variance: 0.861 shares per USD of 4,000, which removes 67% of the event's variance"
    )


@pytest.mark.parametrize(
    ("pays", "missed", "stray", "chance"),
    [
        (0.176, 0.2, 0.02, 0.2),
        (0.3, 0.0, 0.0, 0.3),
        (0.001, 0.01, 0.002, 0.0),
        (0.3, 0.8, 0.4, 0.3),
    ],
)
def test_a_price_also_holds_what_is_resolved_wrongly(
    pays: float, missed: float, stray: float, chance: float
) -> None:
    assert chance_behind(pays, missed=missed, stray=stray) == pytest.approx(chance)


def test_a_market_that_pays_when_the_event_does_not_happen_is_not_held() -> None:
    assert MinVariance().size(problem(missed=0.9, stray=0.8)).shares == 0.0

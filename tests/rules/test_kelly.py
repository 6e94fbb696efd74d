"""Sizing rule ``kelly`` and its formulas, against HEDGING section 9, vectors 1, 2 and 4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.kelly import edge_over_odds, kelly_fraction
from bot.rules.sizing.kelly import Kelly
from tests.rules.situations import problem


def test_vector_1_sixty_percent_at_even_money() -> None:
    assert kelly_fraction(0.6, 0.5) == pytest.approx(0.20)


def test_vector_2_half_against_a_market_of_thirty() -> None:
    assert kelly_fraction(0.5, 0.3) == pytest.approx(0.2857, abs=5e-5)


def test_vector_4_edge_of_35_percent_at_odds_of_three() -> None:
    assert edge_over_odds(0.3375, 0.25) == pytest.approx(0.11667, abs=5e-6)
    assert kelly_fraction(0.3375, 0.25) == pytest.approx(0.35 / 3)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_popular_rule_read_rightly_is_kelly(p: float, c: float) -> None:
    assert edge_over_odds(p, c) == pytest.approx(kelly_fraction(p, c), abs=1e-12)


@pytest.mark.parametrize("cost", [1.0, 1.04])
def test_share_that_cannot_win_is_not_bought(cost: float) -> None:
    assert (kelly_fraction(0.999, cost), edge_over_odds(0.999, cost)) == (0.0, 0.0)


def test_no_edge_no_stake() -> None:
    assert (kelly_fraction(0.2, 0.25), edge_over_odds(0.2, 0.25)) == (0.0, 0.0)
    assert Kelly().size(problem(probability=0.2)).shares == 0.0


def test_shares_are_the_stake_over_the_price() -> None:
    sized = Kelly().size(problem(probability=0.26, loss_usd_est=1e6))
    assert sized.shares == pytest.approx(0.01 / 0.75 * 100_000 / 0.25)
    assert sized.note == "Kelly 1.33% of wealth at 25.0c (edge / odds 1.33%) is 5,333 shares"


def test_part_of_kelly() -> None:
    whole = Kelly().size(problem(probability=0.26, loss_usd_est=1e6))
    part = Kelly(fraction=0.25).size(problem(probability=0.26, loss_usd_est=1e6))
    assert part.shares == pytest.approx(whole.shares / 4)


def test_stake_beyond_the_loss_is_cut_and_named() -> None:
    sized = Kelly(max_coverage=0.5).size(problem(probability=0.4))
    assert sized.shares == 2000.0
    assert sized.note.endswith("is 80,000 shares, cut to 2,000 by max_coverage 50%")

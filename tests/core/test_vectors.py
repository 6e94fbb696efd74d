"""The published and derived numbers of HEDGING section 9, each found by its number.

Vectors 14-16 and 20-25 belong to signals, scores and fees, and stand where those are tested; 10 is
a regression of past returns, which this program does not hedge by.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from bot.core.band import half_width
from bot.core.forecast import pool_forecast
from bot.core.kelly import edge_over_odds, kelly_fraction
from bot.core.programme import Programme
from bot.core.scores import brier, murphy_parts, reliability_bins
from bot.core.tail import worst_mean
from bot.core.utility import TwoState, aversion_of, target_shares
from bot.model.signal import Estimate
from tests.core.programmes import buy, one_event, solved
from tests.fakes import START


def test_vector_1_kelly_of_60_percent_at_even_money() -> None:
    assert kelly_fraction(0.6, 0.5) == pytest.approx(0.20)


def test_vector_2_kelly_of_half_against_a_market_of_30_percent() -> None:
    assert kelly_fraction(0.5, 0.3) == pytest.approx(0.2857, abs=5e-5)


def test_vector_3_kelly_at_even_money_grows_as_thorp_has_it() -> None:
    f = kelly_fraction(0.53, 0.5)

    def growth(stake: float) -> float:
        # A share at 50c pays as much as it cost.
        return math.log(TwoState(0.53, 1.0 + stake, 1.0 - stake, 1.0).certainty_equivalent)

    assert f == pytest.approx(0.06)
    assert growth(f) == pytest.approx(0.0018011, abs=5e-8)
    assert growth(0.119712) == pytest.approx(0.0, abs=1e-7)


def test_vector_4_an_edge_of_35_percent_at_odds_of_three() -> None:
    assert edge_over_odds(0.3375, 0.25) == pytest.approx(0.35 / 3.0)
    assert kelly_fraction(0.3375, 0.25) == pytest.approx(0.11667, abs=5e-6)


def test_vector_5_exclusive_outcomes_keep_the_reserve_of_smoczynski_and_tomkins() -> None:
    asks = (0.40, 0.32, 0.18, 0.12)
    solution = solved(
        Programme(
            wealth=np.full((4, 1), 1e5),
            weights=np.array([0.45, 0.30, 0.15, 0.10]),
            node_weights=np.ones(1),
            payoffs=np.eye(4),
            gamma=1.0,
            offers=tuple(buy(each, market=market) for market, each in enumerate(asks)),
        )
    )

    spent = [shares * c / 1e5 for shares, c in zip(solution.shares, asks, strict=True)]
    assert spent == pytest.approx([0.092857, 0.014286, 0.0, 0.0], abs=1e-5)
    assert 1.0 - sum(spent) == pytest.approx(0.892857, abs=1e-5)


def test_vector_6_log_utility_of_a_quarter_that_loses_a_fifth() -> None:
    state = TwoState(0.25, 80_000.0, 100_000.0, 1.0)
    insured = target_shares(p=0.25, c=0.25, wealth=100_000.0, loss=20_000.0, gamma=1.0)
    fair = state.after(shares=insured, cash=-0.25 * insured)

    assert math.log(state.certainty_equivalent) == pytest.approx(11.457140, abs=5e-7)
    assert 0.25 * insured == pytest.approx(5_000.0)
    assert math.log(fair.certainty_equivalent) == pytest.approx(11.461632, abs=5e-7)
    assert 100_000.0 - state.certainty_equivalent == pytest.approx(5_425.84, abs=5e-3)


def test_vector_7_square_root_utility() -> None:
    state = TwoState(0.1, 2_500.0, 10_000.0, 0.5)

    assert state.certainty_equivalent == pytest.approx(9_025.0)
    assert 10_000.0 - state.certainty_equivalent == pytest.approx(975.0)


def test_vector_8_log_utility_of_three_states() -> None:
    programme = Programme(
        wealth=np.array([[1.0], [50_000.0], [100_000.0]]),
        weights=np.array([0.1, 0.1, 0.8]),
        node_weights=np.ones(1),
        payoffs=np.zeros((3, 1)),
        gamma=1.0,
        offers=(),
    )

    sure = solved(programme).ce_before_usd

    assert sure == pytest.approx(29_505.09, abs=5e-3)
    assert 100_000.0 - sure == pytest.approx(70_494.91, abs=5e-3)


@pytest.mark.parametrize("gamma", [1.0, 5.0])
def test_vector_9_a_fair_price_insures_all_and_a_loaded_one_a_part(gamma: float) -> None:
    fair, loaded = (solved(one_event(buy(c), gamma=gamma)).shares[0] for c in (0.2, 0.22))

    assert fair == pytest.approx(20_000.0, abs=0.05)
    assert 0.0 < loaded < fair


@pytest.mark.parametrize(("loss", "more"), [(0.3, 6.4557), (0.5, 3.3219)])
def test_vector_11_risk_aversion_is_a_chance_of_ever_losing_a_part(
    loss: float, more: float
) -> None:
    assert aversion_of(chance=0.1, loss=loss) - 1.0 == pytest.approx(more, abs=5e-5)


def test_vector_11_the_stake_it_allows() -> None:
    gamma = aversion_of(chance=0.1, loss=0.3)
    shares = target_shares(p=0.3, c=0.2, wealth=1.0, loss=0.0, gamma=gamma)

    # Its own constraint allows 3.146% of wealth; constant aversion stakes less.
    assert shares * 0.2 < 0.03146 < kelly_fraction(0.3, 0.2)


def stationary(*, myopic: float, variance: float) -> float:
    """Return the half-width without the part that a target which never moves would have."""
    return float((half_width(myopic=myopic, variance=variance) ** 3 - myopic**3) ** (1.0 / 3.0))


def test_vector_12_the_band_of_gerhold_and_others() -> None:
    target = 0.08 / (5.0 * 0.16**2)
    width = stationary(myopic=0.005 / 5.0, variance=(target * (1.0 - target)) ** 2)

    assert target == pytest.approx(0.625)
    assert width == pytest.approx(0.043515, abs=5e-7)
    assert (target - width, target + width) == pytest.approx((0.5815, 0.6685), abs=5e-5)


@pytest.mark.parametrize(("cost", "width"), [(0.1, 0.5313), (0.01, 0.2466)])
def test_vector_13_the_stationary_band(cost: float, width: float) -> None:
    assert stationary(myopic=cost, variance=1.0) == pytest.approx(width, abs=5e-5)


def test_vector_17_brier() -> None:
    assert brier([0.1, 0.9, 0.8, 0.3], [0.0, 1.0, 1.0, 0.0]) == pytest.approx(0.0375)


def test_vector_18_murphys_parts() -> None:
    said = [0.1] * 10 + [0.5] * 10 + [0.9] * 10
    happened = [1.0] + [0.0] * 9 + [1.0] * 5 + [0.0] * 5 + [1.0] * 8 + [0.0] * 2

    parts = murphy_parts(reliability_bins(said, happened))

    assert parts == pytest.approx((0.0033333, 0.0822222, 0.2488889), abs=5e-8)
    assert brier(said, happened) == pytest.approx(0.17)


@pytest.mark.parametrize(
    ("people", "factor"), [(2, 1.29150), (3, 1.41534), (5, 1.52901), (10, 1.62495), (50, 1.70964)]
)
def test_vector_19_what_independent_people_say_would_be_stretched_and_we_do_not(
    people: int, factor: float
) -> None:
    n = people
    stretched = n * (math.sqrt(3 * n * n - 3 * n + 1) - 2.0) / (n * n - n - 1)
    said = Estimate(signal="s", probability=0.7, as_of=START, source="test", note="")

    pooled = pool_forecast(0.7, None, (said,) * people)

    assert stretched == pytest.approx(factor, abs=5e-6)
    # A market has pooled already: however many agree with it, the forecast lies among what is said.
    assert 0.7 <= pooled.probability <= (pooled.calibrated or 0.0)
    odds = (0.7 / 0.3) ** factor
    assert pooled.probability < odds / (1.0 + odds)


P, C, LOSS = 0.2, 0.22, 20_000.0
THRESHOLD = (C - P) / (1.0 - C)


def cheapest_by_tail(weight: float) -> float:
    """Return the shares that cost least, ``weight`` times the mean of the worst 5% counted in.

    Rockafellar and Uryasev's linear programme: shares, the border of the tail, and by how much each
    of the two outcomes exceeds it.
    """
    tail = 0.05
    aim = [C - P, weight, weight * P / tail, weight * (1.0 - P) / tail]
    exceeds = [[-(1.0 - C), -1.0, -1.0, 0.0], [C, -1.0, 0.0, -1.0]]
    bounds = [(0.0, LOSS), (None, None), (0.0, None), (0.0, None)]
    return float(linprog(aim, A_ub=exceeds, b_ub=[-LOSS, 0.0], bounds=bounds).x[0])


def test_vector_26_the_tail_alone_covers_all_or_nothing() -> None:
    assert pytest.approx(0.0256410, abs=5e-8) == THRESHOLD
    assert cheapest_by_tail(0.02) == pytest.approx(0.0, abs=1e-6)
    assert cheapest_by_tail(0.026) == pytest.approx(LOSS)


@given(st.floats(0.0, 1.0), st.floats(0.001, 0.1))
def test_vector_26_our_tail_is_the_one_of_the_linear_programme(part: float, weight: float) -> None:
    def score(shares: float) -> float:
        left = np.array([[-LOSS + (1.0 - C) * shares], [-C * shares]])
        worst = worst_mean(left, np.array([P, 1.0 - P]), np.ones(1), tail=0.05)
        return (C - P) * shares - weight * worst

    assert score(cheapest_by_tail(weight)) <= score(part * LOSS) + 1e-6


@given(
    beliefs=st.lists(st.floats(0.05, 0.95), min_size=2, max_size=6),
    wealths=st.lists(st.floats(1.0, 100.0), min_size=6, max_size=6),
)
def test_vector_27_a_market_of_logarithmic_traders_clears_at_their_mean_belief_by_wealth(
    beliefs: list[float], wealths: list[float]
) -> None:
    own = wealths[: len(beliefs)]
    price = sum(w * p for w, p in zip(own, beliefs, strict=True)) / sum(own)

    wanted = [TwoState(p, w, w, 1.0).shares_until(price) for w, p in zip(own, beliefs, strict=True)]

    assert sum(wanted) == pytest.approx(0.0, abs=1e-9 * sum(own) / min(price, 1.0 - price))

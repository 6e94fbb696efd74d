"""The programme against what is known of its limits: HEDGING sections 1.3, 1.4 and 9."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.copula import Loadings
from bot.core.programme import Offer, Programme
from bot.core.scenarios import Group
from bot.core.utility import TwoState, target_shares
from tests.core.programmes import buy, fee, one_event, scenarios, solved

WEALTH, LOSS = 100_000.0, 20_000.0


@pytest.mark.parametrize(
    ("gamma", "c", "expected"),
    [
        (1.0, 0.20, 20_000.0),
        (5.0, 0.20, 20_000.0),
        (1.0, 0.22, 8857.81),
        (3.0, 0.22, 16199.29),
        (50.0, 0.22, 19769.5),
        (1.0, 0.25, 0.0),
        (3.0, 0.25, 11110.0),
        (10.0, 0.25, 17286.72),
    ],
)
def test_one_event_agrees_with_the_closed_form(gamma: float, c: float, expected: float) -> None:
    solution = solved(one_event(buy(c), gamma=gamma))

    assert solution.shares[0] == pytest.approx(expected, abs=0.05)


@given(
    p=st.floats(0.02, 0.9),
    edge=st.floats(-0.3, 0.3),
    part=st.floats(0.0, 0.6),
    gamma=st.sampled_from((0.5, 1.0, 2.0, 5.0)),
    wealth=st.sampled_from((100.0, 1e5, 1e9)),
)
def test_any_one_event_agrees_with_the_closed_form(
    p: float, edge: float, part: float, gamma: float, wealth: float
) -> None:
    c = min(max(p * (1.0 + edge), 0.01), 0.97)

    offer = buy(c, 10.0 * wealth / c)
    solution = solved(one_event(offer, p=p, loss=part * wealth, wealth=wealth, gamma=gamma))

    exact = target_shares(p=p, c=c, wealth=wealth, loss=part * wealth, gamma=gamma)
    assert solution.shares[0] == pytest.approx(exact, abs=5e-4 * wealth)
    state = TwoState(p, (1.0 - part) * wealth, wealth, gamma)
    best = state.after(shares=exact, cash=-exact * c).certainty_equivalent
    assert solution.ce_after_usd == pytest.approx(best, rel=1e-8)
    assert solution.before[0] == pytest.approx(state.reservation_price)


@pytest.mark.parametrize(("p", "c", "fraction"), [(0.6, 0.5, 0.2), (0.53, 0.5, 0.06)])
def test_without_a_loss_logarithmic_utility_is_kelly(p: float, c: float, fraction: float) -> None:
    solution = solved(one_event(buy(c), p=p, loss=0.0, gamma=1.0))

    assert solution.shares[0] * c / WEALTH == pytest.approx(fraction, abs=1e-7)


def test_kelly_grows_as_published() -> None:
    solution = solved(one_event(buy(0.5), p=0.53, loss=0.0, gamma=1.0))

    assert math.log(solution.ce_after_usd / WEALTH) == pytest.approx(0.0018011, abs=1e-7)


@pytest.mark.parametrize(
    ("gamma", "levels", "worth"),
    [(1.0, (2000.0, 3375.67, 0.0), 0.22686), (3.0, (2000.0, 5000.0, 4529.38), 0.24730)],
)
def test_a_ladder_fills_cheapest_first_up_to_its_worth(
    gamma: float, levels: tuple[float, ...], worth: float
) -> None:
    asks = ((0.21, 2000.0), (0.22, 5000.0), (0.24, 20_000.0))

    solution = solved(one_event(*(buy(fee(price), size) for price, size in asks), gamma=gamma))

    assert solution.shares == pytest.approx(levels, abs=0.005)
    assert solution.reservation[0] == pytest.approx(worth, abs=5e-6)


def two_events(*offers: Offer, gamma: float, joint: float) -> Programme:
    """Return two events of 20% and 15% that cost 10,000 and 8,000; ``joint``: that both happen."""
    weights = np.array([0.8 - 0.15 + joint, 0.15 - joint, 0.2 - joint, joint])
    outcomes = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Programme(
        wealth=(WEALTH - outcomes @ np.array([10_000.0, 8_000.0]))[:, None],
        weights=weights,
        node_weights=np.ones(1),
        payoffs=outcomes,
        gamma=gamma,
        offers=offers,
    )


@pytest.mark.parametrize("joint", [0.0, 0.03, 0.08, 0.15])
@pytest.mark.parametrize("gamma", [1.0, 4.3])
def test_two_events_at_fair_prices_are_covered_in_full_however_they_move_together(
    gamma: float, joint: float
) -> None:
    solution = solved(two_events(buy(0.2), buy(0.15, market=1), gamma=gamma, joint=joint))

    assert solution.shares == pytest.approx((10_000.0, 8_000.0), abs=2.0)


@pytest.mark.parametrize(("gamma", "shares"), [(1.0, 12744.7), (5.0, 12721.4), (20.0, 12308.9)])
def test_a_proxy_covers_part_of_what_cannot_be_traded(gamma: float, shares: float) -> None:
    found = scenarios(
        Group(name="traded", chances=(0.3,)),
        Group(name="other", chances=(0.4,)),
        loadings=Loadings(0.5, 0.5),
    )
    programme = Programme(
        wealth=(WEALTH - found.happens @ np.array([10_000.0, 8_000.0]))[:, None],
        weights=found.weights,
        node_weights=np.ones(1),
        payoffs=found.pays[:, :1],
        gamma=gamma,
        offers=(buy(0.3),),
    )
    both = float(found.weights @ found.happens.prod(axis=1))

    assert solved(programme).shares[0] == pytest.approx(shares, abs=2.0)
    least_variance = 10_000.0 + 8_000.0 * (both - 0.3 * 0.4) / (0.3 * 0.7)
    assert least_variance == pytest.approx(12738.7, abs=0.1)


EXCLUSIVE = (0.45, 0.30, 0.15, 0.10)


def exclusive(
    charges: tuple[float, ...], *, losses: tuple[float, ...], gamma: float, depth: float = 1e9
) -> Programme:
    """Return a group of four outcomes of which exactly one happens."""
    offers = [buy(charge, depth, market=market) for market, charge in enumerate(charges)]
    return Programme(
        wealth=(WEALTH - np.array(losses))[:, None],
        weights=np.array(EXCLUSIVE),
        node_weights=np.ones(1),
        payoffs=np.eye(4),
        gamma=gamma,
        offers=tuple(offers),
    )


NO_LOSS = (0.0, 0.0, 0.0, 0.0)
DEAR = (0.40, 0.32, 0.18, 0.12)


def test_exclusive_outcomes_are_backed_as_smoczynski_and_tomkins_do() -> None:
    solution = solved(exclusive(DEAR, losses=NO_LOSS, gamma=1.0))

    spent = [shares * c / WEALTH for shares, c in zip(solution.shares, DEAR, strict=True)]
    assert spent == pytest.approx([0.092857, 0.014286, 0.0, 0.0], abs=1e-5)
    assert solution.cap_price == ()
    # What is kept back is what the outcomes not backed leave: R = 0.892857.
    assert 1.0 - sum(spent) == pytest.approx(0.892857, abs=1e-5)


def test_exclusive_outcomes_that_hurt_are_covered_worst_first() -> None:
    solution = solved(exclusive(DEAR, losses=(0.0, 5e3, 1e4, 2e4), gamma=3.0))

    assert solution.shares == pytest.approx((0.0, 0.0, 108.0, 10_108.0), abs=1.0)


@given(st.lists(st.floats(-0.2, 0.4), min_size=4, max_size=4), st.floats(0.02, 0.2))
def test_the_outcomes_backed_are_the_same_for_every_risk_aversion(
    edges: list[float], margin: float
) -> None:
    # The theorem is about prices that add up to more than 1 and no loss of one's own.
    raw = [p * (1.0 + edge) for p, edge in zip(EXCLUSIVE, edges, strict=True)]
    prices = tuple(min(each * (1.0 + margin) / min(sum(raw), 1.0), 0.97) for each in raw)
    odds = [p / c for p, c in zip(EXCLUSIVE, prices, strict=True)]
    kept = reserve(prices)
    assume(all(abs(each - kept) > 1e-3 for each in odds))  # none stands on the edge

    for gamma in (0.7, 1.0, 3.0, 12.0):
        solution = solved(exclusive(prices, losses=NO_LOSS, gamma=gamma))
        assert [shares > 1.0 for shares in solution.shares] == [each > kept for each in odds]


def reserve(prices: tuple[float, ...]) -> float:
    """Return the part of wealth that logarithmic utility keeps back: Smoczynski and Tomkins."""
    kept, chance_left, price_left = 1.0, 1.0, 1.0
    pairs = zip(EXCLUSIVE, prices, strict=True)
    for p, c in sorted(pairs, key=lambda pair: -pair[0] / pair[1]):
        if p / c <= kept:
            break
        chance_left, price_left = chance_left - p, price_left - c
        kept = chance_left / price_left
    return kept


def test_all_of_a_group_that_sells_under_1_usd_is_bought() -> None:
    asks = (0.43, 0.28, 0.15, 0.10)

    solution = solved(exclusive(asks, losses=NO_LOSS, gamma=1.0, depth=1000.0))

    assert min(solution.shares) > 990.0  # a fault of the books, not a hedge: the caller's to see


@pytest.mark.parametrize(
    ("correlation", "coverage"), [(0.0, 0.33), (0.3, 0.56), (0.6, 0.67), (0.9, 0.73)]
)
def test_events_that_move_together_want_more_cover(correlation: float, coverage: float) -> None:
    groups = [Group(name=f"event {index}", chances=(0.2,)) for index in range(5)]
    found = scenarios(*groups, loadings=Loadings(correlation, correlation))
    programme = Programme(
        wealth=np.prod(1.0 - 0.06 * found.happens, axis=1)[:, None],
        weights=found.weights,
        node_weights=np.ones(1),
        payoffs=found.pays,
        gamma=3.0,
        offers=tuple(buy(0.22, market=market) for market in range(5)),
    )

    covered = np.array(solved(programme).shares) / 0.06

    assert covered == pytest.approx(coverage, abs=0.006)


@pytest.mark.parametrize(
    ("missed", "stray", "shares"),
    [(0.0, 0.0, 16_199.0), (0.05, 0.005, 14_354.0), (0.2, 0.02, 8_688.0)],
)
def test_a_market_that_may_resolve_otherwise_is_bought_less(
    missed: float, stray: float, shares: float
) -> None:
    programme = Programme(
        wealth=np.array([80_000.0, 80_000.0, 100_000.0, 100_000.0])[:, None],
        weights=np.array([0.2 * (1 - missed), 0.2 * missed, 0.8 * stray, 0.8 * (1 - stray)]),
        node_weights=np.ones(1),
        payoffs=np.array([[1.0], [0.0], [1.0], [0.0]]),
        gamma=3.0,
        offers=(buy(0.22),),
    )

    assert solved(programme).shares[0] == pytest.approx(shares, abs=1.0)


@given(
    beliefs=st.lists(st.floats(0.05, 0.95), min_size=2, max_size=6),
    wealths=st.lists(st.floats(1.0, 100.0), min_size=6, max_size=6),
)
def test_a_market_of_logarithmic_traders_clears_at_their_mean_belief_by_wealth(
    beliefs: list[float], wealths: list[float]
) -> None:
    # Vector 27: He and Treich; Wolfers and Zitzewitz.
    own = wealths[: len(beliefs)]
    price = sum(w * p for w, p in zip(own, beliefs, strict=True)) / sum(own)

    wanted = [TwoState(p, w, w, 1.0).shares_until(price) for w, p in zip(own, beliefs, strict=True)]

    assert sum(wanted) == pytest.approx(0.0, abs=1e-9 * sum(own) / min(price, 1.0 - price))

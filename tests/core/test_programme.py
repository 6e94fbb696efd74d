"""The programme's own behaviour: certificate, caps, order, scale, and what it is not asked."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.programme import Cap, Offer, Programme, Trouble, interior, solve
from bot.core.programme.solution import CERTIFIED
from tests.core.programmes import (
    buy,
    independent,
    many_events,
    one_event,
    random_programme,
    sell,
    solved,
)

SEEDS = st.integers(0, 10_000)


def margins(programme: Programme) -> list[tuple[float, float, float]]:
    """Return for each offer its size, what is taken, and by how much its worth clears its price."""
    solution = solved(programme)
    found = []
    for index, offer in enumerate(programme.offers):
        price = offer.charge
        for cap, cost in zip(programme.caps, solution.cap_price, strict=True):
            price += cap.per_share.get(index, 0.0) * cost
        worth = offer.side * solution.reservation[offer.market]
        found.append((offer.size, solution.shares[index], worth - price))
    return found


@given(SEEDS)
def test_what_is_taken_is_worth_its_price_and_what_is_left_is_not(seed: int) -> None:
    programme = random_programme(seed)
    wealth = float(programme.weights @ programme.wealth @ programme.node_weights)

    for size, taken, margin in margins(programme):
        # A share taken or left in error costs its margin, and the certificate allows so much.
        if margin > 1e-4:
            assert size - taken < CERTIFIED * wealth / margin + 1e-9
        if margin < -1e-4:
            assert taken < CERTIFIED * wealth / -margin + 1e-9


@given(SEEDS)
def test_no_cap_and_no_size_is_exceeded(seed: int) -> None:
    programme = random_programme(seed)

    solution = solved(programme)

    assert solution.gap <= CERTIFIED
    assert solution.ce_after_usd >= solution.ce_before_usd * (1.0 - CERTIFIED)
    for taken, offer in zip(solution.shares, programme.offers, strict=True):
        assert 0.0 <= taken <= offer.size
    for cap, price in zip(programme.caps, solution.cap_price, strict=True):
        used = sum(each * solution.shares[index] for index, each in cap.per_share.items())
        assert used <= cap.most * (1.0 + 1e-9)
        assert price >= 0.0
        if price > 1e-4:
            assert used == pytest.approx(cap.most, rel=1e-3)


def test_a_budget_that_binds_has_a_price_that_its_offers_pay() -> None:
    asks = [buy(0.20 + 0.01 * level, 1_000.0) for level in range(6)]
    cap = Cap("budget", {index: offer.charge for index, offer in enumerate(asks)}, 500.0)

    solution = solved(one_event(*asks, caps=(cap,)))

    spent = sum(n * offer.charge for n, offer in zip(solution.shares, asks, strict=True))
    assert spent == pytest.approx(500.0, rel=1e-6)
    (price,) = solution.cap_price
    # Of the level that is taken in part, a share is worth its charge and the money it binds.
    assert solution.reservation[0] == pytest.approx(0.22 * (1.0 + price), abs=1e-5)


def test_a_budget_of_nothing_buys_nothing_and_still_sells() -> None:
    held = one_event(buy(0.15), sell(0.5, 100.0), loss=10_000.0)
    capped = replace(held, caps=(Cap("budget", {0: 0.15}, 0.0),))

    solution = solved(capped)

    assert solution.shares == pytest.approx((0.0, 100.0))
    assert solution.cap_price == (0.0,)


def test_without_offers_nothing_is_taken() -> None:
    solution = solved(one_event())

    assert solution.shares == ()
    assert solution.ce_after_usd == solution.ce_before_usd
    assert solution.reservation == solution.before


@given(SEEDS)
def test_the_order_of_events_offers_and_scenarios_does_not_matter(seed: int) -> None:
    programme = random_programme(seed)
    order = np.random.default_rng(seed)
    offers = order.permutation(len(programme.offers))
    markets = order.permutation(programme.payoffs.shape[1])
    rows = order.permutation(len(programme.weights))
    place = {int(old): new for new, old in enumerate(offers)}
    column = {int(old): new for new, old in enumerate(markets)}
    shuffled = replace(
        programme,
        wealth=programme.wealth[rows],
        weights=programme.weights[rows],
        payoffs=programme.payoffs[np.ix_(rows, markets)],
        offers=tuple(
            programme.offers[old]._replace(market=column[programme.offers[old].market])
            for old in offers
        ),
        caps=tuple(
            cap._replace(per_share={place[old]: each for old, each in cap.per_share.items()})
            for cap in reversed(programme.caps)
        ),
    )

    one, other = solved(programme), solved(shuffled)

    assert other.ce_after_usd == pytest.approx(one.ce_after_usd, rel=2.0 * CERTIFIED)
    for old, new in column.items():
        assert other.reservation[new] == pytest.approx(one.reservation[old], abs=2e-4)


@given(SEEDS, st.sampled_from((1e-3, 10.0, 1e4)))
def test_scaling_all_money_scales_the_plan(seed: int, by: float) -> None:
    programme = random_programme(seed)
    scaled = replace(
        programme,
        wealth=programme.wealth * by,
        offers=tuple(offer._replace(size=offer.size * by) for offer in programme.offers),
        caps=tuple(cap._replace(most=cap.most * by) for cap in programme.caps),
    )

    one, other = solved(programme), solved(scaled)

    assert other.ce_after_usd == pytest.approx(one.ce_after_usd * by, rel=2.0 * CERTIFIED)
    assert other.reservation == pytest.approx(one.reservation, abs=1e-5)


@given(
    p=st.floats(0.02, 0.6),
    part=st.floats(0.0, 0.5),
    prices=st.tuples(st.floats(0.01, 0.97), st.floats(0.01, 0.97)),
    gamma=st.sampled_from((1.0, 4.3, 10.0)),
)
def test_up_to_half_of_wealth_a_worse_price_never_buys_more(
    p: float, part: float, prices: tuple[float, float], gamma: float
) -> None:
    low, high = sorted(prices)

    cheap, dear = (
        solved(one_event(buy(c), p=p, loss=part * 1e5, gamma=gamma)).shares[0] for c in (low, high)
    )

    # Found to a share in 20,000; the certainty equivalent is flat there.
    assert dear <= cheap * (1.0 + 1e-3) + 5.0


@given(
    chances=st.lists(st.floats(0.02, 0.6), min_size=1, max_size=6),
    losses=st.lists(st.floats(0.005, 0.12), min_size=6, max_size=6),
    gamma=st.sampled_from((1.0, 4.3, 10.0)),
)
def test_at_fair_prices_everything_is_covered_in_full(
    chances: list[float], losses: list[float], gamma: float
) -> None:
    outcomes, weights = independent(np.array(chances))
    lost = np.array(losses[: len(chances)])
    programme = Programme(
        wealth=(1e5 * (1.0 - outcomes @ lost))[:, None],
        weights=weights,
        node_weights=np.ones(1),
        payoffs=outcomes,
        gamma=gamma,
        offers=tuple(buy(p, market=market) for market, p in enumerate(chances)),
    )

    covered = np.array(solved(programme).shares) / 1e5

    assert covered == pytest.approx(lost, abs=1e-4)


def test_excess_cover_is_sold_only_where_the_bid_is_worth_more() -> None:
    # 30,000 shares are held against a loss of 20,000: 10,000 too many.
    fair = solved(one_event(sell(0.2, 30_000.0), loss=-10_000.0))
    poor = solved(one_event(sell(0.1, 30_000.0), loss=-10_000.0))

    assert fair.shares[0] == pytest.approx(10_000.0, abs=1.0)
    assert poor.shares[0] == 0.0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weights": np.array([0.2, 0.7])}, "BAD_WEIGHTS"),
        ({"weights": np.array([-0.2, 1.2])}, "BAD_WEIGHTS"),
        ({"weights": np.array([math.nan, 1.0])}, "NOT_FINITE"),
        ({"weights": np.array([1.0])}, "BAD_SHAPE"),
        ({"node_weights": np.empty(0), "wealth": np.empty((2, 0))}, "BAD_WEIGHTS"),
        ({"wealth": np.array([[0.0], [1e5]])}, "RUIN"),
        ({"wealth": np.array([[-5.0], [1e5]])}, "RUIN"),
        ({"wealth": np.array([1e5, 1e5])}, "BAD_SHAPE"),
        ({"gamma": 0.0}, "NO_AVERSION"),
        ({"gamma": math.inf}, "NO_AVERSION"),
        ({"offers": (Offer(1, 1, 0.2, 10.0),)}, "BAD_OFFER"),
        ({"offers": (Offer(0, 2, 0.2, 10.0),)}, "BAD_OFFER"),
        ({"offers": (Offer(0, 1, math.nan, 10.0),)}, "BAD_OFFER"),
        ({"offers": (Offer(0, 1, 0.2, -1.0),)}, "BAD_OFFER"),
        ({"offers": (Offer(0, 1, 0.2, math.inf),)}, "BAD_OFFER"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_reason(
    change: dict[str, object], code: str
) -> None:
    answer = solve(replace(one_event(buy(0.2)), **change))  # type: ignore[arg-type]

    assert isinstance(answer, Trouble)
    assert answer.code == code
    assert answer.text


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 4.3])
def test_what_is_certain_is_bought_for_gain_only(p: float, gamma: float) -> None:
    solution = solved(one_event(buy(0.2, 1_000.0), p=p, gamma=gamma))

    assert solution.shares == pytest.approx((1_000.0 * p,))
    assert all(math.isfinite(each) for each in (*solution.before, *solution.reservation))


def test_one_scenario_alone_is_solved() -> None:
    programme = Programme(
        wealth=np.array([[100.0]]),
        weights=np.ones(1),
        node_weights=np.ones(1),
        payoffs=np.array([[0.0]]),
        gamma=4.3,
        offers=(buy(0.2),),
    )

    assert solved(programme).shares == (0.0,)


@pytest.mark.parametrize("wealth", [100.0, 1e9])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 4.3, 50.0, 300.0])
@pytest.mark.parametrize("left", [0.9, 1e-3, 1e-9])
def test_neither_ruin_nor_great_aversion_nor_size_makes_a_number_that_is_none(
    wealth: float, gamma: float, left: float
) -> None:
    answer = solve(one_event(buy(0.22), loss=wealth * (1.0 - left), wealth=wealth, gamma=gamma))

    if isinstance(answer, Trouble):
        assert answer.code == "NOT_CERTIFIED"
        assert left < 1e-2
    else:
        assert math.isfinite(answer.ce_after_usd)
        assert 0.0 <= answer.shares[0] <= wealth


def test_an_answer_that_cannot_be_proved_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interior, "MOST_STEPS", 2)

    answer = solve(one_event(buy(0.22)))

    assert isinstance(answer, Trouble)
    assert answer.code == "NOT_CERTIFIED"
    assert "after 2 steps" in answer.text


@settings(max_examples=5)
@given(st.integers(1, 100))
def test_many_events_in_many_scenarios_are_certified(seed: int) -> None:
    assert solved(many_events(10, scenarios=1024, seed=seed)).steps < 40


def test_a_step_that_makes_nothing_better_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interior, "_SHORTEST", 1.0)

    answer = solve(one_event(buy(0.22)))

    assert isinstance(answer, Trouble)
    assert answer.code == "NOT_CERTIFIED"


def test_two_markets_on_one_event_share_its_cover() -> None:
    programme = replace(
        one_event(buy(0.2), buy(0.2, market=1)), payoffs=np.array([[1.0, 1.0], [0.0, 0.0]])
    )

    assert sum(solved(programme).shares) == pytest.approx(20_000.0, abs=1.0)


def test_what_is_given_away_is_taken_whole() -> None:
    assert solved(one_event(buy(-0.01, 500.0))).shares == (500.0,)


@pytest.mark.parametrize("seed", [71, 289, 322, 703, 1839, 2008, 4621])
def test_programmes_that_once_were_hard_are_certified(seed: int) -> None:
    # A step into ruin, a Newton step that needs every refinement, offers a hair from their bounds.
    assert solved(random_programme(seed)).gap <= CERTIFIED


def test_a_curvature_that_rounding_made_indefinite_still_has_a_root() -> None:
    root = interior._root(np.diag([1.0, -1e-12]))

    assert root @ root.T == pytest.approx(np.diag([1.0, 0.0]), abs=1e-10)

"""Makers of programmes: small ones by hand, many by a seed, one as large as there will be."""

import itertools
from collections.abc import Sequence

import numpy as np

from bot.core.copula import Loadings
from bot.core.programme import Cap, Offer, Programme, Solution, Trouble, solve
from bot.core.programme.problem import Floats
from bot.core.scenarios import Group, Scenarios, joint_scenarios


def fee(price: float, rate: float = 0.04) -> float:
    """Return price and taker fee, USD per share."""
    return price + rate * price * (1.0 - price)


def one_event(
    *offers: Offer,
    p: float = 0.2,
    loss: float = 20_000.0,
    wealth: float = 100_000.0,
    gamma: float = 3.0,
    caps: Sequence[Cap] = (),
) -> Programme:
    """Return the programme of one event that costs ``loss`` of ``wealth``."""
    return Programme(
        wealth=np.array([[wealth - loss], [wealth]]),
        weights=np.array([p, 1.0 - p]),
        node_weights=np.ones(1),
        payoffs=np.array([[1.0], [0.0]]),
        gamma=gamma,
        offers=offers,
        caps=tuple(caps),
    )


def buy(charge: float, size: float = 1e9, *, market: int = 0) -> Offer:
    """Return a level of asks."""
    return Offer(market, 1, charge, size)


def sell(proceeds: float, size: float, *, market: int = 0) -> Offer:
    """Return a level of bids."""
    return Offer(market, -1, -proceeds, size)


def solved(programme: Programme) -> Solution:
    """Return the solution; fail with its trouble if there is none."""
    answer = solve(programme)
    assert not isinstance(answer, Trouble), answer
    return answer


def scenarios(*groups: Group, loadings: Loadings | None = None, most_rows: int = 4096) -> Scenarios:
    """Return the joint outcomes; fail with their trouble if there are none."""
    answer = joint_scenarios(groups, loadings or Loadings(), most_rows=most_rows)
    assert not isinstance(answer, Trouble), answer
    return answer


def every_outcome(events: int) -> Floats:
    """Return all combinations of yes/no events: (scenarios, events)."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=events)))


def independent(chances: Floats) -> tuple[Floats, Floats]:
    """Return all combinations of independent events and their probabilities."""
    outcomes = every_outcome(len(chances))
    return outcomes, np.prod(np.where(outcomes > 0.0, chances, 1.0 - chances), axis=1)


def many_events(events: int, *, scenarios: int, levels: int = 5, seed: int = 1) -> Programme:
    """Return events with both outcomes on offer, a budget, and a cap on each market.

    All combinations where there are as many as ``scenarios``, else so many drawn.
    """
    chance = np.random.default_rng(seed)
    p, impact = chance.uniform(0.05, 0.5, events), chance.uniform(0.01, 0.1, events)
    if 2**events == scenarios:
        outcomes, weights = independent(p)
    else:
        outcomes = (chance.random((scenarios, events)) < p).astype(float)
        weights = np.full(scenarios, 1.0 / scenarios)
    offers: list[Offer] = []
    caps: list[Cap] = []
    for market in range(events):
        mid = float(np.clip(p[market] + chance.normal(0.0, 0.03), 0.03, 0.95))
        own: dict[int, float] = {}
        for side, level in itertools.product((1, -1), range(levels)):
            price = (mid if side > 0 else 1.0 - mid) + 0.01 + 0.01 * level
            if price < 0.995:
                cost, size = fee(price), float(chance.uniform(100.0, 20_000.0))
                own[len(offers)] = cost
                offers.append(Offer(market, side, cost if side > 0 else cost - 1.0, size))
        caps.append(Cap(f"market {market}", own, 20_000.0))
    everything = {index: each for cap in caps for index, each in cap.per_share.items()}
    return Programme(
        wealth=1e6 * np.prod(1.0 - outcomes * impact, axis=1)[:, None],
        weights=weights,
        node_weights=np.ones(1),
        payoffs=outcomes,
        gamma=3.0,
        offers=tuple(offers),
        caps=(*caps, Cap("budget", everything, 1e5)),
    )


def random_programme(seed: int) -> Programme:
    """Return one to six events as they may come: exclusive or not, with holdings, caps and noise.

    Wealth is 1e3 to 1e8 USD, risk aversion 1 to 12; books are thick and thin, dear and cheap.
    """
    chance = np.random.default_rng(seed)
    events = int(chance.integers(1, 7))
    total = float(10.0 ** chance.uniform(3.0, 8.0))
    if chance.random() < 0.25:
        outcomes = np.vstack((np.eye(events), np.zeros(events)))
        weights = chance.dirichlet(np.ones(events + 1))
    else:
        outcomes, weights = independent(chance.uniform(0.01, 0.9, events))
        weights = weights * chance.uniform(0.3, 1.7, len(weights))
        weights /= weights.sum()
    impact = chance.uniform(-0.05, 0.4, events) * chance.choice([0.2, 1.0])
    noise = np.exp(np.linspace(-0.3, 0.3, 5)) if chance.random() < 0.3 else np.ones(1)
    wealth = total * np.prod(1.0 - outcomes * impact, axis=1)[:, None] * noise
    payoffs = np.clip(outcomes, 0.02, 0.97) if chance.random() < 0.2 else outcomes
    offers: list[Offer] = []
    caps: list[Cap] = []
    everything: dict[int, float] = {}
    for market in range(events):
        held = total * float(chance.uniform(0.0, 0.1)) if chance.random() < 0.4 else 0.0
        wealth += (held * payoffs[:, market])[:, None]
        mid = float(np.clip(weights @ payoffs[:, market] + chance.normal(0.0, 0.05), 0.02, 0.97))
        own = _add_levels(offers, chance, market=market, mid=mid, held=held, unit=total / 1e5)
        if chance.random() < 0.5:
            caps.append(Cap(f"market {market}", own, total * 10.0 ** chance.uniform(-5.0, -1.0)))
        everything |= own
    if chance.random() < 0.7:
        caps.append(Cap("budget", everything, total * 10.0 ** chance.uniform(-4.0, 0.0)))
    return Programme(
        wealth=wealth,
        weights=weights,
        node_weights=np.full(len(noise), 1.0 / len(noise)),
        payoffs=payoffs,
        gamma=float(chance.choice([1.0, 2.0, 3.0, 4.3, 6.0, 10.0, chance.uniform(1.0, 12.0)])),
        offers=tuple(offers),
        caps=tuple(caps),
    )


def _add_levels(
    offers: list[Offer],
    chance: np.random.Generator,
    *,
    market: int,
    mid: float,
    held: float,
    unit: float,
) -> dict[int, float]:
    """Add a market's levels to ``offers``; return what a share of each purchase costs."""
    half, rate = (
        float(chance.choice([0.0005, 0.005, 0.02])),
        float(chance.choice([0.0, 0.04, 0.07])),
    )
    both = chance.random() < 0.6
    own: dict[int, float] = {}
    for level in range(int(chance.integers(1, 7))):
        size = unit * float(10.0 ** chance.uniform(0.0, 5.5))
        for side, middle in ((1, mid), (-1, 1.0 - mid))[: 1 + both]:
            price = middle + half + 0.01 * level
            if price < 0.99:
                cost = fee(price, rate)
                own[len(offers)] = cost
                offers.append(Offer(market, side, cost if side > 0 else cost - 1.0, size))
        bid = mid - half - 0.01 * level
        if held > 0.0 and bid > 0.01:
            offers.append(sell(2.0 * bid - fee(bid, rate), min(held, size), market=market))
            held -= min(held, size)
    return own

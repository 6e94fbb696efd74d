"""How bad the bad outcomes are, with and without hedges: a report, never the aim of a plan.

What is left on average in the worst 5% (conditional value at risk, as wealth) tells a person what
the certainty equivalent does not. As an aim it covers all of a loss or nothing of it, by a hair of
the price. **Source:** HEDGING sections 1.4 and 1.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.core.known import know_all
from bot.core.outlook import look_out
from bot.core.programme import Trouble
from bot.core.programme.problem import Floats
from bot.model.decision import Decision
from bot.model.orders import Side
from bot.model.strategy import Strategy
from bot.model.units import EventId, TokenId, UsdEst
from bot.model.view import View

WORST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Mean wealth in the worst 5% of what may come in a year, USD."""

    unhedged_usd_est: UsdEst
    """Had no shares been bought."""
    held_usd_est: UsdEst
    """With what is held."""
    planned_usd_est: UsdEst
    """With the orders of the decision filled at their limits."""


def measure_tail(
    view: View, strategies: Mapping[EventId, Strategy], decision: Decision
) -> Tail | None:
    """Return what the worst 5% leave; None where no event is known or they cannot be listed."""
    known = know_all(view, strategies)
    outlook = look_out(view, known, (), days=365.0) if known else None
    if outlook is None or isinstance(outlook, Trouble):
        return None
    paid: dict[TokenId, Floats] = {}
    for each in known:
        own = outlook.place[each.event].of(outlook.scenarios.pays)
        paid |= dict(zip(each.tokens, (own, 1.0 - own), strict=True))
    held = np.zeros(len(outlook.scenarios.weights))
    planned = held.copy()
    for position in view.account.positions:
        if position.token_id in paid:
            held += float(position.shares) * paid[position.token_id] - float(position.cost_usd)
    for order in decision.approved:
        if order.token_id in paid:
            sign = 1.0 if order.side is Side.BUY else -1.0
            planned += sign * float(order.size) * (paid[order.token_id] - float(order.limit))
            planned -= float(order.fee_usd)
    means = [
        UsdEst(
            worst_mean(
                outlook.wealth + change[:, None],
                outlook.scenarios.weights,
                outlook.node_weights,
                tail=WORST,
            )
        )
        for change in (-held, np.zeros_like(held), planned)
    ]
    return Tail(unhedged_usd_est=means[0], held_usd_est=means[1], planned_usd_est=means[2])


def worst_mean(wealth: Floats, weights: Floats, node_weights: Floats, *, tail: float) -> float:
    """Return the mean of the worst outcomes, USD: what is left on average in that part of them.

    Args:
        wealth: (scenarios, nodes), USD.
        weights: Probability of each scenario: (scenarios,).
        node_weights: Probability of each node: (nodes,).
        tail: Which part is the worst, above 0 up to 1: 0.05.

    **Source:** Rockafellar and Uryasev (2000).
    """
    order = np.argsort(wealth, axis=None)
    chances = (weights[:, None] * node_weights).ravel()[order]
    before = np.cumsum(chances) - chances
    inside = np.clip(tail - before, 0.0, chances)
    return float(inside @ wealth.ravel()[order] / tail)

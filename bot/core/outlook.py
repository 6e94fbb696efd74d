"""What may come, for the whole portfolio: each event's chance, loss and cover, and our wealth."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bot.core.case import Case, open_case
from bot.core.copula import Loadings
from bot.core.exposure import measure_impacts
from bot.core.orders import Wish
from bot.core.programme import Trouble
from bot.core.programme.problem import Floats
from bot.core.scenarios import Group, Scenarios, joint_scenarios
from bot.core.worlds import spread_worth, worth_by_scenario
from bot.model.decision import Reason
from bot.model.orders import Side
from bot.model.strategy import Strategy
from bot.model.units import EventId, TokenId
from bot.model.view import EventView, View

LOADINGS = Loadings(all_events=0.3, same_cluster=0.6)
MISSED, STRAY = 0.01, 0.002
"""Of a market with an objective question. **Source:** HEDGING sections 4.5 and 12."""
UNSURE = 0.5
"""Standard deviation of a loss that was only stated, as a part of it. **Source:** section 3."""
VOLATILITY = 0.16
"""Of the portfolio by everything else, a year: that of broad shares."""


class Known(NamedTuple):
    """One event as the outlook takes it."""

    event: EventId
    chance: float
    """Our forecast."""
    priced_in: float
    """The market's probability."""
    loss: float
    """USD lost if it happens against if it does not."""
    impacts: Sequence[float]
    """On each holding, a fraction; empty if only the loss is known."""
    token_id: TokenId
    """That pays if it happens; empty for none."""
    group: str
    """Events of one name exclude each other; empty for an event of its own."""


class Outlook(NamedTuple):
    """Joint scenarios and our wealth in them, with what is held and what others will buy."""

    scenarios: Scenarios
    column: Mapping[EventId, int]
    wealth: Floats
    """(scenarios, nodes), USD."""
    node_weights: Floats


def know_all(view: View, strategies: Mapping[EventId, Strategy]) -> list[Known]:
    """Return what is known of every event; one that never was known is left out."""
    known: list[Known] = []
    for event in view.events:
        if event.event in strategies:
            case = open_case(view, event, strategies[event.event])
            each = _from_memory(event) if isinstance(case, Reason) else _from_case(case)
            known += [] if each is None else [each]
    return known


def _from_case(case: Case) -> Known:
    """Return what is known of an event that can be decided."""
    mid, market = case.forecast.market, case.market.market
    impacts = measure_impacts(
        case.view.portfolio.holdings,
        event=case.event.event,
        impact=case.strategy.impact,
        probability=mid,
    )
    exclusive = market.neg_risk and market.event_slug and case.market.adverse_index == 0
    return Known(
        event=case.event.event,
        chance=case.forecast.probability,
        priced_in=mid,
        loss=case.exposure_usd_est,
        impacts=impacts,
        token_id=case.market.token_id,
        group=market.event_slug if exclusive else "",
    )


def _from_memory(event: EventView) -> Known | None:
    """Return what the last plan knew of an event that is frozen now; None if there was none."""
    memory = event.memory
    if memory.run_at is None or not 0.0 < memory.probability < 1.0:
        return None
    return Known(
        event=event.event,
        chance=memory.probability,
        priced_in=memory.probability,
        loss=memory.exposure_usd_est,
        impacts=(),
        token_id=memory.token_id,
        group="",
    )


def look_out(
    view: View, known: Sequence[Known], others: Sequence[Wish], *, days: float
) -> Outlook | Trouble:
    """Return the scenarios and our wealth in each.

    Args:
        view: Portfolio, cash, positions.
        known: The events; one whose loss was frozen keeps it whatever the holdings say now.
        others: Trades of this decision that other sizing rules have planned: held already.
        days: To the end of the hedges, for everything else that moves the portfolio.
    """
    groups, order = _groups(known)
    scenarios = joint_scenarios(groups, LOADINGS)
    if isinstance(scenarios, Trouble):
        return scenarios
    column = {event: index for index, event in enumerate(order)}
    worth = _worth(view, known, scenarios.happens, column)
    if float(worth.min()) <= 0.0:
        text = f"in the worst scenario {worth.min():,.0f} USD of the portfolio are left"
        return Trouble("RUIN", f"{text}; look at the impacts")
    losses = np.zeros(len(order))
    losses[[column[each.event] for each in known]] = [each.loss for each in known]
    wealth, node_weights = spread_worth(
        worth,
        uncertain_usd=UNSURE * np.sqrt(scenarios.happens @ losses**2),
        volatility=VOLATILITY * math.sqrt(max(days, 0.0) / 365.0),
    )
    sure = _sure(view, known, others, scenarios.pays, column)
    return Outlook(scenarios, column, wealth + sure[:, None], node_weights)


def _groups(known: Sequence[Known]) -> tuple[list[Group], list[EventId]]:
    """Return the groups, and the events in the order of the scenarios' columns.

    Mids of exclusive outcomes may add up to more than 1 by their spreads: they are scaled.
    """
    members: dict[str, list[Known]] = {}
    for each in known:
        members.setdefault(each.group or f"event {each.event}", []).append(each)
    groups: list[Group] = []
    order: list[EventId] = []
    for name, mine in members.items():
        mine.sort(key=lambda each: (-each.loss, each.event))
        scale = max(1.0, sum(each.chance for each in mine))
        chances = tuple(each.chance / scale for each in mine)
        groups.append(Group(name=name, chances=chances, missed=MISSED, stray=STRAY))
        order += [each.event for each in mine]
    return groups, order


def _worth(
    view: View, known: Sequence[Known], happens: Floats, column: Mapping[EventId, int]
) -> Floats:
    """Return the portfolio's worth in each scenario; losses that holdings do not show are added."""
    holdings = view.portfolio.holdings
    worth = np.array([holding.usd_est for holding in holdings])
    shown = [each for each in known if each.impacts]
    columns = [column[each.event] for each in shown]
    total = worth_by_scenario(
        worth=worth,
        impacts=np.array([each.impacts for each in shown]).reshape(len(shown), len(worth)).T,
        priced_in=np.array([each.priced_in for each in shown]),
        happens=happens[:, columns],
    )
    for each in known:
        seen = -float(worth @ np.array(each.impacts)) if each.impacts else 0.0
        total += (each.loss - seen) * (each.priced_in - happens[:, column[each.event]])
    return total


def _sure(
    view: View,
    known: Sequence[Known],
    others: Sequence[Wish],
    pays: Floats,
    column: Mapping[EventId, int],
) -> Floats:
    """Return cash and what our shares pay in each scenario; other positions count at their cost."""
    at = {each.token_id: column[each.event] for each in known if each.token_id}
    total = np.full(len(pays), float(view.account.cash_usd))
    for position in view.account.positions:
        if position.token_id in at:
            total += float(position.shares) * pays[:, at[position.token_id]]
        else:
            total += float(position.cost_usd)
    for wish in others:
        sign = 1.0 if wish.side is Side.BUY else -1.0
        total += wish.trade.cash
        if wish.token_id in at:
            total += sign * wish.trade.shares * pays[:, at[wish.token_id]]
    return total

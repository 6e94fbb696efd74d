"""What may come, for the whole portfolio: each event's chance, loss and cover, and our wealth.

A market is one outcome however many strategies look at it: those of one token add their losses,
those of opposite tokens set theirs off against each other.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bot.core.copula import Loadings
from bot.core.known import Known
from bot.core.nervous import nervous_scale
from bot.core.orders import Wish
from bot.core.programme import Trouble
from bot.core.programme.problem import Floats
from bot.core.scenarios import Group, Scenarios, chances_behind, joint_scenarios
from bot.core.worlds import spread_worth, worth_by_scenario
from bot.model.orders import Side
from bot.model.units import EventId, TokenId
from bot.model.view import View

SLACK = 0.03
"""By so much an outcome may exclusive outcomes add up to more than 1: the mids of wide books do."""


class Place(NamedTuple):
    """Where an event stands in the scenarios."""

    column: int
    is_complement: bool
    """Whether it happens where the column's outcome does not."""

    def of(self, table: Floats) -> Floats:
        """Return the event's column of a table of outcomes: (scenarios,)."""
        column = table[:, self.column]
        return 1.0 - column if self.is_complement else column

    def worth(self, of_column: float) -> float:
        """Return what a share of the event's token is worth, from that of the column's."""
        return 1.0 - of_column if self.is_complement else of_column


class Outlook(NamedTuple):
    """Joint scenarios and our wealth in them, with what is held and what others will buy."""

    scenarios: Scenarios
    place: Mapping[EventId, Place]
    wealth: Floats
    """(scenarios, nodes), USD."""
    node_weights: Floats


def look_out(
    view: View, known: Sequence[Known], others: Sequence[Wish], *, days: float
) -> Outlook | Trouble:
    """Return the scenarios and our wealth in each.

    Args:
        view: Portfolio, cash, positions, and how closely events move together.
        known: The events; one whose loss was frozen keeps it whatever the holdings say now.
        others: Trades of this decision that other sizing rules have planned: held already.
        days: To the end of the hedges, for everything else that moves the portfolio.
    """
    groups, place = _groups(known)
    scenarios = joint_scenarios(groups, _loadings(view))
    if isinstance(scenarios, Trouble):
        return scenarios
    happens = np.empty((len(scenarios.weights), len(known)))
    for index, each in enumerate(known):
        happens[:, index] = place[each.event].of(scenarios.happens)
    worth = _worth(view, known, happens)
    if float(worth.min()) <= 0.0:
        text = f"in the worst scenario {worth.min():,.0f} USD of the portfolio are left"
        return Trouble("RUIN", f"{text}; look at the impacts")
    unsure = np.array([each.unsure for each in known])
    wealth, node_weights = spread_worth(
        worth,
        uncertain_usd=np.sqrt(happens @ unsure**2),
        volatility=view.limits.volatility * nervous_scale(view) * math.sqrt(max(days, 0.0) / 365.0),
    )
    sure = _sure(view, known, others, scenarios.pays, place)
    return Outlook(scenarios, place, wealth + sure[:, None], node_weights)


def _loadings(view: View) -> Loadings:
    """Return how closely events move together now: more so under stress.

    Without the reading, or with one older than ``max_price_age``, it counts as calm.
    """
    given = view.limits.correlations
    reading = view.portfolio.readings.get(given.stressed_by)
    stressed = (
        reading is not None
        and reading.number > 0.0
        and view.now - reading.as_of <= view.limits.max_price_age
    )
    between_all = given.stress if stressed else given.calm
    return Loadings(between_all, max(given.same_cluster, between_all))


class _Outcome(NamedTuple):
    """One market as the scenarios take it."""

    known: Sequence[Known]
    """All that look at it."""
    is_first: bool
    """Whether its column is where the market's first token pays."""

    @property
    def loss(self) -> float:
        """USD lost where the column's outcome happens, against where it does not."""
        return sum(each.loss if self.agrees(each) else -each.loss for each in self.known)

    @property
    def chance(self) -> float:
        """Of the column's outcome; where forecasts differ, their mean."""
        said = [each.chance if self.agrees(each) else 1.0 - each.chance for each in self.known]
        return sum(said) / len(said)

    @property
    def wrong(self) -> tuple[float, float]:
        """How often the column misses its outcome and pays astray, as those on its side say."""
        said = [(each.missed, each.stray) for each in self.known if self.agrees(each)]
        turned = [(each.stray, each.missed) for each in self.known]
        missed, stray = zip(*(said or turned), strict=True)
        return max(missed), max(stray)

    def agrees(self, known: Known) -> bool:
        """Return whether an event happens where the column's outcome does."""
        return known.is_first == self.is_first


def _groups(known: Sequence[Known]) -> tuple[list[Group], dict[EventId, Place]]:
    """Return the groups, and where each event stands among the columns they make."""
    members: dict[str, dict[str, list[Known]]] = {}
    for each in sorted(known, key=lambda each: each.event):
        markets = members.setdefault(each.group or each.market, {})
        markets.setdefault(each.market, []).append(each)
    groups: list[Group] = []
    place: dict[EventId, Place] = {}
    start = 0
    for name, markets in members.items():
        outcomes = [_Outcome(each, is_first=True) for each in markets.values()]
        if len(outcomes) == 1 and outcomes[0].loss < 0.0:
            # The first outcome comes with other bad events: here that is the other side.
            outcomes = [_Outcome(outcomes[0].known, is_first=False)]
        outcomes.sort(key=lambda each: (-each.loss, each.known[0].event))
        groups.append(_group(name, outcomes))
        for column, outcome in enumerate(outcomes, start=start):
            for each in outcome.known:
                place[each.event] = Place(column, not outcome.agrees(each))
        start += len(outcomes)
    return groups, place


def _group(name: str, outcomes: Sequence[_Outcome]) -> Group:
    """Return exclusive outcomes; a little over 1 together by their spreads, they are scaled."""
    total = sum(each.chance for each in outcomes)
    scale = total if 1.0 < total <= 1.0 + SLACK * len(outcomes) else 1.0
    chances = tuple(each.chance / scale for each in outcomes)
    missed, stray = (max(each.wrong[i] for each in outcomes) for i in (0, 1))
    if total / scale <= 1.0 and missed + stray < 1.0:
        chances = chances_behind(chances, missed=missed, stray=stray)
    clusters = sorted({known.cluster for each in outcomes for known in each.known} - {""})
    return Group(
        name=name,
        chances=chances,
        cluster=clusters[0] if clusters else "",
        missed=missed,
        stray=stray,
    )


def _worth(view: View, known: Sequence[Known], happens: Floats) -> Floats:
    """Return the portfolio's worth in each scenario; losses that holdings do not show are added."""
    holdings = view.portfolio.holdings
    worth = np.array([holding.usd_est for holding in holdings])
    shown = [index for index, each in enumerate(known) if each.impacts]
    total = worth_by_scenario(
        worth=worth,
        impacts=np.array([known[index].impacts for index in shown])
        .reshape(len(shown), len(worth))
        .T,
        priced_in=np.array([known[index].priced_in for index in shown]),
        happens=happens[:, shown],
    )
    for index, each in enumerate(known):
        seen = -float(worth @ np.array(each.impacts)) if each.impacts else 0.0
        total += (each.loss - seen) * (each.priced_in - happens[:, index])
    return total


def _sure(
    view: View,
    known: Sequence[Known],
    others: Sequence[Wish],
    pays: Floats,
    place: Mapping[EventId, Place],
) -> Floats:
    """Return cash and what our shares pay in each scenario; other positions count at their cost."""
    paid: dict[TokenId, Floats] = {}
    for each in known:
        own = place[each.event].of(pays)
        paid |= dict(zip(each.tokens, (own, 1.0 - own), strict=True))
    paid.pop(TokenId(""), None)
    total = np.full(len(pays), float(view.account.cash_usd))
    changed: dict[TokenId, float] = {}
    for wish in others:
        total += wish.trade.cash
        sign = 1.0 if wish.side is Side.BUY else -1.0
        changed[wish.token_id] = changed.get(wish.token_id, 0.0) + sign * wish.trade.shares
    for position in view.account.positions:
        shares = float(position.shares)
        kept = shares + changed.pop(position.token_id, 0.0)
        if position.token_id in paid:
            total += kept * paid[position.token_id]
        elif shares > 0.0:
            total += float(position.cost_usd) * max(kept, 0.0) / shares
    nothing = np.zeros(len(pays))
    for token, shares in changed.items():
        total += shares * paid.get(token, nothing)
    return total

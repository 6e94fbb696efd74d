"""The joint programme of one decision: for each event that asks, what to buy or sell.

Events whose sizing rule decides alone come first and enter as what is held; so do events that do
not plan now or are frozen. All that ask share wealth, scenarios and money, and are solved at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from bot.core.budget import left_of_cluster, left_of_event, left_of_shared, measure_usage
from bot.core.carry import carry_of
from bot.core.case import Case, fee_at
from bot.core.gate import measure_gate
from bot.core.hedge import DEPTH_WINDOW, ask_depth
from bot.core.known import know_all
from bot.core.offers import Ladder, ask_ladder, bid_ladder, rest_ladder, trade_of
from bot.core.orders import MINIMUM_MARKETABLE_USD, Wish
from bot.core.outlook import Outlook, Place, look_out
from bot.core.programme import Cap, Offer, Programme, Solution, Trouble, certainty_equivalent, solve
from bot.core.programme.problem import Floats
from bot.core.programme.solution import CERTIFIED
from bot.core.purchase import barred, highest_price
from bot.core.wishes import Answer, rests_first
from bot.model.decision import Certificate, Reason
from bot.model.orders import Side
from bot.model.strategy import Strategy
from bot.model.units import EventId, TokenId
from bot.model.view import View

_DUST = 0.005
"""Shares: half a lot, which no order can hold."""


class _Quoted(NamedTuple):
    """What one event offers, and where that stands in the programme."""

    case: Case
    asks: Ladder
    bids: Ladder
    first: int
    """Index of its first offer: asks, then bids."""
    note: str

    @property
    def buys(self) -> slice:
        """Where its asks stand among the offers."""
        return slice(self.first, self.first + len(self.asks.levels))

    @property
    def sales(self) -> slice:
        """Where its bids stand among the offers."""
        return slice(self.buys.stop, self.buys.stop + len(self.bids.levels))


def plan_jointly(
    view: View,
    strategies: Mapping[EventId, Strategy],
    asks: Mapping[EventId, tuple[Case, float]],
    others: Sequence[Wish],
) -> Mapping[EventId, Answer] | Reason:
    """Return the answer to each event that asks, or why there is none.

    Args:
        view: What all share.
        strategies: Of all events.
        asks: Who asks, and the most shares that its sizing rule would hold.
        others: What other sizing rules trade in this decision.
    """
    days = max(case.days_left for case, _ in asks.values())
    outlook = look_out(view, know_all(view, strategies), others, days=days)
    if isinstance(outlook, Trouble):
        return Reason(code=outlook.code, text=outlook.text)
    quoted = _quote_all(view, asks, others)
    caps = _caps(view, strategies, quoted, others)
    charged = _programme(view, outlook, quoted, charged=True)
    solution = solve(replace(charged, caps=caps))
    if isinstance(solution, Trouble):
        return Reason(code=solution.code, text=solution.text)
    # Benefits are counted at what is paid, not at what the band charges.
    paid = _programme(view, outlook, quoted, charged=False)
    return _answers(quoted, paid, caps, solution, outlook)


def _programme(
    view: View, outlook: Outlook, quoted: Sequence[_Quoted], *, charged: bool
) -> Programme:
    offers: list[Offer] = []
    for each in quoted:
        place = outlook.place[each.case.event.event]
        for ladder in (each.asks, each.bids):
            offers += ladder.offers(
                place.column, is_complement=place.is_complement, charged=charged
            )
    return Programme(
        wealth=outlook.wealth,
        weights=outlook.scenarios.weights,
        node_weights=outlook.node_weights,
        payoffs=outlook.scenarios.pays,
        gamma=view.limits.risk_aversion,
        offers=tuple(offers),
    )


def _caps(
    view: View,
    strategies: Mapping[EventId, Strategy],
    quoted: Sequence[_Quoted],
    others: Sequence[Wish],
) -> tuple[Cap, ...]:
    """Return the limits that events share, USD; those of one event end its ladder."""
    usage = measure_usage(view)
    for wish in others:
        if wish.side is Side.BUY:
            usage = usage.with_buy(wish.event, Decimal(-wish.trade.cash))
    left = left_of_shared(view, usage)
    # All of these count the same USD: only the least of them can bind.
    name = min(left, key=lambda name: left[name])
    caps = [Cap(name, _costs(quoted), max(float(left[name]), 0.0))]
    for cluster in sorted({strategy.cluster for strategy in strategies.values()}):
        mine = [each for each in quoted if each.case.strategy.cluster == cluster]
        limits = left_of_cluster(view, strategies, cluster, usage)
        caps += [Cap(cluster, _costs(mine), max(float(most), 0.0)) for most in limits.values()]
    return tuple(caps)


def _costs(quoted: Sequence[_Quoted]) -> dict[int, float]:
    """Return what a share of each purchase costs, by the index of its offer."""
    return {
        each.first + index: level.unit
        for each in quoted
        for index, level in enumerate(each.asks.levels)
    }


def _quote_all(
    view: View, asks: Mapping[EventId, tuple[Case, float]], others: Sequence[Wish]
) -> list[_Quoted]:
    """Return what is on offer; of events that want one token only the one that wants most buys.

    There is one order at a time on a token: the others' turn comes when it has ended. Nothing is
    bought while its complement is held: that is sold first.
    """
    gaps = {event: max(most - case.held_shares, 0.0) for event, (case, most) in asks.items()}
    wants = [event for event, (case, _) in asks.items() if _may_buy(case, gaps[event])]
    held = {position.token_id for position in view.account.positions if position.shares > 0}
    held |= {wish.token_id for wish in others if wish.side is Side.BUY}
    leads: dict[TokenId, EventId | None] = {wish.token_id: None for wish in others}
    for event in sorted(wants, key=lambda event: (-gaps[event], event)):
        leads.setdefault(asks[event][0].market.token_id, event)
    quoted: list[_Quoted] = []
    first = 0
    for event, (case, _) in asks.items():
        token, stops = case.market.token_id, ""
        if event in wants and case.market.market.complement_of(token) in held:
            stops = "complement"
        elif event in wants and leads[token] != event:
            stops = "turn"
        quoted.append(_quote(case, gaps[event], stops=stops, first=first))
        first = quoted[-1].sales.stop
    return quoted


def _may_buy(case: Case, gap: float) -> bool:
    return gap > 0.0 and barred(case) is None and _own_money(case) >= MINIMUM_MARKETABLE_USD


def _quote(case: Case, gap: float, *, stops: str, first: int) -> _Quoted:
    """Return what is on offer for an event, its costs multiplied by its band.

    Args:
        case: The event.
        gap: Shares it may buy.
        stops: Why it may not; empty if it may.
        first: Index of its first offer.
    """
    fee, carry = fee_at(case.market.market.fee), carry_of(case)
    multiplier, note = measure_gate(case)
    held = 0.0 if case.is_dust else case.held_shares
    bids = bid_ladder(case.book, most=held, multiplier=multiplier, carry=carry, fee_at=fee)
    if stops or barred(case) is not None:
        none = Ladder((), 1, 0.0, 1.0, carry, stops or "barred")
        return _Quoted(case, none, bids, first, note)
    most_usd = _own_money(case)
    if rests_first(case):
        tick = float(case.market.market.tick)
        asks = rest_ladder(
            case.book, most=gap, ends="target", most_usd=most_usd, tick=tick, carry=carry
        )
        return _Quoted(case, asks, bids, first, note)
    depth = ask_depth(case.book, up_to=(case.book.mid or 0.0) + DEPTH_WINDOW)
    depth *= case.strategy.costs.max_share_of_depth
    asks = ask_ladder(
        case.book,
        most=min(gap, depth),
        ends="target" if gap <= depth else "depth",
        most_usd=most_usd,
        highest=highest_price(case),
        multiplier=multiplier,
        carry=carry,
        fee_at=fee,
    )
    return _Quoted(case, asks, bids, first, note)


def _own_money(case: Case) -> float:
    """Return what the limits of an event's own leave it for one order, USD."""
    return float(min(left_of_event(case.strategy, measure_usage(case.view)).values()))


def _round(number: float) -> float:
    return float(f"{number:.6g}")


def _answers(
    quoted: Sequence[_Quoted],
    paid: Programme,
    caps: Sequence[Cap],
    solution: Solution,
    outlook: Outlook,
) -> Mapping[EventId, Answer]:
    # Less than half a lot is nothing, and a thousandth of a share is finer than any order.
    shares = np.array([round(n, 3) if n > _DUST else 0.0 for n in solution.shares])
    everything = certainty_equivalent(paid, shares)

    def benefit(mine: slice) -> float:
        without = shares.copy()
        without[mine] = 0.0
        return _round(everything - certainty_equivalent(paid, without))

    return {
        each.case.event.event: _answer(
            each, shares, benefit, solution, outlook.place[each.case.event.event], caps=caps
        )
        for each in quoted
    }


def _answer(
    each: _Quoted,
    shares: Floats,
    benefit: Callable[[slice], float],
    solution: Solution,
    place: Place,
    *,
    caps: Sequence[Cap],
) -> Answer:
    case = each.case
    after = _round(place.worth(solution.reservation[place.column]))
    money_price = _round(_money_price(each, caps, solution))
    fee = fee_at(case.market.market.fee)
    buy = trade_of(
        each.asks,
        _taken(shares, each.buys),
        worth=after,
        money_price=money_price,
        benefit=benefit(each.buys) if shares[each.buys].any() else 0.0,
        fee_at=_none if rests_first(case) else fee,
        # What rests stays at the bid, however much more a share is worth.
        highest=0.0 if rests_first(case) else highest_price(case),
    )
    sell = trade_of(
        each.bids,
        _taken(shares, each.sales),
        worth=after,
        money_price=0.0,
        benefit=benefit(each.sales) if shares[each.sales].any() else 0.0,
        fee_at=fee,
    )
    return Answer(
        buy=buy,
        sell=sell,
        worth=_round(place.worth(solution.before[place.column])),
        note=each.note,
        # The bound and not the gap: its digits are the rounding of one machine.
        certificate=Certificate(gap=CERTIFIED, worth_after=after, money_price=money_price),
    )


def _taken(shares: Floats, mine: slice) -> list[float]:
    return [float(n) for n in shares[mine]]


def _money_price(quoted: _Quoted, caps: Sequence[Cap], solution: Solution) -> float:
    """Return what a USD spent on an event is worth beyond itself: the price of all its caps."""
    prices = zip(caps, solution.cap_price, strict=True)
    return sum([price for cap, price in prices if quoted.first in cap.per_share])


def _none(_price: float) -> float:
    return 0.0

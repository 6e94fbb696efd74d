"""The joint programme of one decision: for each event that asks, what to buy or sell.

Events whose sizing rule decides alone come first and enter as what is held; so do events that do
not plan now or are frozen. All that ask share wealth, scenarios and money, and are solved at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from bot.core.budget import left_of_event, left_of_shared, measure_usage
from bot.core.case import Case, fee_at
from bot.core.gate import measure_gate
from bot.core.hedge import DEPTH_WINDOW, ask_depth
from bot.core.offers import Ladder, ask_ladder, bid_ladder, rest_ladder, trade_of
from bot.core.orders import Wish
from bot.core.outlook import Outlook, know_all, look_out
from bot.core.programme import Cap, Offer, Programme, Solution, Trouble, certainty_equivalent, solve
from bot.core.purchase import barred, highest_price
from bot.core.wishes import Answer, rests_first
from bot.model.decision import Reason
from bot.model.orders import Side
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.model.view import View

_DUST = 0.005
"""Shares: half a lot, which no order can hold."""


class _Quoted(NamedTuple):
    asks: Ladder
    bids: Ladder
    note: str


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
    quoted = {event: _quote(*ask, column=outlook.column[event]) for event, ask in asks.items()}
    levels = [level for each in quoted.values() for ladder in each[:2] for level in ladder.levels]
    buys = {index: level.unit for index, level in enumerate(levels) if level.offer.side > 0}
    programme = _programme(view, outlook, tuple(level.offer for level in levels))
    money = Cap("money", buys, _money_left(view, others))
    solution = solve(replace(programme, caps=(money,)))
    if isinstance(solution, Trouble):
        return Reason(code=solution.code, text=solution.text)
    # Benefits are counted at what is paid, not at what the band charges.
    paid = tuple(level.offer._replace(charge=level.offer.side * level.unit) for level in levels)
    return _answers(asks, quoted, replace(programme, offers=paid), solution, outlook)


def _programme(view: View, outlook: Outlook, offers: tuple[Offer, ...]) -> Programme:
    return Programme(
        wealth=outlook.wealth,
        weights=outlook.scenarios.weights,
        node_weights=outlook.node_weights,
        payoffs=outlook.scenarios.pays,
        gamma=view.limits.risk_aversion,
        offers=offers,
    )


def _money_left(view: View, others: Sequence[Wish]) -> float:
    spent = sum(-wish.trade.cash for wish in others if wish.side is Side.BUY)
    left = min(left_of_shared(view, measure_usage(view)).values(), default=Decimal(0))
    return max(float(left) - spent, 0.0)


def _quote(case: Case, most: float, *, column: int) -> _Quoted:
    """Return what is on offer for an event, its costs multiplied by its band."""
    costs = case.strategy.costs
    fee = fee_at(case.market.market.fee)
    multiplier, note = measure_gate(case)
    held = 0.0 if case.is_dust else case.held_shares
    bids = bid_ladder(case.book, market=column, most=held, multiplier=multiplier, fee_at=fee)
    gap = most - case.held_shares
    if barred(case) is not None:
        return _Quoted(Ladder((), 0.0, 1.0, "barred"), bids, note)
    own = left_of_event(case.strategy, measure_usage(case.view))
    most_usd = float(min(own.values()))
    if rests_first(case):
        tick = float(case.market.market.tick)
        asks = rest_ladder(
            case.book, market=column, most=gap, ends="target", most_usd=most_usd, tick=tick
        )
        return _Quoted(asks, bids, note)
    mid = case.book.mid or 0.0
    depth = ask_depth(case.book, up_to=mid + DEPTH_WINDOW) * costs.max_share_of_depth
    asks = ask_ladder(
        case.book,
        market=column,
        most=min(gap, depth),
        ends="target" if gap <= depth else "depth",
        most_usd=most_usd,
        highest=highest_price(case),
        multiplier=multiplier,
        fee_at=fee,
    )
    return _Quoted(asks, bids, note)


def _round(number: float) -> float:
    return float(f"{number:.6g}")


def _answers(
    asks: Mapping[EventId, tuple[Case, float]],
    quoted: Mapping[EventId, _Quoted],
    paid: Programme,
    solution: Solution,
    outlook: Outlook,
) -> Mapping[EventId, Answer]:
    # Less than half a lot is nothing, and a thousandth of a share is finer than any order.
    shares = np.array([round(n, 3) if n > _DUST else 0.0 for n in solution.shares])
    everything = certainty_equivalent(paid, shares)
    found: dict[EventId, Answer] = {}
    start = 0
    for event, each in quoted.items():
        case, column = asks[event][0], outlook.column[event]
        fee = fee_at(case.market.market.fee)
        trades = []
        for ladder in each[:2]:
            mine = slice(start, start + len(ladder.levels))
            start = mine.stop
            without = shares.copy()
            without[mine] = 0.0
            benefit = (
                everything - certainty_equivalent(paid, without) if shares[mine].any() else 0.0
            )
            trades.append(
                trade_of(
                    ladder,
                    [float(n) for n in shares[mine]],
                    worth=_round(solution.reservation[column]),
                    money_price=_round(solution.cap_price[0]),
                    benefit=_round(benefit),
                    fee_at=_none if rests_first(case) and ladder is each.asks else fee,
                    highest=highest_price(case),
                )
            )
        worth = _round(solution.before[column])
        found[event] = Answer(buy=trades[0], sell=trades[1], worth=worth, note=each.note)
    return found


def _none(_price: float) -> float:
    return 0.0

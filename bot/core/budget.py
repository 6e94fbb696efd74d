"""Shares the common money among the events, best benefit per USD first; says who was cut."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.core.orders import Wish, make_intent
from bot.model.decision import Reason
from bot.model.orders import LiveOrder, OrderIntent, Purpose, Side
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What of each shared limit is used, resting and unknown buys counted as spent; USD."""

    premium: Decimal
    total: Decimal
    reserved: Decimal
    by_event: Mapping[EventId, Decimal]

    def with_buy(self, event: EventId, usd: Decimal) -> "Usage":
        """Return the usage after a further buy of ``usd``, fee included."""
        return Usage(
            premium=self.premium + usd,
            total=self.total + usd,
            reserved=self.reserved + usd,
            by_event={**self.by_event, event: self.by_event.get(event, Decimal(0)) + usd},
        )


def measure_usage(view: View) -> Usage:
    """Return what the ledger's account uses of the shared limits."""
    by_event: dict[EventId, Decimal] = dict(view.account.premium_by_event)
    reserved = Decimal(0)
    for order in _buys(view.account.orders):
        reserved += order.reserved_usd
        by_event[order.event] = by_event.get(order.event, Decimal(0)) + order.reserved_usd
    cost = sum((position.cost_usd for position in view.account.positions), Decimal(0))
    return Usage(
        premium=view.account.premium_used_usd + reserved,
        total=cost + reserved,
        reserved=reserved,
        by_event=by_event,
    )


def _buys(orders: Iterable[LiveOrder]) -> Iterable[LiveOrder]:
    return (order for order in orders if order.side is Side.BUY)


@dataclass(slots=True)
class Funding:
    """Orders that got their money, and why others got less or none."""

    intents: list[OrderIntent] = field(default_factory=list)
    reasons: dict[EventId, list[Reason]] = field(default_factory=dict)
    notes: list[Reason] = field(default_factory=list)
    unfinished: set[EventId] = field(default_factory=set)
    """Events that wanted more than one order may carry."""


def fund(view: View, wishes: Sequence[Wish], strategies: Mapping[EventId, Strategy]) -> Funding:
    """Turn wishes into orders, sales first, then buys by benefit per USD while money lasts."""
    funding = Funding()
    for wish in wishes:
        if wish.side is Side.SELL:
            _keep(funding, wish, make_intent(wish, most_usd=Decimal(0)))
    buys = [wish for wish in wishes if wish.side is Side.BUY]
    buys.sort(key=lambda wish: (-wish.trade.benefit / max(-wish.trade.cash, 1e-9), wish.event))
    usage = measure_usage(view)
    for wish in buys:
        usage = _fund_buy(funding, view, wish, strategies[wish.event], usage)
    _drop_lonely_sales(funding)
    return funding


def _fund_buy(funding: Funding, view: View, wish: Wish, strategy: Strategy, usage: Usage) -> Usage:
    shared, own = _left(view, usage), _left_of_event(strategy, usage)
    most = min(*shared.values(), *own.values())
    wanted = Decimal(f"{-wish.trade.cash:.6f}")
    made = make_intent(wish, most_usd=most)
    if most < wanted:
        _report_cut(funding, wish, wanted, {**shared, **own}, set(shared))
        made = _out_of_money(made, most)
    _keep(funding, wish, made)
    if isinstance(made, Reason):
        return usage
    return usage.with_buy(wish.event, made.notional_usd + made.fee_usd)


def _left(view: View, usage: Usage) -> dict[str, Decimal]:
    limits = view.limits
    return {
        "premium_budget": limits.premium_budget_usd - usage.premium,
        "max_total": limits.max_total_usd - usage.total,
        "cash on the venue": view.account.cash_usd - usage.reserved,
    }


def _left_of_event(strategy: Strategy, usage: Usage) -> dict[str, Decimal]:
    used = usage.by_event.get(strategy.event, Decimal(0))
    return {
        "limits.max_premium_usd": strategy.limits.max_premium_usd - used,
        "limits.max_order_usd": strategy.limits.max_order_usd,
    }


def _report_cut(
    funding: Funding,
    wish: Wish,
    wanted: Decimal,
    left: Mapping[str, Decimal],
    shared: set[str],
) -> None:
    name = min(left, key=lambda key: left[key])
    have = max(left[name], Decimal(0))
    text = f"{wish.event} wants {wanted:,.2f} USD; {name} leaves {have:,.2f} USD"
    reason = Reason(code="CUT", text=text)
    funding.reasons.setdefault(wish.event, []).append(reason)
    if name in shared:
        funding.notes.append(reason)
    elif name == "limits.max_order_usd":
        funding.unfinished.add(wish.event)


def _out_of_money(made: OrderIntent | Reason, most: Decimal) -> OrderIntent | Reason:
    if isinstance(made, Reason) and most <= 0:
        return Reason(code="BUDGET_SPENT", text="nothing is left to spend on it")
    return made


def _keep(funding: Funding, wish: Wish, made: OrderIntent | Reason) -> None:
    if isinstance(made, OrderIntent):
        funding.intents.append(made)
    else:
        funding.reasons.setdefault(wish.event, []).append(made)


def _drop_lonely_sales(funding: Funding) -> None:
    """Without the new leg of a roll the old one is not sold: it is still cover."""
    funded = {intent.unit for intent in funding.intents if intent.purpose is Purpose.ROLL_IN}
    funding.intents = [
        intent
        for intent in funding.intents
        if intent.purpose is not Purpose.ROLL_OUT or intent.unit in funded
    ]

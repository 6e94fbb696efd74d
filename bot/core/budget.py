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

_ANY_USD = Decimal("Infinity")


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
    """Events whose next order may do what this one may not."""

    def explain(self, event: EventId, reason: Reason) -> None:
        """Add a reason to an event's."""
        self.reasons.setdefault(event, []).append(reason)


def fund(view: View, wishes: Sequence[Wish], strategies: Mapping[EventId, Strategy]) -> Funding:
    """Turn wishes into orders, sales first, then buys by benefit per USD while money lasts."""
    funding = Funding()
    for wish in wishes:
        if wish.side is Side.SELL:
            _fund_sale(funding, wish)
    buys = [wish for wish in wishes if wish.side is Side.BUY]
    buys.sort(key=lambda wish: (-wish.trade.benefit / max(-wish.trade.cash, 1e-9), wish.event))
    usage = measure_usage(view)
    for wish in buys:
        usage = _fund_buy(funding, view, wish, strategies, usage)
    return funding


def _fund_sale(funding: Funding, wish: Wish) -> None:
    made = make_intent(wish, most_usd=_ANY_USD)
    if isinstance(made, OrderIntent):
        funding.intents.append(made)
    else:
        funding.explain(wish.event, made)


def _fund_buy(
    funding: Funding,
    view: View,
    wish: Wish,
    strategies: Mapping[EventId, Strategy],
    usage: Usage,
) -> Usage:
    strategy = strategies[wish.event]
    shared, own = left_of_shared(view, usage), left_of_event(strategy, usage)
    shared |= left_of_cluster(view, strategies, strategy.cluster, usage)
    if wish.purpose is Purpose.MERGE:  # no premium: it comes back with more when the pairs merge
        shared = {"cash on the venue": shared["cash on the venue"]}
        own = {"limits.max_order_usd": own["limits.max_order_usd"]}
    left = {**shared, **own}
    most = min(left.values())
    whole, made = make_intent(wish, most_usd=_ANY_USD), make_intent(wish, most_usd=most)
    if isinstance(whole, OrderIntent):
        _report_cut(funding, whole, made, left, set(shared))
    if isinstance(made, OrderIntent):
        funding.intents.append(made)
        return usage.with_buy(wish.event, made.notional_usd + made.fee_usd)
    if isinstance(whole, Reason) or most > 0:
        funding.explain(wish.event, made)
    _wait_for_sale(funding, wish, most)
    return usage


def left_of_shared(view: View, usage: Usage) -> dict[str, Decimal]:
    """Return what is left of each limit that all events share, by its name."""
    limits = view.limits
    return {
        "premium_budget": limits.premium_budget_usd - usage.premium,
        "max_total": limits.max_total_usd - usage.total,
        "cash on the venue": view.account.cash_usd - usage.reserved,
    }


def left_of_cluster(
    view: View, strategies: Mapping[EventId, Strategy], cluster: str, usage: Usage
) -> dict[str, Decimal]:
    """Return what is left of the limit that events of one cluster share; nothing without one."""
    most = view.limits.max_cluster_usd
    if most is None or not cluster:
        return {}
    mine = [event for event, strategy in strategies.items() if strategy.cluster == cluster]
    used = sum((usage.by_event.get(event, Decimal(0)) for event in mine), Decimal(0))
    return {"max_cluster": most - used}


def left_of_event(strategy: Strategy, usage: Usage) -> dict[str, Decimal]:
    """Return what is left of each limit of an event's own, by its name."""
    used = usage.by_event.get(strategy.event, Decimal(0))
    return {
        "limits.max_premium_usd": strategy.limits.max_premium_usd - used,
        "limits.max_order_usd": strategy.limits.max_order_usd,
    }


def _report_cut(
    funding: Funding,
    whole: OrderIntent,
    made: OrderIntent | Reason,
    left: Mapping[str, Decimal],
    shared: set[str],
) -> None:
    got = Decimal(0) if isinstance(made, Reason) else made.size
    if got >= whole.size:
        return
    name = min(left, key=lambda key: left[key])
    have = max(left[name], Decimal(0))
    text = f"{whole.event} wants {whole.size} shares and gets {got}: {name} leaves {have:,.2f} USD"
    reason = Reason(code="BUDGET_SPENT" if got == 0 else "CUT", text=text)
    funding.explain(whole.event, reason)
    if name in shared:
        funding.notes.append(reason)
    if name == "limits.max_order_usd" or whole.purpose is Purpose.ROLL_IN:
        # More may be bought by the next order, or with what the old leg of a roll brings.
        funding.unfinished.add(whole.event)


def _wait_for_sale(funding: Funding, wish: Wish, most: Decimal) -> None:
    """Keep the old leg of a roll only if its money buys the new one, else it is still cover."""
    sales = [
        intent
        for intent in funding.intents
        if intent.unit == wish.unit and intent.purpose is Purpose.ROLL_OUT
    ]
    brings = sum((sale.notional_usd - sale.fee_usd for sale in sales), Decimal(0))
    if sales and isinstance(make_intent(wish, most_usd=most + brings), OrderIntent):
        text = "the old market is sold first; what it brings buys the next one"
        funding.explain(wish.event, Reason(code="SOLD_FIRST", text=text))
        return
    funding.intents = [intent for intent in funding.intents if intent not in sales]

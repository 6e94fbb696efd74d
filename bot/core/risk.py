"""The last look at every order before it may leave: each control runs exactly once per order.

Planning already keeps to these limits. A denial here means that planning is wrong or that the
world changed in between, and is shown as such.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from bot.core.budget import Usage, left_of_cluster, measure_usage
from bot.core.case import stale_prices
from bot.core.orders import MINIMUM_MARKETABLE_USD
from bot.core.roll import is_tradable
from bot.model.decision import Denial
from bot.model.market import Market
from bot.model.orders import LiveOrder, OrderIntent, OrderType, Purpose, Side
from bot.model.strategy import Strategy
from bot.model.units import EventId, OrderId, TokenId
from bot.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the controls look at for one order."""

    intent: OrderIntent
    view: View
    usage: Usage
    strategies: Mapping[EventId, Strategy]
    market: Market
    held: Mapping[TokenId, Decimal]
    busy: Mapping[TokenId, str]
    """Tokens with an order of ours that has not ended, or approved before in this decision."""
    buying: Set[TokenId]
    """Those of them that are bought."""

    @property
    def strategy(self) -> Strategy:
        """The one whose order it is."""
        return self.strategies[self.intent.event]

    @property
    def spend(self) -> Decimal:
        """USD this buy could take, fee included; 0 for a sell."""
        if self.intent.side is Side.SELL:
            return Decimal(0)
        return self.intent.notional_usd + self.intent.fee_usd

    @property
    def premium(self) -> Decimal:
        """``spend``, but 0 for the purchase of an exit: the merge brings back more."""
        return Decimal(0) if self.intent.purpose is Purpose.MERGE else self.spend


Control = Callable[[Check], tuple[str, object, object] | None]
"""Returns code, limit and actual of a refusal; None if the order passes."""


def check_orders(
    intents: Sequence[OrderIntent],
    view: View,
    strategies: Mapping[EventId, Strategy],
    cancels: Sequence[OrderId],
) -> tuple[tuple[OrderIntent, ...], tuple[Denial, ...]]:
    """Return the orders that may leave, and a denial for each that may not."""
    usage = measure_usage(view)
    asking = {intent.event for intent in intents}
    asked = [event for event in view.events if event.event in asking]
    shown = [market.market for event in asked for market in event.markets]
    markets = {token: market for market in shown for token in market.token_ids}
    held: dict[TokenId, Decimal] = {}
    for position in view.account.positions:
        held[position.token_id] = held.get(position.token_id, Decimal(0)) + position.shares
    busy = {order.token_id: _say_order(order, cancels) for order in view.account.orders}
    buying = {order.token_id for order in view.account.orders if order.side is Side.BUY}
    approved: list[OrderIntent] = []
    denials: list[Denial] = []
    for intent in intents:
        check = Check(
            intent=intent,
            view=view,
            usage=usage,
            strategies=strategies,
            market=markets[intent.token_id],
            held=held,
            busy=busy,
            buying=buying,
        )
        refused = next(filter(None, (control(check) for control in CONTROLS)), None)
        if refused is not None:
            denials.append(_deny(intent, *refused))
            continue
        approved.append(intent)
        busy[intent.token_id] = "an order of this decision"
        if intent.side is Side.BUY:
            buying.add(intent.token_id)
            usage = usage.with_buy(intent.event, check.spend)
    return _keep_rolls_whole(approved, denials)


def _keep_rolls_whole(
    approved: Sequence[OrderIntent], denials: Sequence[Denial]
) -> tuple[tuple[OrderIntent, ...], tuple[Denial, ...]]:
    """Deny the sale of a roll whose purchase was denied: the old hedge is still cover."""
    broken = {denial.intent.unit for denial in denials if denial.intent.purpose is Purpose.ROLL_IN}
    kept: list[OrderIntent] = []
    denied = list(denials)
    for intent in approved:
        if intent.purpose is Purpose.ROLL_OUT and intent.unit in broken:
            denied.append(_deny(intent, "ROLL_BROKEN", "both legs", "the new leg was denied"))
        else:
            kept.append(intent)
    return tuple(kept), tuple(denied)


def _deny(intent: OrderIntent, code: str, limit: object, actual: object) -> Denial:
    return Denial(code=code, limit=str(limit), actual=str(actual), intent=intent)


def _say_order(order: LiveOrder, cancels: Sequence[OrderId]) -> str:
    state = "cancelled now" if order.order_id in cancels else str(order.status)
    return f"{order.order_id} {state}"


def _market_open(check: Check) -> tuple[str, object, object] | None:
    if is_tradable(check.market):
        return None
    return "MARKET_CLOSED", "accepting orders", f"{check.market.slug} is closed"


def _off_tick(check: Check) -> tuple[str, object, object] | None:
    tick, limit = check.market.tick, check.intent.limit
    if limit % tick == 0 and tick <= limit <= 1 - tick:
        return None
    return "OFF_TICK", tick, limit


def _below_minimum(check: Check) -> tuple[str, object, object] | None:
    intent = check.intent
    if intent.order_type is OrderType.GTD:
        least, actual = Decimal(check.market.minimum_shares), Decimal(intent.size)
    else:
        least, actual = MINIMUM_MARKETABLE_USD, Decimal(intent.notional_usd)
    return None if actual >= least and intent.size > 0 else ("BELOW_MINIMUM", least, actual)


def _token_busy(check: Check) -> tuple[str, object, object] | None:
    """One order at a time on a token: its last fate must be known, its cancel confirmed."""
    order = check.busy.get(check.intent.token_id)
    return None if order is None else ("TOKEN_BUSY", "no order on its token", order)


def _complement_held(check: Check) -> tuple[str, object, object] | None:
    if check.intent.side is Side.SELL:
        return None
    other = check.market.complement_of(check.intent.token_id)
    if other in check.buying:
        return "COMPLEMENT_HELD", "0 shares of the complement", f"{check.busy[other]} buys it"
    shares = check.held.get(other, Decimal(0))
    if check.intent.purpose is Purpose.MERGE:
        pairs = check.intent.size + check.held.get(check.intent.token_id, Decimal(0))
        return None if pairs <= shares else ("MERGE_OVER_POSITION", shares, pairs)
    return None if shares == 0 else ("COMPLEMENT_HELD", "0 shares of the complement", shares)


def _over_order(check: Check) -> tuple[str, object, object] | None:
    limit = check.strategy.limits.max_order_usd
    return None if check.spend <= limit else ("ORDER_OVER_LIMIT", limit, check.spend)


def _over_event(check: Check) -> tuple[str, object, object] | None:
    limit = check.strategy.limits.max_premium_usd
    after = check.usage.by_event.get(check.intent.event, Decimal(0)) + check.premium
    over = check.premium > 0 and after > limit
    return ("EVENT_PREMIUM_OVER_LIMIT", limit, after) if over else None


def _over_cluster(check: Check) -> tuple[str, object, object] | None:
    cluster = check.strategy.cluster
    left = left_of_cluster(check.view, check.strategies, cluster, check.usage).get("max_cluster")
    if left is None or check.premium <= max(left, Decimal(0)):
        return None
    limit = check.view.limits.max_cluster_usd
    return "CLUSTER_PREMIUM_OVER_LIMIT", limit, Decimal(limit or 0) - left + check.premium


def _over_budget(check: Check) -> tuple[str, object, object] | None:
    limit, after = check.view.limits.premium_budget_usd, check.usage.premium + check.premium
    over = check.premium > 0 and after > limit
    return ("PREMIUM_OVER_BUDGET", limit, after) if over else None


def _over_total(check: Check) -> tuple[str, object, object] | None:
    limit, after = check.view.limits.max_total_usd, check.usage.total + check.premium
    over = check.premium > 0 and after > limit
    return ("TOTAL_OVER_LIMIT", limit, after) if over else None


def _cash_short(check: Check) -> tuple[str, object, object] | None:
    cash, after = check.view.account.cash_usd, check.usage.reserved + check.spend
    over = check.spend > 0 and after > cash
    return ("CASH_SHORT", cash, after) if over else None


def _sells_too_much(check: Check) -> tuple[str, object, object] | None:
    if check.intent.side is Side.BUY:
        return None
    held = check.held.get(check.intent.token_id, Decimal(0))
    return None if check.intent.size <= held else ("SELL_OVER_POSITION", held, check.intent.size)


def _prices_stale(check: Check) -> tuple[str, object, object] | None:
    stale = stale_prices(check.view) if check.intent.side is Side.BUY else ""
    return ("PRICES_STALE", check.view.limits.max_price_age, stale) if stale else None


CONTROLS: tuple[Control, ...] = (
    _market_open,
    _off_tick,
    _below_minimum,
    _token_busy,
    _complement_held,
    _sells_too_much,
    _prices_stale,
    _over_order,
    _over_event,
    _over_cluster,
    _over_budget,
    _over_total,
    _cash_short,
)

"""Sends what was decided: cancels first, then each order once, with its bytes on disk before."""

import asyncio
from collections.abc import Iterable

from bot.core.orders import say_bargain
from bot.engine.merge import merging
from bot.engine.ports import Ports
from bot.errors import LedgerError, VenueError
from bot.model.decision import Decision
from bot.model.orders import Accepted, OrderIntent, Rejected, Unknown
from bot.model.units import OrderId
from bot.model.view import View


async def act(ports: Ports, view: View, decision: Decision, *, stop: str = "") -> None:
    """Carry out a recorded decision.

    An intent is withheld, and recorded as such, once trading is halted, the view is too old, an
    order of this cycle is unknown, or something cuts the sending off, which is raised again.

    Args:
        ports: The world.
        view: What was known.
        decision: What was concluded.
        stop: Why nothing but cancels may be sent; empty if nothing forbids it.
    """
    left = list(decision.approved)
    try:
        await cancel(ports, decision.cancels)
        left = _without_merging(ports, left)
        while left:
            intent = left[0]
            stop = stop or _why_stop(ports, view)
            if stop:
                break
            if await _send(ports, intent, cycle=decision.cycle):
                stop = f"order {intent.client_order_id} of this cycle is unknown"
            left.pop(0)
    except LedgerError:
        raise
    except (Exception, asyncio.CancelledError) as error:
        _withhold(ports, left, str(error) or "the cycle took longer than its deadline")
        raise
    _withhold(ports, left, stop)


async def cancel_all(ports: Ports) -> int:
    """Cancel every order of ours that may rest; return how many were asked for."""
    orders = [order.order_id for order in ports.ledger.orders_without_end()]
    await cancel(ports, orders)
    return len(orders)


def _without_merging(ports: Ports, intents: Iterable[OrderIntent]) -> list[OrderIntent]:
    """Withhold orders for shares that a merge under way may take; return the others."""
    taken = merging(ports)
    why = "a merge of its token is under way"
    _withhold(ports, (intent for intent in intents if intent.token_id in taken), why)
    return [intent for intent in intents if intent.token_id not in taken]


def _withhold(ports: Ports, intents: Iterable[OrderIntent], why: str) -> None:
    for intent in intents:
        if not ports.ledger.has_order(intent.client_order_id):
            ports.ledger.record_withheld(intent, ports.clock.now(), why)


def _why_stop(ports: Ports, view: View) -> str:
    halted = ports.ledger.halted()
    if halted:
        return f"halted: {halted}"
    age = ports.clock.now() - view.now
    if age > view.limits.max_view_age:
        return f"the view is {age.total_seconds():.0f} s old"
    return ""


async def cancel(ports: Ports, order_ids: Iterable[OrderId]) -> None:
    """Ask for each cancel; what became of the order is for reconcile to say."""
    for order_id in order_ids:
        now = ports.clock.now()
        try:
            result = await ports.venue.cancel(order_id)
        except VenueError as error:
            ports.ledger.record_cancel(order_id, str(error), now)
            ports.report("order.cancelled", order_id=order_id, ok=False, detail=str(error))
            continue
        ports.ledger.record_cancel(order_id, result, now)
        ports.report("order.cancelled", order_id=order_id, ok=result.cancelled)


async def _send(ports: Ports, intent: OrderIntent, *, cycle: int) -> bool:
    """Send one order once; return whether its fate is unknown."""
    prepared = await ports.venue.prepare(intent)
    ports.ledger.record_submitting(prepared, cycle=cycle)
    try:
        result = await ports.venue.submit(prepared)
    finally:  # it is on disk already; it need not wait for the log
        ports.report(
            "order.submitted",
            order_id=prepared.order_id,
            risk_event=intent.event,
            side=str(intent.side),
            size_shares=str(intent.size),
            limit_usd=str(intent.limit),
            benefit_usd_est=round(intent.benefit_usd_est, 2),
            cost_usd_est=round(intent.cost_usd_est, 2),
            bargain=say_bargain(intent),
        )
    ports.ledger.record_result(intent.client_order_id, result, ports.clock.now())
    match result:
        case Accepted():
            return False
        case Rejected(code=code, detail=detail):
            ports.report("order.rejected", order_id=prepared.order_id, code=code, detail=detail)
            return False
        case Unknown(detail=detail):
            ports.report("order.unknown", order_id=prepared.order_id, detail=detail)
            return True

"""Tells a person what happened to a hedge, in one sentence each: the ledger's lifecycle rows."""

from collections.abc import Sequence
from decimal import Decimal

from bot.core.orders import say_bargain
from bot.engine.ports import Ports
from bot.model.decision import Decision, EventDecision, Reason, Verdict
from bot.model.orders import Fill, LiveOrder, OrderIntent, Purpose
from bot.model.units import EventId, OrderId

_WORDS = {
    Purpose.OPEN: "opened",
    Purpose.ADD: "added",
    Purpose.REDUCE: "reduced",
    Purpose.CLOSE: "closed",
    Purpose.ROLL_OUT: "rolled_out",
    Purpose.ROLL_IN: "rolled",
    Purpose.MERGE: "complement_bought",
}


def tell_fills(ports: Ports, fills: Sequence[Fill]) -> None:
    """Record what the first fills of orders mean for their hedges."""
    by_order: dict[OrderId, list[Fill]] = {}
    for fill in fills:
        by_order.setdefault(fill.order_id, []).append(fill)
    for order_id, group in by_order.items():
        order = ports.ledger.order(order_id)
        if order is not None:
            text = _say_fills(order, group)
            now = ports.clock.now()
            ports.ledger.record_lifecycle(_word(ports, order), order.event, now, text)


def _word(ports: Ports, order: LiveOrder) -> str:
    """Return what the fills of an order did; a close that leaves shares was a reduction."""
    if order.purpose is Purpose.CLOSE:
        held = ports.ledger.account(ports.clock.now()).positions
        if any(position.token_id == order.token_id for position in held):
            return _WORDS[Purpose.REDUCE]
    return _WORDS[order.purpose]


def _say_fills(order: LiveOrder, fills: Sequence[Fill]) -> str:
    shares = sum((Decimal(fill.size) for fill in fills), Decimal(0))
    notional = sum((fill.price * fill.size for fill in fills), Decimal(0))
    fee = sum((Decimal(fill.fee_usd) for fill in fills), Decimal(0))
    average = notional / shares * 100
    part = "" if shares >= order.size - Decimal("0.01") else f" of {order.size.normalize():f}"
    filled = f"{shares.normalize():f}{part} shares at {average:.1f}c"
    return f"{filled}; {say_bargain(order)}; fee {fee:.2f} USD"


def tell_merged(ports: Ports, event: EventId, shares: Decimal, cash: Decimal) -> None:
    """Record that shares of a position became cash together with their complement."""
    text = f"{shares} shares merged with as many of the complement; {cash:,.2f} USD is their part"
    ports.ledger.record_lifecycle("merged", event, ports.clock.now(), text)


def tell_refusals(ports: Ports, decision: Decision) -> None:
    """Record each refusal of an event that was not refused before, not its repetition."""
    before = ports.ledger.memories()
    for event in decision.events:
        if event.verdict is not Verdict.REFUSE:
            continue
        last = before.get(event.event)
        if last is not None and last.verdict.startswith(Verdict.REFUSE):
            continue
        reason = _first(event)
        text = f"no suitable hedge: {reason.text} ({reason.code})"
        ports.ledger.record_lifecycle("refused", event.event, decision.at, text)


def _first(event: EventDecision) -> Reason:
    return event.reasons[0] if event.reasons else Reason(code="NONE", text="no reason recorded")


def _say_order(intent: OrderIntent) -> str:
    ordered = f"{intent.event} {intent.purpose} {intent.size} at {intent.limit}"
    return f"{ordered}: {say_bargain(intent)}"


def report_decision(ports: Ports, decision: Decision) -> None:
    """Log what was decided: the plan, a line for each event that was planned, and refusals."""
    ports.report(
        "plan.made",
        orders=[_say_order(intent) for intent in decision.approved],
        cancels=len(decision.cancels),
        notes=[note.text for note in decision.notes],
    )
    for event in decision.events:
        if event.verdict is Verdict.QUIET:
            continue
        ports.report(
            "hedge.decided",
            risk_event=event.event,
            verdict=str(event.verdict),
            exposure_usd_est=round(event.exposure_usd_est, 2),
            held_shares=event.held_shares,
            planned_shares=event.planned_shares,
            forecast=round(event.forecast.probability, 4) if event.forecast else None,
            reasons=[f"{reason.code}: {reason.text}" for reason in event.reasons],
        )
    for denial in decision.denials:
        ports.report(
            "risk.denied",
            risk_event=denial.intent.event,
            code=denial.code,
            limit=denial.limit,
            actual=denial.actual,
        )

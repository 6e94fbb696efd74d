"""What the process before this one left undone, as its last decision on disk tells."""

from collections.abc import Mapping
from dataclasses import replace

from bot.engine.ports import Ports
from bot.model.orders import OrderIntent
from bot.model.units import EventId
from bot.model.view import EventView, View


def interrupted_orders(ports: Ports) -> dict[EventId, OrderIntent]:
    """Return the orders that a crash kept from leaving: decided on disk, never sent.

    An order that may have left has its own row, so planning these again sends nothing twice.
    """
    last = ports.ledger.last_decision_cycle()
    if last is None:
        return {}
    return {
        intent.event: intent
        for intent in ports.ledger.decision(last).decision.approved
        if not ports.ledger.has_order(intent.client_order_id)
    }


def is_partial(ports: Ports) -> bool:
    """Whether the last decision on disk is of some events only: a book that woke a cycle."""
    last = ports.ledger.last_decision_cycle()
    if last is None:
        return False
    recorded = ports.ledger.decision(last)
    return len(recorded.decision.events) < len(recorded.strategies)


def due_at_once(view: View, interrupted: Mapping[EventId, OrderIntent]) -> View:
    """Let the interrupted events be planned now, as if they had not been yet."""
    if not interrupted:
        return view
    events: list[EventView] = []
    for event in view.events:
        intent = interrupted.get(event.event)
        memory = event.memory
        if intent is not None:
            rested_at = None if intent.expires_at is not None else memory.rested_at
            memory = replace(memory, retry_at=None, rested_at=rested_at)
        events.append(replace(event, memory=memory))
    return replace(view, events=tuple(events))

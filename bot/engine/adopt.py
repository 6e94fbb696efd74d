"""Finds what shares from outside would hedge: only a token that the named strategy hedges with."""

from difflib import get_close_matches

from bot.errors import UserError
from bot.ledger.questions import Questions
from bot.model.units import ConditionId, EventId, TokenId


def find_condition(ledger: Questions, token_id: TokenId, event: EventId) -> ConditionId:
    """Return the market of a token that an event's strategy names, by the last recorded decision.

    Raises:
        UserError: No decision is recorded, or the event has no such token.
    """
    cycle = ledger.last_decision_cycle()
    view = None if cycle is None else ledger.decision(cycle).view
    events = {shown.event: shown for shown in view.events} if view is not None else {}
    if event not in events:
        close = get_close_matches(event, events, n=1)
        known = (
            f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(events) or 'none'}"
        )
        raise UserError(
            f"the last decision in ledger {ledger.path} knows no event {event}. {known}"
        )
    for market in events[event].markets:
        if market.token_id == token_id:
            return market.market.condition_id
    tokens = ", ".join(market.token_id for market in events[event].markets) or "none"
    raise UserError(
        f"{event} does not hedge with token {token_id}; the tokens of its markets are: {tokens}."
        " Shares of another token pay for something else and stay external"
    )

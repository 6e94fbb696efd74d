"""Holds the ledger's cash and shares against the venue's, line by line; pure."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from bot.model.comparison import Compared, Explanation
from bot.model.units import EventId, TokenId
from bot.model.view import Account, Position, Redeemable
from bot.venues.ports import Balances


def compare(
    account: Account,
    balances: Balances,
    *,
    pending: Collection[TokenId],
    open_questions: int,
) -> tuple[Compared, ...]:
    """Return cash and every token of either side, cash first.

    Args:
        account: What the ledger holds.
        balances: What the venue shows.
        pending: Tokens with a fill that is booked and not final, at a venue that shows it late.
        open_questions: Orders of unknown fate and the like: a difference may be their work.
    """
    expected, events = _expected(account)
    lines: list[tuple[TokenId | None, Decimal, Decimal]] = [
        (None, Decimal(account.cash_usd), Decimal(balances.cash_usd))
    ]
    for token in sorted({*expected, *balances.shares}):
        there = Decimal(balances.shares.get(token, Decimal(0)))
        lines.append((token, expected.get(token, Decimal(0)), there))
    owed = {item.token_id for item in account.redeemable}
    rows: list[Compared] = []
    for token_id, here, there in lines:
        if here == there:
            explanation = _special(token_id, account, owed)
        elif pending and (token_id is None or token_id in pending):
            explanation = Explanation.NOT_FINAL
        else:
            explanation = Explanation.OPEN_QUESTION if open_questions else Explanation.UNEXPLAINED
        event = events.get(token_id, EventId("")) if token_id else EventId("")
        row = Compared(
            token_id=token_id, event=event, ledger=here, venue=there, explanation=explanation
        )
        rows.append(row)
    return tuple(rows)


def say_difference(row: Compared) -> str:
    """Return a difference in words."""
    if row.token_id is None:
        return f"the venue shows {row.venue} USD of cash and the ledger {row.ledger}"
    return f"the venue shows {row.venue} shares of {row.token_id} and the ledger {row.ledger}"


def _expected(account: Account) -> tuple[dict[TokenId, Decimal], Mapping[TokenId, EventId]]:
    """Return the shares that the chain should show, and whose hedges they are."""
    expected: dict[TokenId, Decimal] = {}
    events: dict[TokenId, EventId] = {}
    items: tuple[Position | Redeemable, ...] = (*account.positions, *account.redeemable)
    for item in items:
        expected[item.token_id] = expected.get(item.token_id, Decimal(0)) + item.shares
        events[item.token_id] = item.event
    for token, size in account.foreign.items():
        expected[token] = expected.get(token, Decimal(0)) + size
    return expected, events


def _special(token_id: TokenId | None, account: Account, owed: Collection[TokenId]) -> Explanation:
    if token_id in owed:
        return Explanation.REDEEMABLE
    return Explanation.EXTERNAL if token_id in account.foreign else Explanation.NONE

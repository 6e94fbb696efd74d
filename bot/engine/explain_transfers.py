"""Says what the transfers of one transaction are to the ledger; pure."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.model.transfers import Entry, EntryKind, Transfer
from bot.model.units import TokenId, to_e6
from bot.model.view import Account, Position, Redeemable


def explain(rows: Sequence[Transfer], account: Account) -> tuple[Entry, ...] | None:
    """Return the rows that the journal needs for one transaction that no order of ours explains.

    Shares that leave are first those that are owed a payout, then those that came from outside,
    and only then a position's. What came for a position's shares is what a merge brought, ours or
    anybody's, or what somebody else got for them: a payout or a sale. All else is external.

    Args:
        rows: All transfers of the transaction.
        account: What the ledger holds.

    Returns:
        None if more shares leave than the ledger holds.
    """
    parts = _split(rows, account)
    if parts is None:
        return None
    cash = [row for row in rows if row.token_id is None]
    moved_e6 = sum(row.change_e6 for row in cash)
    left_e6 = max(moved_e6, 0)
    entries: list[Entry] = []
    for part in parts:
        if part.owed is not None:
            paid_e6 = min(left_e6, part.owed_e6)
            left_e6 -= paid_e6
            entries.append(part.entry(EntryKind.REDEMPTION, cash_e6=paid_e6))
    others = [part for part in parts if part.owed is None]
    leaving_e6, for_others_e6 = sum(part.leaving_e6 for part in others), left_e6
    kind = EntryKind.MERGE if _is_merge(rows) else EntryKind.SETTLEMENT
    for part in others:
        # Each part's share of what is left to share: nothing is lost by rounding.
        paid_e6 = for_others_e6 * part.leaving_e6 // leaving_e6 if part.leaving_e6 else 0
        leaving_e6 -= part.leaving_e6
        for_others_e6 -= paid_e6
        if part.position is not None:
            left_e6 -= paid_e6
            entries.append(part.entry(kind, cash_e6=paid_e6))
        else:
            entries.append(part.entry(EntryKind.EXTERNAL, cash_e6=0))
    rest_e6 = min(moved_e6, 0) + left_e6
    if rest_e6:
        rest = Entry(kind=EntryKind.EXTERNAL, transfer=cash[0], token_id=None, cash_e6=rest_e6)
        entries.append(rest)
    return tuple(entries)


def _is_merge(rows: Sequence[Transfer]) -> bool:
    """Whether two tokens leave in the same number for 1 USD a pair.

    A redemption of both sides looks the same; resolved positions are owed, and do not come here.
    """
    leaving = [row.change_e6 for row in rows if row.token_id is not None]
    paid_e6 = sum(row.change_e6 for row in rows if row.token_id is None)
    return leaving == [-paid_e6, -paid_e6] and paid_e6 > 0


class _Part(NamedTuple):
    """Shares of one transfer that all come from, or go to, the same place."""

    transfer: Transfer
    change_e6: int
    owed: Redeemable | None = None
    owed_e6: int = 0
    position: Position | None = None

    @property
    def leaving_e6(self) -> int:
        return max(-self.change_e6, 0)

    def entry(self, kind: EntryKind, *, cash_e6: int) -> Entry:
        plain = Entry(
            kind=kind,
            transfer=self.transfer,
            token_id=self.transfer.token_id,
            shares_e6=self.change_e6,
            cash_e6=cash_e6,
        )
        owner = self.owed or self.position
        if owner is None:
            return plain
        return Entry(
            kind=kind,
            transfer=self.transfer,
            token_id=owner.token_id,
            event=owner.event,
            condition_id=owner.condition_id,
            shares_e6=self.change_e6,
            cash_e6=cash_e6,
        )


def _split(rows: Sequence[Transfer], account: Account) -> list[_Part] | None:
    owed = {item.token_id: item for item in account.redeemable}
    held = {item.token_id: item for item in account.positions}
    owed_e6 = {token: to_e6(item.shares) for token, item in owed.items()}
    foreign_e6 = {token: to_e6(size) for token, size in account.foreign.items()}
    held_e6 = {token: to_e6(item.shares) for token, item in held.items()}
    parts: list[_Part] = []
    for row in rows:
        token = row.token_id
        if token is None:
            continue
        if row.change_e6 >= 0:
            parts.append(_Part(row, row.change_e6))
            continue
        rest_e6 = -row.change_e6
        from_owed = _take(owed_e6, token, rest_e6)
        if from_owed:
            item = owed[token]
            due_e6 = to_e6(item.payout_usd) * from_owed // to_e6(item.shares)
            parts.append(_Part(row, -from_owed, owed=item, owed_e6=due_e6))
        from_foreign = _take(foreign_e6, token, rest_e6 - from_owed)
        if from_foreign:
            parts.append(_Part(row, -from_foreign))
        rest_e6 -= from_owed + from_foreign
        if _take(held_e6, token, rest_e6) < rest_e6:
            return None
        if rest_e6:
            parts.append(_Part(row, -rest_e6, position=held[token]))
    return parts


def _take(store: dict[TokenId, int], token: TokenId, most_e6: int) -> int:
    """Take up to ``most_e6`` out of a store; return how much there was."""
    taken = max(min(store.get(token, 0), most_e6), 0)
    if taken:
        store[token] -= taken
    return taken

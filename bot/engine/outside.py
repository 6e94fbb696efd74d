"""Books what the chain shows and no order of ours explains: transfers, and payouts that arrived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.engine.explain_transfers import explain
from bot.engine.ports import Ports
from bot.engine.tell import tell_merged
from bot.errors import VenueError
from bot.model.orders import OrderStatus
from bot.model.transfers import Entry, EntryKind, Executed, Transfer, Transfers
from bot.model.units import TokenId, from_e6, to_e6

READ_AGAIN = 450
"""Blocks that are read again each time, 15 minutes: they may be undone, or hold a trade of ours
that the venue does not show yet."""
HEARD_WITHIN = timedelta(minutes=10)
"""A trade that the chain shows may take this long until the venue shows it too."""
STORE_EVERY = 256
"""Blocks after which it is worth a row how far the chain was read."""
OPENING_TRIES = 3


@dataclass(slots=True)
class Outside:
    """Reads the chain from where the ledger ends; a venue without lag has none."""

    ports: Ports
    waiting: set[str] = field(default_factory=set)
    """Transactions that take more than the ledger holds: it has not heard of something yet."""
    executed: set[TokenId] = field(default_factory=set)
    """Tokens that orders of ours moved on the chain so lately that their fills may be missing."""

    async def read(self) -> int:
        """Book what is new and take back what was undone; return how many transactions.

        Raises:
            VenueError: The chain cannot be read.
        """
        if not self.ports.venue.lag:
            return 0
        span = self.ports.ledger.chain_span()
        if span is None:
            return await self._open()
        first, last = span
        since = max(last - READ_AGAIN, first + 1)
        found = await self.ports.venue.transfers(since_block=since)
        with self.ports.ledger.transaction():
            changed = self._take_back(found, since) + self._book(found)
            ahead = found.upto_block - last
            if not self.waiting and ahead > 0 and (changed or ahead >= STORE_EVERY):
                self.ports.ledger.record_block(found.upto_block, self.ports.clock.now())
        return changed

    async def _open(self) -> int:
        """Take what is there before the first order as having come from outside.

        Raises:
            VenueError: Something moves while it is counted.
        """
        ledger, venue = self.ports.ledger, self.ports.venue
        here = await venue.transfers(since_block=None)
        for _ in range(OPENING_TRIES):
            balances = await venue.balances()
            after = await venue.transfers(since_block=here.upto_block + 1)
            if not after.rows:
                break
            here = after
        else:
            raise VenueError("the wallet's money moves while it is counted for the first time")
        now = self.ports.clock.now()
        with ledger.transaction():
            if not ledger.moved():
                found: dict[TokenId | None, Decimal] = {None: balances.cash_usd}
                found.update(balances.shares.items())
                rows = [
                    Transfer(
                        transfer_id=f"opening/{token or 'cash'}",
                        at=now,
                        transaction="",
                        token_id=token,
                        change_e6=to_e6(owned),
                    )
                    for token, owned in found.items()
                    if owned
                ]
                self._record(explain(rows, ledger.account(now)) or (), now)
            ledger.record_block(here.upto_block, now)
        return 0

    def _take_back(self, found: Transfers, since: int) -> int:
        """Undo what the journal has and the chain, read again, has no more."""
        ledger = self.ports.ledger
        seen = {row.transaction for row in found.rows}
        gone = [
            transaction
            for transaction, block in ledger.transactions().items()
            if since <= block <= found.upto_block and transaction not in seen
        ]
        for transaction in gone:
            ledger.record_undone(transaction, self.ports.clock.now())
            self.ports.report("transfer.undone", transaction=transaction)
        return len(gone)

    def _book(self, found: Transfers) -> int:
        ledger, now = self.ports.ledger, self.ports.clock.now()
        booked, self.waiting, self.executed = 0, set(), set()
        known = ledger.transactions()
        for transaction, group in _by_transaction(found.rows).items():
            ours = [o for order_id in group[0].order_ids if (o := ledger.order(order_id))]
            unheard = any(order.status is not OrderStatus.FILLED for order in ours)
            if unheard and group[0].at > now - HEARD_WITHIN:
                self.executed |= {order.token_id for order in ours}
            rows = self._of_others(group, found.executed) if ours else group
            if transaction in known or not rows:
                continue
            entries = explain(rows, ledger.account(now))
            if entries is None:
                self.waiting.add(transaction)
                continue
            self._record(entries, now)
            booked += 1
        return booked

    def _of_others(self, group: Sequence[Transfer], executed: Sequence[Executed]) -> list[Transfer]:
        """Return the part that orders of our wallet, but of another program, had in a match.

        One match may execute ours and theirs; who got which of its transfers is not to be seen.
        """
        rows: list[Transfer] = []
        for one in executed:
            is_here = one.transaction == group[0].transaction
            if is_here and self.ports.ledger.order(one.order_id) is None:
                name = f"{one.transaction}/{one.order_id}"
                row = replace(group[0], transfer_id=name, token_id=None, change_e6=one.cash_e6)
                shares = replace(row, token_id=one.token_id, change_e6=one.shares_e6)
                rows += (row, replace(shares, transfer_id=f"{name}/shares"))
        return rows

    def _record(self, entries: Sequence[Entry], now: datetime) -> None:
        self.ports.ledger.record_entries(entries, now)
        for entry in entries:
            self.ports.report(
                "transfer.recorded",
                kind=str(entry.kind),
                transaction=entry.transfer.transaction,
                token_id=entry.token_id,
                change_shares=str(from_e6(entry.shares_e6)),
                change_usd=str(from_e6(entry.cash_e6)),
            )
            left, cash = from_e6(-entry.shares_e6), from_e6(entry.cash_e6)
            if entry.kind is EntryKind.SETTLEMENT:
                text = f"{left} shares left without an order of ours, for {cash:,.2f} USD"
                self.ports.ledger.record_lifecycle("settled", entry.event, now, text)
            elif entry.kind is EntryKind.MERGE:
                tell_merged(self.ports, entry.event, left, cash)


def _by_transaction(rows: Iterable[Transfer]) -> Mapping[str, list[Transfer]]:
    groups: dict[str, list[Transfer]] = {}
    for row in rows:
        groups.setdefault(row.transaction, []).append(row)
    return groups

"""What the daemon and every reader may ask the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bot.core.accounting import Totals
from bot.core.carried import Carried
from bot.errors import LedgerError
from bot.ledger import codec
from bot.ledger.connection import explained, snapshot
from bot.ledger.diary import read_memories
from bot.ledger.fold import Fold
from bot.ledger.parts import Parts
from bot.ledger.recalled import Recalled
from bot.ledger.rows import from_text, to_text
from bot.model.comparison import Comparison
from bot.model.decision import Decision
from bot.model.orders import Fill, LiveOrder, OrderStatus
from bot.model.units import ClientOrderId, ConditionId, EventId, OrderId, TokenId
from bot.model.view import Account, EventMemory, View

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyText:
    """A strategy file as it was when a decision used it."""

    path: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One decision as it was written."""

    view: View | None
    """None if the view was dropped because of its age; only ``view_digest`` is left."""
    view_digest: str
    decision: Decision
    decision_bytes: bytes
    """What ``codec.encode_decision`` gave then; running it again must give the same."""
    strategies: tuple[StrategyText, ...]
    version: str
    """Of the program that decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleEntry:
    """Something that happened to a hedge: opened, rolled, closed, settled, refused."""

    kind: str
    event: EventId
    at: datetime
    text: str


class Questions(Recalled):
    """Answers from the rows of an open ledger; each answer is one consistent instant."""

    def __init__(self, *, db: "Database", path: Path, mode: str) -> None:
        self.path = path
        self.mode = mode
        self._db = db
        self._fold = Fold()
        self._parts = Parts(db, mode=mode)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._db.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all questions inside be answered as of one instant."""
        with explained(self.path), snapshot(self._db):
            yield

    def account(self, now: datetime) -> Account:
        """Return cash, positions, orders without end and the premium used up to ``now``."""
        return self._current().account(now)

    def totals(self) -> Totals:
        """Return deposits, cash, cost and realised profit; their ``gap_usd`` is 0."""
        return self._current().books.totals()

    def carried(self, now: datetime) -> tuple[Carried, ...]:
        """Return what each event's hedges cost over all their markets, up to ``now``."""
        return self._current().books.carried(now)

    def orders_without_end(self) -> tuple[LiveOrder, ...]:
        """Return our orders that may still fill, unknown ones included, oldest first."""
        return self._current().orders_without_end()

    def order(self, order_id: OrderId) -> LiveOrder | None:
        """Return one of our orders, ended or not; None if it is not ours."""
        return self._current().orders.get(order_id)

    def has_order(self, client_order_id: ClientOrderId) -> bool:
        """Whether an order of this id was written, that is: may have left."""
        return client_order_id in self._current().order_ids

    def last_refusal(self) -> str:
        """Return code and words with which the venue refused our newest order, if it did."""
        newest = next(reversed(self._current().orders.values()), None)
        if newest is None or newest.status is not OrderStatus.REJECTED:
            return ""
        row = self._one(
            "SELECT detail FROM order_events WHERE client_order_id = ? ORDER BY id DESC",
            newest.client_order_id,
        )
        return "" if row is None else str(row[0])

    def orders(self) -> tuple[LiveOrder, ...]:
        """Return all our orders, ended or not, oldest first."""
        return tuple(self._current().orders.values())

    def event_of(self, token_id: TokenId) -> EventId | None:
        """Return the event whose order last named this token; None if none ever did."""
        return self._current().events.get(token_id)

    def fills(self) -> tuple[Fill, ...]:
        """Return all fills with their present settlement, failed ones included, as recorded."""
        return tuple(self._current().fills.values())

    def fills_not_final(self) -> tuple[Fill, ...]:
        """Return the fills that are neither confirmed nor failed yet."""
        return tuple(self._current().unsettled.values())

    def fills_ended_since(self, since: datetime) -> tuple[Fill, ...]:
        """Return the fills that we learned to be confirmed or failed at or after ``since``."""
        fold = self._current()
        recent = takewhile(lambda end: end[0] >= since, reversed(fold.ends))
        return tuple(fold.fills[key] for _, key in recent)

    def last_fill_seen_at(self) -> datetime | None:
        """Return when the newest fill we know of happened; None without any."""
        return self._current().last_fill_at

    def transactions(self) -> dict[str, int]:
        """Return what stands in the journal of the chain: a transaction -> its block.

        What was there when the ledger began is in no transaction.
        """
        return {tx: rows[0]["block"] for tx, rows in self._current().chain.items()}

    def chain_span(self) -> tuple[int, int] | None:
        """Return the block at which this ledger began and the last one whose transfers are in it.

        None before the chain was read.
        """
        row = self._one("SELECT min(upto_block), max(upto_block) FROM chain_reads")
        return None if row is None or row[0] is None else (row[0], row[1])

    def moved(self) -> bool:
        """Whether anything has ever moved cash or shares."""
        return self._one("SELECT 1 FROM journal LIMIT 1") is not None

    def redeem_tries(self, condition_id: ConditionId) -> tuple[tuple[str, datetime], ...]:
        """Return outcome and time of each redeem of a market, newest first."""
        rows = self._all(
            "SELECT outcome, at FROM redeems WHERE condition_id = ? ORDER BY id DESC", condition_id
        )
        return tuple((outcome, from_text(at)) for outcome, at in rows)

    def merge_tries(self, condition_id: ConditionId) -> tuple[tuple[str, datetime], ...]:
        """Return outcome and time of each merge of a market, newest first."""
        rows = self._all(
            "SELECT outcome, at FROM merges WHERE condition_id = ? ORDER BY id DESC", condition_id
        )
        return tuple((outcome, from_text(at)) for outcome, at in rows)

    def merges_sent(self, since: datetime) -> tuple[tuple[TokenId, TokenId], ...]:
        """Return both tokens of each market of which a merge left at ``since`` or later.

        One that failed too: it is not known to be done, which is not known not to be.
        """
        rows = self._all(
            "SELECT DISTINCT token_id, complement_id FROM merges WHERE at >= ?",
            to_text(since),
        )
        return tuple((TokenId(one), TokenId(other)) for one, other in rows)

    def comparison(self) -> Comparison | None:
        """Return the last comparison with the venue; None before the first."""
        row = self._one("SELECT body FROM comparison")
        return None if row is None else codec.decode(row[0].encode(), Comparison)

    def last_cycle(self) -> tuple[int, datetime] | None:
        """Return number and time of the last cycle that left a trace, finished or not."""
        row = self._one(
            "SELECT cycle, at FROM (SELECT cycle, at FROM cycles UNION ALL"
            " SELECT cycle, at FROM decisions) ORDER BY cycle DESC LIMIT 1"
        )
        return None if row is None else (int(row[0]), from_text(row[1]))

    def memories(self) -> dict[EventId, EventMemory]:
        """Return what the last decision left behind for each event."""
        with self.snapshot():
            return read_memories(self._db)

    def halted(self) -> str:
        """Return why trading is halted, read from the disk each time; empty if it is not."""
        row = self._one("SELECT kind, reason FROM halts ORDER BY id DESC LIMIT 1")
        return str(row[1]) if row is not None and row[0] == "halt" else ""

    def halted_at(self) -> datetime | None:
        """Return since when trading is halted; None if it is not."""
        row = self._one("SELECT kind, at FROM halts ORDER BY id DESC LIMIT 1")
        return from_text(row[1]) if row is not None and row[0] == "halt" else None

    def lifecycle_counts(self) -> dict[str, int]:
        """Return how often each kind of thing has happened to a hedge."""
        return dict(self._all("SELECT kind, count(*) FROM lifecycle GROUP BY kind ORDER BY kind"))

    def recent_lifecycle(self, count: int) -> tuple[LifecycleEntry, ...]:
        """Return the last ``count`` entries, newest first."""
        sql = "SELECT kind, event, at, text FROM lifecycle ORDER BY id DESC LIMIT ?"
        rows = self._all(sql, count)
        return tuple(
            LifecycleEntry(kind=kind, event=EventId(event), at=from_text(at), text=text)
            for kind, event, at, text in rows
        )

    def standing(self) -> dict[str, str]:
        """Return what was amiss after the last cycle: what it concerns -> why; empty if nothing."""
        row = self._one("SELECT body FROM standing ORDER BY id DESC LIMIT 1")
        return {} if row is None else codec.decode(row[0].encode(), dict[str, str])

    def last_decision_cycle(self) -> int | None:
        """Return the newest cycle with a recorded decision; None if there is none."""
        row = self._one("SELECT max(cycle) FROM decisions")
        return None if row is None else row[0]

    def decision_count(self) -> int:
        """Return how many cycles left a decision."""
        row = self._one("SELECT count(*) FROM decisions")
        return 0 if row is None else int(row[0])

    def decision(self, cycle: int) -> Recorded:
        """Return what a cycle knew and concluded.

        Raises:
            LedgerError: No decision was recorded for it.
        """
        with self.snapshot():
            row = self._one(
                "SELECT d.version, d.view_digest, d.strategies, d.body, v.body"
                " FROM decisions d LEFT JOIN views v USING (cycle) WHERE cycle = ?",
                cycle,
            )
            if row is None:
                raise LedgerError(self._no_decision(cycle))
            version, view_digest, strategies, body, view = row
            decision_bytes = codec.unpack(body)
            return Recorded(
                view=codec.decode_view(codec.unpack(view), self._parts.load) if view else None,
                view_digest=view_digest,
                decision=codec.decode(decision_bytes, Decision),
                decision_bytes=decision_bytes,
                strategies=tuple(self._texts(strategies)),
                version=version,
            )

    def _texts(self, listed: str) -> Iterator[StrategyText]:
        for path, digest in msgspec.json.decode(listed, type=list[tuple[str, str]]):
            row = self._one("SELECT text FROM strategies WHERE digest = ?", digest)
            yield StrategyText(path=path, digest=digest, text=row[0] if row else "")

    def _no_decision(self, cycle: int) -> str:
        row = self._one("SELECT min(cycle), max(cycle), count(*) FROM decisions")
        if row is None or not row[2]:
            return f"ledger {self.path} holds no decision yet, so none of cycle {cycle}"
        return f"ledger {self.path} holds decisions of cycles {row[0]} to {row[1]}, not of {cycle}"

    def _current(self) -> Fold:
        with explained(self.path):
            if self._fold.is_current(self._db):
                return self._fold
        with self.snapshot():
            self._fold.catch_up(self._db)
        return self._fold

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        with explained(self.path):
            row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
            return row

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with explained(self.path):
            return self._db.execute(sql, values).fetchall()

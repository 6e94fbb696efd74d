"""Writes what each cycle knew and concluded, and stores once what many cycles share."""

from collections.abc import Sequence
from operator import is_
from typing import TYPE_CHECKING

from bot.ledger import codec
from bot.ledger.parts import Parts
from bot.ledger.rows import insert, to_text
from bot.model.decision import Decision
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.model.view import EventMemory, View

if TYPE_CHECKING:
    from sqlite_utils import Database


class Diary:
    """Rows of ``decisions``, ``views``, ``parts``, ``strategies`` and ``memories``.

    It remembers what it stored last; after an undone transaction it must be told to ``forget``.
    """

    def __init__(self, *, db: "Database", mode: str) -> None:
        self._db = db
        self._mode = mode
        self._parts = Parts(db, mode=mode)
        self._texts: set[str] = set()
        self._listed: tuple[tuple[Strategy, ...], str] = ((), "[]")
        """The strategies of the last decision, and how they are listed."""
        self._memories: dict[EventId, EventMemory] | None = None

    def forget(self) -> None:
        """Look again at what is stored before relying on it."""
        self._parts.forget()
        self._texts.clear()
        self._listed = ((), "[]")
        self._memories = None

    def memories(self) -> dict[EventId, EventMemory]:
        """Return the last memory of each event, from the rows the first time only.

        The lock keeps every other writer out, so what was read stays true.
        """
        if self._memories is None:
            self._memories = read_memories(self._db)
        return self._memories

    def write(self, view: View, decision: Decision, strategies: Sequence[Strategy]) -> None:
        """Add the rows of one cycle; the caller holds the transaction."""
        cycle, at = decision.cycle, to_text(view.now)
        columns = {
            "cycle": cycle,
            "at": to_text(decision.at),
            "version": view.version,
            "view_digest": codec.digest(codec.encode(view)),
            "strategies": self._list(strategies),
            "body": codec.pack(codec.encode_decision(decision)),
            "mode": self._mode,
        }
        insert(self._db, "decisions", columns)
        self._parts.begin(at[:10])
        body = codec.pack(codec.encode_view(view, self._parts.intern))
        insert(self._db, "views", {"cycle": cycle, "at": at, "body": body, "mode": self._mode})
        self.write_memories(decision)

    def write_memories(self, decision: Decision) -> None:
        """Add what changed in the events' memories; the caller holds the transaction."""
        for event in decision.events:
            self._store_memory(decision.cycle, event.event, event.memory)

    def _list(self, strategies: Sequence[Strategy]) -> str:
        """Store the texts of strategies and return how a decision names them."""
        last, listed = self._listed
        if len(last) == len(strategies) and all(map(is_, last, strategies)):
            return listed
        for strategy in strategies:
            self._store_text(strategy)
        listed = codec.encode([[each.path, each.digest] for each in strategies]).decode()
        self._listed = (tuple(strategies), listed)
        return listed

    def _store_text(self, strategy: Strategy) -> None:
        if strategy.digest in self._texts:
            return
        self._db.execute(
            "INSERT OR IGNORE INTO strategies (digest, event, text, mode) VALUES (?, ?, ?, ?)",
            [strategy.digest, strategy.event, strategy.text, self._mode],
        )
        self._texts.add(strategy.digest)

    def _store_memory(self, cycle: int, event: EventId, memory: EventMemory) -> None:
        known = self.memories()
        if known.get(event) == memory:
            return
        body = codec.encode(memory).decode()
        columns = {"event": event, "cycle": cycle, "body": body, "mode": self._mode}
        insert(self._db, "memories", columns)
        known[event] = memory


def read_memories(db: "Database") -> dict[EventId, EventMemory]:
    """Return the last memory of each event."""
    rows = db.execute(
        "SELECT event, body FROM memories"
        " WHERE id IN (SELECT max(id) FROM memories GROUP BY event) ORDER BY id"
    )
    return {EventId(event): codec.decode(body.encode(), EventMemory) for event, body in rows}

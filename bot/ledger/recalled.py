"""What an open ledger can say of its forecasts, of what all was worth, and of new cash."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING

from bot.ledger.equity import last_run, read_covers, read_equity
from bot.ledger.record import Awaited, awaited, scored
from bot.ledger.rows import from_text
from bot.model.equity import Cover, Equity
from bot.model.signal import NOTHING_LEARNED, Learned, Scored

if TYPE_CHECKING:
    from sqlite_utils import Database


class Recalled(ABC):
    """Answers about track record, equity and cash; ``Questions`` opens the ledger for it."""

    _db: "Database"
    _learned_at: int | None = None
    _learned: Learned = NOTHING_LEARNED

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """Let all questions inside be answered as of one instant."""

    def awaited(self) -> tuple[Awaited, ...]:
        """Return the markets that were forecast and whose outcome is not known yet."""
        with self.snapshot():
            return tuple(awaited(self._db))

    def scored(self) -> tuple[Scored, ...]:
        """Return the forecasts of markets that have resolved, oldest first."""
        with self.snapshot():
            return tuple(scored(self._db))

    def equity(self) -> tuple[Equity, ...]:
        """Return what all was worth on each day, oldest first."""
        with self.snapshot():
            return tuple(read_equity(self._db))

    def covers(self) -> tuple[tuple[str, Cover], ...]:
        """Return the UTC day and how an event stood then, for each day and event."""
        with self.snapshot():
            return tuple(read_covers(self._db))

    def cash_came_at(self) -> datetime | None:
        """Return when we last learned of cash that came in, from whomever; None: none ever did."""
        with self.snapshot():
            row = self._db.execute(
                "SELECT recorded_at FROM journal WHERE cash_e6 > 0 ORDER BY id DESC LIMIT 1"
            ).fetchone()
            return from_text(row[0]) if row is not None else None

    def last_run(self) -> bytes | None:
        """Return what the last backtest into this ledger wrote of itself, JSON."""
        with self.snapshot():
            return last_run(self._db)

    def learned(self) -> Learned:
        """Return what the track record teaches, worked out again only after a new outcome."""
        with self.snapshot():
            outcome = self._db.execute("SELECT max(id) FROM outcomes").fetchone()[0]
            if outcome != self._learned_at:
                from bot.core.learn import learn  # numpy is not needed before there is an outcome

                self._learned_at, self._learned = outcome, learn(self.scored())
            return self._learned

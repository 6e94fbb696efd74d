"""What all was worth on each day, and how far each event was covered: a row a day."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import msgspec

from bot.core.equity import measure_covers, measure_equity
from bot.ledger.rows import from_text, insert, to_text
from bot.model.decision import Decision
from bot.model.equity import Cover, Equity
from bot.model.units import EventId, Usd, UsdEst, from_e6, to_e6
from bot.model.view import View

if TYPE_CHECKING:
    from sqlite_utils import Database

EQUITY = """
CREATE TABLE equity (                 -- at the first decision of each day, before its orders
    day TEXT PRIMARY KEY,             -- UTC
    at TEXT NOT NULL,
    portfolio_usd_est REAL,           -- null: not known
    portfolio_as_of TEXT NOT NULL,
    deposited_e6 INTEGER NOT NULL,
    cash_e6 INTEGER NOT NULL,
    owed_e6 INTEGER NOT NULL,
    cost_e6 INTEGER NOT NULL,
    at_bid_usd_est REAL,
    at_mid_usd_est REAL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE covers (                 -- each event at the same instants
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL REFERENCES equity (day),
    event TEXT NOT NULL,
    exposure_usd_est REAL NOT NULL,
    payout_usd_est REAL NOT NULL,
    cost_e6 INTEGER NOT NULL,
    probability REAL,
    market REAL,
    verdict TEXT NOT NULL,
    code TEXT NOT NULL,
    said TEXT NOT NULL,
    mode TEXT NOT NULL,
    UNIQUE (day, event)
) STRICT;

CREATE TABLE runs (                   -- what a backtest was made of and what it found
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    body TEXT NOT NULL,               -- JSON
    mode TEXT NOT NULL
) STRICT;
"""

Transaction = Callable[[], AbstractContextManager[None]]


class EquityDiary:
    """Writes rows of ``equity`` and ``covers``, once a day.

    It remembers which day it wrote; after an undone transaction it must be told to ``forget``.

    Args:
        db: The ledger.
        mode: Of its rows.
        transaction: Makes all that is written inside one atomic step.
    """

    def __init__(self, *, db: "Database", mode: str, transaction: Transaction) -> None:
        self._db = db
        self._mode = mode
        self._transaction = transaction
        self._day = ""

    def forget(self) -> None:
        """Look again at what is written before relying on it."""
        self._day = ""

    def is_due(self, view: View) -> bool:
        """Whether the day of this view has no row yet."""
        day = to_text(view.now)[:10]
        if day != self._day:
            row = self._db.execute("SELECT max(day) FROM equity").fetchone()
            self._day = str(row[0] or "")
        return day > self._day

    def write(self, view: View, decision: Decision, *, deposited_usd: Usd) -> None:
        """Add the rows of a day."""
        day = to_text(view.now)[:10]
        equity = measure_equity(view, deposited_usd=deposited_usd)
        with self._transaction():
            self._insert("equity", {"day": day, **_equity_row(equity)})
            for cover in measure_covers(view, decision):
                self._insert("covers", {"day": day, **_cover_row(cover)})

    def _insert(self, table: str, row: dict[str, object]) -> None:
        insert(self._db, table, row | {"mode": self._mode})


def _equity_row(equity: Equity) -> dict[str, object]:
    return {
        "at": to_text(equity.at),
        "portfolio_usd_est": equity.portfolio_usd_est,
        "portfolio_as_of": to_text(equity.portfolio_as_of),
        "deposited_e6": to_e6(equity.deposited_usd),
        "cash_e6": to_e6(equity.cash_usd),
        "owed_e6": to_e6(equity.owed_usd),
        "cost_e6": to_e6(equity.cost_usd),
        "at_bid_usd_est": equity.at_bid_usd_est,
        "at_mid_usd_est": equity.at_mid_usd_est,
    }


def _cover_row(cover: Cover) -> dict[str, object]:
    return {
        "event": cover.event,
        "exposure_usd_est": cover.exposure_usd_est,
        "payout_usd_est": cover.payout_usd_est,
        "cost_e6": to_e6(cover.cost_usd),
        "probability": cover.probability,
        "market": cover.market,
        "verdict": cover.verdict,
        "code": cover.code,
        "said": cover.said,
    }


def read_equity(db: "Database") -> Iterator[Equity]:
    """Yield a record a day, oldest first; days on which nothing was decided have none."""
    rows = db.execute(
        "SELECT at, portfolio_usd_est, portfolio_as_of, deposited_e6, cash_e6, owed_e6, cost_e6,"
        " at_bid_usd_est, at_mid_usd_est FROM equity ORDER BY day"
    )
    for at, portfolio, as_of, deposited, cash, owed, cost, at_bid, at_mid in rows:
        yield Equity(
            at=from_text(at),
            portfolio_usd_est=_est(portfolio),
            portfolio_as_of=from_text(as_of),
            deposited_usd=Usd(from_e6(deposited)),
            cash_usd=Usd(from_e6(cash)),
            owed_usd=Usd(from_e6(owed)),
            cost_usd=Usd(from_e6(cost)),
            at_bid_usd_est=_est(at_bid),
            at_mid_usd_est=_est(at_mid),
        )


def read_covers(db: "Database") -> Iterator[tuple[str, Cover]]:
    """Yield each event of each day, oldest first: the day and how the event stood."""
    rows = db.execute(
        "SELECT day, event, exposure_usd_est, payout_usd_est, cost_e6, probability, market,"
        " verdict, code, said FROM covers ORDER BY id"
    )
    for day, event, exposure, payout, cost, probability, market, verdict, code, said in rows:
        cover = Cover(
            event=EventId(event),
            exposure_usd_est=UsdEst(exposure),
            payout_usd_est=UsdEst(payout),
            cost_usd=Usd(from_e6(cost)),
            probability=probability,
            market=market,
            verdict=verdict,
            code=code,
            said=said,
        )
        yield day, cover


def last_run(db: "Database") -> bytes | None:
    """Return what the last backtest wrote of itself, JSON; None if there was none."""
    row = db.execute("SELECT body FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else str(row[0]).encode()


def encode_run(record: object) -> str:
    """Return a record as JSON that is the same each time."""
    return msgspec.json.encode(record, order="deterministic").decode()


def _est(number: float | None) -> UsdEst | None:
    return None if number is None else UsdEst(number)

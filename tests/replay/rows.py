"""What the rows of a ledger say, read with plain SQL, beside what was recorded of the market."""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from bot.ledger import LedgerReader
from bot.ledger.questions import Recorded
from bot.model.market import Book
from bot.model.units import TokenId
from bot.venues.recorded.tape import Tape

MILLION = 10**6


def read_rows(ledger: Path, sql: str) -> list[sqlite3.Row]:
    """Return the rows of a question in plain SQL."""
    with sqlite3.connect(ledger) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute(sql).fetchall()
    db.close()
    return rows


def recount_cash_e6(ledger: Path, payouts: Mapping[str, Decimal]) -> int:
    """Return the cash that prices, sizes, fees and payouts come to; no stored sum is used.

    Args:
        ledger: The file.
        payouts: Token id -> what the recording says a share of it paid, USD.
    """
    cash = 0
    for row in read_rows(ledger, "SELECT * FROM journal ORDER BY id"):
        if row["kind"] == "deposit":
            cash += row["cash_e6"]
        elif row["kind"] == "fill":
            # A fraction of a millionth goes against us: rounded down on both sides.
            cash += -row["price_e6"] * row["shares_e6"] // MILLION - row["fee_e6"]
        else:
            cash += int(-row["shares_e6"] * payouts[row["token_id"]])
    return cash


def read_decisions(ledger: Path) -> Iterator[Recorded]:
    """Return every recorded decision, oldest first."""
    reader = LedgerReader.open(ledger)
    try:
        for row in read_rows(ledger, "SELECT cycle FROM decisions ORDER BY cycle"):
            yield reader.decision(row["cycle"])
    finally:
        reader.close()


class ShownBooks:
    """The books of a recording by the time at which they became known.

    Args:
        tape: The recording.
        tokens: Of these tokens alone.
    """

    def __init__(self, tape: Tape, tokens: set[str]) -> None:
        self._times: dict[TokenId, list[int]] = {}
        self._books: dict[TokenId, list[Book]] = {}
        for at_ms, event in tape.rows():
            if isinstance(event, Book) and event.token_id in tokens:
                self._times.setdefault(event.token_id, []).append(at_ms)
                self._books.setdefault(event.token_id, []).append(event)

    def last_before(self, token_id: str, at_ms: int) -> Book:
        """Return the newest book that was known at an instant."""
        token = TokenId(token_id)
        return self._books[token][bisect_right(self._times[token], at_ms) - 1]

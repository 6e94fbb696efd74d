"""Hedge candidates as a table."""

from rich.table import Table

from bot.app.candidates import Candidate, Candidates
from bot.cli.show.tables import make_table
from bot.cli.show.words import cents, shares

_NONE = "-"


def render_candidates(found: Candidates, *, width: int) -> Table:
    """Return a line for each market: its book and its question."""
    titles = ("ends", "bid", "ask", "spread", "within 3c", "question")
    rows = [_cells(candidate) for candidate in found.shown]
    return make_table(titles, rows, width=width, flexible="question")


def _cells(candidate: Candidate) -> tuple[str, ...]:
    book = candidate.book
    return (
        f"{book.ends_at:%Y-%m-%d}" if book.ends_at else "open",
        *(_NONE if price is None else cents(price) for price in (book.bid, book.ask, book.spread)),
        _NONE if book.ask_depth_shares is None else shares(round(book.ask_depth_shares)),
        f"{candidate.market.question} ({book.outcome})",
    )

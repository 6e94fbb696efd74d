"""What every source of books needs: the venue's time, and a book seen from the other token."""

from datetime import UTC, datetime

from bot.model.market import Book
from bot.model.units import MILLION, TokenId


def epoch_ms(instant: datetime) -> int:
    """Return ``instant`` in epoch milliseconds."""
    return round(instant.timestamp() * 1000)


def from_epoch_ms(milliseconds: int) -> datetime:
    """Return the instant, aware UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def mirror(book: Book, token_id: TokenId) -> Book:
    """Return the complement's book: a bid at p is an ask at 1 - p of the same size.

    **Source:** measured on polymarket_l2_books (UP ask + DOWN bid == 1 in every row), 2026-11.
    """
    return Book(
        token_id,
        book.as_of_ms,
        tuple([MILLION - price for price in book.ask_prices]),
        book.ask_sizes,
        tuple([MILLION - price for price in book.bid_prices]),
        book.bid_sizes,
    )

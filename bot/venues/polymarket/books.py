"""Keeps the watched books from stream and snapshots, and says which of them are confirmed.

The stream has no sequence numbers. A book is in doubt, and its quote stays at its last
confirmation, when its best prices differ from those the venue names, when it is crossed, when it
differs from a snapshot, after a tick change and after every reconnect (POLYMARKET 5.2). Snapshots
are compared level by level, which shows all that comparing hashes would, and where.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from bot.errors import BadData
from bot.model.market import MarketEvent
from bot.model.units import MILLION, TokenId
from bot.venues.polymarket import stream_rows, wire
from bot.venues.polymarket.clob import Numbers, Snapshot, numbers, read_book, snapshot
from bot.venues.polymarket.local_book import LocalBook
from bot.venues.polymarket.stream_rows import (
    BestMessage,
    BookMessage,
    FrameReader,
    Message,
    PriceChangeMessage,
    TradeMessage,
)

Tell = Callable[[MarketEvent], None]

_SIDES = {"BUY": True, "SELL": False}


class BookKeeper:
    """The books of the watched tokens.

    Args:
        tell: Called with each confirmed change of a book and with each print.
        frames: Decodes what comes.
    """

    def __init__(self, *, tell: Tell, frames: FrameReader) -> None:
        self._tell = tell
        self._books: dict[str, LocalBook] = {}
        self._frames = frames
        self._read: Numbers = numbers()

    def watch(self, token_ids: Iterable[TokenId]) -> None:
        """Keep the books of these tokens and forget all others."""
        wanted = set(token_ids)
        for token in set(self._books) - wanted:
            del self._books[token]
        for token in sorted(wanted - set(self._books)):
            self._books[token] = LocalBook(token)

    def book(self, token_id: TokenId) -> LocalBook | None:
        """Return the book of a watched token."""
        return self._books.get(token_id)

    def __iter__(self) -> Iterator[LocalBook]:
        """All watched books."""
        return iter(self._books.values())

    def doubt(self, token_ids: Iterable[str]) -> None:
        """Trust these books no more until a snapshot has been compared with them."""
        for token in token_ids:
            book = self._books.get(token)
            if book is not None:
                book.trusted = False

    def take(self, frame: str, at: datetime) -> tuple[list[Message], bool]:
        """Apply a frame of the market channel.

        Args:
            frame: As it came.
            at: Now.

        Returns:
            The messages that are not about levels or trades, and whether the frame confirmed a
            book.

        Raises:
            BadData: it cannot be read; what it would have changed is not known.
        """
        rest: list[Message] = []
        confirmed = False
        for message in self._frames.read(frame):
            if type(message) is PriceChangeMessage:
                confirmed |= self._apply(message, at)
            elif type(message) is BookMessage:
                confirmed |= self._take_book(message, at)
            elif type(message) is BestMessage:
                confirmed |= self._compare_best(message, at)
            elif type(message) is TradeMessage:
                if message.asset_id in self._books:
                    self._tell(stream_rows.trade_print(message, self._read))
            else:
                rest.append(message)
        return rest, confirmed

    def _apply(self, message: PriceChangeMessage, at: datetime) -> bool:
        as_of_ms = wire.millis(message.timestamp, name="price_change.timestamp")
        last: dict[LocalBook, stream_rows.LevelChange] = {}
        for change in message.price_changes:
            book = self._books.get(change.asset_id)
            if book is None:
                continue
            book.heard_at = at
            if book.checked_at is None or as_of_ms < book.as_of_ms:
                continue  # already part of the snapshot that will come or has come
            is_bid = _SIDES.get(change.side)
            if is_bid is None:
                raise BadData(f"price_change.side was {change.side!r}; it must be BUY or SELL")
            book.change(
                is_bid=is_bid,
                price=self._read.price[change.price],
                size=self._read.size[change.size],
            )
            last[book] = change
        confirmed = False
        for book, change in last.items():
            book.as_of_ms = as_of_ms
            confirmed |= self._judge(book, change.best_bid, change.best_ask, at)
        return confirmed

    def _judge(self, book: LocalBook, bid: str | None, ask: str | None, at: datetime) -> bool:
        """Confirm the book if it agrees with the best prices the venue names; else doubt it."""
        best = book.best
        if best[0] > best[1] or best != self._best(bid, ask):
            book.trusted = False
        if not book.trusted:
            return False
        self._tell(book.confirm(at))
        return True

    def _best(self, bid: str | None, ask: str | None) -> tuple[int, int] | None:
        """Read named best prices; an empty side is "", "0" or, for asks, "1"."""
        if bid is None or ask is None:
            return None
        return (
            0 if bid in ("", "0") else self._read.price[bid],
            MILLION if ask in ("", "0", "1") else self._read.price[ask],
        )

    def _compare_best(self, message: BestMessage, at: datetime) -> bool:
        book = self._books.get(message.asset_id)
        if book is None or book.checked_at is None:
            return False
        book.heard_at = at
        if wire.millis(message.timestamp, name="best_bid_ask.timestamp") < book.as_of_ms:
            return False
        if book.best != self._best(message.best_bid, message.best_ask):
            book.trusted = False
        if book.trusted:
            book.confirm_unchanged(at)
        return book.trusted

    def _take_book(self, message: BookMessage, at: datetime) -> bool:
        book = self._books.get(message.asset_id)
        if book is None:
            return False
        book.heard_at = at
        return self.compare(snapshot(message, self._read, what="book message"), at=at)

    def read_snapshot(self, body: bytes) -> Snapshot:
        """Read one book of a REST answer. Raises ``BadData``."""
        return read_book(body, self._read, what="book")

    def compare(self, shot: Snapshot, *, at: datetime) -> bool:
        """Compare a snapshot that the stream brought, in its order, with the local book.

        Args:
            shot: What the venue sent.
            at: When it came.

        Returns:
            Whether the book is confirmed now.
        """
        book = self._books.get(shot.book.token_id)
        if book is None or shot.book.is_crossed:
            self.doubt([shot.book.token_id])
            return False
        is_same = book.checked_at is not None and book.has_levels_of(shot.book)
        if not is_same and shot.book.as_of_ms < book.as_of_ms:
            return False  # late: it proves nothing
        if is_same:
            book.as_of_ms = max(book.as_of_ms, shot.book.as_of_ms)
            book.confirm_unchanged(at)
        if not is_same or book.quote is None or book.quote.book[2:] != shot.book[2:]:
            book.replace(shot.book)
            self._tell(book.confirm(at))
        book.trusted = True
        book.checked_at = at
        return True

    def compare_asked(self, shot: Snapshot, *, asked_at: datetime) -> bool:
        """Compare a snapshot that was asked for at ``asked_at`` with the local book.

        One that differs but is of the same millisecond may be a step behind the stream: it only
        puts the book in doubt, and is believed if it still differs when asked again. What a newer
        one shows, the stream owes.
        """
        book = self._books.get(shot.book.token_id)
        if book is None:
            return False
        is_news = book.trusted and not book.has_levels_of(shot.book)
        if is_news and shot.book.as_of_ms == book.as_of_ms:
            book.trusted = False
            return False
        is_confirmed = self.compare(shot, at=asked_at)
        if is_news and is_confirmed:
            book.owed_at = asked_at
        return is_confirmed

    def confirm_quiet(self, token_ids: Iterable[str], at: datetime, *, proof_s: float) -> None:
        """Confirm the trusted books of a stream up to the last message that it brought.

        Messages come in order: what had changed before that one would have come before it.

        Args:
            token_ids: The stream's tokens.
            at: When its last agreeing message came.
            proof_s: A book compared with a snapshot longer before that is not confirmed.
        """
        oldest = at - timedelta(seconds=proof_s)
        for token in token_ids:
            book = self._books.get(token)
            if book is not None and book.trusted and (book.checked_at or oldest) > oldest:
                book.confirm_unchanged(at)

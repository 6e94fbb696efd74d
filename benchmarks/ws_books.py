"""Market-channel messages into immutable books, through the code that runs live.

The messages are made from the real books in ``../shared/data/polymarket_l2_books`` (needs the
``parquet`` extra). The venue sends a ``price_change`` for each order that comes or goes, so the way
from one recorded book to the next is taken level by level, and every 200th message is a whole
``book``. Three mixes: one token a message (one book made of each), both tokens a message as the
venue sends them (two books of each), and all levels of a recorded second at once. Printed beside
the same code with json or orjson in place of msgspec, where the typed rows are still made; at the
end each kept book is compared with the recorded one.

    python -m benchmarks.ws_books [FOLDER]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from bot.model.market import Book, FeeSchedule, Market, MarketEvent, MarketKind
from bot.model.units import MILLION, ConditionId, Price, Shares, TokenId
from bot.sandbox import writing
from bot.venues.books import mirror
from bot.venues.polymarket.books import BookKeeper
from bot.venues.polymarket.stream_rows import FrameReader, Message

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RUNS = 5
BOOK_EVERY = 200
TARGET_PER_S = 100_000
HASH = "56621a121a47ed9333273e21c83b660cff37ae50"
MARKET = Market(
    condition_id=ConditionId("0x" + "ab" * 32),
    kind=MarketKind.CTF,
    question="",
    slug="",
    outcomes=("Up", "Down"),
    token_ids=(TokenId("1"), TokenId("2")),
    tick=Price(Decimal("0.01")),
    minimum_shares=Shares(Decimal(5)),
    neg_risk=False,
    fee=FeeSchedule(rate=Decimal("0.07")),
)


def load_books(folder: Path) -> list[Book]:
    """Return the recorded books in order, as token ids of their own per market and side."""
    from pyarrow.parquet import ParquetFile

    table = ParquetFile(folder / "books.parquet").read().to_pylist()
    ids: dict[tuple[str, str], TokenId] = {}
    books = []
    for row in table:
        key = (row["market_id"], row["side"])
        token = ids.setdefault(key, TokenId(str(10**76 + len(ids))))
        books.append(
            Book(
                token,
                int(row["ts"]),
                *(
                    tuple(round(float(number) * MILLION) for number in row[column])
                    for column in ("bid_px", "bid_sz", "ask_px", "ask_sz")
                ),
            )
        )
    return books


def make_frames(books: list[Book], *, levels_at_once: int, with_mirror: bool) -> list[str]:
    """Return the frames that lead through ``books`` in order."""
    last: dict[TokenId, Book] = {}
    frames: list[str] = []
    for book in books:
        old = last.get(book.token_id)
        last[book.token_id] = book
        if old is None:
            frames.append(_book_frame(book, with_mirror=with_mirror))
            continue
        steps = list(_steps(old, book))
        chosen = steps[levels_at_once - 1 :: levels_at_once]
        if steps and (not chosen or chosen[-1] is not steps[-1]):
            chosen.append(steps[-1])
        before = old
        for step in chosen:
            if len(frames) % BOOK_EVERY == 0:
                frames.append(_book_frame(step, with_mirror=with_mirror))
            else:
                frames.append(_change_frame(before, step, with_mirror=with_mirror))
            before = step
    return frames


def _steps(old: Book, new: Book) -> Iterator[Book]:
    """Go from one book to the next level by level, what leaves before what comes."""
    sides = [
        dict(zip(old.bid_prices, old.bid_sizes, strict=True)),
        dict(zip(old.ask_prices, old.ask_sizes, strict=True)),
    ]
    goals = [
        dict(zip(new.bid_prices, new.bid_sizes, strict=True)),
        dict(zip(new.ask_prices, new.ask_sizes, strict=True)),
    ]
    gone = [(n, price, 0) for n in (0, 1) for price in sides[n].keys() - goals[n].keys()]
    come = [
        (n, price, size)
        for n in (0, 1)
        for price, size in goals[n].items()
        if sides[n].get(price) != size
    ]
    for side, price, size in gone + come:
        if size:
            sides[side][price] = size
        else:
            del sides[side][price]
        bids = sorted(sides[0].items(), reverse=True)
        asks = sorted(sides[1].items())
        yield Book(
            new.token_id,
            new.as_of_ms,
            tuple(level[0] for level in bids),
            tuple(level[1] for level in bids),
            tuple(level[0] for level in asks),
            tuple(level[1] for level in asks),
        )


def complement(token: TokenId) -> TokenId:
    """Return the id that stands for the other token."""
    return TokenId(str(int(token) + 10**70))


def _both(book: Book, *, with_mirror: bool) -> list[Book]:
    return [book, mirror(book, complement(book.token_id))] if with_mirror else [book]


def _book_frame(book: Book, *, with_mirror: bool) -> str:
    rows = [
        {**writing.book_row(one, MARKET, last_price="0.5"), "event_type": "book"}
        for one in _both(book, with_mirror=with_mirror)
    ]
    return json.dumps(rows)


def _change_frame(old: Book, new: Book, *, with_mirror: bool) -> str:
    pairs = zip(
        _both(old, with_mirror=with_mirror), _both(new, with_mirror=with_mirror), strict=True
    )
    message = {
        "event_type": "price_change",
        "market": MARKET.condition_id,
        "timestamp": str(new.as_of_ms),
        "price_changes": [
            change for was, now in pairs for change in writing.level_changes(was, now, hash_=HASH)
        ],
    }
    return json.dumps(message)


class _OtherReader(FrameReader):
    """Decodes with another JSON library, then makes the same typed messages."""

    def __init__(self, loads: Callable[[str], object]) -> None:
        super().__init__()
        self._loads = loads

    def read(self, frame: str) -> list[Message]:
        answer = self._loads(frame)
        rows = answer if isinstance(answer, list) else [answer]
        return msgspec.convert(rows, list[Message])


def run(frames: list[str], tokens: set[TokenId], reader: FrameReader) -> tuple[float, BookKeeper]:
    """Return messages per second and the keeper with its last books."""
    made = 0

    def count(_event: MarketEvent) -> None:
        nonlocal made
        made += 1

    keeper = BookKeeper(tell=count, frames=reader)
    keeper.watch(tokens)
    begun = time.perf_counter()
    for frame in frames:
        keeper.take(frame, NOW)
    rate = len(frames) / (time.perf_counter() - begun)
    assert made >= len(frames), f"only {made} books of {len(frames)} messages"
    return rate, keeper


def measure(title: str, books: list[Book], *, levels_at_once: int, with_mirror: bool) -> float:
    """Print one mix; return the messages per second of the code that runs live."""
    frames = make_frames(books, levels_at_once=levels_at_once, with_mirror=with_mirror)
    last = {book.token_id: book for book in books}
    if with_mirror:
        last |= {complement(token): mirror(b, complement(token)) for token, b in last.items()}
    size = sum(map(len, frames)) / len(frames)
    print(f"{title}: {len(frames):,} messages of {size:.0f} bytes, median of {RUNS}")
    medians = {}
    for name, make in READERS.items():
        rates = []
        for _ in range(RUNS):
            rate, keeper = run(frames, set(last), make())
            rates.append(rate)
            for token, book in last.items():
                kept = keeper.book(token)
                assert kept is not None
                assert kept.quote is not None
                assert kept.quote.book[2:] == book[2:], f"the book of {token} is not the recorded"
        medians[name] = statistics.median(rates)
        print(f"  {name:24} {medians[name]:>10,.0f} messages/s")
    return medians[LIVE]


LIVE = "msgspec, typed (live)"
READERS: dict[str, Callable[[], FrameReader]] = {
    LIVE: FrameReader,
    "json": lambda: _OtherReader(json.loads),
}
try:
    import orjson  # type: ignore[import-not-found]

    READERS["orjson"] = lambda: _OtherReader(orjson.loads)
except ImportError:
    pass


def main() -> int:
    """Print the medians; return 1 if the usual message is slower than it must be."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "polymarket_l2_books"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if not (folder / "books.parquet").is_file():
        print(f"ws_books: skipped, the recorded books are not in {folder}")
        return 0
    books = [book for book in load_books(folder) if not book.is_crossed]
    levels = statistics.mean(len(book.bid_prices) + len(book.ask_prices) for book in books)
    print(f"ws_books: {len(books):,} recorded books, {levels:.0f} levels on average")
    few = books[:4_000]
    usual = measure("one level, one token", few, levels_at_once=1, with_mirror=False)
    measure("one level, both tokens", few, levels_at_once=1, with_mirror=True)
    measure("a second's levels at once", books, levels_at_once=1_000, with_mirror=False)
    print(f"  must be: {TARGET_PER_S:,}/s, one level and one token a message")
    return int(usual < TARGET_PER_S)


if __name__ == "__main__":
    sys.exit(main())

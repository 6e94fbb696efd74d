"""What confirms a book, what puts it in doubt, and what proves nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from bot.errors import BadData
from bot.model.market import Book, MarketEvent
from bot.model.units import TokenId
from bot.venues.polymarket.books import BookKeeper
from bot.venues.polymarket.clob import Snapshot
from bot.venues.polymarket.stream_rows import FrameReader
from tests.fakes import START, epoch_ms, make_book

TOKEN = TokenId("101")
MS = epoch_ms(START)
FIRST = make_book(TOKEN, bids=[("0.50", "40"), ("0.49", "9")], asks=[("0.54", "30")], at=START)


class Desk:
    """A keeper with one book, confirmed at START."""

    def __init__(self) -> None:
        self.told: list[MarketEvent] = []
        self.keeper = BookKeeper(tell=self.told.append, frames=FrameReader())
        self.keeper.watch([TOKEN])
        self.show(FIRST, at=START)

    def show(self, book: Book, *, at: datetime) -> bool:
        return self.keeper.compare_asked(Snapshot(book, None), asked_at=at)

    def change(self, *, at: datetime, ms: int, best: tuple[str, str] | None, **row: str) -> bool:
        fields = {"asset_id": TOKEN, "price": "0.51", "size": "5", "side": "BUY"} | row
        if best is not None:
            fields |= {"best_bid": best[0], "best_ask": best[1]}
        message = {
            "event_type": "price_change",
            "market": "0x1",
            "timestamp": str(ms),
            "price_changes": [fields],
        }
        return self.keeper.take(json.dumps(message), at)[1]

    def best(self, bid: str, ask: str, *, at: datetime, ms: int) -> bool:
        message = {
            "event_type": "best_bid_ask",
            "market": "0x1",
            "asset_id": TOKEN,
            "best_bid": bid,
            "best_ask": ask,
            "timestamp": str(ms),
        }
        return self.keeper.take(json.dumps(message), at)[1]

    @property
    def confirmed(self) -> tuple[int, float]:
        """Best bid of the quote, and seconds from START to its confirmation."""
        book = self.keeper.book(TOKEN)
        assert book is not None
        assert book.quote is not None
        age = (book.quote.confirmed_at - START).total_seconds()
        return book.quote.book.bid_prices[0], age

    @property
    def is_trusted(self) -> bool:
        book = self.keeper.book(TOKEN)
        return book is not None and book.trusted


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_agreeing_change_confirms() -> None:
    desk = Desk()

    assert desk.change(at=after(1), ms=MS + 900, best=("0.51", "0.54"))
    assert desk.confirmed == (510_000, 1.0)
    assert [book.bid_prices[0] for book in desk.told if isinstance(book, Book)] == [
        500_000,
        510_000,
    ]


@pytest.mark.parametrize("best", [("0.5", "0.54"), ("0.51", "0.55"), None])
def test_change_that_disagrees_or_proves_nothing_leaves_the_last_quote(
    best: tuple[str, str] | None,
) -> None:
    desk = Desk()

    assert not desk.change(at=after(1), ms=MS + 900, best=best)
    assert desk.confirmed == (500_000, 0.0)
    assert len(desk.told) == 1


def test_doubt_lasts_until_a_snapshot() -> None:
    desk = Desk()
    desk.change(at=after(1), ms=MS + 900, best=("0.5", "0.54"))

    assert not desk.change(at=after(2), ms=MS + 1900, best=("0.52", "0.54"), price="0.52")
    assert desk.confirmed == (500_000, 0.0)
    assert desk.show(FIRST._replace(as_of_ms=MS + 2000), at=after(3))
    assert desk.confirmed == (500_000, 3.0)


def test_crossing_change_puts_the_book_in_doubt() -> None:
    desk = Desk()

    assert not desk.change(at=after(1), ms=MS + 900, best=("0.6", "0.54"), price="0.60")
    assert not desk.is_trusted


def test_change_older_than_the_snapshot_is_part_of_it() -> None:
    desk = Desk()

    assert not desk.change(at=after(1), ms=MS - 1, best=("0.51", "0.54"))
    assert desk.is_trusted
    assert desk.confirmed == (500_000, 0.0)


def test_emptied_side_agrees_with_zero() -> None:
    desk = Desk()

    assert desk.change(
        at=after(1), ms=MS + 1, best=("0.5", "1"), price="0.54", size="0", side="SELL"
    )
    book = desk.keeper.book(TOKEN)
    assert book is not None
    assert book.best == (500_000, 1_000_000)


def test_removing_a_level_that_is_not_there_changes_nothing() -> None:
    desk = Desk()

    assert desk.change(at=after(1), ms=MS + 1, best=("0.5", "0.54"), price="0.3", size="0")
    assert desk.confirmed == (500_000, 1.0)


def test_best_prices_confirm_or_put_in_doubt() -> None:
    desk = Desk()

    assert desk.best("0.5", "0.54", at=after(1), ms=MS + 1)
    assert desk.confirmed == (500_000, 1.0)
    assert not desk.best("0.4", "0.54", at=after(2), ms=MS - 1)  # late: proves nothing
    assert desk.is_trusted
    assert not desk.best("0.4", "0.54", at=after(3), ms=MS + 2)
    assert not desk.is_trusted


def test_older_snapshot_neither_confirms_nor_replaces() -> None:
    desk = Desk()
    desk.change(at=after(1), ms=MS + 900, best=("0.51", "0.54"))

    assert not desk.show(FIRST, at=after(2))
    assert desk.confirmed == (510_000, 1.0)
    assert desk.is_trusted


def test_snapshot_of_the_same_millisecond_is_believed_the_second_time() -> None:
    desk = Desk()
    other = FIRST._replace(bid_sizes=(41_000_000, 9_000_000))

    assert not desk.show(other, at=after(1))
    assert not desk.is_trusted
    assert desk.show(other, at=after(2))
    book = desk.keeper.book(TOKEN)
    assert book is not None
    assert book.quote is not None
    assert book.quote.book.bid_sizes[0] == 41_000_000


def test_crossed_snapshot_is_not_believed() -> None:
    desk = Desk()
    crossed = make_book(TOKEN, bids=[("0.6", "1")], asks=[("0.5", "1")], at=after(1))

    assert not desk.show(crossed, at=after(1))
    assert desk.confirmed == (500_000, 0.0)


def test_stream_owes_what_a_newer_snapshot_shows() -> None:
    desk = Desk()
    newer = FIRST._replace(as_of_ms=MS + 500, bid_sizes=(41_000_000, 9_000_000))
    desk.show(newer, at=after(1))
    book = desk.keeper.book(TOKEN)
    assert book is not None

    assert not book.is_owed(after(2), for_s=5)
    assert book.is_owed(after(7), for_s=5)
    desk.change(at=after(7), ms=MS + 500, best=("0.5", "0.54"), price="0.50", size="41")
    assert not book.is_owed(after(8), for_s=5)


def test_confirmation_never_goes_back() -> None:
    desk = Desk()
    desk.change(at=after(5), ms=MS + 900, best=("0.51", "0.54"))
    book = desk.keeper.book(TOKEN)
    assert book is not None
    desk.show(book.build(), at=after(3))

    assert desk.confirmed == (510_000, 5.0)


def test_quiet_book_is_confirmed_only_while_its_last_comparison_is_recent() -> None:
    desk = Desk()
    desk.keeper.confirm_quiet([TOKEN, "77"], after(20), proof_s=30)
    assert desk.confirmed == (500_000, 20.0)

    desk.keeper.confirm_quiet([TOKEN], after(40), proof_s=30)
    assert desk.confirmed == (500_000, 20.0)
    desk.keeper.doubt([TOKEN, "77"])
    desk.keeper.confirm_quiet([TOKEN], after(25), proof_s=30)
    assert desk.confirmed == (500_000, 20.0)


@pytest.mark.parametrize("row", [{"side": "HOLD"}, {"price": "2"}, {"size": "few"}])
def test_change_that_cannot_be_read_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(BadData):
        Desk().change(at=after(1), ms=MS + 1, best=("0.5", "0.54"), **row)


def test_messages_about_other_tokens_are_passed_over() -> None:
    desk = Desk()

    assert not desk.change(at=after(1), ms=MS + 1, best=("0.5", "0.54"), asset_id="77")
    assert not desk.show(FIRST._replace(token_id=TokenId("77")), at=after(1))

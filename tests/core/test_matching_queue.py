"""The queue ahead of a resting order: hand-computed vectors for trades, books and both tokens."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ladder import Rung, Taken
from bot.core.queue import Place, join_queue, meet_book, meet_print
from bot.model.market import Book
from bot.model.units import OrderId
from tests.fakes import START, Levels, epoch_ms, make_book

NOW = epoch_ms(START)
BID_50 = Rung(is_bid=True, price_e6=500_000)
ASK_54 = Rung(is_bid=False, price_e6=540_000)
SHARE = 1_000_000


def book(
    bids: Levels = (("0.50", "40"),), asks: Levels = (("0.54", "30"),), after_ms: int = 0
) -> Book:
    return make_book(bids=bids, asks=asks)._replace(as_of_ms=NOW + after_ms)


def join(
    rung: Rung = BID_50, *, shares: int = 20, ladder: Book | None = None, name: str = "a"
) -> Place:
    return join_queue(
        order_id=OrderId(name),
        rung=rung,
        open_e6=shares * SHARE,
        ladder=ladder or book(),
        now_ms=NOW,
    )


@dataclass(frozen=True)
class Step:
    """Where one order stands after an event, in shares."""

    filled: float
    ahead: float


def after_print(
    place: Place, price_e6: int, shares: float, *, after_ms: int = 1
) -> tuple[Place, Step]:
    (advance,) = meet_print(
        [place], price_e6=price_e6, size_e6=round(shares * SHARE), at_ms=NOW + after_ms
    )
    assert advance.place.ahead_e6 is not None
    return advance.place, Step(advance.filled_e6 / SHARE, advance.place.ahead_e6 / SHARE)


def after_book(place: Place, ladder: Book) -> tuple[Place, Step]:
    (advance,), _ = meet_book([place], ladder, {})
    assert advance.place.ahead_e6 is not None
    return advance.place, Step(advance.filled_e6 / SHARE, advance.place.ahead_e6 / SHARE)


@pytest.mark.parametrize(
    ("rung", "ahead_e6"),
    [
        (BID_50, 40 * SHARE),
        (ASK_54, 30 * SHARE),
        (Rung(is_bid=True, price_e6=510_000), 0),
        (Rung(is_bid=True, price_e6=400_000), None),
    ],
)
def test_an_order_joins_behind_what_is_shown_at_its_price(rung: Rung, ahead_e6: int | None) -> None:
    assert join(rung).ahead_e6 == ahead_e6


def test_a_trade_at_our_price_eats_the_queue_first_and_then_fills_us_in_part() -> None:
    place, step = after_print(join(), 500_000, 25)
    assert step == Step(filled=0, ahead=15)
    place, step = after_print(place, 500_000, 22)
    assert step == Step(filled=7, ahead=0)
    place, step = after_print(place, 500_000, 100)
    assert step == Step(filled=13, ahead=0)
    assert place.open_e6 == 0


@pytest.mark.parametrize(
    ("rung", "price_e6"), [(BID_50, 510_000), (BID_50, 540_000), (ASK_54, 500_000)]
)
def test_a_trade_at_a_better_price_is_not_ours(rung: Rung, price_e6: int) -> None:
    place = join(rung)
    assert meet_print([place], price_e6=price_e6, size_e6=10**9, at_ms=NOW + 1) == ((place, 0),)


@pytest.mark.parametrize(("rung", "price_e6"), [(BID_50, 490_000), (ASK_54, 550_000)])
def test_a_trade_beyond_our_price_clears_the_queue_and_fills_up_to_its_size(
    rung: Rung, price_e6: int
) -> None:
    _, step = after_print(join(rung), price_e6, 8)
    assert step == Step(filled=8, ahead=0)


def test_a_trade_from_before_we_joined_is_not_ours() -> None:
    place = join()
    assert meet_print([place], price_e6=490_000, size_e6=10**9, at_ms=NOW - 1) == ((place, 0),)


def test_fills_are_whole_hundredths_of_a_share() -> None:
    _, step = after_print(join(), 500_000, 41.239999)
    assert step == Step(filled=1.23, ahead=0)


def test_a_smaller_size_without_a_trade_shortens_the_queue_only_when_it_must() -> None:
    place, step = after_book(join(), book(bids=[("0.50", "70")], after_ms=1))
    assert step == Step(filled=0, ahead=40)
    place, step = after_book(place, book(bids=[("0.50", "45")], after_ms=2))
    assert step == Step(filled=0, ahead=40)
    place, step = after_book(place, book(bids=[("0.50", "33")], after_ms=3))
    assert step == Step(filled=0, ahead=33)


def test_a_trade_that_the_book_showed_before_it_was_told_counts_once() -> None:
    # 40 ahead; 30 trade; the book (10 left) arrives first, then the trade: 10 remain ahead.
    place, _ = after_book(join(), book(bids=[("0.50", "10")], after_ms=5))
    place, step = after_print(place, 500_000, 30, after_ms=5)
    assert step == Step(filled=0, ahead=10)
    # A later trade is news: 12 eat the 10 and fill 2.
    _, step = after_print(place, 500_000, 12, after_ms=6)
    assert step == Step(filled=2, ahead=0)


def test_a_trade_after_others_left_the_queue_eats_what_is_left_of_it() -> None:
    place, _ = after_book(join(), book(bids=[("0.50", "10")], after_ms=5))
    _, step = after_print(place, 500_000, 12, after_ms=6)
    assert step == Step(filled=2, ahead=0)


def test_a_trade_larger_than_what_the_book_lost_fills_us_with_the_rest() -> None:
    # 40 ahead of our 20; 45 trade; the level is gone from the book, then the trade is told.
    place, _ = after_book(join(), book(bids=[("0.49", "9")], after_ms=5))
    _, step = after_print(place, 500_000, 45, after_ms=4)
    assert step == Step(filled=5, ahead=0)


@pytest.mark.parametrize(
    ("rung", "bids", "asks", "filled"),
    [
        (BID_50, [("0.48", "5")], [("0.49", "12"), ("0.51", "90")], 12),
        (BID_50, [("0.48", "5")], [("0.49", "12"), ("0.495", "90")], 20),
        (BID_50, [("0.48", "5")], [("0.50", "12")], 0),
        (ASK_54, [("0.55", "3.5")], [("0.56", "5")], 3.5),
        (ASK_54, [("0.54", "3.5")], [("0.56", "5")], 0),
    ],
)
def test_without_trades_an_order_fills_only_when_the_book_stands_beyond_its_price(
    rung: Rung, bids: Levels, asks: Levels, filled: float
) -> None:
    _, step = after_book(join(rung), book(bids=bids, asks=asks, after_ms=1))
    assert step.filled == filled


def test_offers_that_filled_one_order_are_taken_for_the_next() -> None:
    first, second = join(name="a"), join(Rung(is_bid=True, price_e6=510_000), name="b")
    crossing = book(bids=[("0.48", "5")], asks=[("0.49", "25")], after_ms=1)
    advances, taken = meet_book([first, second], crossing, {})
    # The better bid is served first.
    assert [(a.place.order_id, a.filled_e6 // SHARE) for a in advances] == [("b", 20), ("a", 5)]
    assert taken == {Rung(is_bid=False, price_e6=490_000): Taken(25 * SHARE, 25 * SHARE, NOW + 1)}
    again, _ = meet_book([a.place for a in advances], crossing, taken)
    assert [a.filled_e6 for a in again] == [0, 0]


def test_a_book_from_before_we_joined_changes_nothing() -> None:
    place = join()
    (advance,), _ = meet_book([place], book(bids=(), asks=[("0.10", "99")], after_ms=-1), {})
    assert advance == (place, 0)


def test_our_orders_share_one_trade_oldest_first() -> None:
    first, second = join(shares=10, name="a"), join(shares=10, name="b")
    advances = meet_print([first, second], price_e6=500_000, size_e6=55 * SHARE, at_ms=NOW + 1)
    assert [(a.place.order_id, a.filled_e6 // SHARE) for a in advances] == [("a", 10), ("b", 5)]


def test_a_price_beyond_the_last_level_waits_until_the_level_is_seen() -> None:
    place = join(Rung(is_bid=True, price_e6=400_000))
    (advance,) = meet_print([place], price_e6=400_000, size_e6=10**9, at_ms=NOW + 1)
    assert advance == (place, 0)
    (advance,), _ = meet_book([place], book(after_ms=2), {})
    assert advance == (place, 0)
    _, step = after_book(place, book(bids=[("0.41", "3"), ("0.40", "77")], after_ms=3))
    assert step == Step(filled=0, ahead=77)


@given(
    prints=st.lists(
        st.tuples(st.integers(480, 520), st.integers(1, 10**8)), min_size=1, max_size=20
    ),
    shares=st.integers(1, 200),
)
def test_trades_never_fill_more_than_was_traded_at_our_price_or_beyond(
    prints: list[tuple[int, int]], shares: int
) -> None:
    places = [join(shares=shares, name="a"), join(shares=shares, name="b")]
    filled = traded = 0
    for step, (price, size_e6) in enumerate(prints):
        advances = meet_print(places, price_e6=price * 1000, size_e6=size_e6, at_ms=NOW + step)
        places = [advance.place for advance in advances]
        filled += sum(advance.filled_e6 for advance in advances)
        traded += size_e6 if price <= 500 else 0
        assert filled <= traded
        assert all(place.open_e6 >= 0 for place in places)
        assert filled + sum(place.open_e6 for place in places) == 2 * shares * SHARE

"""Walking the book: hand-computed vectors, and what no match may ever do."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.matching import LevelFill, Match, crosses, match_order
from bot.model.market import Book, FeeSchedule
from bot.model.orders import Side
from bot.model.units import TokenId
from tests.fakes import make_book

POLITICS = FeeSchedule(rate=Decimal("0.04"))
FREE = FeeSchedule(rate=Decimal(0))
BOOK = make_book(
    bids=[("0.50", "40"), ("0.49", "100"), ("0.45", "7.5")],
    asks=[("0.54", "30"), ("0.55", "20.25"), ("0.60", "1000")],
)


def test_a_buy_walks_the_asks_and_pays_each_level_its_own_fee() -> None:
    # 30 @ .54: fee 30*.04*.2484 = .29808. 20.25 @ .55: 20.25*.04*.2475 = .200475 -> .20048.
    # 9.75 @ .60: 9.75*.04*.24 = .0936.
    match = match_order(
        side=Side.BUY, size_e6=60_000_000, limit_e6=600_000, book=BOOK, fee=POLITICS
    )
    assert match.fills == (
        LevelFill(540_000, 30_000_000, 298_080),
        LevelFill(550_000, 20_250_000, 200_480),
        LevelFill(600_000, 9_750_000, 93_600),
    )
    assert match.open_e6 == 0
    # 16.2 + 11.1375 + 5.85, and .29808 + .20048 + .0936
    assert match.notional_e6 == 33_187_500
    assert match.fee_e6 == 592_160


def test_a_sell_walks_the_bids_best_first() -> None:
    match = match_order(side=Side.SELL, size_e6=145_000_000, limit_e6=450_000, book=BOOK, fee=FREE)
    assert match.fills == (
        LevelFill(500_000, 40_000_000, 0),
        LevelFill(490_000, 100_000_000, 0),
        LevelFill(450_000, 5_000_000, 0),
    )


def test_nothing_is_taken_beyond_the_limit() -> None:
    match = match_order(side=Side.BUY, size_e6=60_000_000, limit_e6=550_000, book=BOOK, fee=FREE)
    assert [fill.price_e6 for fill in match.fills] == [540_000, 550_000]
    assert match.open_e6 == 9_750_000


def test_nothing_is_taken_beyond_what_is_shown() -> None:
    match = match_order(side=Side.SELL, size_e6=500_000_000, limit_e6=10_000, book=BOOK, fee=FREE)
    assert sum(fill.size_e6 for fill in match.fills) == 147_500_000
    assert match.open_e6 == 352_500_000


@pytest.mark.parametrize(("side", "limit_e6"), [(Side.BUY, 530_000), (Side.SELL, 510_000)])
def test_an_order_inside_the_spread_gets_nothing(side: Side, limit_e6: int) -> None:
    match = match_order(side=side, size_e6=5_000_000, limit_e6=limit_e6, book=BOOK, fee=FREE)
    assert match == Match((), 5_000_000)
    assert not crosses(side=side, limit_e6=limit_e6, book=BOOK)


@pytest.mark.parametrize(("side", "limit_e6"), [(Side.BUY, 540_000), (Side.SELL, 500_000)])
def test_an_order_at_the_touch_crosses(side: Side, limit_e6: int) -> None:
    assert crosses(side=side, limit_e6=limit_e6, book=BOOK)


@pytest.mark.parametrize("side", list(Side))
def test_an_empty_book_gives_nothing_and_is_not_crossed(side: Side) -> None:
    empty = make_book()
    assert match_order(
        side=side, size_e6=5_000_000, limit_e6=500_000, book=empty, fee=FREE
    ) == Match((), 5_000_000)
    assert not crosses(side=side, limit_e6=500_000, book=empty)


def test_what_is_taken_already_is_not_there_again() -> None:
    match = match_order(
        side=Side.BUY,
        size_e6=60_000_000,
        limit_e6=600_000,
        book=BOOK,
        fee=FREE,
        taken={540_000: 30_000_000, 550_000: 15_250_000},
    )
    assert match.fills == (
        LevelFill(550_000, 5_000_000, 0),
        LevelFill(600_000, 55_000_000, 0),
    )


def test_a_level_that_shows_less_than_we_took_gives_nothing() -> None:
    match = match_order(
        side=Side.BUY,
        size_e6=10_000_000,
        limit_e6=540_000,
        book=BOOK,
        fee=FREE,
        taken={540_000: 30_005_000},
    )
    assert match == Match((), 10_000_000)


def test_fills_are_whole_hundredths_of_a_share() -> None:
    dusty = make_book(asks=[("0.1234", "1.239999"), ("0.1235", "0.009"), ("0.1236", "9")])
    match = match_order(side=Side.BUY, size_e6=5_004_000, limit_e6=999_900, book=dusty, fee=FREE)
    assert [fill.size_e6 for fill in match.fills] == [1_230_000, 3_770_000]
    assert match.open_e6 == 4_000
    # 1.23 * .1234 and 3.77 * .1236, exact to the millionth
    assert [fill.notional_e6 for fill in match.fills] == [151_782, 465_972]


@st.composite
def books(draw: st.DrawFn) -> Book:
    prices = sorted(draw(st.sets(st.integers(1, 999), min_size=0, max_size=12)))
    cut = draw(st.integers(0, len(prices)))
    sizes = st.integers(1, 10**9)
    bids, asks = prices[:cut][::-1], prices[cut:]
    return Book(
        token_id=TokenId("1"),
        as_of_ms=0,
        bid_prices=tuple(price * 1000 for price in bids),
        bid_sizes=tuple(draw(sizes) for _ in bids),
        ask_prices=tuple(price * 1000 for price in asks),
        ask_sizes=tuple(draw(sizes) for _ in asks),
    )


@given(
    book=books(),
    side=st.sampled_from(Side),
    size_e6=st.integers(1, 3 * 10**9),
    limit=st.integers(1, 999),
    taken=st.dictionaries(st.integers(1, 999).map(lambda p: p * 1000), st.integers(1, 10**9)),
)
def test_a_match_never_exceeds_size_limit_or_depth(
    book: Book, side: Side, size_e6: int, limit: int, taken: dict[int, int]
) -> None:
    match = match_order(
        side=side, size_e6=size_e6, limit_e6=limit * 1000, book=book, fee=POLITICS, taken=taken
    )
    buys = side is Side.BUY
    prices, sizes = (book.ask_prices, book.ask_sizes) if buys else (book.bid_prices, book.bid_sizes)
    shown = dict(zip(prices, sizes, strict=True))
    assert sum(fill.size_e6 for fill in match.fills) + match.open_e6 == size_e6
    assert match.open_e6 >= 0
    for fill in match.fills:
        assert 0 < fill.size_e6 <= shown[fill.price_e6] - taken.get(fill.price_e6, 0)
        assert fill.price_e6 <= limit * 1000 if buys else fill.price_e6 >= limit * 1000
        assert fill.price_e6 * fill.size_e6 % 1_000_000 == 0
    walked = [fill.price_e6 for fill in match.fills]
    assert walked == sorted(set(walked), reverse=not buys)

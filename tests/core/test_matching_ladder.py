"""One ladder for both tokens, and liquidity that stays taken."""

import pytest

from bot.core.ladder import (
    Rung,
    Taken,
    after_book,
    after_print,
    after_taking,
    rung_of,
    shown_at,
    taken_from,
    to_ladder,
)
from bot.core.matching import LevelFill
from bot.model.orders import Side
from bot.model.units import TokenId
from tests.fakes import NO, START, epoch_ms, make_book, mirror_book

NOW = epoch_ms(START)
ASK_54 = Rung(is_bid=False, price_e6=540_000)
BOOK = make_book(bids=[("0.50", "40")], asks=[("0.54", "30"), ("0.60", "10")])


@pytest.mark.parametrize(
    ("side", "price_e6", "token_index", "rung"),
    [
        (Side.BUY, 400_000, 0, Rung(is_bid=True, price_e6=400_000)),
        (Side.SELL, 400_000, 0, Rung(is_bid=False, price_e6=400_000)),
        (Side.BUY, 400_000, 1, Rung(is_bid=False, price_e6=600_000)),
        (Side.SELL, 400_000, 1, Rung(is_bid=True, price_e6=600_000)),
    ],
)
def test_a_no_order_stands_on_the_other_side_of_the_ladder(
    side: Side, price_e6: int, token_index: int, rung: Rung
) -> None:
    assert rung_of(side, price_e6, token_index) == rung


def test_the_book_of_no_in_yes_prices_is_the_book_of_yes() -> None:
    assert to_ladder(BOOK, 0) is BOOK
    assert to_ladder(mirror_book(BOOK, token_id=NO), 1) == BOOK._replace(token_id=TokenId(NO))


@pytest.mark.parametrize(
    ("is_bid", "price_e6", "shown"),
    [
        (True, 500_000, 40_000_000),
        (True, 510_000, 0),
        (True, 490_000, None),
        (False, 600_000, 10_000_000),
        (False, 550_000, 0),
        (False, 530_000, 0),
        (False, 610_000, None),
    ],
)
def test_beyond_the_last_level_nothing_is_known(
    is_bid: bool, price_e6: int, shown: int | None
) -> None:
    assert shown_at(BOOK, Rung(is_bid, price_e6)) == shown


@pytest.mark.parametrize("is_bid", [True, False])
def test_an_empty_side_is_known_to_be_empty(is_bid: bool) -> None:
    assert shown_at(make_book(), Rung(is_bid, 500_000)) == 0


def took(size: str = "30", *, at_ms: int = NOW) -> dict[Rung, Taken]:
    fill = LevelFill(540_000, int(size) * 1_000_000, 0)
    return after_taking({}, [fill], side=Side.BUY, token_index=0, ladder=BOOK, now_ms=at_ms)


def test_what_a_yes_buy_took_is_gone_for_a_no_sell_too() -> None:
    taken = took("12")
    assert taken == {ASK_54: Taken(12_000_000, 30_000_000, NOW)}
    assert taken_from(taken, side=Side.BUY, token_index=0, now_ms=NOW) == {540_000: 12_000_000}
    assert taken_from(taken, side=Side.SELL, token_index=1, now_ms=NOW) == {460_000: 12_000_000}
    assert taken_from(taken, side=Side.SELL, token_index=0, now_ms=NOW) == {}
    assert taken_from(taken, side=Side.BUY, token_index=1, now_ms=NOW) == {}


def test_what_a_no_sell_took_is_gone_for_a_yes_buy() -> None:
    fill = LevelFill(460_000, 12_000_000, 0)
    taken = after_taking({}, [fill], side=Side.SELL, token_index=1, ladder=BOOK, now_ms=NOW)
    assert taken_from(taken, side=Side.BUY, token_index=0, now_ms=NOW) == {540_000: 12_000_000}


def gone_at(taken: dict[Rung, Taken], now_ms: int) -> int:
    return taken_from(taken, side=Side.BUY, token_index=0, now_ms=now_ms).get(540_000, 0)


def test_time_alone_does_not_give_a_level_back() -> None:
    assert gone_at(took(), NOW + 3_600_000) == 30_000_000


@pytest.mark.parametrize(
    ("size", "after_s", "gone"),
    [
        ("30.01", 60.0, 0),
        ("30.01", 59.999, 30_000_000),
        ("30", 60.0, 30_000_000),
        ("29", 600.0, 30_000_000),
    ],
)
def test_a_larger_size_gives_a_level_back_after_a_minute(
    size: str, after_s: float, gone: int
) -> None:
    book = make_book(asks=[("0.54", size)])._replace(as_of_ms=NOW + 5_000)
    assert gone_at(dict(after_book(took(), book)), NOW + round(after_s * 1000)) == gone


@pytest.mark.parametrize(
    ("price_e6", "after_s", "gone"),
    [(540_000, 60.0, 0), (540_000, 59.0, 30_000_000), (550_000, 60.0, 30_000_000)],
)
def test_a_trade_at_the_level_gives_it_back_after_a_minute(
    price_e6: int, after_s: float, gone: int
) -> None:
    taken = after_print(took(), price_e6=price_e6, at_ms=NOW + 5_000)
    assert gone_at(dict(taken), NOW + round(after_s * 1000)) == gone


def test_what_was_shown_or_traded_before_the_taking_does_not_count() -> None:
    book = make_book(asks=[("0.54", "900")])._replace(as_of_ms=NOW)
    taken = after_print(after_book(took(), book), price_e6=540_000, at_ms=NOW)
    assert gone_at(dict(taken), NOW + 120_000) == 30_000_000


def test_a_level_that_vanishes_and_comes_back_is_still_taken() -> None:
    without = make_book(asks=[("0.60", "10")])._replace(as_of_ms=NOW + 1_000)
    back = make_book(asks=[("0.54", "30")])._replace(as_of_ms=NOW + 90_000)
    assert gone_at(dict(after_book(after_book(took(), without), back)), NOW + 90_000) == 30_000_000


def test_taking_again_adds_up_and_starts_the_minute_anew() -> None:
    renewed = after_print(took("10"), price_e6=540_000, at_ms=NOW + 1_000)
    again = after_taking(
        renewed,
        [LevelFill(540_000, 5_000_000, 0)],
        side=Side.BUY,
        token_index=0,
        ladder=BOOK,
        now_ms=NOW + 30_000,
    )
    assert again == {ASK_54: Taken(15_000_000, 30_000_000, NOW + 30_000)}


def test_taking_from_a_level_that_is_whole_again_starts_at_nothing() -> None:
    renewed = after_print(took("10"), price_e6=540_000, at_ms=NOW + 1_000)
    again = after_taking(
        renewed,
        [LevelFill(540_000, 5_000_000, 0)],
        side=Side.BUY,
        token_index=0,
        ladder=BOOK,
        now_ms=NOW + 60_000,
    )
    assert again == {ASK_54: Taken(5_000_000, 30_000_000, NOW + 60_000)}

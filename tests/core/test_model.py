"""The vocabulary: what is valid, what is refused, and how numbers keep their digits."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadData
from bot.model.account import Secret
from bot.model.orders import Fill, OrderStatus, Side
from bot.model.units import (
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    from_e6,
    parse_decimal,
    parse_price,
    to_e6,
)
from tests.core.builders import make_market_view, make_order, make_portfolio
from tests.fakes import START, make_book, make_market


@given(st.integers(-(10**18), 10**18))
def test_millionths_come_back_exactly(millionths: int) -> None:
    assert to_e6(from_e6(millionths)) == millionths


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_six_decimals_come_back_exactly(number: Decimal) -> None:
    assert from_e6(to_e6(number)) == number


@pytest.mark.parametrize("number", ["0.0000001", "1.2345678", "NaN", "Infinity", "-Infinity"])
def test_what_is_finer_than_a_millionth_is_never_rounded(number: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number of millionths"):
        to_e6(Decimal(number))


@pytest.mark.parametrize("text", ["0.1", "1e-3", "-7", "0"])
def test_numbers_are_read_exactly_from_text(text: str) -> None:
    assert parse_decimal(text, name="size") == Decimal(text)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        (0.1, r"size was 0.1 \(float\); it must be a decimal string"),
        (True, r"size was True \(bool\); it must be a decimal string"),
        (None, r"size was None \(NoneType\)"),
        ("a", "size was 'a'; it must be a decimal number"),
        ("", "size was ''; it must be a decimal number"),
        ("NaN", "size was 'NaN'; it must be finite"),
        ("Infinity", "it must be finite"),
    ],
)
def test_what_is_no_decimal_text_is_refused(given_: object, says: str) -> None:
    with pytest.raises(BadData, match=says):
        parse_decimal(given_, name="size")


@pytest.mark.parametrize("text", ["0", "1", "1.01", "-0.2"])
def test_a_price_lies_strictly_between_0_and_1(text: str) -> None:
    with pytest.raises(BadData, match=f"bid was {text}; a price lies strictly between 0 and 1"):
        parse_price(text, name="bid")


def test_a_price_is_read_exactly() -> None:
    assert parse_price("0.115", name="bid") == Decimal("0.115")


def test_an_outcome_is_found_by_its_name_in_any_case() -> None:
    market = make_market()

    assert (market.index_of("yes"), market.index_of("NO")) == (0, 1)
    assert market.index_of("Maybe") is None


def test_a_market_names_the_complement_of_each_token() -> None:
    market = make_market(token_ids=("1", "2"))

    assert market.complement_of(TokenId("1")) == "2"
    assert market.complement_of(TokenId("2")) == "1"


def test_the_token_of_a_candidate_is_that_of_its_adverse_outcome() -> None:
    view = make_market_view(make_market(token_ids=("1", "2")))

    assert view.token_id == "1"
    assert replace(view, adverse_index=1).token_id == "2"


def test_a_book_knows_when_it_was_made() -> None:
    assert make_book(at=START + timedelta(milliseconds=1)).as_of == START + timedelta(
        milliseconds=1
    )


BID, ASK = (("0.11", "5"),), (("0.12", "5"),)


def test_mid_and_spread_need_both_sides() -> None:
    book = make_book(bids=BID, asks=ASK)

    assert book.mid == pytest.approx(0.115)
    assert book.spread == pytest.approx(0.01)
    for half in (make_book(bids=BID), make_book(asks=ASK), make_book()):
        assert (half.mid, half.spread, half.is_crossed) == (None, None, False)


def test_a_crossed_book_has_no_mid() -> None:
    crossed = make_book(bids=ASK, asks=BID)

    assert crossed.is_crossed
    assert crossed.mid is None
    assert crossed.spread == pytest.approx(-0.01)


def test_sides_that_meet_are_not_crossed() -> None:
    assert make_book(bids=BID, asks=BID).mid == pytest.approx(0.11)


def fill(side: Side, *, size: str = "10", fee: str = "0.03") -> Fill:
    return Fill(
        trade_id=TradeId("t1"),
        order_id=OrderId("0xb1"),
        token_id=TokenId("1"),
        side=side,
        size=Shares(Decimal(size)),
        price=Price(Decimal("0.25")),
        fee_usd=Usd(Decimal(fee)),
        is_maker=False,
        at=START,
    )


def test_a_fill_moves_its_notional_and_its_fee() -> None:
    assert fill(Side.BUY).cash_usd == Decimal("-2.53")
    assert fill(Side.SELL).cash_usd == Decimal("2.47")


def test_a_fraction_of_a_millionth_is_rounded_against_us() -> None:
    assert fill(Side.BUY, size="0.000003", fee="0").cash_usd == Decimal("-0.000001")
    assert fill(Side.SELL, size="0.000003", fee="0").cash_usd == Decimal(0)


def test_only_an_order_that_may_still_fill_is_not_terminal() -> None:
    alive = {OrderStatus.SUBMITTING, OrderStatus.OPEN, OrderStatus.UNKNOWN}

    assert {status for status in OrderStatus if not status.is_terminal} == alive


def test_a_resting_buy_reserves_what_it_may_still_take() -> None:
    order = make_order(size="100", filled="75", limit="0.20", fee_usd="0.40")

    assert order.open_shares == 25
    assert order.reserved_usd == Decimal("5.1")


def test_a_sale_and_an_empty_order_reserve_nothing() -> None:
    assert make_order(side=Side.SELL).reserved_usd == 0
    assert make_order(size="0").reserved_usd == 0


def test_a_portfolio_is_worth_the_sum_of_its_holdings() -> None:
    assert make_portfolio().usd_est == 100_000.0
    assert replace(make_portfolio(), holdings=()).usd_est == 0.0


def test_the_same_secret_is_one_and_shows_nothing() -> None:
    secrets = {Secret("0xkey"), Secret("0xkey"), Secret("0xother")}

    assert len(secrets) == 2
    assert "0x" not in repr(secrets)

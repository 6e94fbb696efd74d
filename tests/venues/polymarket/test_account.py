"""Our own orders, trades and answers are read in each shape the wire is known to take."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.errors import BadData
from bot.model.orders import Accepted, OrderStatus, Rejected, Side, TradeSettlement, Unknown
from bot.model.units import OrderId, Price, Shares, TokenId, Usd
from bot.venues.polymarket import account, answers, data_api, user_stream

MINE = OrderId("0x" + "ab" * 32)
OTHER = "0x" + "cd" * 32
TOKEN = "1075"


def order(**changes: object) -> bytes:
    row = {
        "id": MINE,
        "status": "LIVE",
        "market": "0x" + "11" * 32,
        "asset_id": TOKEN,
        "side": "BUY",
        "original_size": "10",
        "size_matched": "2.5",
        "price": "0.52",
        "expiration": "0",
        "order_type": "GTC",
        "associate_trades": [],
        "created_at": 1795424700,
    }
    return json.dumps(row | changes).encode()


def trade(**changes: object) -> account.TradeRow:
    row = {
        "id": "t1",
        "taker_order_id": MINE,
        "market": "0x" + "11" * 32,
        "asset_id": TOKEN,
        "side": "BUY",
        "size": "25",
        "price": "0.5",
        "fee_rate_bps": "0",
        "status": "CONFIRMED",
        "match_time": "1795424700",
        "maker_orders": [],
    }
    return account.read_trade(json.dumps(row | changes).encode(), what="trade")


def maker(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "order_id": OTHER,
        "asset_id": "2086",
        "matched_amount": "5",
        "price": "0.48",
        "side": "BUY",
    }
    return row | changes


def one_cent(token_id: TokenId, price: Price, size: Shares) -> Usd:
    return Usd(Decimal("0.01"))


def mine(order_id: OrderId) -> Side | None:
    return Side.BUY if order_id == MINE else None


@pytest.mark.parametrize("created", [1795424700, "1795424701", 1795424700000, "", None])
def test_creation_time_may_be_spelled_in_any_way(created: object) -> None:
    found = account.read_order(order(created_at=created), what="order")

    assert found is not None
    assert found.filled == Decimal("2.5")


@pytest.mark.parametrize("body", [b"null", b"", b" null\n"])
def test_order_not_shown_is_none(body: bytes) -> None:
    assert account.read_order(body, what="order") is None


@pytest.mark.parametrize("trades", [None, [], ["t1"]])
def test_associated_trades_may_be_null(trades: object) -> None:
    assert account.read_order(order(associate_trades=trades), what="order") is not None


def test_empty_matched_size_means_nothing_matched() -> None:
    found = account.read_order(order(size_matched=""), what="order")

    assert found is not None
    assert found.filled == 0


def test_expiration_zero_means_none() -> None:
    never = account.read_order(order(), what="order")
    ends = account.read_order(order(expiration="1795424700"), what="order")

    assert never is not None
    assert never.expires_at is None
    assert ends is not None
    assert ends.expires_at == datetime(2026, 11, 23, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price": 0.52}, r"Expected `str`, got `float` - at `\$.data\[0\].price`"),
        ({"original_size": 10}, r"Expected `str`, got `int`"),
        ({"price": "1.5"}, r"data\[0\].price was 1.5"),
        ({"side": "HOLD"}, r"data\[0\].side was 'HOLD'"),
        ({"asset_id": "0xff"}, r"data\[0\].asset_id was '0xff'"),
        ({"original_size": "-1"}, r"data\[0\].original_size was -1"),
        ({"size_matched": "many"}, r"data\[0\].size_matched was 'many'"),
    ],
)
def test_row_that_cannot_be_read_refuses_the_page(changes: dict[str, object], message: str) -> None:
    page = b'{"data":[' + order(**changes) + b"," + order() + b'],"next_cursor":"LTE="}'

    with pytest.raises(BadData, match=message):
        account.read_orders(page, what="orders")


def test_page_without_a_cursor_is_refused() -> None:
    with pytest.raises(BadData, match="next_cursor"):
        account.read_orders(b'{"data":[]}', what="orders")


@pytest.mark.parametrize(("cursor", "expected"), [("LTE=", None), (None, None), ("MTA=", "MTA=")])
def test_end_of_pages(cursor: str | None, expected: str | None) -> None:
    page = json.dumps({"data": [], "next_cursor": cursor}).encode()

    assert account.read_orders(page, what="orders") == ((), expected)
    assert account.read_trades(page, what="trades") == ((), expected)


def test_taker_fill_has_our_side_and_a_fee() -> None:
    (fill,) = account.fills_of(trade(), side_of=mine, fee_of=one_cent, what="trade")

    assert (fill.side, fill.size, fill.price) == (Side.BUY, Decimal(25), Decimal("0.5"))
    assert not fill.is_maker
    assert fill.fee_usd == Decimal("0.01")


def test_maker_fill_reads_our_element_and_our_orders_side() -> None:
    row = trade(
        taker_order_id=OTHER,
        side="BUY",
        maker_orders=[maker(), maker(order_id=MINE, side=None, matched_amount="7")],
    )
    (fill,) = account.fills_of(row, side_of=mine, fee_of=one_cent, what="trade")

    assert (fill.order_id, fill.side, fill.size) == (MINE, Side.BUY, Decimal(7))
    assert fill.token_id == "2086"
    assert fill.price == Decimal("0.48")
    assert fill.fee_usd == 0
    assert fill.is_maker


def test_trade_of_others_is_no_fill() -> None:
    row = trade(taker_order_id=OTHER, maker_orders=None)

    assert account.fills_of(row, side_of=mine, fee_of=one_cent, what="trade") == ()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("MATCHED", TradeSettlement.MATCHED),
        ("TRADE_STATUS_MINED", TradeSettlement.MINED),
        ("MATCHED_NOT_BROADCASTED", TradeSettlement.MATCHED),
        ("TRADE_STATUS_RETRYING", TradeSettlement.RETRYING),
        ("FAILED", TradeSettlement.FAILED),
    ],
)
def test_settlement_with_and_without_prefix(status: str, expected: TradeSettlement) -> None:
    (fill,) = account.fills_of(trade(status=status), side_of=mine, fee_of=one_cent, what="trade")

    assert fill.settlement is expected


def test_unknown_settlement_is_refused() -> None:
    with pytest.raises(BadData, match="status was 'LOST'"):
        account.fills_of(trade(status="LOST"), side_of=mine, fee_of=one_cent, what="trade")


def test_cancel_that_does_not_name_our_order_is_refused() -> None:
    with pytest.raises(BadData, match="does not name order"):
        account.read_cancel(b'{"canceled":[],"not_canceled":{}}', MINE, what="cancel")


def test_balance_is_exact() -> None:
    assert account.read_balance(b'{"balance":"123456789"}', what="b") == Decimal("123.456789")


def posted(**changes: object) -> bytes:
    row = {"success": True, "errorMsg": "", "orderID": MINE, "status": "live"}
    return json.dumps(row | changes).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, posted(), Accepted(order_id=MINE, resting=True, detail="live")),
        (200, posted(status="matched"), Accepted(order_id=MINE, resting=False, detail="matched")),
        (200, posted(status="delayed"), Accepted(order_id=MINE, resting=False, detail="delayed")),
        (
            200,
            posted(orderID="", errorMsg="not enough balance / allowance"),
            Rejected(code="not_enough_balance", detail="not enough balance / allowance"),
        ),
        (
            400,
            b'{"error":"order 0x1 is invalid. Price (0.5) breaks minimum tick size rule: 0.1"}',
            Rejected(
                code="tick_size",
                detail="order 0x1 is invalid. Price (0.5) breaks minimum tick size rule: 0.1",
            ),
        ),
        (425, b"", Rejected(code="engine_restarting", detail="HTTP 425")),
        (429, b"<html>", Rejected(code="rate_limited", detail="HTTP 429")),
        (
            503,
            b'{"error":"post-only mode: x","code":"post_only_mode"}',
            Rejected(code="post_only_mode", detail="post-only mode: x"),
        ),
    ],
)
def test_answer_to_a_post_is_judged(
    status: int, body: bytes, expected: Accepted | Rejected
) -> None:
    assert answers.read_submit(status, body, MINE) == expected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b'{"success":true'),
        (200, posted(status="unmatched")),
        (200, posted(orderID=OTHER)),
        (200, posted(success=False)),
        (400, b'{"error":"order 0x1 is invalid. Duplicated."}'),
        (400, b"<html>"),
        (408, b'{"error":"timeout"}'),
        (0, b"ReadTimeout"),
        (400, b'{"error":"order match delayed due to market conditions"}'),
        (500, b'{"error":"order timed out"}'),
        (500, b'{"error":"could not insert order"}'),
        (502, b"bad gateway"),
    ],
)
def test_answer_without_proof_is_unknown(status: int, body: bytes) -> None:
    assert isinstance(answers.read_submit(status, body, MINE), Unknown)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("LIVE", OrderStatus.OPEN),
        ("ORDER_STATUS_MATCHED", OrderStatus.FILLED),
        ("CANCELED_EXPIRED_ORDER", OrderStatus.EXPIRED),
        ("CANCELED_order couldn't be fully filled.", OrderStatus.CANCELLED),
        ("CANCELED", OrderStatus.CANCELLED),
        ("UNMATCHED", OrderStatus.UNKNOWN),
        ("SOMETHING_NEW", OrderStatus.UNKNOWN),
    ],
)
def test_order_status_on_the_user_channel(word: str, status: OrderStatus) -> None:
    assert user_stream.order_status(word) is status


def test_user_frame_may_be_one_message_or_many() -> None:
    message = json.loads(order()) | {"event_type": "order", "type": "PLACEMENT", "timestamp": "1"}
    frame = json.dumps(message).encode()

    assert len(user_stream.read_user_messages(frame, what="frame")) == 1
    (first, second) = user_stream.read_user_messages(b"[" + frame + b"," + frame + b"]", what="f")
    assert first == second


def test_v2_positions_are_read_from_numbers_or_text() -> None:
    body = (
        b'{"data":[{"token_id":"1075","current_size":10.5,"redeemable":true},'
        b'{"token_id":"2086","current_size":"0.1"}],'
        b'"pagination":{"has_more":true,"next_cursor":"c2"}}'
    )
    rows, cursor = data_api.read_positions(body, what="positions")

    assert [row.shares for row in rows] == [Decimal("10.5"), Decimal("0.1")]
    assert cursor == "c2"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"data":[],"pagination":{"has_more":true}}', "names no next_cursor"),
        (b'[{"asset":"1","size":-1}]', "size was -1"),
        (b'[{"asset":"1","size":"NaN"}]', "size was NaN"),
        (b'[{"asset":"x","size":1}]', "asset was 'x'"),
    ],
)
def test_positions_that_cannot_be_read_are_refused(body: bytes, message: str) -> None:
    with pytest.raises(BadData, match=message):
        data_api.read_positions(body, what="positions")

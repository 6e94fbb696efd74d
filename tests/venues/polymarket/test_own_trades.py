"""Our part of a trade: whose order, which side, what it cost; and what the chain makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.chain.records import Execution
from bot.errors import BadData
from bot.model.market import FeeSchedule
from bot.model.orders import Fill, Side
from bot.model.units import OrderId, Price, Shares, TokenId, Usd
from bot.venues.polymarket.account import TradeRow, read_trade
from bot.venues.polymarket.own_trades import as_executed, changed_at, own_fills, takes

WE, THEY = "0xAAaa00000000000000000000000000000000AaAa", "0x" + "bb" * 20
TAKER, FIRST, SECOND = (OrderId("0x" + digit * 64) for digit in "123")
YES, NO = TokenId("1075"), TokenId("2086")
FEES = {YES: FeeSchedule(rate=Decimal("0.04")), NO: FeeSchedule(rate=Decimal("0.04"))}


def maker(order_id: str = FIRST, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "order_id": order_id,
        "maker_address": THEY,
        "asset_id": YES,
        "matched_amount": "10",
        "price": "0.5",
        "side": "SELL",
    }
    return row | changes


def trade(*makers: dict[str, object], **changes: object) -> TradeRow:
    row: dict[str, object] = {
        "id": "t1",
        "taker_order_id": TAKER,
        "market": "0x" + "11" * 32,
        "asset_id": YES,
        "side": "BUY",
        "size": "10",
        "price": "0.5",
        "status": "MATCHED",
        "match_time": "1795424700",
        "last_update": "1795424760",
        "maker_address": WE.lower(),
        "trader_side": "TAKER",
        "maker_orders": list(makers),
    }
    return read_trade(json.dumps(row | changes).encode(), what="trade")


def fills(row: TradeRow) -> list[Fill]:
    return own_fills(row, wallet=WE, fees=FEES)


def execution(order_id: str, shares: str, usd: str, fee: str = "0") -> Execution:
    return Execution(
        order_id=OrderId(order_id),
        maker=WE,
        token_id=YES,
        side=Side.BUY,
        shares=Shares(Decimal(shares)),
        usd=Usd(Decimal(usd)),
        fee_usd=Usd(Decimal(fee)),
        transaction="0xtx",
    )


def test_as_taker_we_have_the_trade_s_side() -> None:
    (fill,) = fills(trade(maker()))
    assert (fill.order_id, fill.side, fill.is_maker, fill.token_id) == (TAKER, Side.BUY, False, YES)
    assert fill.fee_usd == Decimal("0.1")  # 10 * 0.04 * 0.25
    assert fill.cash_usd == Decimal("-5.1")


def test_a_taker_who_met_several_prices_paid_each() -> None:
    row = trade(
        maker(matched_amount="6", price="0.40"),
        maker(SECOND, matched_amount="4", price="0.45", asset_id=NO, side="BUY"),
        price="0.55",
    )
    (fill,) = fills(row)
    # 6 @ .40, and 4 against a buy of the other outcome @ .45, so at .55
    assert fill.cash_usd + fill.fee_usd == -Decimal("4.60")
    assert fill.price == Decimal("0.46")
    assert fill.fee_usd == Decimal("0.0576") + Decimal("0.0396")


def test_levels_that_do_not_add_up_leave_the_trade_s_own_price() -> None:
    (fill,) = fills(trade(maker(matched_amount="6", price="0.40")))
    assert (fill.price, fill.size) == (Price(Decimal("0.5")), Shares(Decimal(10)))


def test_as_maker_our_side_price_and_size_are_those_of_our_order() -> None:
    row = trade(
        maker(SECOND, maker_address=THEY),
        maker(maker_address=WE, asset_id=NO, side="BUY", price="0.48", matched_amount="4"),
        maker_address=THEY,
        trader_side="MAKER",
    )
    (fill,) = fills(row)
    assert (fill.order_id, fill.token_id, fill.side) == (FIRST, NO, Side.BUY)
    assert (fill.price, fill.is_maker) == (Price(Decimal("0.48")), True)
    assert fill.size == 4
    assert fill.fee_usd == 0


@pytest.mark.parametrize(
    ("taker", "token", "side"),
    [
        ("BUY", YES, Side.SELL),
        ("SELL", YES, Side.BUY),
        ("BUY", NO, Side.BUY),
        ("SELL", NO, Side.SELL),
    ],
)
def test_without_a_side_ours_follows_from_the_tokens(
    taker: str, token: TokenId, side: Side
) -> None:
    ours = maker(maker_address=WE, asset_id=token)
    del ours["side"]
    (fill,) = fills(trade(ours, maker_address=THEY, trader_side=None, side=taker))
    assert fill.side is side


def test_several_of_our_orders_in_one_trade_are_several_fills() -> None:
    row = trade(
        maker(maker_address=WE, matched_amount="6"),
        maker(SECOND, maker_address=WE.upper().replace("0X", "0x"), matched_amount="4"),
        maker_address=WE,
        trader_side="MAKER",
    )
    assert {fill.order_id: int(fill.size) for fill in fills(row)} == {FIRST: 6, SECOND: 4}


def test_a_trade_with_ourselves_is_two_fills() -> None:
    both = fills(trade(maker(maker_address=WE)))
    assert [(fill.order_id, fill.side) for fill in both] == [
        (TAKER, Side.BUY),
        (FIRST, Side.SELL),
    ]


def test_other_people_s_trades_are_none_of_ours() -> None:
    row = trade(maker(), maker_address=THEY)
    assert fills(row) == []
    assert not takes(row, WE)


def test_a_trade_changed_when_it_last_settled_further() -> None:
    assert changed_at(trade()) == datetime.fromtimestamp(1795424760, UTC)
    assert changed_at(trade(last_update=None)) == datetime.fromtimestamp(1795424700, UTC)


def test_the_chain_s_figures_replace_the_venue_s() -> None:
    (fill,) = fills(trade(maker()))
    (exact,) = as_executed([fill], [execution(TAKER.upper(), "9.999", "4.9", "0.097")])
    assert (exact.size, exact.notional_usd, exact.fee_usd) == (
        Decimal("9.999"),
        Decimal("4.9"),
        Decimal("0.097"),
    )
    assert exact.cash_usd == -Decimal("4.997")
    assert exact.price == Decimal("0.490049")


def test_trades_of_one_execution_share_it_to_the_last_unit() -> None:
    (first,) = fills(trade(maker()))
    second = replace(first, trade_id=first.trade_id + "b")  # type: ignore[arg-type]
    exact = as_executed([second, first], [execution(TAKER, "20", "9.999999", "0.199999")])
    assert sum(fill.size for fill in exact) == 20
    assert sum(fill.cash_usd for fill in exact) == -(Decimal("9.999999") + Decimal("0.199999"))


@pytest.mark.parametrize(
    "executed", [[], [execution(FIRST, "10", "5")], [execution(TAKER, "10", "0")]]
)
def test_a_transaction_that_did_not_execute_our_order_is_refused(
    executed: list[Execution],
) -> None:
    with pytest.raises(BadData, match="must have executed what the trade says"):
        as_executed(fills(trade(maker())), executed)

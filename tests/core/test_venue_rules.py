"""What the venue refuses, rule by rule, with its words."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.core.venue_rules import Standing, check_against_venue, needed_usd
from bot.model.market import Market
from bot.model.orders import OrderIntent, OrderType, PreparedOrder, Rejected, Side
from bot.model.units import OrderId, Shares, Usd
from tests.fakes import START, make_book, make_intent, make_market

MARKET = make_market()
BOOK = make_book(bids=[("0.50", "40")], asks=[("0.54", "30")])
GTD, FAK, FOK = OrderType.GTD, OrderType.FAK, OrderType.FOK
ORDER_ID = "0x" + "ab" * 32


def judge(
    intent: OrderIntent,
    *,
    market: Market = MARKET,
    usd: str = "1000",
    shares: str = "1000",
    now: datetime = START,
    window: datetime | None = None,
) -> Rejected | None:
    prepared = PreparedOrder(intent=intent, order_id=OrderId(ORDER_ID), body=b"", made_at=START)
    standing = Standing(
        market=market,
        book=BOOK,
        now=now,
        free_usd=Usd(Decimal(usd)),
        free_shares=Shares(Decimal(shares)),
        post_only_until=window,
    )
    return check_against_venue(prepared, standing)


def refused(refusal: Rejected | None) -> str:
    assert refusal is not None
    return refusal.code


@pytest.mark.parametrize(
    "intent",
    [
        make_intent(Side.BUY, "10", "0.54"),
        make_intent(Side.BUY, "10", "0.54", order_type=FOK),
        make_intent(Side.SELL, "10", "0.50"),
        make_intent(Side.BUY, "10", "0.53", order_type=GTD),
        make_intent(Side.SELL, "10", "0.51", order_type=GTD),
        make_intent(Side.BUY, "10", "0.99", order_type=GTD, post_only=False),
        make_intent(Side.BUY, "5", "0.01", order_type=GTD),
        make_intent(Side.SELL, "2.03", "0.50"),
        make_intent(Side.BUY, "2", "0.50"),
    ],
)
def test_a_fitting_order_is_not_refused(intent: OrderIntent) -> None:
    assert judge(intent) is None


@pytest.mark.parametrize(
    ("tick", "limit", "code"),
    [
        ("0.01", "0.505", "tick_size"),
        ("0.001", "0.505", None),
        ("0.0025", "0.5025", None),
        ("0.0025", "0.503", "tick_size"),
        ("0.01", "1.00", "price_out_of_range"),
        ("0.1", "1.0", "price_out_of_range"),
        ("0.01", "0.99", None),
        ("0.01", "0.00", "price_out_of_range"),
    ],
)
def test_a_price_stands_on_the_tick_between_one_tick_and_one_minus_it(
    tick: str, limit: str, code: str | None
) -> None:
    refusal = judge(
        make_intent(Side.BUY, "200", limit, order_type=GTD, post_only=False),
        market=make_market(tick=tick),
    )
    assert (refusal and refusal.code) == code


def test_a_price_off_the_tick_is_refused_in_the_venues_words() -> None:
    refusal = judge(make_intent(Side.BUY, "10", "0.505"))
    assert refusal is not None
    assert refusal.detail == (
        f"order {ORDER_ID} is invalid. Price (0.505) breaks minimum tick size rule: 0.01"
    )


@pytest.mark.parametrize(
    ("size", "order_type", "code"),
    [
        ("4.99", GTD, "minimum_size"),
        ("5", GTD, None),
        ("4.99", FAK, None),
        ("2", FOK, None),
        ("5.001", GTD, "size_decimals"),
        ("10.005", FAK, "size_decimals"),
        ("0", FAK, "size_decimals"),
        ("-5", FAK, "size_decimals"),
    ],
)
def test_sizes_are_hundredths_and_only_resting_orders_have_a_minimum_in_shares(
    size: str, order_type: OrderType, code: str | None
) -> None:
    refusal = judge(make_intent(Side.SELL, size, "0.51", order_type=order_type))
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(
    ("side", "size", "limit", "order_type", "code"),
    [
        (Side.BUY, "1.80", "0.55", FAK, "minimum_notional"),
        (Side.BUY, "2", "0.50", FAK, None),
        (Side.SELL, "2.01", "0.49", FOK, "minimum_notional"),
        (Side.SELL, "20", "0.05", FAK, None),
        (Side.BUY, "10", "0.09", GTD, None),
    ],
)
def test_an_order_that_takes_is_worth_a_dollar(
    side: Side, size: str, limit: str, order_type: OrderType, code: str | None
) -> None:
    refusal = judge(make_intent(side, size, limit, order_type=order_type))
    assert (refusal and refusal.code) == code


def test_the_refusal_below_a_dollar_is_the_venues() -> None:
    refusal = judge(make_intent(Side.BUY, "1.80", "0.55"))
    assert refusal is not None
    assert refusal.detail == ("invalid amount for a marketable BUY order ($0.99), min size: $1")


@pytest.mark.parametrize(
    ("side", "size", "order_type", "code"),
    [
        # 10.01 * .55 = 5.5055 USD; 10.2 * .55 = 5.61 USD
        (Side.BUY, "10.01", FAK, "market_decimals"),
        (Side.BUY, "10.01", FOK, "market_decimals"),
        (Side.BUY, "10.20", FAK, None),
        (Side.SELL, "10.01", FAK, None),
        (Side.SELL, "10.01", GTD, None),
    ],
)
def test_a_market_buy_is_worth_whole_cents(
    side: Side, size: str, order_type: OrderType, code: str | None
) -> None:
    refusal = judge(make_intent(side, size, "0.55", order_type=order_type))
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize("tick", ["0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001"])
def test_a_sell_on_lot_and_tick_never_has_more_decimals_than_the_tick_allows(tick: str) -> None:
    decimals = {"0.1": 3, "0.01": 4, "0.005": 5, "0.0025": 6, "0.001": 5, "0.0001": 6}[tick]
    assert (Decimal("0.01") * Decimal(tick) * 10**decimals) % 1 == 0


@pytest.mark.parametrize(
    ("side", "limit", "crosses"),
    [
        (Side.BUY, "0.53", False),
        (Side.BUY, "0.54", True),
        (Side.SELL, "0.51", False),
        (Side.SELL, "0.50", True),
    ],
)
def test_a_post_only_order_that_crosses_is_refused(side: Side, limit: str, crosses: bool) -> None:
    refusal = judge(make_intent(side, "10", limit, order_type=GTD))
    expected = ("post_only_would_cross", "invalid post-only order: order crosses book")
    assert (refusal and (refusal.code, refusal.detail)) == (expected if crosses else None)


@pytest.mark.parametrize("order_type", [FAK, FOK])
def test_a_post_only_order_must_be_one_that_rests(order_type: OrderType) -> None:
    refusal = judge(make_intent(Side.BUY, "10", "0.40", order_type=order_type, post_only=True))
    assert refused(refusal) == "post_only_would_cross"


@pytest.mark.parametrize(
    ("order_type", "after_s", "code"),
    [(FAK, 0, "post_only_mode"), (GTD, 0, None), (FAK, 119.9, "post_only_mode"), (FAK, 120, None)],
)
def test_after_a_restart_only_post_only_orders_are_taken(
    order_type: OrderType, after_s: float, code: str | None
) -> None:
    refusal = judge(
        make_intent(Side.SELL, "10", "0.51", order_type=order_type),
        now=START + timedelta(seconds=after_s),
        window=START + timedelta(seconds=120),
    )
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(
    "market",
    [
        make_market(closed=True),
        make_market(accepting_orders=False),
        make_market(payouts=("1", "0")),
    ],
)
def test_a_market_that_is_over_takes_no_orders(market: Market) -> None:
    assert refused(judge(make_intent(), market=market)) == "market_not_ready"


def test_a_token_of_another_market_is_refused() -> None:
    assert refused(judge(make_intent(token_id="999"))) == "unknown_token"


@pytest.mark.parametrize(
    ("ends_after_s", "judged_after_s", "code"),
    [
        (120, 0, None),
        (119, 0, "invalid_expiration"),
        (120, 1, None),
        (120, 120, "invalid_expiration"),
    ],
)
def test_a_gtd_must_be_made_to_rest_for_two_minutes(
    ends_after_s: int, judged_after_s: int, code: str | None
) -> None:
    # The end that is sent is a minute later, and must be three minutes off.
    intent = make_intent(
        Side.BUY, "10", "0.50", order_type=GTD, expires_at=START + timedelta(seconds=ends_after_s)
    )
    refusal = judge(intent, now=START + timedelta(seconds=judged_after_s))
    assert (refusal and refusal.code) == code


def test_a_gtd_needs_an_end_and_a_fak_has_none() -> None:
    endless = replace(make_intent(order_type=GTD), expires_at=None)
    assert refused(judge(endless)) == "invalid_expiration"
    ending = make_intent(expires_at=START + timedelta(hours=1))
    assert refused(judge(ending)) == "invalid_expiration"


@pytest.mark.parametrize(
    ("usd", "code"),
    # 10 * .54 = 5.4 and a fee of 10 * .04 * .2484 = .09936
    [("5.499360", None), ("5.499359", "not_enough_balance")],
)
def test_a_buy_that_takes_needs_its_notional_and_the_fee(usd: str, code: str | None) -> None:
    refusal = judge(make_intent(Side.BUY, "10", "0.54"), usd=usd)
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(("usd", "code"), [("5.3", None), ("5.299999", "not_enough_balance")])
def test_a_buy_that_rests_needs_its_notional_only(usd: str, code: str | None) -> None:
    refusal = judge(make_intent(Side.BUY, "10", "0.53", order_type=GTD), usd=usd)
    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(("shares", "code"), [("10", None), ("9.99", "not_enough_balance")])
def test_a_sell_needs_its_shares(shares: str, code: str | None) -> None:
    refusal = judge(make_intent(Side.SELL, "10", "0.50"), shares=shares, usd="0")
    assert (refusal and refusal.code) == code


def test_a_missing_balance_is_told_in_the_venues_words() -> None:
    refusal = judge(make_intent(Side.SELL, "10", "0.50"), shares="9.99")
    assert refusal is not None
    assert refusal.detail == (
        "not enough balance / allowance: the balance is not enough -> "
        "balance: 9990000, order amount: 10000000"
    )


def test_a_crossing_gtd_needs_the_fee_too() -> None:
    intent = make_intent(Side.BUY, "10", "0.54", order_type=GTD, post_only=False)
    standing = Standing(
        market=MARKET,
        book=BOOK,
        now=START,
        free_usd=Usd(Decimal(0)),
        free_shares=Shares(Decimal(0)),
    )
    assert needed_usd(intent, standing) == Decimal("5.49936")

"""From a planned trade to an order the venue takes: tick, size, minimum, money."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.fees import taker_fee_e6
from bot.core.hedge import Trade
from bot.core.orders import Wish, client_order_id, make_intent, say_bargain, size_step_e6
from bot.model.decision import Reason
from bot.model.orders import OrderIntent, OrderType, Purpose, Side
from bot.model.units import ZERO_USD, TokenId, UsdEst, to_e6
from tests.core.builders import EVENT
from tests.fakes import START, YES, make_market

ANY = Decimal("Infinity")


def make_wish(
    *,
    shares: float = 100.0,
    limit: float = 0.2,
    last: float | None = None,
    side: Side = Side.BUY,
    order_type: OrderType = OrderType.FAK,
    tick: str = "0.01",
    fee_rate: str = "0.04",
) -> Wish:
    last = limit if last is None else last
    return Wish(
        event=EVENT,
        market=make_market(tick=tick, fee_rate=fee_rate),
        token_id=TokenId(YES),
        side=side,
        purpose=Purpose.OPEN if side is Side.BUY else Purpose.CLOSE,
        trade=Trade(shares, last, limit, -shares * last, 2.0, 10.0, "target"),
        cycle=7,
        order_type=order_type,
        expires_at=START if order_type is OrderType.GTD else None,
    )


def made(wish: Wish, *, most_usd: str | Decimal = ANY) -> OrderIntent:
    intent = make_intent(wish, most_usd=Decimal(most_usd))
    assert isinstance(intent, OrderIntent), intent
    return intent


def refused(wish: Wish, *, most_usd: str | Decimal = ANY) -> Reason:
    reason = make_intent(wish, most_usd=Decimal(most_usd))
    assert isinstance(reason, Reason)
    return reason


@pytest.mark.parametrize(
    ("side", "limit", "tick", "expected"),
    [
        (Side.BUY, 0.2099, "0.01", "0.20"),
        (Side.BUY, 0.21, "0.01", "0.21"),
        (Side.BUY, 0.2099, "0.001", "0.209"),
        (Side.BUY, 1.0, "0.01", "0.99"),
        (Side.SELL, 0.2001, "0.01", "0.21"),
        (Side.SELL, 0.20, "0.01", "0.20"),
        (Side.SELL, 0.0, "0.01", "0.01"),
        (Side.SELL, 0.9999, "0.01", "0.99"),
    ],
)
def test_a_limit_is_rounded_to_the_tick_in_our_favour(
    side: Side, limit: float, tick: str, expected: str
) -> None:
    wish = make_wish(side=side, limit=limit, tick=tick, shares=1_000)

    assert made(wish).limit == Decimal(expected)


def test_a_buy_below_the_smallest_price_has_no_price() -> None:
    reason = refused(make_wish(limit=0.0099, shares=1_000))

    assert reason.code == "NO_PRICE"
    assert reason.text == "a limit of 0.0099 USD leaves no price on the tick of 0.01"


@pytest.mark.parametrize(
    ("limit_e6", "order_type", "side", "step"),
    [
        (200_000, OrderType.FAK, Side.BUY, 50_000),
        (220_000, OrderType.FAK, Side.BUY, 500_000),
        (230_000, OrderType.FOK, Side.BUY, 1_000_000),
        (237_000, OrderType.FAK, Side.BUY, 10_000_000),
        (230_000, OrderType.FAK, Side.SELL, 10_000),
        (230_000, OrderType.GTD, Side.BUY, 10_000),
    ],
)
def test_sizes_step_so_that_a_purchase_is_whole_cents(
    limit_e6: int, order_type: OrderType, side: Side, step: int
) -> None:
    assert size_step_e6(limit_e6, order_type, side) == step


def test_size_is_rounded_down() -> None:
    assert made(make_wish(shares=100.99, limit=0.23)).size == Decimal(100)
    assert made(make_wish(shares=100.999, side=Side.SELL)).size == Decimal("100.99")


def test_an_order_carries_its_part_of_benefit_and_cost() -> None:
    intent = made(make_wish(shares=100.0), most_usd="10.10")

    assert intent.size == Decimal("48.9")
    assert intent.benefit_usd_est == pytest.approx(4.89)
    assert intent.cost_usd_est == pytest.approx(0.978)


@pytest.mark.parametrize(
    ("purpose", "cost", "said"),
    [
        (Purpose.ADD, 4.0, "benefit 10.00, cost 4.00 USD, ratio 2.5"),
        (Purpose.ADD, -1.0, "benefit 10.00, cost -1.00 USD, no ratio"),
        (Purpose.ADD, 0.004, "benefit 10.00, cost 0.00 USD, no ratio"),
        (Purpose.CLOSE, 4.0, "benefit not weighed: the reason to hold is gone, cost 4.00 USD"),
    ],
)
def test_an_order_says_what_it_brings_and_costs(purpose: Purpose, cost: float, said: str) -> None:
    order = made(make_wish())
    told = replace(order, purpose=purpose, benefit_usd_est=UsdEst(10.0), cost_usd_est=UsdEst(cost))

    assert say_bargain(told) == said


def test_a_resting_order_is_post_only_pays_no_fee_and_has_an_end() -> None:
    intent = made(make_wish(order_type=OrderType.GTD))

    assert intent.post_only
    assert intent.fee_usd == ZERO_USD
    assert intent.expires_at == START


def test_an_order_that_takes_reserves_the_dearest_fee_up_to_its_limit() -> None:
    below, above = made(make_wish(limit=0.2)), made(make_wish(limit=0.7))
    sale = made(make_wish(limit=0.2, side=Side.SELL))

    assert below.fee_usd == Decimal("0.64")  # HEDGING section 9, vector 23
    assert above.fee_usd == Decimal("1.00")  # at 50c
    assert sale.fee_usd == Decimal("1.00")


def test_a_resting_order_needs_no_money_for_a_fee() -> None:
    wish = make_wish(order_type=OrderType.GTD)

    assert made(wish, most_usd="20.01").size == Decimal(100)


def test_a_fee_that_is_rounded_up_stays_within_the_money() -> None:
    # 101 shares at 1c: 1.01 USD and a fee of 0.039996 USD, charged as 0.04.
    wish = make_wish(limit=0.01, shares=101.0)

    assert made(wish, most_usd="1.05").fee_usd == Decimal("0.04")
    assert made(wish, most_usd="1.049996").size == Decimal(100)


def test_money_that_binds_lowers_the_limit_to_the_deepest_level_first() -> None:
    wish = make_wish(limit=0.30, last=0.20)

    assert made(wish).limit == Decimal("0.30")
    assert made(wish, most_usd="21").limit == Decimal("0.20")
    assert made(wish, most_usd="21").size == Decimal(100)


def test_a_deepest_level_below_the_tick_keeps_the_limit() -> None:
    wish = make_wish(limit=0.02, last=0.004, shares=1_000.0)

    assert made(wish, most_usd="15").limit == Decimal("0.02")


@pytest.mark.parametrize("most", ["0", "-5", "0.99"])
def test_without_money_there_is_no_order(most: str) -> None:
    assert refused(make_wish(), most_usd=most).code == "BELOW_MINIMUM"


def test_an_order_that_takes_needs_a_dollar_at_the_price_shown() -> None:
    # At its limit it would be 1.20 USD, but the book asks 9c.
    reason = refused(make_wish(shares=10.0, limit=0.12, last=0.09))

    assert reason.text == (
        "10.00 shares at 9.0c are 0.90 USD after rounding; the venue's smallest order that takes"
        " is 1 USD"
    )


def test_an_order_that_the_money_cuts_below_a_dollar_says_what_is_left() -> None:
    assert refused(make_wish(shares=500.0, limit=0.2), most_usd="1").text == (
        "4.80 shares at 20.0c are 0.96 USD after rounding; the venue's smallest order that takes"
        " is 1 USD"
    )


def test_a_sale_needs_a_dollar_at_its_limit() -> None:
    assert refused(make_wish(shares=9.99, limit=0.1, side=Side.SELL)).code == "BELOW_MINIMUM"
    assert made(make_wish(shares=10.0, limit=0.1, side=Side.SELL)).size == Decimal(10)


def test_a_resting_order_needs_the_smallest_size_of_its_market() -> None:
    assert refused(make_wish(shares=4.99, order_type=OrderType.GTD)).text == (
        "4.99 shares; the venue's smallest resting order is 5 shares"
    )
    assert made(make_wish(shares=5.0, order_type=OrderType.GTD)).size == Decimal(5)


def test_a_market_without_a_minimum_takes_no_empty_order() -> None:
    wish = make_wish(shares=0.001, order_type=OrderType.GTD)
    wish = replace(wish, market=make_market(minimum_shares="0"))

    assert refused(wish).code == "BELOW_MINIMUM"


def test_the_same_intent_has_the_same_id_and_no_other() -> None:
    ids = {
        client_order_id(cycle, TokenId(token), side)
        for cycle in (1, 2)
        for token in ("1", "2")
        for side in Side
    }

    assert len(ids) == 8
    assert client_order_id(7, TokenId(YES), Side.BUY) == made(make_wish()).client_order_id


@given(
    shares=st.floats(0.01, 1e6),
    limit=st.floats(0.001, 0.999),
    part=st.floats(0.1, 1.0),
    side=st.sampled_from(Side),
    order_type=st.sampled_from((OrderType.FAK, OrderType.GTD)),
    tick=st.sampled_from(("0.01", "0.005", "0.001", "0.0001")),
    fee_rate=st.sampled_from(("0", "0.03", "0.04", "0.07")),
    most=st.decimals(min_value=0, max_value=5_000, places=6),
)
def test_every_order_is_one_the_venue_takes_and_we_can_pay(
    *,
    shares: float,
    limit: float,
    part: float,
    side: Side,
    order_type: OrderType,
    tick: str,
    fee_rate: str,
    most: Decimal,
) -> None:
    wish = make_wish(
        shares=shares,
        limit=limit,
        last=limit * part if side is Side.BUY else limit,
        side=side,
        order_type=order_type,
        tick=tick,
        fee_rate=fee_rate,
    )

    intent = make_intent(wish, most_usd=most)

    if isinstance(intent, Reason):
        assert intent.code in {"NO_PRICE", "BELOW_MINIMUM"}
        return
    assert intent.limit % Decimal(tick) == 0
    assert 0 < intent.limit < 1
    assert intent.size % Decimal("0.01") == 0
    assert 0 < intent.size <= Decimal(shares) + Decimal("0.000001")
    if side is Side.BUY:
        assert float(intent.limit) <= limit + 1e-9
        assert intent.notional_usd + intent.fee_usd <= most
        fee_at_limit = taker_fee_e6(to_e6(intent.size), to_e6(intent.limit), wish.market.fee)
        if order_type is OrderType.FAK:
            assert intent.notional_usd % Decimal("0.01") == 0
            assert to_e6(intent.fee_usd) >= fee_at_limit
    if order_type is OrderType.GTD:
        assert intent.size >= wish.market.minimum_shares
    else:
        assert intent.notional_usd >= 1

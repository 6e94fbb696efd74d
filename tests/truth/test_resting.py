"""What is believed of an order that rests while others trade with it and the market changes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.engine import act
from bot.model.orders import LiveOrder, OrderIntent, OrderStatus, OrderType, Purpose, Side
from bot.model.units import ClientOrderId, Price, Shares
from bot.sandbox.faults import Fate, Fault, Silence
from tests.truth.stage import RESTING, Stage

pytestmark = pytest.mark.chain


@pytest.fixture
def strategy() -> str:
    return RESTING


async def rest(stage: Stage) -> LiveOrder:
    """Let the hedge rest; return its order."""
    await stage.cycle()
    order = stage.only_order()
    assert order.status is OrderStatus.OPEN, stage.events("order.rejected")
    assert [one.order_id for one in stage.resting()] == [order.order_id]
    return order


async def withdraw(stage: Stage) -> None:
    """Let the probability change, so that what rests is cancelled before the next plan."""
    stage.show_at(40)
    await stage.cycle()


async def send_another(stage: Stage, order: LiveOrder, *, limit: str, size: str) -> LiveOrder:
    """Let a second order of ours rest on the same side, as if decided on."""
    intent = OrderIntent(
        client_order_id=ClientOrderId("another"),
        event=order.event,
        condition_id=order.condition_id,
        token_id=order.token_id,
        side=Side.BUY,
        size=Shares(Decimal(size)),
        limit=Price(Decimal(limit)),
        order_type=OrderType.GTD,
        purpose=Purpose.OPEN,
        post_only=True,
        expires_at=order.expires_at,
    )
    assert not await act._send(stage.daemon.ports, intent, cycle=1)
    return stage.ledger.orders()[-1]


async def test_a_resting_order_fills_in_parts_and_each_is_counted_once(stage: Stage) -> None:
    order = await rest(stage)
    for part in ("7", "11.5", "0.03"):
        stage.meet({order.order_id: part})
        await stage.cycle()
    await stage.cycles(60)
    assert stage.held() == Decimal("18.53")
    assert stage.only_order().status is OrderStatus.OPEN
    assert {fill.fee_usd for fill in stage.ledger.fills()} == {0}
    assert len(stage.posted) == 1


@pytest.mark.parametrize("sells", [True, False], ids=["same-token", "yes-meets-no"])
async def test_two_own_orders_in_one_trade_are_two_fills_at_their_own_prices(
    stage: Stage, sells: bool
) -> None:
    first = await rest(stage)
    second = await send_another(stage, first, limit="0.20", size="50")
    stage.meet({first.order_id: "10", second.order_id: "20"}, sells=sells)
    await stage.cycle()
    await stage.cycles(60)
    fills = {fill.order_id: fill for fill in stage.ledger.fills()}
    assert len({fill.trade_id for fill in fills.values()}) == 1
    assert [(fills[one.order_id].price, fills[one.order_id].size) for one in (first, second)] == [
        (first.limit, Shares(Decimal(10))),
        (Price(Decimal("0.20")), Shares(Decimal(20))),
    ]
    assert stage.held() == 30


async def test_a_buyer_of_the_other_outcome_meets_our_buy(stage: Stage) -> None:
    order = await rest(stage)
    trade = stage.meet({order.order_id: "20"}, sells=False)
    assert trade.taker.order.token_id != order.token_id
    await stage.cycle()
    await stage.cycles(60)
    (fill,) = stage.ledger.fills()
    assert (fill.token_id, fill.side, fill.price) == (stage.yes, Side.BUY, order.limit)
    assert fill.is_maker
    assert stage.held() == 20


async def test_a_resting_order_whose_reply_was_lost_in_a_crash_is_found_resting(
    stage: Stage,
) -> None:
    stage.sandbox.faults.add(Fault.HANG, path="/clob/order", method="POST", times=1, after=True)
    await stage.jump(15)
    stage.begin_cycle()
    await stage.until(lambda: bool(stage.resting()))
    await stage.restart()
    await stage.cycle()
    order = stage.only_order()
    assert order.status is OrderStatus.OPEN
    stage.meet({order.order_id: "20"})
    await stage.cycles(60)
    assert stage.held() == 20
    assert len(stage.posted) == 1


async def test_a_part_whose_settlement_fails_is_given_back_and_the_rest_rests_on(
    stage: Stage,
) -> None:
    order = await rest(stage)
    stage.meet({order.order_id: "20"})
    await stage.cycle()
    stage.sandbox.faults.fates.append(Fate.RETRY_FAIL)
    stage.meet({order.order_id: "30"})
    await stage.cycle()
    await stage.cycles(120)
    assert stage.held() == 20
    assert [one.order_id for one in stage.resting()] == [order.order_id]
    assert stage.only_order().status is OrderStatus.OPEN


async def test_trade_messages_that_come_twice_count_once(stage: Stage) -> None:
    order = await rest(stage)
    await stage.until(lambda: bool(stage.sandbox.user_channel.subscribed))
    stage.sandbox.faults.user.repeat_messages = 1000
    stage.sandbox.faults.odd_shapes = True
    stage.sandbox.faults.fates.append(Fate.HOLD)
    stage.meet({order.order_id: "20"})
    await stage.cycle()
    await stage.sandbox.settle()
    await stage.cycles(60)
    assert [fill.size for fill in stage.ledger.fills()] == [20]
    assert stage.held() == 20


async def test_fills_are_found_while_the_user_channel_is_silent_for_an_hour(stage: Stage) -> None:
    order = await rest(stage)
    await stage.until(lambda: bool(stage.sandbox.user_channel.subscribed))
    stage.sandbox.faults.user.silence = Silence.PONG_ONLY
    for part in range(20):
        if part in (1, 18):
            stage.meet({order.order_id: "10"})
        await stage.cycle(180)
    assert stage.held() == 20
    assert stage.only_order().status is OrderStatus.OPEN


async def test_a_fill_that_races_its_cancel_is_kept(stage: Stage) -> None:
    order = await rest(stage)
    stage.sandbox.faults.cancel_races.append(12_500_000)
    await withdraw(stage)
    await stage.calm()
    withdrawn = stage.ledger.order(order.order_id)
    assert withdrawn is not None
    assert (withdrawn.status, withdrawn.filled) == (OrderStatus.CANCELLED, Decimal("12.5"))
    assert [fill.size for fill in stage.ledger.fills() if fill.order_id == order.order_id] == [
        Decimal("12.5")
    ]


async def test_an_order_that_fills_whole_before_its_cancel_is_filled(stage: Stage) -> None:
    order = await rest(stage)
    stage.sandbox.faults.cancel_races.append(10**12)
    await withdraw(stage)
    await stage.calm()
    assert stage.orders() == [(OrderStatus.FILLED, order.size)]
    assert stage.held() == order.size
    assert len(stage.posted) == 1


async def test_a_cancel_without_an_answer_frees_nothing_before_the_venue_shows_it(
    stage: Stage,
) -> None:
    await rest(stage)
    stage.sandbox.faults.add(Fault.STATUS, path="/clob/order", method="DELETE", times=3)
    await withdraw(stage)
    assert stage.only_order().status is OrderStatus.OPEN
    await stage.cycles(300)
    assert stage.orders()[0] == (OrderStatus.CANCELLED, Decimal(0))


@pytest.mark.parametrize("tick", ["0.001", "0.1"], ids=["finer", "coarser"])
async def test_a_tick_that_changes_under_a_resting_order_changes_only_the_next(
    stage: Stage, tick: str
) -> None:
    order = await rest(stage)
    stage.change(tick=Price(Decimal(tick)))
    await stage.cycle(60)
    stage.meet({order.order_id: "10"})
    await stage.cycles(30)
    assert stage.orders() == [(OrderStatus.OPEN, Decimal(10))]
    await withdraw(stage)
    await stage.calm()
    first, *later = stage.ledger.orders()
    assert (first.status, first.filled) == (OrderStatus.CANCELLED, Decimal(10))
    assert len(later) == 1
    assert later[0].limit % Decimal(tick) == 0
    assert later[0].status is not OrderStatus.REJECTED

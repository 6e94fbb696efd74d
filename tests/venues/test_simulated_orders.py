"""Resting orders at the simulated venue: queue, both tokens, how they end, and restart."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.errors import SourceDown
from bot.model.market import Market, MarketChanged
from bot.model.orders import (
    Accepted,
    OrderStatus,
    Rejected,
    Side,
    TradeSettlement,
    Unknown,
)
from bot.model.units import Shares
from bot.venues.simulated import SimulatedStart
from tests.fakes import (
    NO,
    START,
    YES,
    make_book,
    make_intent,
    make_market,
)
from tests.venues.contract import owned
from tests.venues.simulated_world import FAK, GTD, START_WITH, World, live_order


@pytest.fixture
def world() -> World:
    return World()


async def test_a_resting_order_waits_behind_the_size_shown_before_it(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    world.data.trade(YES, "0.50", "45")
    assert await world.filled() == [("0.5", "5")]


async def test_a_trade_told_for_the_other_token_counts(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    world.data.trade(NO, "0.50", "45")
    assert await world.filled() == [("0.5", "5")]


async def test_one_trade_told_for_both_tokens_counts_once(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    world.data.trade(YES, "0.50", "30")
    world.data.trade(NO, "0.50", "30")
    assert await world.filled() == []
    world.data.trade(NO, "0.50", "30")
    assert await world.filled() == [("0.5", "20")]


async def test_an_order_for_no_rests_on_the_same_ladder(world: World) -> None:
    await world.show()
    # A bid for NO at .46 is an ask for YES at .54, behind 30.
    await world.rest(Side.BUY, "20", "0.46", token_id=NO)
    world.data.trade(YES, "0.54", "32")
    assert await world.filled() == [("0.46", "2")]
    balances = await world.venue.balances()
    assert owned(balances) == {YES: 100, NO: 2}
    assert balances.cash_usd == Decimal("999.08")


async def test_without_trades_it_fills_when_the_price_trades_through(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    await world.show(bids=[("0.48", "10")], asks=[("0.50", "100")])
    assert await world.filled() == []
    await world.show(bids=[("0.48", "10")], asks=[("0.49", "12")])
    assert await world.filled() == [("0.5", "12")]


async def test_a_crossed_book_fills_nothing(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    await world.show(bids=[("0.50", "40")], asks=[("0.49", "12")])
    assert await world.filled() == []


async def test_events_of_other_markets_change_nothing(world: World) -> None:
    await world.show()
    await world.rest()
    world.data.emit(make_book("999", asks=[("0.01", "9")]))
    world.data.change(make_market(condition_id="0x" + "dd" * 32, closed=True))
    assert len(await world.venue.open_orders()) == 1


async def test_a_gtd_that_crosses_takes_first_and_rests_the_rest(world: World) -> None:
    await world.show()
    result = await world.send(make_intent(Side.BUY, "50", "0.54", order_type=GTD, post_only=False))
    assert isinstance(result, Accepted)
    assert (result.resting, result.detail) == (True, "matched 30 of 50 shares")
    (order,) = await world.venue.open_orders()
    assert order.filled == 30


async def test_a_filled_order_cannot_be_cancelled(world: World) -> None:
    await world.show()
    accepted = await world.rest(Side.BUY, "20", "0.51")
    world.data.trade(YES, "0.51", "20")
    answer = await world.venue.cancel(accepted.order_id)
    assert (answer.cancelled, answer.detail) == (False, "Order already matched")


async def test_an_order_can_fill_while_its_cancel_travels(world: World) -> None:
    await world.show()
    accepted = await world.rest(Side.BUY, "20", "0.51")
    world.data.emit_at(
        world.now() + timedelta(seconds=0.1),
        make_book(
            bids=[("0.48", "1")], asks=[("0.50", "5")], at=world.now() + timedelta(seconds=0.1)
        ),
    )
    assert (await world.venue.cancel(accepted.order_id)).cancelled
    assert await world.filled() == [("0.51", "5")]


async def test_a_gtd_ends_at_its_time(world: World) -> None:
    await world.show()
    accepted = await world.rest()
    world.clock.advance(599.75)
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(accepted.order_id)
    assert (answer.cancelled, answer.detail) == (False, "CANCELED_EXPIRED_ORDER")


async def test_a_trade_after_the_end_of_an_order_is_not_its_fill(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.51")
    world.clock.advance(600)
    world.data.trade(YES, "0.51", "100")
    assert await world.filled() == []


async def test_a_new_tick_cancels_orders_off_it() -> None:
    world = World(market=make_market(tick="0.001"))
    await world.show()
    off = await world.rest(Side.BUY, "20", "0.505")
    on = await world.rest(Side.BUY, "20", "0.51")
    world.data.change(make_market(tick="0.01"))
    assert [order.order_id for order in await world.venue.open_orders()] == [on.order_id]
    answer = await world.venue.cancel(off.order_id)
    assert answer.detail == "CANCELED_TICK_SIZE_CHANGED"


@pytest.mark.parametrize(
    "change",
    [
        make_market(closed=True),
        make_market(accepting_orders=False),
        make_market(payouts=("0", "1")),
    ],
)
async def test_the_end_of_a_market_ends_its_orders(world: World, change: Market) -> None:
    await world.show()
    accepted = await world.rest()
    world.data.emit(MarketChanged(market=change, at=world.now()))
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(accepted.order_id)
    assert answer.detail == "CANCELED_MARKET_RESOLVED"


async def test_in_the_window_after_a_restart_nothing_takes(world: World) -> None:
    await world.show()
    world.venue.open_post_only_window(until=START + timedelta(seconds=120))
    result = await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert isinstance(result, Rejected)
    assert result.code == "post_only_mode"
    await world.rest()
    world.clock.set(START + timedelta(seconds=120))
    await world.show()
    assert isinstance(await world.send(make_intent(Side.BUY, "10", "0.54")), Accepted)


async def test_open_orders_go_on_at_the_back_of_the_queue() -> None:
    start = replace(START_WITH, orders=(live_order("0xa"),))
    world = World(start=start)
    (order,) = await world.venue.open_orders()
    assert order.order_id == "0xa"
    assert order.filled == 5
    world.data.trade(YES, "0.50", "900")
    await world.show()
    assert await world.filled() == []
    world.data.trade(YES, "0.50", "90")
    assert await world.filled() == [("0.5", "15")]
    assert await world.venue.open_orders() == ()


async def test_only_open_gtd_orders_go_on() -> None:
    orders = (
        live_order("0xa", status=OrderStatus.SUBMITTING),
        live_order("0xb", status=OrderStatus.UNKNOWN),
        live_order("0xc", order_type=FAK),
    )
    world = World(start=replace(START_WITH, orders=orders))
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(orders[0].order_id)
    assert (answer.cancelled, answer.detail) == (False, "Order not found or already canceled")


async def test_an_order_of_a_silent_market_goes_on_and_reserves_and_can_be_cancelled() -> None:
    world = World(
        start=replace(START_WITH, orders=(live_order("0xa", size=Shares(Decimal(1900))),))
    )
    world.data.broken = SourceDown("no answer")
    assert len(await world.venue.open_orders()) == 1
    assert (await world.venue.cancel(live_order("0xa").order_id)).cancelled
    assert await world.venue.open_orders() == ()


async def test_an_order_of_a_silent_market_ends_at_its_time() -> None:
    world = World(start=replace(START_WITH, orders=(live_order("0xa"),)))
    world.data.broken = SourceDown("no answer")
    world.clock.advance(600)
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(live_order("0xa").order_id)
    assert answer.detail == "CANCELED_EXPIRED_ORDER"


async def test_unsettled_fills_settle_after_a_restart(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    unsettled = await world.venue.fills(since=START)
    balances = await world.venue.balances()
    again = world.reopen(
        SimulatedStart(cash_usd=balances.cash_usd, shares=balances.shares, unsettled=unsettled)
    )
    assert [fill.settlement for fill in await again.fills(since=START)] == [TradeSettlement.MATCHED]
    asked_at = world.now()
    await world.settle()
    (fill,) = await again.fills(since=asked_at)
    assert fill.settlement is TradeSettlement.CONFIRMED
    assert await again.balances() == balances


async def test_trade_ids_differ_after_a_restart() -> None:
    trade_ids = set()
    world = World()
    for _ in range(3):
        world.reopen(replace(START_WITH, orders=(live_order("0xa"),)))
        await world.venue.open_orders()
        await world.show()
        world.clock.advance(1)
        world.data.trade(YES, "0.50", "90")
        (fill,) = await world.venue.fills(since=world.now())
        trade_ids.add(fill.trade_id)
    assert len(trade_ids) == 3


async def test_a_known_order_sent_again_is_neither_taken_nor_refused(world: World) -> None:
    await world.show()
    prepared = await world.venue.prepare(make_intent(Side.BUY, "10", "0.54"))
    await world.venue.submit(prepared)
    world.reopen(replace(START_WITH, orders=(live_order(prepared.order_id),)))
    result = await world.venue.submit(prepared)
    assert isinstance(result, Unknown)
    assert result.detail == f"order {prepared.order_id} is invalid. Duplicated."


async def test_a_clock_set_back_hides_no_change(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    asked_at = world.now()
    world.clock.set(START - timedelta(hours=1))
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54", client_order_id="c2"))
    assert len(await world.venue.fills(since=asked_at)) == 2

"""What is believed of an order whose answer says nothing: never sent again, never forgotten."""

from __future__ import annotations

import pytest

from bot.model.orders import OrderStatus
from bot.sandbox.faults import Fault, Unmatched
from tests.truth.stage import Stage

pytestmark = pytest.mark.chain

ORDER = "/clob/order"
RETRY_S = 900.0
"""After this a plan that its orders did not complete is made again."""


def go_wrong(stage: Stage, fault: Fault, *, after: bool, status: int = 500, text: str = "") -> None:
    """Let the answer to the next order go wrong; ``after``: the order itself is taken."""
    stage.sandbox.faults.add(
        fault, path=ORDER, method="POST", times=1, after=after, status=status, text=text
    )


def check_unknown(stage: Stage) -> None:
    """The fate of the only order is not known, and nothing else is sent meanwhile."""
    assert [status for status, _ in stage.orders()] == [OrderStatus.UNKNOWN]
    assert [order.status for order in stage.comparison.sought] == [OrderStatus.UNKNOWN]
    assert len(stage.posted) == 1


async def check_filled_once(stage: Stage) -> None:
    await stage.calm()
    order = stage.only_order()
    assert (order.status, order.filled) == (OrderStatus.FILLED, order.size)
    assert stage.held() == order.size
    assert len(stage.posted) == 1


async def check_dead_and_bought_anew(stage: Stage) -> None:
    await stage.cycles(105)
    check_unknown(stage)
    assert stage.held() == 0
    await stage.cycles(30)
    assert stage.only_order().status is OrderStatus.DEAD
    await stage.jump(RETRY_S)
    await stage.cycle()
    await stage.calm()
    assert [status for status, _ in stage.orders()] == [OrderStatus.DEAD, OrderStatus.FILLED]
    assert len(stage.posted) == 2
    assert stage.held() == stage.ledger.orders()[1].size


async def test_a_timed_out_order_that_filled_is_found_and_not_sent_again(stage: Stage) -> None:
    go_wrong(stage, Fault.HANG, after=True)
    began = stage.clock.monotonic()
    await stage.cycle(0)
    assert (
        stage.clock.monotonic() - began < 8
    )  # request_timeout is 3 s; left alone the client waits 10 s
    assert len(stage.events("order.unknown")) == 1
    await check_filled_once(stage)


async def test_a_timed_out_order_that_never_arrived_is_dead_before_another_is_sent(
    stage: Stage,
) -> None:
    go_wrong(stage, Fault.HANG, after=False)
    await stage.cycle()
    await check_dead_and_bought_anew(stage)


async def test_an_order_called_timed_out_may_have_filled(stage: Stage) -> None:
    go_wrong(stage, Fault.STATUS, after=True, text="order timed out")
    await stage.cycle()
    assert len(stage.events("order.unknown")) == 1
    await check_filled_once(stage)


async def test_an_order_called_timed_out_that_did_not_fill_is_dead_before_another_is_sent(
    stage: Stage,
) -> None:
    go_wrong(stage, Fault.STATUS, after=False, text="order timed out")
    await stage.cycle()
    await check_dead_and_bought_anew(stage)


async def test_an_order_that_arrives_after_it_was_declared_dead_lives_again(stage: Stage) -> None:
    go_wrong(stage, Fault.HANG, after=False)
    await stage.cycle()
    await stage.cycles(150)
    assert stage.only_order().status is OrderStatus.DEAD
    await stage.deliver(0)
    await check_filled_once(stage)


async def test_a_daemon_killed_before_an_accepted_orders_reply_finds_its_fills(
    stage: Stage,
) -> None:
    go_wrong(stage, Fault.HANG, after=True)
    await stage.jump(15)
    stage.begin_cycle()
    await stage.until(lambda: bool(stage.sandbox.records.trades))
    await stage.restart()
    assert stage.only_order().status is OrderStatus.SUBMITTING
    await check_filled_once(stage)


async def test_a_daemon_killed_while_its_order_is_lost_does_not_send_it_again(
    stage: Stage,
) -> None:
    go_wrong(stage, Fault.HANG, after=False)
    await stage.jump(15)
    stage.begin_cycle()
    await stage.until(lambda: len(stage.posted) == 1)
    await stage.restart()
    assert stage.only_order().status is OrderStatus.SUBMITTING
    await check_dead_and_bought_anew(stage)


async def test_a_success_without_an_id_and_with_a_reason_is_a_refusal(stage: Stage) -> None:
    go_wrong(stage, Fault.EMPTY_ID, after=False, text="the market is not yet ready")
    await stage.cycle()
    await stage.cycle()
    assert stage.only_order().status is OrderStatus.REJECTED
    assert len(stage.events("order.rejected")) == 1
    await stage.jump(RETRY_S)
    await stage.cycle()
    await stage.calm()
    assert [status for status, _ in stage.orders()] == [OrderStatus.REJECTED, OrderStatus.FILLED]
    assert len(stage.posted) == 2


async def test_a_success_without_an_id_and_without_a_reason_is_unknown(stage: Stage) -> None:
    go_wrong(stage, Fault.EMPTY_ID, after=False, text="")
    await stage.cycle()
    await check_dead_and_bought_anew(stage)


async def test_an_unmatched_order_that_was_placed_is_taken_back(stage: Stage) -> None:
    stage.sandbox.faults.unmatched = Unmatched.PLACED
    await stage.cycle()
    stage.sandbox.faults.unmatched = Unmatched.NEVER
    assert len(stage.events("order.unknown")) == 1
    assert len(stage.sandbox.records.orders) == 1
    assert stage.resting() == []
    await stage.calm()
    await stage.cycles(180)
    assert stage.only_order().status is OrderStatus.CANCELLED
    assert len(stage.posted) == 1


async def test_an_unmatched_order_that_is_gone_is_dead_before_another_is_sent(
    stage: Stage,
) -> None:
    stage.sandbox.faults.unmatched = Unmatched.GONE
    await stage.cycle()
    stage.sandbox.faults.unmatched = Unmatched.NEVER
    await check_dead_and_bought_anew(stage)


async def test_a_fill_before_the_reply_is_counted_once(stage: Stage) -> None:
    go_wrong(stage, Fault.LATE, after=True)
    await stage.jump(15)
    await stage.until(lambda: bool(stage.sandbox.user_channel.subscribed))
    stage.woken.clear()
    cycle = stage.begin_cycle()
    await stage.until(lambda: bool(stage.sandbox.records.trades))
    await stage.sandbox.settle()
    await stage.until(stage.woken.is_set)
    assert stage.only_order().status is OrderStatus.SUBMITTING
    stage.sandbox.faults.let_go()
    await cycle
    assert len(stage.ledger.fills()) == len(stage.sandbox.records.trades)
    await check_filled_once(stage)

"""A read of our own money or orders that fails: nothing is sent and nothing is concluded."""

from __future__ import annotations

import pytest

from bot.model.orders import OrderStatus
from bot.sandbox.faults import Fault
from tests.truth.stage import Stage

pytestmark = pytest.mark.chain

POSITIONS, ORDERS, TRADES, NODE = (
    "/data/v2/positions",
    "/clob/data/orders",
    "/clob/data/trades",
    "/rpc",
)
OWN = pytest.mark.parametrize(
    "path", [POSITIONS, ORDERS, TRADES, NODE], ids=["positions", "orders", "trades", "chain"]
)
WRONG = (
    *((POSITIONS, fault) for fault in (Fault.STATUS, Fault.DROP, Fault.CUT, Fault.NULL)),
    *((path, Fault.STATUS) for path in (ORDERS, TRADES, NODE)),
)


async def fail(stage: Stage, path: str, fault: Fault, *, cycles: int, every: float = 15) -> None:
    """Let reads under a path fail for some cycles; each must end there."""
    stage.sandbox.faults.add(fault, path=path)
    for _ in range(cycles):
        result = await stage.cycle(every)
        assert result.skipped
        assert result.decision is None
    stage.sandbox.faults.clear()


@pytest.mark.parametrize(("path", "fault"), WRONG)
async def test_nothing_is_traded_before_our_own_state_can_be_read(
    stage: Stage, path: str, fault: Fault
) -> None:
    await fail(stage, path, fault, cycles=1)
    assert stage.posted == []
    await stage.cycle()
    await stage.calm()
    assert stage.only_order().status is OrderStatus.FILLED


@OWN
async def test_a_hedge_is_not_believed_gone_while_reads_fail(stage: Stage, path: str) -> None:
    await stage.cycle()
    await stage.calm()
    size = stage.held()
    stage.show_at(6)  # it would be sold
    await fail(stage, path, Fault.STATUS, cycles=3)
    assert stage.held() == size
    assert len(stage.posted) == 1
    await stage.cycle()
    await stage.calm()
    assert stage.held() == 0
    assert len(stage.posted) == 2


@pytest.mark.parametrize("path", [ORDERS, TRADES], ids=["orders", "trades"])
async def test_reads_that_failed_do_not_declare_an_order_dead(stage: Stage, path: str) -> None:
    stage.sandbox.faults.add(Fault.STATUS, path="/clob/order", method="POST", times=1, status=500)
    await stage.cycle()
    await fail(stage, path, Fault.STATUS, cycles=4, every=60)
    await stage.cycle()
    assert stage.only_order().status is OrderStatus.UNKNOWN
    await stage.cycles(75)
    assert stage.only_order().status is OrderStatus.DEAD

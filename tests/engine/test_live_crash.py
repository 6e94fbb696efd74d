"""A crash at every await at a venue that lags, loses answers and settles late: nothing is lost."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.model.orders import TradeSettlement
from bot.model.strategy import Execution, ExecutionStyle
from bot.strategy import Changes
from tests.engine.live_world import SOON, LiveWorld
from tests.engine.test_cycle import SECOND
from tests.engine.world import Crash, make_strategy
from tests.fakes import make_market

CYCLES = 26
AFTERWARDS = 40
"""Cycles in which everything becomes final."""
ACTS = ("submit", "cancel", "redeem", "transfers")
RETRIED = (
    TradeSettlement.MATCHED,
    TradeSettlement.MINED,
    TradeSettlement.RETRYING,
    TradeSettlement.MINED,
    TradeSettlement.CONFIRMED,
)


def make_world(folder: Path) -> LiveWorld:
    """Two events: one takes, one rests first."""
    folder.mkdir(exist_ok=True)
    rests = Execution(style=ExecutionStyle.REST_THEN_TAKE, rest_for=timedelta(minutes=4))
    resting = replace(
        make_strategy(event="recession", execution=rests, digest="d2"),
        market=replace(make_strategy().market, slug="recession"),
        path="strategies/recession.yaml",
        text="strategy: recession",
    )
    world = LiveWorld(
        folder,
        strategies=(make_strategy(), resting),
        markets=(make_market(), SECOND),
        budget_usd="9000",
    )
    world.live.redeems_show_after_s = 20.0
    return world


def happen(world: LiveWorld, number: int) -> None:
    """What the outside does before each cycle."""
    world.show("101")
    world.show("201")
    resting = [order_id for order_id in world.live.resting if order_id in world.live.sent]
    if number in (2, 5) and resting:
        world.live.steps = RETRIED
        world.live.hit(resting[0], "50")
    if number == 7:
        world.live.move("0xdeposit", (None, "250"))
    if number == 9:
        world.live.move("0xgift", ("101", "33"))
    if number == 12:
        won = make_market(closed=True, accepting_orders=False, payouts=("1", "0"))
        world.market_data.change(won)
    if number == 15:
        world.live.redeems_fail = 1
    if number == 20:
        world.strategies.changes = Changes(
            strategies=(), removed=world.strategies.changes.strategies
        )


async def live(world: LiveWorld, *, crash_at: int | None = None, after: bool = True) -> int:
    """Live through it all; return how many calls were made. A crash is followed by a restart."""
    world.wire.crash_at, world.wire.crash_after = crash_at, after
    for number in range(CYCLES + AFTERWARDS):
        happen(world, number)
        try:
            await world.cycle()
        except Crash:
            world.restart()
            await world.cycle()
        world.clock.advance(SOON)
    return world.wire.calls


def check(world: LiveWorld, where: str) -> None:
    try:
        world.agree()
        account = world.account()
        assert account.redeemable == (), "all is paid"
        assert world.ledger.fills_not_final() == ()
        assert [order.status for order in world.ledger.orders_without_end()] == []
        # A redeem takes the shares from outside along; what they paid came from outside too.
        left = sum(account.foreign.values(), Decimal(0))
        assert left == (0 if world.live.redeems else 33)
        assert world.ledger.totals().deposited_usd == 10_250 + 33 - left
    except AssertionError as error:
        error.add_note(where)
        raise


async def test_a_life_without_a_crash_ends_in_agreement(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    await live(world)
    check(world, "no crash")
    assert world.ledger.lifecycle_counts()["settled"] == 1
    assert world.live.redeems >= 1
    assert {fill.is_maker for fill in world.ledger.fills()} == {True, False}


@pytest.mark.simulation
@pytest.mark.parametrize("part", range(4))
async def test_no_crash_loses_a_fill_or_sends_an_order_twice(tmp_path: Path, part: int) -> None:
    whole = make_world(tmp_path / "whole")
    calls = await live(whole)
    log = whole.wire.log
    acts = {at for at, name in enumerate(log, 1) if name in ACTS[:3]}
    busy = [number for number, name in enumerate(log) if name == "read"][3]
    points = [
        (at, after)
        for at in range(1, calls + 1)
        for after in (True, False)
        if at <= busy or at % 25 == 0 or {at - 1, at, at + 1} & acts
    ]
    for at, after in points[part::4]:
        world = make_world(tmp_path / f"{at}-{after}")
        await live(world, crash_at=at, after=after)
        check(world, f"{'after' if after else 'before'} call {at}, {log[at - 1]}")
        world.ledger.close()
    whole.ledger.close()

"""What is believed of our orders and fills at a venue that lags, loses answers and settles late."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import InvariantError, VenueError
from bot.model.comparison import Explanation
from bot.model.orders import OrderStatus, Side, TradeSettlement
from bot.model.strategy import Execution, ExecutionStyle
from bot.model.units import OrderId
from bot.strategy import Changes
from tests.engine.live_venue import ORDINARY
from tests.engine.live_world import LiveWorld, make_live
from tests.engine.world import Failing, make_strategy
from tests.fakes import START

MATCHED, MINED, RETRYING = ORDINARY[0], ORDINARY[1], TradeSettlement.RETRYING
FAILED = TradeSettlement.FAILED


def make_resting(folder: Path) -> LiveWorld:
    rests = Execution(style=ExecutionStyle.REST_THEN_TAKE, rest_for=timedelta(minutes=20))
    return make_live(folder, strategies=(make_strategy(execution=rests),))


def status(world: LiveWorld) -> list[OrderStatus]:
    return [order.status for order in world.ledger.orders()]


async def test_a_hedge_is_bought_once_and_ledger_and_chain_agree(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    await world.run(300)
    assert status(world) == [OrderStatus.FILLED]
    assert world.journal() == ["external", "fill", "correction"]
    assert world.withheld() == []
    world.agree()


async def test_a_filled_order_that_nobody_shows_yet_keeps_its_token(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.trades_lag_s = 100.0
    await world.run(90)
    assert status(world) == [OrderStatus.OPEN]
    assert len(world.live.sent) == 1
    await world.run(300)
    assert status(world) == [OrderStatus.FILLED]
    world.agree()


async def test_an_accepted_order_that_did_nothing_ends_after_its_grace(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.matches = False
    await world.run(30)
    assert status(world) == [OrderStatus.OPEN]
    await world.run(30)
    assert status(world)[0] is OrderStatus.CANCELLED
    world.agree()


async def test_a_silent_authority_proves_nothing(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.orders_lost = True
    failing = Failing(world.live, ["is_executed"], VenueError("the node is down"))
    world.venue = failing
    world.engine = world._start()
    await world.run(300)
    assert status(world) == [OrderStatus.UNKNOWN]
    failing.names.clear()
    await world.run(30)
    assert status(world)[0] is OrderStatus.DEAD


async def test_an_order_whose_answer_was_lost_is_found_by_its_fills(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.answers_lost = True
    await world.run(120)
    assert status(world) == [OrderStatus.FILLED]
    world.agree()


async def test_an_order_that_never_arrived_is_dead_two_minutes_after_its_sending(
    tmp_path: Path,
) -> None:
    world = make_live(tmp_path)
    world.live.orders_lost = True
    await world.run(105)
    assert status(world) == [OrderStatus.UNKNOWN]
    comparison = world.ledger.comparison()
    assert comparison is not None
    (sought,) = comparison.sought
    assert (sought.sent_at, sought.looks > 3) == (START, True)
    assert sought.next_look_at == comparison.at + timedelta(seconds=15)
    await world.run(30)
    assert status(world)[0] is OrderStatus.DEAD


async def test_two_reads_are_too_few_however_long_ago(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.orders_lost = True
    await world.run(15)
    world.clock.advance(3600)
    world.show()
    await world.cycle()
    assert status(world) == [OrderStatus.UNKNOWN]


async def test_what_the_chain_shows_executed_is_never_dead(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.answers_lost = True
    world.live.trades_lag_s = 400.0
    world.live.move("0xearly", orders=("0x0001",))  # it is executed long before a trade shows it
    await world.run(390)
    assert status(world) == [OrderStatus.UNKNOWN]
    await world.run(120)
    assert status(world) == [OrderStatus.FILLED]
    world.agree()


async def test_a_fill_of_a_dead_order_opens_it_again(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.answers_lost = True
    world.live.trades_lag_s, world.live.mined_after_s = 400.0, 410.0
    await world.run(15)
    world.strategies.changes = Changes(strategies=())
    await world.run(150)
    assert status(world)[0] is OrderStatus.DEAD
    await world.run(300)
    first = world.ledger.order(world.live.sent[0])
    assert first is not None
    assert first.status is OrderStatus.FILLED
    world.agree()


@pytest.mark.parametrize(
    ("steps", "held"),
    [
        ((MATCHED, FAILED), False),
        ((MATCHED, MINED, FAILED), False),
        ((MATCHED, RETRYING, MINED, ORDINARY[2]), True),
        ((MATCHED, MINED, RETRYING, RETRYING, ORDINARY[2]), True),
    ],
    ids=["failed", "mined, then failed", "retried", "mined, then retried"],
)
async def test_a_fill_is_provisional_until_it_is_final(
    tmp_path: Path, steps: tuple[TradeSettlement, ...], held: bool
) -> None:
    world = make_live(tmp_path)
    world.live.steps = steps
    await world.run(15)
    world.strategies.changes = Changes(strategies=())
    await world.run(240)
    assert bool(world.account().positions) is held
    assert ("reversal" in world.journal()) is not held
    world.agree()


async def test_shares_that_the_chain_does_not_show_yet_can_be_sold(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.trades_lag_s = 0.0
    world.show()
    await world.cycle()
    assert world.live.figures()["shares"] == {}, "bought, and nowhere on the chain"
    comparison = world.ledger.comparison()
    assert comparison is not None
    assert {row.explanation for row in comparison.differences} == {Explanation.NOT_FINAL}
    assert comparison.stop == ""
    world.strategies.changes = Changes(strategies=(), removed=(make_strategy(),))
    world.clock.advance(5)
    world.show()
    await world.cycle()
    assert [order.side for order in world.ledger.orders()] == [Side.BUY, Side.SELL]
    await world.run(240)
    assert world.account().positions == ()
    world.agree()


async def test_a_trade_that_the_chain_shows_long_before_the_venue_is_waited_for(
    tmp_path: Path,
) -> None:
    world = make_live(tmp_path)
    await world.run(120)
    world.live.trades_lag_s = 500.0
    world.strategies.changes = Changes(strategies=(), removed=(make_strategy(),))
    await world.run(480)
    comparison = world.ledger.comparison()
    assert comparison is not None
    assert {row.explanation for row in comparison.differences} == {Explanation.NOT_FINAL}
    await world.run(60)
    assert world.account().positions == ()
    world.agree()


async def test_a_resting_order_that_is_hit_twice_in_one_trade_with_another(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    await world.run(15)
    (order_id,) = world.live.sent
    world.live.hit(order_id, "100", trade="t-shared")
    world.live.trades.append(
        replace(
            world.live.trades[0],
            fill=replace(world.live.trades[0].fill, order_id=OrderId("0xsomebody")),
        )
    )
    await world.run(120)
    assert world.account().positions[0].shares == Decimal(100)
    assert [fill.order_id for fill in world.ledger.fills()] == [order_id]
    told = [keys for keys in world.said("reconcile.mismatched") if "0xsomebody" in str(keys)]
    assert len(told) == 1
    world.agree()


async def test_a_cancel_that_races_a_fill_loses_nothing(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    await world.run(15)
    (order_id,) = world.live.sent
    world.live.trades_lag_s = 60.0
    world.live.hit(order_id, "100")
    world.strategies.changes = Changes(strategies=(), removed=())
    await world.engine.stop()
    assert status(world) == [OrderStatus.OPEN], "cancelled, but its fills may come"
    await world.run(300)
    assert status(world) == [OrderStatus.CANCELLED]
    assert world.account().positions[0].shares == Decimal(100)
    world.agree()


async def test_a_fill_that_comes_after_the_end_of_its_order_counts(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    await world.run(15)
    (order_id,) = world.live.sent
    world.strategies.changes = Changes(strategies=())
    world.live.trades_lag_s = 200.0
    world.live.hit(order_id, "100")
    world.live.chain[-1].at += timedelta(seconds=180)
    await world.engine.stop()
    await world.run(150)
    assert status(world) == [OrderStatus.CANCELLED]
    await world.run(300)
    assert status(world) == [OrderStatus.CANCELLED]
    assert "although it was cancelled" in str(
        list(world.ledger._db.query("SELECT detail FROM order_events"))
    )
    assert world.account().positions[0].shares == Decimal(100)
    world.agree()


async def test_a_strangers_order_stops_ours_and_is_left_alone(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    stranger = world.live.stranger()
    await world.run(60)
    assert world.live.sent == []
    assert "0xstranger" in world.withheld()[0]
    assert stranger.order_id in world.live.resting
    assert world.ledger.halted() == ""
    del world.live.resting[stranger.order_id]
    await world.run(15)
    assert len(world.live.sent) == 1


async def test_a_difference_that_lasts_halts_and_one_that_passes_does_not(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    await world.run(300)
    world.live.chain[0].undone = True  # what was there before the first block is never read again
    world.show()
    await world.cycle()
    comparison = world.ledger.comparison()
    assert comparison is not None
    assert "it is looked at again" in comparison.stop
    assert world.ledger.standing()["orders"].startswith("nothing is sent: the venue shows")
    world.live.chain[0].undone = False
    await world.run(60)
    world.agree()
    world.live.chain[0].undone = True
    with pytest.raises(InvariantError, match="USD of cash and the ledger"):
        await world.run(120)
    assert "USD of cash" in world.ledger.halted()


async def test_between_two_cycles_only_the_comparison_runs(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    await world.run(15)
    again = await world.engine.reconcile()
    assert again == world.clock.now() + timedelta(seconds=15)
    await world.run(300)
    decisions = world.ledger.decision_count()
    assert await world.engine.reconcile() is None
    assert world.ledger.decision_count() == decisions
    world.live.chain[0].undone = True

    async def look_for_a_minute() -> None:
        for _ in range(5):
            world.clock.advance(15)
            await world.engine.reconcile()

    with pytest.raises(InvariantError, match="USD of cash"):
        await look_for_a_minute()
    assert "USD of cash" in world.ledger.halted()

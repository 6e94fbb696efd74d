"""What the comparison with the venue concludes when things happen at awkward instants."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import VenueError
from bot.model.orders import OrderStatus, TradeSettlement
from bot.strategy import Changes
from tests.core.builders import REST
from tests.engine.test_cycle import SECOND, Lost, make_world, two_events
from tests.engine.world import Crash, World, make_strategy
from tests.fakes import Levels, make_market

LOWER: tuple[Levels, Levels] = ((("0.09", "100"),), (("0.10", "50000"),))
"""Bids and asks after the price has fallen through what rests at 11c."""


class Between:
    """A venue; ``happens`` is called just before one read of it, once."""

    def __init__(self, venue: Any, name: str, happens: Any) -> None:
        self._venue = venue
        self._name = name
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        if name == self._name and self._happens is not None:
            happens, self._happens = self._happens, None
            happens()
        return getattr(self._venue, name)


def make_resting(folder: Path, **named: Any) -> World:
    return make_world(folder, strategies=(make_strategy(execution=REST),), **named)


def resolve(world: World, yes: str = "1", no: str = "0") -> None:
    world.market_data.change(make_market(closed=True, accepting_orders=False, payouts=(yes, no)))


async def test_a_market_that_resolves_before_a_buy_has_settled_is_paid_when_it_has(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    resolve(world)
    world.clock.advance(1)
    await world.cycle()
    (position,) = world.ledger.account(world.clock.now()).positions
    world.clock.advance(60)
    await world.cycle()
    account = world.ledger.account(world.clock.now())
    assert account.positions == ()
    assert account.cash_usd == 10_000 - position.cost_usd + position.shares
    assert world.ledger.halted() == ""


async def test_a_buy_that_fails_after_its_market_resolved_is_taken_back_and_not_paid(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path, settlement_failures=1.0)
    world.show()
    await world.cycle()
    resolve(world)
    for wait_s in (1, 60, 60):
        world.clock.advance(wait_s)
        await world.cycle()
    account = world.ledger.account(world.clock.now())
    assert account.positions == ()
    assert account.cash_usd == 10_000
    assert "settled" not in world.ledger.lifecycle_counts()


async def test_a_fill_between_two_reads_is_no_contradiction(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    world.show()
    await world.cycle()
    bids, asks = LOWER
    world.venue = Between(world.venue, "balances", lambda: world.show(bids=bids, asks=asks))
    world.engine = world._start()
    world.clock.advance(10)
    await world.cycle()
    assert world.ledger.account(world.clock.now()).positions[0].shares > 0
    assert world.ledger.halted() == ""


async def test_an_order_that_is_shown_again_counts_again(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    world.show()
    await world.cycle()
    (order,) = world.ledger.orders_without_end()

    class Blind:
        """A venue that forgets to show an order, once."""

        def __init__(self, venue: Any) -> None:
            self._venue = venue
            self.looks = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._venue, name)

        async def open_orders(self) -> Any:
            self.looks += 1
            return () if self.looks == 1 else await self._venue.open_orders()

    world.venue = Blind(world.venue)
    world.engine = world._start()
    world.clock.advance(60)
    world.show()
    await world.cycle()
    ended = world.ledger.order(order.order_id)
    assert ended is not None
    assert ended.status is OrderStatus.CANCELLED
    world.clock.advance(60)
    world.show()
    await world.cycle()
    assert [live.order_id for live in world.ledger.orders_without_end()] == [order.order_id]
    assert world.ledger.account(world.clock.now()).orders[0].reserved_usd > 0


async def test_a_fill_first_seen_when_it_had_failed_opened_nothing(tmp_path: Path) -> None:
    world = make_resting(tmp_path, settlement_failures=1.0)
    world.show()
    await world.cycle()
    world.clock.advance(10)
    bids, asks = LOWER
    world.show(bids=bids, asks=asks)
    await world.venue.balances()
    world.clock.advance(100)
    await world.venue.balances()
    world.show()
    await world.cycle()
    assert {fill.settlement for fill in world.ledger.fills()} == {TradeSettlement.FAILED}
    assert "opened" not in world.ledger.lifecycle_counts()


def break_the_books(world: World) -> None:
    world.venue._wallet._cash_e6 -= 1_000_000


def report_nowhere(world: World, *names: str) -> None:
    def report(event: str, **_: Any) -> None:
        if event in names:
            raise BrokenPipeError(f"nobody reads {event}")

    world.report = report  # type: ignore[method-assign]
    world.engine = world._start()


async def test_a_halt_is_on_disk_though_it_cannot_be_reported(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    break_the_books(world)
    report_nowhere(world, "invariant.broken")
    with pytest.raises(BrokenPipeError):
        await world.cycle()
    assert "USD of cash" in world.ledger.halted()


async def test_an_unexpected_error_halts_though_it_cannot_be_reported(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.fail("prepare", error=KeyError("surprise"))
    report_nowhere(world, "cycle.skipped")
    world.show()
    with pytest.raises(BrokenPipeError):
        await world.cycle()
    assert world.ledger.halted().startswith("unexpected KeyError")


async def test_books_that_contradict_at_the_stop_leave_a_halt(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    world.show()
    await world.cycle()
    break_the_books(world)
    await world.engine.stop()
    assert "USD of cash" in world.ledger.halted()


async def test_an_order_of_somebody_else_stops_ours_until_it_is_gone(tmp_path: Path) -> None:
    world = make_resting(tmp_path)
    world.show()
    await world.cycle()
    desk = next(iter(world.venue._floor._desks.values()))
    resting = next(iter(desk._resting.values()))
    strange = replace(resting.order, order_id="0xstranger", expires_at=None)
    desk._resting[strange.order_id] = replace(resting, order=strange, place=None)
    world.clock.advance(1500)
    for _ in range(3):
        world.clock.advance(60)
        world.show()
        await world.cycle()
    assert "0xstranger, which this ledger never sent" in world.ledger.standing()["orders"]
    assert len(world.ledger.orders()) == 1, "nothing is sent"
    assert strange.order_id in desk._resting, "it is not ours to cancel"
    assert world.ledger.halted() == ""
    assert len(world.said("reconcile.mismatched")) == 1, "told once"
    del desk._resting[strange.order_id]
    world.clock.advance(60)
    world.show()
    await world.cycle()
    assert len(world.ledger.orders()) == 2
    assert "orders" not in world.ledger.standing()


async def test_what_an_error_cuts_off_is_on_record_as_withheld(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.fail("prepare", error=VenueError("the signer is busy"))
    world.show()
    await world.cycle()
    assert withheld(world) == ["the signer is busy"]


async def test_what_the_deadline_cuts_off_is_on_record_as_withheld(tmp_path: Path) -> None:
    world = make_world(
        tmp_path, strategies=two_events(), markets=(make_market(), SECOND), budget_usd="9000"
    )

    class Hangs:
        """A venue that never signs the second order."""

        def __init__(self, venue: Any) -> None:
            self._venue = venue
            self.prepared = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._venue, name)

        async def prepare(self, intent: Any) -> Any:
            self.prepared += 1
            if self.prepared == 2:
                await asyncio.Event().wait()
            return await self._venue.prepare(intent)

    world.venue = Hangs(world.venue)
    terms = replace(world.terms(), deadline=timedelta(milliseconds=100))
    world.terms = lambda: terms  # type: ignore[method-assign]
    world.engine = world._start()
    world.show("101")
    world.show("201")
    assert "deadline" in (await world.cycle()).skipped
    assert len(world.ledger.orders()) == 1
    assert withheld(world) == ["the cycle took longer than its deadline"]


def withheld(world: World) -> list[str]:
    return [row["reason"] for row in world.ledger._db.query("SELECT reason FROM withheld")]


async def test_what_a_sale_brings_frees_premium_only_when_it_has_settled(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    spent = world.ledger.account(world.clock.now()).premium_used_usd
    world.clock.advance(60)
    world.strategies.changes = Changes(strategies=(), removed=(make_strategy(),))
    world.show()
    await world.cycle()
    account = world.ledger.account(world.clock.now())
    assert account.positions == ()
    assert account.premium_used_usd == spent
    world.clock.advance(60)
    await world.cycle()
    assert 0 < world.ledger.account(world.clock.now()).premium_used_usd < spent


@pytest.mark.parametrize("takes", [True, False], ids=["arrived", "lost"])
async def test_an_order_cut_off_by_the_deadline_is_followed_up_and_not_sent_again(
    tmp_path: Path, *, takes: bool
) -> None:
    world = make_world(tmp_path)

    class Hangs:
        """A venue whose answers never come."""

        def __init__(self, venue: Any) -> None:
            self._venue = venue
            self.sent = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._venue, name)

        async def submit(self, prepared: Any) -> Any:
            self.sent += 1
            if takes:
                await self._venue.submit(prepared)
            await asyncio.Event().wait()

    world.venue = hangs = Hangs(world.venue)
    terms = replace(world.terms(), deadline=timedelta(milliseconds=50))
    world.terms = lambda: terms  # type: ignore[method-assign]
    world.engine = world._start()
    world.show()
    assert "deadline" in (await world.cycle()).skipped
    for _ in range(5):
        world.clock.advance(60)
        world.show()
        await world.cycle()
    (order,) = world.ledger.orders()
    assert order.status is (OrderStatus.FILLED if takes else OrderStatus.DEAD)
    assert hangs.sent == 1


async def test_orders_decided_on_a_view_that_got_old_are_withheld(tmp_path: Path) -> None:
    world = make_world(
        tmp_path, strategies=two_events(), markets=(make_market(), SECOND), budget_usd="9000"
    )
    world.show("101")
    world.show("201")
    world.venue = Between(world.venue, "submit", lambda: world.clock.advance(31))
    world.engine = world._start()
    result = await world.cycle()
    assert result.decision is not None
    assert len(result.decision.approved) == 2
    assert len(world.ledger.orders()) == 1


async def test_an_order_of_unknown_fate_withholds_the_rest_of_its_cycle(tmp_path: Path) -> None:
    world = make_world(
        tmp_path, strategies=two_events(), markets=(make_market(), SECOND), budget_usd="9000"
    )
    world.show("101")
    world.show("201")
    world.venue = lost = Lost(world.venue, takes=False)
    world.engine = world._start()
    result = await world.cycle()
    assert result.decision is not None
    assert len(result.decision.approved) == 2
    assert len(lost.sent) == 1


async def test_an_order_decided_but_never_sent_is_planned_at_once_after_a_crash(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    world.show()

    def dies(_: object) -> None:
        raise Crash("after the decision is on disk, before its order leaves")

    world.engine._decided = dies
    with pytest.raises(Crash):
        await world.cycle()
    assert world.ledger.orders() == ()
    world.restart()
    world.clock.advance(10)
    world.show()
    await world.cycle()
    assert len(world.ledger.orders()) == 1

"""A roll of which one leg filled and the other did not, with a restart between: it is completed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.orders import Rejected, Side, Unknown
from bot.model.rule import Sizing
from bot.model.strategy import MarketRef, RollRule, SeriesOf
from tests.core.builders import All, Cover
from tests.engine.world import ASKS, BIDS, Crash, World, make_strategy
from tests.fakes import START, Levels, make_market

OLD, NEXT = "101", "201"
OLD_BIDS: Levels = (("0.05", "90000"), ("0.04", "90000"))
OLD_ASKS: Levels = (("0.06", "90000"), ("0.07", "90000"))
SIZINGS = pytest.mark.parametrize("sizing", [Cover(), All()], ids=["alone", "jointly"])


class Spoils:
    """A venue at which orders of one side come to nothing, or are not heard of."""

    def __init__(self, venue: Any, side: Side, *, is_heard: bool = True) -> None:
        self._venue = venue
        self._side = side
        self._is_heard = is_heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, prepared: Any) -> Any:
        if prepared.intent.side is not self._side:
            return await self._venue.submit(prepared)
        if self._is_heard:
            return Rejected(code="not_now", detail="none of these")
        await self._venue.submit(prepared)
        return Unknown(detail="no answer")


async def hold_the_old(folder: Path, sizing: Sizing) -> World:
    """Return a world that holds the nearer deadline, on the day on which its roll is due."""
    strategy = replace(
        make_strategy(sizing=sizing, digest="roll"),
        market=MarketRef(series="fed", match="raise"),
        roll=RollRule(before_end=timedelta(days=7), series_of=SeriesOf.DEADLINES),
        horizon=timedelta(days=90),
    )
    old = make_market(series_slug="fed", ends_at=START + timedelta(days=10))
    new = make_market(
        condition_id="0x" + "c2" * 32,
        token_ids=(NEXT, "202"),
        slug="fed-hike-jan",
        series_slug="fed",
        ends_at=START + timedelta(days=40),
    )
    world = World(folder, strategies=(strategy,), markets=(old, new))
    world.show(OLD, bids=OLD_BIDS, asks=OLD_ASKS)  # the other has no book yet
    await world.cycle()
    assert set(held(world)) == {OLD}
    world.clock.advance(timedelta(days=4).total_seconds())
    show(world)
    return world


def show(world: World) -> None:
    world.show(OLD, bids=OLD_BIDS, asks=OLD_ASKS)
    world.show(NEXT, bids=BIDS, asks=ASKS)


def held(world: World) -> dict[str, float]:
    positions = world.ledger.account(world.clock.now()).positions
    return {position.token_id: float(position.shares) for position in positions}


def use(world: World, venue: Any) -> None:
    world.venue = venue
    world.restart()


async def go_on(world: World) -> None:
    """Look for half a day, every three hours."""
    for _ in range(4):
        world.clock.advance(3 * 3600)
        show(world)
        await world.cycle()


def assert_rolled(world: World) -> None:
    """Only the new leg is held, nothing is on its way, and the books add up."""
    assert set(held(world)) == {NEXT}
    assert world.ledger.orders_without_end() == ()
    assert world.ledger.totals().gap_usd == 0
    assert world.ledger.halted() == ""
    sold = [fill for fill in world.ledger.fills() if fill.side is Side.SELL]
    bought = [f for f in world.ledger.fills() if f.side is Side.BUY and f.token_id == OLD]
    assert sum(fill.size for fill in sold) == sum(fill.size for fill in bought)


@SIZINGS
@pytest.mark.parametrize(
    ("spoiled", "first"), [(Side.BUY, set[str]()), (Side.SELL, {OLD, NEXT})], ids=["sold", "bought"]
)
async def test_a_roll_with_one_leg_is_completed_after_a_restart(
    tmp_path: Path, sizing: Sizing, spoiled: Side, first: set[str]
) -> None:
    world = await hold_the_old(tmp_path, sizing)
    venue = world.venue
    use(world, Spoils(venue, spoiled))

    result = await world.cycle()
    assert result.decision is not None
    out, into = result.decision.approved
    assert out.unit == into.unit != ""
    assert set(held(world)) == first
    use(world, venue)
    await go_on(world)

    assert_rolled(world)


@SIZINGS
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
async def test_a_leg_that_was_not_heard_of_is_waited_for_and_never_sent_again(
    tmp_path: Path, sizing: Sizing, side: Side
) -> None:
    world = await hold_the_old(tmp_path, sizing)
    venue = world.venue
    use(world, Spoils(venue, side, is_heard=False))

    await world.cycle()
    use(world, venue)
    await go_on(world)

    assert_rolled(world)
    assert len([f for f in world.ledger.fills() if f.side is Side.SELL]) == 1


@SIZINGS
@pytest.mark.parametrize("number", [1, 2], ids=["sale", "purchase"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_at_a_leg_is_made_good(
    tmp_path: Path, sizing: Sizing, number: int, *, after: bool
) -> None:
    world = await hold_the_old(tmp_path, sizing)
    world.venue = CrashAt(world.venue, number, after=after)
    world.restart()

    with pytest.raises(Crash):
        await world.cycle()
    use(world, world.venue.venue)
    await go_on(world)

    assert_rolled(world)


class CrashAt:
    """A venue at whose n-th order the daemon dies, before or after it took effect."""

    def __init__(self, venue: Any, number: int, *, after: bool) -> None:
        self.venue = venue
        self._left = number
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.venue, name)

    async def submit(self, prepared: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            if self._after:
                await self.venue.submit(prepared)
            raise Crash("in the middle of a roll")
        return await self.venue.submit(prepared)

"""A roll whose old leg could not be sold whole: the rest is sold once the new leg is held."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.orders import Rejected, Side
from bot.model.strategy import MarketRef, OnRemove, RollRule, SeriesOf
from bot.strategy import Changes
from tests.engine.test_cycle import make_world
from tests.engine.world import ASKS, BIDS, World, make_strategy
from tests.fakes import START, Levels, make_market

OLD_BIDS: Levels = (("0.05", "50000"), ("0.04", "90000"))
OLD_ASKS: Levels = (("0.06", "50000"), ("0.07", "90000"))
"""The old deadline's: it is the nearer one, and so the less likely."""
THIN: Levels = (("0.05", "100"), ("0.005", "90000"))
"""Bids for a part of the hedge; the others are no price."""


class NoSales:
    """A venue that refuses sales."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, prepared: Any) -> Any:
        if prepared.intent.side is Side.SELL:
            return Rejected(code="not_now", detail="no sales")
        return await self._venue.submit(prepared)


async def roll(folder: Path, *, bids: Levels, refuses: bool, asks: Levels = ASKS) -> World:
    """Return a world in which a roll has bought the new leg and left some of the old one."""
    strategy = replace(
        make_strategy(max_spread="0.02"),
        market=MarketRef(series="fed", match="raise"),
        roll=RollRule(before_end=timedelta(days=7), series_of=SeriesOf.DEADLINES),
        horizon=timedelta(days=90),
    )
    old = make_market(series_slug="fed", ends_at=START + timedelta(days=10))
    new = make_market(
        condition_id="0x" + "c2" * 32,
        token_ids=("201", "202"),
        slug="fed-hike-jan",
        series_slug="fed",
        ends_at=START + timedelta(days=40),
    )
    world = make_world(folder, strategies=(strategy,), markets=(old, new))
    world.show("101", bids=OLD_BIDS, asks=OLD_ASKS)  # the other has no book yet
    await world.cycle()
    world.clock.advance(timedelta(days=4).total_seconds())
    venue = world.venue
    if refuses:
        world.venue = NoSales(venue)
        world.engine = world._start()
    show(world, bids=bids, asks=asks)
    await world.cycle()
    world.venue = venue
    world.engine = world._start()
    assert set(held(world)) == {"101", "201"}
    return world


def show(world: World, *, bids: Levels = OLD_BIDS, asks: Levels = ASKS) -> None:
    """Show bids of the old market and asks of the new one."""
    world.show("101", bids=bids, asks=OLD_ASKS)
    world.show("201", bids=BIDS, asks=asks)


def held(world: World) -> dict[str, float]:
    positions = world.ledger.account(world.clock.now()).positions
    return {position.token_id: float(position.shares) for position in positions}


@pytest.mark.parametrize(
    ("bids", "refuses"), [(OLD_BIDS, True), (THIN, False)], ids=["refused", "few bids"]
)
async def test_the_rest_of_the_old_leg_is_sold_and_the_new_one_kept(
    tmp_path: Path, bids: Levels, *, refuses: bool
) -> None:
    world = await roll(tmp_path, bids=bids, refuses=refuses)
    new = held(world)["201"]
    for _ in range(3):
        world.clock.advance(3 * 3600)
        show(world)
        await world.cycle()
    assert held(world) == {"201": new}
    assert world.ledger.orders_without_end() == ()


async def test_an_old_leg_without_bids_waits_with_its_reason(tmp_path: Path) -> None:
    world = await roll(tmp_path, bids=OLD_BIDS, refuses=True)
    world.clock.advance(3 * 3600)
    show(world, bids=(("0.005", "90000"),))
    result = await world.cycle()
    assert result.decision is not None
    assert [reason.code for reason in result.decision.events[0].reasons][-1] == "EXIT_WAITS"
    assert set(held(world)) == {"101", "201"}


async def test_a_removed_strategy_that_holds_leaves_the_old_leg_too(tmp_path: Path) -> None:
    world = await roll(tmp_path, bids=OLD_BIDS, refuses=True)
    (strategy,) = world.strategies.changes.strategies
    kept = replace(strategy, on_remove=OnRemove.HOLD, digest="planned anew")
    world.strategies.changes = Changes(strategies=(), removed=(kept,))
    for _ in range(3):
        world.clock.advance(3 * 3600)
        show(world)
        await world.cycle()
    assert set(held(world)) == {"101", "201"}


async def test_the_old_leg_is_cover_until_the_new_one_is_held_as_planned(tmp_path: Path) -> None:
    scarce: Levels = (("0.12", "5000"),)
    world = await roll(tmp_path, bids=OLD_BIDS, refuses=True, asks=scarce)
    before = held(world)
    (strategy,) = world.strategies.changes.strategies
    world.strategies.changes = Changes(strategies=(replace(strategy, digest="planned anew"),))
    show(world, asks=scarce)
    await world.cycle()
    assert held(world)["101"] == before["101"]

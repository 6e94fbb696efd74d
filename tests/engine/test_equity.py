"""The daemon writes down once a day what all is worth, in every mode: a report needs it later."""

from pathlib import Path

from bot.errors import VenueError
from tests.engine.world import World
from tests.fakes import START


async def test_each_day_has_one_row_from_before_its_orders(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.show()
    for hours in (0.0, 1.0, 25.0):
        world.clock.advance(hours * 3600 - (world.clock.now() - START).total_seconds())
        world.show()
        await world.cycle()
    first, second = world.ledger.equity()
    assert (first.at.date(), second.at.date()) == (START.date(), world.clock.now().date())
    assert first.cost_usd == 0
    assert second.cost_usd > 0
    assert second.at_bid_usd_est is not None
    covered = dict(world.ledger.covers())[f"{second.at:%Y-%m-%d}"]
    assert covered.payout_usd_est > 0
    assert covered.exposure_usd_est > 0


async def test_a_day_without_a_decision_has_no_row(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.show()
    world.fail("balances", error=VenueError("no answer"))
    await world.cycle()
    assert world.ledger.equity() == ()

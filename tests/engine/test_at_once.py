"""A book that wakes a cycle is acted on before anything is read, if nothing is open; else after."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.decide import decide
from bot.engine.cycle import CycleResult
from bot.engine.lookout import Finding, Lookout
from bot.engine.reconcile import AGREED_FOR
from bot.errors import VenueError
from bot.model.orders import OrderStatus, Side
from bot.model.strategy import CloseRule
from tests.engine.live_world import LiveWorld, make_live
from tests.engine.world import Crash, Failing, make_strategy
from tests.fakes import Levels

CHEAP_BIDS: Levels = (("0.03", "50000"),)
CHEAP_ASKS: Levels = (("0.04", "50000"),)
READS = {"open_orders", "fills", "balances", "transfers", "find", "refresh", "read"}


class Scene:
    """A hedge that is held and settled, and a book at which it must be closed."""

    def __init__(self, folder: Path) -> None:
        closes = CloseRule(when_probability_below=0.06)
        self.world: LiveWorld = make_live(folder, strategies=(make_strategy(close=closes),))
        self.found: Finding | None = None

    async def hedge(self, seconds: float = 300) -> None:
        """Hold the hedge this long."""
        await self.world.run(seconds)
        self.world.show()
        last = await self.world.cycle()
        assert last.view is not None
        assert last.decision is not None
        self.found = Finding(last.view, last.decision)
        assert [order.side for order in self.world.ledger.orders()] == [Side.BUY]

    async def drop(self, *, after: timedelta = timedelta(seconds=1)) -> CycleResult:
        """Let the book fall, which wakes a cycle; what it calls is in ``calls`` afterwards."""
        self.world.clock.advance(after.total_seconds())
        self.world.show(bids=CHEAP_BIDS, asks=CHEAP_ASKS)
        self.world.wire.log.clear()
        return await self.world.engine.run_cycle(self.found)

    def look(self) -> Finding:
        """Let the book fall, and return what a look-out finds that saw it fall."""
        assert self.found is not None
        found: list[Finding] = []
        view = replace(self.found.view, cycle=self.found.view.cycle + 1)
        strategies = self.world.strategies.changes.strategies
        lookout = Lookout(view=view, strategies=strategies, found=found.append)
        self.world.clock.advance(1.0)
        self.world.show(bids=CHEAP_BIDS, asks=CHEAP_ASKS)
        quote = self.world.market_data.quote(view.events[0].markets[0].token_id)
        assert quote is not None
        lookout.hear(quote.book)
        self.world.wire.log.clear()
        return found[0]

    @property
    def calls(self) -> list[str]:
        return self.world.wire.log

    def acted_at_once(self) -> bool:
        """Whether nothing was read before the order left."""
        assert "submit" in self.calls
        return not READS.intersection(self.calls[: self.calls.index("submit")])


@pytest.fixture
async def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    await scene.hedge()
    return scene


async def test_an_order_leaves_at_once_and_everything_is_read_after_it(scene: Scene) -> None:
    result = await scene.drop()
    assert scene.acted_at_once()
    assert "balances" in scene.calls[scene.calls.index("submit") :]
    assert [order.side for order in scene.world.ledger.orders()] == [Side.BUY, Side.SELL]
    assert result.decision is not None
    assert result.decision.approved == ()
    await scene.world.run(300)
    scene.world.agree()


async def test_both_decisions_are_recorded_before_and_after_the_order(scene: Scene) -> None:
    result = await scene.drop()
    first, second = (
        scene.world.ledger.decision(cycle) for cycle in (result.cycle - 1, result.cycle)
    )
    assert [intent.side for intent in first.decision.approved] == [Side.SELL]
    assert second.decision.approved == ()
    assert first.strategies == second.strategies


async def test_a_fill_that_is_not_final_is_read_first(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.world.live.mined_after_s = 120.0
    scene.world.live.steps = scene.world.live.steps[:1]
    await scene.hedge(30)
    assert scene.world.ledger.fills_not_final()
    await scene.drop()
    assert scene.calls.index("open_orders") < scene.calls.index("submit")


async def test_an_old_comparison_is_made_again_first(scene: Scene) -> None:
    await scene.drop(after=AGREED_FOR + timedelta(seconds=1))
    assert not scene.acted_at_once()


async def test_a_comparison_that_failed_is_made_again_first(scene: Scene) -> None:
    world = scene.world
    refused = Failing(world.venue, ["balances"], VenueError("the chain did not answer"))
    world.engine._ports = world.engine._reconciler.ports = replace(
        world.engine._ports, venue=world.wire.around(refused)
    )
    assert (await world.cycle()).decision is None
    refused.names.clear()
    await scene.drop()
    assert not scene.acted_at_once()


async def test_nothing_leaves_at_once_while_halted(scene: Scene) -> None:
    scene.world.ledger.record_halt("by hand", scene.world.clock.now())
    await scene.drop()
    assert "submit" not in scene.calls
    assert "open_orders" in scene.calls


async def test_an_order_of_unknown_fate_is_not_followed_by_another(scene: Scene) -> None:
    scene.world.live.answers_lost = True
    await scene.drop()
    assert scene.acted_at_once()
    assert scene.calls.count("submit") == 1
    assert scene.world.ledger.orders()[-1].status is OrderStatus.UNKNOWN
    scene.world.live.answers_lost = False
    await scene.world.run(300)
    scene.world.agree()


async def test_what_a_crash_kept_from_leaving_is_due_after_the_restart(scene: Scene) -> None:
    world = scene.world
    world.wire.crash_at, world.wire.crash_after = world.wire.calls + 1, False
    with pytest.raises(Crash, match="prepare"):
        await scene.drop()
    assert [order.side for order in world.ledger.orders()] == [Side.BUY]
    world.restart()
    world.show(bids=CHEAP_BIDS, asks=CHEAP_ASKS)
    await world.cycle()
    assert [order.side for order in world.ledger.orders()] == [Side.BUY, Side.SELL]


async def test_what_a_lookout_decided_this_moment_is_not_decided_again(scene: Scene) -> None:
    found = scene.look()
    result = await scene.world.engine.run_cycle(found)
    recorded = scene.world.ledger.decision(result.cycle - 1)
    assert [intent.side for intent in recorded.decision.approved] == [Side.SELL]
    assert recorded.decision == found.decision
    assert recorded.view == found.view
    assert decide(found.view, scene.world.strategies.changes.strategies) == found.decision


@pytest.mark.parametrize("change", ["age", "book", "halt", "number"])
async def test_what_has_moved_since_the_lookout_is_decided_again(scene: Scene, change: str) -> None:
    found = scene.look()
    if change == "age":
        scene.world.clock.advance(1.1)
    elif change == "book":
        scene.world.show(bids=(("0.035", "50000"),), asks=CHEAP_ASKS)
    elif change == "halt":
        scene.world.ledger.record_halt("by hand", scene.world.clock.now())
    else:
        found = found._replace(view=replace(found.view, cycle=found.view.cycle + 1))
    result = await scene.world.engine.run_cycle(found)
    assert ("submit" in scene.calls) is (change != "halt")
    first = scene.world.ledger.decision(result.cycle - (change != "halt"))
    assert first.view != found.view

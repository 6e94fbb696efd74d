"""Strategy files edited, broken and removed while the daemon runs, and while it is down.

Real files, the practice market, the daemon as it is built for a user.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.app.build import Daemon, open_daemon
from bot.engine.cycle import CycleResult
from bot.model.decision import EventDecision, Verdict
from bot.model.view import Position
from tests.engine.kills import REPO, practice_settings

EVENT = "recession"
DAY = 12
"""Cycles of a day: ``check_every`` is two hours."""


class Desk:
    """A user at the desk: edits the file of one strategy and looks at what the daemon does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "strategies"
        self.folder.mkdir()
        self.file = self.folder / f"{EVENT}.yaml"
        shutil.copy(REPO / "strategies" / self.file.name, self.file)
        shutil.copy(REPO / "strategies" / "fed-hike.yaml", self.folder)
        settings = practice_settings(folder, seed=7)
        self.settings = replace(settings, strategies=self.folder)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._daemon: Daemon | None = None

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[None]:
        """Run the daemon until the end of the block."""

        def report(name: str, /, **keys: Any) -> None:
            self.events.append((name, keys))

        opened = open_daemon(self.settings, report=report, decided=lambda _: None)
        async with opened as self._daemon:
            yield

    async def cycle(self) -> EventDecision | None:
        """Run the next cycle; return what it says of the event, None if it says nothing."""
        assert self._daemon is not None
        clock: Any = self._daemon.ports.clock
        await clock.advance_to(clock.now() + self.settings.check_every)
        result: CycleResult = await self._daemon.engine.run_cycle()
        assert result.decision is not None, result.skipped
        mine = [event for event in result.decision.events if event.event == EVENT]
        return mine[0] if mine else None

    async def cycles(self, count: int) -> list[EventDecision]:
        """Run some cycles."""
        return [decision for _ in range(count) if (decision := await self.cycle()) is not None]

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert text.count(old) == 1
        self.file.write_text(text.replace(old, new))

    def held(self) -> tuple[Position, ...]:
        assert self._daemon is not None
        ports = self._daemon.ports
        positions = ports.ledger.account(ports.clock.now()).positions
        return tuple(position for position in positions if position.event == EVENT)

    def bought(self) -> int:
        """Return how many buys were sent for the event."""
        assert self._daemon is not None
        orders = self._daemon.ports.ledger.orders()
        return sum(order.event == EVENT and order.side == "buy" for order in orders)

    def amiss(self) -> dict[str, str]:
        assert self._daemon is not None
        return self._daemon.ports.ledger.standing()

    def told(self) -> list[tuple[str, str, str]]:
        """Return the edits that were logged: option, old, new."""
        return [
            (keys["option"], keys["old"], keys["new"])
            for name, keys in self.events
            if name == "strategy.loaded" and keys.get("risk_event") == EVENT
        ]


async def test_an_edit_is_logged_with_both_texts_and_takes_effect_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.daemon():
        await desk.cycles(3)
        desk.events.clear()
        desk.edit("max_order_usd: 200", "max_order_usd: 25")
        decision = await desk.cycle()
        assert desk.told() == [("limits.max_order_usd", "200", "25")]
        assert decision is not None
        assert [firing.trigger for firing in decision.firings] == ["strategy_changed"]
        desk.events.clear()
        await desk.cycles(5 * DAY)
        assert desk.told() == []
        assert desk._daemon is not None
        late = desk._daemon.ports.ledger.orders()[-1]
        assert late.event != EVENT or late.limit * late.size <= 25


async def test_a_broken_file_keeps_its_last_good_version_and_says_its_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.daemon():
        await desk.cycles(3)
        held = desk.held()
        assert held
        desk.edit("max_coverage: 90%", "max_coverge: 90")
        assert await desk.cycle() is not None
        line = desk.file.read_text().split("max_coverge")[0].count("\n") + 1
        assert f"{desk.file}:{line}: sizing.max_coverge" in desk.amiss()[str(desk.file)]
        assert "Did you mean 'max_coverage'?" in desk.amiss()[str(desk.file)]
        assert desk.held()[0].shares >= held[0].shares
        await desk.cycle()
        problems = [keys["problem"] for _, keys in desk.events if "problem" in keys]
        assert problems == [desk.amiss()[str(desk.file)]]
        desk.edit("max_coverge: 90", "max_coverage: 90%")
        await desk.cycle()
        assert str(desk.file) not in desk.amiss()


async def test_a_file_that_is_broken_at_the_start_keeps_its_last_good_version(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.edit("close:  {when", "on_remove: close\nclose:  {when")
    async with desk.daemon():
        await desk.cycles(3)
        held = desk.held()
        assert held
    desk.edit("sizing:\n  rule: coverage", "sizing:\n  rule: coverge")
    async with desk.daemon():
        for decision in await desk.cycles(DAY):
            assert decision.verdict not in (Verdict.CLOSE, Verdict.REDUCE), decision.reasons
        assert desk.held()[0].shares >= held[0].shares
        assert "coverge" in desk.amiss()[str(desk.file)]
        desk.file.unlink()
        await desk.cycles(DAY)
        assert desk.held() == ()


async def test_a_folder_that_cannot_be_read_at_the_start_closes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.edit("close:  {when", "on_remove: close\nclose:  {when")
    async with desk.daemon():
        await desk.cycles(3)
        held = desk.held()
    away = desk.folder.rename(tmp_path / "away")
    async with desk.daemon():
        await desk.cycles(DAY)
        assert desk.held()[0].shares >= held[0].shares
        assert "cannot be read" in desk.amiss()[str(desk.folder)]
        away.rename(desk.folder)
        await desk.cycle()
        assert str(desk.folder) not in desk.amiss()
        assert desk.held()[0].shares >= held[0].shares


async def test_a_removed_file_with_hold_stops_new_hedges_and_keeps_the_old(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.daemon():
        await desk.cycles(2)
        held, bought = desk.held(), desk.bought()
        desk.file.unlink()
        decision = await desk.cycle()
        assert decision is not None
        assert desk.told()[-1] == ("strategy", str(desk.file), "")
        await desk.cycles(4 * DAY)
        assert desk.held() == held
        assert desk.bought() == bought
        shutil.copy(REPO / "strategies" / desk.file.name, desk.file)
        await desk.cycles(DAY)
        assert desk.told()[-1] == ("strategy", "", str(desk.file))
        assert desk.held()[0].shares > held[0].shares


async def test_a_removed_file_with_close_sells_what_is_held(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.edit("close:  {when", "on_remove: close\nclose:  {when")
    async with desk.daemon():
        await desk.cycles(3)
        assert desk.held()
        desk.file.unlink()
        decision = await desk.cycle()
        assert decision is not None
        assert decision.reasons[0].text == f"{desk.file} was removed (on_remove: close)"
        bought = desk.bought()
        await desk.cycles(DAY)
        assert desk.held() == ()
        assert desk.bought() == bought


async def test_a_file_removed_while_the_daemon_was_down_is_removed_all_the_same(
    tmp_path: Path,
) -> None:
    for rule, kept in (("close", False), ("hold", True)):
        (tmp_path / rule).mkdir()
        desk = Desk(tmp_path / rule)
        desk.edit("close:  {when", f"on_remove: {rule}\nclose:  {{when")
        async with desk.daemon():
            await desk.cycles(2)
            assert desk.held()
        desk.file.unlink()
        async with desk.daemon():
            bought = desk.bought()
            await desk.cycles(DAY)
            assert bool(desk.held()) is kept
            assert desk.bought() == bought


async def test_a_removed_file_withdraws_what_rests(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.edit("close:  {when", "execution: {style: rest_then_take, rest_for: 3d}\nclose:  {when")
    async with desk.daemon():
        await desk.cycle()
        assert desk._daemon is not None
        ledger = desk._daemon.ports.ledger
        assert [order.event for order in ledger.orders_without_end()] == [EVENT]
        desk.file.unlink()
        await desk.cycle()
        assert ledger.orders_without_end() == ()
        bought = desk.bought()
        await desk.cycles(DAY)
        assert desk.bought() == bought


async def test_the_other_outcome_named_adverse_sells_the_old_one_first(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.daemon():
        await desk.cycles(3)
        (before,) = desk.held()
        desk.edit('adverse: "Yes"', 'adverse: "No"')
        decision = await desk.cycle()
        assert decision is not None
        assert decision.verdict is Verdict.CLOSE
        assert decision.reasons[0].code == "OTHER_SIDE"
        assert "names No as adverse, and what is held pays for Yes" in decision.reasons[0].text
        tokens = {before.token_id}
        for _ in range(DAY):
            await desk.cycle()
            tokens = {position.token_id for position in desk.held()}
            assert len(tokens) <= 1, "both outcomes are held at once"
        assert before.token_id not in tokens
        assert not [keys for name, keys in desk.events if name == "risk.denied"]


async def test_another_market_is_rolled_into_and_the_old_one_left(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.daemon():
        await desk.cycles(3)
        (before,) = desk.held()
        desk.edit("series: us-recession, outcome: Recession", "series: btc-price, outcome: 60")
        desk.edit("series_of: deadlines", "series_of: dates")
        (desk.folder / "fed-hike.yaml").unlink()
        decision = await desk.cycle()
        assert decision is not None
        said = " ".join(reason.text for reason in decision.reasons)
        assert "the strategy names another market now" in said
        assert desk.held()
        assert desk.held()[0].cost_usd <= before.cost_usd + Decimal(200)


async def test_impact_lines_that_contradict_each_other_never_come_into_force(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    good = desk.file.read_text()
    desk.edit("impact:\n", "impact:\n  region: {US: -1%}\n")
    contradicts = desk.file.read_text()
    async with desk.daemon():
        assert await desk.cycle() is None
        assert "impact.region.US says -1.00%" in desk.amiss()[str(desk.file)]
        desk.file.write_text(good)
        decision = await desk.cycle()
        assert decision is not None
        assert str(desk.file) not in desk.amiss()
        exposure = decision.exposure_usd_est
        desk.file.write_text(contradicts)
        decision = await desk.cycle()
        assert decision is not None
        assert decision.exposure_usd_est == exposure
        assert "impact.region.US says -1.00%" in desk.amiss()[str(desk.file)]
    async with desk.daemon():
        assert await desk.cycle() is not None  # the ledger remembers the good version

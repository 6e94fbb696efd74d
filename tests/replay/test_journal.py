"""What a run saw, kept in a journal and replayed, leads to the same decisions."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.build import Daemon, open_daemon
from bot.app.daemon import run_daemon
from bot.app.replay import replay
from bot.config import MarketDataName, Mode, Recorded, RecordedSource, Settings
from bot.engine.cycle import CycleResult
from bot.model.market import MarketEvent
from bot.model.units import ConditionId
from bot.venues.recorder import Recorder
from tests.replay.lives import settle_in
from tests.replay.rows import read_decisions

LASTING = timedelta(days=14)


class Scribe:
    """Writes to a journal what a daemon sees, as it sees it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[ConditionId] = set()
        self._daemon: Daemon | None = None
        self._recorder: Recorder | None = None

    def follow(self, daemon: Daemon) -> None:
        """Listen to the market data of a daemon that has not run yet."""
        self._daemon = daemon
        self._recorder = Recorder(folder=self._folder, clock=daemon.ports.clock, source="practice")
        daemon.ports.market_data.listen(self._tell)

    def _tell(self, event: MarketEvent) -> None:
        assert self._recorder is not None
        self._recorder.tell(event)

    def decided(self, result: CycleResult) -> None:
        """List markets at their first sight, and the books of this cycle as confirmed."""
        assert self._recorder is not None
        assert result.view is not None
        views = [view for event in result.view.events for view in event.markets]
        new = [view.market for view in views if view.market.condition_id not in self._known]
        self._known |= {market.condition_id for market in new}
        self._recorder.list_markets(new)
        self._recorder.confirm(view.quote for view in views if view.quote is not None)

    def close(self) -> None:
        """End the journal."""
        assert self._recorder is not None
        self._recorder.close()


async def live_with(scribe: Scribe, settings: Settings) -> None:
    async with open_daemon(
        settings, report=lambda name, **keys: None, decided=scribe.decided
    ) as daemon:
        scribe.follow(daemon)
        await run_daemon(daemon, lasting=LASTING)
    scribe.close()


@pytest.mark.simulation
def test_a_replayed_journal_decides_as_the_run_that_wrote_it(tmp_path: Path) -> None:
    settings = settle_in(tmp_path, seed=7)
    asyncio.run(live_with(Scribe(tmp_path / "journal"), settings))
    recorded = Recorded(
        source=RecordedSource.JOURNAL, path="journal", since=settings.practice.start
    )
    again = replace(
        settings,
        mode=Mode.REPLAY,
        market_data=MarketDataName.RECORDED,
        recorded=recorded,
        ledger=tmp_path / "again.db",
    )
    summary = asyncio.run(replay(again, report=lambda name, **keys: None, seen=lambda result: None))
    assert summary.gap_usd == 0
    lived, replayed = (
        {each.decision.cycle: each.decision_bytes for each in read_decisions(path)}
        for path in (settings.ledger, again.ledger)
    )
    assert len(lived) > 40
    assert summary.fills > 5
    assert {cycle: replayed.get(cycle) for cycle in lived} == lived

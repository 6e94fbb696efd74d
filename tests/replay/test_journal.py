"""What a run saw, kept in a journal and replayed, leads to the same decisions."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.build import open_daemon
from bot.app.daemon import run_daemon
from bot.app.replay import replay
from bot.config import MarketDataName, Mode, Recorded, RecordedSource, Settings
from tests.replay.lives import settle_in
from tests.replay.rows import read_decisions
from tests.replay.scribe import Scribe

LASTING = timedelta(days=14)


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
    asyncio.run(live_with(Scribe(tmp_path / "journal", source="practice"), settings))
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

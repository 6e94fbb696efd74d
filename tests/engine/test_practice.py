"""The first two minutes, on twenty seeds: a person sees a hedge opened, rolled, closed, settled
and refused. The clock is not paced here; forty days are what the example shows in two minutes."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.build import open_daemon
from bot.app.daemon import run_daemon
from bot.config import load_settings
from bot.engine.cycle import CycleResult
from bot.ledger import LedgerReader
from bot.model.portfolio import Holding, PortfolioSource, Tags

REPO = Path(__file__).resolve().parents[2]
DAYS = 40
SEEN = ("opened", "rolled", "closed", "settled", "refused")


def live(seed: int, folder: Path) -> dict[str, int]:
    """Run the example on one seed; return what happened how often."""
    settings = load_settings(REPO / "config.example.yaml", {})
    practice = settings.practice.model_copy(update={"seed": seed, "pace": timedelta(0)})
    ledger = folder / f"{seed}.db"
    settings = replace(settings, ledger=ledger, practice=practice)
    wrong: list[str] = []

    def report(name: str, /, **keys: Any) -> None:
        if name in ("cycle.skipped", "invariant.broken", "reconcile.mismatched", "risk.denied"):
            wrong.append(f"{name} {keys}")

    async def run() -> dict[str, int]:
        async with open_daemon(settings, report=report, decided=lambda result: None) as daemon:
            await run_daemon(daemon, lasting=timedelta(days=DAYS))
            return daemon.ports.ledger.lifecycle_counts()

    counts = asyncio.run(run())
    reader = LedgerReader.open(ledger)
    totals = reader.totals()
    reader.close()
    if wrong or totals.gap_usd != 0:
        raise AssertionError(f"seed {seed}: {wrong[:3]}, gap {totals.gap_usd} USD")
    return counts


@pytest.mark.simulation
def test_two_minutes_show_a_hedge_whole_life_on_at_least_18_of_20_seeds(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        counts = list(pool.map(live, range(1, 21), [tmp_path] * 20))
    whole = [all(found.get(kind, 0) for kind in SEEN) for found in counts]
    assert sum(whole) >= 18, dict(enumerate(counts, 1))


def test_the_example_is_paced_so_that_two_minutes_show_forty_days() -> None:
    practice = load_settings(REPO / "config.example.yaml", {}).practice
    assert practice.pace * 120 == timedelta(days=DAYS)


@pytest.mark.simulation
def test_a_500_usd_portfolio_hedges_or_says_which_minimum_stops_it(tmp_path: Path) -> None:
    settings = load_settings(REPO / "config.example.yaml", {})
    holdings = (
        Holding(
            symbol="QQQ",
            stated=Decimal(300),
            tags=Tags(sector="technology", asset_class="equity", cluster="growth"),
        ),
        Holding(
            symbol="BTC", stated=Decimal(200), tags=Tags(asset_class="crypto", cluster="crypto")
        ),
    )
    settings = replace(
        settings,
        ledger=tmp_path / "small.db",
        portfolio=PortfolioSource(holdings=holdings),
        practice=settings.practice.model_copy(update={"pace": timedelta(0)}),
        paper=settings.paper.model_copy(update={"cash_usd": Decimal(100)}),
    )
    refused: set[str] = set()

    def look(result: CycleResult) -> None:
        for event in result.decision.events if result.decision else ():
            refused.update(f"{reason.code}: {reason.text}" for reason in event.reasons)

    async def run() -> dict[str, int]:
        async with open_daemon(settings, report=lambda *_, **__: None, decided=look) as daemon:
            await run_daemon(daemon, lasting=timedelta(days=20))
            return daemon.ports.ledger.lifecycle_counts()

    assert asyncio.run(run())["opened"] >= 1
    below = [text for text in refused if text.startswith("BELOW_MINIMUM")]
    assert any("the venue's smallest order that takes is 1 USD" in text for text in below)

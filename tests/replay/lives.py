"""Thirty days of practice: undisturbed, and with all that can happen to a daemon in between."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.app.build import open_daemon
from bot.app.daemon import run_daemon
from bot.config import Settings, load_settings
from bot.engine.cycle import CycleResult

REPO = Path(__file__).resolve().parents[2]
DAYS = 30


class Killed(BaseException):
    """The process ends here, as by a power cut."""


def live_quietly(folder: Path, seed: int) -> Settings:
    """Run the example for thirty days; return its settings."""
    settings = settle_in(folder, seed)
    _run(settings, timedelta(days=DAYS))
    return settings


def live_roughly(folder: Path, seed: int) -> Settings:
    """The same days, with a kill between decision and order, and files edited, broken, removed."""
    settings = settle_in(folder, seed)
    files = settings.strategies
    _run(settings, timedelta(days=8))
    _run(settings, timedelta(days=DAYS), decided=_kill_before_orders)
    _edit(files / "fed-hike.yaml", "target: 60%", "target: 40%")
    _edit(files / "tariff-increase.yaml", "horizon: 60d", "horizon: 60")
    _edit(files / "recession.yaml", "strategy: recession", "\ufeffstrategy: recession")
    _run(settings, timedelta(days=6))
    # With another age for the files that do not say one, as if config.yaml had been edited.
    settings = replace(settings, max_quote_age=timedelta(seconds=45))
    (files / "government-shutdown.yaml").unlink()
    (files / "us-election.yaml").unlink()
    _run(settings, timedelta(days=DAYS - 14))
    return settings


def settle_in(folder: Path, seed: int) -> Settings:
    """Write the example into a folder; return its settings, unpaced."""
    (folder / "strategies").mkdir()
    for path in (REPO / "strategies").glob("*.yaml"):
        text = path.read_text()
        (folder / "strategies" / path.name).write_text(text[text.index("strategy:") :])
    (folder / "config.yaml").write_text((REPO / "config.example.yaml").read_text())
    settings = load_settings(folder / "config.yaml", {})
    practice = settings.practice.model_copy(update={"seed": seed, "pace": timedelta(0)})
    return replace(settings, practice=practice)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _ignore(_: CycleResult) -> None:
    """Look at nothing."""


def _kill_before_orders(result: CycleResult) -> None:
    if result.decision is not None and result.decision.approved:
        raise Killed


def _run(
    settings: Settings, lasting: timedelta, decided: Callable[[CycleResult], None] = _ignore
) -> None:
    async def run() -> None:
        async with open_daemon(settings, report=lambda name, **keys: None, decided=decided) as it:
            await run_daemon(it, lasting=lasting)

    if decided is _ignore:
        asyncio.run(run())
        return
    try:
        asyncio.run(run())
    except Killed:
        return
    raise AssertionError("no order was decided, so nothing was killed")

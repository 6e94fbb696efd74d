"""`polyhedge run`: the daemon. On a terminal a table, else a JSON line per event."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import DurationType, config_option, read_settings
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.config import Settings


@click.command("run")
@config_option
@click.option(
    "--for",
    "lasting",
    type=DurationType(),
    help="Stop after this long, such as 30d: simulated time in practice, real time else.",
)
def command(config: Path, lasting: timedelta | None) -> None:
    """Hedge until stopped (Ctrl-C); a stop cancels what rests and loses nothing."""
    from bot.config import LogFormat, MarketDataName

    settings = read_settings(config)
    if settings.market_data is MarketDataName.RECORDED:
        raise ConfigError(
            f"{config}: market_data is recorded, and a recording is not traded on."
            " Use `polyhedge replay`, or write market_data: practice or polymarket."
        )
    if settings.log_format is LogFormat.AUTO and sys.stdout.isatty():
        asyncio.run(_run_on_terminal(settings, lasting))
    else:
        asyncio.run(_run_with_log(settings, lasting))


async def _run_on_terminal(settings: "Settings", lasting: timedelta | None) -> None:
    from rich.live import Live

    from bot.app.build import open_daemon
    from bot.app.daemon import run_daemon
    from bot.cli.live_run import LiveRun
    from bot.cli.show.terminal import make_console

    console = make_console()
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        shown = LiveRun(settings=settings, live=live)
        async with open_daemon(settings, report=shown.report, decided=shown.decided) as daemon:
            shown.watch(daemon)
            await run_daemon(daemon, lasting=lasting)
            shown.draw(now=True)
            counts = daemon.ports.ledger.lifecycle_counts()
    said = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
    console.print(f"\nstopped; everything is in {settings.ledger}: {said or 'no hedge yet'}")
    console.print(f"look closer: polyhedge status --config {settings.path}")


async def _run_with_log(settings: "Settings", lasting: timedelta | None) -> None:
    from bot.app.build import open_daemon
    from bot.app.daemon import run_daemon
    from bot.cli.logs import make_report

    report = make_report(settings)
    async with open_daemon(settings, report=report, decided=lambda _: None) as daemon:
        await run_daemon(daemon, lasting=lasting)

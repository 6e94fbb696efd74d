"""`polyhedge run`: the daemon. On a terminal a table, else a JSON line per event."""

import asyncio
import sys
from contextlib import suppress
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
@click.pass_context
def command(ctx: click.Context, config: Path, lasting: timedelta | None) -> None:
    """Hedge until stopped (Ctrl-C); a stop cancels what rests and loses nothing."""
    from bot.config import LogFormat, MarketDataName

    settings = read_settings(config)
    if settings.market_data is MarketDataName.RECORDED:
        raise ConfigError(
            f"{config}: market_data is recorded, and a recording is not traded on."
            " Use `polyhedge replay`, or write market_data: practice or polymarket."
        )
    on_terminal = settings.log_format is LogFormat.AUTO and sys.stdout.isatty()
    lost = asyncio.run((_run_on_terminal if on_terminal else _run_with_log)(settings, lasting))
    if lost:
        from bot.cli.program import WORLD_FAULT

        with suppress(OSError):
            text = f"the output cannot be written ({lost}); stopped cleanly. Send it to a file"
            click.echo(f"{text}, then start again", err=True)
        ctx.exit(WORLD_FAULT)


async def _run_on_terminal(settings: "Settings", lasting: timedelta | None) -> str:
    """Return why the terminal could not be written any more; empty if it always could."""
    from rich.live import Live

    from bot.app.build import open_daemon
    from bot.app.daemon import run_daemon
    from bot.cli.live_run import LiveRun
    from bot.cli.logs import Outlet
    from bot.cli.show.terminal import make_console

    console, told = make_console(), asyncio.Event()
    live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
    shown, outlet = LiveRun(settings=settings, live=live), Outlet(stop=told)
    outlet.write(live.start)
    try:
        report = outlet.guard(shown.report)
        async with open_daemon(settings, report=report, decided=shown.decided) as daemon:
            shown.watch(daemon)
            await run_daemon(daemon, lasting=lasting, stop=told)
            outlet.write(lambda: shown.draw(now=True))
            counts = daemon.ports.ledger.lifecycle_counts()
    finally:
        outlet.write(live.stop)
    said = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
    said = f"\nstopped; everything is in {settings.ledger}: {said or 'no hedge yet'}"
    outlet.write(lambda: console.print(said))
    outlet.write(lambda: console.print(f"look closer: polyhedge status --config {settings.path}"))
    return outlet.lost


async def _run_with_log(settings: "Settings", lasting: timedelta | None) -> str:
    """Return why the log could not be written any more; empty if it always could."""
    from bot.app.build import open_daemon
    from bot.app.daemon import run_daemon
    from bot.cli.logs import Outlet, make_report

    told = asyncio.Event()
    outlet = Outlet(stop=told)
    report = outlet.guard(make_report(settings))
    async with open_daemon(settings, report=report, decided=lambda _: None) as daemon:
        await run_daemon(daemon, lasting=lasting, stop=told)
    return outlet.lost

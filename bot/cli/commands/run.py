"""`polyhedge run`: the daemon. On a terminal a table, else a JSON line per event."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import DurationType, config_option, read_settings
from bot.cli.owner import asker, yes_option
from bot.errors import ConfigError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bot.app.build import Daemon
    from bot.config import Settings
    from bot.engine.cycle import CycleResult
    from bot.engine.ports import Report
    from bot.model.account import Secret
    from bot.owner.findings import Finding

    Opened = Callable[[Report, Callable[[CycleResult], None]], AbstractAsyncContextManager[Daemon]]


@click.command("run")
@config_option
@click.option(
    "--for",
    "lasting",
    type=DurationType(),
    help="Stop after this long, such as 30d: simulated time in practice, real time else.",
)
@click.option("--live", "is_live", is_flag=True, help="Trade with money: one of three locks.")
@yes_option
@click.pass_context
def command(
    ctx: click.Context, config: Path, lasting: timedelta | None, *, is_live: bool, is_sure: bool
) -> None:
    """Hedge until stopped (Ctrl-C); a stop cancels what rests and loses nothing."""
    from bot.app.locks import unlock
    from bot.config import LogFormat, MarketDataName

    settings = read_settings(config)
    if settings.market_data is MarketDataName.RECORDED:
        raise ConfigError(
            f"{config}: market_data is recorded, and a recording is not traded on."
            " Use `polyhedge replay`, or write market_data: practice or polymarket."
        )
    ask = asker(f"Passphrase of {settings.keystore}")
    key = unlock(settings, is_asked_for=is_live, environment=os.environ, ask=ask)
    opened = partial(_open, settings, key, is_sure=is_sure)
    on_terminal = settings.log_format is LogFormat.AUTO and sys.stdout.isatty()
    run = _run_on_terminal if on_terminal else _run_with_log
    lost = asyncio.run(run(settings, lasting, opened))
    if lost:
        from bot.cli.program import WORLD_FAULT

        with suppress(OSError):
            text = f"the output cannot be written ({lost}); stopped cleanly. Send it to a file"
            click.echo(f"{text}, then start again", err=True)
        ctx.exit(WORLD_FAULT)


@asynccontextmanager
async def _open(
    settings: "Settings",
    key: "Secret | None",
    report: "Report",
    decided: "Callable[[CycleResult], None]",
    *,
    is_sure: bool,
) -> "AsyncIterator[Daemon]":
    """Open the daemon; before it first trades with money, a person says yes to the bounds."""
    from bot.app.build import open_daemon
    from bot.cli.confirm import confirm_first_run

    faults: tuple[Finding, ...] = ()
    if key is not None:
        from bot.cli.ready import check_ready

        faults = await check_ready(settings, key)
    async with open_daemon(settings, report=report, decided=decided, key=key) as daemon:
        if daemon.account is not None and daemon.ports.ledger.last_cycle() is None:
            await confirm_first_run(daemon, is_sure=is_sure)
        for each in faults:
            problem = f"{each.text} -> {each.remedy}"
            report("account.refused", topic=each.topic, problem=f"at the start: {problem}")
        yield daemon


async def _run_on_terminal(
    settings: "Settings", lasting: timedelta | None, opened: "Opened"
) -> str:
    """Return why the terminal could not be written any more; empty if it always could."""
    from rich.live import Live

    from bot.app.daemon import run_daemon
    from bot.cli.live_run import LiveRun
    from bot.cli.logs import Outlet
    from bot.cli.show.terminal import make_console

    console, told = make_console(), asyncio.Event()
    live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
    shown, outlet = LiveRun(settings=settings, live=live), Outlet(stop=told)
    try:
        async with opened(outlet.guard(shown.report), shown.decided) as daemon:
            outlet.write(live.start)
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


async def _run_with_log(settings: "Settings", lasting: timedelta | None, opened: "Opened") -> str:
    """Return why the log could not be written any more; empty if it always could."""
    from bot.app.daemon import run_daemon
    from bot.cli.logs import Outlet, make_report

    told = asyncio.Event()
    outlet = Outlet(stop=told)
    report = outlet.guard(make_report(settings))
    async with opened(report, lambda _: None) as daemon:
        await run_daemon(daemon, lasting=lasting, stop=told)
    return outlet.lost

"""`polyhedge reconcile`: what ledger, venue and chain say of our money, side by side."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings, warn_of_source
from bot.errors import LedgerError

if TYPE_CHECKING:
    from bot.config import Settings


@click.command("reconcile")
@config_option
@json_option
@click.option("--now", "is_now", is_flag=True, help="Compare now; the daemon must not be running.")
def command(config: Path, *, as_json: bool, is_now: bool) -> None:
    """Show the last comparison of ledger, venue and chain: each sum, and why it differs."""
    from bot.ledger import LedgerReader

    settings = read_settings(config)
    if is_now:
        asyncio.run(_compare(settings))
    reader = LedgerReader.open(settings.ledger)
    try:
        comparison, halted = reader.comparison(), reader.halted()
    finally:
        reader.close()
    if comparison is None:
        raise LedgerError(
            f"ledger {settings.ledger} holds no comparison yet; `polyhedge run` makes one in each"
            " cycle, and `polyhedge reconcile --now` makes one without trading"
        )
    if as_json:
        print_json({"comparison": comparison, "halted": halted})
        return
    from bot.cli.show.reconcile import render_comparison
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_comparison(comparison, halted=halted, width=console.width):
        console.print(part)


async def _compare(settings: "Settings") -> None:
    """Open the daemon's world, compare once and decide nothing."""
    from bot.app.build import open_daemon
    from bot.app.locks import unlock
    from bot.cli.owner import asker
    from bot.config import Mode

    key = unlock(
        settings,
        is_asked_for=settings.mode is Mode.LIVE,
        environment=os.environ,
        ask=asker(f"Passphrase of {settings.keystore}"),
    )
    opened = open_daemon(settings, report=warn_of_source, decided=lambda _: None, key=key)
    async with opened as daemon:
        await daemon.engine.reconcile()

"""`polyhedge backtest`: what the hedges would have done in the past, by the same engine."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.commands.replay import check_strategies, new_ledger
from bot.cli.options import (
    config_option,
    history_options,
    json_option,
    print_json,
    read_settings,
)

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app.backtest import Backtest, Span
    from bot.config import Settings
    from bot.engine.cycle import CycleResult
    from bot.history.archive import Archive


@click.command("backtest")
@config_option
@json_option
@history_options
@click.option("--ledger", type=click.Path(path_type=Path), help="A new file; else a temporary one.")
def command(
    config: Path,
    *,
    as_json: bool,
    folder: Path,
    since: "datetime",
    until: "datetime",
    venue: str,
    fees: str,
    ledger: Path | None,
) -> None:
    """Trade history on paper: the same engine, rules and fills, and nothing known too early."""
    from bot.app.backtest import Span
    from bot.history.fees import FeeRegime
    from bot.history.open import VenueName, open_archive

    settings = replace(read_settings(config), ledger=new_ledger(ledger, "backtest"))
    check_strategies(settings)
    archive = open_archive(folder, VenueName(venue), fees=FeeRegime(fees))
    found = asyncio.run(_run(settings, archive, folder, Span(since=since, until=until)))
    if as_json:
        print_json({"ledger": str(found.ledger), "run": found.run, "summary": found.summary})
        return
    from bot.cli.show.backtest import render_backtest
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_backtest(found, width=console.width):
        console.print(part)
    click.echo(f"\neverything is in {settings.ledger}")


async def _run(settings: "Settings", archive: "Archive", folder: Path, span: "Span") -> "Backtest":
    from bot.app.backtest import backtest
    from bot.history.open import PRICES

    def run(seen: "Callable[[CycleResult], None]") -> Any:
        return backtest(
            settings,
            archive=archive,
            prices=folder / PRICES,
            span=span,
            report=_ignore,
            seen=seen,
        )

    if not sys.stderr.isatty():
        found: Backtest = await run(lambda _: None)
        return found
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        days = (span.until - span.since).days
        task = progress.add_task("backtest", total=days)

        def seen(result: "CycleResult") -> None:
            done = (result.at - span.since).days
            progress.update(task, completed=done, description=f"{result.at:%Y-%m-%d}")

        shown: Backtest = await run(seen)
        return shown


def _ignore(_name: str, **_keys: object) -> None:
    """Log nothing: the ledger has all of it."""

"""`polyhedge data`: recorded history of one's own, for `backtest`."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.history.fetch import Fetched
    from bot.model.strategy import MarketRef


@click.group("data")
def command() -> None:
    """Fetch history of your own for `backtest`."""


@command.command("fetch")
@config_option
@json_option
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Where it goes; a fetch that was cut off goes on there.",
)
@click.option("--series", multiple=True, help="A series beside those of the strategies.")
def fetch(config: Path, *, as_json: bool, folder: Path, series: tuple[str, ...]) -> None:
    """Fetch daily prices and payouts of the strategies' markets, closed ones included."""
    from bot.cli.commands.replay import check_strategies
    from bot.model.strategy import MarketRef
    from bot.strategy import load_strategies

    settings = read_settings(config)
    check_strategies(settings)
    strategies, _ = load_strategies(settings.strategies, max_quote_age=settings.max_quote_age)
    refs = [strategy.market for strategy in strategies]
    refs += [MarketRef(series=slug) for slug in series]
    found = asyncio.run(_fetch(settings, folder, refs))
    if as_json:
        print_json(found)
        return
    for problem in found.missing:
        click.echo(f"not there: {problem}", err=True)
    click.echo(
        f"{found.done:,} of {found.markets:,} markets, {found.bars:,} daily prices"
        f" ({found.kept:,} markets were there and final); they are in {folder}"
    )


async def _fetch(settings: "Settings", folder: Path, refs: "list[MarketRef]") -> "Fetched":
    from rich.console import Console
    from rich.progress import Progress

    from bot.app.sources import endpoints, pace
    from bot.clock import SystemClock
    from bot.history.fetch import Fetcher

    fetcher = Fetcher(
        endpoints=endpoints(settings), clock=SystemClock(), pace=pace(settings), folder=folder
    )
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("listing markets", total=None)

        def seen(state: "Fetched") -> None:
            done = state.done + len(state.missing)
            progress.update(task, description="prices", completed=done, total=state.markets)

        return await fetcher.fetch(refs, seen)

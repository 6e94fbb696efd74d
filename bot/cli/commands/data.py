"""`polyhedge data`: recorded history of one's own, for `backtest`."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings

if TYPE_CHECKING:
    from rich.progress import Progress

    from bot.config import Settings
    from bot.history.closes import FetchedCloses
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
@click.option("--symbol", multiple=True, help="A share, or a coin as SOL_USD, beside what you own.")
@click.pass_context
def fetch(
    ctx: click.Context,
    config: Path,
    *,
    as_json: bool,
    folder: Path,
    series: tuple[str, ...],
    symbol: tuple[str, ...],
) -> None:
    """Fetch daily closes of what you own, and daily prices and payouts of your strategies' markets.

    Closed markets are included. The VIX and SPY are fetched whatever you own.
    """
    from bot.cli.commands.replay import check_strategies
    from bot.cli.program import WORLD_FAULT
    from bot.model.strategy import MarketRef
    from bot.strategy import load_strategies

    settings = read_settings(config)
    check_strategies(settings)
    strategies, _ = load_strategies(settings.strategies, max_quote_age=settings.max_quote_age)
    refs = [strategy.market for strategy in strategies]
    refs += [MarketRef(series=slug) for slug in series]
    closes = asyncio.run(_fetch_closes(settings, folder, symbol))
    if not as_json:
        _show_closes(closes, folder)
    found = asyncio.run(_fetch_markets(settings, folder, refs))
    if as_json:
        print_json(asdict(found) | {"closes": closes})
    else:
        _show_markets(found, folder)
    if closes.refused:
        ctx.exit(WORLD_FAULT)


def _show_closes(found: "FetchedCloses", folder: Path) -> None:
    for problem in found.refused:
        click.echo(f"no closes: {problem}", err=True)
    if found.refused:
        click.echo("Starting again asks for these, and for nothing that is there.", err=True)
    for note in found.notes:
        click.echo(f"missing: {note}", err=True)
    click.echo(
        f"{found.done:,} of {found.symbols:,} symbols, {found.closes:,} daily closes"
        f" ({found.kept:,} symbols were there up to yesterday); they are in {folder}"
    )


def _show_markets(found: "Fetched", folder: Path) -> None:
    for problem in found.missing:
        click.echo(f"not there: {problem}", err=True)
    click.echo(
        f"{found.done:,} of {found.markets:,} markets, {found.bars:,} daily prices"
        f" ({found.kept:,} markets were there and final); they are in {folder}"
    )


async def _fetch_closes(
    settings: "Settings", folder: Path, more: tuple[str, ...]
) -> "FetchedCloses":
    from bot.app.sources import pace, price_hosts
    from bot.clock import SystemClock
    from bot.history.closes import CloseFetcher, tickers_of
    from bot.portfolio.holdings import read_holdings

    source = settings.portfolio
    holdings = source.holdings
    if source.file is not None:
        holdings = read_holdings(source.file, priced=source.prices is not None).holdings
    fetcher = CloseFetcher(
        hosts=price_hosts(settings), clock=SystemClock(), pace=pace(settings), folder=folder
    )
    with _progress() as progress:
        task = progress.add_task("closes", total=None)

        def seen(state: "FetchedCloses") -> None:
            done = state.done + len(state.refused)
            about = f"closes of {state.asking}"
            progress.update(task, description=about, completed=done, total=state.symbols)

        return await fetcher.fetch(tickers_of(holdings, more), seen)


async def _fetch_markets(settings: "Settings", folder: Path, refs: "list[MarketRef]") -> "Fetched":
    from bot.app.sources import endpoints, pace
    from bot.clock import SystemClock
    from bot.history.fetch import Fetcher

    fetcher = Fetcher(
        endpoints=endpoints(settings), clock=SystemClock(), pace=pace(settings), folder=folder
    )
    with _progress() as progress:
        task = progress.add_task("listing markets", total=None)

        def seen(state: "Fetched") -> None:
            progress.update(task, description="markets", advance=1, total=state.markets)

        return await fetcher.fetch(refs, seen)


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )

"""`polyhedge replay`: paper trading over a recording, as fast as it goes."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.options import InstantType, config_option, json_option, print_json, read_settings
from bot.errors import ConfigError, StrategyError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app.replay import Summary
    from bot.config import Recorded, Settings
    from bot.engine.cycle import CycleResult

_SOURCES = ("journal", "l2_books", "fed_dec2025", "daily")


@click.command("replay")
@config_option
@json_option
@click.option("--source", type=click.Choice(_SOURCES), help="The kind of recording.")
@click.option("--path", type=click.Path(path_type=Path), help="Where it lies.")
@click.option("--since", type=InstantType(), help="Begin here: 2024-09-01 or with a time.")
@click.option("--until", type=InstantType(), help="End here.")
@click.option("--ledger", type=click.Path(path_type=Path), help="A new file; else a temporary one.")
def command(
    config: Path,
    *,
    as_json: bool,
    source: str | None,
    path: Path | None,
    since: "datetime | None",
    until: "datetime | None",
    ledger: Path | None,
) -> None:
    """Trade a recording on paper and sum up what came of it."""
    from bot.config import MarketDataName, Mode

    settings = read_settings(config)
    settings = replace(
        settings,
        mode=Mode.REPLAY,
        market_data=MarketDataName.RECORDED,
        recorded=_recorded(settings, source, path, since, until),
        ledger=new_ledger(ledger, "replay"),
    )
    check_strategies(settings)
    summary = asyncio.run(_replay(settings))
    if as_json:
        print_json({"ledger": str(settings.ledger), "summary": summary})
        return
    from bot.cli.show.replay import render_summary
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_summary(summary, width=console.width):
        console.print(part)
    click.echo(f"\neverything is in {settings.ledger}")


def _recorded(
    settings: "Settings",
    source: str | None,
    path: Path | None,
    since: "datetime | None",
    until: "datetime | None",
) -> "Recorded":
    """Return the config's recording with what the command line says instead."""
    from bot.config import Recorded

    if (source is None) != (path is None):
        raise ConfigError("--source and --path belong together: the kind of recording, and where.")
    said: dict[str, Any] = {"since": since, "until": until}
    if source is not None and path is not None:
        said |= {"source": source, "path": str(path.absolute())}
    elif settings.recorded is None:
        raise ConfigError(
            f"{settings.path} names no recording. Write recorded: {{source: ..., path: ...}} there,"
            " or give --source and --path."
        )
    before = {} if settings.recorded is None else dict(settings.recorded)
    return Recorded(**before | {name: found for name, found in said.items() if found is not None})


def check_strategies(settings: "Settings") -> None:
    """Refuse a broken file: a replay has nobody who would mend it while it runs."""
    from bot.strategy import load_strategies

    _, broken = load_strategies(settings.strategies, max_quote_age=settings.max_quote_age)
    if broken:
        raise StrategyError("\n".join(broken))


def new_ledger(named: Path | None, what: str) -> Path:
    """Return where the ledger of a replay or a backtest goes.

    Raises:
        ConfigError: There is such a file already.
    """
    if named is None:
        from tempfile import mkdtemp

        return Path(mkdtemp(prefix=f"polyhedge-{what}-")) / f"{what}.db"
    if named.exists():
        raise ConfigError(
            f"{named} is there already; a {what} begins with an empty ledger. Name a new file."
        )
    return named


async def _replay(settings: "Settings") -> "Summary":
    from bot.app.replay import replay

    if not sys.stderr.isatty():
        return await replay(settings, report=_ignore, seen=lambda _: None)
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        return await replay(settings, report=_ignore, seen=_shown_by(progress))


def _shown_by(progress: Any) -> "Callable[[CycleResult], None]":
    from bot.cli.show.words import instant

    task = progress.add_task("reading the recording", total=None)

    def seen(result: "CycleResult") -> None:
        progress.update(task, description=f"{instant(result.at)}  cycle {result.cycle:,}")

    return seen


def _ignore(_name: str, **_keys: object) -> None:
    """Log nothing: the ledger has all of it."""

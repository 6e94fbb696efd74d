"""`polyhedge sweep`: one backtest for each choice of options, and what choosing is worth."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from bot.cli.commands.replay import check_strategies
from bot.cli.options import (
    config_option,
    history_options,
    json_option,
    print_json,
    read_settings,
)

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app.sweep.grid import Variant
    from bot.app.sweep.variant import Job, Result
    from bot.config import Settings
    from bot.report.choice import Choice, Tried


@click.command("sweep")
@config_option
@json_option
@click.argument("grid", type=click.Path(path_type=Path, dir_okay=False))
@history_options
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("sweep"),
    show_default=True,
    help="Keeps each result: a sweep that was stopped goes on where it was.",
)
@click.option(
    "--folds", type=click.IntRange(min=0), default=4, show_default=True, help="Steps forward."
)
@click.option(
    "--purge",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    help="Days left out between what is learned from and what is judged.",
)
@click.option("--scheduler", help="A Dask scheduler, tcp://...; else all cores of this machine.")
def command(
    config: Path,
    grid: Path,
    folder: Path,
    *,
    since: "datetime",
    until: "datetime",
    venue: str,
    fees: str,
    results: Path,
    folds: int,
    purge: int,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Try every choice of the options in GRID, and count all of them against the best."""
    from bot.app.sweep.grid import read_grid
    from bot.app.sweep.variant import make_job
    from bot.report.choice import choose

    settings = read_settings(config)
    variants = read_grid(grid, strategies=settings.strategies)
    _check(settings, variants)
    jobs = [
        make_job(
            variant, config=config, data=folder, venue=venue, fees=fees, since=since, until=until
        )
        for variant in variants
    ]
    found = _run(jobs, results, scheduler)
    choice = choose(
        [_tried(result) for result in found],
        gamma=settings.risk_aversion,
        folds=folds,
        purge=timedelta(days=purge),
    )
    _show(choice, settings, as_json=as_json)


def _check(settings: "Settings", variants: "tuple[Variant, ...]") -> None:
    """Refuse a variant whose files cannot be read before any time is spent."""
    from bot.app.sweep.variant import write_files
    from bot.errors import StrategyError

    for variant in variants:
        with TemporaryDirectory(prefix="polyhedge-sweep-") as folder:
            strategies = write_files(Path(folder), variant.files)
            try:
                check_strategies(replace(settings, strategies=strategies))
            except StrategyError as error:
                text = str(error).replace(str(strategies), str(settings.strategies))
                raise StrategyError(f"with {variant.name}:\n{text}") from None


def _run(jobs: "list[Job]", results: Path, scheduler: str | None) -> "tuple[Result, ...]":
    from bot.app.sweep.pool import open_executor, run_jobs

    with _progress(len(jobs)) as done, open_executor(scheduler) as executor:
        return run_jobs(jobs, executor=executor, folder=results, done=done)


@contextmanager
def _progress(count: int) -> "Iterator[Callable[[Job], None]]":
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("sweep", total=count)
        yield lambda _: progress.advance(task)


def _tried(result: "Result") -> "Tried":
    import numpy as np

    from bot.report.choice import Tried

    return Tried(
        name=result.name,
        days=np.array(result.days, dtype="datetime64[D]"),
        alone=np.array(result.alone),
        hedged=np.array(result.hedged),
        premium_usd=result.premium_usd,
        brought_usd=result.brought_usd,
    )


def _show(choice: "Choice", settings: "Settings", *, as_json: bool) -> None:
    if as_json:
        print_json(choice)
        return
    from bot.cli.show.sweep import render_choice
    from bot.cli.show.terminal import make_console

    console = make_console()
    gamma = settings.risk_aversion
    for part in render_choice(choice, gamma=gamma, width=console.width):
        console.print(part)

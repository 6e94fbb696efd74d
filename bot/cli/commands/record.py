"""`polyhedge record`: keeps the public quotes of the strategies' markets, for `replay`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import DurationType, config_option, read_settings, warn_of_source

if TYPE_CHECKING:
    from bot.app.record import Recording
    from bot.config import Settings


@click.command("record")
@config_option
@click.option("--for", "lasting", type=DurationType(), help="Stop after this long, such as 8h.")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path), required=True, help="The journal's folder."
)
def command(config: Path, lasting: timedelta | None, folder: Path) -> None:
    """Write books and trades of the strategies' markets to a journal, until Ctrl-C."""
    settings = read_settings(config)
    state = asyncio.run(_record(settings, folder, lasting))
    for problem in state.missing:
        click.echo(f"not recorded: {problem}", err=True)
    click.echo(f"{say_state(state)}; the journal is in {folder}")
    click.echo(f"play it: polyhedge replay --config {config} --source journal --path {folder}")


async def _record(settings: "Settings", folder: Path, lasting: timedelta | None) -> "Recording":
    from bot.app.record import record

    if not sys.stderr.isatty():
        return await record(
            settings, folder=folder, lasting=lasting, report=warn_of_source, seen=lambda _: None
        )
    from rich.console import Console

    with Console(stderr=True).status("connecting") as status:
        return await record(
            settings,
            folder=folder,
            lasting=lasting,
            report=warn_of_source,
            seen=lambda state: status.update(f"recording {say_state(state)} (Ctrl-C stops)"),
        )


def say_state(state: "Recording") -> str:
    """Return how far a recording has come."""
    return f"{state.events:,} events of {len(state.markets):,} markets"

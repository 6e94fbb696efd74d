"""`polyhedge stress`: what bad days would do to today's wealth, with hedges and without."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings, warn_of_source

if TYPE_CHECKING:
    from bot.app.stress import Episode, Period
    from bot.config import Settings


@click.command("stress")
@config_option
@json_option
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of recordings, for 2020-03, 2022, 2024-08 and 2025-04; without it none.",
)
def command(config: Path, *, as_json: bool, folder: Path | None) -> None:
    """Put stresses on what is held now, and history on the portfolio; sends nothing."""
    from bot.app.preview import preview
    from bot.core.shocks import stress_all
    from bot.core.today import see_today

    settings = read_settings(config)
    seen = asyncio.run(preview(settings, report=warn_of_source))
    for problem in seen.broken.values():
        click.echo(problem, err=True)
    today = see_today(seen.view, seen.strategies)
    found = stress_all(today)
    episodes = () if folder is None else _episodes(settings, folder)
    if as_json:
        print_json(
            {
                "at": today.view.now,
                "hedges": len(today.hedges),
                "unknown_events": today.unknown,
                "scenarios": found,
                "episodes": None if folder is None else episodes,
            }
        )
        return
    from bot.cli.show.stress import render_episodes, render_stress
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_stress(today, found, width=console.width):
        console.print(part)
    console.print()
    if folder is None:
        console.print("Historical episodes need recordings: name their folder with --data.")
        return
    for part in render_episodes(episodes, width=console.width):
        console.print(part)


def _episodes(settings: "Settings", folder: Path) -> "tuple[Episode, ...]":
    from bot.app.stress import run_episodes

    def seen(period: "Period") -> None:
        click.echo(f"running {period.name} ...", err=True)

    return run_episodes(settings, folder, seen=seen)

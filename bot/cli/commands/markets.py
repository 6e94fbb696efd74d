"""`polyhedge markets`: searches for markets that could hedge something."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import config_option, json_option, print_json, read_settings, warn_of_source


@click.command("markets")
@click.argument("words", nargs=-1, required=True, metavar="SEARCH...")
@config_option
@json_option
def command(words: tuple[str, ...], config: Path, *, as_json: bool) -> None:
    """Find hedge candidates; prints a strategy for the best one."""
    from bot.app.candidates import find_candidates

    settings = read_settings(config)
    found = asyncio.run(find_candidates(settings, " ".join(words), report=warn_of_source))
    if as_json:
        print_json(found)
        return
    if not found.found:
        click.echo(f"No open market holds all of: {found.text}. Try fewer or other words.")
        return
    from bot.cli.show.candidates import render_candidates
    from bot.cli.show.terminal import make_console

    console = make_console()
    console.print(render_candidates(found, width=console.width))
    if found.found > len(found.shown):
        click.echo(f"\nand {found.found - len(found.shown)} more; add words to see fewer")
    if found.best is None:
        click.echo("\nNone of them is a hedge now: decided, too likely, too wide, or about to end.")
        return
    name = found.snippet.split(maxsplit=2)[1]
    click.echo(
        f"\nThe deepest of them as a strategy; save it as {settings.strategies}/{name}.yaml:"
    )
    click.echo(f"\n{found.snippet}")

"""`polyhedge exposure`: what each event does to the portfolio, and where every figure is from."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import config_option, json_option, print_json, read_settings, warn_of_source


@click.command("exposure")
@config_option
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """Show what is won or lost per event, by holding and tag."""
    from bot.app.exposure_map import draw_map
    from bot.app.preview import preview

    settings = read_settings(config)
    seen = asyncio.run(preview(settings, report=warn_of_source))
    for problem in seen.broken.values():
        click.echo(problem, err=True)
    drawn = draw_map(seen)
    if as_json:
        print_json(drawn)
        return
    from bot.cli.show.exposure_map import render_map
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_map(drawn, width=console.width):
        console.print(part)

"""`polyhedge status`: how the daemon stands, whether it is running or not."""

from pathlib import Path

import click

from bot.cli.options import config_option, json_option, print_json, read_settings


@click.command("status")
@config_option
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """Show cash, hedges, budget, orders, and what is amiss."""
    from bot.app.standing import read_standing
    from bot.clock import SystemClock
    from bot.ledger import LedgerReader

    settings = read_settings(config)
    reader = LedgerReader.open(settings.ledger)
    try:
        standing = read_standing(settings, reader, now=SystemClock().now())
    finally:
        reader.close()
    if as_json:
        print_json(standing)
        return
    from bot.cli.show.status import render_standing
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_standing(standing, width=console.width):
        console.print(part)

"""`polyhedge health`: is the daemon alive? For a container's health check."""

from pathlib import Path

import click

from bot.cli.options import config_option, read_settings


@click.command("health")
@config_option
@click.pass_context
def command(ctx: click.Context, config: Path) -> None:
    """Exit with 0 if the daemon wrote its ledger lately, else with 3."""
    from datetime import timedelta

    from bot.app.standing import longest_silence
    from bot.cli.show.words import span
    from bot.clock import SystemClock
    from bot.ledger import LedgerReader

    settings = read_settings(config)
    reader = LedgerReader.open(settings.ledger)
    try:
        silence = max(SystemClock().now() - reader.written_at(), timedelta(0))
    finally:
        reader.close()
    most = longest_silence(settings)
    said = f"{settings.ledger} was last written {span(silence)} ago; {span(most)} is the limit"
    if silence > most:
        click.echo(f"not alive: {said}. See the log of `polyhedge run`.", err=True)
        ctx.exit(3)
    click.echo(f"alive: {said}")

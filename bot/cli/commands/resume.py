"""`polyhedge resume`: let a halted daemon trade again."""

from pathlib import Path

import click

from bot.cli.options import config_option, read_reason, read_settings


@click.command("resume")
@click.argument("reason", callback=read_reason)
@config_option
def command(reason: str, config: Path) -> None:
    """Let trading on this ledger go on, now that you know why it was halted."""
    from bot.clock import SystemClock
    from bot.ledger.switch import resume

    settings = read_settings(config)
    resume(settings.ledger, reason=reason, at=SystemClock().now())
    click.echo("resumed; a running daemon trades again from its next cycle")

"""`polyhedge halt`: stop trading until `polyhedge resume`, also while the daemon runs."""

from pathlib import Path

import click

from bot.cli.options import config_option, read_reason, read_settings


@click.command("halt")
@click.argument("reason", callback=read_reason)
@config_option
def command(reason: str, config: Path) -> None:
    """Stop trading on this ledger until resumed; what rests is cancelled."""
    from bot.clock import SystemClock
    from bot.ledger.switch import halt

    settings = read_settings(config)
    halt(settings.ledger, reason=reason, at=SystemClock().now())
    click.echo(
        "halted; a running daemon cancels what rests and sends nothing."
        ' Go on with: polyhedge resume "reason"'
    )

"""`polyhedge halt`: stop trading until `polyhedge resume`, also while the daemon runs."""

from pathlib import Path

import click

from bot.cli.options import config_option, read_reason, read_settings
from bot.cli.owner import keystore_option, on_chain_option, pause_on_chain
from bot.errors import LedgerError


@click.command("halt")
@click.argument("reason", callback=read_reason)
@config_option
@on_chain_option
@keystore_option
def command(reason: str, config: Path, keystore: Path | None, *, on_chain: bool) -> None:
    """Stop trading on this ledger until resumed; what rests is cancelled.

    With --on-chain also the exchanges match no order of the wallet from about 100 blocks on, also
    one that the venue was to keep by mistake.
    """
    from bot.clock import SystemClock
    from bot.ledger.switch import halt

    settings = read_settings(config)
    try:
        halt(settings.ledger, reason=reason, at=SystemClock().now())
    except LedgerError as error:
        if not on_chain:
            raise
        click.echo(
            f"{error}. Only the chain is told.", err=True
        )  # the owner's own machine has none
    else:
        click.echo(
            "halted; a running daemon cancels what rests and sends nothing."
            ' Go on with: polyhedge resume "reason"'
        )
    if on_chain:
        pause_on_chain(settings, keystore, is_paused=True)

"""`polyhedge resume`: let a halted daemon trade again."""

from pathlib import Path

import click

from bot.cli.options import config_option, read_reason, read_settings
from bot.cli.owner import keystore_option, on_chain_option, pause_on_chain
from bot.errors import LedgerError


@click.command("resume")
@click.argument("reason", callback=read_reason)
@config_option
@on_chain_option
@keystore_option
def command(reason: str, config: Path, keystore: Path | None, *, on_chain: bool) -> None:
    """Let trading on this ledger go on, now that you know why it was halted.

    With --on-chain the exchanges match orders of the wallet again first.
    """
    from bot.clock import SystemClock
    from bot.ledger.switch import resume

    settings = read_settings(config)
    if on_chain:
        pause_on_chain(settings, keystore, is_paused=False)
    try:
        resume(settings.ledger, reason=reason, at=SystemClock().now())
    except LedgerError as error:
        if not on_chain:
            raise
        click.echo(
            f"{error}. Only the chain is told.", err=True
        )  # the owner's own machine has none
        return
    click.echo("resumed; a running daemon trades again from its next cycle")

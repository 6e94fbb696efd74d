"""`polyhedge adopt`: let the daemon treat shares that came from outside as its own hedge."""

from pathlib import Path

import click

from bot.cli.options import config_option, read_settings


@click.command("adopt")
@click.argument("token")
@click.option("--event", required=True, help="The strategy whose hedge they become.")
@config_option
def command(token: str, event: str, config: Path) -> None:
    """Make shares that came from outside a hedge of ours, which may be sold."""
    from bot.clock import SystemClock
    from bot.engine.adopt import find_condition
    from bot.ledger import LedgerReader
    from bot.ledger.switch import adopt
    from bot.model.units import EventId, TokenId

    settings = read_settings(config)
    token_id, event_id = TokenId(token), EventId(event)
    reader = LedgerReader.open(settings.ledger)
    try:
        condition_id = find_condition(reader, token_id, event_id)
        last = reader.last_cycle()
    finally:
        reader.close()
    # On the daemon's clock, which is simulated in practice.
    at = last[1] if last is not None else SystemClock().now()
    shares = adopt(settings.ledger, token_id, event=event_id, condition_id=condition_id, at=at)
    click.echo(f"adopted {shares:f} shares; from the next cycle on they are a hedge of {event}")

"""`polyhedge owner`: what a daemon with a session key leaves to the wallet's owner."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option
from bot.cli.owner import consent, keystore_option, open_owner, tell_done, yes_option

if TYPE_CHECKING:
    from rich.table import Table

    from bot.owner.redeem import Redeemable


@click.group("owner")
def command() -> None:
    """What a daemon with a session key leaves to the wallet's owner."""


@command.command("redeem")
@config_option
@keystore_option
@yes_option
def redeem(config: Path, keystore: Path | None, *, is_sure: bool) -> None:
    """Turn every resolved position of the wallet into collateral."""
    from bot.cli.show.terminal import make_console
    from bot.owner.redeem import plan_redeem, redeem

    owner = open_owner(config, keystore)
    payable = asyncio.run(plan_redeem(owner))
    if not payable:
        click.echo("Nothing that pays is to be redeemed.")
        return
    console = make_console()
    console.print(_table(payable, width=console.width))
    consent("\nRedeem?", is_sure=is_sure)
    tell_done(asyncio.run(redeem(owner, payable)))


def _table(payable: "tuple[Redeemable, ...]", *, width: int) -> "Table":
    from bot.cli.show.tables import make_table
    from bot.cli.show.words import shares, usd_exact

    rows = [
        (
            usd_exact(each.payout_usd),
            ", ".join(
                f"{shares(each.held[token])} {outcome}"
                for token, outcome in zip(each.market.token_ids, each.market.outcomes, strict=True)
                if each.held[token]
            ),
            each.market.question,
        )
        for each in payable
    ]
    return make_table(
        ("pays", "for", "market"), rows, width=width, flexible="market", left=("for",)
    )

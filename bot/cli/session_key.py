"""`polyhedge wallet session-key`: keys that trade for a deposit wallet and can do nothing else."""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json
from bot.cli.owner import consent, keystore_option, open_owner, yes_option

if TYPE_CHECKING:
    from bot.venues.polymarket.sdk.owner import SessionKey


def _read_address(ctx: click.Context, param: click.Parameter, text: str) -> str:  # noqa: ARG001
    if re.fullmatch("0x[0-9a-fA-F]{40}", text) is None:
        raise click.BadParameter(f"it is {text!r}; it must be 0x and 40 hexadecimal digits.")
    return text


@click.group("session-key")
def session_key() -> None:
    """Keys that trade for a deposit wallet and can neither withdraw nor allow."""


@session_key.command("create")
@click.argument("address", callback=_read_address)
@config_option
@keystore_option
@yes_option
def create(address: str, config: Path, keystore: Path | None, *, is_sure: bool) -> None:
    """Let the wallet obey the key of ADDRESS for 180 days: trading only.

    Make the key where it will be used, with `polyhedge wallet new`: it never travels.
    """
    from bot.owner.hand import check_builder
    from bot.owner.setup import open_sdk
    from bot.venues.polymarket.sdk.owner import authorize_session_key

    owner = open_owner(config, keystore)
    check_builder(owner)
    consent(
        f"Let {address} trade (not withdraw) for {owner.account.wallet} for 180 days?",
        is_sure=is_sure,
    )

    async def act() -> "SessionKey":
        async with open_sdk(owner) as sdk:
            return await authorize_session_key(sdk, address)

    made = asyncio.run(act())
    click.echo(f"{made.address} may trade until {made.until:%Y-%m-%d} ({', '.join(made.scopes)})")


@session_key.command("list")
@config_option
@keystore_option
@json_option
def list_(config: Path, keystore: Path | None, *, as_json: bool) -> None:
    """Show the session keys that the venue lists for the wallet."""
    from bot.owner.setup import open_sdk
    from bot.venues.polymarket.sdk.owner import session_keys

    owner = open_owner(config, keystore)

    async def act() -> "tuple[SessionKey, ...]":
        async with open_sdk(owner) as sdk:
            return await session_keys(sdk)

    found = asyncio.run(act())
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(f"{each.address}  until {each.until:%Y-%m-%d}  {', '.join(each.scopes)}")
    if not found:
        click.echo("none")


@session_key.command("revoke")
@click.argument("address", callback=_read_address)
@config_option
@keystore_option
@yes_option
def revoke(address: str, config: Path, keystore: Path | None, *, is_sure: bool) -> None:
    """Let the wallet no longer obey the key of ADDRESS; its open orders are cancelled."""
    from bot.owner.setup import open_sdk
    from bot.venues.polymarket.sdk.owner import revoke_session_key

    owner = open_owner(config, keystore)
    consent(f"Revoke {address}? Its open orders are cancelled.", is_sure=is_sure)

    async def act() -> None:
        async with open_sdk(owner) as sdk:
            await revoke_session_key(sdk, address)

    asyncio.run(act())
    click.echo(f"{address} is revoked")

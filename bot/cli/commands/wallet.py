"""`polyhedge wallet`: the owner's keys, allowances and money. The daemon does none of it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, read_settings
from bot.cli.owner import (
    asker,
    consent,
    keystore_option,
    open_owner,
    tell_done,
    yes_option,
)
from bot.cli.session_key import session_key
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.model.account import Secret
    from bot.model.units import Usd
    from bot.owner.allowances import Change
    from bot.owner.setup import Setup

_DEFAULT_FILE = Path("keystore.json")


@click.group("wallet")
def command() -> None:
    """Keys, allowances and money: the owner's own acts, each shown before it is signed."""


@command.command("new")
@config_option
@keystore_option
def new(config: Path, keystore: Path | None) -> None:
    """Make a new key in an encrypted file, and say what its wallet will be."""
    from bot.owner.keystore import make_key

    _store(make_key, _new_file(config, keystore))


@command.command("import")
@config_option
@keystore_option
def import_(config: Path, keystore: Path | None) -> None:
    """Put a key you have into an encrypted file; it is typed in, or read from POLYHEDGE_KEY_FD."""
    _store(_typed_key, _new_file(config, keystore))


@command.command("deploy")
@config_option
@keystore_option
@yes_option
def deploy(config: Path, keystore: Path | None, *, is_sure: bool) -> None:
    """Deploy the key's deposit wallet through the venue's relayer; it costs nothing."""
    from bot.owner.acts import deploy

    owner = open_owner(config, keystore)
    consent(f"Deploy wallet {owner.account.wallet}?", is_sure=is_sure)
    is_new = asyncio.run(deploy(owner))
    click.echo(f"{owner.account.wallet} {'is deployed' if is_new else 'stood already'}")


@command.command("approve")
@config_option
@keystore_option
@yes_option
@click.option("--only", multiple=True, metavar="NAME", help="Only this contract; may be repeated.")
@click.option("--limit", metavar="USD", help="pUSD per exchange; default: live.max_total_usd.")
@click.option("--unlimited", is_flag=True, help="No limit on pUSD, as most programs do.")
def approve(
    config: Path,
    keystore: Path | None,
    only: tuple[str, ...],
    limit: str | None,
    *,
    is_sure: bool,
    unlimited: bool,
) -> None:
    """Let the venue's contracts move what trading needs, and no more."""
    from bot.owner.acts import Allowed, plan_approve

    if unlimited and limit is not None:
        raise ConfigError("--limit and --unlimited contradict each other. Leave one out.")
    settings = read_settings(config)
    usd = None if unlimited else _usd(limit or str(settings.live.max_total_usd), "--limit")
    owner = open_owner(config, keystore)
    allowed = Allowed(usd=usd, is_exact=limit is not None)
    changes = asyncio.run(plan_approve(owner, only, allowed))
    _change(owner, changes, is_sure=is_sure, nothing="All of that is allowed already.")


@command.command("revoke")
@config_option
@keystore_option
@yes_option
@click.option("--only", multiple=True, metavar="NAME", help="Only this contract; may be repeated.")
def revoke(config: Path, keystore: Path | None, only: tuple[str, ...], *, is_sure: bool) -> None:
    """Take back what contracts may move; nothing can be traded then."""
    from bot.owner.acts import plan_revoke

    owner = open_owner(config, keystore)
    changes = asyncio.run(plan_revoke(owner, only))
    _change(owner, changes, is_sure=is_sure, nothing="None of that is allowed.")


@command.command("wrap")
@click.argument("usd")
@config_option
@keystore_option
@yes_option
@click.option("--asset", type=click.Choice(["usdc.e", "usdc"]), default="usdc.e", show_default=True)
def wrap(usd: str, config: Path, keystore: Path | None, asset: str, *, is_sure: bool) -> None:
    """Turn dollars of the wallet into pUSD, the venue's collateral, one for one."""
    from bot.owner.acts import Asset, wrap

    sum_usd = _usd(usd, "USD")
    owner = open_owner(config, keystore)
    consent(f"Turn {sum_usd:,f} {asset} of {owner.account.wallet} into pUSD?", is_sure=is_sure)
    tell_done(asyncio.run(wrap(owner, sum_usd, Asset(asset))))


@command.command("unwrap")
@click.argument("usd")
@config_option
@keystore_option
@yes_option
@click.option("--asset", type=click.Choice(["usdc.e", "usdc"]), default="usdc.e", show_default=True)
def unwrap(usd: str, config: Path, keystore: Path | None, asset: str, *, is_sure: bool) -> None:
    """Turn pUSD of the wallet back into dollars, one for one."""
    from bot.owner.acts import Asset, unwrap

    sum_usd = _usd(usd, "USD")
    owner = open_owner(config, keystore)
    consent(f"Turn {sum_usd:,f} pUSD of {owner.account.wallet} into {asset}?", is_sure=is_sure)
    tell_done(asyncio.run(unwrap(owner, sum_usd, Asset(asset))))


command.add_command(session_key)


def _new_file(config: Path, keystore: Path | None) -> Path:
    """Return where the new key goes; a config that names a keystore means that one."""
    if keystore is not None:
        return keystore
    named = read_settings(config).keystore if config.exists() else None
    return named or _DEFAULT_FILE


def _store(make: "Callable[[], Secret]", path: Path) -> None:
    from bot.owner.keystore import check_new, save_key
    from bot.owner.passphrase import read_passphrase
    from bot.venues.polymarket.sdk.setup import deposit_wallet_of

    check_new(path)
    key = make()
    passphrase = read_passphrase(os.environ, ask=asker(f"Passphrase for {path}", is_new=True))
    address = save_key(path, key, passphrase=passphrase)
    wallet = deposit_wallet_of(address)
    click.echo(
        f"key      {address} in {path}, encrypted, mode 0600\n"
        f"wallet   its deposit wallet is {wallet}; deploy it once with: polyhedge wallet deploy\n"
        f"config   wallet: {{address: '{wallet}', keystore: {path}}}\n"
        "         (without address the key's own account trades, which the venue allows few)\n"
        "\nKeep a copy of the file and of its passphrase: without either the money is lost."
    )


def _typed_key() -> "Secret":
    from bot.owner.keystore import read_key
    from bot.owner.passphrase import KEY_FD, read_descriptor

    number = os.environ.get(KEY_FD)
    if number:
        return read_key(read_descriptor(number, name=KEY_FD))
    ask = asker("Private key (64 hex digits, not shown)")
    if ask is None:
        raise ConfigError(
            f"There is no terminal to type a key on. Set {KEY_FD} to the number of an open"
            " descriptor that holds it."
        )
    return read_key(ask())


def _change(owner: "Setup", changes: "tuple[Change, ...]", *, is_sure: bool, nothing: str) -> None:
    from bot.cli.show.terminal import make_console
    from bot.cli.show.wallet import render_changes
    from bot.owner.acts import change

    if not changes:
        click.echo(nothing)
        return
    console = make_console()
    click.echo(f"wallet {owner.account.wallet}, signed by {owner.account.signer}\n")
    console.print(render_changes(changes, width=console.width))
    consent(f"\nSign {_count(changes)}?", is_sure=is_sure)
    tell_done(asyncio.run(change(owner, changes)))


def _count(changes: "tuple[Change, ...]") -> str:
    return "this one" if len(changes) == 1 else f"these {len(changes)}"


def _usd(text: str, name: str) -> "Usd":
    from bot.model.text import read_usd
    from bot.model.units import Usd

    try:
        usd = read_usd(text)
    except ValueError as error:
        raise ConfigError(f"{name} {error}") from None
    if usd == 0:
        raise ConfigError(f"{name} is 0; it must be more.")
    return Usd(usd)

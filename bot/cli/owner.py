"""What the owner's commands share: who acts, by config, keystore and environment; and consent."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.options import read_settings
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.owner.setup import Setup, World

_Command = TypeVar("_Command", bound=Callable[..., Any])


def keystore_option(command: _Command) -> _Command:
    """Add ``--keystore``."""
    return click.option(
        "--keystore",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The owner's key file; default: wallet.keystore of the config.",
    )(command)


def yes_option(command: _Command) -> _Command:
    """Add ``--yes``."""
    return click.option("--yes", "is_sure", is_flag=True, help="Do not ask, for scripts.")(command)


def on_chain_option(command: _Command) -> _Command:
    """Add ``--on-chain``."""
    return click.option(
        "--on-chain", is_flag=True, help="Also at the exchange contracts; takes the owner's key."
    )(command)


def pause_on_chain(settings: "Settings", keystore: Path | None, *, is_paused: bool) -> None:
    """Stop the exchange contracts from matching the wallet's orders, or let them again.

    Raises:
        BotError: It was not done, or not everywhere.
    """
    from bot.owner.acts import pause

    tell_done(asyncio.run(pause(owner_of(settings, keystore), is_paused=is_paused)))


def open_owner(config: Path, keystore: Path | None) -> "Setup":
    """Return who acts: the key of ``--keystore``, else the config's.

    Raises:
        UserError: The config or the key cannot be used.
    """
    return owner_of(read_settings(config), keystore)


def owner_of(settings: "Settings", keystore: Path | None) -> "Setup":
    """Return who acts with these settings. Raises ``UserError``."""
    from bot.owner.keys import find_key, relayer_key
    from bot.owner.keystore import address_of
    from bot.owner.setup import Setup
    from bot.venues.polymarket.sdk.setup import account_of

    path = keystore or settings.keystore
    key = find_key(path, os.environ, ask=asker(f"Passphrase of {path}"))
    return Setup(
        key=key,
        account=account_of(key=key, wallet=settings.wallet.address or address_of(key)),
        keystore=path,
        relayer_key=relayer_key(os.environ),
        world=world_of(settings),
    )


def world_of(settings: "Settings") -> "World":
    """Return where these settings lead."""
    from bot.app.sources import endpoints
    from bot.chain.addresses import POLYGON
    from bot.clock import SystemClock
    from bot.owner.setup import World
    from bot.venues.polymarket.settings import Pace

    return World(
        endpoints=endpoints(settings),
        contracts=POLYGON,
        confirmations=settings.live.confirmations,
        clock=SystemClock(),
        pace=Pace(timeout=settings.polymarket.request_timeout.total_seconds()),
    )


def asker(prompt: str, *, is_new: bool = False) -> Callable[[], str] | None:
    """Return what asks a person without showing the answer; None where there is no terminal."""
    if not sys.stdin.isatty():
        return None

    def ask() -> str:
        answer: str = click.prompt(
            prompt, hide_input=True, confirmation_prompt=is_new, err=True, default="",
            show_default=False,
        )  # fmt: skip
        return answer

    return ask


def consent(question: str, *, is_sure: bool) -> None:
    """Ask before anything is signed.

    Raises:
        ConfigError: There is nobody to ask, and no ``--yes``.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise ConfigError("There is no terminal to ask on, and nothing was signed. Add --yes.")
    click.confirm(question, abort=True)


def tell_done(hashes: tuple[str, ...]) -> None:
    """Print the hashes of what was done."""
    for each in hashes:
        click.echo(f"mined  {each}")

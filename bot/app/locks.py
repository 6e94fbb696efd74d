"""The three locks of live mode: the setting, the flag and a key. Any two of them do nothing."""

from collections.abc import Callable, Mapping

from bot.config import Mode, Settings
from bot.errors import ConfigError, CredentialError
from bot.model.account import Secret
from bot.owner.keys import PRIVATE_KEY, find_key


def unlock(
    settings: Settings,
    *,
    is_asked_for: bool,
    environment: Mapping[str, str],
    ask: Callable[[], str] | None,
) -> Secret | None:
    """Return the trading key if all three locks are open; None in paper mode without the flag.

    Args:
        settings: What the config says.
        is_asked_for: Whether ``--live`` was given.
        environment: Where the key, or the passphrase of its file, may be.
        ask: Asks a person for a passphrase; None where nobody is.

    Raises:
        ConfigError: A lock is shut; the message names it.
        CredentialError: The key cannot be read.
    """
    is_set = settings.mode is Mode.LIVE
    if not is_set and not is_asked_for:
        return None
    has_key = bool(environment.get(PRIVATE_KEY)) or settings.keystore is not None
    shut = [
        text
        for is_open, text in (
            (is_set, f"mode is {settings.mode} in {settings.path}: write mode: live"),
            (is_asked_for, "--live was not given: type `polyhedge run --live`"),
            (has_key, f"there is no key: export {PRIVATE_KEY}, or name a keystore under wallet:"),
        )
        if not is_open
    ]
    if shut:
        raise ConfigError(
            f"{settings.path}: live trading needs mode: live, --live and a key, but"
            f" {'; and '.join(shut)}. Without real money: mode: paper, and no --live."
        )
    if environment.get(PRIVATE_KEY) and settings.keystore is not None:
        raise CredentialError(
            f"{settings.path}: wallet.keystore names {settings.keystore}, and {PRIVATE_KEY} is set"
            " as well. Remove one of them, so that it is clear which key trades."
        )
    return find_key(settings.keystore, environment, ask=ask)

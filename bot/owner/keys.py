"""Which keys there are: the trading or owner key, and what the relayer wants to see.

All of them come from a keystore, a prompt, a descriptor or the environment, never from a config
file or the command line.
"""

from collections.abc import Mapping
from pathlib import Path

from bot.errors import CredentialError
from bot.model.account import Secret
from bot.owner.keystore import check_private, load_key, read_key
from bot.owner.passphrase import Ask, read_passphrase
from bot.venues.polymarket.sdk.client import BuilderKey, RelayerKey

PRIVATE_KEY = "POLYMARKET_PRIVATE_KEY"
_RELAYER = ("POLYMARKET_RELAYER_KEY", "POLYMARKET_RELAYER_ADDRESS")
_BUILDER = (
    "POLYMARKET_BUILDER_KEY", "POLYMARKET_BUILDER_SECRET", "POLYMARKET_BUILDER_PASSPHRASE",
)  # fmt: skip


def find_key(keystore: Path | None, environment: Mapping[str, str], *, ask: Ask | None) -> Secret:
    """Return the private key: of the keystore if one is named, else of the environment.

    Args:
        keystore: ``wallet.keystore``, or another file that the owner names.
        environment: For ``POLYMARKET_PRIVATE_KEY`` and the passphrase.
        ask: Asks a person for the passphrase; None where nobody can be asked.

    Raises:
        CredentialError: There is none, or it does not open.
    """
    if keystore is not None:
        check_private(keystore)  # before anybody types a passphrase
        return load_key(keystore, passphrase=read_passphrase(environment, ask=ask))
    text = environment.get(PRIVATE_KEY, "")
    if not text:
        raise CredentialError(
            f"There is no key: wallet.keystore names no file and {PRIVATE_KEY} is not set. Make one"
            " with `polyhedge wallet new` or `polyhedge wallet import`, and write"
            " wallet: {keystore: ...} into the config."
        )
    return read_key(text)


def relayer_key(environment: Mapping[str, str]) -> RelayerKey | BuilderKey | None:
    """Return the key for the relayer; a builder's key does all, so that it goes first.

    Raises:
        CredentialError: Only a part of one is set.
    """
    builder = _all_or_none(environment, _BUILDER)
    if builder:
        key, secret, passphrase = builder
        return BuilderKey(key=Secret(key), secret=Secret(secret), passphrase=Secret(passphrase))
    relayer = _all_or_none(environment, _RELAYER)
    if relayer:
        return RelayerKey(key=Secret(relayer[0]), address=relayer[1])
    return None


def _all_or_none(environment: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(environment.get(name, "") for name in names)
    if all(found):
        return found
    if any(found):
        absent = ", ".join(name for name, text in zip(names, found, strict=True) if not text)
        raise CredentialError(f"{absent} is not set, but the others of {', '.join(names)} are.")
    return ()

"""Where passphrases and typed-in keys come from: a descriptor, the environment, a prompt.

Never from the command line, which every user of the machine can list.
"""

import os
from collections.abc import Callable, Mapping

from bot.errors import CredentialError
from bot.model.account import Secret

PASSPHRASE, PASSPHRASE_FD, KEY_FD = (
    "POLYHEDGE_PASSPHRASE", "POLYHEDGE_PASSPHRASE_FD", "POLYHEDGE_KEY_FD",
)  # fmt: skip
_MOST = 4096
_DIGITS = 9
"""No system has descriptors of more digits."""

Ask = Callable[[], str]
"""Asks a person at the terminal and returns what was typed."""


def read_passphrase(environment: Mapping[str, str], *, ask: Ask | None) -> Secret:
    """Return the passphrase of a keystore.

    Args:
        environment: ``POLYHEDGE_PASSPHRASE_FD`` names an open descriptor that holds it;
            ``POLYHEDGE_PASSPHRASE`` is the passphrase itself.
        ask: None where nobody can be asked.

    Raises:
        CredentialError: None is given, it is empty, or two are given.
    """
    named = [name for name in (PASSPHRASE_FD, PASSPHRASE) if environment.get(name)]
    if len(named) > 1:
        raise CredentialError(f"{PASSPHRASE} and {PASSPHRASE_FD} are both set. Unset one of them.")
    if not named:
        if ask is None:
            raise CredentialError(
                f"The keystore needs a passphrase, and there is no terminal to ask on. Set"
                f" {PASSPHRASE}, or {PASSPHRASE_FD} to the number of an open descriptor."
            )
        text, origin = ask(), "The passphrase"
    else:
        (origin,) = named
        text = environment[origin]
        if origin == PASSPHRASE_FD:
            text = read_descriptor(text, name=PASSPHRASE_FD)
    if not text:
        raise CredentialError(f"{origin} is empty. A key must not lie on disk in the open.")
    return Secret(text)


def read_descriptor(number: str, *, name: str) -> str:
    """Return the text that an open descriptor holds, without the line's end.

    Raises:
        CredentialError: It is no number, or cannot be read.
    """
    if not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS):
        raise CredentialError(f"{name} was {number!r}; it must be the number of a descriptor.")
    try:
        with os.fdopen(int(number), "rb") as file:
            raw = file.read(_MOST)
    except OSError as error:
        raise CredentialError(
            f"{name} is {number}, and descriptor {number} cannot be read: {error.strerror}."
            f" Open it for this command, as in `{name}=3 polyhedge ... 3<secret-file`."
        ) from None
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CredentialError(f"{name}: descriptor {number} holds no text.") from None

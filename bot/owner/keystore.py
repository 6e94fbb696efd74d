"""Private keys in encrypted files: web3 secret storage, version 3, scrypt.

A file that others could read, or swap for their own, is refused before it is opened.
"""

import json
import os
import stat
import tempfile
from pathlib import Path

from bot.errors import CredentialError
from bot.model.account import Secret

SCRYPT_ROUNDS = 2**18
"""What makes guessing a passphrase dear: about 0.7 s and 256 MB a guess.

**Source:** the default of eth-keyfile 0.8, the format's reference in Python, read 2026-11.
"""
_OTHERS, _OTHERS_WRITE = 0o077, 0o022


def make_key() -> Secret:
    """Return a new private key from the system's randomness."""
    from eth_account import Account

    return Secret("0x" + bytes(Account.create().key).hex())


def read_key(text: str) -> Secret:
    """Return a private key as the program writes it: ``0x`` and 64 hex digits.

    Raises:
        CredentialError: It is none. The message does not repeat the text.
    """
    from eth_account import Account

    digits = text.strip().removeprefix("0x")
    try:
        raw = bytes.fromhex(digits)
        Account.from_key(raw)
    except ValueError:
        raise CredentialError(
            f"The private key was {len(digits)} characters that are no key; it must be 64 hex"
            " digits, with or without 0x in front. (It is not shown here.)"
        ) from None
    return Secret("0x" + raw.hex())


def address_of(key: Secret) -> str:
    """Return the checksummed address of a private key."""
    from eth_account import Account

    return str(Account.from_key(key.reveal()).address)


def save_key(path: Path, key: Secret, *, passphrase: Secret, rounds: int = SCRYPT_ROUNDS) -> str:
    """Write a new keystore file with mode 0600, whole or not at all, and return its address.

    Args:
        path: Must not exist; its folder is made with mode 0700 if there is none.
        key: The private key.
        passphrase: Opens the file again.
        rounds: A power of two; fewer are quicker to guess.

    Raises:
        CredentialError: The file exists, the folder can be written by others or not by us.
    """
    from eth_account import Account

    check_new(path)
    raw = bytes.fromhex(key.reveal()[2:])
    content = Account.encrypt(raw, passphrase.reveal(), kdf="scrypt", iterations=rounds)
    try:
        _write_new(path, json.dumps(content).encode())
    except FileExistsError:
        raise CredentialError(_exists(path)) from None
    except OSError as error:
        raise CredentialError(f"{path}: cannot be written: {error.strerror}.") from None
    return address_of(key)


def check_new(path: Path) -> None:
    """See that a keystore can be made here, before anybody types a key or a passphrase.

    Raises:
        CredentialError: The file exists, or the folder can be written by others.
    """
    if path.exists() or path.is_symlink():
        raise CredentialError(_exists(path))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CredentialError(f"{path.parent}: cannot be made: {error.strerror}.") from None
    _check_folder(path)


def load_key(path: Path, *, passphrase: Secret) -> Secret:
    """Return the private key of a keystore file.

    Raises:
        CredentialError: No file, loose permissions, no keystore, or another passphrase.
    """
    from eth_account import Account

    content = _read(path)
    try:
        raw = Account.decrypt(content, passphrase.reveal())
    # The library raises NotImplementedError for a file whose version or key derivation it lacks.
    except (ValueError, KeyError, TypeError, NotImplementedError) as error:
        if "MAC mismatch" in str(error):
            raise CredentialError(
                f"{path}: the passphrase does not open it. Type it again, or look at"
                " POLYHEDGE_PASSPHRASE and POLYHEDGE_PASSPHRASE_FD."
            ) from None
        raise CredentialError(_no_keystore(path)) from None
    return Secret("0x" + bytes(raw).hex())


def stored_address(path: Path) -> str:
    """Return the address that a keystore file names, without opening it.

    Raises:
        CredentialError: No file, loose permissions, or no keystore.
    """
    from eth_utils.address import is_hex_address, to_checksum_address

    named = _read(path).get("address")
    if not isinstance(named, str) or not is_hex_address(named):
        raise CredentialError(_no_keystore(path))
    return str(to_checksum_address(named))


def check_private(path: Path) -> None:
    """See that nobody else can read or replace a keystore file.

    Raises:
        CredentialError: There is none, or others can; the message holds the chmod to type.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise CredentialError(
            f"{path}: cannot be read: {error.strerror}. Make one with `polyhedge wallet new` or"
            " `polyhedge wallet import`, or name another in wallet.keystore."
        ) from None
    if mode & _OTHERS:
        raise CredentialError(
            f"{path} has mode {mode:04o}: others may read or replace the key. Type:"
            f" chmod 600 {path}"
        )
    _check_folder(path)


def _check_folder(path: Path) -> None:
    folder = path.resolve().parent
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS_WRITE:
        raise CredentialError(
            f"{folder} has mode {mode:04o}: others may put another file in place of {path.name}."
            f" Type: chmod go-w {folder}"
        )


def _read(path: Path) -> dict[str, object]:
    check_private(path)
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise CredentialError(f"{path}: cannot be read: {error.strerror}.") from None
    except ValueError:
        raise CredentialError(_no_keystore(path)) from None
    if not isinstance(content, dict):
        raise CredentialError(_no_keystore(path))
    return content


def _write_new(path: Path, content: bytes) -> None:
    """Write beside the path and link it there, which fails if somebody was quicker."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    finally:
        os.unlink(name)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _exists(path: Path) -> str:
    return (
        f"{path} exists, and a key that is overwritten is lost for ever. Name another file with"
        " --keystore, or move this one away."
    )


def _no_keystore(path: Path) -> str:
    return (
        f"{path} is no keystore: it must be JSON in the web3 secret storage format, version 3."
        " Make one with `polyhedge wallet new` or `polyhedge wallet import`."
    )

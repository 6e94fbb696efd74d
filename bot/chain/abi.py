"""Packs contract calls and reads what contracts and nodes answer; knows no contract."""

from collections.abc import Sequence
from typing import Any

from bot.errors import BadData


def selector(signature: str) -> bytes:
    """Return the four bytes that name a function, as ``balanceOf(address)``."""
    return _keccak(signature)[:4]


def topic(signature: str) -> str:
    """Return the hash that names an event in a log, 0x and 64 hex digits."""
    return "0x" + _keccak(signature).hex()


def encode_call(signature: str, *arguments: object) -> str:
    """Return the bytes of a call as 0x and hex; arguments as eth-abi takes them."""
    from eth_abi.abi import encode

    types = signature[signature.index("(") + 1 : -1]
    packed = encode(types.split(",") if types else [], arguments)
    return "0x" + (selector(signature) + packed).hex()


def decode(types: Sequence[str], answer: object, *, name: str) -> tuple[Any, ...]:
    """Read a contract's answer or a log's data.

    Raises:
        BadData: it is not hex, or not of these types.
    """
    from eth_abi.abi import decode as read
    from eth_abi.exceptions import DecodingError

    try:
        return read(types, bytes.fromhex(hex_text(answer, name=name)[2:]))
    except (DecodingError, ValueError, OverflowError):
        raise BadData(f"{name} was {answer!r:.100}; it must be {', '.join(types)}") from None


def hex_text(answer: object, *, name: str) -> str:
    """Return an answer that is 0x and hex digits, in small letters.

    Raises:
        BadData: it is something else.
    """
    if isinstance(answer, str) and answer.startswith("0x"):
        return answer.lower()
    raise BadData(f"{name} was {answer!r:.100}; it must be 0x and hex digits")


def number(answer: object, *, name: str) -> int:
    """Return an answer that is a number in hex.

    Raises:
        BadData: it is something else.
    """
    text = hex_text(answer, name=name)
    try:
        return int(text, 16)
    except ValueError:
        raise BadData(f"{name} was {answer!r:.100}; it must be a number in hex") from None


def field(row: object, key: str, *, name: str) -> Any:
    """Return a field of a JSON object.

    Raises:
        BadData: ``row`` is no object or lacks it.
    """
    if isinstance(row, dict) and key in row:
        return row[key]
    raise BadData(f"{name} was {row!r:.100}; it must be an object with {key}")


def word_of(address: str) -> str:
    """Return an address as a topic of a log: 32 bytes, zeros first."""
    return "0x" + address.removeprefix("0x").lower().rjust(64, "0")


def address_in(word: object, *, name: str) -> str:
    """Return the checksummed address in a topic of a log.

    Raises:
        BadData: it is something else.
    """
    from eth_utils.address import to_checksum_address

    text = hex_text(word, name=name)
    if len(text) != 66:
        raise BadData(f"{name} was {word!r:.100}; it must be 32 bytes of hex")
    return str(to_checksum_address("0x" + text[-40:]))


def _keccak(signature: str) -> bytes:
    from eth_hash.auto import keccak

    return keccak(signature.encode())

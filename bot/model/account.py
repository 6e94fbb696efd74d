"""Who trades: the key that signs, and the wallet whose money it is."""

from dataclasses import dataclass
from enum import IntEnum


class WalletKind(IntEnum):
    """How a wallet proves its orders; the value is the order's ``signatureType``.

    **Source:** POLYMARKET section 3 (docs.polymarket.com/trading/overview), read 2026-11.
    """

    EOA = 0
    """The key's own address holds the money."""
    PROXY = 1
    SAFE = 2
    DEPOSIT = 3
    """A deposit wallet; it also obeys session keys that its owner has authorized."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingAccount:
    """Whose orders we send; both addresses are checksummed."""

    signer: str
    """Address of the key."""
    wallet: str
    """Address that holds cash and tokens: the maker of every order. EOA: the signer itself."""
    kind: WalletKind
    is_session: bool
    """The key is a session key of this deposit wallet: it trades and cancels, nothing else."""


class Secret:
    """A text that no log, message, row or ``repr`` shows.

    Args:
        text: A private key, a passphrase or an API secret.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself: only where it is used, never where it could be written."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)

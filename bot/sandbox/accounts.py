"""Who may trade: API keys, what is known of each address, and session keys.

Everything made up here is made from the address alone, so that two runs are equal.
**Source:** POLYMARKET sections 3.2, 3.3 and 3.5, read 2026-11.
"""

import base64
import hashlib
from dataclasses import dataclass, field

from bot.model.account import WalletKind
from bot.sandbox.wallets import wallets_of
from bot.sandbox.writing import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What an address signs its requests with."""

    address: str
    """Checksummed; the key that logged in, never a smart wallet."""
    key: str
    secret: str
    """URL-safe base64."""
    passphrase: str

    def row(self) -> Json:
        """Return it as the venue hands it out."""
        return {"apiKey": self.key, "secret": self.secret, "passphrase": self.passphrase}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """A key that may trade for a deposit wallet for a while."""

    address: str
    scopes: tuple[str, ...]
    valid_until: int
    """Epoch seconds."""


@dataclass(slots=True, kw_only=True)
class Accounts:
    """API keys by their id, and what the venue thinks of addresses; all may be changed at will."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    allowlist: set[str] | None = None
    """EOAs that may be makers; None: all."""
    closed_only: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)
    sessions: dict[str, dict[str, SessionKey]] = field(default_factory=dict)
    """Wallet -> session key's address -> the session key."""
    builder_keys: dict[str, ApiKey] = field(default_factory=dict)

    def create(self, address: str, nonce: int) -> ApiKey | None:
        """Return a new API key; None if there is one for this address and nonce."""
        made = make_key(address, nonce)
        if made.key in self.keys:
            return None
        self.keys[made.key] = made
        return made

    def derive(self, address: str, nonce: int) -> ApiKey | None:
        """Return the API key of an address and nonce; None if it was never created."""
        return self.keys.get(make_key(address, nonce).key)

    def keys_of(self, address: str) -> list[str]:
        """Return the ids of an address's API keys."""
        return [key.key for key in self.keys.values() if key.address == address]

    def builder_key(self, address: str) -> ApiKey:
        """Return the address's key for the relayer, always the same."""
        return self.builder_keys.setdefault(address, make_key(f"builder {address}", 0))

    def authorize(self, wallet: str, session: SessionKey) -> None:
        """Let a session key trade for a wallet."""
        self.sessions.setdefault(wallet, {})[session.address] = session

    def wallet_of(self, address: str, kind: WalletKind) -> str:
        """Return the wallet of a kind that an address trades for."""
        if kind is WalletKind.DEPOSIT:
            for wallet, sessions in self.sessions.items():
                if address in sessions:
                    return wallet
        return wallets_of(address, kind)[0]

    def may_trade(self, address: str, wallet: str) -> bool:
        """Whether an address trades for a wallet, as its owner or as a session key."""
        if address in self.sessions.get(wallet, {}):
            return True
        return any(wallet in wallets_of(address, kind) for kind in WalletKind)


def make_key(address: str, nonce: int) -> ApiKey:
    """Return the API key of an address and nonce, always the same."""
    seed = hashlib.sha256(f"{address}/{nonce}".encode())
    digits = seed.hexdigest()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32])
    return ApiKey(
        address=address,
        key="-".join(parts),
        secret=base64.urlsafe_b64encode(seed.digest()).decode(),
        passphrase=hashlib.sha256(digits.encode()).hexdigest(),
    )

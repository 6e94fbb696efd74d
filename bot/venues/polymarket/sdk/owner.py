"""What the owner of a contract wallet asks of the relayer: its deployment, and session keys.

**Source:** POLYMARKET sections 2.1, 3.5 and 8.5, polymarket-client 0.14.0, read 2026-11.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.errors import CredentialError, SourceDown, VenueError
from bot.venues.polymarket.sdk.client import Sdk

SCOPE = "CLOB"
"""Trades and cancels on the order book; nothing else is ever asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """A key that the wallet obeys for a while."""

    address: str
    scopes: tuple[str, ...]
    until: datetime


async def deploy(sdk: Sdk) -> None:
    """Let the relayer deploy the key's deposit wallet, and wait until it stands.

    Raises:
        CredentialError: It is not this key's wallet, or there is no relayer key.
        VenueError: Refused, or not known in time.
    """
    with _told("Deploying the wallet"):
        await sdk._client._ensure_wallet_ready()


async def authorize_session_key(sdk: Sdk, address: str) -> SessionKey:
    """Let the wallet obey a session key for trading only, and wait until the venue lists it.

    Raises:
        CredentialError: Not the owner's key, or no builder key.
        VenueError: Refused, or not known in time: list the session keys before the next try.
    """
    with _told("Authorizing the session key"):
        made = (
            await sdk._client.authorize_session_key(address=address, scopes=[SCOPE])
        ).session_key
    return SessionKey(
        address=str(made.address), scopes=tuple(map(str, made.scopes)), until=made.valid_until
    )


async def session_keys(sdk: Sdk) -> tuple[SessionKey, ...]:
    """Return the session keys that the venue lists for the wallet.

    Raises:
        CredentialError: Not the owner's key.
        VenueError: The venue did not say.
    """
    with _told("Listing session keys"):
        found = await sdk._client.fetch_session_keys()
    return tuple(
        SessionKey(
            address=str(each.address), scopes=tuple(map(str, each.scopes)), until=each.valid_until
        )
        for each in found
    )


async def revoke_session_key(sdk: Sdk, address: str) -> None:
    """Let the wallet no longer obey a session key; its open orders are cancelled by the venue.

    Raises:
        CredentialError: Not the owner's key, or no key for the relayer.
        VenueError: Refused, or not known in time: list the session keys.
    """
    with _told("Revoking the session key"):
        await sdk._client.revoke_session_key(address=address)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn the client's errors into ours; what it refuses by itself is the user's to fix."""
    from polymarket.errors import PolymarketError, TransportError, UserInputError

    try:
        yield
    except UserInputError as error:
        raise CredentialError(f"{what} is not possible: {error}") from None
    except TransportError as error:
        raise SourceDown(f"{what} failed: {error}") from None
    except PolymarketError as error:
        raise VenueError(f"{what} failed: {error}") from None

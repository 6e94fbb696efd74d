"""Carries out contract calls for a wallet: an EOA sends them itself, the relayer for all others."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chain.addresses import Contracts
from bot.chain.reader import Chain
from bot.chain.sender import Sender
from bot.clock import Clock
from bot.errors import CredentialError, VenueError
from bot.model.account import Secret, TradingAccount, WalletKind
from bot.venues.polymarket.sdk.calls import Call
from bot.venues.polymarket.sdk.client import BuilderKey, RelayerKey, Sdk
from bot.venues.polymarket.settings import Endpoints, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who acts, for which wallet, and where the world is."""

    key: Secret
    account: TradingAccount
    keystore: Path | None
    relayer_key: RelayerKey | BuilderKey | None
    contracts: Contracts
    endpoints: Endpoints
    confirmations: int
    """Blocks above one before the chain's word is taken."""
    clock: Clock
    pace: Pace


@asynccontextmanager
async def open_chain(owner: Owner) -> AsyncIterator[Chain]:
    """Connect to the node.

    Raises:
        SourceDown: It does not answer.
        BadData: It is not on Polygon.
    """
    chain = Chain(
        rpc_url=owner.endpoints.rpc,
        contracts=owner.contracts,
        clock=owner.clock,
        confirmations=owner.confirmations,
    )
    try:
        await chain.start()
        yield chain
    finally:
        await chain.close()


@asynccontextmanager
async def open_sdk(owner: Owner) -> AsyncIterator[Sdk]:
    """Log in at the venue. Raises as ``Sdk.open`` does."""
    sdk = await Sdk.open(
        key=owner.key,
        wallet=owner.account.wallet,
        endpoints=owner.endpoints,
        contracts=owner.contracts,
        pace=owner.pace,
        relayer_key=owner.relayer_key,
    )
    try:
        yield sdk
    finally:
        await sdk.close()


def check_owner(owner: Owner) -> None:
    """See that this key may act for the wallet at all, before anything is asked or shown.

    Raises:
        CredentialError: It is at most a session key, or the relayer's key is missing.
    """
    account = owner.account
    if account.is_session:
        raise CredentialError(
            f"The key {account.signer} does not own wallet {account.wallet}; at most it is a"
            " session key of it. Name the owner's keystore: --keystore owner.json"
        )
    if account.kind is not WalletKind.EOA and owner.relayer_key is None:
        raise CredentialError(
            "A contract wallet acts through the venue's relayer, which wants a key of its own. Set"
            " POLYMARKET_RELAYER_KEY and POLYMARKET_RELAYER_ADDRESS (made in the venue's settings)."
        )


async def carry_out(owner: Owner, calls: Sequence[Call], *, purpose: str) -> tuple[str, ...]:
    """Make these calls from the wallet, in their order.

    Args:
        owner: Who acts.
        calls: One transaction each from an EOA; all in one through the relayer.
        purpose: A few words that the relayer keeps.

    Returns:
        The hashes of the mined transactions.

    Raises:
        CredentialError: The key cannot do it.
        VenueError: A call was refused; those before it stand if the wallet is an EOA.
        DataError: The outcome of the last one is not known.
    """
    check_owner(owner)
    if owner.account.kind is not WalletKind.EOA:
        async with open_sdk(owner) as sdk:
            return (await sdk.relay(calls, purpose=purpose),)
    sender = Sender(
        rpc_url=owner.endpoints.rpc,
        key=owner.key,
        clock=owner.clock,
        contracts=owner.contracts,
        confirmations=owner.confirmations,
    )
    try:
        return await _send_each(sender, calls)
    finally:
        await sender.close()


async def _send_each(sender: Sender, calls: Sequence[Call]) -> tuple[str, ...]:
    done: list[str] = []
    for call in calls:
        try:
            receipt = await sender.send(call.to, call.calldata)
        except VenueError as error:
            told = f"{error} ({len(done)} of {len(calls)} transactions are done)"
            raise VenueError(told) from None
        done.append(receipt.transaction)
    return tuple(done)

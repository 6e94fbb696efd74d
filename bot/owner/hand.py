"""Carries out contract calls for a wallet: an EOA sends them itself, the relayer for all others."""

from collections.abc import Sequence

from bot.chain.sender import Sender
from bot.errors import CredentialError, VenueError
from bot.model.account import WalletKind
from bot.owner.setup import Setup, open_sdk
from bot.venues.polymarket.sdk.calls import Call
from bot.venues.polymarket.sdk.client import BuilderKey


def check_owner(owner: Setup) -> None:
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


def check_builder(owner: Setup) -> None:
    """See that this key may authorize session keys. Raises ``CredentialError``."""
    check_owner(owner)
    if owner.account.kind is not WalletKind.DEPOSIT:
        raise CredentialError(
            f"{owner.account.wallet} is no deposit wallet, and only those obey session keys. Write"
            " the deposit wallet of your key into wallet.address (`polyhedge wallet new` shows it)."
        )
    if not isinstance(owner.relayer_key, BuilderKey):
        raise CredentialError(
            "Session keys are authorized with a builder's key of the venue. Set"
            " POLYMARKET_BUILDER_KEY, POLYMARKET_BUILDER_SECRET and POLYMARKET_BUILDER_PASSPHRASE."
        )


async def carry_out(owner: Setup, calls: Sequence[Call], *, purpose: str) -> tuple[str, ...]:
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
        rpc_url=owner.world.endpoints.rpc,
        key=owner.key,
        clock=owner.world.clock,
        contracts=owner.world.contracts,
        confirmations=owner.world.confirmations,
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

"""Checks on chain that a key may trade for a wallet, before it logs in anywhere."""

from bot.chain.reader import Chain
from bot.clock import Clock
from bot.errors import CredentialError
from bot.model.account import TradingAccount, WalletKind


async def check_account(who: TradingAccount, *, chain: Chain, clock: Clock) -> None:
    """Check on chain that the wallet is there and obeys the key.

    Raises:
        CredentialError: it is not, or does not; the message says what to do.
        DataError: the chain cannot be read.
    """
    if who.kind is WalletKind.EOA:
        return
    if not await chain.is_contract(who.wallet):
        raise CredentialError(
            f"Wallet {who.wallet} is not deployed: nothing stands at its address. Check the "
            "address, or deploy it on the venue's site or with: polyhedge wallet deploy"
        )
    if not who.is_session:
        return
    until = await chain.session_signer_until(who.wallet, who.signer)
    if until is None:
        raise CredentialError(
            f"Key {who.signer} neither owns wallet {who.wallet} nor is a session key of it. Use "
            "another key or wallet, or authorize it: polyhedge wallet session-key create"
        )
    if until <= clock.now():
        raise CredentialError(
            f"Session key {who.signer} of wallet {who.wallet} ended at {until.isoformat()}. "
            "Authorize a new one: polyhedge wallet session-key create"
        )

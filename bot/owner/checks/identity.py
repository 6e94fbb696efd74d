"""Key and wallet: do they belong together, and do they stand?"""

from datetime import datetime, timedelta

from bot.chain.rpc import Reverted
from bot.model.account import WalletKind
from bot.owner.examined import Examined
from bot.owner.findings import Finding, fail, ok, short, warn

_SOON = timedelta(days=14)
_KINDS = {
    WalletKind.EOA: "the key's own account (EOA)",
    WalletKind.PROXY: "proxy wallet",
    WalletKind.SAFE: "Safe",
    WalletKind.DEPOSIT: "deposit wallet",
}


async def check_key(examined: Examined) -> Finding:
    """Say which key this is, what it may do and for how long."""
    account = examined.setup.account
    if not account.is_session:
        origin = examined.setup.keystore or "POLYMARKET_PRIVATE_KEY"
        what = "the wallet's own key" if account.kind is WalletKind.EOA else "owner key"
        return ok("key", f"{what} {short(account.signer)}, may trade and withdraw ({origin})")
    until = await _session_until(examined)
    if until is None:
        return fail(
            "key",
            f"{account.signer} neither owns wallet {account.wallet} nor is a session key of it"
            " (never authorized, or revoked)",
            f"name the right keystore, or as its owner: {_create(account.signer)}",
        )
    left = until - examined.setup.world.clock.now()
    if left <= timedelta(0):
        return fail(
            "key",
            f"session key {account.signer} ended on {until:%Y-%m-%d}",
            f"as the wallet's owner: {_create(account.signer)}",
        )
    text = (
        f"session key {short(account.signer)}, may trade, may not withdraw, {left.days} days left"
    )
    if left < _SOON:
        return warn("key", text, f"as the wallet's owner: {_create(account.signer)}")
    return ok("key", text)


async def check_wallet(examined: Examined) -> Finding:
    """Say what kind of wallet holds the money, and whether it is deployed."""
    account = examined.setup.account
    has_code = await examined.chain.is_contract(account.wallet)
    text = f"{_KINDS[account.kind]} {short(account.wallet)}"
    if account.kind is WalletKind.EOA:
        if has_code:
            return fail(
                "wallet",
                f"{text} delegates to code (EIP-7702); the venue refuses its orders",
                "use a key that delegates to nothing, or a deposit wallet",
            )
        return ok("wallet", text)
    if has_code:
        return ok("wallet", f"{text}, deployed")
    if account.kind is WalletKind.DEPOSIT and not account.is_session:
        return fail("wallet", f"{text} is not deployed", "polyhedge wallet deploy")
    remedy = f"is wallet.address right? It is {account.wallet}"
    return fail("wallet", f"{text} is not deployed", remedy)


async def _session_until(examined: Examined) -> datetime | None:
    """Return when the session key ends; None if the wallet, or what stands there, knows none."""
    account = examined.setup.account
    try:
        return await examined.chain.session_signer_until(account.wallet, account.signer)
    except Reverted:  # some other contract
        return None


def _create(signer: str) -> str:
    return f"polyhedge wallet session-key create {signer}"

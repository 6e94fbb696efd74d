"""The owner's acts on the chain: allowances, wrapping, pausing, deploying."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ConfigError, CredentialError
from bot.model.account import WalletKind
from bot.model.units import Usd
from bot.owner import calls
from bot.owner.allowances import ALL, NEEDED, USED, Change, choose, raise_to, take_back
from bot.owner.hand import carry_out, check_owner
from bot.owner.setup import Setup, open_chain, open_sdk
from bot.venues.polymarket.sdk import owner as relayed
from bot.venues.polymarket.sdk.setup import deposit_wallet_of


class Asset(StrEnum):
    """Dollars that the ramps take for pUSD."""

    USDCE = "usdc.e"
    USDC = "usdc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """How much ``approve`` allows."""

    usd: Usd | None
    """pUSD for each exchange; None: without limit."""
    is_exact: bool
    """Lower what allows more; else that is left as it is."""


async def plan_approve(owner: Setup, only: Sequence[str], allowed: Allowed) -> tuple[Change, ...]:
    """Return what must be changed so that the wallet can trade; empty: nothing.

    Raises:
        CredentialError: This key cannot.
        ConfigError: A name in ``only`` is none.
        DataError: The present allowances are not known.
    """
    spenders = choose(only, among=USED, default=NEEDED)
    check_owner(owner)
    async with open_chain(owner) as chain:
        standing = await chain.allowances(owner.account.wallet)
    return raise_to(spenders, standing, owner.contracts, usd=allowed.usd, is_exact=allowed.is_exact)


async def plan_revoke(owner: Setup, only: Sequence[str]) -> tuple[Change, ...]:
    """Return what must be changed so that nobody may move anything. Raises as ``plan_approve``."""
    spenders = choose(only, among=ALL, default=ALL)
    check_owner(owner)
    async with open_chain(owner) as chain:
        standing = await chain.allowances(owner.account.wallet)
    return take_back(spenders, standing, owner.contracts)


async def change(owner: Setup, changes: Sequence[Change]) -> tuple[str, ...]:
    """Make these changes; return the hashes. Raises as ``carry_out``."""
    made = [each.call(owner.contracts) for each in changes]
    return await carry_out(owner, made, purpose="Set allowances")


async def wrap(owner: Setup, usd: Usd, asset: Asset) -> tuple[str, ...]:
    """Turn dollars of the wallet into pUSD; return the hashes.

    Raises:
        ConfigError: There are not as many.
        VenueError: As ``carry_out``, also for what else that raises.
    """
    address = owner.contracts.usdce if asset is Asset.USDCE else owner.contracts.usdc
    await _check_funds(owner, usd, currency=address, name=asset)
    made = calls.wrap(usd, asset=address, wallet=owner.account.wallet, contracts=owner.contracts)
    return await carry_out(owner, made, purpose="Wrap into pUSD")


async def unwrap(owner: Setup, usd: Usd, asset: Asset) -> tuple[str, ...]:
    """Turn pUSD of the wallet into dollars; return the hashes. Raises as ``wrap``."""
    address = owner.contracts.usdce if asset is Asset.USDCE else owner.contracts.usdc
    await _check_funds(owner, usd, currency=owner.contracts.collateral, name="pUSD")
    made = calls.unwrap(usd, asset=address, wallet=owner.account.wallet, contracts=owner.contracts)
    return await carry_out(owner, made, purpose="Unwrap pUSD")


async def _check_funds(owner: Setup, usd: Usd, *, currency: str, name: str) -> None:
    check_owner(owner)
    async with open_chain(owner) as chain:
        held = await chain.cash(owner.account.wallet, currency=currency)
    if held < usd:
        raise ConfigError(
            f"{owner.account.wallet} holds {held:,f} {name}, less than {usd:,f}. Nothing is signed."
        )


async def pause(owner: Setup, *, is_paused: bool) -> tuple[str, ...]:
    """Stop the exchanges from matching this wallet's orders, or let them again.

    **Source:** POLYMARKET 4.9: it takes effect about 100 blocks later, its end at once.
    """
    made = calls.pause(owner.contracts, is_paused=is_paused)
    return await carry_out(owner, made, purpose="Pause trading" if is_paused else "Go on trading")


async def deploy(owner: Setup) -> bool:
    """Deploy the key's deposit wallet; False if it stood already.

    Raises:
        CredentialError: The wallet is not the one that this key deploys, or the relayer's key is
            missing.
        VenueError: Refused, or not known in time.
    """
    account = owner.account
    own = deposit_wallet_of(account.signer)
    if account.kind is not WalletKind.DEPOSIT or account.is_session or account.wallet != own:
        raise CredentialError(
            f"The key {account.signer} deploys wallet {own}, but wallet.address is"
            f" {account.wallet}. Write wallet: {{address: {own}}} into the config."
        )
    check_owner(owner)
    async with open_chain(owner) as chain:
        if await chain.is_contract(own):
            return False
    async with open_sdk(owner) as sdk:
        await relayed.deploy(sdk)
    return True

"""The owner's acts on the chain: allowances, wrapping, pausing, deploying."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ConfigError, CredentialError, VenueError
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
    async with open_chain(owner.world) as chain:
        standing = await chain.allowances(owner.account.wallet)
    return raise_to(
        spenders, standing, owner.world.contracts, usd=allowed.usd, is_exact=allowed.is_exact
    )


async def plan_revoke(owner: Setup, only: Sequence[str]) -> tuple[Change, ...]:
    """Return what must be changed so that nobody may move anything. Raises as ``plan_approve``."""
    spenders = choose(only, among=ALL, default=ALL)
    check_owner(owner)
    async with open_chain(owner.world) as chain:
        standing = await chain.allowances(owner.account.wallet)
    return take_back(spenders, standing, owner.world.contracts)


async def change(owner: Setup, changes: Sequence[Change]) -> tuple[str, ...]:
    """Make these changes; return the hashes. Raises as ``carry_out``."""
    made = [each.call(owner.world.contracts) for each in changes]
    return await carry_out(owner, made, purpose="Set allowances")


async def wrap(owner: Setup, usd: Usd, asset: Asset) -> tuple[str, ...]:
    """Turn dollars of the wallet into pUSD; return the hashes.

    Raises:
        ConfigError: There are not as many.
        VenueError: As ``carry_out``, also for what else that raises.
    """
    address = owner.world.contracts.usdce if asset is Asset.USDCE else owner.world.contracts.usdc
    await _check_funds(owner, usd, currency=address, name=asset)
    made = calls.wrap(
        usd, asset=address, wallet=owner.account.wallet, contracts=owner.world.contracts
    )
    return await carry_out(owner, made, purpose="Wrap into pUSD")


async def unwrap(owner: Setup, usd: Usd, asset: Asset) -> tuple[str, ...]:
    """Turn pUSD of the wallet into dollars; return the hashes. Raises as ``wrap``."""
    address = owner.world.contracts.usdce if asset is Asset.USDCE else owner.world.contracts.usdc
    await _check_funds(owner, usd, currency=owner.world.contracts.collateral, name="pUSD")
    made = calls.unwrap(
        usd, asset=address, wallet=owner.account.wallet, contracts=owner.world.contracts
    )
    return await carry_out(owner, made, purpose="Unwrap pUSD")


async def _check_funds(owner: Setup, usd: Usd, *, currency: str, name: str) -> None:
    check_owner(owner)
    async with open_chain(owner.world) as chain:
        held = await chain.cash(owner.account.wallet, currency=currency)
    if held < usd:
        raise ConfigError(
            f"{owner.account.wallet} holds {held:,f} {name}, less than {usd:,f}. Nothing is signed."
        )


async def pause(owner: Setup, *, is_paused: bool) -> tuple[str, ...]:
    """Stop the exchanges from matching this wallet's orders, or let them again.

    Each exchange is asked alone: that one refuses, being stopped already, keeps no other running.

    **Source:** POLYMARKET 4.9: it takes effect about 100 blocks later, its end at once.

    Raises:
        VenueError: One of them refused; the message says what the others did.
        DataError: The outcome of one is not known.
    """
    purpose = "Pause trading" if is_paused else "Go on trading"
    done: list[str] = []
    refused: list[str] = []
    for call in calls.pause(owner.world.contracts, is_paused=is_paused):
        try:
            done += await carry_out(owner, [call], purpose=purpose)
        except VenueError as error:
            refused.append(str(error))
    if refused:
        mined = f"; mined: {', '.join(done)}" if done else ""
        raise VenueError(f"{purpose}: {'; '.join(refused)}{mined}")
    return tuple(done)


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
    async with open_chain(owner.world) as chain:
        if await chain.is_contract(own):
            return False
    async with open_sdk(owner) as sdk:
        await relayed.deploy(sdk)
    return True

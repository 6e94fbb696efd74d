"""Turns all resolved positions of the wallet into collateral, for owners whose daemon cannot.

Which tokens there may be is asked of the Data API, what they are of Gamma; how many there are and
what they pay is the chain's word alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.chain.reader import Chain
from bot.chain.token_ids import is_v2
from bot.errors import BadData, ConfigError
from bot.model.market import Market, MarketKind
from bot.model.units import ConditionId, Shares, TokenId, Usd
from bot.owner.allowances import NEEDED, raise_to
from bot.owner.hand import carry_out, check_owner
from bot.owner.setup import Setup, make_reads, open_chain
from bot.venues.polymarket import wire
from bot.venues.polymarket.data_api import HeldRow
from bot.venues.polymarket.directory import Directory
from bot.venues.polymarket.private_reads import PrivateReads
from bot.venues.polymarket.sdk.calls import redeem_calls

_PADDED = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemable:
    """A resolved market that pays something for what the wallet holds."""

    market: Market
    held: Mapping[TokenId, Shares]
    payout_usd: Usd


async def plan_redeem(owner: Setup) -> tuple[Redeemable, ...]:
    """Return what can be redeemed now, in the order of the Data API.

    Raises:
        CredentialError: This key cannot.
        ConfigError: A contract that redeems may not move the tokens yet.
        DataError: Positions, markets or payouts are not known.
    """
    check_owner(owner)
    conditions = await _conditions(owner)
    gamma = make_reads(owner.world, owner.world.endpoints.gamma)
    try:
        markets = await Directory(reads=gamma, pace=owner.world.pace).by_conditions(conditions)
    finally:
        await gamma.close()
    if len(markets) < len(conditions):
        lost = sorted(set(conditions) - {market.condition_id for market in markets})
        raise BadData(f"Gamma knows no market {', '.join(lost)}, of which the wallet holds tokens")
    async with open_chain(owner.world) as chain:
        found = [await _look_at(chain, owner.account.wallet, market) for market in markets]
        payable = tuple(each for each in found if each is not None)
        await _check_allowed(owner, chain, payable)
    return payable


async def redeem(owner: Setup, payable: Sequence[Redeemable]) -> tuple[str, ...]:
    """Redeem these; return the hashes. Raises as ``carry_out``."""
    made = [
        call
        for each in payable
        for call in redeem_calls(each.market, each.held, owner.world.contracts)
    ]
    return await carry_out(owner, made, purpose="Redeem")


async def _look_at(chain: Chain, wallet: str, market: Market) -> Redeemable | None:
    payouts = await chain.payouts(market)
    if payouts is None:
        return None  # the Data API is ahead of the chain
    held = await chain.shares(wallet, market.token_ids)
    usd = sum(
        (held[token] * payout for token, payout in zip(market.token_ids, payouts, strict=True)),
        Decimal(0),
    )
    return Redeemable(market=market, held=held, payout_usd=Usd(usd)) if usd > 0 else None


async def _check_allowed(owner: Setup, chain: Chain, payable: Sequence[Redeemable]) -> None:
    contracts = {_redeemer(each.market) for each in payable}
    spenders = [each for each in NEEDED if each.contract in contracts and not each.is_for_trading]
    standing = await chain.allowances(owner.account.wallet)
    lacking = raise_to(spenders, standing, owner.world.contracts, usd=None, is_exact=False)
    if lacking:
        names = [each.spender.name for each in lacking]
        only = " ".join(f"--only {name}" for name in names)
        raise ConfigError(
            f"{', '.join(names)} may not move the tokens that are to be"
            f" redeemed. Type first: polyhedge wallet approve {only}"
        )


def _redeemer(market: Market) -> str:
    if market.kind is MarketKind.V2:
        return "router"
    return "neg_risk_collateral_adapter" if market.neg_risk else "collateral_adapter"


async def _conditions(owner: Setup) -> tuple[ConditionId, ...]:
    """Return the markets in which the Data API shows something to redeem."""
    reads = make_reads(owner.world, owner.world.endpoints.data)
    private = PrivateReads(
        exchange=reads, positions=reads, wallet=owner.account.wallet, pace=owner.world.pace
    )
    try:
        rows = await private.held()
    finally:
        await reads.close()
    return tuple(dict.fromkeys(_condition(row) for row in rows if row.redeemable))


def _condition(row: HeldRow) -> ConditionId:
    text = row.condition_id
    if is_v2(row.token_id) and len(text) == _PADDED:
        text = text[:-2]  # shown padded to 32 bytes by some endpoints
    return wire.condition_id(text, name="positions.condition_id")

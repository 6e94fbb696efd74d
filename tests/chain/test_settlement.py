"""Splits, merges, redemptions and ramps on the local chain, called as the official client calls."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from polymarket._internal.actions.relayer.calls import (
    TransactionCall,
    ctf_merge_positions_call,
    ctf_redeem_positions_call,
    ctf_split_position_call,
    router_merge_call,
    router_redeem_call,
    router_split_call,
)
from polymarket.types import EvmAddress

from bot.chain.addresses import POLYGON
from bot.chain.token_ids import check_tokens
from bot.errors import BadData
from bot.model.market import Market, MarketKind
from bot.model.units import Shares, Usd
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.markets import oracle, question_id
from bot.sandbox.chain.orders import address_of
from bot.sandbox.chain.rpc import Reverted
from tests.chain.official import CONFIG, carry
from tests.chain.traders import KINDS, MARKETS, Make, Trader, error, listed, owned

pytestmark = pytest.mark.chain

YES = (Decimal(1), Decimal(0))
NO = (Decimal(0), Decimal(1))
HALVES = (Decimal("0.5"), Decimal("0.5"))


def adapter(market: Market) -> EvmAddress:
    return EvmAddress(
        CONFIG.neg_risk_collateral_adapter if market.neg_risk else CONFIG.collateral_adapter
    )


def split(market: Market, e6: int) -> TransactionCall:
    if market.kind is MarketKind.V2:
        router = EvmAddress(CONFIG.protocol_v2_router)
        return router_split_call(router=router, condition_id=market.condition_id, amount=e6)
    return ctf_split_position_call(
        target=adapter(market),
        collateral=EvmAddress(CONFIG.collateral_token),
        condition_id=market.condition_id,
        amount=e6,
    )


def merge(market: Market, e6: int) -> TransactionCall:
    if market.kind is MarketKind.V2:
        router = EvmAddress(CONFIG.protocol_v2_router)
        return router_merge_call(router=router, condition_id=market.condition_id, amount=e6)
    return ctf_merge_positions_call(
        target=adapter(market),
        collateral=EvmAddress(CONFIG.collateral_token),
        condition_id=market.condition_id,
        amount=e6,
    )


def redeem(market: Market, e6: int) -> list[TransactionCall]:
    if market.kind is MarketKind.V2:
        return [
            router_redeem_call(
                router=EvmAddress(CONFIG.protocol_v2_router),
                condition_id=market.condition_id,
                outcome_index=outcome,
                amount=e6,
            )
            for outcome in (0, 1)
        ]
    return [
        ctf_redeem_positions_call(
            ctf=adapter(market),
            collateral=EvmAddress(CONFIG.collateral_token),
            condition_id=market.condition_id,
        )
    ]


@KINDS
async def test_pairs_are_made_and_melted_at_no_cost(
    chain: LocalChain, carol: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    await carry(chain, carol.wallet, [split(market, 30_000_001)], key=carol.key)
    assert await owned(chain, carol.wallet, market) == ("69.999999", "30.000001", "30.000001")
    await carry(chain, carol.wallet, [merge(market, 10_000_001)], key=carol.key)
    assert await owned(chain, carol.wallet, market) == ("80", "20", "20")


@KINDS
@pytest.mark.parametrize("payouts", [YES, NO, HALVES], ids=["yes", "no", "halves"])
async def test_a_resolved_market_pays_what_its_oracle_reported(
    chain: LocalChain,
    carol: Trader,
    alice: Trader,
    make: Make,
    payouts: tuple[Decimal, Decimal],
) -> None:
    market = await listed(chain, make)
    await chain.split(carol.wallet, market, Shares(Decimal(20)))
    # Only the first outcome stays: the other goes to alice, who has the auto-redeemer redeem.
    tokens = (
        POLYGON.position_manager if market.kind is MarketKind.V2 else POLYGON.conditional_tokens
    )
    await chain.send(
        carol.wallet,
        tokens,
        "safeTransferFrom(address,address,uint256,uint256,bytes)",
        carol.wallet,
        alice.wallet,
        int(market.token_ids[1]),
        20_000_000,
        b"",
    )
    await chain.resolve(market, payouts)
    await carry(chain, carol.wallet, redeem(market, 20_000_000)[:1], key=carol.key)
    await chain.redeem_for(alice.wallet, market)
    assert await chain.cash(carol.wallet) == 80 + 20 * payouts[0]
    assert await chain.cash(alice.wallet) == 100 + 20 * payouts[1]
    assert (await owned(chain, carol.wallet, market))[1:] == ("0", "0")
    assert (await owned(chain, alice.wallet, market))[1:] == ("0", "0")


@KINDS
async def test_nothing_is_redeemed_before_the_outcome_is_known(
    chain: LocalChain, carol: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    await chain.split(carol.wallet, market, Shares(Decimal(20)))
    with pytest.raises(Reverted) as refused:
        await carry(chain, carol.wallet, redeem(market, 20_000_000)[:1], key=carol.key)
    assert refused.value.reason in (
        error("NotResolved()"),
        "result for condition not received yet",
    )
    assert await owned(chain, carol.wallet, market) == ("80", "20", "20")


@KINDS
async def test_an_outcome_is_reported_once_and_only_of_a_known_market(
    chain: LocalChain, make: Make
) -> None:
    with pytest.raises(Reverted):
        await chain.resolve(make("not-prepared"), YES)
    market = await listed(chain, make)
    await chain.resolve(market, YES)
    with pytest.raises(Reverted):
        await chain.resolve(market, NO)


@KINDS
async def test_ids_of_local_markets_pass_the_check_before_signing(make: Make) -> None:
    market = make("fed-cuts-in-december")
    check_tokens(market, question_id=question_id(market), oracle=oracle(market))


async def test_a_market_with_ids_of_elsewhere_is_not_prepared(chain: LocalChain) -> None:
    foreign = LocalMarkets().ctf("one")
    with pytest.raises(BadData, match="give it local ones first"):
        await chain.prepare(replace(foreign, slug="another"))


@pytest.mark.parametrize("asset", ["usdce", "usdc"])
async def test_dollars_are_wrapped_and_unwrapped_one_for_one(chain: LocalChain, asset: str) -> None:
    token = getattr(POLYGON, asset)
    operator, alice, bob = (address_of(chain.accounts[number]) for number in (0, 3, 4))
    await chain.send(operator, token, "mint(address,uint256)", alice, 5_000_000)
    await chain.send(alice, token, "approve(address,uint256)", POLYGON.onramp, 5_000_000)
    await chain.send(alice, POLYGON.onramp, "wrap(address,address,uint256)", token, bob, 5_000_000)
    assert await chain.cash(bob) == Usd(Decimal(5))
    await chain.send(bob, POLYGON.collateral, "approve(address,uint256)", POLYGON.offramp, 2**255)
    await chain.send(
        bob, POLYGON.offramp, "unwrap(address,address,uint256)", token, alice, 3_000_000
    )
    assert await chain.cash(bob) == Usd(Decimal(2))
    assert await chain.call(token, "balanceOf(address)", alice, returns=["uint256"]) == (3_000_000,)


async def test_every_pusd_is_backed_by_a_dollar(chain: LocalChain, carol: Trader) -> None:
    for make in (MARKETS.ctf, MARKETS.neg_risk, MARKETS.v2):
        market = await listed(chain, make)
        await chain.split(carol.wallet, market, Shares(Decimal(10)))
    (supply,) = await chain.call(POLYGON.collateral, "totalSupply()", returns=["uint256"])
    (dollars,) = await chain.call(
        POLYGON.usdce, "balanceOf(address)", POLYGON.offramp, returns=["uint256"]
    )
    assert supply == dollars == 80_000_000  # 20 of the 100 became tokens of CTF markets

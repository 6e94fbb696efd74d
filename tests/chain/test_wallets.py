"""Deposit wallets and session keys on the local chain, signed for by the official client."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from polymarket._internal.actions.relayer.calls import (
    TransactionCall,
    authorize_session_signer_call,
    erc20_transfer_call,
    revoke_session_signer_call,
)
from polymarket._internal.wallet import derive_beacon_deposit_wallet_address
from polymarket.types import EvmAddress

from bot.chain.addresses import POLYGON
from bot.model.account import Secret
from bot.model.market import Market
from bot.model.orders import Side
from bot.sandbox.chain import ChainOrder, LocalChain
from bot.sandbox.chain.orders import address_of
from bot.sandbox.chain.rpc import Reverted
from tests.chain.official import CONFIG, carry, order
from tests.chain.traders import KINDS, MARKETS, Make, Trader, error, listed, owned

pytestmark = pytest.mark.chain

DAY_S = 86_400
CONFIG_NAMES = {
    "collateral": "collateral_token",
    "exchange": "standard_exchange",
    "router": "protocol_v2_router",
    "auto_redeemer": "auto_redeem_operator",
}
WALLET_NAMES = ("factory", "beacon", "implementation")
NOT_IN_THE_CLIENT = {"usdc", "usdce", "onramp", "offramp", "wrapped_collateral"}


def test_our_addresses_are_those_of_the_official_client() -> None:
    ours = dataclasses.asdict(POLYGON)
    wallets = {f"deposit_wallet_{name}" for name in WALLET_NAMES}
    for name in ours.keys() - wallets - NOT_IN_THE_CLIENT:
        assert ours[name] == getattr(CONFIG, CONFIG_NAMES.get(name, name)), name
    for name in wallets:
        assert ours[name] == getattr(CONFIG.wallet_derivation, name), name


async def test_a_deposit_wallet_stands_where_the_official_client_expects_it(
    chain: LocalChain,
) -> None:
    for key in chain.accounts[2:5]:
        owner = address_of(key)
        wallet = await chain.deploy_wallet(owner)
        assert wallet == derive_beacon_deposit_wallet_address(owner, CONFIG.wallet_derivation)
        assert await chain.call(wallet, "owner()", returns=["address"]) == (owner.lower(),)
        assert await chain.deploy_wallet(owner) == wallet  # a second time changes nothing


async def authorize(chain: LocalChain, carol: Trader, session: Secret, *, lasts_s: int) -> None:
    call = authorize_session_signer_call(
        wallet_address=EvmAddress(carol.wallet),
        session_signer=EvmAddress(address_of(session)),
        valid_until=await chain.now() + lasts_s,
    )
    await carry(chain, carol.wallet, [call], key=carol.key)


async def settle(
    chain: LocalChain, market: Market, carols: ChainOrder, bob: Trader, *, salt: int = 1
) -> None:
    """Match a buy of 10 at 0.50 with a buy of the other outcome."""
    other = order(market, bob.key, side=Side.BUY, size="10", price="0.50", outcome=1, salt=salt)
    await chain.match(market, carols, [other], taker_fill_e6=5_000_000, maker_fills_e6=[5_000_000])


def carols_order(market: Market, carol: Trader, *, session: Secret | None) -> ChainOrder:
    return order(
        market,
        session or carol.key,
        side=Side.BUY,
        size="10",
        price="0.50",
        wallet=carol.wallet,
        is_session=session is not None,
    )


@KINDS
async def test_owner_and_session_key_trade_for_the_wallet(
    chain: LocalChain, bob: Trader, carol: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    session = chain.accounts[6]
    await authorize(chain, carol, session, lasts_s=DAY_S)
    by_session = carols_order(market, carol, session=session)
    assert len(by_session.signature) == 480
    await settle(chain, market, by_session, bob)
    by_owner = carols_order(market, carol, session=None)
    # The same order, signed by the other key, has the same id: it is filled already.
    with pytest.raises(Reverted) as refused:
        await settle(chain, market, by_owner, bob, salt=2)
    assert refused.value.reason == error("OrderAlreadyFilled()")
    assert await owned(chain, carol.wallet, market) == ("95", "10", "0")


@KINDS
async def test_an_ended_session_signs_nothing(
    chain: LocalChain, bob: Trader, carol: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    session = chain.accounts[6]
    signed = carols_order(market, carol, session=session)
    revoke = revoke_session_signer_call(
        wallet_address=EvmAddress(carol.wallet), session_signer=EvmAddress(address_of(session))
    )

    async def is_refused() -> bool:
        with pytest.raises(Reverted) as refused:
            await settle(chain, market, signed, bob)
        return refused.value.reason == error("InvalidSignature()")

    assert await is_refused()  # never authorized
    await authorize(chain, carol, session, lasts_s=DAY_S)
    await chain.advance(DAY_S)
    assert await is_refused()  # expired
    await authorize(chain, carol, session, lasts_s=DAY_S)
    await carry(chain, carol.wallet, [revoke], key=carol.key)
    assert await is_refused()  # revoked
    await authorize(chain, carol, session, lasts_s=DAY_S)
    await settle(chain, market, signed, bob)


async def test_a_session_key_signs_orders_in_its_wrapper_and_nothing_else(
    chain: LocalChain, bob: Trader, carol: Trader
) -> None:
    market = await listed(chain, MARKETS.ctf)
    session = chain.accounts[6]
    await authorize(chain, carol, session, lasts_s=DAY_S)
    bare = order(market, session, side=Side.BUY, size="10", price="0.50", wallet=carol.wallet)
    with pytest.raises(Reverted) as refused:
        await settle(chain, market, bare, bob)
    assert refused.value.reason == error("InvalidSignature()")
    theft = erc20_transfer_call(
        token_address=EvmAddress(POLYGON.collateral),
        recipient=EvmAddress(address_of(session)),
        amount=100_000_000,
    )
    with pytest.raises(Reverted) as refused:
        await carry(chain, carol.wallet, [theft], key=session)
    assert refused.value.reason == error("OnlyOwner()")
    with pytest.raises(Reverted) as refused:
        await chain.send(
            address_of(session),
            carol.wallet,
            "authorizeSessionSigner(address,uint256)",
            address_of(session),
            2**40,
        )
    assert refused.value.reason == error("OnlyOwner()")


async def test_a_batch_is_carried_once_in_order_and_in_time(
    chain: LocalChain, carol: Trader
) -> None:
    bob = address_of(chain.accounts[4])
    gift = erc20_transfer_call(
        token_address=EvmAddress(POLYGON.collateral), recipient=EvmAddress(bob), amount=1_500_000
    )
    for expected in ("1.5", "3"):
        await carry(chain, carol.wallet, [gift], key=carol.key)
        assert f"{await chain.cash(bob):f}" == expected
    assert await chain.wallet_nonce(carol.wallet) == 2
    now = await chain.now()
    for nonce, deadline, why in (
        (1, now + 600, error("WrongNonce(uint256)")),
        (2, now, error("BatchExpired()")),
        (2, now + 600, error("InvalidSignature()")),
    ):
        with pytest.raises(Reverted) as refused:
            await chain.carry(
                carol.wallet, nonce=nonce, deadline=deadline, calls=[], signature=bytes(65)
            )
        assert refused.value.reason == why


async def test_a_failing_call_undoes_its_whole_batch(chain: LocalChain, carol: Trader) -> None:
    bob = address_of(chain.accounts[4])

    def transfer(e6: int) -> TransactionCall:
        return erc20_transfer_call(
            token_address=EvmAddress(POLYGON.collateral), recipient=EvmAddress(bob), amount=e6
        )

    with pytest.raises(Reverted) as refused:
        await carry(chain, carol.wallet, [transfer(1), transfer(10**12)], key=carol.key)
    assert refused.value.reason == error("InsufficientBalance()")
    assert await chain.cash(bob) == 0
    assert await chain.wallet_nonce(carol.wallet) == 0


@pytest.mark.parametrize("signature_type", [1, 2])
async def test_proxy_and_safe_orders_are_refused_by_name(
    chain: LocalChain, alice: Trader, bob: Trader, signature_type: int
) -> None:
    market = await listed(chain, MARKETS.ctf)
    plain = order(market, alice.key, side=Side.BUY, size="10", price="0.50")
    with pytest.raises(Reverted) as refused:
        await settle(chain, market, replace(plain, signature_type=signature_type), bob)
    assert refused.value.reason == error("SignatureTypeNotSupported(uint8)")

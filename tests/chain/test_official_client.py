"""The official client, unmodified, against the local chain: what it does through a node alone."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from polymarket import ApiKeyCreds, AsyncSecureClient
from polymarket._internal.actions.relayer.approvals import get_trading_approvals_state
from polymarket._internal.environment import create_environment
from polymarket._internal.wallet import derive_current_deposit_wallet_address
from polymarket.errors import RequestRejectedError
from polymarket.models.trading import MissingTradingApprovals

from bot.clock import SystemClock
from bot.model.market import Market
from bot.model.units import Usd
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.orders import address_of
from bot.sandbox.server import Sandbox
from tests.chain.official import CONFIG
from tests.chain.traders import KINDS, Make, listed, owned

pytestmark = pytest.mark.chain

NOWHERE = ApiKeyCreds(key="none", secret="bm9uZQ==", passphrase="none")


@asynccontextmanager
async def client(
    chain: LocalChain, *markets: Market, number: int = 3
) -> AsyncIterator[AsyncSecureClient]:
    """The client of a plain key; it reads markets from the local exchange, all else is refused."""
    key = chain.accounts[number]
    async with Sandbox(markets=markets, clock=SystemClock()) as sandbox:
        unused: dict[str, Any] = {
            field.name: "http://127.0.0.1:1"
            for field in dataclasses.fields(CONFIG)
            if field.name.endswith("_url")
        }
        known = {
            "gamma_url": sandbox.endpoints.gamma,
            "data_url": sandbox.endpoints.data,
            "rpc_url": chain.rpc_url,
        }
        config = dataclasses.replace(CONFIG, **{**unused, **known}, relayer_poll_frequency_ms=10)
        made = await AsyncSecureClient._create(
            private_key=key.reveal(),
            wallet=address_of(key),
            environment=create_environment(name="local", config=config),
            credentials=NOWHERE,
            validate_credentials=False,
        )
        try:
            yield made
        finally:
            await made.close()


async def missing(official: AsyncSecureClient) -> MissingTradingApprovals:
    """Return what the client would approve; through the node, as ``setup_trading_approvals``."""
    state = await get_trading_approvals_state(
        official._ctx.rpc, wallet=official.wallet, config=official._ctx.environment_config
    )
    return state.missing


async def test_the_client_approves_all_that_it_wants_approved(chain: LocalChain) -> None:
    async with client(chain) as official:
        before = await missing(official)
        await official.setup_trading_approvals()
        after = await missing(official)
    assert (len(before.erc20), len(before.erc1155)) == (7, 10)
    assert (len(after.erc20), len(after.erc1155)) == (0, 0)


async def test_our_approvals_leave_out_only_what_hedging_does_not_need(chain: LocalChain) -> None:
    wallet = address_of(chain.accounts[3])
    await chain.approve_all(wallet)
    async with client(chain) as official:
        left = await missing(official)
    assert [str(one.spender) for one in left.erc20] == [CONFIG.perps_deposit_contract]
    assert {str(one.operator) for one in left.erc1155} == {
        CONFIG.binary_module,
        CONFIG.neg_risk_module,
    }


@KINDS
async def test_the_client_splits_merges_and_redeems(chain: LocalChain, make: Make) -> None:
    market = await listed(chain, make)
    wallet = address_of(chain.accounts[3])
    await chain.mint(wallet, Usd(Decimal(100)))
    await chain.approve_all(wallet)
    async with client(chain, market) as official:
        condition = market.condition_id
        await (await official.split_position(condition_id=condition, amount=20_000_000)).wait()
        assert await owned(chain, wallet, market) == ("80", "20", "20")
        await (await official.merge_positions(condition_id=condition, amount="max")).wait()
        assert await owned(chain, wallet, market) == ("100", "0", "0")
        await (await official.split_position(condition_id=condition, amount=5_000_000)).wait()
    resolved = dataclasses.replace(market, closed=True, payouts=(Decimal(0), Decimal(1)))
    async with client(chain, resolved) as official:
        with pytest.raises(RequestRejectedError):
            await official.redeem_positions(condition_id=condition)
        await chain.resolve(market, (Decimal(0), Decimal(1)))
        await (await official.redeem_positions(condition_id=condition)).wait()
    assert await owned(chain, wallet, market) == ("100", "0", "0")


async def test_the_client_moves_pusd(chain: LocalChain) -> None:
    sender, receiver = (address_of(chain.accounts[number]) for number in (3, 4))
    await chain.mint(sender, Usd(Decimal(10)))
    async with client(chain) as official:
        handle = await official.transfer_erc20(
            token_address=CONFIG.collateral_token, recipient_address=receiver, amount=4_000_000
        )
        await handle.wait()
    assert [await chain.cash(wallet) for wallet in (sender, receiver)] == [6, 4]


async def test_the_client_derives_the_wallet_that_the_factory_makes(chain: LocalChain) -> None:
    owner = address_of(chain.accounts[5])
    async with client(chain) as official:
        derived = await derive_current_deposit_wallet_address(
            official._ctx.rpc, owner, CONFIG.wallet_derivation
        )
    assert derived == await chain.deploy_wallet(owner)

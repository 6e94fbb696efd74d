"""With a chain behind it, the sandbox's trades, wallets and session keys are the chain's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from polymarket import AsyncSecureClient, BuilderApiKey
from polymarket.errors import RequestRejectedError

from bot.clock import SystemClock
from bot.model.market import Market, MarketChanged
from bot.model.units import Shares, Usd
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.node import Node
from bot.sandbox.server import Sandbox
from tests.fakes import make_book
from tests.sandbox.rig import DEPOSIT, EOA, KEY, OTHER, OTHER_KEY, environment_of, unified

pytestmark = pytest.mark.chain

OWNER, SESSION = EOA, OTHER
CLOCK = SystemClock()
LISTED = (
    LocalMarkets().ctf("plain"),
    LocalMarkets().neg_risk("one-of-many"),
    LocalMarkets().v2("second"),
)
KINDS = pytest.mark.parametrize("market", LISTED, ids=["ctf", "neg-risk", "v2"])


@dataclass
class World:
    chain: LocalChain
    sandbox: Sandbox


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A node with three markets, and an EOA and its deposit wallet that have all they need."""
    node = Node(clock=CLOCK, starts_at=CLOCK.now())
    asyncio.run(settle_in(node))
    yield node
    node.stop()


async def settle_in(node: Node) -> None:
    await node.start()
    async with LocalChain(clock=CLOCK, starts_at=CLOCK.now(), node=node) as chain:
        for wallet in (OWNER, await chain.deploy_wallet(OWNER)):
            await chain.mint(wallet, Usd(Decimal(100)))
            await chain.approve_all(wallet)
        await chain.give_gas(OWNER, Decimal(10))
        for market in LISTED:
            await chain.prepare(market)
        async with Sandbox(markets=LISTED, clock=CLOCK, chain=chain):
            pass  # other people have their money from now on


@pytest.fixture
async def world(node: Node) -> AsyncIterator[World]:
    """A sandbox before that chain; what a test does to the chain is undone."""
    async with LocalChain(clock=CLOCK, starts_at=CLOCK.now(), node=node) as chain:
        before = await chain.snapshot()
        async with Sandbox(markets=LISTED, clock=CLOCK, chain=chain) as sandbox:
            asks, bids = [("0.54", "30"), ("0.55", "10")], [("0.50", "40"), ("0.49", "100")]
            for market in LISTED:
                first = market.token_ids[0]
                sandbox.tell(make_book(first, bids=bids, asks=asks, at=CLOCK.now()))
            yield World(chain, sandbox)
        await chain.revert(before)


async def place(client: AsyncSecureClient, market: Market, **changes: Any) -> Any:
    wanted: dict[str, Any] = {
        "token_id": market.token_ids[0],
        "price": "0.60",
        "size": "35",
        "side": "BUY",
    }
    return await client.post_order(await client.create_limit_order(**(wanted | changes)))


@KINDS
@pytest.mark.parametrize("kind", ["eoa", "deposit"])
async def test_taken_shares_and_cash_are_on_chain(world: World, market: Market, kind: str) -> None:
    wallet = OWNER if kind == "eoa" else DEPOSIT
    async with unified(world.sandbox, wallet=wallet) as client:
        placed = await place(client, market)
        await world.sandbox.settle()

        trades = (await client.list_account_trades().first_page()).items
        assert (placed.status, placed.taking_amount) == ("matched", 35)
        assert {trade.status for trade in trades} == {"CONFIRMED"}
        assert [(str(t.price), str(t.size)) for t in trades] == [("0.55", "5"), ("0.54", "30")]
    assert await world.chain.shares(wallet, market.token_ids[0]) == 35
    cost = Decimal("0.54") * 30 + Decimal("0.55") * 5
    fees = Decimal("0.29808") + Decimal("0.04950")  # 4 % of shares * p * (1 - p), 5 decimals
    assert await world.chain.cash(wallet) == 100 - cost - fees

    async with unified(world.sandbox, wallet=wallet) as client:
        await place(client, market, side="SELL", price="0.50", size="35")
        await world.sandbox.settle()
    assert await world.chain.shares(wallet, market.token_ids[0]) == 0


@KINDS
@pytest.mark.parametrize(("sells", "outcome"), [(True, 1), (False, 0)])
async def test_others_meet_our_resting_orders(
    world: World, market: Market, sells: bool, outcome: int
) -> None:
    # They sell our token, or buy its complement, so that both are minted.
    async with unified(world.sandbox) as client:
        token = market.token_ids[outcome]
        one = await place(client, market, token_id=token, price="0.30", size="10")
        two = await place(client, market, token_id=token, price="0.31", size="10")
        trade = world.sandbox.trade_against(
            {one.order_id: Shares(Decimal(4)), two.order_id: Shares(Decimal(10))}, sells=sells
        )
        await world.sandbox.settle()
        row = (await client.list_account_trades().first_page()).items[0]
        still = (await client.list_open_orders().first_page()).items
    assert trade.status == "CONFIRMED"
    assert row.trader_side == "MAKER"
    assert row.side == ("SELL" if sells else "BUY")
    assert [(str(o.price), str(o.matched_amount), o.side) for o in row.maker_orders] == [
        ("0.3", "4", "BUY"),
        ("0.31", "10", "BUY"),
    ]
    assert [(o.id, str(o.size_matched)) for o in still] == [(one.order_id, "4")]
    assert await world.chain.shares(OWNER, token) == 14
    assert await world.chain.cash(OWNER) == 100 - Decimal("1.2") - Decimal("3.1")


@KINDS
@pytest.mark.parametrize("sells", [True, False])
async def test_others_meet_our_resting_sale(world: World, market: Market, sells: bool) -> None:
    # They buy our token, or sell its complement, so that both are merged.
    await world.chain.split(OWNER, market, Shares(Decimal(10)))
    async with unified(world.sandbox) as client:
        placed = await place(client, market, side="SELL", size="10")
        world.sandbox.trade_against({placed.order_id: Shares(Decimal(10))}, sells=sells)
        await world.sandbox.settle()
    assert world.sandbox.records.trades[-1].status == "CONFIRMED"
    assert await world.chain.cash(OWNER) == 100 - 10 + 6


async def test_settlement_that_the_chain_refuses_fails(world: World) -> None:
    async with unified(world.sandbox) as client:
        placed = await place(client, LISTED[0], price="0.30", size="10")
        await world.chain.send(
            OWNER,
            world.chain.contracts.collateral,
            "approve(address,uint256)",
            world.chain.contracts.exchange,
            0,
        )
        trade = world.sandbox.trade_against({placed.order_id: Shares(Decimal(10))})
        await world.sandbox.settle()
        assert trade.status == "FAILED"
        with pytest.raises(RequestRejectedError, match="the allowance is not enough"):
            await place(client, LISTED[0], price="0.30", size="10")


@KINDS
@pytest.mark.parametrize("kind", ["eoa", "deposit"])
async def test_official_client_redeems(world: World, market: Market, kind: str) -> None:
    wallet = OWNER if kind == "eoa" else DEPOSIT
    async with unified(world.sandbox, wallet=wallet) as client:
        handle = await client.split_position(condition_id=market.condition_id, amount=10_000_000)
        await handle.wait()
        assert await world.chain.cash(wallet) == 90
        payouts = (Decimal(1), Decimal(0))
        await world.chain.resolve(market, payouts)
        closed = replace(market, closed=True, payouts=payouts)
        world.sandbox.tell(MarketChanged(market=closed, at=CLOCK.now()))
        page = await client.list_positions(user=wallet).first_page()
        assert [str(one.status) for one in page.items] == ["REDEEMABLE", "REDEEMABLE"]
        handle = await client.redeem_positions(condition_id=market.condition_id)
        await handle.wait()
    assert await world.chain.cash(wallet) == 100


async def test_auto_redeemer_pays_and_tells(world: World) -> None:
    market, payouts = LISTED[2], (Decimal("0.5"), Decimal("0.5"))
    await world.chain.split(OWNER, market, Shares(Decimal(10)))
    await world.chain.resolve(market, payouts)
    closed = replace(market, closed=True, payouts=payouts)
    world.sandbox.tell(MarketChanged(market=closed, at=CLOCK.now()))
    async with unified(world.sandbox) as client:
        await world.sandbox.auto_redeem(OWNER, market.condition_id)
        notes = await client.get_notifications()
        activity = (await client.list_activity(user=OWNER).first_page()).items
    assert [int(note.type) for note in notes] == [9]
    assert [str(row.type) for row in activity] == ["REDEEM"]
    assert await world.chain.cash(OWNER) == 100


async def test_session_key_trades_until_it_is_revoked(world: World) -> None:
    builder = world.sandbox.accounts.builder_key(OWNER)
    owner = await AsyncSecureClient.create(
        private_key=KEY,
        wallet=DEPOSIT,
        environment=environment_of(world.sandbox),
        api_key=BuilderApiKey(
            key=builder.key, secret=builder.secret, passphrase=builder.passphrase
        ),
    )
    try:
        async with unified(world.sandbox, key=OTHER_KEY, wallet=DEPOSIT) as session:
            with pytest.raises(RequestRejectedError, match="invalid signature"):
                await place(session, LISTED[0])
            made = await owner.authorize_session_key(address=SESSION, scopes=["CLOB"])
            assert made.session_key.address == SESSION

            placed = await place(session, LISTED[0])
            await world.sandbox.settle()
            assert placed.status == "matched"
            assert await world.chain.shares(DEPOSIT, LISTED[0].token_ids[0]) == 35
            assert (await owner.list_account_trades().first_page()).items == ()
            rested = await place(session, LISTED[2], price="0.30")

            await owner.revoke_session_key(address=SESSION)
            assert (
                await session.list_open_orders().first_page()
                == await owner.list_open_orders().first_page()
            )
            assert not world.sandbox.records.orders[rested.order_id].is_open
            with pytest.raises(RequestRejectedError, match="invalid signature"):
                await place(session, LISTED[0])
    finally:
        await owner.close()


async def test_new_deposit_wallet_is_made_by_the_relayer(world: World) -> None:
    async with unified(world.sandbox, key=OTHER_KEY, wallet=None) as client:
        assert str(client.wallet) == SESSION
    client = await AsyncSecureClient.create(
        private_key=OTHER_KEY,
        environment=environment_of(world.sandbox),
        api_key=BuilderApiKey(
            key=(key := world.sandbox.accounts.builder_key(SESSION)).key,
            secret=key.secret,
            passphrase=key.passphrase,
        ),
    )
    try:
        assert await world.sandbox.bank.is_deployed(str(client.wallet))
    finally:
        await client.close()

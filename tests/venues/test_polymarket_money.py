"""The live venue's money on the local chain: every wallet, exact figures, payouts, bad accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.chain.addresses import POLYGON
from bot.errors import CredentialError, VenueError
from bot.model.account import Secret
from bot.model.market import Market
from bot.model.orders import Accepted, Side, TradeSettlement
from bot.model.units import Shares
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.orders import address_of
from bot.sandbox.faults import Fate, Fault
from bot.venues.polymarket.sdk.calls import merge_call
from tests.chain.conftest import chain, node  # noqa: F401 - fixtures
from tests.fakes import START, make_intent
from tests.venues.polymarket.live_stage import LiveStage, fund, open_stage

pytestmark = pytest.mark.chain
MARKETS = LocalMarkets(ends_at=START.replace(year=2027))
FAR = int(datetime(2030, 1, 1).astimezone().timestamp())
BIDS, ASKS = (("0.50", "40"), ("0.49", "100")), (("0.54", "30"), ("0.55", "20"))


@asynccontextmanager
async def trading(
    chain: LocalChain,  # noqa: F811
    market: Market,
    *,
    account: int = 3,
    session: int | None = None,
    until: int = FAR,
) -> AsyncIterator[LiveStage]:
    """Open the venue for an EOA, or for a deposit wallet and perhaps a session key of it."""
    await chain.prepare(market)
    key = chain.accounts[account]
    wallet = address_of(key)
    if session is not None:
        wallet = await chain.deploy_wallet(wallet)
        key = chain.accounts[session]
        authorize = "authorizeSessionSigner(address,uint256)"
        await chain.send(wallet, wallet, authorize, address_of(key), until)
    await fund(chain, wallet, market)
    async with open_stage(chain, market, key=key, wallet=wallet) as stage:
        await stage.show(bids=BIDS, asks=ASKS)
        yield stage


async def buy(stage: LiveStage, size: str = "30", limit: str = "0.54") -> Accepted:
    intent = make_intent(
        Side.BUY,
        size,
        limit,
        token_id=stage.market.token_ids[0],
        condition_id=stage.market.condition_id,
    )
    result = await stage.venue.submit(await stage.venue.prepare(intent))
    assert isinstance(result, Accepted), result
    return result


async def test_a_session_key_trades_and_leaves_redeeming_to_others(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.ctf("a"), account=4, session=5) as stage:
        venue = stage.venue
        assert (venue.account.is_session, venue.can_redeem) == (True, False)
        accepted = await buy(stage)
        await stage.settle()
        (fill,) = await venue.fills(since=START - timedelta(days=1))
        assert (fill.order_id, fill.settlement) == (
            accepted.order_id,
            TradeSettlement.CONFIRMED,
        )
        balances = await venue.balances()
        assert balances.cash_usd == 1000 + fill.cash_usd
        market = await stage.resolve("1", "0")
        with pytest.raises(VenueError, match="a session key cannot; the owner's key can"):
            await venue.merge(stage.market, Shares(Decimal(1)))
        assert await venue.redeem(market) == ()
        assert (await venue.balances()).shares == balances.shares


async def test_neg_risk_orders_settle_on_their_own_exchange(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.neg_risk("b")) as stage:
        accepted = await buy(stage)
        token = stage.market.token_ids[0]
        assert not await stage.venue.is_executed(accepted.order_id, token)
        await stage.settle()
        assert await stage.venue.is_executed(accepted.order_id, token)
        market = await stage.resolve("0.5", "0.5")
        (paid,) = await stage.venue.redeem(market)
        assert (int(paid.shares), int(paid.payout_usd)) == (130, 65)


async def test_a_confirmed_fill_agrees_with_the_chain_to_the_last_unit(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.v2("c")) as stage:
        before = await stage.venue.transfers(since_block=None)
        assert before.rows == ()
        accepted = await buy(stage, "50", "0.55")  # two levels, each a trade of its own
        await stage.settle()
        fills = await stage.venue.fills(since=START - timedelta(days=1))
        assert len(fills) == 2
        found = await stage.venue.transfers(since_block=before.upto_block + 1)
        cash = sum(row.change_e6 for row in found.rows if row.token_id is None)
        shares = sum(row.change_e6 for row in found.rows if row.token_id is not None)
        assert Decimal(cash) / 10**6 == sum(fill.cash_usd for fill in fills)
        assert Decimal(shares) / 10**6 == sum(fill.size for fill in fills)
        assert all(fill.notional_usd is not None for fill in fills)
        assert {row.order_ids for row in found.rows} == {(accepted.order_id,)}
        again = await stage.venue.transfers(since_block=found.upto_block + 1)
        assert again.rows == ()


async def test_a_trade_is_shown_as_mined_until_the_chain_tells_it(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.ctf("d")) as stage:
        await buy(stage)
        await stage.settle()
        (trade,) = stage.sandbox.records.trades
        mined_in, trade.transaction = trade.transaction, "0x" + "7" * 64
        (fill,) = await stage.venue.fills(since=stage.now() - timedelta(hours=1))
        assert fill.settlement is TradeSettlement.MINED
        trade.transaction = mined_in
        (late,) = await stage.venue.fills(since=stage.now() + timedelta(hours=1))
        assert late.settlement is TradeSettlement.CONFIRMED
        assert await stage.venue.fills(since=stage.now() + timedelta(hours=1)) == ()


@pytest.mark.parametrize(
    "make", [MARKETS.ctf, MARKETS.neg_risk, MARKETS.v2], ids=["ctf", "neg risk", "v2"]
)
async def test_a_contract_wallet_merges_through_the_relayer(
    chain: LocalChain,  # noqa: F811
    make: Callable[[str], Market],
) -> None:
    market = make("k")
    await chain.prepare(market)
    key = chain.accounts[4]
    wallet = await chain.deploy_wallet(address_of(key))
    await fund(chain, wallet, market)
    await chain.split(wallet, market, Shares(Decimal(7)))
    async with open_stage(chain, market, key=key, wallet=wallet) as stage:
        three = Shares(Decimal(3))
        await stage.venue.sdk.relay([merge_call(market, three, POLYGON)], purpose="Merge")
        balances = await stage.venue.balances()
        assert balances.cash_usd == 1000 - 7 + 3
        assert {int(shares) for shares in balances.shares.values()} == {104, 4}


@pytest.mark.parametrize("make", [MARKETS.ctf, MARKETS.neg_risk, MARKETS.v2], ids=str)
@pytest.mark.parametrize("contract", [False, True], ids=["eoa", "deposit wallet"])
async def test_pairs_merge_into_collateral_once(
    chain: LocalChain,  # noqa: F811
    make: Callable[[str], Market],
    *,
    contract: bool,
) -> None:
    market, key = make("merge"), chain.accounts[3]
    await chain.prepare(market)
    wallet = address_of(key)
    if contract:
        wallet = await chain.deploy_wallet(wallet)
    await fund(chain, wallet, market)
    await chain.split(wallet, market, Shares(Decimal(7)))
    async with open_stage(chain, market, key=key, wallet=wallet) as stage:
        before = await stage.venue.transfers(since_block=None)
        cash = (await stage.venue.balances()).cash_usd
        await stage.venue.merge(market, Shares(Decimal("2.5")))
        balances = await stage.venue.balances()
        assert balances.cash_usd == cash + Decimal("2.5")
        assert [balances.shares[token] for token in market.token_ids] == [
            Decimal("104.5"),
            Decimal("4.5"),
        ]
        await stage.venue.merge(market, Shares(Decimal(30)))
        await stage.venue.merge(market, Shares(Decimal(30)))
        assert (await stage.venue.balances()).cash_usd == cash + 7
        found = await stage.venue.transfers(since_block=before.upto_block + 1)
        assert sum(row.change_e6 for row in found.rows if row.token_id is None) == 7_000_000
        for token in market.token_ids:
            assert sum(r.change_e6 for r in found.rows if r.token_id == token) == -7_000_000


async def test_a_merge_while_the_node_is_down_is_not_known_to_be_done(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.ctf("merge-down")) as stage:
        stage.sandbox.faults.add(Fault.STATUS, path="/rpc")
        with pytest.raises(VenueError, match=r"Our merge of .* cannot be read"):
            await stage.venue.merge(stage.market, Shares(Decimal(1)))


async def test_a_failed_settlement_is_told(chain: LocalChain) -> None:  # noqa: F811
    async with trading(chain, MARKETS.ctf("e")) as stage:
        await buy(stage)
        await stage.sandbox.settle(Fate.FAIL)
        (fill,) = await stage.venue.fills(since=START - timedelta(days=1))
        assert fill.settlement is TradeSettlement.FAILED
        assert (await stage.venue.balances()).cash_usd == 1000


async def test_nothing_is_redeemed_before_the_chain_has_the_outcome(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.ctf("f")) as stage:
        with pytest.raises(VenueError, match="has no outcome on chain yet"):
            await stage.venue.redeem(stage.market)


async def test_what_is_ours_is_an_error_while_the_node_is_down(
    chain: LocalChain,  # noqa: F811
) -> None:
    async with trading(chain, MARKETS.ctf("g")) as stage:
        stage.sandbox.faults.add(Fault.STATUS, path="/rpc")
        with pytest.raises(VenueError, match="Our balances cannot be read"):
            await stage.venue.balances()


async def test_a_wallet_that_is_not_deployed_is_told_before_any_log_in(
    chain: LocalChain,  # noqa: F811
) -> None:
    from bot.venues.polymarket.sdk.setup import deposit_wallet_of

    market, key = MARKETS.ctf("h"), chain.accounts[6]
    wallet = deposit_wallet_of(address_of(key))
    with pytest.raises(CredentialError, match=f"Wallet {wallet} is not deployed"):
        async with open_stage(chain, market, key=key, wallet=wallet):
            pass


async def test_a_stranger_s_key_is_told(chain: LocalChain) -> None:  # noqa: F811
    wallet = await chain.deploy_wallet(address_of(chain.accounts[4]))
    stranger = Secret("0x" + "77" * 32)
    with pytest.raises(CredentialError, match=r"neither owns wallet .* nor is a session key of it"):
        async with open_stage(chain, MARKETS.ctf("i"), key=stranger, wallet=wallet):
            pass


async def test_a_session_key_that_has_ended_is_told(chain: LocalChain) -> None:  # noqa: F811
    ended = int((START - timedelta(days=1)).timestamp())
    with pytest.raises(CredentialError, match="ended at 2026-11-01"):
        async with trading(chain, MARKETS.ctf("j"), account=4, session=5, until=ended):
            pass

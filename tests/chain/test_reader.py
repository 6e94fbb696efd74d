"""What the chain shows, read from a real node; and what a bad node must never make us believe."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.chain.addresses import POLYGON
from bot.chain.reader import Chain
from bot.chain.settings import ChainPace
from bot.clock import SystemClock
from bot.errors import BadData, DataError, SourceDown
from bot.model.account import Secret
from bot.model.market import Market
from bot.model.orders import Side
from bot.model.transfers import Transfer
from bot.model.units import OrderId, Shares, Usd
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.orders import address_of, eoa_order
from tests.chain.between import Between, between

MARKETS = LocalMarkets()
KINDS = pytest.mark.parametrize(
    "make", [MARKETS.ctf, MARKETS.neg_risk, MARKETS.v2], ids=["ctf", "neg-risk", "v2"]
)
Make = Callable[[str], Market]
HASTY = ChainPace(first_wait=0.001, timeout=2.0)
HALF = Decimal("0.5")


def reader(url: str, *, confirmations: int = 0, pace: ChainPace = HASTY) -> Chain:
    return Chain(
        rpc_url=url,
        contracts=POLYGON,
        clock=SystemClock(),
        confirmations=confirmations,
        pace=pace,
    )


@pytest.fixture
async def eyes(chain: LocalChain) -> AsyncIterator[Chain]:
    eyes = reader(chain.rpc_url)
    await eyes.start()
    yield eyes
    await eyes.close()


@pytest.fixture
async def way(chain: LocalChain) -> AsyncIterator[Between]:
    async with between(chain.rpc_url) as way:
        yield way


@pytest.fixture
async def weak_eyes(way: Between) -> AsyncIterator[Chain]:
    """A reader whose node the test can spoil."""
    eyes = reader(way.url)
    yield eyes
    await eyes.close()


@pytest.fixture
async def alice(chain: LocalChain) -> Secret:
    return await trader(chain, 3)


@pytest.fixture
async def bob(chain: LocalChain) -> Secret:
    return await trader(chain, 4)


async def trader(chain: LocalChain, number: int) -> Secret:
    key = chain.accounts[number]
    await chain.approve_all(address_of(key))
    await chain.mint(address_of(key), Usd(Decimal(100)))
    return key


async def match(
    chain: LocalChain, market: Market, *, buyer: Secret, seller: Secret, fee_e6: int = 0
) -> tuple[str, OrderId, OrderId]:
    """Sell 10 of 20 ordered Yes for 0.40 USD; return transaction, buyer's order, seller's."""
    yes = market.token_ids[0]
    price, size = Decimal("0.40"), Decimal(20)
    buys = eoa_order(buyer, market, token_id=yes, side=Side.BUY, size=size, price=price, salt=1)
    sells = eoa_order(seller, market, token_id=yes, side=Side.SELL, size=size, price=price, salt=2)
    transaction = await chain.match(
        market,
        buys,
        [sells],
        taker_fill_e6=4_000_000,
        maker_fills_e6=[10_000_000],
        taker_fee_e6=fee_e6,
    )
    return transaction, buys.hash(market), sells.hash(market)


async def open_market(chain: LocalChain, market: Market, seller: Secret) -> None:
    await chain.prepare(market)
    await chain.split(address_of(seller), market, Shares(Decimal(50)))


def test_the_reader_is_imported_without_web3() -> None:
    script = "import sys, bot.chain.reader, bot.chain.sender; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)  # noqa: S603
    heavy = {"web3", "eth_account", "eth_abi", "eth_hash", "aiohttp"}
    assert not heavy & set(done.stdout.decode().split())


async def test_money_and_gas_of_a_wallet(chain: LocalChain, eyes: Chain, alice: Secret) -> None:
    wallet = address_of(alice)
    assert await eyes.cash(wallet) == Decimal(100)
    await chain.give_gas(wallet, Decimal("1.5"))
    assert await eyes.gas_money(wallet) == Decimal("1.5")


async def test_dollars_of_another_currency(chain: LocalChain, eyes: Chain) -> None:
    wallet = address_of(chain.accounts[6])
    await chain.mint_usdce(wallet, Usd(Decimal("2.5")))
    assert await eyes.cash(wallet, currency=POLYGON.usdce) == Decimal("2.5")
    assert await eyes.cash(wallet) == 0


async def test_code_tells_a_wallet_from_a_key(
    chain: LocalChain, eyes: Chain, alice: Secret
) -> None:
    wallet = await chain.deploy_wallet(address_of(alice))
    assert await eyes.is_contract(wallet)
    assert not await eyes.is_contract(address_of(alice))


async def test_tokens_of_all_kinds_in_one_reading(
    chain: LocalChain, eyes: Chain, alice: Secret
) -> None:
    markets = [make("rain") for make in (MARKETS.ctf, MARKETS.neg_risk, MARKETS.v2)]
    for size, market in enumerate(markets, start=7):
        await chain.prepare(market)
        await chain.split(address_of(alice), market, Shares(Decimal(size)))
    unknown = MARKETS.v2("snow").token_ids[0]
    tokens = [unknown, *(token for market in markets for token in market.token_ids)]
    found = await eyes.shares(address_of(alice), tokens)
    assert [found[token] for token in tokens] == [0, 7, 7, 8, 8, 9, 9]
    assert await eyes.shares(address_of(alice), []) == {}


async def test_allowances_are_nothing_a_sum_or_everything(chain: LocalChain, eyes: Chain) -> None:
    wallet = address_of(chain.accounts[6])
    fresh = await eyes.allowances(wallet)
    assert len(fresh) == 14
    assert {allowance.most for allowance in fresh} == {Decimal(0)}
    yes = True
    approve, approve_all = "approve(address,uint256)", "setApprovalForAll(address,bool)"
    await chain.send(wallet, POLYGON.collateral, approve, POLYGON.router, 12_500_000)
    await chain.send(wallet, POLYGON.collateral, approve, POLYGON.exchange, 2**256 - 1)
    await chain.send(wallet, POLYGON.position_manager, approve_all, POLYGON.exchange_v3, yes)
    changed = {
        (allowance.contract, allowance.token): allowance.most
        for allowance in await eyes.allowances(wallet)
        if allowance.most != 0
    }
    assert changed == {
        ("router", POLYGON.collateral): Decimal("12.5"),
        ("exchange", POLYGON.collateral): None,
        ("exchange_v3", POLYGON.position_manager): None,
    }


@KINDS
async def test_an_order_is_executed_once_any_of_it_is(
    chain: LocalChain, eyes: Chain, alice: Secret, bob: Secret, make: Make
) -> None:
    market = make("rain")
    await open_market(chain, market, bob)
    yes = market.token_ids[0]
    never = OrderId("0x" + "11" * 32)
    _, bought, sold = await match(chain, market, buyer=alice, seller=bob)
    for order, expected in ((bought, True), (sold, True), (never, False)):
        assert await eyes.executed(order, yes, neg_risk=market.neg_risk) is expected


@KINDS
@pytest.mark.parametrize("paid", [(Decimal(1), Decimal(0)), (Decimal(0), Decimal(1)), (HALF, HALF)])
async def test_payouts_are_unknown_until_resolved(
    chain: LocalChain, eyes: Chain, make: Make, paid: tuple[Decimal, Decimal]
) -> None:
    market = make("rain")
    await chain.prepare(market)
    assert await eyes.payouts(market) is None
    await chain.resolve(market, paid)
    assert await eyes.payouts(market) == paid


async def test_a_session_key_has_its_end(chain: LocalChain, eyes: Chain, alice: Secret) -> None:
    wallet = await chain.deploy_wallet(address_of(alice))
    session, stranger = (address_of(chain.accounts[number]) for number in (7, 8))
    ends = datetime(2027, 3, 1, tzinfo=UTC)
    authorize = "authorizeSessionSigner(address,uint256)"
    await chain.send(wallet, wallet, authorize, session, int(ends.timestamp()))
    assert await eyes.session_signer_until(wallet, session) == ends
    assert await eyes.session_signer_until(wallet, stranger) is None
    assert await eyes.session_signer_until(stranger, session) is None
    await chain.send(wallet, wallet, "revokeSessionSigner(address)", session)
    assert await eyes.session_signer_until(wallet, session) is None
    await chain.send(wallet, wallet, authorize, session, 2**256 - 1)
    assert await eyes.session_signer_until(wallet, session) == datetime(
        9999, 12, 31, 23, 59, 59, tzinfo=UTC
    )


async def everything(eyes: Chain, wallet: str) -> tuple[Transfer, ...]:
    upto = await eyes.block()
    return (await eyes.transfers(wallet, since_block=0, upto_block=upto)).rows


@KINDS
async def test_a_match_explains_its_transfers_and_nothing_else_does(
    chain: LocalChain, eyes: Chain, alice: Secret, bob: Secret, make: Make
) -> None:
    market = make("rain")
    await open_market(chain, market, bob)
    wallet, yes = address_of(alice), market.token_ids[0]
    transaction, bought, sold = await match(chain, market, buyer=alice, seller=bob, fee_e6=96_000)
    await chain.send(
        wallet, POLYGON.collateral, "transfer(address,uint256)", address_of(bob), 1_000_000
    )
    rows = await everything(eyes, wallet)
    assert rows[0].change_e6 == 100_000_000
    assert rows[0].order_ids == ()
    assert rows[-1].change_e6 == -1_000_000
    assert rows[-1].order_ids == ()
    of_match = [row for row in rows if row.transaction == transaction]
    assert {row.order_ids for row in of_match} == {(bought,)}
    assert sum(row.change_e6 for row in of_match if row.token_id is None) == -4_096_000
    assert sum(row.change_e6 for row in of_match if row.token_id == yes) == 10_000_000
    assert len(rows) == len(of_match) + 2
    of_seller = await everything(eyes, address_of(bob))
    assert {row.order_ids for row in of_seller if row.transaction == transaction} == {(sold,)}


@KINDS
async def test_transfers_add_up_to_the_balances(
    chain: LocalChain, eyes: Chain, alice: Secret, bob: Secret, make: Make
) -> None:
    market = make("rain")
    await open_market(chain, market, bob)
    await match(chain, market, buyer=alice, seller=bob, fee_e6=10_000)
    for key in (alice, bob):
        rows = await everything(eyes, address_of(key))
        cash = sum(row.change_e6 for row in rows if row.token_id is None)
        assert Decimal(cash) / 1_000_000 == await eyes.cash(address_of(key))
        held = await eyes.shares(address_of(key), market.token_ids)
        for token in market.token_ids:
            change = sum(row.change_e6 for row in rows if row.token_id == token)
            assert Decimal(change) / 1_000_000 == held[token]


async def test_small_portions_read_the_same(
    chain: LocalChain, eyes: Chain, alice: Secret, bob: Secret
) -> None:
    market = MARKETS.ctf("rain")
    await open_market(chain, market, bob)
    await match(chain, market, buyer=alice, seller=bob)
    crumbs = reader(chain.rpc_url, pace=ChainPace(blocks_per_read=7, calls_per_request=1))
    wallet = address_of(bob)
    rows = await everything(crumbs, wallet)
    assert rows == await everything(eyes, wallet)
    assert len({row.transfer_id for row in rows}) == len(rows)
    await crumbs.close()


async def test_tokens_that_come_together_are_told_apart(
    chain: LocalChain, eyes: Chain, alice: Secret, bob: Secret
) -> None:
    market = MARKETS.v2("rain")
    await open_market(chain, market, bob)
    ids, sizes = [int(token) for token in market.token_ids], [3_000_000, 4_000_000]
    since = await eyes.block() + 1
    await chain.send(
        address_of(bob),
        POLYGON.position_manager,
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
        address_of(bob),
        address_of(alice),
        ids,
        sizes,
        b"",
    )
    upto = await eyes.block()
    got = await eyes.transfers(address_of(alice), since_block=since, upto_block=upto)
    assert [(row.token_id, row.change_e6) for row in got.rows] == list(
        zip(market.token_ids, sizes, strict=True)
    )
    assert got.upto_block == upto
    assert got.rows[0].at.timestamp() == await chain.now()


async def test_what_a_wallet_sends_to_itself_changes_nothing(
    chain: LocalChain, eyes: Chain, alice: Secret
) -> None:
    wallet = address_of(alice)
    before = await everything(eyes, wallet)
    transfer = "transfer(address,uint256)"
    await chain.send(wallet, POLYGON.collateral, transfer, wallet, 5_000_000)
    assert await everything(eyes, wallet) == before


@KINDS
async def test_an_execution_has_the_exact_fee(
    chain: LocalChain, eyes: Chain, alice: Secret, bob: Secret, make: Make
) -> None:
    market = make("rain")
    await open_market(chain, market, bob)
    transaction, bought, sold = await match(chain, market, buyer=alice, seller=bob, fee_e6=96_001)
    executions = {each.order_id: each for each in await eyes.executions(transaction)}
    assert set(executions) == {bought, sold}
    mine = executions[bought]
    assert (mine.maker, mine.side, mine.token_id) == (
        address_of(alice),
        Side.BUY,
        market.token_ids[0],
    )
    ten, four = Shares(Decimal(10)), Usd(Decimal(4))
    assert (mine.shares, mine.usd, mine.fee_usd) == (ten, four, Usd(Decimal("0.096001")))
    theirs = executions[sold]
    assert (theirs.side, theirs.shares, theirs.usd) == (Side.SELL, ten, four)
    assert theirs.fee_usd == 0


async def test_a_transaction_that_is_not_mined_has_no_executions_yet(eyes: Chain) -> None:
    with pytest.raises(SourceDown, match=r"is not mined 0 blocks deep yet"):
        await eyes.executions("0x" + "12" * 32)


async def test_what_is_not_deep_enough_is_not_believed(chain: LocalChain, alice: Secret) -> None:
    wallet = address_of(alice)
    careful = reader(chain.rpc_url, confirmations=2)
    await chain.mine(2)
    await chain.mint(wallet, Usd(Decimal(5)))
    transaction = await chain.send(
        wallet, POLYGON.collateral, "transfer(address,uint256)", POLYGON.router, 1_000_000
    )
    assert await careful.cash(wallet) == Decimal(100)
    assert len(await everything(careful, wallet)) == 1
    with pytest.raises(SourceDown, match=r"2 blocks deep"):
        await careful.executions(transaction)
    await chain.mine(2)
    assert await careful.cash(wallet) == Decimal(104)
    assert len(await everything(careful, wallet)) == 3
    assert await careful.executions(transaction) == ()
    await careful.close()


async def test_a_reorg_takes_away_only_what_was_never_believed(
    chain: LocalChain, alice: Secret
) -> None:
    wallet = address_of(alice)
    careful = reader(chain.rpc_url, confirmations=3)
    await chain.mine(3)
    believed = await everything(careful, wallet)
    await chain.send(
        wallet, POLYGON.collateral, "transfer(address,uint256)", POLYGON.router, 1_000_000
    )
    await chain.mine(1)
    await chain.reorg(2)
    await chain.mine(3)
    assert await everything(careful, wallet) == believed
    assert await careful.cash(wallet) == Decimal(100)
    await careful.close()


async def test_balances_can_be_read_at_one_instant(
    chain: LocalChain, eyes: Chain, alice: Secret
) -> None:
    then = await eyes.block()
    await chain.mint(address_of(alice), Usd(Decimal(5)))
    assert await eyes.cash(address_of(alice), at_block=then) == Decimal(100)
    token = MARKETS.ctf("rain").token_ids[0]
    assert await eyes.shares(address_of(alice), [token], at_block=then) == {token: 0}


async def test_reads_that_come_together_share_what_they_open(
    eyes: Chain, alice: Secret, bob: Secret
) -> None:
    fresh = [eyes.cash(address_of(key)) for key in (alice, bob, alice)]
    assert await asyncio.gather(*fresh) == [Decimal(100)] * 3


# --- a bad node ----------------------------------------------------------------------------------

JSON_ERROR = {"code": -32005, "message": "daily limit reached"}


async def all_reads(eyes: Chain, wallet: str) -> list[str]:
    """Return what each reading raises."""
    market = MARKETS.ctf("rain")
    token = market.token_ids[0]
    reads = [
        eyes.start(),
        eyes.block(),
        eyes.cash(wallet),
        eyes.shares(wallet, market.token_ids),
        eyes.gas_money(wallet),
        eyes.is_contract(wallet),
        eyes.allowances(wallet),
        eyes.executed(OrderId("0x" + "11" * 32), token, neg_risk=False),
        eyes.payouts(market),
        eyes.transfers(wallet, since_block=0, upto_block=1),
        eyes.executions("0x" + "11" * 32),
        eyes.session_signer_until(wallet, wallet),
    ]
    told = []
    for read in reads:
        with pytest.raises(DataError) as error:
            await read
        told.append(str(error.value))
    return told


@pytest.mark.parametrize(
    "body",
    ["", "<html>busy</html>", "[]", "{}", "null", "3", '{"result": null}', '"0x"', "[1, 2, 3]"],
)
async def test_garbage_is_never_a_zero(
    way: Between, weak_eyes: Chain, alice: Secret, body: str
) -> None:
    way.body = body
    for message in await all_reads(weak_eyes, address_of(alice)):
        assert "s3cret" not in message


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_an_http_error_is_told_by_its_status(
    way: Between, weak_eyes: Chain, alice: Secret, status: int
) -> None:
    way.status = status
    for message in await all_reads(weak_eyes, address_of(alice)):
        assert f"answered HTTP {status}" in message
        assert "s3cret" not in message


async def test_an_error_of_the_node_is_told_by_its_words(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    way.spoil = lambda call, _reply: {"jsonrpc": "2.0", "id": call["id"], "error": JSON_ERROR}
    for message in await all_reads(weak_eyes, address_of(alice)):
        assert "daily limit reached" in message


async def test_a_cut_line_is_a_source_that_is_down(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    way.cut = lambda _method: True
    for message in await all_reads(weak_eyes, address_of(alice)):
        assert "cannot be reached" in message
        assert "s3cret" not in message


async def test_nobody_at_the_address_is_a_source_that_is_down(chain: LocalChain) -> None:
    nowhere = reader("http://127.0.0.1:9/s3cret-key")
    with pytest.raises(SourceDown, match=r"127\.0\.0\.1:9 cannot be reached") as error:
        await nowhere.start()
    assert "s3cret" not in "".join(traceback.format_exception(error.value))
    await nowhere.close()
    await nowhere.close()


async def test_a_node_that_hangs_is_a_source_that_is_down(way: Between) -> None:
    way.hangs = True
    hasty = reader(way.url, pace=ChainPace(timeout=0.05, tries=1))
    with pytest.raises(SourceDown, match=r"did not answer within 0\.05 s"):
        await hasty.start()
    await hasty.close()


async def test_a_short_failure_is_ridden_out(way: Between, weak_eyes: Chain, alice: Secret) -> None:
    fails = iter([True, True])
    way.cut = lambda _method: next(fails, False)
    assert await weak_eyes.cash(address_of(alice)) == Decimal(100)


async def test_another_chain_is_refused(way: Between, weak_eyes: Chain) -> None:
    way.spoil = lambda _call, reply: {**reply, "result": "0x1"}
    with pytest.raises(BadData, match=r"is on chain 1; it must be on 137"):
        await weak_eyes.start()


async def test_a_contract_that_is_not_there_has_no_balance(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    way.spoil = lambda call, reply: (
        {**reply, "result": "0x"} if call["method"] == "eth_call" else None
    )
    with pytest.raises(BadData, match=r"balance in dollars was '0x'"):
        await weak_eyes.cash(address_of(alice))
    token = MARKETS.ctf("rain").token_ids[0]
    with pytest.raises(BadData, match=r"order status was '0x'"):
        await weak_eyes.executed(OrderId("0x" + "11" * 32), token, neg_risk=False)


async def test_a_node_that_lags_is_not_believed_about_transfers(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    upto = await weak_eyes.block()
    way.spoil = lambda call, reply: (
        {**reply, "result": hex(upto - 1)} if call["method"] == "eth_blockNumber" else None
    )
    with pytest.raises(SourceDown, match=rf"is at block {upto - 1}; it must have seen {upto}"):
        await weak_eyes.transfers(address_of(alice), since_block=0, upto_block=upto)


@pytest.mark.parametrize("answer", [{}, "0x", None, [3], [{"topics": 3}]])
async def test_logs_that_are_none_are_refused(
    way: Between, weak_eyes: Chain, alice: Secret, answer: object
) -> None:
    way.spoil = lambda call, reply: (
        {**reply, "result": answer} if call["method"] == "eth_getLogs" else None
    )
    with pytest.raises(BadData, match=r"log"):
        await everything(weak_eyes, address_of(alice))


async def test_a_receipt_without_logs_is_refused(
    chain: LocalChain, way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    transfer = "transfer(address,uint256)"
    transaction = await chain.send(
        address_of(alice), POLYGON.collateral, transfer, POLYGON.router, 1
    )
    way.spoil = lambda call, reply: (
        {**reply, "result": {**reply["result"], "logs": None}}
        if call["method"] == "eth_getTransactionReceipt"
        else None
    )
    with pytest.raises(BadData, match=r"logs of 0x.+ were None; they must be a list"):
        await weak_eyes.executions(transaction)


async def test_a_balance_too_few_is_refused(way: Between, weak_eyes: Chain, alice: Secret) -> None:
    none = "0x" + f"{32:064x}" + f"{0:064x}"
    way.spoil = lambda call, reply: (
        {**reply, "result": none} if call["method"] == "eth_call" else None
    )
    with pytest.raises(BadData, match=r"0 balances came for 2 tokens"):
        await weak_eyes.shares(address_of(alice), MARKETS.ctf("rain").token_ids)


async def test_payouts_that_pay_nobody_are_refused(way: Between, weak_eyes: Chain) -> None:
    three = "0x" + "".join(f"{word:064x}" for word in (32, 3, 1, 1, 0))
    way.spoil = lambda call, reply: (
        {**reply, "result": three} if call["method"] == "eth_call" else None
    )
    with pytest.raises(BadData, match=r"payouts were \(1, 1, 0\); they must be two"):
        await weak_eyes.payouts(MARKETS.v2("rain"))


async def test_a_reorg_while_reading_is_noticed(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    def replaced(call: dict[str, object], reply: dict[str, object]) -> dict[str, object] | None:
        if call["method"] != "eth_getBlockByNumber":
            return None
        block = reply["result"]
        assert isinstance(block, dict)
        return {**reply, "result": {**block, "hash": "0x" + "ab" * 32}}

    way.spoil = replaced
    with pytest.raises(SourceDown, match=r"was replaced by another while it was read"):
        await everything(weak_eyes, address_of(alice))


async def test_portions_shrink_to_what_a_node_takes(
    way: Between, weak_eyes: Chain, eyes: Chain, alice: Secret
) -> None:
    def bounded(call: dict[str, object], reply: dict[str, object]) -> dict[str, object] | None:
        if call["method"] != "eth_getLogs":
            return None
        params = call["params"]
        assert isinstance(params, list)
        span = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
        refusal = {"code": -32600, "message": "up to a 10 block range"}
        return {"jsonrpc": "2.0", "id": call["id"], "error": refusal} if span > 10 else None

    way.spoil = bounded
    wallet = address_of(alice)
    assert await everything(weak_eyes, wallet) == await everything(eyes, wallet)
    way.asked.clear()
    upto = await weak_eyes.block()
    await weak_eyes.transfers(wallet, since_block=upto - 5, upto_block=upto)
    assert way.asked.count("eth_getLogs") == 3


async def test_no_request_is_larger_than_a_free_plan_takes(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    way.most_calls = 3
    await weak_eyes.allowances(address_of(alice))
    await everything(weak_eyes, address_of(alice))
    assert max(way.requests) == 3


async def test_a_contract_that_refuses_is_asked_once(
    way: Between, weak_eyes: Chain, alice: Secret
) -> None:
    way.spoil = lambda call, _reply: {
        "jsonrpc": "2.0",
        "id": call["id"],
        "error": {"code": 3, "message": "execution reverted", "data": "0x8baa579f"},
    }
    with pytest.raises(BadData, match=r"refused eth_call: error 0x8baa579f"):
        await weak_eyes.cash(address_of(alice), at_block=1)
    assert way.asked == ["eth_call"]

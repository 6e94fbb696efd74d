"""Transactions brought to their end on a real node, whatever lies between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from bot.chain.abi import encode_call
from bot.chain.addresses import POLYGON
from bot.chain.gas import Offer, offer_for, raised
from bot.chain.rpc import Rpc
from bot.chain.sender import Sender
from bot.chain.settings import ChainPace
from bot.clock import SystemClock
from bot.errors import BadData, CredentialError, SourceDown, VenueError
from bot.model.account import Secret
from bot.model.units import Usd
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.orders import address_of
from tests.chain.between import Between, Call, Reply, between

pytestmark = pytest.mark.chain

HASTY = ChainPace(first_wait=0.001, look_every=0.01, reprice_after=20.0, give_up_after=8.0)
USD = 1_000_000
GWEI = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Alice with 100 pUSD and a sender, Bob with nothing, the node, and a line that can fail."""

    chain: LocalChain
    way: Between
    anvil: Rpc
    """The node's own methods, for what a test does behind the sender's back."""
    alice: Secret
    bob: str
    senders: list[Sender]

    def sender(self, *, url: str = "", confirmations: int = 0, pace: ChainPace = HASTY) -> Sender:
        made = Sender(
            rpc_url=url or self.chain.rpc_url,
            key=self.alice,
            clock=SystemClock(),
            contracts=POLYGON,
            confirmations=confirmations,
            pace=pace,
        )
        self.senders.append(made)
        return made

    def pay(self, usd: int) -> tuple[str, str]:
        """Return the contract and the call that send Bob so much."""
        call = encode_call("transfer(address,uint256)", self.bob, usd * USD)
        return POLYGON.collateral, call

    async def paid(self) -> Usd:
        return await self.chain.cash(self.bob)

    async def nonce(self) -> int:
        asked = address_of(self.alice)
        return int(await self.anvil.ask("eth_getTransactionCount", asked, "latest"), 16)

    async def waiting(self) -> list[dict[str, str]]:
        """Return Alice's transactions that wait, by nonce."""
        pool = await self.anvil.ask("txpool_content")
        mine = {
            nonce: transaction
            for part in (pool["pending"], pool["queued"])
            for sender, own in part.items()
            if sender.lower() == address_of(self.alice).lower()
            for nonce, transaction in own.items()
        }
        return [mine[nonce] for nonce in sorted(mine, key=int)]

    async def outbid(self, waiting: dict[str, str], *, usd: int) -> None:
        """Let Alice's wallet send something else under the nonce of what waits."""
        to, call = self.pay(usd)
        question = {"from": address_of(self.alice), "to": to, "data": call, **dearer(waiting)}
        await self.anvil.ask("eth_sendTransaction", {**question, "nonce": waiting["nonce"]})

    async def until_paid(self) -> None:
        async def is_paid() -> bool:
            return await self.paid() > 0

        await until(is_paid)

    async def until_asked(self, count: int) -> None:
        """Wait until so many more questions came over the line."""
        seen = len(self.way.asked)

        async def are_asked() -> bool:
            return len(self.way.asked) >= seen + count

        await until(are_asked)

    async def until_waiting(self, count: int = 1) -> list[dict[str, str]]:
        async def are_there() -> bool:
            return len(await self.waiting()) == count

        await until(are_there)
        return await self.waiting()


def dearer(waiting: dict[str, str]) -> dict[str, str]:
    """Return fees far above those of what waits."""
    fees = ("maxFeePerGas", "maxPriorityFeePerGas")
    return {fee: hex(10 * int(waiting[fee], 16)) for fee in fees}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(5):
        while not await holds():
            await SystemClock().sleep(0.01)


@pytest.fixture
async def stage(chain: LocalChain) -> AsyncIterator[Stage]:
    alice = chain.accounts[3]
    await chain.mint(address_of(alice), Usd(Decimal(100)))
    async with between(chain.rpc_url) as way:
        stage = Stage(
            chain=chain,
            way=way,
            anvil=Rpc(url=chain.rpc_url, clock=SystemClock(), pace=HASTY),
            alice=alice,
            bob=address_of(chain.accounts[4]),
            senders=[],
        )
        yield stage
        for sender in stage.senders:
            await sender.close()
        await stage.anvil.close()
    await chain.resume()


# --- the plain course ----------------------------------------------------------------------------


async def test_a_transaction_is_mined_and_told_with_its_cost(stage: Stage) -> None:
    receipt = await stage.sender().send(*stage.pay(7))
    assert await stage.paid() == Decimal(7)
    assert receipt.block > 0
    assert Decimal(0) < receipt.fee_pol < Decimal("0.1")


async def test_two_calls_at_once_go_one_after_the_other(stage: Stage) -> None:
    sender = stage.sender(url=stage.way.url)
    before = await stage.nonce()
    await stage.chain.pause()
    both = asyncio.gather(sender.send(*stage.pay(7)), sender.send(*stage.pay(8)))
    await stage.until_waiting()
    await stage.until_asked(20)
    assert len(await stage.waiting()) == 1
    await stage.chain.resume()
    first, second = await both
    assert await stage.paid() == Decimal(15)
    assert await stage.nonce() == before + 2
    assert second.block > first.block


async def test_gas_has_a_margin_of_a_quarter(stage: Stage) -> None:
    to, call = stage.pay(7)
    question = {"from": address_of(stage.alice), "to": to, "data": call}
    estimate = int(await stage.anvil.ask("eth_estimateGas", question), 16)
    receipt = await stage.sender().send(to, call)
    sent = await stage.anvil.ask("eth_getTransactionByHash", receipt.transaction)
    assert int(sent["gas"], 16) == estimate * 5 // 4


async def test_it_waits_until_the_block_is_believed(stage: Stage) -> None:
    sender = stage.sender(url=stage.way.url, confirmations=2)
    task = asyncio.create_task(sender.send(*stage.pay(7)))
    await stage.until_paid()
    await stage.until_asked(20)
    assert not task.done()
    await stage.chain.mine(2)
    receipt = await task
    assert receipt.block + 2 == int(await stage.anvil.ask("eth_blockNumber"), 16)


# --- refused -------------------------------------------------------------------------------------


async def test_what_the_contract_would_refuse_is_not_sent(stage: Stage) -> None:
    before = await stage.nonce()
    with pytest.raises(VenueError, match=r"^collateral refuses the call: .+Nothing was sent$"):
        await stage.sender().send(*stage.pay(101))
    assert await stage.nonce() == before


async def test_a_key_without_pol_is_told_so(stage: Stage) -> None:
    await stage.chain.give_gas(address_of(stage.alice), Decimal(0))
    with pytest.raises(VenueError, match=r"(?i)insufficient funds.*Send POL for gas to 0x"):
        await stage.sender().send(*stage.pay(7))
    assert await stage.paid() == 0


async def test_dear_gas_is_not_paid(stage: Stage) -> None:
    cheap = replace(HASTY, most_fee_pol=Decimal("0.000001"))
    with pytest.raises(VenueError, match=r"the most is 0\.000001 POL"):
        await stage.sender(pace=cheap).send(*stage.pay(7))
    assert await stage.paid() == 0


async def test_a_mined_transaction_that_was_undone_is_told_with_the_reason(stage: Stage) -> None:
    await stage.chain.mint(stage.bob, Usd(Decimal(50)))
    approve = "approve(address,uint256)"
    await stage.chain.send(
        stage.bob, POLYGON.collateral, approve, address_of(stage.alice), 50 * USD
    )
    take = encode_call(
        "transferFrom(address,address,uint256)", stage.bob, address_of(stage.alice), 50 * USD
    )
    await stage.chain.pause()
    task = asyncio.create_task(stage.sender().send(POLYGON.collateral, take))
    [mine] = await stage.until_waiting()
    # Bob takes the allowance back in the same block, ahead of Alice because he pays more.
    revoke = encode_call(approve, address_of(stage.alice), 0)
    question = {"from": stage.bob, "to": POLYGON.collateral, "data": revoke}
    await stage.anvil.ask("eth_sendTransaction", {**question, **dearer(mine)})
    await stage.chain.resume()
    told = r"was mined in block \d+, but its contract undid it: (?!the node does not tell)"
    with pytest.raises(VenueError, match=told):
        await task
    assert await stage.paid() == Decimal(50)


async def test_a_wrong_key_is_refused_without_showing_it(stage: Stage) -> None:
    sender = Sender(
        rpc_url=stage.chain.rpc_url,
        key=Secret("0x1234s3cret"),
        clock=SystemClock(),
        contracts=POLYGON,
        confirmations=0,
    )
    with pytest.raises(CredentialError, match=r"must be 0x and 64 hex digits") as error:
        await sender.send(POLYGON.collateral, "0x")
    assert "s3cret" not in str(error.value)
    await sender.close()


# --- waiting -------------------------------------------------------------------------------------


async def test_what_waits_too_long_is_offered_more_for_under_the_same_nonce(stage: Stage) -> None:
    eager = replace(HASTY, reprice_after=0.2)
    await stage.chain.pause()
    task = asyncio.create_task(stage.sender(pace=eager).send(*stage.pay(7)))
    [first] = await stage.until_waiting()

    async def is_replaced() -> bool:
        return first not in await stage.waiting()

    await until(is_replaced)
    [newest] = await stage.waiting()
    assert newest["nonce"] == first["nonce"]
    for fee in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert int(newest[fee], 16) >= int(first[fee], 16) * 9 // 8
    await stage.chain.resume()
    await task
    assert await stage.paid() == Decimal(7)


async def test_a_leap_of_the_base_fee_is_followed(stage: Stage) -> None:
    eager = replace(HASTY, reprice_after=0.05, most_fee_pol=Decimal(100))
    await stage.chain.pause()
    task = asyncio.create_task(stage.sender(pace=eager).send(*stage.pay(7)))
    [first] = await stage.until_waiting()
    leap = int(first["maxFeePerGas"], 16) * 20
    await stage.anvil.ask("anvil_setNextBlockBaseFeePerGas", hex(leap))
    await stage.chain.mine(1)  # it finds no place in this block, and the next ones are as dear
    await stage.chain.resume()
    receipt = await task
    mined = await stage.anvil.ask("eth_getTransactionByHash", receipt.transaction)
    assert mined["nonce"] == first["nonce"]
    assert int(mined["maxFeePerGas"], 16) > int(first["maxFeePerGas"], 16)
    assert await stage.paid() == Decimal(7)


async def test_a_leap_before_the_first_sending_is_followed(stage: Stage) -> None:
    newest = await stage.anvil.ask("eth_getBlockByNumber", "latest", False)
    first = offer_for(newest, "0x0")
    leap = hex(first.most_wei + GWEI)
    await stage.anvil.ask("anvil_setNextBlockBaseFeePerGas", leap)
    receipt = await stage.sender().send(*stage.pay(7))
    mined = await stage.anvil.ask("eth_getTransactionByHash", receipt.transaction)
    assert int(mined["maxFeePerGas"], 16) == raised(first, first).most_wei


async def test_no_offer_goes_over_the_bound(stage: Stage) -> None:
    to, call = stage.pay(7)
    question = {"from": address_of(stage.alice), "to": to, "data": call}
    gas = int(await stage.anvil.ask("eth_estimateGas", question), 16) * 5 // 4
    newest = await stage.anvil.ask("eth_getBlockByNumber", "latest", False)
    bound = offer_for(newest, "0x0").cost_pol(gas) * Decimal("1.1")  # an eighth more is over it
    await stage.chain.pause()
    pace = replace(HASTY, reprice_after=0.02, give_up_after=0.5, most_fee_pol=bound)
    with pytest.raises(SourceDown, match=r"Gas is dear now"):
        await stage.sender(pace=pace).send(to, call)
    [left] = await stage.waiting()
    assert Decimal(int(left["gas"], 16) * int(left["maxFeePerGas"], 16)) <= bound * 10**18


async def test_what_a_node_forgets_is_sent_again_as_it_was(stage: Stage) -> None:
    await stage.chain.pause()
    task = asyncio.create_task(stage.sender().send(*stage.pay(7)))
    [first] = await stage.until_waiting()
    await stage.anvil.ask("anvil_dropTransaction", first["hash"])
    [again] = await stage.until_waiting()
    assert again["hash"] == first["hash"]
    await stage.chain.resume()
    assert (await task).transaction == first["hash"]
    assert await stage.paid() == Decimal(7)


async def test_another_transaction_under_the_same_nonce_is_noticed(stage: Stage) -> None:
    await stage.chain.pause()
    task = asyncio.create_task(stage.sender().send(*stage.pay(7)))
    [mine] = await stage.until_waiting()
    await stage.outbid(mine, usd=9)
    await stage.chain.resume()
    with pytest.raises(VenueError, match=r"took nonce \d+, so that 0x.+ was not mined"):
        await task
    assert await stage.paid() == Decimal(9)


async def test_a_new_process_queues_behind_what_waits(stage: Stage) -> None:
    await stage.chain.pause()
    killed = asyncio.create_task(stage.sender().send(*stage.pay(7)))
    await stage.until_waiting()
    killed.cancel()
    task = asyncio.create_task(stage.sender().send(*stage.pay(8)))
    await stage.until_waiting(2)
    await stage.chain.resume()
    await task
    assert await stage.paid() == Decimal(15)


async def test_a_reorg_before_it_is_believed_puts_it_back_on_its_way(stage: Stage) -> None:
    task = asyncio.create_task(stage.sender(confirmations=3).send(*stage.pay(7)))
    await stage.until_paid()
    await stage.chain.pause()
    await stage.chain.mine(1)
    await stage.chain.reorg(2)
    assert await stage.paid() == 0
    assert not task.done()
    await stage.until_waiting()
    await stage.chain.resume()
    await stage.chain.mine(3)
    await task
    assert await stage.paid() == Decimal(7)


# --- a bad node ----------------------------------------------------------------------------------


async def test_a_lost_answer_is_found_by_its_hash(stage: Stage) -> None:
    before = await stage.nonce()
    stage.way.cut = lambda method: method == "eth_sendRawTransaction"
    await stage.sender(url=stage.way.url).send(*stage.pay(7))
    assert await stage.nonce() == before + 1
    assert stage.way.asked.count("eth_sendRawTransaction") == 1


async def test_an_unknown_outcome_is_settled_before_anything_else_is_sent(stage: Stage) -> None:
    sender = stage.sender(url=stage.way.url, pace=replace(HASTY, give_up_after=0.3))
    before = await stage.nonce()
    down = False

    def cut(method: str) -> bool:
        nonlocal down
        down = down or method == "eth_sendRawTransaction"
        return down

    stage.way.cut = cut
    with pytest.raises(SourceDown, match=r"within 0\.3 s; it may still be") as error:
        await sender.send(*stage.pay(7))
    assert "s3cret" not in str(error.value)
    stage.way.cut = lambda _method: False
    again = await sender.send(*stage.pay(7))
    assert await stage.paid() == Decimal(7)
    assert await stage.nonce() == before + 1
    sent = await stage.anvil.ask("eth_getTransactionByHash", again.transaction)
    assert int(sent["nonce"], 16) == before
    await sender.send(*stage.pay(7))
    assert await stage.paid() == Decimal(14)


async def test_another_act_waits_for_the_unknown_one(stage: Stage) -> None:
    sender = stage.sender(url=stage.way.url, pace=replace(HASTY, give_up_after=0.3))
    await stage.chain.pause()
    with pytest.raises(SourceDown, match=r"it may still be"):
        await sender.send(*stage.pay(7))
    with pytest.raises(SourceDown, match=r"it may still be"):
        await sender.send(*stage.pay(8))
    assert len(await stage.waiting()) == 1
    await stage.chain.resume()
    await sender.send(*stage.pay(8))
    assert await stage.paid() == Decimal(15)


async def test_what_never_left_is_not_sent_later(stage: Stage) -> None:
    sender = stage.sender(url=stage.way.url)
    stage.way.cut = lambda method: method == "eth_maxPriorityFeePerGas"
    with pytest.raises(SourceDown, match=r"cannot be reached"):
        await sender.send(*stage.pay(7))
    stage.way.cut = lambda _method: False
    await sender.send(*stage.pay(8))
    assert await stage.paid() == Decimal(8)


async def test_a_node_that_knows_it_already_is_no_failure(stage: Stage) -> None:
    def known(call: Call, _reply: Reply) -> Reply | None:
        words = {"code": -32000, "message": "already known"}
        refusal = {"jsonrpc": "2.0", "id": call["id"], "error": words}
        return refusal if call["method"] == "eth_sendRawTransaction" else None

    stage.way.spoil = known
    await stage.sender(url=stage.way.url).send(*stage.pay(7))
    assert await stage.paid() == Decimal(7)


async def test_words_that_prove_nothing_leave_it_to_the_chain(stage: Stage) -> None:
    def busy(call: Call, _reply: Reply) -> Reply | None:
        words = {"code": -32603, "message": "internal error"}
        refusal = {"jsonrpc": "2.0", "id": call["id"], "error": words}
        return refusal if call["method"] == "eth_sendRawTransaction" else None

    stage.way.spoil = busy
    await stage.sender(url=stage.way.url).send(*stage.pay(7))
    assert await stage.paid() == Decimal(7)


async def test_a_stale_nonce_is_replaced_before_anything_left(stage: Stage) -> None:
    await stage.chain.send(address_of(stage.alice), *("0x" + "00" * 19 + "01",), "nothing()")
    truth = await stage.nonce()
    stale = iter([True])
    stage.way.spoil = lambda call, reply: (
        {**reply, "result": hex(truth - 1)}
        if call["method"] == "eth_getTransactionCount" and next(stale, False)
        else None
    )
    await stage.sender(url=stage.way.url).send(*stage.pay(7))
    assert await stage.paid() == Decimal(7)
    assert await stage.nonce() == truth + 1


async def test_a_node_that_goes_on_refusing_the_nonce_is_told(stage: Stage) -> None:
    await stage.chain.send(address_of(stage.alice), *("0x" + "00" * 19 + "01",), "nothing()")
    truth = await stage.nonce()
    stage.way.spoil = lambda call, reply: (
        {**reply, "result": hex(truth - 1)} if call["method"] == "eth_getTransactionCount" else None
    )
    with pytest.raises(VenueError, match=r"refused it: nonce too low.*Nothing was sent"):
        await stage.sender(url=stage.way.url).send(*stage.pay(7))


async def test_a_reason_that_cannot_be_had_is_left_out(stage: Stage) -> None:
    stage.way.spoil = lambda call, reply: (
        {**reply, "result": {**reply["result"], "status": "0x0"}}
        if call["method"] == "eth_getTransactionReceipt" and reply["result"]
        else None
    )
    sender = stage.sender(url=stage.way.url)
    with pytest.raises(VenueError, match=r"undid it: the node does not tell why"):
        await sender.send(*stage.pay(7))
    stage.way.cut = lambda method: method == "eth_call"
    with pytest.raises(VenueError, match=r"undid it: the node does not tell why"):
        await sender.send(*stage.pay(7))


async def test_a_nonce_that_is_refused_because_it_is_there_already_is_no_failure(
    stage: Stage,
) -> None:
    def late(call: Call, _reply: Reply) -> Reply | None:
        words = {"code": -32003, "message": "nonce too low"}
        refusal = {"jsonrpc": "2.0", "id": call["id"], "error": words}
        return refusal if call["method"] == "eth_sendRawTransaction" else None

    stage.way.spoil = late
    await stage.sender(url=stage.way.url).send(*stage.pay(7))
    assert await stage.paid() == Decimal(7)


async def test_an_unknown_act_that_was_replaced_does_not_hold_up_the_next(stage: Stage) -> None:
    sender = stage.sender(pace=replace(HASTY, give_up_after=0.2))
    await stage.chain.pause()
    with pytest.raises(SourceDown, match=r"it may still be"):
        await sender.send(*stage.pay(7))
    [mine] = await stage.waiting()
    await stage.outbid(mine, usd=9)
    await stage.chain.resume()
    await sender.send(*stage.pay(8))
    assert await stage.paid() == Decimal(17)


async def test_another_chain_is_never_sent_to(stage: Stage) -> None:
    stage.way.spoil = lambda call, reply: (
        {**reply, "result": "0x1"} if call["method"] == "eth_chainId" else None
    )
    with pytest.raises(BadData, match=r"is on chain 1"):
        await stage.sender(url=stage.way.url).send(*stage.pay(7))
    assert "eth_sendRawTransaction" not in stage.way.asked


# --- offers --------------------------------------------------------------------------------------


def test_an_offer_bears_a_doubled_base_fee_and_a_tip_that_nodes_take() -> None:
    offer = offer_for({"baseFeePerGas": hex(100 * GWEI)}, hex(GWEI))
    assert offer == Offer(most_wei=230 * GWEI, tip_wei=30 * GWEI)
    assert offer.cost_pol(100_000) == Decimal("0.023")


def test_a_raised_offer_is_an_eighth_more_or_what_is_usual() -> None:
    old, usual = Offer(most_wei=80, tip_wei=8), Offer(most_wei=70, tip_wei=40)
    assert raised(old, usual) == Offer(most_wei=90, tip_wei=40)
    assert raised(Offer(most_wei=1, tip_wei=1), Offer(most_wei=0, tip_wei=0)).most_wei == 2

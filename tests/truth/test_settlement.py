"""Markets that resolve, whoever redeems, and a relayer or node that fails just then."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest
from polymarket._internal.actions.relayer.calls import erc20_approval_call
from polymarket.types import EvmAddress

from bot.chain.addresses import POLYGON
from bot.model.orders import OrderStatus
from bot.sandbox.chain.orders import address_of
from bot.sandbox.faults import Fault
from bot.sandbox.http import Reply, Request
from tests.chain.official import carry
from tests.truth.stage import MIXED, PLAIN, RELAYED, RELAYER, RESTING, SESSION, Stage

pytestmark = pytest.mark.chain

RESTS = pytest.mark.parametrize("strategy", [RESTING], ids=["rests"])
BUSY = "wallet busy: active action in progress"
IN_FLIGHT = "wallet has in-flight action"
QUOTA = "quota exceeded: 0 units remaining, resets in 60 seconds"


@pytest.fixture(autouse=True)
def relayer_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in RELAYER:
        monkeypatch.setenv(name, text)


async def hedged(stage: Stage) -> Decimal:
    """Let the daemon open its hedge; return its shares."""
    await stage.cycle()
    await stage.calm()
    shares = stage.held()
    assert shares > 0
    return shares


async def paid(stage: Stage) -> None:
    """Let the payout arrive, by whoever may fetch it."""
    for _ in range(4):
        await stage.patient()
        if owed(stage) == 0:
            return
        if not stage.daemon.ports.venue.can_redeem:
            await stage.sandbox.auto_redeem(stage.wallet, stage.condition_id)


def owed(stage: Stage) -> Decimal:
    return sum((item.payout_usd for item in stage.account.redeemable), Decimal(0))


def check_nothing_left(stage: Stage) -> None:
    assert stage.held() == 0
    assert owed(stage) == 0


def redeems(stage: Stage) -> list[str]:
    """Return what became of our redeems, oldest first."""
    tries = stage.ledger.redeem_tries(stage.condition_id)
    return [outcome for outcome, _ in reversed(tries)]


def fail_at_sending(stage: Stage, *, after: bool = False) -> None:
    """Let the node be down from the next transaction on; ``after``: that one gets through."""

    async def act(request: Request) -> Reply | None:
        if after:
            await stage.sandbox.rest.handle(request)
        stage.sandbox.faults.add(Fault.STATUS, path="/rpc", status=500)
        return None

    stage.intercept("/rpc", act, words="eth_sendRawTransaction")


def due(shares: Decimal, yes: str) -> Decimal:
    """Return the payout as the chain divides it, without a fraction of a millionth."""
    return int(shares * Decimal(yes) * 1_000_000) / Decimal(1_000_000)


@pytest.mark.parametrize("setting", [*PLAIN, RELAYED[0], SESSION[1]], ids=str)
async def test_halves_are_paid(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("0.5")
    await paid(stage)
    assert stage.account.cash_usd == before + due(shares, "0.5")
    check_nothing_left(stage)
    assert stage.ledger.lifecycle_counts()["settled"] == 1


@pytest.mark.parametrize("setting", PLAIN, ids=str)
@pytest.mark.parametrize("yes", ["1", "0"])
async def test_a_hedge_is_paid_all_or_nothing(stage: Stage, yes: str) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve(yes)
    await paid(stage)
    assert stage.account.cash_usd == before + due(shares, yes)
    check_nothing_left(stage)
    assert redeems(stage) == (["sent", "done"] if yes == "1" else [])


@RESTS
@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_a_market_resolves_under_a_resting_order(stage: Stage) -> None:
    await stage.cycle()
    (resting,) = stage.resting()
    stage.meet({resting.order_id: "20"})
    await stage.sandbox.settle()
    before = await stage.chain.cash(stage.wallet)
    await stage.resolve("1")
    assert stage.resting() == []
    await stage.patient()
    await stage.cycles(90)
    order = stage.only_order()
    assert order.status is OrderStatus.CANCELLED
    assert order.filled == 20
    await paid(stage)
    assert await stage.chain.cash(stage.wallet) == before + 20


@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_somebody_else_redeems_before_we_know(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    await stage.sandbox.auto_redeem(stage.wallet, stage.condition_id)
    await stage.patient()
    await stage.cycles(60)
    assert stage.account.cash_usd == before + shares
    check_nothing_left(stage)
    assert redeems(stage) in ([], ["sent", "done"])


@pytest.mark.parametrize("setting", PLAIN, ids=str)
async def test_somebody_else_redeems_while_our_redeem_is_refused(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    fail_at_sending(stage)
    await stage.patient(step=5)
    assert (owed(stage), stage.account.cash_usd) == (shares, before)
    stage.sandbox.faults.clear()
    await stage.sandbox.auto_redeem(stage.wallet, stage.condition_id)
    for _ in range(8):
        await stage.patient(60, step=5)
    assert stage.account.cash_usd == before + shares
    assert owed(stage) == 0


@pytest.mark.parametrize("setting", RELAYED[1:], ids=str)
@pytest.mark.parametrize(
    ("status", "text"),
    [(400, BUSY), (400, IN_FLIGHT), (429, QUOTA)],
    ids=["busy", "in-flight", "quota"],
)
async def test_a_relayer_that_is_busy_is_waited_for(stage: Stage, status: int, text: str) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    stage.sandbox.faults.add(
        Fault.STATUS, path="/relayer/submit", times=1, status=status, text=text
    )
    await paid(stage)
    assert stage.account.cash_usd == before + shares
    assert redeems(stage) == ["sent", "done"]


@pytest.mark.parametrize("setting", RELAYED[:1], ids=str)
async def test_a_relayer_that_refuses_is_asked_again_later(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    stage.sandbox.faults.add(Fault.STATUS, path="/relayer/submit", status=400, text="not today")
    await stage.patient()
    assert redeems(stage) == ["sent", "failed"]
    assert (owed(stage), stage.account.cash_usd) == (shares, before)
    await stage.patient(5)
    assert redeems(stage) == ["sent", "failed"]
    stage.sandbox.faults.clear()
    await stage.patient(30)
    await paid(stage)
    assert redeems(stage) == ["sent", "failed", "sent", "done"]
    assert stage.account.cash_usd == before + shares


@pytest.mark.parametrize("setting", RELAYED[:1], ids=str)
async def test_cycles_do_not_wait_for_a_redeem(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    answers = asyncio.Event()

    async def think(_request: Request) -> None:
        await answers.wait()

    stage.intercept("/relayer/submit", think)
    for _ in range(3):
        assert (await stage.cycle()).skipped == ""
    assert redeems(stage) == ["sent"]
    assert not stage.comparison.differences
    answers.set()
    await paid(stage)
    assert stage.account.cash_usd == before + shares
    assert redeems(stage) == ["sent", "done"]


@pytest.mark.parametrize("setting", RELAYED[:1], ids=str)
async def test_a_daemon_stopped_at_a_redeem_is_paid_after_the_restart(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    stopped = asyncio.Event()

    async def hang(_request: Request) -> None:
        await stopped.wait()

    stage.intercept("/relayer/submit", hang)
    await stage.cycle()
    await stage.daemon.engine.stop()
    await stage.restart()
    stopped.set()
    await stage.patient(360)
    await paid(stage)
    assert stage.account.cash_usd == before + shares
    assert redeems(stage)[:2] == ["sent", "sent"]


@pytest.mark.parametrize("setting", RELAYED[:1], ids=str)
async def test_a_nonce_that_the_relayer_did_not_know_of_is_signed_anew(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    collateral, onramp = EvmAddress(POLYGON.collateral), EvmAddress(POLYGON.onramp)
    approve = erc20_approval_call(token_address=collateral, spender=onramp, amount=1)
    await carry(stage.chain, stage.wallet, [approve], key=stage.owner)

    async def late(_request: Request) -> Reply:
        params = {"address": address_of(stage.owner), "nonce": "0"}
        return Reply(status=200, body=json.dumps(params).encode())

    stage.intercept("/relayer/v1/account/transactions/params", late)
    await paid(stage)
    assert stage.account.cash_usd == before + shares
    assert redeems(stage) == ["sent", "done"]


@pytest.mark.parametrize("setting", RELAYED[1:], ids=str)
async def test_a_relayer_whose_answer_is_lost_pays_once(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    stage.sandbox.faults.add(Fault.DROP, path="/relayer/submit", times=1, after=True)
    await stage.patient()
    await paid(stage)
    await stage.cycles(900, every=60)
    assert stage.account.cash_usd == before + shares
    assert len(stage.sandbox.relayer.submitted) == 1


@pytest.mark.parametrize("setting", PLAIN, ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["unsent", "sent"])
async def test_the_node_fails_at_a_redeem(stage: Stage, *, after: bool) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    fail_at_sending(stage, after=after)
    await stage.patient(step=5)
    assert "sent" in redeems(stage)
    assert owed(stage) == shares
    assert not stage.comparison.differences
    stage.sandbox.faults.clear()
    for _ in range(8):
        await stage.patient(60)
    assert stage.account.cash_usd == before + shares
    assert owed(stage) == 0


@pytest.mark.parametrize("setting", [*PLAIN, SESSION[1]], ids=str)
async def test_a_payout_whose_block_is_undone_is_fetched_again(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.resolve("1")
    await stage.chain.mine(5)
    await paid(stage)
    known = stage.ledger.transactions()
    newest = max(known.values())
    assert stage.account.cash_usd == before + shares
    await stage.chain.reorg(await head(stage) - newest + 2)
    await stage.cycle()
    assert (owed(stage), stage.account.cash_usd) == (shares, before)
    assert stage.events("transfer.undone")
    await stage.patient(360)
    await paid(stage)
    assert stage.account.cash_usd == before + shares
    assert owed(stage) == 0


async def head(stage: Stage) -> int:
    return int(await stage.chain._ask("eth_blockNumber"), 16)

"""What the venue and the network do on bad days; and an account that may not trade any more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.chain.addresses import POLYGON
from bot.errors import CredentialError
from bot.model.orders import OrderStatus
from bot.sandbox.accounts import SessionKey
from bot.sandbox.chain.orders import address_of, exchange_of
from bot.sandbox.faults import Fault, Silence, Trading
from bot.sandbox.http import Reply, Request
from bot.sandbox.orders import Status
from tests.truth.stage import MIXED, PLAIN, RESTING, SESSION, Setting, Stage

pytestmark = pytest.mark.chain

RESTS = pytest.mark.parametrize("strategy", [RESTING], ids=["rests"])
AGAIN_S = 900.0
"""After this a plan that its orders did not complete is made again."""
LONGEST_S = 6 * 3_600.0
"""No plan waits longer to be looked at again."""


@pytest.fixture(params=MIXED, ids=str)
def setting(request: pytest.FixtureRequest) -> Setting:
    """Each kind of market and of account once."""
    chosen = request.param
    assert isinstance(chosen, Setting)
    return chosen


def refusals(stage: Stage) -> list[str]:
    return [row["code"] for row in stage.events("order.rejected")]


async def becomes_hedged(stage: Stage) -> None:
    """Let the daemon have what it wanted, now that nothing is wrong any more."""
    await stage.cycle(LONGEST_S)
    await stage.calm()
    assert stage.held() > 0


# --- the venue is not open


@pytest.mark.parametrize("setting", PLAIN[:1], ids=str)
async def test_a_restart_and_the_minutes_after_it_are_waited_out(stage: Stage) -> None:
    faults = stage.sandbox.faults
    faults.trading = Trading.RESTARTING
    await stage.cycles(60)
    faults.trading = Trading.POST_ONLY
    await stage.cycle(AGAIN_S)
    await stage.cycles(60)
    assert refusals(stage) == ["engine_restarting", "post_only_mode"]
    assert len(stage.posted) == 2
    assert stage.resting() == []
    faults.trading = Trading.OPEN
    await becomes_hedged(stage)
    assert len(stage.posted) == 3


@pytest.mark.parametrize("setting", SESSION[1:], ids=str)
@RESTS
async def test_an_order_that_rests_is_taken_in_the_minutes_after_a_restart(stage: Stage) -> None:
    stage.sandbox.faults.trading = Trading.POST_ONLY
    await stage.cycle()
    assert refusals(stage) == []
    assert len(stage.resting()) == 1


@pytest.mark.parametrize("setting", PLAIN[:1], ids=str)
async def test_too_many_requests_are_waited_out(stage: Stage) -> None:
    stage.sandbox.faults.add(
        Fault.STATUS, path="/clob/order", method="POST", times=1, status=429, retry_after=1000
    )
    await stage.cycle()
    await stage.cycle(AGAIN_S)
    assert refusals(stage) == ["rate_limited", "rate_limited"]
    assert len(stage.posted) == 1
    await becomes_hedged(stage)
    assert len(stage.posted) == 2


@pytest.mark.parametrize("setting", SESSION[1:], ids=str)
async def test_too_many_reads_end_the_cycle_until_the_pause_is_over(stage: Stage) -> None:
    stage.sandbox.faults.add(
        Fault.STATUS, path="/clob/data/orders", times=1, status=429, retry_after=60
    )
    assert (await stage.cycle()).skipped
    asked = stage.sandbox.rest.asked.count("GET /clob/data/orders")
    assert (await stage.cycle()).skipped
    assert stage.sandbox.rest.asked.count("GET /clob/data/orders") == asked
    assert stage.posted == []
    await stage.cycle(60)
    await stage.calm()
    assert stage.held() > 0


@pytest.mark.parametrize("setting", PLAIN[:1], ids=str)
async def test_cancel_only_sends_nothing_that_could_rest_or_take(stage: Stage) -> None:
    stage.sandbox.faults.trading = Trading.CANCEL_ONLY
    await stage.cycle()
    await stage.cycles(60)
    assert refusals(stage) == ["cancel_only"]
    stage.sandbox.faults.trading = Trading.OPEN
    await becomes_hedged(stage)
    assert len(stage.posted) == 2


@pytest.mark.parametrize("setting", SESSION[1:], ids=str)
@RESTS
async def test_what_rests_outlives_a_restart_and_is_not_doubled(stage: Stage) -> None:
    await stage.cycle()
    (resting,) = stage.resting()
    stage.sandbox.faults.trading = Trading.RESTARTING
    await stage.cycles(300, every=60)
    stage.sandbox.faults.trading = Trading.OPEN
    stage.meet({resting.order_id: "30"})
    await stage.settle()
    await stage.cycles(300, every=60)
    assert len(stage.posted) == 1
    assert stage.held() == 30


@pytest.mark.parametrize("after", [False, True], ids=["unheard", "heard"])
async def test_a_page_of_cloudflare_s_proves_nothing(stage: Stage, *, after: bool) -> None:
    stage.sandbox.faults.add(
        Fault.CLOUDFLARE, path="/clob/order", method="POST", times=1, after=after
    )
    await stage.cycle()
    assert len(stage.events("order.unknown")) == 1
    await stage.cycle()
    assert len(stage.posted) == 1
    await stage.calm()
    assert stage.only_order().status is (OrderStatus.FILLED if after else OrderStatus.DEAD)
    assert len(stage.posted) == 1
    if not after:
        await becomes_hedged(stage)
    assert stage.held() == stage.ledger.orders()[-1].size


@pytest.mark.parametrize("setting", PLAIN[:1], ids=str)
async def test_cloudflare_before_everything_stops_all_until_it_is_gone(stage: Stage) -> None:
    for path in ("/clob", "/gamma", "/data"):
        stage.sandbox.faults.add(Fault.CLOUDFLARE, path=path)
    await stage.patient()
    await stage.patient()
    assert stage.posted == []
    assert stage.ledger.standing()
    stage.sandbox.faults.clear()
    await becomes_hedged(stage)


# --- streams


@pytest.mark.parametrize("setting", SESSION[1:], ids=str)
async def test_a_silent_market_stream_is_no_price(stage: Stage) -> None:
    await stage.cycle()
    await stage.calm()
    stage.sandbox.faults.silence = Silence.PONG_ONLY
    stage.show_at(45)
    await stage.cycles(120)
    sold_or_bought = stage.ledger.orders()[1:]
    assert all(order.limit > Decimal("0.4") for order in sold_or_bought)
    stage.show_at(6)
    await stage.cycles(120)
    assert stage.held() == 0


@pytest.mark.parametrize("setting", PLAIN[:1], ids=str)
async def test_lost_and_doubled_messages_change_nothing(stage: Stage) -> None:
    faults = stage.sandbox.faults
    faults.lose_messages, faults.user.lose_messages = 3, 1
    await stage.cycle()
    faults.repeat_messages, faults.user.repeat_messages = 20, 20
    stage.show_at(31)
    stage.show_at(32)
    await stage.calm()
    assert len(stage.ledger.fills()) == 1
    faults.spoil_messages, faults.user.spoil_messages = 2, 2
    stage.show_at(6)
    await stage.cycles(120)
    assert stage.held() == 0
    assert len(stage.ledger.fills()) == len(stage.sandbox.records.trades)


# --- orders that end by themselves


@RESTS
async def test_an_order_that_the_venue_cancels_keeps_what_it_filled(stage: Stage) -> None:
    await stage.cycle()
    (resting,) = stage.resting()
    stage.meet({resting.order_id: "20"})
    stage.sandbox.engine.end(resting, Status.CANCELED)
    await stage.settle()
    await stage.cycles(90)
    order = stage.ledger.orders()[0]
    assert order.status is OrderStatus.CANCELLED
    assert order.filled == 20
    assert stage.held() >= 20


@RESTS
async def test_a_market_that_stops_taking_orders_leaves_what_is_filled(stage: Stage) -> None:
    await stage.cycle()
    (resting,) = stage.resting()
    stage.meet({resting.order_id: "20"})
    stage.change(accepting_orders=False, closed=True)
    await stage.settle()
    await stage.cycles(90)
    order = stage.only_order()
    assert order.status is OrderStatus.CANCELLED
    assert stage.held() == order.filled == 20


async def test_a_market_closes_while_an_order_is_on_its_way(stage: Stage) -> None:
    async def close(_request: Request) -> Reply | None:
        stage.change(accepting_orders=False)
        return None

    stage.intercept("/clob/order", close)
    await stage.cycle()
    await stage.cycles(90)
    assert refusals(stage) == ["market_not_ready"]
    assert stage.held() == 0
    stage.change(accepting_orders=True)
    await becomes_hedged(stage)


# --- an account that may not trade


async def test_no_collateral_sends_nothing(stage: Stage) -> None:
    to = address_of(stage.chain.accounts[9])
    move = "transfer(address,uint256)"
    await stage.chain.send(stage.wallet, POLYGON.collateral, move, to, 500_000_000)
    await stage.cycles(60)
    assert stage.posted == []
    assert stage.account.cash_usd == 0
    await stage.chain.send(to, POLYGON.collateral, move, stage.wallet, 500_000_000)
    assert stage.ledger.lifecycle_counts() == {"refused": 1}
    await stage.cycles(60)  # not hours later, when a refusal is looked at again anyhow
    await stage.calm()
    assert stage.held() > 0


async def test_an_allowance_that_is_too_small_is_told_and_not_raised(stage: Stage) -> None:
    exchange, approve = exchange_of(stage.market), "approve(address,uint256)"
    await stage.chain.send(stage.wallet, POLYGON.collateral, approve, exchange, 1_000_000)
    await stage.cycles(60)
    assert refusals(stage) == ["not_enough_allowance"]
    assert "allowance is not enough" in stage.ledger.standing()["account"]
    (told,) = stage.events("account.refused")
    assert "`polyhedge doctor` tells what to do" in told["problem"]
    assert stage.held() == 0
    sent = {"eth_sendRawTransaction"} & set(stage.sandbox.node.asked)
    assert (sent, stage.sandbox.relayer.submitted) == (set(), [])
    await stage.chain.send(stage.wallet, POLYGON.collateral, approve, exchange, 10**12)
    await becomes_hedged(stage)
    assert "account" not in stage.ledger.standing()


async def test_a_closed_only_account_sells_and_does_not_buy(stage: Stage) -> None:
    await stage.cycle()
    await stage.calm()
    stage.sandbox.accounts.closed_only.add(address_of(stage.key))
    stage.show_at(6)
    await stage.cycle()
    await stage.calm()
    assert stage.held() == 0
    posted = len(stage.posted)
    stage.show_at(40)
    await stage.cycle(AGAIN_S)
    await stage.cycles(60)
    assert len(stage.posted) == posted + 1
    assert refusals(stage) == ["closed_only"]
    assert "closed only mode" in stage.ledger.standing()["account"]


@pytest.mark.parametrize("setting", SESSION[1:], ids=str)
async def test_a_blocked_place_is_told(stage: Stage) -> None:
    stage.sandbox.faults.geoblocked = True
    await stage.cycle()
    await stage.cycles(60)
    (refusal,) = stage.events("order.rejected")
    assert "restricted in your region" in refusal["detail"]
    assert "restricted in your region" in stage.ledger.standing()["account"]
    assert len(stage.posted) == 1


@pytest.mark.parametrize("how", ["ended", "revoked"])
@pytest.mark.parametrize("setting", SESSION, ids=str)
async def test_a_session_key_that_is_one_no_more_trades_nothing(stage: Stage, how: str) -> None:
    await stage.cycle()
    await stage.calm()
    shares = stage.held()
    if how == "revoked":
        revoke, signer = "revokeSessionSigner(address)", address_of(stage.key)
        await stage.chain.send(stage.wallet, stage.wallet, revoke, signer)
        del stage.sandbox.accounts.sessions[stage.wallet][signer]
    else:
        await authorize(stage, for_s=60)
        await stage.jump(120)
    stage.show_at(6)
    await stage.cycle(AGAIN_S)
    await stage.cycle(AGAIN_S)
    assert set(refusals(stage)) == {"invalid_signature"}
    assert stage.held() == shares
    assert "`polyhedge doctor`" in stage.ledger.standing()["account"]
    with pytest.raises(CredentialError, match="polyhedge wallet session-key create"):
        await stage.restart()
    await authorize(stage, for_s=86_400)
    await stage.open()
    await stage.cycle(LONGEST_S)
    await stage.calm()
    assert stage.held() == 0


async def authorize(stage: Stage, *, for_s: int) -> None:
    """Let the daemon's key be a session key for so long."""
    signer, until = address_of(stage.key), await stage.chain.now() + for_s
    text = "authorizeSessionSigner(address,uint256)"
    await stage.chain.send(stage.wallet, stage.wallet, text, signer, until)
    session = SessionKey(address=signer, scopes=("CLOB",), valid_until=until)
    stage.sandbox.accounts.authorize(stage.wallet, session)

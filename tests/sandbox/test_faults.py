"""Each switch of the sandbox does to the official client what its name says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import (
    OrderHeartbeatMismatchError,
    PolymarketError,
    RateLimitError,
    RequestRejectedError,
    TransportError,
    UnexpectedResponseError,
)
from polymarket.streams import UserSpec
from websockets.asyncio.client import ClientConnection, connect

from bot.model.market import MarketChanged
from bot.model.units import MILLION, Shares
from bot.sandbox import refusals
from bot.sandbox.faults import Fate, Fault, Silence, Trading, Unmatched
from bot.sandbox.server import Sandbox
from tests.fakes import ManualClock, make_book
from tests.sandbox.rig import DEPOSIT, EOA, NO, OTHER_KEY, YES, running, unified
from tests.venues.polymarket.rig import CTF_IDS, ctf_market, until

ORDER = "/clob/order"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with running(clock) as it:
        yield it


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AsyncSecureClient]:
    async with unified(sandbox) as it:
        yield it


async def make(client: AsyncSecureClient, **changes: Any) -> Any:
    wanted: dict[str, Any] = {"token_id": YES, "price": "0.52", "size": "10", "side": "BUY"}
    wanted |= changes
    kind = wanted.pop("order_type", None)
    signed = await client.create_limit_order(**wanted)
    return replace(signed, order_type=kind) if kind else signed


async def place(client: AsyncSecureClient, **changes: Any) -> Any:
    return await client.post_order(await make(client, **changes))


# --- orders that go wrong -----------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True])
async def test_order_timed_out_though_filled_or_not(
    sandbox: Sandbox, client: AsyncSecureClient, after: bool
) -> None:
    sandbox.faults.add(
        Fault.STATUS, path=ORDER, times=1, after=after, status=500, text=refusals.TIMED_OUT
    )
    with pytest.raises(RequestRejectedError, match="order timed out"):
        await place(client, price="0.60")
    assert len(sandbox.records.trades) == int(after)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DROP, Fault.CUT])
async def test_accepted_order_whose_answer_never_arrives(
    sandbox: Sandbox, client: AsyncSecureClient, fault: Fault
) -> None:
    signed = await make(client)
    sandbox.faults.add(fault, path=ORDER, times=1, after=True)
    with pytest.raises((TimeoutError, TransportError, UnexpectedResponseError)):
        await asyncio.wait_for(client.post_order(signed), 0.2)
    assert len(sandbox.records.open_orders()) == 1


async def test_fill_is_told_before_the_answer_to_the_order(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.faults.add(Fault.LATE, path=ORDER, times=1, after=True)
    async with listening(sandbox) as heard:
        asking = asyncio.create_task(place(client, price="0.60"))
        await until(lambda: any(row["type"] == "TRADE" for row in heard))
        assert not asking.done()
        sandbox.faults.let_go()
        assert (await asking).status == "matched"


async def test_same_order_twice_is_refused_as_duplicate(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    signed = await make(client)
    await client.post_order(signed)
    with pytest.raises(RequestRejectedError, match=r"is invalid\. Duplicated\."):
        await client.post_order(signed)


async def test_success_with_an_empty_id_is_no_order(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.faults.add(Fault.EMPTY_ID, path=ORDER, times=1, text="something")
    placed = await place(client)
    assert (placed.ok, placed.message) == (False, "something")
    assert not sandbox.records.orders


@pytest.mark.parametrize("kind", [Unmatched.PLACED, Unmatched.GONE])
async def test_unmatched_order_is_placed_or_gone(
    sandbox: Sandbox, client: AsyncSecureClient, kind: Unmatched
) -> None:
    sandbox.faults.unmatched = kind
    placed = await place(client, price="0.60")
    assert placed.code == "unmatched"
    assert len(sandbox.records.open_orders()) == int(kind is Unmatched.PLACED)


async def test_delayed_order_matches_later(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    slow = replace(ctf_market(), taker_delay_s=3.0)
    sandbox.tell(MarketChanged(market=slow, at=clock.now()))
    placed = await place(client, price="0.60")
    assert placed.status == "delayed"
    clock.advance(2)
    await client.get_closed_only_mode()
    assert not sandbox.records.trades
    clock.advance(1)
    await client.get_closed_only_mode()
    assert [trade.taker.order.order_id for trade in sandbox.records.trades] == [placed.order_id]


async def test_delayed_order_may_find_the_book_gone(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    slow = replace(ctf_market(), taker_delay_s=3.0)
    sandbox.tell(MarketChanged(market=slow, at=clock.now()))
    placed = await place(client, price="0.60", size="30", order_type="FOK")
    sandbox.tell(make_book(YES, asks=[("0.54", "29")], at=clock.now()))
    clock.advance(3)
    sandbox.pass_time()
    assert placed.status == "delayed"
    assert sandbox.records.orders[placed.order_id].status == f"CANCELED_{refusals.FOK_KILLED}"
    assert not sandbox.records.trades


@pytest.mark.parametrize(
    ("trading", "status", "restriction"),
    [
        (Trading.RESTARTING, 425, "restarting"),
        (Trading.CANCEL_ONLY, 503, "cancel_only"),
        (Trading.POST_ONLY, 503, "post_only"),
        (Trading.DISABLED, 503, None),
    ],
)
async def test_engine_that_takes_no_orders(
    sandbox: Sandbox,
    client: AsyncSecureClient,
    trading: Trading,
    status: int,
    restriction: str | None,
) -> None:
    rests = await place(client, price="0.10")
    sandbox.faults.trading = trading
    with pytest.raises(RequestRejectedError) as caught:
        await place(client, price="0.11")
    assert (caught.value.status, caught.value.restriction) == (status, restriction)
    if trading is Trading.POST_ONLY:
        assert (await place(client, price="0.11", post_only=True)).ok
    if trading is not Trading.RESTARTING:
        assert (await client.cancel_order(order_id=rests.order_id)).canceled == (rests.order_id,)


async def test_too_many_requests_name_a_wait(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    sandbox.faults.add(Fault.STATUS, path=ORDER, times=1, status=429, retry_after=7)
    with pytest.raises(RateLimitError) as caught:
        await place(client)
    assert caught.value.retry_after == 7


async def test_a_key_that_sends_too_fast_is_held_back(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.orders.ordering.burst = 2
    assert (await place(client, price="0.10")).ok
    assert (await place(client, price="0.11")).ok
    with pytest.raises(RateLimitError) as caught:
        await place(client, price="0.12")
    assert caught.value.retry_after == 1
    assert len(sandbox.records.orders) == 2
    assert isinstance(sandbox.clock, ManualClock)
    sandbox.clock.advance(1)
    assert (await place(client, price="0.12")).ok


async def test_cancelling_everything_costs_as_much_as_was_open(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    limits = sandbox.orders.cancelling
    limits.burst, limits.per_s = 3, 1
    for price in ("0.10", "0.11", "0.12"):
        await place(client, price=price)
    assert len((await client.cancel_all()).canceled) == 3  # costs 4 of 3: what is left is owed
    with pytest.raises(RateLimitError) as caught:
        await client.cancel_all()
    assert caught.value.retry_after == 2


async def test_page_of_the_network_in_front(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    sandbox.faults.add(Fault.CLOUDFLARE, path="/clob", times=1)
    with pytest.raises(RequestRejectedError) as caught:
        await client.list_open_orders().first_page()
    assert caught.value.status == 403


async def test_geoblock_refuses_orders(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    sandbox.faults.geoblocked = True
    with pytest.raises(RequestRejectedError, match="restricted in your region"):
        await place(client)
    async with httpx.AsyncClient() as plain:
        assert (await plain.get(sandbox.endpoints.geoblock)).json()["blocked"] is True


async def test_account_that_may_only_close(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    sandbox.accounts.closed_only.add(EOA)
    assert await client.get_closed_only_mode() is True
    with pytest.raises(RequestRejectedError, match=f"'{EOA}' address in closed only mode"):
        await place(client)


async def test_allowlist_names_the_deposit_wallet_flow(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.accounts.allowlist = set()
    with pytest.raises(RequestRejectedError, match="please use the deposit wallet flow"):
        await place(client)
    async with unified(sandbox, wallet=DEPOSIT) as other:
        assert (await place(other)).ok


# --- reads that are late or empty ---------------------------------------------------------------


async def test_lookup_of_an_open_order_may_be_empty(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    placed = await place(client)
    sandbox.faults.add(Fault.NULL, path="/clob/data/order/", times=1)
    with pytest.raises(UnexpectedResponseError):
        await client.get_order(order_id=placed.order_id)
    assert (await client.get_order(order_id=placed.order_id)).id == placed.order_id


async def test_stale_balance_refuses_a_sale_until_it_is_updated(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    await client.get_balance_allowance(asset_type="CONDITIONAL", token_id=YES)
    sandbox.faults.stale_balances = True
    sandbox.memory.give(EOA, 10 * MILLION, YES)
    with pytest.raises(RequestRejectedError, match="balance: 0, sum of matched orders: 0"):
        await place(client, side="SELL", price="0.60")
    await client._ctx.secure_clob.get_json(
        "/balance-allowance/update",
        params={"asset_type": "CONDITIONAL", "signature_type": 0, "token_id": YES},
    )
    assert (await place(client, side="SELL", price="0.60")).ok


# --- settlement ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fate", "ends"),
    [
        (Fate.CONFIRM, ["MATCHED", "MINED", "CONFIRMED"]),
        (Fate.FAIL, ["MATCHED", "FAILED"]),
        (Fate.RETRY_CONFIRM, ["MATCHED", "RETRYING", "MINED", "CONFIRMED"]),
        (Fate.RETRY_FAIL, ["MATCHED", "RETRYING", "FAILED"]),
    ],
)
async def test_trade_settles_as_it_is_fated(
    sandbox: Sandbox, client: AsyncSecureClient, fate: Fate, ends: list[str]
) -> None:
    sandbox.faults.fates.append(fate)
    async with listening(sandbox) as heard:
        await place(client, price="0.60")
        await sandbox.settle()
        await until(lambda: len([row for row in heard if row["type"] == "TRADE"]) == len(ends))
    assert [row["status"] for row in heard if row["type"] == "TRADE"] == ends
    held = sandbox.memory.balances.get((EOA, YES), 0)
    assert held == (10 * MILLION if "CONFIRMED" in ends else 0)


async def test_held_trade_keeps_its_money_until_it_is_decided(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.faults.fates.append(Fate.HOLD)
    await place(client, price="0.60")
    await sandbox.records.settlement.rest()
    assert sandbox.records.trades[0].status == "MATCHED"
    with pytest.raises(RequestRejectedError, match="sum of matched orders: 5499"):
        await place(client, size="190")
    await sandbox.settle(Fate.FAIL)
    assert (await place(client, size="190")).ok


# --- cancels and time ---------------------------------------------------------------------------


@pytest.mark.parametrize(("taken", "reason"), [(4, None), (10, "Order already matched")])
async def test_cancel_races_a_fill(
    sandbox: Sandbox, client: AsyncSecureClient, taken: int, reason: str | None
) -> None:
    placed = await place(client)
    sandbox.faults.cancel_races.append(taken * MILLION)
    ended = await client.cancel_order(order_id=placed.order_id)
    assert ended.not_canceled.get(placed.order_id) == reason
    assert sandbox.records.orders[placed.order_id].matched_e6 == taken * MILLION


async def test_cancels_in_four_forms(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    ids = [(await place(client, price=price)).order_id for price in ("0.1", "0.2", "0.3")]
    complement = (await place(client, token_id=NO, price="0.1")).order_id
    assert (await client.cancel_order(order_id=ids[0])).canceled == (ids[0],)
    unknown = "0x" + "00" * 32
    ended = await client.cancel_orders(order_ids=[ids[0], ids[1], unknown])
    assert ended.canceled == (ids[1],)
    assert ended.not_canceled == {
        ids[0]: "Order already canceled",
        unknown: "Order not found or already canceled",
    }
    assert (await client.cancel_market_orders(asset_id=NO)).canceled == (complement,)
    assert (await client.cancel_all()).canceled == (ids[2],)


async def test_nobody_cancels_an_order_of_another(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    placed = await place(client)
    async with unified(sandbox, key=OTHER_KEY) as other:
        ended = await other.cancel_order(order_id=placed.order_id)
        assert ended.not_canceled == {placed.order_id: "Order not found or already canceled"}
        assert (await other.list_open_orders().first_page()).items == ()


async def test_gtd_ends_a_minute_early(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    from bot.clock import SystemClock

    clock.set(SystemClock().now())
    ends = int(clock.now().timestamp()) + 400
    placed = await place(client, expiration=ends)
    clock.advance(339)
    assert len((await client.list_open_orders().first_page()).items) == 1
    clock.advance(2)
    assert (await client.list_open_orders().first_page()).items == ()
    assert sandbox.records.orders[placed.order_id].status == "CANCELED_EXPIRED_ORDER"


async def test_silence_after_one_beat_cancels_all(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    placed = await place(client)
    beat = await client.send_order_heartbeat(heartbeat_id="")
    with pytest.raises(OrderHeartbeatMismatchError):
        await client.send_order_heartbeat(heartbeat_id="wrong")
    clock.advance(9)
    await client.send_order_heartbeat(heartbeat_id=beat.heartbeat_id)
    clock.advance(9)
    assert len((await client.list_open_orders().first_page()).items) == 1
    clock.advance(2)
    assert (await client.list_open_orders().first_page()).items == ()
    assert not sandbox.records.orders[placed.order_id].is_open


async def test_resolution_ends_resting_orders(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    placed = await place(client)
    closed = replace(ctf_market(), closed=True, payouts=(Decimal(1), Decimal(0)))
    sandbox.tell(MarketChanged(market=closed, at=clock.now()))
    assert sandbox.records.orders[placed.order_id].status == "CANCELED_MARKET_RESOLVED"
    with pytest.raises(RequestRejectedError, match="not yet ready to process new orders"):
        await place(client)


# --- the user channel ---------------------------------------------------------------------------


class listening:  # noqa: N801 - reads as a verb
    """A plain connection to the user channel; holds what it heard."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._heard: list[dict[str, Any]] = []

    async def __aenter__(self) -> list[dict[str, Any]]:
        (key,) = self._sandbox.accounts.keys.values()
        self._socket: ClientConnection = await connect(self._sandbox.endpoints.user_stream)
        login = {"apiKey": key.key, "secret": key.secret, "passphrase": key.passphrase}
        await self._socket.send(json.dumps({"type": "user", "auth": login}))
        await until(lambda: bool(self._sandbox.user_channel.subscribed))
        self._task = asyncio.create_task(self._listen())
        return self._heard

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._task

    async def _listen(self) -> None:
        async for frame in self._socket:
            self._heard.append(json.loads(frame))


async def test_official_client_hears_orders_and_trades(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    handle = await client.subscribe([UserSpec()])
    try:
        await until(lambda: bool(sandbox.user_channel.subscribed))
        placed = await place(client)
        sandbox.trade_against({placed.order_id: Shares(Decimal(10))})
        await sandbox.settle()
        async with asyncio.timeout(5):
            heard = [await anext(handle) for _ in range(5)]
    finally:
        await handle.close()
    assert [type(one).__name__ for one in heard] == [
        "UserOrderEvent",
        "UserOrderEvent",
        "UserTradeEvent",
        "UserTradeEvent",
        "UserTradeEvent",
    ]


async def test_killed_order_is_told_with_an_empty_size(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    async with listening(sandbox) as heard:
        with pytest.raises(RequestRejectedError, match="fully filled or killed"):
            await place(client, order_type="FOK", price="0.56", size="50")
        await until(lambda: bool(heard))
    assert (heard[0]["type"], heard[0]["size_matched"]) == ("CANCELLATION", "")
    assert heard[0]["status"] == f"CANCELED_{refusals.FOK_KILLED}"


async def test_user_channel_writes_times_in_two_ways(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.faults.odd_shapes = True
    async with listening(sandbox) as heard:
        await place(client, price="0.60")
        await until(lambda: len(heard) >= 3)
    assert [len(row["created_at"]) for row in heard[:2]] == [13, 13]
    assert heard[2]["match_time"].endswith("+00:00")


async def test_user_channel_is_silent_loses_and_repeats(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    async with listening(sandbox) as heard:
        sandbox.faults.user.silence = Silence.PONG_ONLY
        await place(client)
        sandbox.faults.user.silence = Silence.NONE
        sandbox.faults.user.lose_messages = 1
        await place(client)
        sandbox.faults.user.repeat_messages = 1
        placed = await place(client)
        await until(lambda: len(heard) == 2)
    assert [row["id"] for row in heard] == [placed.order_id] * 2


async def test_user_channel_closes_on_a_wrong_key(sandbox: Sandbox) -> None:
    async with connect(sandbox.endpoints.user_stream) as socket:
        await socket.send(json.dumps({"type": "user", "auth": {"apiKey": "nobody"}}))
        async with asyncio.timeout(2):
            await socket.wait_closed()


# --- other people -------------------------------------------------------------------------------


async def test_taken_liquidity_stays_taken(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    await place(client, price="0.54", size="20")
    for _ in range(2):
        asks = [("0.54", "30"), ("0.55", "10")]
        sandbox.tell(make_book(YES, bids=[("0.50", "40")], asks=asks, at=clock.now()))
        book = await client.get_order_book(token_id=YES)
        assert (str(book.asks[-1].price), str(book.asks[-1].size)) == ("0.54", "10")


async def test_others_who_cross_our_order_take_it(
    sandbox: Sandbox, client: AsyncSecureClient, clock: ManualClock
) -> None:
    placed = await place(client, price="0.52")
    sandbox.tell(make_book(NO, bids=[("0.49", "6")], at=clock.now()))  # an ask for YES at 0.51
    (trade,) = sandbox.records.trades
    maker = trade.row(EOA)["maker_orders"]
    assert maker == [maker[0]]  # type: ignore[index]
    order = sandbox.records.orders[placed.order_id]
    assert (order.matched_e6, order.price_e6) == (6 * MILLION, 520_000)
    book = await client.get_order_book(token_id=CTF_IDS[0])
    assert [str(level.size) for level in book.bids] == ["4"]
    assert book.asks == ()


async def test_filter_by_token_hides_cross_fills(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    placed = await place(client)
    sandbox.trade_against({placed.order_id: Shares(Decimal(10))})
    await sandbox.settle()
    assert (await client.list_account_trades(token_id=YES).first_page()).items == ()
    page = await client.list_account_trades(maker_address=EOA).first_page()
    assert [one.trader_side for one in page.items] == ["MAKER"]


async def test_pages_end_with_the_venues_cursor(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    sandbox.private.page_size = 2
    for price in ("0.1", "0.2", "0.3"):
        await place(client, price=price)
    page = await client.list_open_orders().first_page()
    assert len(page.items) == 2
    assert [str(o.price) async for o in client.list_open_orders().iter_items()] == [
        "0.3",
        "0.2",
        "0.1",
    ]


# --- relayer and node ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, refusals.WALLET_BUSY),
        (400, refusals.nonce_mismatch(sent=0, on_chain=1)),
        (429, refusals.OUT_OF_QUOTA),
    ],
)
async def test_relayer_refuses_once_and_is_asked_again(
    sandbox: Sandbox, status: int, text: str
) -> None:
    async with unified(sandbox, wallet=DEPOSIT) as client:
        sandbox.faults.add(
            Fault.STATUS, path="/relayer/submit", times=1, status=status, text=text, retry_after=0
        )
        if "nonce" in text:
            sandbox.memory.nonces[DEPOSIT] = 1
        handle = await client.approve_erc20(token_address=EOA, spender_address=EOA, amount=1)
        await handle.wait()
    assert len(sandbox.relayer.submitted) == 1


@pytest.mark.parametrize("fault", [Fault.STATUS, Fault.DROP, Fault.RPC_ERROR, Fault.CUT])
async def test_node_fails_in_four_ways(sandbox: Sandbox, fault: Fault) -> None:
    async with unified(sandbox, wallet=DEPOSIT) as client:
        sandbox.faults.add(fault, path="/rpc")
        with pytest.raises(PolymarketError):
            await client.approve_erc20(token_address=EOA, spender_address=EOA, amount=1)

"""The sandbox speaks the venue's words; the official client reads them unmodified."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from polymarket import AsyncPublicClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.streams import MarketSpec
from websockets.asyncio.client import ClientConnection, connect

from bot.errors import BadData
from bot.model.market import MarketChanged, Print
from bot.model.units import Price, TokenId
from bot.sandbox import writing
from bot.sandbox.faults import Fault, Silence
from bot.sandbox.server import Sandbox
from bot.venues.books import mirror
from tests.fakes import START, ManualClock, epoch_ms, make_book
from tests.venues.polymarket.rig import CTF_IDS, V2_IDS, ctf_market, v2_market

YES = TokenId(CTF_IDS[0])
BOOK = make_book(
    YES, bids=[("0.50", "40"), ("0.01", "10")], asks=[("0.54", "30"), ("0.99", "10")], at=START
)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(markets=[ctf_market(), v2_market()], clock=ManualClock()) as running:
        running.tell(BOOK)
        running.tell(make_book(V2_IDS[0], bids=[("0.20", "50")], asks=[("0.23", "50")], at=START))
        yield running


async def ask(sandbox: Sandbox, path: str, **params: str) -> Any:
    async with httpx.AsyncClient(timeout=1) as client:
        answer = await client.get(f"{sandbox.endpoints.clob}{path}", params=params)
        answer.raise_for_status()
        return answer.json()


async def listen(socket: ClientConnection) -> Any:
    async with asyncio.timeout(2):
        return json.loads(await socket.recv())


def subscribe(*tokens: str) -> str:
    return json.dumps({"type": "market", "assets_ids": tokens, "custom_feature_enabled": True})


def test_book_hash_is_the_venues() -> None:
    # Vector of POLYMARKET 5.1, made with the official client.
    row: writing.Json = {
        "market": "0x" + "11" * 32,
        "asset_id": "1",
        "timestamp": "1795000000000",
        "hash": "",
        "bids": [{"price": "0.5", "size": "40"}],
        "asks": [{"price": "0.54", "size": "30"}],
        "min_order_size": "5",
        "tick_size": "0.01",
        "neg_risk": False,
        "last_trade_price": "0.52",
    }

    assert writing.book_hash(row) == "45c1adedeca7a6c1ceb8baa2fc7f90466e1b8fee"


@pytest.mark.parametrize(
    ("millionths", "text"),
    [(520_000, "0.52"), (40_000_000, "40"), (0, "0"), (1, "0.000001"), (100_000_000, "100")],
)
def test_numbers_are_plain_text(millionths: int, text: str) -> None:
    assert writing.plain(millionths) == text


async def test_book_is_worst_first_with_text_numbers(sandbox: Sandbox) -> None:
    row = await ask(sandbox, "/book", token_id=YES)

    assert [level["price"] for level in row["bids"]] == ["0.01", "0.5"]
    assert [level["price"] for level in row["asks"]] == ["0.99", "0.54"]
    assert row["timestamp"] == str(epoch_ms(START))
    assert row["hash"] == writing.book_hash(row)


async def test_complement_shows_the_mirror(sandbox: Sandbox) -> None:
    row = await ask(sandbox, "/book", token_id=CTF_IDS[1])

    assert row["bids"][-1] == {"price": "0.46", "size": "30"}
    assert mirror(mirror(BOOK, TokenId(CTF_IDS[1])), YES) == BOOK


async def test_small_questions_are_answered(sandbox: Sandbox) -> None:
    condition = ctf_market().condition_id

    assert await ask(sandbox, "/time") == int(START.timestamp())
    assert await ask(sandbox, "/midpoint", token_id=YES) == {"mid": "0.52"}
    assert await ask(sandbox, "/tick-size", token_id=YES) == {"minimum_tick_size": 0.01}
    assert (await ask(sandbox, f"/clob-markets/{condition}"))["v"] == "v1"
    assert (await ask(sandbox, f"/markets/{condition}"))["tokens"][0]["winner"] is False
    assert (await ask(sandbox, "/prices-history", market=YES))["history"][0]["p"] == 0.52


@pytest.mark.parametrize("path", ["/nothing", "/book", "/midpoint", "/clob-markets/0x1"])
async def test_unknown_things_are_404(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        await ask(sandbox, path, token_id="5")


async def test_stream_sends_books_then_changes_of_both_tokens(sandbox: Sandbox) -> None:
    async with connect(sandbox.endpoints.market_stream) as socket:
        await socket.send(subscribe(*CTF_IDS))
        assert [row["event_type"] for row in await listen(socket)] == ["book", "book"]

        sandbox.tell(BOOK._replace(bid_sizes=(50_000_000, 10_000_000)))
        message = await listen(socket)

    assert message["event_type"] == "price_change"
    assert [
        (row["asset_id"], row["side"], row["price"], row["size"], row["best_bid"], row["best_ask"])
        for row in message["price_changes"]
    ] == [
        (CTF_IDS[0], "BUY", "0.5", "50", "0.5", "0.54"),
        (CTF_IDS[1], "SELL", "0.5", "50", "0.46", "0.5"),
    ]


async def test_stream_sends_only_what_was_asked_for(sandbox: Sandbox) -> None:
    async with connect(sandbox.endpoints.market_stream) as socket:
        await socket.send(subscribe(CTF_IDS[1]))
        await listen(socket)
        sandbox.tell(make_book(V2_IDS[0], bids=[("0.1", "5")], at=START))
        sandbox.tell(BOOK._replace(bid_sizes=(50_000_000, 10_000_000)))

        message = await listen(socket)
        assert [row["asset_id"] for row in message["price_changes"]] == [CTF_IDS[1]]
        await socket.send(json.dumps({"operation": "unsubscribe", "assets_ids": [CTF_IDS[1]]}))
        await socket.send("PING")
        assert await socket.recv() == "PONG"
        sandbox.tell(BOOK)
        await socket.send("PING")
        assert await socket.recv() == "PONG"


async def test_stream_tells_trades_ticks_and_resolutions(sandbox: Sandbox) -> None:
    async with connect(sandbox.endpoints.market_stream) as socket:
        await socket.send(subscribe(YES))
        await listen(socket)
        sandbox.tell(Print(YES, epoch_ms(START), 530_000, 2_000_000, False))
        market = dataclasses.replace(ctf_market(), tick=Price(Decimal("0.001")))
        sandbox.tell(MarketChanged(market=market, at=START))
        market = dataclasses.replace(market, closed=True, payouts=(Decimal(0), Decimal(1)))
        sandbox.tell(MarketChanged(market=market, at=START))

        trade, tick, resolved = [await listen(socket) for _ in range(3)]
    assert (trade["price"], trade["size"], trade["side"]) == ("0.53", "2", "SELL")
    assert (tick["old_tick_size"], tick["new_tick_size"]) == ("0.01", "0.001")
    assert (resolved["winning_asset_id"], resolved["winning_outcome"]) == (CTF_IDS[1], "No")


async def test_silent_stream_answers_pings_or_nothing(sandbox: Sandbox) -> None:
    async with connect(sandbox.endpoints.market_stream) as socket:
        sandbox.faults.silence = Silence.PONG_ONLY
        await socket.send(subscribe(YES))
        await socket.send("PING")
        assert await socket.recv() == "PONG"

        sandbox.faults.silence = Silence.DEAD
        await socket.send("PING")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.05)


async def test_faults_pass_when_counted_out_or_cleared(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault.STATUS, path="/clob/book", times=1, status=503)
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        await ask(sandbox, "/book", token_id=YES)
    sandbox.faults.add(Fault.CUT, path="/clob")
    with pytest.raises(json.JSONDecodeError):
        await ask(sandbox, "/book", token_id=YES)

    sandbox.faults.clear()
    assert await ask(sandbox, "/book", token_id=YES)


async def test_book_of_no_market_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(BadData, match="belongs to no market"):
        sandbox.tell(make_book("5"))


def test_sandbox_that_was_not_started_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        _ = Sandbox(markets=[], clock=ManualClock()).endpoints


@pytest.fixture
async def official(sandbox: Sandbox) -> AsyncIterator[AsyncPublicClient]:
    """The official client, every address of it turned to the sandbox."""
    http, stream = sandbox.endpoints.clob.removesuffix("/clob"), sandbox.endpoints.market_stream
    names = [one.name for one in dataclasses.fields(PRODUCTION_CONFIG) if "url" in one.name]
    urls = {name: stream if "ws" in name else http for name in names}
    urls |= {"clob_url": f"{http}/clob", "gamma_url": f"{http}/gamma"}
    config = dataclasses.replace(PRODUCTION_CONFIG, **urls)  # type: ignore[arg-type]
    client = AsyncPublicClient(environment=create_environment(name="sandbox", config=config))
    yield client
    await client.close()


async def test_official_client_reads_the_book(
    sandbox: Sandbox, official: AsyncPublicClient
) -> None:
    book = await official.get_order_book(token_id=YES)

    assert (str(book.bids[-1].price), str(book.asks[-1].size)) == ("0.5", "30")
    assert book.tick_size == Decimal("0.01")


async def test_official_client_reads_both_kinds_of_market(official: AsyncPublicClient) -> None:
    markets = [await official.get_market(slug=m.slug) for m in (ctf_market(), v2_market())]

    assert [market.version for market in markets] == ["v1", "v2"]
    page = await official.list_markets().first_page()
    assert len(page.items) == 2


async def test_official_client_reads_events_series_and_search(official: AsyncPublicClient) -> None:
    event = await official.get_event(slug="fed-december")
    assert event.slug == "fed-december"
    series = await official.list_series().first_page()
    assert [one.slug for one in series.items] == ["fed-decision"]
    events = await official.list_events(closed=False).first_page()
    assert len(events.items) == 2


async def test_official_client_reads_the_stream(
    sandbox: Sandbox, official: AsyncPublicClient
) -> None:
    handle = await official.subscribe([MarketSpec(token_ids=[YES], custom_feature_enabled=True)])
    try:
        async with asyncio.timeout(5):
            kinds = [type(await anext(handle)).__name__]
            sandbox.tell(BOOK._replace(bid_sizes=(50_000_000, 10_000_000)))
            sandbox.tell(Print(YES, epoch_ms(START), 530_000, 2_000_000, taker_buys=True))
            market = dataclasses.replace(ctf_market(), tick=Price(Decimal("0.001")))
            sandbox.tell(MarketChanged(market=market, at=START))
            market = dataclasses.replace(market, closed=True, payouts=(Decimal(1), Decimal(0)))
            sandbox.tell(MarketChanged(market=market, at=START))
            kinds += [type(await anext(handle)).__name__ for _ in range(4)]
    finally:
        await handle.close()

    assert kinds == [
        "MarketBookEvent",
        "MarketPriceChangeEvent",
        "MarketLastTradePriceEvent",
        "MarketTickSizeChangeEvent",
        "MarketResolvedEvent",
    ]

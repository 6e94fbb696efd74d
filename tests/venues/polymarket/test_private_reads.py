"""What is ours is read page by page, authenticated anew for each try, whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import BadData, SourceDown
from bot.model.account import Secret
from bot.sandbox.http import Reply, Request
from bot.venues.polymarket.l2 import ApiKey, L2Signer, sign_request
from bot.venues.polymarket.private_reads import PrivateReads
from bot.venues.polymarket.reads import Reads
from tests.fakes import START, ManualClock
from tests.venues.polymarket.counter import API_SECRET, EOA, QUICK, Counter, open_counter, reply
from tests.venues.polymarket.test_own_trades import WE, trade

ORDERS, TRADES, HELD = "GET /clob/data/orders", "GET /clob/data/trades", "GET /data/v2/positions"


def order_row(order_id: str) -> dict[str, object]:
    return {
        "id": order_id,
        "status": "LIVE",
        "market": "0x" + "11" * 32,
        "asset_id": "1075",
        "side": "BUY",
        "original_size": "10",
        "size_matched": "0",
        "price": "0.5",
        "expiration": "1795424700",
    }


def paged(pages: dict[str, object]) -> Reply | object:
    """Answer with the page that the cursor names."""

    def answer(request: Request) -> Reply:
        return reply(200, pages[request.one("next_cursor", request.one("cursor"))])

    return answer


@dataclass
class Rig:
    counter: Counter
    clock: ManualClock
    own: PrivateReads

    def answer(self, question: str, pages: dict[str, object]) -> None:
        self.counter.answers[question] = paged(pages)  # type: ignore[assignment]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    clock = ManualClock()
    secret = Secret(API_SECRET)
    key = ApiKey(key=Secret("key"), secret=secret, passphrase=Secret("words"))
    signer = L2Signer(address=EOA, api_key=key, clock=clock)
    async with open_counter() as counter:
        exchange = Reads(
            base_url=counter.endpoints.clob, clock=clock, pace=QUICK, sign=signer.headers
        )
        positions = Reads(base_url=counter.endpoints.data, clock=clock, pace=QUICK)
        own = PrivateReads(exchange=exchange, positions=positions, wallet=WE, pace=QUICK)
        yield Rig(counter, clock, own)
        await exchange.close()
        await positions.close()


async def test_all_pages_of_open_orders_are_read(rig: Rig) -> None:
    rig.answer(
        ORDERS,
        {
            "MA==": {"data": [order_row("0xa")], "next_cursor": "c2"},
            "c2": {"data": [order_row("0xb")], "next_cursor": "LTE="},
        },
    )
    assert [order.order_id for order in await rig.own.open_orders()] == ["0xa", "0xb"]


async def test_pages_that_go_round_in_circles_are_refused(rig: Rig) -> None:
    page = {"data": [order_row("0xa")], "next_cursor": "c2"}
    rig.answer(ORDERS, {"MA==": page, "c2": page})
    with pytest.raises(BadData, match="came twice"):
        await rig.own.open_orders()


@pytest.mark.parametrize(
    "page",
    [
        {"data": [order_row("0xa") | {"price": 0.5}], "next_cursor": "LTE="},
        {"data": [order_row("0xa")]},
        {"data": None, "next_cursor": "LTE="},
    ],
    ids=["row", "no cursor", "no rows"],
)
async def test_a_page_that_cannot_be_read_is_refused_whole(rig: Rig, page: object) -> None:
    rig.answer(ORDERS, {"MA==": page})
    with pytest.raises(BadData):
        await rig.own.open_orders()


async def test_each_try_is_signed_for_its_own_second(rig: Rig) -> None:
    answers = [reply(200, {"data": [], "next_cursor": "LTE="}), reply(500, b"")]

    def answer(_: Request) -> Reply:
        rig.clock.advance(3)
        return answers.pop()

    rig.counter.answers[ORDERS] = answer
    assert await rig.own.open_orders() == ()
    stamps = [int(request.headers["poly_timestamp"]) for request in rig.counter.asked]
    assert stamps == [int(START.timestamp()), int(START.timestamp()) + 3]
    for request, stamp in zip(rig.counter.asked, stamps, strict=True):
        assert request.headers["poly_address"] == EOA
        assert request.headers["poly_signature"] == sign_request(
            Secret(API_SECRET), seconds=stamp, method="GET", path="/data/orders"
        )


async def test_trades_are_asked_by_wallet_and_time_alone(rig: Rig) -> None:
    rig.answer(TRADES, {"MA==": {"data": [], "next_cursor": "LTE="}})
    since = START - timedelta(hours=1)
    assert await rig.own.trades(since=since) == ()
    assert await rig.own.trades(since=datetime.min.replace(tzinfo=UTC)) == ()
    first, second = (dict(request.query) for request in rig.counter.asked)
    assert first == {
        "maker_address": WE,
        "next_cursor": "MA==",
        "after": str(int(since.timestamp())),
    }
    assert "after" not in second
    assert trade().id == "t1"


async def test_all_pages_of_positions_are_read(rig: Rig) -> None:
    row = {"token_id": "1", "current_size": 2.5}
    more = {"has_more": True, "next_cursor": "c2"}
    rig.answer(
        HELD,
        {
            "": {"data": [row], "pagination": more},
            "c2": {"data": [row | {"token_id": "2"}], "pagination": {"has_more": False}},
        },
    )
    assert [held.token_id for held in await rig.own.held()] == ["1", "2"]


async def test_a_silent_venue_is_an_error(rig: Rig) -> None:
    rig.counter.answers[ORDERS] = reply(503, b"")
    with pytest.raises(SourceDown):
        await rig.own.open_orders()

"""An order is sent once; what came back is proof, or it is unknown; pauses are kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.chain.addresses import POLYGON
from bot.errors import BadData, VenueError
from bot.model.market import Market
from bot.model.orders import (
    Accepted,
    OrderIntent,
    OrderType,
    PreparedOrder,
    Rejected,
    Side,
    SubmitResult,
    Unknown,
)
from bot.model.units import OrderId
from bot.sandbox.chain.markets import LocalMarkets, oracle, question_id
from bot.sandbox.http import Reply, Request
from bot.venues.polymarket.order_markets import OrderMarkets
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.sdk.client import Sdk
from bot.venues.polymarket.sending import OrderDesk
from tests.fakes import ManualClock, make_intent
from tests.venues.polymarket.counter import QUICK, Counter, open_counter, open_sdk, reply

pytestmark = pytest.mark.asyncio(loop_scope="module")
POST, DELETE = "POST /clob/order", "DELETE /clob/order"
CTF = LocalMarkets().ctf("fed-cuts")
NEG_RISK = LocalMarkets().neg_risk("fed-holds")
V2 = LocalMarkets().v2("recession")
KINDS = pytest.mark.parametrize("market", [CTF, NEG_RISK, V2], ids=["ctf", "neg risk", "v2"])


def gamma_row(market: Market, **changes: object) -> dict[str, object]:
    is_v2 = market.kind.value == "v2"
    row = {
        "conditionId": market.condition_id,
        "question": market.question,
        "slug": market.slug,
        "version": "v2" if is_v2 else "v1",
        "outcomes": '["Yes", "No"]',
        "positionIds" if is_v2 else "clobTokenIds": list(market.token_ids),
        "questionID": question_id(market),
        "resolvedBy": oracle(market),
        "negRisk": market.neg_risk,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "enableOrderBook": True,
        "acceptingOrders": True,
    }
    return row | changes


def terms_row(market: Market, **changes: object) -> dict[str, object]:
    row = {
        "c": market.condition_id,
        "t": [{"t": token, "o": "x"} for token in market.token_ids],
        "mos": 5,
        "mts": 0.01,
        "fd": {"r": 0.04, "e": 1, "to": True},
        "ao": True,
        "nr": market.neg_risk,
    }
    return row | changes


@dataclass
class Desk:
    counter: Counter
    clock: ManualClock
    orders: OrderDesk

    def list(self, market: Market, *, gamma: object = None, terms: object = None) -> None:
        """Let directory and exchange know a market."""
        answers = self.counter.answers
        page = {"markets": [gamma or gamma_row(market)]}
        answers["GET /gamma/markets/keyset"] = reply(200, page)
        condition = {"condition_id": market.condition_id}
        for token in market.token_ids:
            answers[f"GET /clob/markets-by-token/{token}"] = reply(200, condition)
        answers[f"GET /clob/clob-markets/{market.condition_id}"] = reply(
            200, terms or terms_row(market)
        )

    async def send(
        self, *, order_type: OrderType = OrderType.FAK, limit: str = "0.54"
    ) -> tuple[PreparedOrder, SubmitResult]:
        prepared = await self.orders.prepare(intent(CTF, order_type=order_type, limit=limit))
        return prepared, await self.orders.submit(prepared)


def intent(
    market: Market,
    *,
    order_type: OrderType = OrderType.FAK,
    limit: str = "0.54",
    side: Side = Side.BUY,
    size: str = "10",
) -> OrderIntent:
    return make_intent(
        side,
        size,
        limit,
        order_type=order_type,
        token_id=market.token_ids[0],
        condition_id=market.condition_id,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def logged_in() -> AsyncIterator[tuple[Counter, Sdk]]:
    # The client loads its certificates eleven times, which takes half a second.
    async with open_counter() as counter, open_sdk(counter) as sdk:
        yield counter, sdk


@pytest_asyncio.fixture(loop_scope="module")
async def desk(logged_in: tuple[Counter, Sdk]) -> AsyncIterator[Desk]:
    counter, sdk = logged_in
    counter.answers.clear()
    counter.asked.clear()
    clock = ManualClock()
    directory = Reads(base_url=counter.endpoints.gamma, clock=clock, pace=QUICK)
    exchange = Reads(base_url=counter.endpoints.clob, clock=clock, pace=QUICK)
    orders = OrderDesk(
        sdk=sdk,
        markets=OrderMarkets(directory=directory, exchange=exchange, clock=clock),
        contracts=POLYGON,
        pace=QUICK,
        clock=clock,
    )
    desk = Desk(counter, clock, orders)
    desk.list(CTF)
    yield desk
    await directory.close()
    await exchange.close()


def accept(request: Request) -> Reply:
    """Answer as the venue does when it takes an order."""
    from bot.sandbox.orders import read_posted, read_signed
    from bot.sandbox.signatures import domain_of

    payload = json.loads(request.body)
    domain = domain_of(payload["order"]["tokenId"], neg_risk=False)
    hashed = read_signed(read_posted(payload).order).hash(domain)
    row = {"success": True, "errorMsg": "", "orderID": "0x" + hashed.hex(), "status": "live"}
    return reply(200, row)


async def test_the_id_known_before_sending_is_the_venue_s(desk: Desk) -> None:
    desk.counter.answers[POST] = accept
    prepared, result = await desk.send()
    assert result == Accepted(order_id=prepared.order_id, resting=True, detail="live")
    assert desk.counter.bodies(POST) == [prepared.body]


@KINDS
async def test_what_is_signed_has_our_exact_figures(desk: Desk, market: Market) -> None:
    desk.list(market)
    prepared = await desk.orders.prepare(intent(market, side=Side.SELL, size="7.01"))
    posted = json.loads(prepared.body)
    assert posted["orderType"] == "FAK"
    assert (posted["order"]["makerAmount"], posted["order"]["takerAmount"]) == (
        "7010000",
        "3785400",
    )
    assert posted["order"]["expiration"] == "0"
    assert "postOnly" not in posted


async def test_a_resting_order_is_sent_with_an_end_a_minute_later(desk: Desk) -> None:
    wanted = intent(CTF, order_type=OrderType.GTD)
    posted = json.loads((await desk.orders.prepare(wanted)).body)
    assert wanted.expires_at is not None
    ends = int(wanted.expires_at.timestamp()) + 60
    assert posted["order"]["expiration"] == str(ends)
    assert (posted["orderType"], posted["postOnly"]) == ("GTD", True)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(400, {"error": "invalid signature"}), "invalid_signature"),
        (reply(400, {"error": "not enough balance / allowance"}), "not_enough_balance"),
        (reply(400, {"error": "x: the allowance is not enough -> y"}), "not_enough_allowance"),
        (reply(401, {"error": "Unauthorized/Invalid api key"}), "unauthorized"),
        (reply(425, b""), "engine_restarting"),
        (reply(429, b""), "rate_limited"),
        (reply(503, {"error": "Trading is currently cancel-only. New ..."}), "cancel_only"),
        (
            reply(200, {"success": True, "errorMsg": "FAK orders are x", "orderID": ""}),
            "fak_not_filled",
        ),
    ],
    ids=str,
)
async def test_a_proven_refusal_is_one(desk: Desk, answer: Reply, code: str) -> None:
    desk.counter.answers[POST] = answer
    _, result = await desk.send()
    assert isinstance(result, Rejected)
    assert result.code == code
    assert len(desk.counter.bodies(POST)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        reply(500, {"error": "order timed out"}),
        reply(500, {"error": "could not insert order"}),
        reply(502, b"bad gateway", Content_Type="text/html"),
        reply(403, b"blocked", Content_Type="text/html", Server="cloudflare"),
        reply(400, {"error": "order 0x is invalid. Duplicated."}),
        reply(200, b"{"),
        reply(200, {"success": True, "errorMsg": "", "orderID": ""}),
        reply(200, {"success": True, "errorMsg": "", "orderID": "0x12", "status": "live"}),
    ],
    ids=str,
)
async def test_what_proves_nothing_is_unknown_and_never_sent_again(
    desk: Desk, answer: Reply
) -> None:
    desk.counter.answers[POST] = answer
    prepared, result = await desk.send()
    assert isinstance(result, Unknown)
    assert isinstance(await desk.orders.submit(prepared), Unknown)
    assert len(desk.counter.bodies(POST)) == 1


async def test_while_the_venue_is_closed_nothing_is_sent(desk: Desk) -> None:
    desk.counter.answers[POST] = reply(425, b"", Retry_After="30")
    await desk.send()
    desk.counter.answers[POST] = accept
    desk.clock.advance(29)
    prepared, result = await desk.send()
    assert isinstance(result, Rejected)
    assert result.code == "engine_restarting"
    assert len(desk.counter.bodies(POST)) == 1
    desk.clock.advance(2)
    assert isinstance(await desk.orders.submit(prepared), Accepted)


async def test_orders_that_only_rest_are_sent_in_post_only_mode(desk: Desk) -> None:
    body = {"error": "post-only mode: x", "code": "post_only_mode", "retry_after_seconds": 79}
    desk.counter.answers[POST] = reply(503, body)
    await desk.send()
    desk.counter.answers[POST] = accept
    _, taking = await desk.send()
    assert isinstance(taking, Rejected)
    assert taking.code == "post_only_mode"
    _, resting = await desk.send(order_type=OrderType.GTD)
    assert isinstance(resting, Accepted)


async def test_terms_are_asked_anew_after_a_minute_or_a_refusal(desk: Desk) -> None:
    question = f"GET /clob/clob-markets/{CTF.condition_id}"
    desk.counter.answers[POST] = accept
    await desk.send()
    await desk.send()
    assert len(desk.counter.bodies(question)) == 1
    desk.clock.advance(timedelta(minutes=1).total_seconds())
    await desk.send()
    assert len(desk.counter.bodies(question)) == 2
    _, off_tick = await desk.send(limit="0.545")
    assert isinstance(off_tick, Rejected)
    assert off_tick.code == "tick_size"
    assert len(desk.counter.bodies(POST)) == 3
    desk.list(CTF, terms=terms_row(CTF, mts=0.005))
    _, on_new_tick = await desk.send(limit="0.545")
    assert isinstance(on_new_tick, Accepted)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"ao": False}, "market_not_ready"), ({"mos": 20}, "minimum_size")],
)
async def test_what_the_terms_forbid_is_not_sent(
    desk: Desk, changes: dict[str, object], code: str
) -> None:
    desk.list(CTF, terms=terms_row(CTF, **changes))
    _, result = await desk.send(order_type=OrderType.GTD)
    assert isinstance(result, Rejected)
    assert result.code == code
    assert desk.counter.bodies(POST) == []


@KINDS
async def test_a_lying_directory_gets_no_signature(desk: Desk, market: Market) -> None:
    name = "positionIds" if market is V2 else "clobTokenIds"
    swapped = gamma_row(market, **{name: list(reversed(market.token_ids))})
    desk.list(market, gamma=swapped)
    with pytest.raises(BadData, match="Nothing is signed for it"):
        await desk.orders.prepare(intent(market))


@pytest.mark.parametrize(
    "gamma",
    [
        {"questionID": None},
        {"resolvedBy": None},
        {"negRisk": True},
        {"conditionId": "0x" + "7" * 64},
    ],
)
async def test_a_market_that_cannot_be_proven_gets_no_signature(
    desk: Desk, gamma: dict[str, object]
) -> None:
    desk.list(CTF, gamma=gamma_row(CTF, **gamma))
    with pytest.raises(BadData, match="Nothing is signed for it"):
        await desk.orders.prepare(intent(CTF))


async def test_an_exchange_that_disagrees_about_neg_risk_gets_no_signature(desk: Desk) -> None:
    desk.list(CTF, terms=terms_row(CTF, nr=True))
    with pytest.raises(BadData, match="do not name the same tokens and neg risk"):
        await desk.orders.prepare(intent(CTF))


async def test_a_cancel_is_asked_again_until_it_is_answered(desk: Desk) -> None:
    order_id = OrderId("0x" + "5" * 64)
    lost = [reply(502, b""), reply(429, b"", Retry_After="0")]
    answered = reply(200, {"canceled": [order_id], "not_canceled": {}})
    desk.counter.answers[DELETE] = lambda _: lost.pop() if lost else answered
    assert (await desk.orders.cancel(order_id)).cancelled
    assert len(desk.counter.bodies(DELETE)) == 3


@pytest.mark.parametrize(
    "answer",
    [
        reply(500, {"error": "x"}),
        reply(401, {"error": "Unauthorized/Invalid api key"}),
        reply(200, {"canceled": [], "not_canceled": {}}),
        reply(200, b"{"),
    ],
    ids=str,
)
async def test_a_cancel_without_an_answer_is_an_error(desk: Desk, answer: Reply) -> None:
    desk.counter.answers[DELETE] = answer
    with pytest.raises(VenueError, match="DELETE /order"):
        await desk.orders.cancel(OrderId("0x" + "5" * 64))

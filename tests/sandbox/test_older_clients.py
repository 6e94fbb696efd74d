"""py-clob-client-v2 trades unmodified; py-clob-client 0.34.6 signs orders that are refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import pytest

from bot.model.units import MILLION
from bot.sandbox.server import Sandbox
from tests.sandbox.rig import DEPOSIT, EOA, KEY, YES, running
from tests.venues.polymarket.rig import V2_IDS

T = TypeVar("T")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as it:
        yield it


@pytest.fixture(autouse=True)
def connections() -> Iterator[None]:
    """Let go of the connections that both clients keep for the whole program."""
    from py_clob_client.http_helpers import helpers as first
    from py_clob_client_v2.http_helpers import helpers as second

    yield
    for helpers in (first, second):
        helpers._http_client._transport.close()


async def beside(call: Callable[..., T], *arguments: Any) -> T:
    """Run a call that blocks while the sandbox goes on."""
    return await asyncio.to_thread(call, *arguments)


def log_in(sandbox: Sandbox, **more: Any) -> Any:
    from py_clob_client_v2.client import ClobClient

    client = ClobClient(host=sandbox.endpoints.clob, chain_id=137, key=KEY, **more)
    client.set_api_creds(client.create_or_derive_api_key())
    return client


async def test_v2_client_quotes(sandbox: Sandbox) -> None:
    client = await beside(lambda: log_in(sandbox))
    assert await beside(client.get_ok) == "OK"
    assert await beside(client.get_version) == 2
    assert await beside(client.get_midpoint, YES) == {"mid": "0.52"}
    assert await beside(client.get_price, YES, "BUY") == {"price": "0.5"}
    assert await beside(client.get_spread, YES) == {"spread": "0.04"}
    assert await beside(client.get_last_trade_price, YES) == {"price": "0.5", "side": ""}
    assert await beside(client.get_tick_size, YES) == "0.01"
    assert await beside(client.get_fee_rate_bps, YES) == 0
    book = await beside(client.get_order_book, YES)
    assert book["asks"][-1] == {"price": "0.54", "size": "30"}


async def test_v2_client_rests_reads_and_cancels(sandbox: Sandbox) -> None:
    from py_clob_client_v2.clob_types import OrderArgs, OrderPayload

    client = await beside(lambda: log_in(sandbox))
    wanted = OrderArgs(token_id=YES, price=0.52, size=10, side="BUY")
    placed = await beside(client.create_and_post_order, wanted)
    assert placed["status"] == "live"
    assert (await beside(client.get_order, placed["orderID"]))["price"] == "0.52"
    assert len(await beside(client.get_open_orders)) == 1
    ended = await beside(client.cancel_order, OrderPayload(orderID=placed["orderID"]))
    assert ended == {"canceled": [placed["orderID"]], "not_canceled": {}}
    assert await beside(client.get_order, placed["orderID"]) is None


@pytest.mark.parametrize("kind", [0, 3])
async def test_v2_client_buys_for_dollars_and_sells(sandbox: Sandbox, kind: int) -> None:
    from py_clob_client_v2.clob_types import MarketOrderArgs, OrderType

    wallet = (EOA, DEPOSIT)[bool(kind)]
    client = await beside(lambda: log_in(sandbox, signature_type=kind, funder=wallet))
    buy = MarketOrderArgs(token_id=YES, amount=10, side="BUY", price=0.54, order_type=OrderType.FOK)
    placed = await beside(client.create_and_post_market_order, buy, None, OrderType.FOK)
    assert (placed["status"], placed["takingAmount"]) == ("matched", "18.5185")
    assert placed["transactionsHashes"] == [sandbox.records.trades[0].transaction]
    assert sandbox.memory.balances[wallet, YES] == 18_518_500

    sell = MarketOrderArgs(token_id=YES, amount=10, side="SELL", price=0.5)
    await beside(client.create_and_post_market_order, sell, None, OrderType.FAK)
    await sandbox.settle()
    assert sandbox.memory.balances[wallet, YES] == 8_518_500
    assert [row["side"] for row in await beside(client.get_trades)] == ["SELL", "BUY"]


async def test_v2_client_trades_protocol_v2_only_by_position_id(sandbox: Sandbox) -> None:
    from py_clob_client_v2.clob_types import OrderArgs
    from py_clob_client_v2.exceptions import PolyApiException

    client = await beside(lambda: log_in(sandbox))
    right = OrderArgs(position_id=V2_IDS[0], price=0.2, size=10, side="BUY")
    assert (await beside(client.create_and_post_order, right))["status"] == "live"
    wrong = OrderArgs(token_id=V2_IDS[0], price=0.2, size=10, side="BUY")
    with pytest.raises(PolyApiException, match="order_version_mismatch"):
        await beside(client.create_and_post_order, wrong)


async def test_v2_client_reads_its_balance(sandbox: Sandbox) -> None:
    from py_clob_client_v2.clob_types import AssetType, BalanceAllowanceParams

    client = await beside(lambda: log_in(sandbox))
    cash = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
    await beside(client.update_balance_allowance, cash)
    assert (await beside(client.get_balance_allowance, cash))["balance"] == str(100 * MILLION)


async def test_client_of_the_first_version_is_refused(sandbox: Sandbox) -> None:
    from py_clob_client.client import ClobClient
    from py_clob_client.clob_types import OrderArgs
    from py_clob_client.exceptions import PolyApiException

    def trade() -> None:
        client = ClobClient(sandbox.endpoints.clob, key=KEY, chain_id=137)
        client.set_api_creds(client.create_or_derive_api_creds())
        client.create_and_post_order(OrderArgs(price=0.52, size=10, side="BUY", token_id=YES))

    with pytest.raises(PolyApiException, match="order_version_mismatch"):
        await beside(trade)

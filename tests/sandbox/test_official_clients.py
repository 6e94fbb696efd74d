"""The official clients trade against the sandbox unmodified."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import RequestRejectedError

from bot.sandbox.server import Sandbox
from tests.sandbox.rig import DEPOSIT, EOA, YES, running, unified
from tests.venues.polymarket.rig import V2_IDS


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as it:
        yield it


async def buy(client: AsyncSecureClient, **changes: Any) -> Any:
    wanted: dict[str, Any] = {"token_id": YES, "price": "0.52", "size": "10", "side": "BUY"}
    return await client.create_limit_order(**(wanted | changes))


async def test_unified_client_rests_reads_and_cancels(sandbox: Sandbox) -> None:
    async with unified(sandbox) as client:
        signed = await buy(client)
        placed: Any = await client.post_order(signed)
        assert (placed.ok, placed.status) == (True, "live")
        assert placed.order_id in sandbox.records.orders

        order = await client.get_order(order_id=placed.order_id)
        assert (str(order.price), str(order.original_size), order.status) == ("0.52", "10", "LIVE")
        page = await client.list_open_orders().first_page()
        assert [one.id for one in page.items] == [placed.order_id]
        book = await client.get_order_book(token_id=YES)
        assert str(book.bids[-1].price) == "0.52"

        ended = await client.cancel_order(order_id=placed.order_id)
        assert ended.canceled == (placed.order_id,)
        assert (await client.list_open_orders().first_page()).items == ()


@pytest.mark.parametrize("wallet", [EOA, DEPOSIT])
@pytest.mark.parametrize("token", [YES, V2_IDS[0]])
async def test_unified_client_takes_and_settles(sandbox: Sandbox, wallet: str, token: str) -> None:
    async with unified(sandbox, wallet=wallet) as client:
        placed: Any = await client.post_order(await buy(client, token_id=token, price="0.60"))
        assert placed.status == "matched"
        await sandbox.settle()
        trades = await client.list_account_trades().first_page()
        assert [(str(one.status), str(one.size)) for one in trades.items] == [("CONFIRMED", "10")]
        kind: Any = "CONDITIONAL" if token == YES else "CONDITIONAL-V2"
        held = await client.get_balance_allowance(asset_type=kind, token_id=token)
        assert held.balance == 10_000_000


async def test_login_twice_gives_the_same_key(sandbox: Sandbox) -> None:
    async with unified(sandbox) as first, unified(sandbox) as second:
        assert first.credentials == second.credentials
        assert "GET /clob/auth/derive-api-key" in sandbox.rest.asked


async def test_too_much_is_refused(sandbox: Sandbox) -> None:
    async with unified(sandbox) as client:
        with pytest.raises(RequestRejectedError, match="not enough -> balance: 1000"):
            await client.post_order(await buy(client, size="500"))

"""Reads our own orders, trades and positions, page by page, whole or not at all.

**Source:** POLYMARKET sections 4.7, 7 and 10, read 2026-11.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bot.errors import BadData
from bot.model.orders import VenueOrder
from bot.venues.polymarket import account, data_api
from bot.venues.polymarket.account import TradeRow
from bot.venues.polymarket.data_api import HeldRow
from bot.venues.polymarket.reads import Params, Reads
from bot.venues.polymarket.settings import Pace

_FIRST_CURSOR = "MA=="

Row = TypeVar("Row")


class PrivateReads:
    """What the venue shows of one wallet. All methods raise ``DataError``.

    Args:
        exchange: Asks the CLOB, authenticated.
        positions: Asks the Data API; it is public.
        wallet: Whose trades and positions.
        pace: Page sizes.
    """

    def __init__(self, *, exchange: Reads, positions: Reads, wallet: str, pace: Pace) -> None:
        self._exchange = exchange
        self._positions = positions
        self._wallet = wallet
        self._pace = pace

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Return every resting order under our API key, whoever sent it."""
        question = [("next_cursor", _FIRST_CURSOR)]
        return await self._pages(
            self._exchange, "/data/orders", question, "next_cursor", account.read_orders
        )

    async def trades(self, *, since: datetime) -> tuple[TradeRow, ...]:
        """Return our wallet's trades that were matched at or after ``since``.

        Asked by time and wallet alone: asked by market or token the venue leaves out the trades
        in which the taker bought the other outcome (nautilus_trader #3345).
        """
        question = [("maker_address", self._wallet), ("next_cursor", _FIRST_CURSOR)]
        if since.year > 1970:
            question.append(("after", str(int(since.timestamp()))))
        return await self._pages(
            self._exchange, "/data/trades", question, "next_cursor", account.read_trades
        )

    async def held(self) -> tuple[HeldRow, ...]:
        """Return the tokens that the Data API lists; seconds old, so that others may be missing."""
        question = [("user", self._wallet), ("limit", str(self._pace.page_size))]
        return await self._pages(
            self._positions, "/v2/positions", question, "cursor", data_api.read_positions
        )

    async def _pages(
        self,
        reads: Reads,
        path: str,
        question: Params,
        cursor_name: str,
        read: "Callable[..., tuple[tuple[Row, ...], str | None]]",
    ) -> tuple[Row, ...]:
        rows: list[Row] = []
        seen: set[str] = set()
        asked = list(question)
        for _ in range(self._pace.most_pages):
            body = await reads.get(path, asked)
            if body is None:
                raise BadData(f"{path} is not found, but it lists what is ours")
            page, cursor = read(body, what=path)
            rows.extend(page)
            if cursor is None:
                return tuple(rows)
            if cursor in seen:
                raise BadData(f"{path}: cursor {cursor!r} came twice; the pages never end")
            seen.add(cursor)
            asked = [(name, text) for name, text in question if name != cursor_name]
            asked.append((cursor_name, cursor))
        raise BadData(f"{path} has more than {self._pace.most_pages} pages")

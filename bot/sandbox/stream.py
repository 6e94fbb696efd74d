"""The market channel: subscriptions, PING and PONG, and what happens on the exchange.

**Source:** POLYMARKET section 5.2, read 2026-11.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot.model.units import TokenId
from bot.sandbox.exchange import Exchange, News
from bot.sandbox.faults import Faults, Silence
from bot.sandbox.writing import Json

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection


class _Client:
    """One open connection and what it wants to hear."""

    def __init__(self, socket: "ServerConnection") -> None:
        self.socket = socket
        self.tokens: set[str] = set()
        self.outbox: asyncio.Queue[str] = asyncio.Queue()


class MarketChannel:
    """Serves ``/ws/market``.

    Args:
        exchange: What is true.
        faults: What goes wrong.
    """

    def __init__(self, *, exchange: Exchange, faults: Faults) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clients: set[_Client] = set()
        self._server: Server | None = None
        self.opened = 0
        """How many connections have been opened so far."""

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1 and return it."""
        from websockets.asyncio.server import serve

        self._server = await serve(
            self._serve, "127.0.0.1", 0, ping_interval=None, close_timeout=0.5
        )
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end all connections."""
        self.drop_sockets()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def drop_sockets(self) -> None:
        """Break all open connections without a word."""
        for client in self._clients:
            client.socket.transport.abort()

    @property
    def subscribed(self) -> set[str]:
        """Tokens that some connection wants to hear of."""
        return {token for client in self._clients for token in client.tokens}

    def send(self, news: Iterable[News]) -> None:
        """Send messages to the connections that want them, each only its tokens' part."""
        for item in news:
            message = self._faults.message(item.message)
            if message is None:
                continue
            for client in self._clients:
                part = _part_for(client.tokens, item._replace(message=message))
                if part is not None:
                    client.outbox.put_nowait(json.dumps(part))

    async def _serve(self, socket: "ServerConnection") -> None:
        from websockets.exceptions import ConnectionClosed

        client = _Client(socket)
        self._clients.add(client)
        self.opened += 1
        sending = asyncio.create_task(_send_all(client))
        try:
            async for frame in socket:
                self._hear(client, str(frame))
        except ConnectionClosed:
            pass  # the client went away, or a fault broke the connection
        finally:
            self._clients.discard(client)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _hear(self, client: _Client, frame: str) -> None:
        if frame == "PING":
            if self._faults.silence is not Silence.DEAD:
                client.outbox.put_nowait("PONG")
            return
        wish = json.loads(frame)
        tokens = set(wish.get("assets_ids", ()))
        if wish.get("operation") == "unsubscribe":
            client.tokens -= tokens
            return
        client.tokens |= tokens
        if not self._faults.loses():
            client.outbox.put_nowait(json.dumps(self._books(sorted(tokens))))

    def _books(self, tokens: Iterable[str]) -> list[Json]:
        rows = (self._exchange.book_row(token) for token in tokens)
        return [{**row, "event_type": "book"} for row in rows if row is not None]


async def _send_all(client: _Client) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            await client.socket.send(await client.outbox.get())
    except ConnectionClosed:
        return


def _part_for(tokens: set[str], news: News) -> Json | None:
    """Return the message with only the changes of ``tokens``; None if it is about none of them."""
    if not tokens.intersection(map(TokenId, news.token_ids)):
        return None
    changes = news.message.get("price_changes")
    if not isinstance(changes, list):
        return news.message
    mine = [change for change in changes if change["asset_id"] in tokens]
    return {**news.message, "price_changes": mine} if mine else None

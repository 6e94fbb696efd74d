"""A WebSocket server on 127.0.0.1: connections, PING and PONG, and what waits to be sent."""

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.sandbox.faults import Silence, StreamFaults

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection


class Client:
    """One open connection and what it wants to hear of."""

    def __init__(self, socket: "ServerConnection") -> None:
        self.socket = socket
        self.wants: set[str] = set()
        """Token ids on the market channel, an address on the user channel."""
        self.outbox: asyncio.Queue[str] = asyncio.Queue()

    def send(self, message: object) -> None:
        """Send JSON as soon as the connection takes it."""
        self.outbox.put_nowait(json.dumps(message))


class Sockets:
    """Serves one channel.

    Args:
        faults: What goes wrong on it.
        hear: Called with each message of a client that is not a PING.
    """

    def __init__(self, *, faults: StreamFaults, hear: Callable[[Client, object], None]) -> None:
        self._faults = faults
        self._hear = hear
        self._server: Server | None = None
        self.clients: set[Client] = set()
        self.opened = 0
        """How many connections have been opened so far."""

    async def start(self, port: int = 0) -> int:
        """Listen on a port of 127.0.0.1, a free one if it is 0, and return it."""
        from websockets.asyncio.server import serve

        self._server = await serve(
            self._serve, "127.0.0.1", port, ping_interval=None, close_timeout=0.5
        )
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end all connections."""
        self.drop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def drop(self) -> None:
        """Break all open connections without a word."""
        for client in self.clients:
            client.socket.transport.abort()

    async def _serve(self, socket: "ServerConnection") -> None:
        from websockets.exceptions import ConnectionClosed

        client = Client(socket)
        self.clients.add(client)
        self.opened += 1
        sending = asyncio.create_task(_send_all(client))
        try:
            async for frame in socket:
                self._take(client, str(frame))
        except ConnectionClosed:
            pass  # the client went away, or a fault broke the connection
        finally:
            self.clients.discard(client)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _take(self, client: Client, frame: str) -> None:
        if frame != "PING":
            self._hear(client, json.loads(frame))
        elif self._faults.silence is not Silence.DEAD:
            client.outbox.put_nowait("PONG")


async def _send_all(client: Client) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            await client.socket.send(await client.outbox.get())
    except ConnectionClosed:
        return

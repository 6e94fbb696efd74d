"""One connection to the market channel: subscribes, pings, reconnects; knows nothing of books.

**Source:** POLYMARKET section 5.2, read 2026-11.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from bot.clock import Clock
from bot.model.units import TokenId
from bot.venues.polymarket.settings import Pace

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


class MarketStream:
    """A connection that is opened anew whenever it ends.

    Args:
        url: Of the market channel.
        clock: For pings and waits.
        pace: How often and how long.
        on_frame: Called with this stream and each frame but PONG.
        on_pong: Called with this stream at each PONG.
        on_end: Called with this stream and why, when a connection ended or could not be opened.
    """

    def __init__(
        self,
        *,
        url: str,
        clock: Clock,
        pace: Pace,
        on_frame: "Callable[[MarketStream, str], None]",
        on_pong: "Callable[[MarketStream], None]",
        on_end: "Callable[[MarketStream, str], None]",
    ) -> None:
        self.tokens: set[TokenId] = set()
        self.spoke_at: datetime | None = None
        """When this connection last brought what confirmed a book; set by the listener."""
        self._url = url
        self._clock = clock
        self._pace = pace
        self._on_frame = on_frame
        self._on_pong = on_pong
        self._on_end = on_end
        self._socket: ClientConnection | None = None
        self._last_pong = 0.0
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def check(self) -> None:
        """Raise what ended the stream's task, if anything did: a fault of this program."""
        if self._task is not None and self._task.done():
            self._task.result()

    def restart(self) -> None:
        """Drop the connection; a new one is opened."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def set_tokens(self, token_ids: Iterable[TokenId]) -> None:
        """Subscribe to these tokens and to no others."""
        wanted = set(token_ids)
        changes = (("subscribe", wanted - self.tokens), ("unsubscribe", self.tokens - wanted))
        self.tokens = wanted
        if self._socket is None:
            return
        for operation, tokens in changes:
            if tokens:
                await self._send(
                    self._socket, {"operation": operation, "assets_ids": sorted(tokens)}
                )

    async def _run(self) -> None:
        from websockets.exceptions import WebSocketException

        while True:
            try:
                await self._connect()
                reason = "the venue closed the connection"
            except (OSError, TimeoutError, WebSocketException) as error:
                reason = f"{type(error).__name__} {error}".strip()
            finally:
                self._socket = None
                self.spoke_at = None
            self._on_end(self, reason)
            wait = self._pace.first_wait * 2 ** min(self._failures, 10)
            self._failures += 1
            await self._clock.sleep(min(wait, self._pace.longest_wait))

    async def _connect(self) -> None:
        from websockets.asyncio.client import connect

        async with connect(
            self._url,
            open_timeout=self._pace.timeout,
            close_timeout=1,
            ping_interval=None,  # the venue wants its own PING as text
            max_size=None,
        ) as socket:
            self._socket = socket
            self._last_pong = self._clock.monotonic()
            await self._send(
                socket,
                {
                    "type": "market",
                    "assets_ids": sorted(self.tokens),
                    "custom_feature_enabled": True,
                },
            )
            pinging = asyncio.create_task(self._ping(socket))
            try:
                async for frame in socket:
                    self._take(frame if isinstance(frame, str) else frame.decode(errors="replace"))
            finally:
                pinging.cancel()
                await asyncio.gather(pinging, return_exceptions=True)

    def _take(self, frame: str) -> None:
        self._failures = 0
        if frame == "PONG":
            self._last_pong = self._clock.monotonic()
            self._on_pong(self)
        else:
            self._on_frame(self, frame)

    async def _ping(self, socket: "ClientConnection") -> None:
        while True:
            await self._clock.sleep(self._pace.ping_every)
            if self._clock.monotonic() - self._last_pong > self._pace.pong_stale:
                socket.transport.abort()
                return
            await socket.send("PING")

    async def _send(self, socket: "ClientConnection", message: object) -> None:
        from websockets.exceptions import ConnectionClosed

        # When it has just ended, the next connection subscribes anew.
        with contextlib.suppress(ConnectionClosed):
            await socket.send(msgspec.json.encode(message).decode())

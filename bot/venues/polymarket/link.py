"""A WebSocket to the venue that is opened anew whenever it ends; knows nothing of its messages.

**Source:** POLYMARKET section 5.2, read 2026-11.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from bot.clock import Clock
from bot.venues.polymarket.settings import Pace

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


class Link:
    """One connection at a time, kept alive by the venue's own PING.

    Args:
        url: Of the channel.
        clock: For pings and waits.
        pace: How often and how long.
        hello: Makes the first message of each connection.
        on_frame: Called with each frame but PONG.
        on_pong: Called at each PONG.
        on_end: Called with why, when a connection ended or could not be opened.
    """

    def __init__(
        self,
        *,
        url: str,
        clock: Clock,
        pace: Pace,
        hello: Callable[[], object],
        on_frame: Callable[[str], None],
        on_pong: Callable[[], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._url = url
        self._clock = clock
        self._pace = pace
        self._hello = hello
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
        """Raise what ended the task, if anything did: a fault of this program."""
        if self._task is not None and self._task.done():
            self._task.result()

    def restart(self) -> None:
        """Drop the connection; a new one is opened."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def send(self, message: object) -> None:
        """Send a message as JSON; nothing if there is no connection: the next one says hello."""
        from websockets.exceptions import ConnectionClosed

        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(msgspec.json.encode(message).decode())

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
            self._on_end(reason)
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
            compression=None,  # unpacking a book takes longer than its few kilobytes
        ) as socket:
            self._socket = socket
            self._last_pong = self._clock.monotonic()
            await self.send(self._hello())
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
            self._on_pong()
        else:
            self._on_frame(frame)

    async def _ping(self, socket: "ClientConnection") -> None:
        while True:
            await self._clock.sleep(self._pace.ping_every)
            if self._clock.monotonic() - self._last_pong > self._pace.pong_stale:
                socket.transport.abort()
                return
            await socket.send("PING")

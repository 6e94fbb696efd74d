"""An act on the chain that no cycle waits for: minutes may pass until its outcome is known."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress


class Errand:
    """At most one act under way; what it is was written down before it left.

    Hedges and exits go on meanwhile. A process that ends leaves it to the chain, as a crash does:
    its row says that it was sent, and nothing is sent again before it had its time.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether another one has to wait."""
        return self._task is not None

    def start(self, act: Coroutine[None, None, None]) -> None:
        """Let it run beside the cycles; only when none is under way."""
        self._task = asyncio.ensure_future(act)

    def check(self) -> None:
        """Let the next one begin if this one has ended, and raise what it has raised."""
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            task.result()

    async def finish(self) -> None:
        """Wait for its end, and raise what it has raised."""
        if self._task is not None:
            await asyncio.wait([self._task])
            self.check()

    async def leave(self) -> None:
        """Wait for it no longer, and raise what it has raised."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self.finish()

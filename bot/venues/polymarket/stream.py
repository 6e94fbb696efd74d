"""One connection to the market channel: what it is subscribed to; knows nothing of books.

**Source:** POLYMARKET section 5.2, read 2026-11.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.clock import Clock
from bot.model.units import TokenId
from bot.venues.polymarket.link import Link
from bot.venues.polymarket.settings import Pace


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
        self._on_end = on_end
        self._link = Link(
            url=url,
            clock=clock,
            pace=pace,
            hello=self._hello,
            on_frame=lambda frame: on_frame(self, frame),
            on_pong=lambda: on_pong(self),
            on_end=self._ended,
        )
        self.start = self._link.start
        self.close = self._link.close
        self.check = self._link.check
        self.restart = self._link.restart

    async def set_tokens(self, token_ids: Iterable[TokenId]) -> None:
        """Subscribe to these tokens and to no others."""
        wanted = set(token_ids)
        changes = (("subscribe", wanted - self.tokens), ("unsubscribe", self.tokens - wanted))
        self.tokens = wanted
        for operation, tokens in changes:
            if tokens:
                await self._link.send({"operation": operation, "assets_ids": sorted(tokens)})

    def _hello(self) -> object:
        return {
            "type": "market",
            "assets_ids": sorted(self.tokens),
            "custom_feature_enabled": True,
        }

    def _ended(self, reason: str) -> None:
        self.spoke_at = None
        self._on_end(self, reason)

"""Feeds the sandbox from another source of quotes: markets, books, resolutions.

A source's markets get the ids that the local chain gives them. A recording's times are moved to
today, as clients sign with today's time.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model.market import Book, Market, MarketChanged, MarketEvent, Print
from bot.model.units import ConditionId, TokenId
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.markets import localized
from bot.sandbox.server import Sandbox
from bot.venues.ports import MarketData

_LOOK_EVERY_S = 1.0


class ShiftedClock:
    """Another clock's time, moved by a constant span.

    Args:
        clock: The other clock.
        by: What is added to its time.
    """

    def __init__(self, *, clock: Clock, by: timedelta) -> None:
        self._clock = clock
        self._by = by

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        return self._clock.now() + self._by

    def monotonic(self) -> float:
        """Return seconds of the other clock's monotonic time."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the other clock."""
        await self._clock.sleep(seconds)


class Feed:
    """Tells a sandbox what a source says.

    Args:
        source: Where the quotes come from.
        sandbox: Is told.
        chain: Where the markets are prepared and resolved.
        clock: The sandbox's time.
        ahead: How far the sandbox's time is ahead of the source's.
    """

    def __init__(
        self,
        *,
        source: MarketData,
        sandbox: Sandbox,
        chain: LocalChain,
        clock: Clock,
        ahead: timedelta,
    ) -> None:
        self._source = source
        self._sandbox = sandbox
        self._chain = chain
        self._clock = clock
        self._ahead = ahead
        self._local: dict[TokenId, TokenId] = {}
        self._known: dict[ConditionId, Market] = {}
        self._heard: list[MarketEvent] = []

    async def start(self) -> None:
        """List what the source has, with its present books. Raises ``DataError``."""
        await self._source.start()
        self._source.listen(self._heard.append)
        await self.step()

    async def run(self, stop: asyncio.Event) -> None:
        """Pass on what happens, about once a second, until told to stop."""
        while not stop.is_set():
            await self._clock.sleep(_LOOK_EVERY_S)
            await self.step()

    async def step(self) -> None:
        """Pass on what has happened by now."""
        for market in await self._source.search(""):
            if market.condition_id not in self._known:
                await self._list(market)
        await self._source.watch(self._local)
        await self._source.refresh()
        self._sandbox.pass_time()
        heard, self._heard[:] = list(self._heard), []
        for event in heard:
            for told in self._translate(event):
                self._sandbox.tell(told)
                if isinstance(told, MarketChanged) and told.market.payouts is not None:
                    await self._chain.resolve(told.market, told.market.payouts)

    async def _list(self, market: Market) -> None:
        self._known[market.condition_id] = market
        local = self._moved(market)
        self._local.update(zip(market.token_ids, local.token_ids, strict=True))
        await self._chain.prepare(local)
        self._sandbox.tell(MarketChanged(market=local, at=self._clock.now()))

    def _translate(self, event: MarketEvent) -> Iterator[MarketEvent]:
        """Return an event in the sandbox's ids and time; nothing for a market it does not list."""
        ahead_ms = round(self._ahead.total_seconds() * 1000)
        if isinstance(event, MarketChanged):
            if event.market.condition_id in self._known:
                yield MarketChanged(market=self._moved(event.market), at=event.at + self._ahead)
            return
        token = self._local.get(event.token_id)
        if token is None:
            return
        if isinstance(event, Book):
            yield event._replace(token_id=token, as_of_ms=event.as_of_ms + ahead_ms)
        elif isinstance(event, Print):
            yield event._replace(token_id=token, at_ms=event.at_ms + ahead_ms)

    def _moved(self, market: Market) -> Market:
        ends_at = None if market.ends_at is None else market.ends_at + self._ahead
        return localized(replace(market, ends_at=ends_at))

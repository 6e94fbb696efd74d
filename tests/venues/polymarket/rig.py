"""A sandbox and the live market data that reads from it, with a clock that tests hold."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.clock import SystemClock
from bot.model.market import Book, Market, MarketChanged, MarketEvent, MarketKind
from bot.model.units import TokenId
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.market_data import PolymarketData
from bot.venues.polymarket.settings import Pace
from tests.fakes import START, make_book, make_market

CTF_IDS = (
    "107505882767731489358349912513945399560393482969656700824895970500493757150417",
    "9" * 70,
)
V2_YES = "753854747638777313955540266983645233419726449145324353030771697392992107264"
V2_IDS = (V2_YES, str(int(V2_YES) + 1))


class HeldClock:
    """Time that moves only when the test moves it; who sleeps waits until then."""

    def __init__(self) -> None:
        self._now = START
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, len(self.slept), waiting))
        await waiting

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            waiting = heapq.heappop(self._sleepers)[2]
            if not waiting.done():
                waiting.set_result(None)


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until ``condition`` holds; fails after five real seconds."""
    async with asyncio.timeout(5):
        while not condition():
            await SystemClock().sleep(0.001)


def ctf_market() -> Market:
    market = make_market(
        token_ids=CTF_IDS, series_slug="fed-decision", group_title="25 bps increase"
    )
    return replace(market, event_slug="fed-december")


def v2_market() -> Market:
    market = make_market(
        condition_id="0x" + "0a" * 31,
        token_ids=V2_IDS,
        kind=MarketKind.V2,
        slug="recession-2027",
        question="Recession in 2027?",
    )
    return replace(market, event_slug="recession-2027", ends_at=START + timedelta(days=400))


@dataclass
class Rig:
    """What a test turns and looks at."""

    sandbox: Sandbox
    data: PolymarketData
    clock: HeldClock
    heard: list[MarketEvent] = field(default_factory=list)
    reports: list[tuple[str, str]] = field(default_factory=list)
    changed_at: dict[TokenId, datetime] = field(default_factory=dict)

    @property
    def yes(self) -> TokenId:
        return TokenId(CTF_IDS[0])

    def set_book(self, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> None:
        """A second later the YES book of the CTF market (and its mirror) is this."""
        self.clock.advance(1)
        book = make_book(self.yes, bids=bids, asks=asks, at=self.clock.now())
        self.tell(book)

    def tell(self, event: MarketEvent) -> None:
        if isinstance(event, Book):
            for token in CTF_IDS:
                self.changed_at[TokenId(token)] = self.clock.now()
        self.sandbox.tell(event)

    def change_market(self, **changes: object) -> None:
        self.clock.advance(1)
        market = replace(self.sandbox.exchange.markets[ctf_market().condition_id], **changes)  # type: ignore[arg-type]
        self.tell(MarketChanged(market=market, at=self.clock.now()))

    def check(self) -> None:
        """No book that differs from the truth is confirmed after the truth became different."""
        for token, truth in self.sandbox.exchange.books.items():
            quote = self.data.quote(token)
            if quote is not None and quote.book[2:] != truth[2:]:
                assert quote.confirmed_at < self.changed_at[token], (quote, truth)

    def is_right(self) -> bool:
        """Whether the quote shows the truth, confirmed no earlier than its last change."""
        self.check()
        quote, truth = self.data.quote(self.yes), self.sandbox.exchange.books[self.yes]
        return (
            quote is not None
            and quote.book[2:] == truth[2:]
            and quote.confirmed_at >= self.changed_at[self.yes]
        )

    async def becomes_right(self) -> None:
        await until(self.is_right)

    async def soon(self, condition: Callable[[], bool]) -> None:
        """Let time pass, checking each step, until ``condition`` holds."""

        def holds() -> bool:
            self.check()
            if condition():
                return True
            self.clock.advance(0.1)
            return False

        await until(holds)

    async def recovers(self) -> None:
        """Let time pass until the quote is right."""
        await self.soon(self.is_right)

    async def pass_seconds(self, seconds: int) -> None:
        """Let time pass second by second, the loop running in between, checking each time."""
        for _ in range(seconds):
            self.clock.advance(1)
            await SystemClock().sleep(0.002)
            self.check()


@asynccontextmanager
async def running(pace: Pace | None = None) -> AsyncIterator[Rig]:
    """Start a sandbox with both kinds of market and watch all their tokens."""
    clock = HeldClock()
    async with Sandbox(markets=[ctf_market(), v2_market()], clock=clock) as sandbox:
        reports: list[tuple[str, str]] = []
        data = PolymarketData(
            endpoints=sandbox.endpoints,
            pace=pace or Pace(timeout=2.0),
            clock=clock,
            report=lambda source, problem: reports.append((source, problem)),
        )
        rig = Rig(sandbox=sandbox, data=data, clock=clock, reports=reports)
        data.listen(rig.heard.append)
        rig.set_book([("0.50", "40"), ("0.49", "100")], [("0.54", "30"), ("0.55", "10")])
        v2_book = make_book(V2_IDS[0], bids=[("0.20", "50")], asks=[("0.23", "50")], at=clock.now())
        sandbox.tell(v2_book)
        rig.changed_at |= dict.fromkeys(map(TokenId, V2_IDS), clock.now())
        try:
            await data.start()
            await data.market(ctf_market().condition_id)
            await data.market(v2_market().condition_id)
            await data.watch([*map(TokenId, CTF_IDS), *map(TokenId, V2_IDS)])
            await until(lambda: len(sandbox.channel.subscribed) == 4)
            await data.refresh()
            rig.heard.clear()
            yield rig
        finally:
            await data.close()

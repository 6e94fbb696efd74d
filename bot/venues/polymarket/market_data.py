"""Live public quotes of Polymarket: finds markets, keeps books, tells what changed. No keys.

A quote is confirmed by a snapshot, by a stream message whose best prices agree with the local
book, and, for quiet books of a stream that answers pings, up to the stream's last such message on
any book. Whatever speaks against a book puts it in doubt: its quote ages until a snapshot agrees.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from bot.clock import Clock
from bot.errors import BadData, DataError
from bot.model.market import Market, MarketEvent, Quote
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, TokenId
from bot.venues.lookup import find_markets, search_markets
from bot.venues.polymarket import clob
from bot.venues.polymarket.books import BookKeeper
from bot.venues.polymarket.directory import Directory
from bot.venues.polymarket.known_markets import KnownMarkets
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.settings import Endpoints, Health, Pace, Report
from bot.venues.polymarket.stream import MarketStream
from bot.venues.polymarket.stream_rows import FrameReader, Message, ResolvedMessage, TickMessage
from bot.venues.ports import Listener

BOOKS, MARKETS, STREAM = "polymarket books", "polymarket markets", "polymarket stream"


class PolymarketData:
    """``MarketData`` over the venue's own protocol.

    Args:
        endpoints: Where the venue is.
        pace: How patiently it is asked.
        clock: The system's.
        report: Told when a source fails and when it is well again.
    """

    def __init__(self, *, endpoints: Endpoints, pace: Pace, clock: Clock, report: Report) -> None:
        self._endpoints = endpoints
        self._pace = pace
        self._clock = clock
        self._health = Health(report=report)
        self._clob = Reads(base_url=endpoints.clob, clock=clock, pace=pace)
        self._gamma = Reads(base_url=endpoints.gamma, clock=clock, pace=pace)
        self._directory = Directory(reads=self._gamma, pace=pace)
        self._keeper = BookKeeper(tell=self._tell, frames=FrameReader())
        self._listeners: list[Listener] = []
        self._known = KnownMarkets(clock=clock, tell=self._tell, fresh_s=pace.markets_every)
        self._markets_read_at: datetime | None = None
        self._streams: list[MarketStream] = []
        self._looking: asyncio.Task[None] | None = None
        self._refreshing = asyncio.Lock()

    async def start(self) -> None:
        """Ask the venue for its time and begin to look after the books."""
        body = await self._clob.get("/time")
        clob.read_time(body or b"", what="CLOB /time")
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Let go of sockets; may be called twice."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        for stream in self._streams:
            await stream.close()
        self._streams = []
        await self._clob.close()
        await self._gamma.close()

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with each later confirmed book, print and change of a market."""
        self._listeners.append(listener)

    @property
    def problems(self) -> Mapping[str, str]:
        """What fails at present, by source."""
        return self._health.problems

    async def find(
        self,
        ref: MarketRef,
        *,
        now: datetime,  # noqa: ARG002 - what is open is what the venue says
    ) -> tuple[Market, ...]:
        """Return the open markets a strategy names, soonest end first. Raises ``DataError``."""
        listed = self._known.listed(ref)
        if listed is None:
            named = await self._directory.named(ref)
            listed = self._known.take_list(ref, find_markets(named, ref))
        return tuple(market for market in listed if not market.closed and market.payouts is None)

    async def market(self, condition_id: ConditionId) -> Market:
        """Return a market's present state, closed and resolved ones included."""
        fresh = self._known.fresh(condition_id)
        if fresh is not None:
            return fresh
        markets = await self._directory.by_conditions([condition_id])
        if not markets:
            raise BadData(f"Polymarket knows no market {condition_id}")
        return self._known.learn(await self._with_payouts(markets[0]))

    async def search(self, text: str) -> tuple[Market, ...]:
        """Return open markets whose question, slug or series holds all words of ``text``."""
        return search_markets(await self._directory.search(text), text)

    async def watch(self, token_ids: Iterable[TokenId]) -> None:
        """Keep the books of these tokens (and only these) up to date."""
        wanted = sorted(set(token_ids))
        self._keeper.watch(wanted)
        left = set(wanted)
        for stream in self._streams:
            await stream.set_tokens(stream.tokens & left)
            left -= stream.tokens
        for stream in self._streams:
            room = self._pace.tokens_per_stream - len(stream.tokens)
            added = set(sorted(left)[:room])
            await stream.set_tokens(stream.tokens | added)
            left -= added
        while left:
            added = set(sorted(left)[: self._pace.tokens_per_stream])
            await self._open_stream(added)
            left -= added
        for stream in [stream for stream in self._streams if not stream.tokens]:
            self._streams.remove(stream)
            await stream.close()

    async def refresh(self) -> None:
        """Ask for the books in doubt or due, and now and then for the markets' own state."""
        if self._looking is not None and self._looking.done():
            self._looking.result()
        async with self._refreshing:
            for stream in self._streams:
                stream.check()
            await self._confirm_books()
            await self._reread_markets()
            self._restart_silent_streams()

    def quote(self, token_id: TokenId) -> Quote | None:
        """Return the last confirmed book of a watched token; None if there was none yet."""
        book = self._keeper.book(token_id)
        return None if book is None else book.quote

    def next_event_at(self) -> datetime | None:
        """Return None: the venue's events are not known beforehand."""
        return None

    async def _look(self) -> None:
        while True:
            await self._clock.sleep(self._pace.look_every)
            await self._refresh_alone()

    async def _refresh_alone(self) -> None:
        if not self._refreshing.locked():
            async with self._refreshing:
                await self._confirm_books()
                self._restart_silent_streams()

    async def _confirm_books(self) -> None:
        oldest = self._clock.now() - timedelta(seconds=self._pace.confirm_every)
        due = [
            book.token_id
            for book in self._keeper
            if not book.trusted or book.checked_at is None or book.checked_at <= oldest
        ]
        for start in range(0, len(due), self._pace.books_per_request):
            try:
                await self._ask_books(due[start : start + self._pace.books_per_request])
            except DataError as error:
                self._health.failed(BOOKS, str(error))
                return
        if due:
            self._health.well(BOOKS)

    async def _ask_books(self, token_ids: list[TokenId]) -> None:
        """Compare these books with snapshots. Raises ``DataError`` after using what is readable."""
        asked_at = self._clock.now()
        question = msgspec.json.encode([{"token_id": token} for token in token_ids])
        body = await self._clob.post("/books", question)
        problem: DataError | None = None
        for raw in clob.split_books(body or b"", what="CLOB /books"):
            try:
                shot = self._keeper.read_snapshot(raw)
            except BadData as error:
                problem = error  # this book stays unconfirmed; the others answer for themselves
                continue
            self._keeper.compare_asked(shot, asked_at=asked_at)
            if shot.tick is not None:
                self._known.set_tick(shot.book.token_id, shot.tick)
        if problem is not None:
            raise problem

    async def _reread_markets(self) -> None:
        now = self._clock.now()
        wait = timedelta(seconds=self._pace.markets_every)
        if self._markets_read_at is not None and now - self._markets_read_at < wait:
            return
        known = (self._known.of_token(book.token_id) for book in self._keeper)
        wanted = {market.condition_id for market in known if market is not None}
        try:
            for market in await self._directory.by_conditions(sorted(wanted)):
                self._known.learn(await self._with_payouts(market))
        except DataError as error:
            self._health.failed(MARKETS, str(error))
            return
        self._markets_read_at = now
        self._health.well(MARKETS)

    async def _with_payouts(self, market: Market) -> Market:
        """Ask the CLOB for the winner of a closed market whose payouts Gamma does not name."""
        if not market.closed or market.payouts is not None or market.disputed:
            return market
        body = await self._clob.get(f"/markets/{market.condition_id}")
        if body is None:
            return market
        row = clob.read_clob_market(body, what=f"CLOB market {market.condition_id}")
        if tuple(token.token_id for token in row.tokens) != market.token_ids:
            return market
        return replace(market, payouts=row.payouts())

    def _restart_silent_streams(self) -> None:
        now = self._clock.now()
        for stream in self._streams:
            books = [self._keeper.book(token) for token in stream.tokens]
            owed = [book for book in books if book and book.is_owed(now, for_s=self._pace.owed_for)]
            if owed:
                self._health.failed(
                    STREAM,
                    f"open but silent: a snapshot of token {owed[0].token_id} has shown changes "
                    "that it did not bring",
                )
                for book in owed:
                    book.owed_at = None
                stream.restart()

    async def _open_stream(self, token_ids: set[TokenId]) -> None:
        stream = MarketStream(
            url=self._endpoints.market_stream,
            clock=self._clock,
            pace=self._pace,
            on_frame=self._on_frame,
            on_pong=self._on_pong,
            on_end=self._on_end,
        )
        await stream.set_tokens(token_ids)
        stream.start()
        self._streams.append(stream)

    def _on_frame(self, stream: MarketStream, frame: str) -> None:
        now = self._clock.now()
        try:
            messages, confirmed = self._keeper.take(frame, now)
            for message in messages:
                self._take_message(message)
        except BadData as error:
            self._health.failed(STREAM, str(error))
            self._keeper.doubt(stream.tokens)
            return
        if confirmed:
            stream.spoke_at = now
            self._health.well(STREAM)

    def _on_pong(self, stream: MarketStream) -> None:
        """Confirm the quiet books of a live stream, up to the last message it is known to bring.

        A PONG alone proves nothing: streams have answered pings for hours and brought no data.
        """
        if stream.spoke_at is not None:
            self._keeper.confirm_quiet(
                stream.tokens, stream.spoke_at, proof_s=self._pace.stream_proves_for
            )

    def _on_end(self, stream: MarketStream, reason: str) -> None:
        self._keeper.doubt(stream.tokens)
        self._health.failed(STREAM, reason)

    def _take_message(self, message: Message) -> None:
        if isinstance(message, TickMessage):
            self._keeper.doubt(self._known.take_tick(message))
        elif isinstance(message, ResolvedMessage):
            self._keeper.doubt(self._known.take_resolution(message))
            self._markets_read_at = None  # its own state is read at the next refresh

    def _tell(self, event: MarketEvent) -> None:
        for listener in self._listeners:
            listener(event)

"""Market data out of an archive: what had become known by the clock's now, and nothing later.

The engine gets its markets, books and payouts from here alone, so it cannot choose among markets
that were not listed yet, see an end that had not come, or a price of a later day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.clock import Clock
from bot.errors import BadData
from bot.history.archive import Archive, Listing
from bot.model.market import Book, Market, MarketChanged, Quote
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, Shares, TokenId, from_e6
from bot.venues.books import epoch_ms, from_epoch_ms, mirror
from bot.venues.lookup import find_markets, search_markets
from bot.venues.ports import Listener
from bot.venues.recorded.daily import make_assumed_book

_Change = tuple[int, int, Market]
"""When it became known, epoch milliseconds; whose it is; the market from then on."""


class HistoryMarketData:
    """Market data from bars; fulfils ``bot.venues.ports.MarketData``.

    A bar confirms its book at its own instant and never again: a book grows old over a gap.

    Args:
        clock: Says how far the archive may be read.
        archive: The recording.
    """

    def __init__(self, *, clock: Clock, archive: Archive) -> None:
        self._clock = clock
        self._archive = archive
        self._changes: Iterator[_Change] = iter(())
        self._next: _Change | None = None
        self._markets: dict[ConditionId, Market] = {}
        self._open: dict[str, dict[ConditionId, Market]] = {}
        """By series, slug and condition id: what a strategy may name."""
        self._keys: dict[TokenId, tuple[int, int]] = {}
        self._watched: dict[TokenId, int] = {}
        """Token -> how many bars of it were told."""
        self._quotes: dict[TokenId, tuple[int, Quote]] = {}
        self._listeners: list[Listener] = []

    async def start(self) -> None:
        """Take in what is known by now."""
        self._changes = iter(sorted(_changes(self._archive.listings), key=lambda each: each[:2]))
        self._next = next(self._changes, None)
        self._play()

    async def close(self) -> None:
        """Let go of what is still to come."""
        self._changes, self._next = iter(()), None

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with each later event of watched tokens."""
        self._listeners.append(listener)

    async def find(
        self,
        ref: MarketRef,
        *,
        now: datetime,  # noqa: ARG002 - the archive knows only the clock's time
    ) -> tuple[Market, ...]:
        """Return the markets ``ref`` names that were listed and open at the last refresh."""
        name = ref.series or ref.slug or ref.condition_id.casefold()
        return find_markets(self._open.get(name, {}).values(), ref)

    async def market(self, condition_id: ConditionId) -> Market:
        """Return a market as of the last refresh; ``BadData`` if it was not yet listed."""
        market = self._markets.get(condition_id)
        if market is None:
            raise BadData(
                f"market {condition_id} is not in the recording by"
                f" {self._clock.now().isoformat()}; it knows {len(self._markets)} markets by then"
            )
        return market

    async def search(self, text: str) -> tuple[Market, ...]:
        """Return open markets that hold all words of ``text``."""
        return search_markets(self._markets.values(), text)

    async def watch(self, token_ids: Iterable[TokenId]) -> None:
        """Tell only of these tokens from now on; one that is new is told at the next refresh."""
        self._watched = {token: self._watched.get(token, 0) for token in token_ids}

    async def refresh(self) -> None:
        """Take in what has become known since the last time, and tell it in the order of time."""
        news: list[tuple[datetime, Book | MarketChanged]] = [
            (change.at, change)
            for change in self._play()
            if not self._watched.keys().isdisjoint(change.market.token_ids)
        ]
        for token, told in self._watched.items():
            quote = self.quote(token)
            known = self._quotes[token][0] if quote else 0
            if quote is not None and known > told:
                self._watched[token] = known
                news.append((quote.confirmed_at, quote.book))
        for _, event in sorted(news, key=lambda each: each[0]):
            for listener in self._listeners:
                listener(event)

    def quote(self, token_id: TokenId) -> Quote | None:
        """Return the book of the last known bar of a watched token, confirmed at that bar."""
        if token_id not in self._watched or token_id not in self._keys:
            return None
        key, index = self._keys[token_id]
        known = self._archive.known_bars(key, self._clock.now())
        made = self._quotes.get(token_id)
        if known and (made is None or made[0] != known):
            made = self._quotes[token_id] = (known, self._make(key, index, known - 1))
        return None if made is None else made[1]

    def next_event_at(self) -> datetime | None:
        """Return None: bars come when the clock says, and nobody is told when."""
        return None

    def next_change_at(self, held: Iterable[ConditionId]) -> datetime | None:
        """Return when a held market is resolved; for the loop that moves the clock, not for us."""
        ids = frozenset(held)
        due = [
            listing.resolved_ms
            for listing in self._archive.listings
            if listing.market.condition_id in ids
            and listing.resolved_ms is not None
            and listing.resolved_ms > epoch_ms(self._clock.now())
        ]
        return from_epoch_ms(min(due)) if due else None

    def _make(self, key: int, index: int, number: int) -> Quote:
        at_ms, price_e6 = self._archive.bar(key, number)
        tokens = self._archive.listings[key].market.token_ids
        shown = self._archive.shown.get((key, at_ms))
        if shown is not None:
            return Quote(shown if index == 0 else mirror(shown, tokens[1]), from_epoch_ms(at_ms))
        # A millionth more each day: what shows more than when we took from it is whole again.
        depth = Shares(self._archive.books.depth_per_cent + from_e6(number))
        books = replace(self._archive.books, depth_per_cent=depth)
        book: Book = make_assumed_book(tokens[0], at_ms, price_e6, assumed=books)
        return Quote(book if index == 0 else mirror(book, tokens[1]), from_epoch_ms(at_ms))

    def _play(self) -> list[MarketChanged]:
        """Take in and return what was listed, changed or resolved by now."""
        played = []
        now_ms = epoch_ms(self._clock.now())
        while self._next is not None and self._next[0] <= now_ms:
            at_ms, key, market = self._next
            self._take_in(key, market)
            played.append(MarketChanged(market=market, at=from_epoch_ms(at_ms)))
            self._next = next(self._changes, None)
        return played

    def _take_in(self, key: int, market: Market) -> None:
        self._markets[market.condition_id] = market
        for index, token in enumerate(market.token_ids):
            self._keys[token] = (key, index)
        for name in {market.series_slug, market.slug, market.condition_id.casefold()} - {""}:
            named = self._open.setdefault(name, {})
            if market.closed:
                named.pop(market.condition_id, None)
            else:
                named[market.condition_id] = market


def _changes(listings: Iterable[Listing]) -> Iterator[_Change]:
    """Yield each market's listing, changes of its fee, and its resolution."""
    for key, listing in enumerate(listings):
        end_ms = listing.resolved_ms
        market = replace(listing.market, fee=listing.fees.at(listing.listed_ms))
        yield listing.listed_ms, key, market
        for at_ms, fee in listing.fees.changes:
            if listing.listed_ms < at_ms and (end_ms is None or at_ms < end_ms):
                market = replace(market, fee=fee)
                yield at_ms, key, market
        if end_ms is not None:
            ended = replace(market, accepting_orders=False, closed=True, payouts=listing.payouts)
            yield end_ms, key, ended

"""Plays a tape as market data: what had become known by the clock's now, and nothing later."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.clock import Clock
from bot.errors import BadData, DataError
from bot.model.market import Book, Market, MarketChanged, MarketEvent, Quote
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, TokenId
from bot.venues.books import epoch_ms, from_epoch_ms
from bot.venues.lookup import find_markets, search_markets
from bot.venues.ports import Listener
from bot.venues.recorded.tape import Confirmation, Tape, TapeRow


class RecordedMarketData:
    """Market data from a tape; fulfils ``bot.venues.ports.MarketData``.

    Each recorded row of a book confirms it at the time of the row. What lies before the clock's now
    at ``start`` is taken in without telling anyone, so a restart goes on where it was.

    Args:
        clock: Says how far the tape may be read.
        tape: The recording.
    """

    def __init__(self, *, clock: Clock, tape: Tape) -> None:
        self._clock = clock
        self._tape = tape
        self._rows: Iterator[TapeRow] = iter(())
        self._next: TapeRow | None = None
        self._broken: DataError | None = None
        self._books: dict[TokenId, tuple[int, Book]] = {}
        self._markets: dict[ConditionId, Market] = {}
        self._watched: frozenset[TokenId] = frozenset()
        self._untold: tuple[TokenId, ...] = ()
        self._listeners: list[Listener] = []

    async def start(self) -> None:
        """Open the tape and take in what is known by now. Raises ``BadData``."""
        self._rows = self._tape.rows()
        self._step()
        self._play()

    async def close(self) -> None:
        """Let go of the tape."""
        self._rows = iter(())
        self._next = None

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with each later event of watched tokens, in the order of the rows."""
        self._listeners.append(listener)

    async def find(
        self,
        ref: MarketRef,
        *,
        now: datetime,  # noqa: ARG002 - the tape knows only its own time
    ) -> tuple[Market, ...]:
        """Return the markets ``ref`` names that were listed and open at the last refresh."""
        return find_markets(self._markets.values(), ref)

    async def market(self, condition_id: ConditionId) -> Market:
        """Return a market as of the last refresh; ``BadData`` if it was not yet listed."""
        market = self._markets.get(condition_id)
        if market is None:
            now = self._clock.now().isoformat()
            raise BadData(
                f"market {condition_id} is not in the recording by {now}; "
                f"it knows {len(self._markets)} markets. See `polyhedge markets`"
            )
        return market

    async def search(self, text: str) -> tuple[Market, ...]:
        """Return open markets that hold all words of ``text``."""
        return search_markets(self._markets.values(), text)

    async def watch(self, token_ids: Iterable[TokenId]) -> None:
        """Tell only of these tokens from now on.

        The standing book of a token that is new among them is told first at the next refresh.
        """
        wanted = tuple(dict.fromkeys(token_ids))
        self._untold = tuple(token for token in wanted if token not in self._watched)
        self._watched = frozenset(wanted)

    async def refresh(self) -> None:
        """Play the tape up to the clock's now. Raises ``BadData`` at a row that cannot be read."""
        for token in self._untold:
            if token in self._books:
                for listener in self._listeners:
                    listener(self._books[token][1])
        self._untold = ()
        self._play()

    def quote(self, token_id: TokenId) -> Quote | None:
        """Return the last recorded book of a watched token."""
        row = self._books.get(token_id)
        if row is None or token_id not in self._watched:
            return None
        return Quote(row[1], from_epoch_ms(row[0]))

    def next_event_at(self) -> datetime | None:
        """Return when the next row became known; None at the end of the tape."""
        return None if self._next is None else from_epoch_ms(self._next[0])

    def _play(self) -> None:
        if self._broken is not None:
            raise self._broken
        now_ms = epoch_ms(self._clock.now())
        row = self._next
        while row is not None and row[0] <= now_ms:
            self._take_in(*row)
            row = self._step()

    def _step(self) -> TapeRow | None:
        before = self._next
        try:
            row = self._next = next(self._rows, None)
        except DataError as error:
            # A generator that has raised looks like one that has ended: the error must stay.
            self._next, self._broken = None, error
            raise
        if before is not None and row is not None and row[0] < before[0]:
            self._next = None
            self._broken = BadData(
                f"a recorded row of {from_epoch_ms(row[0]).isoformat()} follows one of "
                f"{from_epoch_ms(before[0]).isoformat()}; rows must be in the order of time"
            )
            raise self._broken
        return row

    def _take_in(self, at_ms: int, event: MarketEvent | Confirmation) -> None:
        if isinstance(event, Book):
            self._books[event.token_id] = (at_ms, event)
            watched = event.token_id in self._watched
        elif isinstance(event, Confirmation):
            self._confirm(event)
            return
        elif isinstance(event, MarketChanged):
            self._markets[event.market.condition_id] = event.market
            watched = not self._watched.isdisjoint(event.market.token_ids)
        else:
            watched = event.token_id in self._watched
        if watched:
            for listener in self._listeners:
                listener(event)

    def _confirm(self, event: Confirmation) -> None:
        for token in event.token_ids:
            if token in self._books:
                self._books[token] = (event.at_ms, self._books[token][1])

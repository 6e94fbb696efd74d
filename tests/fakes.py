"""Stand-ins that tests move by hand: a clock, market data, and makers of markets and books."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.errors import BadData, DataError
from bot.model.market import (
    Book,
    FeeSchedule,
    Market,
    MarketChanged,
    MarketEvent,
    MarketKind,
    Print,
    Quote,
)
from bot.model.orders import OrderIntent, OrderType, Purpose, Side
from bot.model.strategy import MarketRef
from bot.model.units import (
    MILLION,
    ClientOrderId,
    ConditionId,
    EventId,
    Price,
    Shares,
    TokenId,
    to_e6,
)
from bot.venues.ports import Listener

START = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
"""When the tests' time begins."""

YES, NO = "101", "102"
"""Token ids of the market that ``make_market`` makes unless told otherwise."""

CONDITION = "0x" + "c1" * 32
"""That market's condition id."""

Levels = Sequence[tuple[str, str]]
"""(price, size) as decimal text, best first."""


def epoch_ms(instant: datetime) -> int:
    """Return ``instant`` in epoch milliseconds, as books and prints carry it."""
    return round(instant.timestamp() * 1000)


class ManualClock:
    """Time that moves only when a test, or code that sleeps, moves it."""

    def __init__(self, *, start: datetime = START) -> None:
        self._start = start
        self._now = start
        self.slept: list[float] = []
        """Seconds of each sleep, in order."""

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> datetime:
        """Move ``seconds`` ahead and return the new instant."""
        self._now += timedelta(seconds=seconds)
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to ``instant``, back too: clocks do jump."""
        self._now = instant


def make_market(
    *,
    condition_id: str = CONDITION,
    token_ids: tuple[str, str] = (YES, NO),
    tick: str = "0.01",
    minimum_shares: str = "5",
    fee_rate: str = "0.04",
    slug: str = "fed-hike-dec",
    question: str = "Will the Fed raise rates in December?",
    ends_at: datetime | None = START + timedelta(days=30),
    accepting_orders: bool = True,
    closed: bool = False,
    taker_delay_s: float = 0.0,
    payouts: tuple[str, str] | None = None,
    series_slug: str = "",
    group_title: str = "",
    kind: MarketKind = MarketKind.CTF,
    disputed: bool = False,
    neg_risk: bool = False,
) -> Market:
    """Return a yes/no market; numbers as decimal text."""
    return Market(
        condition_id=ConditionId(condition_id),
        kind=kind,
        question=question,
        slug=slug,
        outcomes=("Yes", "No"),
        token_ids=(TokenId(token_ids[0]), TokenId(token_ids[1])),
        tick=Price(Decimal(tick)),
        minimum_shares=Shares(Decimal(minimum_shares)),
        neg_risk=neg_risk,
        fee=FeeSchedule(rate=Decimal(fee_rate)),
        group_title=group_title,
        series_slug=series_slug,
        ends_at=ends_at,
        accepting_orders=accepting_orders,
        closed=closed,
        taker_delay_s=taker_delay_s,
        disputed=disputed,
        payouts=None if payouts is None else (Decimal(payouts[0]), Decimal(payouts[1])),
    )


def make_intent(
    side: Side = Side.BUY,
    size: str = "10",
    limit: str = "0.50",
    *,
    order_type: OrderType = OrderType.FAK,
    token_id: str = YES,
    condition_id: str = CONDITION,
    post_only: bool | None = None,
    expires_at: datetime | None = None,
    client_order_id: str = "c1",
    event: str = "fed-hike",
    purpose: Purpose = Purpose.OPEN,
) -> OrderIntent:
    """Return an order to be sent; a GTD is post-only and rests for ten minutes from `START`."""
    rests = order_type is OrderType.GTD
    return OrderIntent(
        client_order_id=ClientOrderId(client_order_id),
        event=EventId(event),
        condition_id=ConditionId(condition_id),
        token_id=TokenId(token_id),
        side=side,
        size=Shares(Decimal(size)),
        limit=Price(Decimal(limit)),
        order_type=order_type,
        purpose=purpose,
        post_only=rests if post_only is None else post_only,
        expires_at=START + timedelta(minutes=10) if rests and expires_at is None else expires_at,
    )


def make_book(
    token_id: str = YES,
    *,
    bids: Levels = (),
    asks: Levels = (),
    at: datetime = START,
) -> Book:
    """Return a book of these levels, best first."""
    return Book(
        token_id=TokenId(token_id),
        as_of_ms=epoch_ms(at),
        bid_prices=tuple(to_e6(Decimal(price)) for price, _ in bids),
        bid_sizes=tuple(to_e6(Decimal(size)) for _, size in bids),
        ask_prices=tuple(to_e6(Decimal(price)) for price, _ in asks),
        ask_sizes=tuple(to_e6(Decimal(size)) for _, size in asks),
    )


def mirror_book(book: Book, *, token_id: str) -> Book:
    """Return the complement's book: a bid at p is an ask at 1 - p of the same size."""
    return Book(
        token_id=TokenId(token_id),
        as_of_ms=book.as_of_ms,
        bid_prices=tuple(MILLION - price for price in book.ask_prices),
        bid_sizes=book.ask_sizes,
        ask_prices=tuple(MILLION - price for price in book.bid_prices),
        ask_sizes=book.bid_sizes,
    )


class FakeMarketData:
    """Market data that shows what a test puts in, at once or at a later instant.

    It fulfils ``bot.venues.ports.MarketData``. Books are kept for any token, watched or not.
    """

    def __init__(self, *, clock: ManualClock, markets: Iterable[Market] = ()) -> None:
        self._clock = clock
        self._markets = {market.condition_id: market for market in markets}
        self._quotes: dict[TokenId, Quote] = {}
        self._listeners: list[Listener] = []
        self._later: list[tuple[datetime, int, MarketEvent]] = []
        self._count = 0
        self.broken: DataError | None = None
        """While set, every read that may fail raises it, and refresh brings nothing."""
        self.watched: tuple[TokenId, ...] = ()
        self.refreshes = 0
        self.closed = False

    async def start(self) -> None:
        self._check()

    async def close(self) -> None:
        self.closed = True

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def find(self, ref: MarketRef, *, now: datetime) -> tuple[Market, ...]:
        self._check()
        found = [m for m in self._markets.values() if not m.closed and _is_named_by(m, ref)]
        return tuple(sorted(found, key=lambda m: (m.ends_at is None, m.ends_at or now)))

    async def market(self, condition_id: ConditionId) -> Market:
        self._check()
        if condition_id not in self._markets:
            raise BadData(f"market {condition_id} is not listed; the fake knows {self._markets}")
        return self._markets[condition_id]

    async def search(self, text: str) -> tuple[Market, ...]:
        self._check()
        words = text.casefold().split()
        return tuple(
            market
            for market in self._markets.values()
            if not market.closed
            and all(
                word in f"{market.question} {market.slug} {market.series_slug}".casefold()
                for word in words
            )
        )

    async def watch(self, token_ids: Iterable[TokenId]) -> None:
        self.watched = tuple(token_ids)

    async def refresh(self) -> None:
        self.refreshes += 1
        if self.broken is not None:
            return
        now = self._clock.now()
        while self._later and self._later[0][0] <= now:
            at, _, event = self._later.pop(0)
            self._tell(event, at=at)

    def quote(self, token_id: TokenId) -> Quote | None:
        return self._quotes.get(token_id)

    def next_event_at(self) -> datetime | None:
        return self._later[0][0] if self._later else None

    def emit(self, event: MarketEvent) -> None:
        """Show ``event`` now: listeners hear it, a book becomes the quote, confirmed now."""
        self._tell(event, at=self._clock.now())

    def emit_at(self, at: datetime, event: MarketEvent) -> None:
        """Show ``event`` at the first refresh at or after ``at``."""
        self._later.append((at, self._count, event))
        self._count += 1
        self._later.sort(key=lambda item: item[:2])

    def show(self, token_id: str, *, bids: Levels = (), asks: Levels = ()) -> Book:
        """Show a book of one token, made now."""
        book = make_book(token_id, bids=bids, asks=asks, at=self._clock.now())
        self.emit(book)
        return book

    def trade(
        self, token_id: str, price: str, size: str, *, taker_buys: bool | None = None
    ) -> Print:
        """Show a trade of other people, made now."""
        printed = Print(
            token_id=TokenId(token_id),
            at_ms=epoch_ms(self._clock.now()),
            price_e6=to_e6(Decimal(price)),
            size_e6=to_e6(Decimal(size)),
            taker_buys=taker_buys,
        )
        self.emit(printed)
        return printed

    def change(self, market: Market) -> None:
        """Show a market's new state now."""
        self.emit(MarketChanged(market=market, at=self._clock.now()))

    def confirm(self, token_id: str) -> None:
        """Say that a token's book is still true now."""
        book = self._quotes[TokenId(token_id)].book
        self._quotes[TokenId(token_id)] = Quote(book, self._clock.now())

    def forget(self, token_id: str) -> None:
        """Have no book of a token."""
        self._quotes.pop(TokenId(token_id), None)

    def _tell(self, event: MarketEvent, *, at: datetime) -> None:
        if isinstance(event, Book):
            self._quotes[event.token_id] = Quote(event, at)
        elif isinstance(event, MarketChanged):
            self._markets[event.market.condition_id] = event.market
        for listener in self._listeners:
            listener(event)

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken


def _is_named_by(market: Market, ref: MarketRef) -> bool:
    if ref.slug:
        return market.slug == ref.slug
    if ref.condition_id:
        return market.condition_id == ref.condition_id
    if market.series_slug != ref.series:
        return False
    wanted = ref.match.casefold()
    return market.group_title.casefold() == wanted or wanted in market.question.casefold()

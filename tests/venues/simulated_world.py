"""A simulated venue on fake market data, and the hands that move both."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.model.market import Market
from bot.model.orders import (
    Accepted,
    LiveOrder,
    OrderIntent,
    OrderStatus,
    OrderType,
    Side,
    SubmitResult,
)
from bot.model.units import Shares, TokenId, Usd
from bot.venues.ports import MarketData
from bot.venues.simulated import SimulatedStart, SimulatedVenue
from tests.fakes import (
    NO,
    START,
    YES,
    FakeMarketData,
    Levels,
    ManualClock,
    make_book,
    make_intent,
    make_market,
    mirror_book,
)

BIDS: Levels = (("0.50", "40"), ("0.49", "100"))
ASKS: Levels = (("0.54", "30"), ("0.55", "20"))
GTD, FAK, FOK = OrderType.GTD, OrderType.FAK, OrderType.FOK
START_WITH = SimulatedStart(
    cash_usd=Usd(Decimal(1000)), shares={TokenId(YES): Shares(Decimal(100))}
)


@dataclass
class World:
    """A simulated venue on fake market data."""

    market: Market = field(default_factory=make_market)
    start: SimulatedStart = START_WITH
    latency_s: float = 0.25
    settlement_delay_s: float = 5.0
    settlement_failures: float = 0.0
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.data = FakeMarketData(clock=self.clock, markets=[self.market])
        self.venue = self.reopen(self.start)

    def reopen(self, start: SimulatedStart) -> SimulatedVenue:
        """Begin anew from what a ledger would know."""
        data: MarketData = self.data
        self.venue = SimulatedVenue(
            market_data=data,
            clock=self.clock,
            latency_s=self.latency_s,
            settlement_delay_s=self.settlement_delay_s,
            settlement_failures=self.settlement_failures,
            start=start,
        )
        return self.venue

    def now(self) -> datetime:
        return self.clock.now()

    async def show(self, *, bids: Levels = BIDS, asks: Levels = ASKS) -> None:
        book = make_book(bids=bids, asks=asks, at=self.now())
        self.data.emit(book)
        self.data.emit(mirror_book(book, token_id=NO))

    async def sell_to_bids(self, price: str, size: str) -> None:
        self.data.trade(YES, price, size)

    async def settle(self) -> None:
        self.clock.advance(self.settlement_delay_s)

    async def resolve(self, yes: str, no: str) -> Market:
        await self.settle()
        self.market = replace(
            self.market, closed=True, accepting_orders=False, payouts=(Decimal(yes), Decimal(no))
        )
        self.data.change(self.market)
        return self.market

    async def send(self, intent: OrderIntent) -> SubmitResult:
        return await self.venue.submit(await self.venue.prepare(intent))

    async def rest(
        self, side: Side = Side.BUY, size: str = "20", limit: str = "0.50", token_id: str = YES
    ) -> Accepted:
        ends = self.now() + timedelta(minutes=10)
        result = await self.send(
            make_intent(side, size, limit, order_type=GTD, token_id=token_id, expires_at=ends)
        )
        assert isinstance(result, Accepted), result
        assert result.resting
        return result

    async def filled(self) -> list[tuple[str, str]]:
        """Return price and size of all fills so far."""
        fills = await self.venue.fills(since=START - timedelta(days=1))
        return [(f"{fill.price.normalize():f}", f"{fill.size.normalize():f}") for fill in fills]


def live_order(order_id: str, **changes: object) -> LiveOrder:
    intent = make_intent(Side.BUY, "20", "0.50", order_type=GTD)
    order = LiveOrder(
        client_order_id=intent.client_order_id,
        order_id=order_id,  # type: ignore[arg-type]
        event=intent.event,
        condition_id=intent.condition_id,
        token_id=intent.token_id,
        side=intent.side,
        size=intent.size,
        filled=Shares(Decimal(5)),
        limit=intent.limit,
        order_type=GTD,
        purpose=intent.purpose,
        status=OrderStatus.OPEN,
        sent_at=START,
        expires_at=START + timedelta(minutes=10),
    )
    return replace(order, **changes)  # type: ignore[arg-type]

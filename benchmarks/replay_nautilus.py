"""The engine loop of nautilus_trader 1.221 over the recorded books; used by ``replay_books``.

Each snapshot is what its Polymarket adapter makes of one: a clear and an add for each level. Its
objects are made before the clock starts, so this is less than a whole run: in its favour.
"""

import time
from collections.abc import Callable

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas
from nautilus_trader.model.enums import (
    AccountType,
    AssetClass,
    BookAction,
    BookType,
    OmsType,
    OrderSide,
    RecordFlag,
)
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import BinaryOption
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from bot.model.market import Book
from bot.venues.recorded.l2_books import L2Books

VENUE = Venue("POLYMARKET")
LAST = RecordFlag.F_SNAPSHOT.value | RecordFlag.F_LAST.value


def prepare(tape: L2Books) -> Callable[[], tuple[int, float]]:
    """Return a run that gives the snapshots seen and the seconds of the engine's loop."""
    tokens = [token for market in tape.markets for token in market.token_ids]
    ids = {token: InstrumentId(Symbol(f"T{n}"), VENUE) for n, token in enumerate(tokens)}
    deltas = [
        to_deltas(event, ids[event.token_id]) for _, event in tape.rows() if isinstance(event, Book)
    ]
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=USDC,
        starting_balances=[Money(10_000, USDC)],
        book_type=BookType.L2_MBP,
    )
    for instrument_id in ids.values():
        engine.add_instrument(make_instrument(instrument_id))
    engine.add_data(deltas)
    strategy = Count(list(ids.values()))
    engine.add_strategy(strategy)

    def run() -> tuple[int, float]:
        began = time.perf_counter()
        engine.run()
        return strategy.seen, time.perf_counter() - began

    return run


class Count(Strategy):
    """Counts snapshots and does nothing else."""

    def __init__(self, ids: list[InstrumentId]) -> None:
        super().__init__()
        self.ids = ids
        self.seen = 0

    def on_start(self) -> None:
        """Ask for all books."""
        for instrument_id in self.ids:
            self.subscribe_order_book_deltas(instrument_id, BookType.L2_MBP)

    def on_order_book_deltas(self, _: OrderBookDeltas) -> None:
        """Count one snapshot."""
        self.seen += 1


def to_deltas(book: Book, instrument_id: InstrumentId) -> OrderBookDeltas:
    """Return a snapshot as a clear and an add for each level."""
    at_ns = book.as_of_ms * 1_000_000
    deltas = [OrderBookDelta.clear(instrument_id, 0, at_ns, at_ns)]
    sides = (
        (OrderSide.BUY, book.bid_prices, book.bid_sizes),
        (OrderSide.SELL, book.ask_prices, book.ask_sizes),
    )
    levels = [
        (side, price, size)
        for side, prices, sizes in sides
        for price, size in zip(prices, sizes, strict=True)
    ]
    for index, (side, price, size) in enumerate(levels, start=1):
        deltas.append(
            OrderBookDelta(
                instrument_id=instrument_id,
                action=BookAction.ADD,
                order=BookOrder(side, Price(price / 1e6, 3), Quantity(size / 1e6, 2), 0),
                flags=LAST if index == len(levels) else 0,
                sequence=0,
                ts_event=at_ns,
                ts_init=at_ns,
            )
        )
    return OrderBookDeltas(instrument_id, deltas)


def make_instrument(instrument_id: InstrumentId) -> BinaryOption:
    """Return an outcome token in its terms."""
    return BinaryOption(
        instrument_id=instrument_id,
        raw_symbol=instrument_id.symbol,
        asset_class=AssetClass.CRYPTOCURRENCY,
        currency=USDC,
        price_precision=3,
        size_precision=2,
        price_increment=Price(0.001, 3),
        size_increment=Quantity(0.01, 2),
        activation_ns=0,
        expiration_ns=2_000_000_000_000_000_000,
        ts_event=0,
        ts_init=0,
    )

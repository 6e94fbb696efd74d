"""A whole daemon at a local exchange: the real composition, real files, real sockets, real time.

Whatever happens, each cycle is checked against the exchange's own truth: nothing is decided on a
book that was not true when it was confirmed, nothing fills at what was not offered, no token gets
a second order before the fate of its first is known, and the ledger adds up.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.app.build import Daemon, open_daemon
from bot.clock import SystemClock
from bot.config import load_settings
from bot.engine.cycle import CycleResult
from bot.model.decision import EventDecision
from bot.model.market import Book, Market, MarketChanged, MarketKind
from bot.model.orders import Fill, OrderIntent, Side
from bot.model.units import ConditionId, EventId, OrderId, Price, TokenId, to_e6
from bot.sandbox.server import Sandbox
from tests.fakes import epoch_ms, make_market
from tests.protocol.books import Shelf
from tests.venues.polymarket.rig import CTF_IDS, V2_IDS

CLOCK = SystemClock()
FED, RECESSION, BITCOIN = EventId("fed-hike"), EventId("recession"), EventId("bitcoin")
ON_ITS_WAY = timedelta(milliseconds=250)
"""What the exchange said last may confirm a book this long after something newer is true there."""
SERIES = "fed-decision"
CENT, TENTH = Price(Decimal("0.01")), Price(Decimal("0.001"))
HALF_A_CENT_E6 = 5_000

CONFIG = """\
mode: paper
market_data: polymarket
ledger: ledger.db
strategies: strategies
portfolio:
  holdings:
    - {{symbol: QQQ, value: 6000, asset_class: equity, sector: technology}}
risk_aversion: 4.3
premium_budget: 3000usd
max_total: 3000usd
max_quote_age: {quote_age}
check_every: {check}
paper: {{cash_usd: 4000, latency: {latency}, settlement_delay: 100ms}}
polymarket:
  gamma_url: {gamma}
  clob_url: {clob}
  market_ws_url: {stream}
  request_timeout: {timeout}
  poll: {poll}
"""

STRATEGY = """\
strategy: {name}
event:
  market: {market}
  adverse: "Yes"
  horizon: 400d
impact:
  sector: {{technology: -10%}}
sizing: {{rule: coverage, target: {{1%: 30%, 40%: 60%, 60%: 80%}}}}
triggers:
  - probability: {{crosses: [40%, 60%], changes_by: 6%}}
execution: {{style: {style}, rest_for: 10m, max_chase: 2c}}
costs: {{min_benefit_to_cost: 0.1, max_spread: 4c, max_share_of_depth: 90%}}
limits: {{max_premium_usd: 900, max_order_usd: 400}}
roll: {{before_end: 0d}}
close: {{when_probability_below: 12%}}
"""


def ctf_market() -> Market:
    """The one of its series: found among more events than one page of the directory holds."""
    return replace(
        make_market(
            token_ids=CTF_IDS,
            series_slug=SERIES,
            group_title="25 bps increase",
            ends_at=CLOCK.now() + timedelta(days=30),
        ),
        event_slug="fed-december",
    )


def v2_market() -> Market:
    return replace(
        make_market(
            condition_id="0x" + "0a" * 31,
            token_ids=V2_IDS,
            kind=MarketKind.V2,
            slug="recession-2027",
            question="Recession in 2027?",
            ends_at=CLOCK.now() + timedelta(days=300),
        ),
        event_slug="recession-2027",
    )


def fine_market() -> Market:
    return replace(
        make_market(
            condition_id="0x" + "bc" * 32,
            token_ids=("71" * 35, "72" * 35),
            slug="bitcoin-below-60k",
            question="Bitcoin below 60,000?",
            tick="0.001",
            ends_at=CLOCK.now() + timedelta(days=60),
        ),
        event_slug="bitcoin-below-60k",
    )


def other_meetings(count: int) -> list[Market]:
    """Later events of the series that no strategy means, so that its list has two pages."""
    return [
        replace(
            make_market(
                condition_id=f"0x{number:064x}",
                token_ids=(f"8{number:060}", f"9{number:060}"),
                slug=f"fed-cut-{number}",
                question=f"Fed cut at meeting {number}?",
                series_slug=SERIES,
                group_title="25 bps decrease",
                ends_at=CLOCK.now() + timedelta(days=400 + number),
            ),
            event_slug=f"fed-meeting-{number}",
        )
        for number in range(1, count + 1)
    ]


MARKET_OF: Mapping[EventId, ConditionId] = {
    FED: ctf_market().condition_id,
    RECESSION: v2_market().condition_id,
    BITCOIN: fine_market().condition_id,
}

_NAMED = {
    FED: f'{{series: {SERIES}, outcome: "25 bps increase"}}',
    RECESSION: "{slug: recession-2027}",
    BITCOIN: f"{{condition_id: {MARKET_OF[BITCOIN]}}}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How patient the daemon is, in the words of its config."""

    check: str = "300ms"
    latency: str = "50ms"
    quote_age: str = "900ms"
    poll: str = "100ms"
    timeout: str = "500ms"


FAST, CALM = Pulse(), Pulse(latency="250ms", quote_age="30s", poll="10s", timeout="5s")


def write_files(folder: Path, sandbox: Sandbox, pulse: Pulse) -> Path:
    """Write config and strategies as a user would; return the config."""
    ends = sandbox.endpoints
    config = folder / "config.yaml"
    config.write_text(
        CONFIG.format(gamma=ends.gamma, clob=ends.clob, stream=ends.market_stream, **asdict(pulse))
    )
    (folder / "strategies").mkdir()
    for event, market in _NAMED.items():
        style = "rest_then_take" if event == BITCOIN else "take"
        text = STRATEGY.format(name=event, market=market, style=style)
        (folder / "strategies" / f"{event}.yaml").write_text(text)
    return config


@dataclass
class Truth:
    """What one token's book was at the exchange, since when."""

    since: list[datetime] = field(default_factory=list)
    books: list[Book] = field(default_factory=list)

    def add(self, book: Book, at: datetime) -> None:
        self.since.append(at)
        self.books.append(book)

    def near(self, at: datetime) -> list[Book]:
        """The books that a right answer may have shown at ``at``."""
        last = bisect_right(self.since, at)
        first = bisect_right(self.since, at - ON_ITS_WAY)
        return self.books[max(first - 1, 0) : last]


@dataclass
class Stage:
    """The exchange and the daemon, and what a test turns and looks at."""

    sandbox: Sandbox
    shelf: Shelf
    truths: dict[TokenId, Truth] = field(default_factory=dict)
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    results: list[CycleResult] = field(default_factory=list)
    orders_checked: int = 0
    daemon: Daemon | None = None

    # What the exchange does

    def market(self, event: EventId) -> Market:
        return self.sandbox.exchange.markets[MARKET_OF[event]]

    def yes(self, event: EventId) -> TokenId:
        return self.market(event).token_ids[0]

    def move(self, event: EventId, cents: int, *, above_e6: int = 0) -> None:
        """From now on the event's book is one with about this mid, or so much above it."""
        book, now = self.shelf(cents), CLOCK.now()
        book = book._replace(
            token_id=self.yes(event),
            as_of_ms=epoch_ms(now),
            bid_prices=tuple(price + above_e6 for price in book.bid_prices),
            ask_prices=tuple(price + above_e6 for price in book.ask_prices),
        )
        self.sandbox.tell(book)
        for token in self.market(event).token_ids:
            truth = self.truths.setdefault(token, Truth())
            truth.add(self.sandbox.exchange.books[token], now)

    def change(self, event: EventId, **changes: Any) -> None:
        market = replace(self.market(event), **changes)
        self.sandbox.tell(MarketChanged(market=market, at=CLOCK.now()))

    # What the daemon does

    @property
    def running(self) -> Daemon:
        assert self.daemon is not None
        return self.daemon

    def report(self, name: str, **keys: Any) -> None:
        self.log.append((name, keys))

    async def cycle(self) -> CycleResult:
        """Run one cycle; what it decided has been checked when it returns."""
        held = {order.token_id for order in self.running.ports.ledger.orders_without_end()}
        before = {fill.trade_id for fill in self.running.ports.ledger.fills()}
        result = await self.running.engine.run_cycle()
        self.results.append(result)
        assert self.running.ports.ledger.halted() == ""
        assert self.running.ports.ledger.totals().gap_usd == 0
        if result.decision is not None:
            for intent in result.decision.approved:
                self._check_token_is_free(intent, result, held)
        for fill in self.running.ports.ledger.fills():
            if fill.trade_id not in before and not fill.is_maker:
                self._check_was_offered(fill)
        return result

    async def cycles_until(
        self, condition: Callable[[CycleResult], bool], *, most_s: float = 20.0
    ) -> CycleResult:
        """Run cycles, a little apart, until one fulfils ``condition``."""
        async with asyncio.timeout(most_s):
            while not condition(result := await self.cycle()):
                await CLOCK.sleep(0.05)
        return result

    async def until(self, condition: Callable[[], bool], *, most_s: float = 20.0) -> None:
        """Let the sockets work until ``condition`` holds."""
        async with asyncio.timeout(most_s):
            while not condition():
                await CLOCK.sleep(0.005)

    def decided(self, result: CycleResult) -> None:
        """Check a decision before anything of it leaves."""
        if result.view is None or result.decision is None:
            return
        quotes = {m.token_id: m.quote for event in result.view.events for m in event.markets}
        for intent in result.decision.approved:
            self.orders_checked += 1
            quote = quotes[intent.token_id]
            assert quote is not None, f"{intent} was decided without a book"
            age = result.view.now - quote.confirmed_at
            assert age <= result.view.limits.max_quote_age, f"decided on a book {age} old"
            true = [book[2:] for book in self.truths[intent.token_id].near(quote.confirmed_at)]
            assert quote.book[2:] in true, f"{quote} was not the exchange's book then"
            market = self.sandbox.exchange.market_of(intent.token_id)
            assert market is not None
            assert intent.limit % market.tick == 0
            assert market.accepting_orders

    def _check_token_is_free(
        self, intent: OrderIntent, result: CycleResult, held: set[TokenId]
    ) -> None:
        assert result.view is not None
        busy = {order.token_id for order in result.view.account.orders}
        assert intent.token_id not in busy | held, f"second order on {intent.token_id}"

    def _check_was_offered(self, fill: Fill) -> None:
        books = self.truths[fill.token_id].near(fill.at)
        price = to_e6(fill.price)
        sides = (
            (book.ask_prices, book.ask_sizes)
            if fill.side is Side.BUY
            else (book.bid_prices, book.bid_sizes)
            for book in books
        )
        offered = [dict(zip(*side, strict=True)).get(price, 0) for side in sides]
        assert to_e6(fill.size) <= max(offered), f"{fill} was not offered: {books}"

    # What came of it

    def said(self, result: CycleResult, event: EventId) -> EventDecision:
        assert result.decision is not None, result.skipped
        return next(one for one in result.decision.events if one.event == event)

    def codes(self, result: CycleResult, event: EventId) -> set[str]:
        return {reason.code for reason in self.said(result, event).reasons}

    def seen_tick(self, result: CycleResult, event: EventId) -> Decimal | None:
        """The tick that the decision went by."""
        assert result.view is not None, result.skipped
        markets = {m.market.condition_id: m.market for e in result.view.events for m in e.markets}
        return markets[MARKET_OF[event]].tick if MARKET_OF[event] in markets else None

    def held(self, event: EventId) -> Decimal:
        account = self.running.ports.ledger.account(CLOCK.now())
        mine = [one.shares for one in account.positions if one.event == event]
        return sum(mine, Decimal(0))

    def resting(self) -> list[OrderId]:
        return [order.order_id for order in self.running.ports.ledger.orders_without_end()]

    def told(self, name: str, source: str = "") -> int:
        return sum(one == name and source in str(keys) for one, keys in self.log)

    def asked(self, path: str) -> list[str]:
        """The questions under a path so far."""
        return [one for one in self.sandbox.rest.asked if path in one]

    @property
    def counts(self) -> Mapping[str, int]:
        return self.running.ports.ledger.lifecycle_counts()


@asynccontextmanager
async def exchange(shelf: Shelf) -> AsyncIterator[Stage]:
    """Start a local exchange with three markets of both kinds, and books at 30c."""
    markets = [ctf_market(), v2_market(), fine_market(), *other_meetings(120)]
    async with Sandbox(markets=markets, clock=CLOCK) as sandbox:
        stage = Stage(sandbox=sandbox, shelf=shelf)
        for event in (FED, RECESSION):
            stage.move(event, 30)
        stage.move(BITCOIN, 30, above_e6=HALF_A_CENT_E6)
        yield stage


@asynccontextmanager
async def staged(folder: Path, shelf: Shelf, pulse: Pulse = FAST) -> AsyncIterator[Stage]:
    """Start an exchange, and a daemon at it."""
    async with exchange(shelf) as stage:
        settings = load_settings(write_files(folder, stage.sandbox, pulse), {})
        async with open_daemon(settings, report=stage.report, decided=stage.decided) as daemon:
            stage.daemon = daemon
            yield stage
            await daemon.engine.stop()

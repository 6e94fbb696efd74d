"""One order from its limits to the disk, as the live daemon prepares it before anything is sent.

Timed: ``check_orders`` against a view of 200 events, ``OrderDesk.prepare`` (token ids proven
before, terms fresh; figures, salt, signature, hash, the exact bytes), and
``Ledger.record_submitting`` on disk with ``synchronous = FULL``. The account is logged in at the
local exchange of ``bot.sandbox``. Beside it, by turns in the same process: the signing of
py-clob-client-v2, without limits and without a row, and the bare ``fdatasync`` of 4,096 bytes
appended to a file on the same disk.

    python -m benchmarks.prepare_order [ORDERS]
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bot.chain.addresses import CHAIN_ID, POLYGON
from bot.clock import SystemClock
from bot.core.decide import decide
from bot.core.risk import check_orders
from bot.engine.ports import Terms
from bot.ledger import Ledger
from bot.model.account import Secret, WalletKind
from bot.model.market import Book, Market, Quote
from bot.model.orders import OrderIntent, PreparedOrder, Rejected
from bot.model.portfolio import Portfolio, PricedHolding, Tags
from bot.model.strategy import Strategy
from bot.model.units import MILLION, ClientOrderId, EventId, Usd, UsdEst
from bot.model.view import Account, Correlations, EventView, MarketView, View
from bot.sandbox.accounts import SessionKey
from bot.sandbox.chain import LocalMarkets
from bot.sandbox.server import Sandbox
from bot.sandbox.wallets import wallets_of
from bot.strategy import parse_strategy
from bot.venues.polymarket.order_hash import domain_of
from bot.venues.polymarket.order_markets import OrderMarkets
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.sdk.client import Sdk
from bot.venues.polymarket.sdk.setup import read_key
from bot.venues.polymarket.sending import OrderDesk
from bot.venues.polymarket.settings import Pace

REPO = Path(__file__).resolve().parents[1]
ORDERS = 2_000
EVENTS = 200
WARM_UP = 200
P50_MS, P99_MS = 1.0, 3.0
CLOCK = SystemClock()
OWNER, SESSION = Secret("0x" + "11" * 32), Secret("0x" + "22" * 32)
STRATEGY = """
strategy: event-{place}
event: {{market: {{slug: event-{place}}}, adverse: "Yes", horizon: 400d}}
impact: {{sector: {{technology: -10%}}}}
sizing: {{rule: coverage, target: 30%}}
costs: {{min_benefit_to_cost: 0.1}}
limits: {{max_premium_usd: 150, max_order_usd: 100}}
"""


@dataclass(slots=True, kw_only=True)
class Trader:
    """An account that prepares orders."""

    name: str
    sdk: Sdk
    desk: OrderDesk
    ledger: Ledger
    made: int = 0

    async def prepare(self, intent: OrderIntent, known: "Known") -> PreparedOrder:
        """Do all that stands between a planned order and its POST."""
        approved, _ = check_orders((intent,), known.view, known.strategies, ())
        prepared = await self.desk.prepare(approved[0])
        self.ledger.record_submitting(prepared, cycle=1)
        return prepared

    async def order(self, known: "Known") -> float:
        """Prepare one order; return seconds. It is refused afterwards, so that none is open."""
        self.made += 1
        intent = known.intents[self.made % len(known.intents)]
        intent = replace(intent, client_order_id=ClientOrderId(f"{self.name} {self.made}"))
        began = time.perf_counter()
        await self.prepare(intent, known)
        seconds = time.perf_counter() - began
        refused = Rejected(code="benchmark", detail="it is never sent")
        self.ledger.record_result(intent.client_order_id, refused, CLOCK.now())
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A view, its strategies, and the orders that were decided with it."""

    view: View
    strategies: dict[EventId, Strategy]
    intents: Sequence[OrderIntent]


def main(arguments: list[str]) -> int:
    """Print the times side by side; return 1 if one is longer than it must be."""
    orders = int(arguments[0]) if arguments else ORDERS
    with tempfile.TemporaryDirectory(dir=on_disk()) as folder:
        times = asyncio.run(measure(Path(folder), orders))
    print(f"prepare_order: limits, signature, hash and durable row, {orders:,} orders each, warm")
    missed = False
    for name, each in times.items():
        p50, p99 = percentiles(each)
        ours = name.startswith("polyhedge")
        must = f"  must be: {P50_MS:g} and {P99_MS:g}" if ours else ""
        print(f"  {name:<42} p50 {p50:6.3f} ms  p99 {p99:6.3f} ms{must}")
        missed |= ours and (p50 > P50_MS or p99 > P99_MS)
    return int(missed)


def on_disk() -> Path:
    """Return a folder on the disk of this repository, which a temporary one may not be."""
    folder = REPO / ".cache"
    folder.mkdir(exist_ok=True)
    return folder


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the 50th and the 99th percentile, milliseconds."""
    hundredths = statistics.quantiles(seconds, n=100)
    return hundredths[49] * 1000, hundredths[98] * 1000


async def measure(folder: Path, orders: int) -> dict[str, list[float]]:
    """Return seconds of each order, by who prepared it."""
    made = LocalMarkets(ends_at=CLOCK.now() + timedelta(days=200))
    markets = [made.ctf(f"event-{place}") for place in range(EVENTS)]
    known = decide_once(markets)
    async with Sandbox(markets=markets, clock=CLOCK) as sandbox:
        traders = [
            await open_trader(sandbox, folder, is_session=False),
            await open_trader(sandbox, folder, is_session=True),
        ]
        synced = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        runs: dict[str, Callable[[], Awaitable[float]]] = {
            f"polyhedge, {trader.name}": lambda trader=trader: trader.order(known)  # type: ignore[misc]
            for trader in traders
        }
        runs |= {
            f"py-clob-client-v2 signs only, {trader.name}": other_signer(trader, known)
            for trader in traders
        }
        runs["fdatasync of 4,096 bytes"] = lambda: sync_once(synced)
        times: dict[str, list[float]] = {name: [] for name in runs}
        for number in range(WARM_UP + orders):
            for name, run in runs.items():
                seconds = await run()
                if number >= WARM_UP:
                    times[name].append(seconds)
        os.close(synced)
        for trader in traders:
            trader.ledger.close()
            await trader.sdk.close()
    return times


async def open_trader(sandbox: Sandbox, folder: Path, *, is_session: bool) -> Trader:
    """Log in and read the terms of each market once, as the daemon has when it trades."""
    signer, wallet = (str(read_key(key).address) for key in (SESSION, OWNER))
    if is_session:
        wallet = wallets_of(wallet, WalletKind.DEPOSIT)[0]
        sandbox.memory.deployed.add(wallet)
        until = int((CLOCK.now() + timedelta(days=100)).timestamp())
        sandbox.accounts.authorize(
            wallet, SessionKey(address=signer, scopes=("CLOB",), valid_until=until)
        )
    name = "deposit wallet with session key" if is_session else "EOA"
    pace = Pace()
    sdk = await Sdk.open(
        key=SESSION if is_session else OWNER,
        wallet=wallet,
        endpoints=sandbox.endpoints,
        contracts=POLYGON,
        pace=pace,
        relayer_key=None,
    )
    directory, exchange = (
        Reads(base_url=url, clock=CLOCK, pace=pace)
        for url in (sandbox.endpoints.gamma, sandbox.endpoints.clob)
    )
    return Trader(
        name=name,
        sdk=sdk,
        desk=OrderDesk(
            sdk=sdk,
            markets=OrderMarkets(directory=directory, exchange=exchange, clock=CLOCK),
            contracts=POLYGON,
            pace=pace,
            clock=CLOCK,
        ),
        ledger=Ledger.open(folder / f"{name}.db", mode="live"),
    )


def decide_once(markets: Sequence[Market]) -> Known:
    """Decide on all events; what is approved is what gets prepared."""
    now = CLOCK.now()
    strategies = [
        parse_strategy(STRATEGY.format(place=place), f"strategies/event-{place}.yaml")
        for place in range(len(markets))
    ]
    tags = Tags(sector="technology")
    holding = PricedHolding(symbol="QQQ", usd_est=UsdEst(600_000.0), as_of=now, tags=tags)
    portfolio = Portfolio(holdings=(holding,), as_of=now)
    events = [
        EventView(event=strategy.event, markets=(quoted(market),))
        for strategy, market in zip(strategies, markets, strict=True)
    ]
    view = View(
        cycle=1,
        now=now,
        mode="live",
        version="benchmark",
        limits=make_terms().limits(portfolio),
        portfolio=portfolio,
        account=Account(cash_usd=Usd(Decimal(100_000)), premium_used_usd=Usd(Decimal(0))),
        events=tuple(events),
    )
    decision = decide(view, strategies)
    by_event = {strategy.event: strategy for strategy in strategies}
    return Known(view=view, strategies=by_event, intents=decision.approved)


def make_terms() -> Terms:
    """Return shared limits that leave room for each event."""
    return Terms(
        mode="live",
        version="benchmark",
        risk_aversion=4.3,
        premium_budget_usd=Decimal(90_000),
        premium_budget_share=0.0,
        max_total_usd=Decimal(90_000),
        max_total_share=0.0,
        max_cluster_usd=None,
        max_cluster_share=None,
        funding_rate=0.0,
        correlations=Correlations(),
        volatility=0.16,
        max_price_age=timedelta(days=4),
        max_view_age=timedelta(hours=1),
        max_quote_age=timedelta(hours=1),
        deadline=timedelta(minutes=2),
    )


def quoted(market: Market) -> MarketView:
    """Return a market with a book around 30 cents."""
    now = CLOCK.now()
    bids = tuple((30 - step) * MILLION // 100 for step in range(1, 5))
    asks = tuple((30 + step) * MILLION // 100 for step in range(1, 5))
    sizes = (4_000 * MILLION,) * 4
    book = Book(market.token_ids[0], int(now.timestamp() * 1000), bids, sizes, asks, sizes)
    return MarketView(market=market, adverse_index=0, quote=Quote(book, now))


def other_signer(trader: Trader, known: Known) -> Callable[[], Awaitable[float]]:
    """Return what lets py-clob-client-v2 sign one of the same orders, and returns seconds."""
    from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, SignatureTypeV2
    from py_clob_client_v2.order_utils.model.order_data_v2 import OrderDataV2
    from py_clob_client_v2.order_utils.model.side import Side
    from py_clob_client_v2.signer import Signer

    account = trader.sdk.account
    key = SESSION if account.is_session else OWNER
    intent = known.intents[0]
    domain = domain_of(intent.token_id, neg_risk=False, contracts=POLYGON)
    builder = ExchangeOrderBuilderV2(domain.exchange, CHAIN_ID, Signer(key.reveal(), CHAIN_ID))
    deposit = account.kind is WalletKind.DEPOSIT
    fields = OrderDataV2(
        maker=account.wallet,
        signer=account.wallet if deposit else account.signer,
        tokenId=intent.token_id,
        makerAmount=str(int(intent.notional_usd * MILLION)),
        takerAmount=str(int(intent.size * MILLION)),
        side=Side.BUY,
        signatureType=SignatureTypeV2(int(account.kind)),
    )

    async def sign() -> float:
        began = time.perf_counter()
        builder.build_signed_order(fields)
        return time.perf_counter() - began

    return sign


async def sync_once(file: int) -> float:
    """Append one page and let the disk confirm it; return seconds."""
    began = time.perf_counter()
    os.write(file, bytes(4096))
    os.fdatasync(file)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

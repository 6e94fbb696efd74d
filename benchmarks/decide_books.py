"""A whole decision on each of the real recorded books, what is not quiet recorded on disk.

From opening the file to the last book, validation and the ledger included, imports excluded:
the tape is played as ``polyhedge replay`` plays it, and ``bot.engine.lookout`` decides on each
book as a cycle does. The portfolio is that of ``config.example.yaml``: eight holdings. Each token
has a strategy of its own with the sizing rule ``coverage`` and the triggers ``probability`` and
``review``, so that no book is idle. Orders are decided and recorded, not sent; what comes of 15
minutes of the tape is one transaction.

Run it with ``make bench``, or ``python -m benchmarks.decide_books``.
"""

import asyncio
import cProfile
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from msgspec import structs

from benchmarks.replay_books import FOLDER, REPO, SNAPSHOTS, import_parquet, open_tape
from bot.app.build import make_terms
from bot.clock import SteppedClock
from bot.config import load_settings
from bot.engine.lookout import Finding, Lookout
from bot.ledger import Ledger
from bot.model.market import Book, Market, MarketEvent
from bot.model.strategy import Strategy
from bot.model.units import Usd
from bot.model.view import Account, EventView, MarketView, View
from bot.portfolio import open_portfolio
from bot.strategy import parse_strategy
from bot.venues.recorded.source import RecordedMarketData

TARGET_PER_S = 30_000
PROCESSES = 5
CASH_USD = Usd(Decimal(3000))
IMPACTS = (
    "{sector: {technology: -30%}, symbol: {BTC: -40%}}",
    "{sector: {real_estate: -40%}, symbol: {TLT: -40%, EEM: -30%}}",
)
STRATEGY = """
strategy: {name}
event: {{market: {{condition_id: {condition_id}}}, adverse: {adverse}, horizon: 30d}}
impact: {impact}
sizing: {{rule: coverage, target: {{20%: 30%, 60%: 60%}}, hysteresis: 2%}}
triggers:
  - probability: {{crosses: [20%, 60%], hysteresis: 5%}}
  - review: {{every: week}}
costs: {{min_benefit_to_cost: 0.5}}
limits: {{max_premium_usd: 400, max_order_usd: 150}}
"""


def main(arguments: list[str]) -> int:
    """Print the rate; return 1 if it is lower than it must be."""
    if arguments:
        measure(profiled="profile" in arguments)
        return 0
    if not (FOLDER / "books.parquet").is_file():
        print(f"decide_books: skipped, the recorded books are not in {FOLDER}")
        return 0
    rates: list[float] = []
    verdicts: dict[str, int] = {}
    for _ in range(PROCESSES):
        command = [sys.executable, "-m", "benchmarks.decide_books", "once"]
        done = subprocess.run(command, cwd=REPO, check=True, capture_output=True)  # noqa: S603
        seconds, verdicts = json.loads(done.stdout.splitlines()[-1])
        rates.append(SNAPSHOTS / seconds)
    print(f"decide_books: a whole decision on each of {SNAPSHOTS:,} real books")
    recorded = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())
    print(f"  recorded on disk: {recorded}")
    print(f"  {statistics.median(rates):>9,.0f}/s, median of {PROCESSES} (best {max(rates):,.0f})")
    print(f"  must be: {TARGET_PER_S:,}/s")
    return int(statistics.median(rates) < TARGET_PER_S)


def measure(*, profiled: bool) -> None:
    """Print seconds and recorded verdicts of one run in this process."""
    import_parquet()
    empty = asyncio.run(make_view())
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory(dir=REPO) as folder:
        if profiled:
            profile.enable()
        began = time.perf_counter()
        decided, verdicts = asyncio.run(play(Path(folder) / "ledger.db", empty))
        seconds = time.perf_counter() - began
        profile.disable()
    if decided != SNAPSHOTS:
        raise SystemExit(f"decided on {decided} of {SNAPSHOTS} books: not comparable")
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    print(json.dumps([seconds, verdicts]))


async def make_view() -> View:
    """Return a view of the example's portfolio, of 3,000 USD on the venue, and of no event."""
    settings = load_settings(REPO / "config.example.yaml", {})
    now = open_tape().starts_at
    portfolio = await open_portfolio(settings.portfolio, report=_ignore).read(now)
    terms = make_terms(settings)
    return View(
        cycle=0,
        now=now,
        mode="replay",
        version=terms.version,
        limits=terms.limits(portfolio),
        portfolio=portfolio,
        account=Account(cash_usd=CASH_USD, premium_used_usd=Usd(Decimal(0))),
        events=(),
    )


async def play(path: Path, empty: View) -> tuple[int, Counter[str]]:
    """Return how many books were decided on, and the verdicts that were recorded."""
    tape = open_tape()
    clock = SteppedClock(start=tape.starts_at - timedelta(seconds=1))
    source = RecordedMarketData(clock=clock, tape=tape)
    named = [pair for market in tape.markets for pair in _hedge_both_sides(market)]
    strategies = [strategy for _, strategy in named]
    view = replace(empty, events=tuple(event for event, _ in named))
    verdicts: Counter[str] = Counter()
    ledger = Ledger.open(path, mode="replay")

    def record(found: Finding) -> None:
        view, decision = found
        strategy = by_event[decision.events[0].event]
        # Each decision is a cycle of its own: a cycle has one decision.
        cycle = sum(verdicts.values()) + 1
        ledger.record_decision(
            replace(view, cycle=cycle), structs.replace(decision, cycle=cycle), (strategy,)
        )
        verdicts[decision.events[0].verdict] += 1

    decided = 0

    def hear(event: MarketEvent) -> None:
        nonlocal decided
        decided += isinstance(event, Book)
        lookout.hear(event)

    by_event = {strategy.event: strategy for strategy in strategies}
    lookout = Lookout(view=view, strategies=strategies, found=record)
    source.listen(hear)
    await source.start()
    await source.watch(token for market in tape.markets for token in market.token_ids)
    while (due := source.next_event_at()) is not None:
        await clock.advance_to(due + timedelta(minutes=15))
        with ledger.transaction():  # nothing leaves in a replay that must be on disk before
            await source.refresh()
    ledger.close()
    return decided, verdicts


def _hedge_both_sides(market: Market) -> Iterator[tuple[EventView, Strategy]]:
    """Yield an event for each token of a market, so that each book is somebody's."""
    for index, outcome in enumerate(market.outcomes):
        name = f"{market.slug}-{outcome.lower()}"
        text = STRATEGY.format(
            name=name,
            condition_id=market.condition_id,
            adverse=outcome,
            impact=IMPACTS[index],
        )
        strategy = parse_strategy(text, f"strategies/{name}.yaml")
        candidate = MarketView(market=market, adverse_index=index, quote=None)
        yield EventView(event=strategy.event, markets=(candidate,)), strategy


def _ignore(_event: str, **_keys: object) -> None:
    """Log nothing."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Resident memory of the real daemon in paper mode, and how it grows.

The console command runs as a process of its own against the local exchange of ``bot.sandbox``,
which sends a new 20-level book of a random market ``BOOKS_PER_S`` times a second. Time is not
stretched, work is: a cycle each 5 s in place of each 5 minutes. Growth is the slope of a straight
line through the samples of the second half, per hour of that; the first half is warm-up.

    python -m benchmarks.memory [MINUTES [MARKETS ...]]
"""

import asyncio
import math
import os
import statistics
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from bot.clock import SystemClock
from bot.model.market import Book, FeeSchedule, Market, MarketKind
from bot.model.units import MILLION, Price, Shares
from bot.sandbox.server import Sandbox
from bot.venues.books import epoch_ms
from bot.venues.polymarket.settings import Endpoints
from bot.venues.tokens import ctf_condition_id, ctf_token_ids

MINUTES = 20.0
MARKETS = {200: 130, 5_000: 200}
"""Number of markets -> the most MB that they may take."""
GROWTH = {200: 5.0}
"""The same -> the most MB an hour that they may grow by."""
SERIES = 20
"""Strategies, one for each; the markets are shared out among them."""
BOOKS_PER_S = 200
SAMPLE_S = 5.0
CENT_E6 = 10_000
LEVELS = 20
CLOCK = SystemClock()

CONFIG = """
mode: paper
market_data: polymarket
portfolio: {{holdings: [{{symbol: QQQ, value: 60000, sector: technology}}]}}
check_every: 5s
log_format: json
polymarket: {{gamma_url: {gamma}, clob_url: {clob}, market_ws_url: {stream}}}
"""
STRATEGY = """
strategy: {name}
event: {{market: {{series: {name}, outcome: "yes"}}, adverse: "Yes", horizon: 900d}}
impact: {{sector: {{technology: -10%}}}}
sizing: {{rule: coverage, target: 60%}}
limits: {{max_premium_usd: 400, max_order_usd: 150}}
roll: {{before_end: 1d}}
"""


def main(arguments: list[str]) -> int:
    """Print a row for each number of markets; return 1 if one takes too much."""
    minutes = float(arguments[0]) if arguments else MINUTES
    numbers = [int(text) for text in arguments[1:]] or list(MARKETS)
    print(f"memory: the daemon in paper mode, {minutes:g} minutes each, a cycle each 5 s")
    missed = False
    for number in numbers:
        samples = asyncio.run(watch_daemon(number, minutes=minutes))
        late = samples[len(samples) // 2 :]
        slope = np.polyfit([at for at, _ in late], [mb for _, mb in late], 1)[0] * 3600
        most, typical = max(mb for _, mb in samples), statistics.median(mb for _, mb in late)
        limit, growth = MARKETS.get(number, math.inf), GROWTH.get(number, math.inf)
        print(
            f"  {number:>5,} markets: {typical:5.1f} MB RSS (most {most:5.1f}, must be {limit}),"
            f" {slope:+.1f} MB an hour (must be {growth:g})",
            flush=True,
        )
        missed |= most > limit or slope > growth
    return int(missed)


async def watch_daemon(number: int, *, minutes: float) -> list[tuple[float, float]]:
    """Return (seconds, MB) samples of a daemon with this many markets."""
    markets = [make_market(place) for place in range(number)]
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(markets=markets, clock=CLOCK) as sandbox:
            for place, market in enumerate(markets):
                sandbox.tell(make_book(market, place))
            write_files(Path(folder), sandbox.endpoints)
            moving = asyncio.create_task(move_books(sandbox, markets))
            try:
                return await sample_daemon(Path(folder), minutes=minutes)
            finally:
                moving.cancel()
                with suppress(asyncio.CancelledError):
                    await moving


async def sample_daemon(folder: Path, *, minutes: float) -> list[tuple[float, float]]:
    """Run the command in ``folder`` and return its samples."""
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "bot", "run", "--config", "config.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    daemon = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=log, stderr=log, env=environment
    )
    samples: list[tuple[float, float]] = []
    began = CLOCK.monotonic()
    try:
        while (at := CLOCK.monotonic() - began) < minutes * 60:
            await asyncio.sleep(SAMPLE_S)
            if daemon.returncode is not None:
                raise SystemExit(f"the daemon ended: {(folder / 'log').read_text()[-2000:]}")
            samples.append((at, resident_mb(daemon.pid)))
    finally:
        if daemon.returncode is None:
            daemon.terminate()
            await daemon.wait()
        log.close()
    lines = (folder / "log").read_text().splitlines()
    cycles = sum("cycle.finished" in line for line in lines)
    failed = sum("source.failed" in line or "cycle.skipped" in line for line in lines)
    print(f"  {cycles} cycles; {failed} times a source failed or a cycle was skipped")
    if not cycles:
        raise SystemExit("no cycle was finished: this says nothing of memory")
    return samples


def resident_mb(pid: int) -> float:
    """Return the resident set of a process, MB of a million bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit(f"/proc/{pid}/status does not say VmRSS")


async def move_books(sandbox: Sandbox, markets: list[Market]) -> None:
    """Send new books at random until cancelled."""
    chance = np.random.default_rng(7)
    while True:
        await asyncio.sleep(0.1)
        for place in chance.integers(len(markets), size=BOOKS_PER_S // 10).tolist():
            sandbox.tell(make_book(markets[place], int(chance.integers(10_000))))


def make_market(place: int) -> Market:
    """Return a market; those of a series end two days after each other."""
    member, series = divmod(place, SERIES)
    condition_id = ctf_condition_id(f"memory-{place}")
    name = f"series-{series}"
    market = Market(
        condition_id=condition_id,
        kind=MarketKind.CTF,
        question=f"Will number {place} happen, which somebody cares about?",
        slug=f"{name}-{member}",
        outcomes=("Yes", "No"),
        token_ids=ctf_token_ids(condition_id),
        tick=Price(Decimal("0.01")),
        minimum_shares=Shares(Decimal(5)),
        neg_risk=False,
        fee=FeeSchedule(rate=Decimal("0.04")),
        group_title="yes",
        series_slug=name,
        ends_at=CLOCK.now() + timedelta(days=20 + 2 * member),
    )
    return replace(market, event_slug=market.slug)


def make_book(market: Market, seed: int) -> Book:
    """Return a book of 20 levels a side around a mid from 25c to 75c."""
    middle = 25 + seed % 50
    sizes = tuple((100 + (seed * 7 + level * 13) % 900) * MILLION for level in range(LEVELS))
    return Book(
        market.token_ids[0],
        epoch_ms(CLOCK.now()),
        tuple((middle - level) * CENT_E6 for level in range(1, LEVELS + 1)),
        sizes,
        tuple((middle + level) * CENT_E6 for level in range(1, LEVELS + 1)),
        sizes,
    )


def write_files(folder: Path, endpoints: Endpoints) -> None:
    """Write the config, and a strategy for each series."""
    config = CONFIG.format(
        gamma=endpoints.gamma, clob=endpoints.clob, stream=endpoints.market_stream
    )
    (folder / "config.yaml").write_text(config)
    (folder / "strategies").mkdir()
    for number in range(SERIES):
        name = f"series-{number}"
        (folder / "strategies" / f"{name}.yaml").write_text(STRATEGY.format(name=name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

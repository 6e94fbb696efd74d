"""How long a backtest takes, and how much memory years of many markets take.

27 months of real daily bars, ten strategies and thirty holdings, on one core: opening the files,
every decision, ledger included; seconds of the process, so that others' work does not count. Then
five made-up years of a thousand markets, of which ten strategies name some. Ends with 1 if a number
is not what it must be.

    python -m benchmarks.backtest
"""

import asyncio
import csv
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app.backtest import Span, backtest
from bot.config import load_settings
from bot.history.fees import FeeRegime
from bot.history.open import PRICES, VenueName, open_archive

REPO = Path(__file__).resolve().parents[1]
DATA = REPO.parent / "shared/data"
CONFIG = REPO / "docs/examples/backtest/technology.yaml"
MOST_S, MOST_MB = 8.0, 500
MARKETS, YEARS = 1_000, 5
START = datetime(2024, 1, 1, tzinfo=UTC)


def run(data: Path, prices: Path, until: datetime) -> tuple[float, int, float]:
    """Run one backtest; return its processor seconds, its cycles and the peak in MB."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(load_settings(CONFIG, {}), ledger=Path(folder) / "ledger.db")
        found = asyncio.run(
            backtest(
                settings,
                archive=open_archive(data, VenueName.POLYMARKET, fees=FeeRegime.DATED),
                prices=prices,
                span=Span(since=START, until=until),
                report=lambda _name, **_keys: None,
                seen=lambda _: None,
            )
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.process_time() - began, found.summary.cycles, peak


def make_up(folder: Path) -> None:
    """Write a thousand markets of five years: each lives a year, then the next takes its place."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    home = folder / "polymarket_daily"
    home.mkdir()
    days = YEARS * 365
    chance = np.random.default_rng(1)
    prices = np.clip(0.3 + np.cumsum(chance.normal(0, 0.01, (MARKETS, days)), axis=1), 0.01, 0.99)
    dates = np.arange(np.datetime64(START.date()), np.datetime64(START.date()) + days)
    table = {
        "mkt": pa.array(np.repeat(np.arange(MARKETS, dtype=np.int32), days)),
        "date": pa.array(np.tile(dates, MARKETS)),
        "p": pa.array(np.round(prices, 4).astype(np.float32).ravel()),
    }
    pq.write_table(pa.table(table), home / "prices.parquet")
    end = START + timedelta(days=days)
    with gzip.open(home / "markets.csv.gz", "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["mkt", "condition_id", "token0", "token1", "label0", "label1", "question", "slug",
             "event_slug", "topic", "sched_end", "payout0", "resolved_at", "first_bar"]
        )  # fmt: skip
        for mkt in range(MARKETS):
            question = f"US recession in {2024 + mkt}?" if mkt < 5 else f"Question {mkt}?"
            writer.writerow(
                [mkt, f"0x{mkt:064x}", "", "", "Yes", "No", question, f"m-{mkt}", "", "other",
                 f"{end:%Y-%m-%d}", "0.0", f"{end:%Y-%m-%dT00:00:00Z}", f"{START:%Y-%m-%d}"]
            )  # fmt: skip


def main(words: list[str]) -> int:
    """Measure in processes of their own; return 1 if a number was missed."""
    if not DATA.is_dir():
        print(f"backtest: needs the recorded market data in {DATA}, which is not here")
        return 0
    if words:
        until = START + timedelta(days=int(words[1]))
        seconds, cycles, peak = run(Path(words[0]), DATA / PRICES, until)
        print(f"{seconds:.2f} {cycles} {peak:.0f}")
        return 0
    real = _measure(DATA, days=820)
    print(f"27 months, 10 strategies, 30 holdings: {real[0]:.1f} s ({MOST_S:.0f} s at most),")
    print(f"  {real[1]:.0f} cycles, {1000 * real[0] / real[1]:.1f} ms each; {real[2]:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        make_up(Path(folder))
        large = _measure(Path(folder), days=YEARS * 365 - 1)
    print(f"{YEARS} years, {MARKETS:,} markets: {large[2]:.0f} MB ({MOST_MB} MB at most),")
    print(f"  {large[1]:.0f} cycles, {large[0]:.1f} s")
    return int(real[0] > MOST_S or large[2] > MOST_MB)


def _measure(data: Path, *, days: int) -> tuple[float, float, float]:
    said = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "benchmarks.backtest", str(data), str(days)],
        check=True,
        capture_output=True,
        text=True,
        cwd=REPO,
    ).stdout.split()
    seconds, cycles, peak = (float(each) for each in said)
    return seconds, cycles, peak


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

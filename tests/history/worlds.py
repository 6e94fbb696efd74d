"""Recordings as files, small and made up or cut from the real ones, and backtests over them."""

import asyncio
import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.backtest import Backtest, Span, backtest
from bot.clock import SteppedClock
from bot.config import Settings, load_settings
from bot.history.archive import Archive
from bot.history.fees import FeeRegime
from bot.history.open import PRICES, VenueName, open_archive
from bot.history.source import HistoryMarketData
from bot.ledger import LedgerReader

COLUMNS = (
    "mkt", "condition_id", "token0", "token1", "label0", "label1", "question", "slug",
    "event_slug", "topic", "end_date", "sched_end", "start_date", "volume_usd", "winner",
    "payout0", "resolved_at", "first_bar", "last_bar", "n_bars", "flags",
)  # fmt: skip
Row = dict[str, str]
Bars = Sequence[tuple[int, str, float]]
"""Market, day and price of token 0."""
Closes = Mapping[str, Sequence[tuple[str, float]]]


def at(text: str) -> datetime:
    """Return an instant of 2024: ``03-01`` or ``03-01T15:00``."""
    return datetime.fromisoformat(f"2024-{text}").replace(tzinfo=UTC)


def days(first: str, count: int) -> list[str]:
    """Return so many days from the first on."""
    start = date.fromisoformat(first)
    return [(start + timedelta(days=number)).isoformat() for number in range(count)]


def make_row(mkt: int = 1, **said: str) -> Row:
    """Return a market that is listed on 2024-03-01 and resolved Yes on 2024-03-20 at 15:00."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "mkt": str(mkt),
        "condition_id": f"0x{mkt:064x}",
        "label0": "Yes",
        "label1": "No",
        "question": f"Will it happen by June 30? ({mkt})",
        "slug": f"will-it-happen-{mkt}",
        "topic": "geopolitics",
        "sched_end": "2024-06-30",
        "payout0": "1.0",
        "resolved_at": "2024-03-20T15:00:00Z",
        "first_bar": "2024-03-01",
    }
    return row | said


@dataclass(kw_only=True)
class Recorded:
    """What the files of a recording say."""

    rows: list[Row] = field(default_factory=lambda: [make_row()])
    bars: Bars = tuple((1, day, 0.2) for day in days("2024-03-01", 19))
    closes: Closes = field(
        default_factory=lambda: {"SPY": [(day, 500.0) for day in days("2024-02-20", 60)]}
    )

    def write(self, folder: Path) -> Path:
        """Write the files as the recordings have them."""
        pa = pytest.importorskip("pyarrow", reason="needs pyarrow: recordings are Parquet")
        parquet = pytest.importorskip("pyarrow.parquet")
        (folder / "polymarket_daily").mkdir(parents=True, exist_ok=True)
        with gzip.open(folder / "polymarket_daily" / "markets.csv.gz", "wt", 1, newline="") as file:
            writer = csv.DictWriter(file, self.rows[0].keys())
            writer.writeheader()
            writer.writerows(self.rows)
        marks, dates, prices = zip(*self.bars, strict=True)
        table = {
            "mkt": pa.array(marks, pa.int32()),
            "date": pa.array([date.fromisoformat(day) for day in dates], pa.date32()),
            "p": pa.array(prices, pa.float32()),
        }
        parquet.write_table(pa.table(table), folder / "polymarket_daily" / "prices.parquet")
        self._write_closes(folder / PRICES, pa, parquet)
        return folder

    def _write_closes(self, folder: Path, pa: Any, parquet: Any) -> None:
        folder.mkdir(exist_ok=True)
        rows = [(day, name, close) for name, own in self.closes.items() for day, close in own]
        table = {
            "date": pa.array([date.fromisoformat(day) for day, _, _ in rows], pa.date32()),
            "ticker": pa.array([name for _, name, _ in rows]),
            "close": pa.array([close for _, _, close in rows], pa.float64()),
        }
        parquet.write_table(pa.table(table), folder / "etf_index_crypto_ohlcv.parquet")


CONFIG = """
ledger: unused.db
strategies: strategies
portfolio: {holdings: [{symbol: SPY, value: 100000, asset_class: equity}]}
premium_budget: 3000usd
max_total: 3000usd
paper: {cash_usd: 4000}
"""
STRATEGY = """
strategy: it-happens
event: {market: {slug: will-it-happen-1}, adverse: "Yes", horizon: 365d}
impact: {basis: difference, asset_class: {equity: -5%}}
sizing: {rule: coverage, target: 50%}
triggers: [{review: {every: day}}]
costs: {min_benefit_to_cost: 0.1, max_share_of_depth: 100%}
limits: {max_premium_usd: 1500, max_order_usd: 300}
"""


def write_config(
    folder: Path, config: str = CONFIG, strategies: Iterable[tuple[str, str]] = ()
) -> Settings:
    """Write config and strategies and read them as the command does."""
    (folder / "strategies").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(config)
    for name, text in strategies or [("it-happens", STRATEGY)]:
        (folder / "strategies" / f"{name}.yaml").write_text(text)
    return load_settings(folder / "config.yaml", {})


def run(
    data: Path,
    settings: Settings,
    *,
    since: datetime,
    until: datetime,
    ledger: Path,
    fees: FeeRegime = FeeRegime.DATED,
    venue: VenueName = VenueName.POLYMARKET,
) -> Backtest:
    """Run a backtest over files, as the command does."""
    return asyncio.run(
        backtest(
            replace(settings, ledger=ledger),
            archive=open_archive(data, venue, fees=fees),
            prices=data / PRICES,
            span=Span(since=since, until=until),
            report=lambda _name, **_keys: None,
            seen=lambda _: None,
        )
    )


def read_ledger(path: Path) -> LedgerReader:
    """Open a finished ledger."""
    return LedgerReader.open(path)


def open_at(archive: Archive, instant: datetime) -> HistoryMarketData:
    """Return market data as it stands at an instant, started."""
    source = HistoryMarketData(clock=SteppedClock(start=instant), archive=archive)
    asyncio.run(source.start())
    return source

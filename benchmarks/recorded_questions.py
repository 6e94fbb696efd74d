"""Questions of real history, each with its market's price at one instant and what came of it."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model.portfolio import Reading
from bot.model.signal import Raw

DATA = Path(__file__).resolve().parents[2] / "shared/data"
HORIZONS = (1, 7, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One market at one instant, and what came of it."""

    key: str
    group: str
    category: str
    text: str
    at: datetime
    ends_at: datetime
    market: float
    payout: float
    resolved_at: datetime
    horizon: int


def read_forecastbench() -> Iterator[Question]:
    """Yield the questions of forecastbench, at the instant their price was frozen."""
    path = DATA / "forecastbench/questions_freeze_resolution.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if not row["freeze_value"] or row["resolved_to"] not in ("0.0", "1.0"):
                continue
            at, ends_at = _instant(row["freeze"]), _instant(row["close_date"])
            yield Question(
                key=row["id"],
                group=row["id"],
                category=row["source"],
                text=row["question"],
                at=at,
                ends_at=max(ends_at, at + timedelta(days=1)),
                market=float(row["freeze_value"]),
                payout=float(row["resolved_to"]),
                resolved_at=_instant(row["resolution_date"]) + timedelta(days=1),
                horizon=_class_of(ends_at - at),
            )


def _class_of(left: timedelta) -> int:
    return max((days for days in HORIZONS if left >= timedelta(days=days)), default=HORIZONS[0])


def read_polymarket_daily() -> Iterator[Question]:
    """Yield markets so many days before their scheduled end, at prices of 00:00 UTC."""
    import pyarrow.parquet as pq

    bars: dict[str, dict[str, float]] = defaultdict(dict)
    table = pq.read_table(DATA / "polymarket_daily/prices.parquet").to_pydict()
    for mkt, day, price in zip(table["mkt"], table["date"], table["p"], strict=True):
        bars[str(mkt)][str(day)[:10]] = float(price)
    with gzip.open(DATA / "polymarket_daily/markets.csv.gz", "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if not row["sched_end"] or not row["payout0"] or "amm_era" in row["flags"]:
                continue
            for days in HORIZONS:
                day = _instant(row["sched_end"]) - timedelta(days=days)
                price = bars[row["mkt"]].get(f"{day:%Y-%m-%d}")
                if price is None or _instant(row["resolved_at"]) <= day:
                    continue
                yield Question(
                    key=row["mkt"],
                    group=row["event_group"],
                    category=row["topic"],
                    text=row["question"],
                    at=day,
                    ends_at=_instant(row["sched_end"]) + timedelta(days=1),
                    market=price,
                    payout=float(row["payout0"]),
                    resolved_at=_instant(row["resolved_at"]),
                    horizon=days,
                )


def read_closes(symbol: str) -> Raw:
    """Return daily closes, oldest first."""
    import pyarrow.parquet as pq

    table = pq.read_table(
        DATA / "prices/etf_index_crypto_ohlcv.parquet",
        columns=["date", "ticker", "close"],
        filters=[("ticker", "=", symbol)],
    ).to_pydict()
    rows = sorted(zip((str(day)[:10] for day in table["date"]), table["close"], strict=True))
    return tuple(
        Reading(name=symbol, number=float(close), as_of=_instant(day)) for day, close in rows
    )


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)

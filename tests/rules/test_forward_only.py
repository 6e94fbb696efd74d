"""Nothing that is added later changes what was read or estimated before."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.signal import Estimate, Outlook, ReadingRule
from bot.portfolio.computed import ComputedReadings
from bot.portfolio.series import SeriesReader
from bot.rules.readings.correlation import Correlation
from bot.rules.readings.sentiment import Sentiment
from bot.rules.readings.volatility import Volatility
from bot.rules.signals.vol_implied import VolImplied, When
from tests.rules.series import walk

Row = tuple[str, str, float]
"""Date, symbol, number."""

READINGS: tuple[tuple[str, ReadingRule], ...] = (
    ("vol", Volatility(file="all.csv", symbol="A")),
    ("together", Correlation(file="all.csv", symbols=("A", "B"))),
    ("news", Sentiment(file="all.csv", symbol="NEWS", column="price")),
)
SIGNALS = (
    VolImplied(file="all.csv", symbol="A", below=80.0, when=When.ANY_TIME),
    VolImplied(file="all.csv", symbol="B", above=130.0),
)
INSTANTS = (380, 520, 521, 640)
"""Days after which everything is looked at; rows go on for longer."""


def simulated() -> list[Row]:
    end = datetime(2026, 3, 1, tzinfo=UTC)
    rows: list[Row] = []
    for symbol, seed in (("A", 1), ("B", 2), ("NEWS", 3)):
        numbers = [reading.number for reading in walk(800, seed=seed, end=end)]
        if symbol == "NEWS":
            numbers = [number / 100.0 - 1.0 for number in numbers]
        start = end - timedelta(days=799)
        rows += [
            (f"{start + timedelta(days=day):%Y-%m-%d}", symbol, number)
            for day, number in enumerate(numbers)
        ]
    return rows


def recorded(shared_data: Path) -> list[Row]:
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(
        shared_data / "prices/etf_index_crypto_ohlcv.parquet", columns=["date", "ticker", "close"]
    ).to_pydict()
    names = {"BTC_USD": "A", "ETH_USD": "B"}
    rows = [
        (str(day)[:10], names[ticker], float(close))
        for day, ticker, close in zip(*(table[c] for c in ("date", "ticker", "close")), strict=True)
        if ticker in names and str(day)[:4] in ("2023", "2024", "2025")
    ]
    moods = [
        (day, "NEWS", float(place % 7) / 7.0 - 0.5)
        for place, (day, symbol, _) in enumerate(rows)
        if symbol == "A"
    ]
    return rows + moods


@pytest.fixture(params=["simulated", "recorded"])
def rows(request: pytest.FixtureRequest) -> list[Row]:
    if request.param == "simulated":
        return simulated()
    return recorded(request.getfixturevalue("shared_data"))


async def look(folder: Path, rows: Sequence[Row], now: datetime) -> tuple[Any, ...]:
    """Return every reading and estimate at ``now`` from a file that holds these rows."""
    with (folder / "all.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["as_of", "symbol", "price"])
        writer.writerows(rows)
    series = SeriesReader(folder=folder)
    readings, failures = await ComputedReadings(rules=READINGS, series=series).read(now)
    assert failures == {}
    estimates: list[Estimate] = []
    for signal in SIGNALS:
        raw = await signal.fetch(series.at(now))
        # Near today's price, wherever that is: far away every path would say the same.
        side = "below" if signal.below else "above"
        near = signal.model_copy(update={side: raw[-1].number * (0.8 if signal.below else 1.3)})
        outlook = Outlook(now, 0.3, now + timedelta(days=20), readings)
        estimates.append(near.estimate(raw, outlook))
    return readings, tuple(estimates)


async def test_rows_that_come_later_change_nothing_of_before(
    rows: list[Row], tmp_path: Path
) -> None:
    first = datetime.fromisoformat(min(row[0] for row in rows)).replace(tzinfo=UTC)
    for days in INSTANTS:
        now = first + timedelta(days=days, hours=9)
        then = [row for row in rows if row[0] <= f"{now:%Y-%m-%d}"]
        as_it_was = await look(tmp_path, then, now)
        with_all_that_came = await look(tmp_path, rows, now)
        assert with_all_that_came == as_it_was
        assert len(then) < len(rows)


async def test_rows_of_before_do_matter(tmp_path: Path) -> None:
    rows = simulated()
    now = datetime(2026, 1, 1, 9, tzinfo=UTC)
    changed = [(day, symbol, 1.02 * n if day == "2025-12-30" else n) for day, symbol, n in rows]
    assert await look(tmp_path, rows, now) != await look(tmp_path, changed, now)

"""The real recordings, cut down to the markets that matter here, and spoilt after an instant."""

import csv
import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.history.series import find_series
from tests.history.worlds import Recorded, Row, make_row

if TYPE_CHECKING:
    import numpy as np

Spoil = Callable[[Recorded, datetime, "np.random.Generator"], Recorded]
_HINDSIGHT = ("last_bar", "n_bars", "max_gap_days", "last_p", "winner", "volume_usd", "flags")
"""Columns that were known only later and must not be read at all."""


def read_real(data: Path, symbols: tuple[str, ...], *, every: int) -> Recorded:
    """Return the markets of a known series, each ``every``-th other one, and these closes."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    with gzip.open(data / "polymarket_daily" / "markets.csv.gz", "rt", newline="") as file:
        rows = [
            row
            for number, row in enumerate(csv.DictReader(file))
            if find_series(row["question"])[0] or number % every == 0
        ]
    kept = {int(row["mkt"]) for row in rows}
    table = parquet.ParquetFile(data / "polymarket_daily" / "prices.parquet").read()
    bars = [
        (mkt, day.isoformat(), price)
        for mkt, day, price in zip(*_columns(table, "mkt", "date", "p"), strict=True)
        if mkt in kept
    ]
    return Recorded(rows=rows, bars=bars, closes=_read_closes(data, symbols, parquet))


def _columns(table: Any, *names: str) -> list[list[Any]]:
    return [table[name].to_pylist() for name in names]


def _read_closes(
    data: Path, symbols: tuple[str, ...], parquet: Any
) -> dict[str, list[tuple[str, float]]]:
    table = parquet.ParquetFile(data / "prices" / "etf_index_crypto_ohlcv.parquet").read()
    closes: dict[str, list[tuple[str, float]]] = {symbol: [] for symbol in symbols}
    for symbol, day, close in zip(*_columns(table, "ticker", "date", "close"), strict=True):
        if symbol in closes and day.year >= 2023:
            closes[symbol].append((day.isoformat(), close))
    return closes


def shuffle(recorded: Recorded, after: datetime, chance: "np.random.Generator") -> Recorded:
    """Let prices, closes and resolutions after an instant change places."""
    known, later = _split_bars(recorded, after)
    order = chance.permutation(len(later))
    shuffled = [
        (mkt, day, later[place][2]) for (mkt, day, _), place in zip(later, order, strict=True)
    ]
    open_rows = [row for row in recorded.rows if _is_open(row, after)]
    ends = [(row["payout0"], row["resolved_at"]) for row in open_rows]
    given = iter([ends[place] for place in chance.permutation(len(ends))])
    rows = [_with_end(row, *next(given)) if _is_open(row, after) else row for row in recorded.rows]
    closes = {
        name: [*kept, *_shuffled(gone, chance)]
        for name, kept, gone in _split_closes(recorded, after)
    }
    return replace(recorded, rows=_blind(rows, chance), bars=[*known, *shuffled], closes=closes)


def _shuffled(
    closes: list[tuple[str, float]], chance: "np.random.Generator"
) -> list[tuple[str, float]]:
    order = chance.permutation(len(closes))
    return [(day, closes[place][1]) for (day, _), place in zip(closes, order, strict=True)]


def delete(recorded: Recorded, after: datetime, chance: "np.random.Generator") -> Recorded:
    """Leave out all that became known after an instant."""
    known, _ = _split_bars(recorded, after)
    rows = [
        _with_end(row, "", "") if _is_open(row, after) else row
        for row in recorded.rows
        if _midnight(row["first_bar"]) <= after
    ]
    closes = {name: kept for name, kept, _ in _split_closes(recorded, after)}
    return replace(recorded, rows=_blind(rows, chance), bars=known, closes=closes)


def change(recorded: Recorded, after: datetime, chance: "np.random.Generator") -> Recorded:
    """Make up all that became known after an instant: prices, ends, payouts, further markets."""
    known, later = _split_bars(recorded, after)
    made_up = [(mkt, day, float(chance.integers(1, 999)) / 1000) for mkt, day, _ in later]
    soon = (after + timedelta(hours=5)).isoformat().replace("+00:00", "Z")
    rows = [
        _with_end(row, "0.0" if row["payout0"] == "1.0" else "1.0", soon)
        if _is_open(row, after)
        else row
        for row in recorded.rows
    ]
    tomorrow = (after + timedelta(days=1)).date().isoformat()
    questions = {row["question"] for row in rows if find_series(row["question"])[0]}
    rows += [
        make_row(90_000 + number, question=question, first_bar=tomorrow, sched_end="2027-01-01",
                 resolved_at="2026-12-01T00:00:00Z", topic="crypto")
        for number, question in enumerate(sorted(questions))
    ]  # fmt: skip
    names = recorded.rows[0].keys()
    rows = [{name: row.get(name, "") for name in names} for row in rows]
    closes = {
        name: [*kept, *((day, close * float(chance.uniform(0.5, 2.0))) for day, close in gone)]
        for name, kept, gone in _split_closes(recorded, after)
    }
    return replace(recorded, rows=_blind(rows, chance), bars=[*known, *made_up], closes=closes)


def _split_bars(recorded: Recorded, after: datetime) -> tuple[list[tuple[int, str, float]], ...]:
    last = after.date().isoformat()
    known = [bar for bar in recorded.bars if bar[1] <= last]
    return known, [bar for bar in recorded.bars if bar[1] > last]


def _split_closes(
    recorded: Recorded, after: datetime
) -> Iterator[tuple[str, list[tuple[str, float]], list[tuple[str, float]]]]:
    """Yield each symbol's closes up to the day before ``after``, and the later ones."""
    first = after.date().isoformat()
    for name, rows in recorded.closes.items():
        yield (
            name,
            [row for row in rows if row[0] < first],
            [row for row in rows if row[0] >= first],
        )


def _is_open(row: Row, after: datetime) -> bool:
    """Whether the resolution of a market was not known yet."""
    return not row["resolved_at"] or datetime.fromisoformat(row["resolved_at"]) > after


def _with_end(row: Row, payout: str, resolved_at: str) -> Row:
    return row | {"payout0": payout, "resolved_at": resolved_at}


def _blind(rows: list[Row], chance: "np.random.Generator") -> list[Row]:
    """Make up what stands in the columns that tell of the future."""
    hidden = [name for name in _HINDSIGHT if name in rows[0]]
    return [row | {name: str(chance.integers(1, 1000)) for name in hidden} for row in rows]


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)

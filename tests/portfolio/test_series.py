"""Recorded series: nothing is seen that was not known, and nothing is read twice for nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import BadData, SourceDown
from bot.model.portfolio import Reading
from bot.model.signal import Get, Raw
from bot.portfolio.computed import ComputedReadings
from bot.portfolio.series import SeriesReader

DAY = timedelta(days=1)
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
PRICES = "as_of,price\n2026-03-01,10\n2026-03-02,11\n2026-03-03,12\n"


def write(folder: Path, text: str, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


async def read(
    folder: Path, *, now: datetime = NOW, symbol: str = "", lag: timedelta = DAY, **named: str
) -> list[float]:
    get = SeriesReader(folder=folder).at(now)
    rows = await get(
        named.get("file", "p.csv"), column=named.get("column", "price"), symbol=symbol, lag=lag
    )
    return [row.number for row in rows]


async def test_a_dated_close_is_known_a_day_later(tmp_path: Path) -> None:
    write(tmp_path, PRICES)
    assert await read(tmp_path) == [10.0, 11.0]
    assert await read(tmp_path, lag=timedelta(0)) == [10.0, 11.0, 12.0]
    assert await read(tmp_path, now=datetime(2026, 3, 2, tzinfo=UTC)) == [10.0]


async def test_a_symbol_has_rows_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "symbol,as_of,score\na,2026-03-01,-0.5\nb,2026-03-01,0\n")
    assert await read(tmp_path, symbol="a", column="score") == [-0.5]
    assert await read(tmp_path, symbol="b", column="score") == [0.0]
    with pytest.raises(BadData, match=r"p\.csv: has no rows of c; it has a, b"):
        await read(tmp_path, symbol="c", column="score")


async def test_a_file_that_is_empty_missing_or_no_text_is_said(tmp_path: Path) -> None:
    write(tmp_path, "symbol,as_of,price\n")
    with pytest.raises(BadData, match="has no rows of a; it has none at all"):
        await read(tmp_path, symbol="a")
    with pytest.raises(SourceDown, match=r"q\.csv: cannot be read \(No such file"):
        await read(tmp_path, file="q.csv")
    (tmp_path / "r.csv").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(BadData, match="is not UTF-8 text"):
        await read(tmp_path, file="r.csv")


async def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, PRICES)
    reader = SeriesReader(folder=tmp_path)

    async def last() -> Reading:
        get = reader.at(NOW)
        return (await get("p.csv", column="price", symbol="", lag=DAY))[-1]

    first = await last()
    assert await last() is first
    path.write_text(PRICES.replace("11", "21"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert (await last()).number == 21.0


class Counted:
    """A reading that counts how often it is computed."""

    def __init__(self) -> None:
        self.times = 0

    async def fetch(self, get: Get) -> tuple[Raw, ...]:
        return (await get("p.csv", column="price", symbol="", lag=DAY),)

    def read(self, raw: tuple[Raw, ...], name: str, now: datetime) -> tuple[Reading, ...]:
        self.times += 1
        return (Reading(name=name, number=raw[0][-1].number, as_of=now),)


async def test_a_reading_is_computed_again_for_a_new_row_or_hour(tmp_path: Path) -> None:
    write(tmp_path, PRICES)
    rule = Counted()
    computed = ComputedReadings(rules=[("r", rule)], series=SeriesReader(folder=tmp_path))
    readings: dict[str, Reading] = {}
    for minutes, times in ((0, 1), (5, 1), (61, 2), (62, 2), (60 * 24, 3)):
        readings, failures = await computed.read(NOW + timedelta(minutes=minutes))
        assert rule.times == times
        assert failures == {}
    assert readings["r"].number == 12.0


async def test_a_reading_that_fails_is_left_out_and_said(tmp_path: Path) -> None:
    rules: Sequence[tuple[str, Counted]] = [("r", Counted())]
    computed = ComputedReadings(rules=rules, series=SeriesReader(folder=tmp_path))
    readings, failures = await computed.read(NOW)
    assert readings == {}
    assert list(failures) == ["portfolio.computed.r"]
    assert "p.csv: cannot be read" in failures["portfolio.computed.r"]

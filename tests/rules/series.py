"""Series that tests hand to signals and readings, and a door that serves them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from bot.model.portfolio import Reading
from bot.model.signal import Get, Outlook, Raw

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LAST = datetime(2026, 3, 1, tzinfo=UTC)
"""The newest close that is known at ``NOW`` with a lag of a day."""


def walk(
    count: int,
    *,
    seed: int = 1,
    sigma: float = 0.6,
    start: float = 100.0,
    end: datetime = LAST,
    name: str = "BTC",
) -> Raw:
    """A price that wanders, a row a day, ending at ``end`` at the price ``start``."""
    draw = np.random.default_rng(seed)
    steps = draw.normal(0.0, sigma / math.sqrt(365.25), count - 1)
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    return rows(*(start * np.exp(logs - logs[-1])), end=end, name=name)


def rows(*numbers: float, end: datetime = LAST, name: str = "BTC") -> Raw:
    count = len(numbers)
    return tuple(
        Reading(name=name, number=float(number), as_of=end - (count - 1 - place) * DAY)
        for place, number in enumerate(numbers)
    )


def serve(series: Mapping[str, Raw]) -> tuple[Get, list[tuple[str, str, str, timedelta]]]:
    """Return a door that knows these series by symbol or file, and what it was asked."""
    asked: list[tuple[str, str, str, timedelta]] = []

    async def get(file: str, *, column: str, symbol: str, lag: timedelta) -> Raw:
        asked.append((file, column, symbol, lag))
        return series[symbol or file]

    return get, asked


def outlook(
    *,
    now: datetime = NOW,
    market: float | None = 0.3,
    days: float | None = 30.0,
    readings: Mapping[str, Reading] | None = None,
) -> Outlook:
    ends_at = None if days is None else now + timedelta(days=days)
    return Outlook(now=now, market=market, ends_at=ends_at, readings=readings or {})

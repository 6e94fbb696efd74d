"""Readings that are computed from recorded series, beside those a price source has."""

from collections.abc import Sequence
from datetime import datetime

from bot.errors import DataError
from bot.model.portfolio import Reading
from bot.model.signal import Raw, ReadingRule
from bot.portfolio.series import SeriesReader

NamedRule = tuple[str, ReadingRule]


class ComputedReadings:
    """Computes readings, again only when their series have a new row.

    Args:
        rules: Name and rule.
        series: Where they read.
    """

    def __init__(self, *, rules: Sequence[NamedRule], series: SeriesReader) -> None:
        self._rules = rules
        self._series = series
        self._known: dict[str, tuple[tuple[Raw, ...], datetime, tuple[Reading, ...]]] = {}

    async def read(self, now: datetime) -> tuple[dict[str, Reading], dict[str, str]]:
        """Return the readings by name, and why each that failed did; a failed one is left out."""
        readings: dict[str, Reading] = {}
        failures: dict[str, str] = {}
        get = self._series.at(now)
        for name, rule in self._rules:
            try:
                raw = await rule.fetch(get)
                found = self._again(name, raw, now) or rule.read(raw, name, now)
            except DataError as error:
                failures[f"portfolio.computed.{name}"] = str(error)
                continue
            self._known[name] = (raw, _hour(now), found)
            readings |= {reading.name: reading for reading in found}
        return readings, failures

    def _again(self, name: str, raw: tuple[Raw, ...], now: datetime) -> tuple[Reading, ...]:
        """Return what was computed from the same rows in the same hour; empty if it was not."""
        known = self._known.get(name)
        return () if known is None or known[:2] != (raw, _hour(now)) else known[2]


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)

"""Evidence about an event: what a signal is handed, what it says, what was learned of it.

A signal has two halves. ``fetch`` is handed the only door to the world; ``estimate`` is pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from bot.model.portfolio import Reading

Raw = tuple[Reading, ...]
"""What was fetched: one series, oldest first, none of it later than what was known."""

MARKET, OWN_VIEW = "market", "own_view"
"""Names of the two sources that are no rule."""


class Get(Protocol):
    """Reads one recorded series, up to what was known at the instant of the view."""

    async def __call__(self, file: str, *, column: str, symbol: str, lag: timedelta) -> Raw:
        """Return the rows that were known, oldest first.

        Args:
            file: As the user names it, relative to the folder of ``config.yaml``.
            column: Which column holds the numbers.
            symbol: Whose rows; empty where the file holds one series only.
            lag: A row is known this long after its time: a day for closes stamped with their date.

        Raises:
            DataError: The file is missing or malformed.
        """
        ...


class Outlook(NamedTuple):
    """What a signal may look at: one market of one event, now."""

    now: datetime
    market: float | None
    """Mid of the adverse token's book; None if it has none."""
    ends_at: datetime | None
    readings: Mapping[str, Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one signal said at one instant of the adverse outcome's probability."""

    signal: str
    """Key, stable across cycles: ``vol_implied``, ``vol_implied-2``."""
    probability: float
    as_of: datetime
    """Of the newest thing it was made from."""
    source: str
    """What it was made from; two estimates of one source are not independent."""
    note: str
    """How it came about, in words and numbers."""


class Signal(Protocol):
    """A source of evidence."""

    async def fetch(self, get: Get) -> Raw:
        """Return what the estimate is made from; empty if it needs nothing.

        Raises:
            DataError: A source is missing or malformed.
        """
        ...

    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:
        """Return the estimate; its ``signal`` is the rule's name.

        Raises:
            DataError: There is too little to go by, or it is too old.
        """
        ...


class ReadingRule(Protocol):
    """Computes readings from recorded series."""

    async def fetch(self, get: Get) -> tuple[Raw, ...]:
        """Return the series it needs.

        Raises:
            DataError: A source is missing or malformed.
        """
        ...

    def read(self, raw: tuple[Raw, ...], name: str, now: datetime) -> tuple[Reading, ...]:
        """Return the readings as of ``now``; the first one is called ``name``.

        Raises:
            DataError: There is too little to go by.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """``logit true = intercept + slope * logit market``, learned for one category."""

    intercept: float
    slope_change: float
    """To be added to the slope that the time to the end gives."""
    events: int
    """Resolved events it was learned from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLesson:
    """What the track record says of one signal."""

    weight_change: float
    """To be added to the weight that the market's liquidity gives."""
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What the track record has taught; empty before the first resolution."""

    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    """By category; a strategy without one is in the category of no name."""
    signals: Mapping[str, SignalLesson] = field(default_factory=dict)
    correlations: Mapping[str, float] = field(default_factory=dict)
    """``a|b``, names sorted -> correlation of their deviations from the market, in log-odds."""


NOTHING_LEARNED = Learned()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One forecast of an event that has resolved since: at most one a day and market."""

    event: str
    token_id: str
    category: str
    at: datetime
    ends_at: datetime | None
    """The scheduled end as it was known then."""
    market: float
    probability: float
    """The pooled forecast."""
    estimates: Mapping[str, float]
    """Signal -> what it said at the same instant."""
    prior_weight: float
    """What liquidity alone gave each signal then."""
    payout: float
    """1 happened, 0 did not; in between is scored as it is."""

"""What a taker paid on which day: most of the venue's markets were free before 2026-03-30."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from bot.model.market import FeeSchedule
from bot.venues.books import epoch_ms

_ZERO = Decimal(0)
_CRYPTO_SINCE = datetime(2026, 1, 6, tzinfo=UTC)
"""First documented for 15-minute markets only; taken for all of crypto, which errs against us.

**Source:** reports of the change of docs.polymarket.com/trading/fees of 2026-01-06, read 2026-11.
"""
_ALL_SINCE = datetime(2026, 3, 30, tzinfo=UTC)
"""**Source:** the venue's announcement as reported on 2026-03-24 (fees from 2026-03-30 on finance,
politics, economics, culture and weather), read 2026-11."""
_RATES = {
    "crypto": Decimal("0.07"),
    "equity": Decimal("0.04"),
    "commodity": Decimal("0.04"),
    "us_election": Decimal("0.04"),
    "politics_other": Decimal("0.04"),
    "shutdown_fiscal": Decimal("0.04"),
    "geopolitics": _ZERO,
}
_OTHER_RATE = Decimal("0.05")
"""Rates by topic as read in 2026-11; those of early 2026 are not known to differ.
**Source:** POLYMARKET 4.12 (docs.polymarket.com/trading/fees), read 2026-11."""


class FeeRegime(StrEnum):
    """Which fees a backtest charges."""

    DATED = "dated"
    """Those of the day."""
    TODAY = "today"
    """Today's on every day: what the same hedges would cost now."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeDates:
    """The fees of one topic through time."""

    before: FeeSchedule
    changes: tuple[tuple[int, FeeSchedule], ...] = ()
    """Since when, epoch milliseconds, and what; oldest first."""

    def at(self, at_ms: int) -> FeeSchedule:
        """Return what was charged at an instant, epoch milliseconds."""
        known = [fee for since_ms, fee in self.changes if since_ms <= at_ms]
        return known[-1] if known else self.before


def fee_dates(topic: str, regime: FeeRegime) -> FeeDates:
    """Return the fees of a topic.

    Args:
        topic: The recording's, such as ``crypto``.
        regime: Which fees to charge.
    """
    rate = _RATES.get(topic, _OTHER_RATE)
    free, full = FeeSchedule(rate=_ZERO), FeeSchedule(rate=rate)
    if regime is FeeRegime.NONE or not rate:
        return FeeDates(before=free)
    if regime is FeeRegime.TODAY:
        return FeeDates(before=full)
    since = _CRYPTO_SINCE if topic == "crypto" else _ALL_SINCE
    return FeeDates(before=free, changes=((epoch_ms(since), full),))

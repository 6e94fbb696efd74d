"""What a hedge costs while nothing happens: what decays of it, and its premium by covered day.

**Source:** HEDGING section 2.2.
"""

from datetime import datetime

from bot.core.case import Case, fee_at
from bot.core.hazard import decay_per_day, implied_hazard
from bot.core.roll import has_deadlines
from bot.core.rounding import round_estimate
from bot.model.decision import Upkeep
from bot.model.market import Book
from bot.model.strategy import Strategy
from bot.model.units import MILLION, UsdEst
from bot.model.view import Position

_DAY_S = 86_400.0


def asks_about_a_date(strategy: Strategy) -> bool:
    """Whether its market asks about one date, so that its price does not decay day by day."""
    return bool(strategy.market.series) and not has_deadlines(strategy)


def measure_upkeep(case: Case) -> Upkeep | None:
    """Return what a share costs by the day; None if its market names no end or has ended."""
    ends_at, days = case.market.market.ends_at, case.days_left
    if ends_at is None or days <= 0.0:
        return None
    mid = case.book.mid or 0.0
    ask = case.book.ask_prices[0] / MILLION
    unit = ask + fee_at(case.market.market.fee)(ask)
    dated = asks_about_a_date(case.strategy)
    return Upkeep(
        days_left=round_estimate(days),
        hazard=round_estimate(implied_hazard(mid, days)),
        decay_usd_est=UsdEst(0.0 if dated else round_estimate(decay_per_day(mid, days))),
        premium_usd_est=UsdEst(round_estimate(unit / days)),
    )


def premium_per_day(position: Position, ends_at: datetime | None) -> UsdEst | None:
    """Return what a position cost for each day from its opening to its market's end, USD.

    None if the market names no end, or ended before.
    """
    if ends_at is None or ends_at <= position.opened_at:
        return None
    days = (ends_at - position.opened_at).total_seconds() / _DAY_S
    return UsdEst(float(position.cost_usd) / days)


def decay_of(
    position: Position, book: Book | None, *, ends_at: datetime | None, now: datetime, dated: bool
) -> UsdEst | None:
    """Return what a position loses in a day on which nothing happens, USD.

    Args:
        position: Ours.
        book: Of its token; None or one-sided: not known.
        ends_at: Of its market; None: not known.
        now: Instant of the book.
        dated: Whether the market asks about one date: then nothing decays before it.
    """
    mid = book.mid if book is not None else None
    if mid is None or ends_at is None or ends_at <= now:
        return None
    if dated:
        return UsdEst(0.0)
    days = (ends_at - now).total_seconds() / _DAY_S
    return UsdEst(float(position.shares) * decay_per_day(mid, days))

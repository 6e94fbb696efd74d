"""What all was worth on a day, and how far each event was covered: what a report is drawn from."""

from dataclasses import dataclass
from datetime import datetime

from bot.model.units import EventId, Usd, UsdEst


@dataclass(frozen=True, slots=True, kw_only=True)
class Equity:
    """Portfolio and hedges at the first decision of a UTC day, before its orders."""

    at: datetime
    portfolio_usd_est: UsdEst | None
    """None if a price is missing or too old: nothing is assumed in its place."""
    portfolio_as_of: datetime
    """Of the oldest price used."""
    deposited_usd: Usd
    """All that ever came to the venue from outside, less what went out."""
    cash_usd: Usd
    owed_usd: Usd
    """Resolved and not paid out yet."""
    cost_usd: Usd
    """Of the positions held, fees included."""
    at_bid_usd_est: UsdEst | None
    """Positions at the best bid; None if the book of one is missing or too old."""
    at_mid_usd_est: UsdEst | None
    """Positions at the mid, at the bid where a book has no mid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How one event stood at the same instant."""

    event: EventId
    exposure_usd_est: UsdEst
    """Loss if it happens, without hedges."""
    payout_usd_est: UsdEst
    """What the hedges held pay if it happens."""
    cost_usd: Usd
    probability: float | None
    """Our forecast; None on a day on which none was made."""
    market: float | None
    """The mid at the same instant."""
    verdict: str
    code: str = ""
    """Of the first reason given for it."""
    said: str = ""
    """That reason in words; empty while the last plan stands."""

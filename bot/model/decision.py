"""All that one decision concluded, with its reasons.

Made for each book that is decided on, so these records are structs: a frozen dataclass of this
size takes sixteen times as long to build (``docs/adr``).
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from bot.model.orders import OrderIntent
from bot.model.rule import Firing
from bot.model.signal import Estimate
from bot.model.units import EventId, OrderId, TokenId, Usd, UsdEst
from bot.model.view import EventMemory


class Verdict(StrEnum):
    """What was concluded for an event."""

    OPEN = "open"
    ADD = "add"
    REDUCE = "reduce"
    CLOSE = "close"
    ROLL = "roll"
    HOLD = "hold"
    """Planned; what is held is right, or the change is not worth its cost."""
    REFUSE = "refuse"
    """Planned; no suitable hedge, with the reasons."""
    FROZEN = "frozen"
    """Something it needs is unknown or stale: nothing is sent for it."""
    QUIET = "quiet"
    """No trigger fired; the last plan stands."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A code that never changes its meaning, and the same in words with both numbers."""

    code: str
    text: str


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Our probability of the adverse outcome and where it comes from."""

    probability: float
    market: float
    """Mid of the adverse token's book."""
    shares_of: tuple[tuple[str, float], ...]
    """Each source and its weight in log-odds; the weights add up to 1."""
    calibrated: float | None = None
    """The market's probability without its usual bias; None where no signal is named: it is
    believed as it is."""
    estimates: tuple[Estimate, ...] = ()
    """What the signals said, each with where it comes from."""
    prior_weight: float = 0.0
    """What the market's liquidity alone gives each signal."""
    spread: float = 0.0
    """Standard deviation of the sources around the forecast, by weight, in log-odds."""
    pull: float = 0.0
    """What the signals add to its log-odds, smoothed over the decisions."""
    unsmoothed: float | None = None
    """The same forecast with what the signals say now; None where there is nothing to smooth."""
    notes: tuple[str, ...] = ()
    """What makes it weak: too few sources, or sources that hang together."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The popular sizing rules beside ours; shown, never traded."""

    kelly_fraction: float
    """True Kelly for a binary share, (p - c) / (1 - c), of wealth; 0 if negative."""
    edge_over_odds: float
    """The popular rule: (p / c - 1) / ((1 - c) / c), of wealth; 0 if negative."""
    full_coverage_shares: float
    closed_form_shares: float = 0.0
    """What this event alone would make best at the first ask, whatever the depth and all else."""


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """What one share costs while nothing happens. **Source:** HEDGING section 2.2."""

    days_left: float
    """To the market's end."""
    hazard: float
    """That the market implies, a day."""
    decay_usd_est: UsdEst
    """What the price loses in a day without news; 0 for a market that asks about one date. It is no
    loss against fair value: what it insures becomes safer by as much."""
    premium_usd_est: UsdEst
    """All-in price of a share bought now, for each day it covers."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What proves a joint plan: with it anybody can check each level of the book.

    A level is taken while what it costs a share, band included, times ``1 + money_price`` is at
    most ``worth_after``, and left where it is more.
    """

    gap: float
    """No plan within the limits is better by more than this part of wealth, as sure wealth."""
    worth_after: float
    """What one more share is worth after the plan, USD."""
    money_price: float
    """What one more USD to spend would bring beyond itself; 0 where no limit binds."""


class EventDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What was concluded for one event."""

    event: EventId
    verdict: Verdict
    reasons: tuple[Reason, ...]
    memory: EventMemory
    """To be handed in next time."""
    firings: tuple[Firing, ...] = ()
    exposure_usd_est: UsdEst = UsdEst(0.0)
    """Loss if it happens, USD; positive hurts."""
    forecast: Forecast | None = None
    token_id: TokenId = TokenId("")
    held_shares: float = 0.0
    target_shares: float = 0.0
    """What the sizing rule wants."""
    planned_shares: float = 0.0
    """What price, depth, cost and budget leave of it."""
    reservation_price: float = 0.0
    """All-in price at which one more share stops being worth buying, at what is held now."""
    ask: float = 0.0
    """All-in price of the first share on offer; 0 if none."""
    benefit_usd_est: UsdEst = UsdEst(0.0)
    """Change of certainty equivalent by the planned change, all costs paid."""
    cost_usd_est: UsdEst = UsdEst(0.0)
    """Spread, depth and fees of the planned change, above the mid."""
    sizing_note: str = ""
    ended_by: str = ""
    """What kept a purchase from being larger, as ``bot.core.hedge.Trade.capped_by``."""
    comparison: Comparison | None = None
    certificate: Certificate | None = None
    """Of the joint programme; None where the event did not ask it or nothing was proved."""
    upkeep: Upkeep | None = None
    """None if its market names no end, or the event could not be decided."""


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """One pre-trade control that refused an intent: both numbers, and the intent."""

    code: str
    limit: str
    actual: str
    intent: OrderIntent


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle concluded for the whole portfolio."""

    cycle: int
    at: datetime
    events: tuple[EventDecision, ...]
    cancels: tuple[OrderId, ...]
    approved: tuple[OrderIntent, ...]
    denials: tuple[Denial, ...]
    notes: tuple[Reason, ...] = ()
    """About the portfolio as a whole: stale prices, a budget that was cut."""
    premium_left_usd: Usd | None = None
    """Of the budget of 365 days, before this decision; None in records of old versions."""
    next_wake_at: datetime | None = None
    """When time alone may change the conclusion; None if it cannot."""

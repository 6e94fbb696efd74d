"""The protocols that rules fulfil, and the small records they are handed.

A rule is a frozen record whose fields are its YAML options. It keeps no state: what it must
remember from one decision to the next is one float, handed in and handed back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from bot.model.portfolio import Reading
from bot.model.units import EventId, UsdEst


class Situation(NamedTuple):
    """What a trigger may look at: one event, now and when its plan last ran."""

    now: datetime
    event: EventId
    probability: float
    """Our forecast."""
    exposure_usd_est: UsdEst
    """Loss if the event happens, USD; positive hurts."""
    ends_at: datetime | None
    resolved: bool
    readings: Mapping[str, Reading]
    last_run_at: datetime
    last_probability: float
    last_exposure_usd_est: UsdEst
    premium_used: float = 0.0
    """Part of the shared premium budget used up in the last 365 days; above 1 after it was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A trigger that says the plan should be made again, with its reading and threshold."""

    trigger: str
    text: str
    reading: float
    threshold: float
    hysteresis: float = 0.0
    """How far the reading must come back before the same threshold counts again."""
    cooldown_s: float = 0.0
    """How long this trigger is not asked again, seconds."""


class Trigger(Protocol):
    """Says when an event's plan must be made again; it never trades by itself."""

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Return the firing, if any, and the state to hand in next time.

        Args:
            situation: The event now and at its last plan.
            state: What this rule returned last time; None the first time. The first look never
                fires: an event without a plan is planned anyway.
        """
        ...

    def next_at(self, situation: Situation) -> datetime | None:
        """Return the next instant at which time alone makes it fire; None if time cannot."""
        ...

    def pause(self) -> timedelta:
        """Return how long it is not asked again after it fired; 0 asks it at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EventProblem:
    """One event as a sizing rule sees it; all USD are estimates."""

    event: EventId
    probability: float
    """Our forecast that the adverse outcome happens."""
    unit_cost: float
    """All-in cost of the first share, USD: best ask, fee and carry."""
    wealth_usd_est: UsdEst
    """Portfolio and venue cash if the event does not happen."""
    loss_usd_est: UsdEst
    """What the portfolio loses if it happens, against if it does not; positive."""
    risk_aversion: float
    readings: Mapping[str, Reading]
    state: float | None
    """What this rule returned last time; None the first time."""
    missed: float = 0.0
    """Probability that the market does not pay although the event happened."""
    stray: float = 0.0
    """Probability that it pays although the event did not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """What a sizing rule wants held."""

    shares: float
    """Target shares, not rounded, never negative."""
    state: float
    note: str
    """Why, in words and numbers a person reads in ``plan``."""


class Sizing(Protocol):
    """Says how many shares to hold, before price, depth, budget and limits have their say."""

    @property
    def is_joint(self) -> bool:
        """Whether ``size`` is only the most: how many of it, all such events decide together."""
        ...

    def size(self, problem: EventProblem) -> Sized:
        """Return the target."""
        ...

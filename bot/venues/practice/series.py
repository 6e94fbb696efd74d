"""The series of the practice market: what they ask, how often, how well they are quoted."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.venues.practice.calendar import Ends, election, every, month_end
from bot.venues.practice.contract import Liquidity


class Tail(StrEnum):
    """Where the hidden path must end for an outcome to happen."""

    LOW = "low"
    HIGH = "high"
    REST = "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One market of an event."""

    label: str
    question: str
    """``{day}`` stands for the day in words."""
    tail: Tail
    prior: tuple[float, float] = (0.0, 0.0)
    """Range of its probability at listing; not used for the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Events of one sort, one after the other."""

    slug: str
    ends: Ends
    outcomes: tuple[Outcome, ...]
    fee_rate: str
    liquidity: Liquidity
    known: float
    """Share of the variance known before the end."""
    life: timedelta | None = None
    """From listing to end. None: a deadline series, whose question is whether something happens by
    a day: it is listed four ends ahead, and a later day includes all earlier ones."""
    neg_risk: bool = False


SERIES = (
    Series(
        slug="fed-decision",
        ends=every(timedelta(days=14), first=timedelta(days=9, hours=19)),
        life=timedelta(days=56),
        fee_rate="0.05",
        liquidity=Liquidity(depth_shares=2500, extra_ticks=1.2),
        known=0.85,
        neg_risk=True,
        outcomes=(
            Outcome(
                label="25 bps decrease",
                question="Fed decreases interest rates by 25 bps after the {day} meeting?",
                tail=Tail.LOW,
                prior=(0.10, 0.30),
            ),
            Outcome(
                label="No change",
                question="No change in Fed interest rates after the {day} meeting?",
                tail=Tail.REST,
            ),
            Outcome(
                label="25 bps increase",
                question="Fed increases interest rates by 25 bps after the {day} meeting?",
                tail=Tail.HIGH,
                prior=(0.06, 0.20),
            ),
        ),
    ),
    Series(
        slug="us-recession",
        ends=month_end,
        fee_rate="0.05",
        liquidity=Liquidity(depth_shares=700, extra_ticks=2.0),
        known=0.75,
        outcomes=(
            Outcome(
                label="Recession",
                question="US recession by {day}?",
                tail=Tail.LOW,
                prior=(0.03, 0.08),
            ),
        ),
    ),
    Series(
        slug="government-shutdown",
        ends=every(timedelta(days=28), first=timedelta(days=6)),
        fee_rate="0.04",
        liquidity=Liquidity(depth_shares=900, extra_ticks=1.5),
        known=0.7,
        outcomes=(
            Outcome(
                label="Shutdown",
                question="US government shutdown by {day}?",
                tail=Tail.LOW,
                prior=(0.06, 0.16),
            ),
        ),
    ),
    Series(
        slug="tariff-increase",
        ends=every(timedelta(days=28), first=timedelta(days=13)),
        fee_rate="0",
        liquidity=Liquidity(depth_shares=400, extra_ticks=3.5),
        known=0.7,
        outcomes=(
            Outcome(
                label="Tariff increase",
                question="Will the US raise its general tariff by {day}?",
                tail=Tail.LOW,
                prior=(0.06, 0.16),
            ),
        ),
    ),
    Series(
        slug="btc-price",
        ends=month_end,
        life=timedelta(days=92),
        fee_rate="0.07",
        liquidity=Liquidity(depth_shares=1800, extra_ticks=1.2),
        known=0.95,
        outcomes=(
            Outcome(
                label="BTC below 60k",
                question="Bitcoin below $60,000 on {day}?",
                tail=Tail.LOW,
                prior=(0.05, 0.16),
            ),
            Outcome(
                label="BTC above 120k",
                question="Bitcoin above $120,000 on {day}?",
                tail=Tail.HIGH,
                prior=(0.05, 0.16),
            ),
        ),
    ),
    Series(
        slug="us-election",
        ends=election,
        life=timedelta(days=900),
        fee_rate="0.04",
        liquidity=Liquidity(depth_shares=4000, extra_ticks=1.1),
        known=0.8,
        neg_risk=True,
        outcomes=(
            Outcome(
                label="Democratic",
                question="Will the Democratic Party win the election of {day}?",
                tail=Tail.LOW,
                prior=(0.42, 0.58),
            ),
            Outcome(
                label="Republican",
                question="Will the Republican Party win the election of {day}?",
                tail=Tail.REST,
            ),
        ),
    ),
)

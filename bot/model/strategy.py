"""A strategy file after reading: one risk event, what it does to us, and how to hedge it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.model.rule import Sizing, Trigger
from bot.model.signal import Signal
from bot.model.units import EventId, Usd


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRef:
    """Which market pays if the event happens; exactly one of the first three is set."""

    slug: str = ""
    condition_id: str = ""
    series: str = ""
    """The venue's series slug; with ``match`` it finds the next market, so it can roll."""
    match: str = ""
    """Label of the wanted market inside each event of the series, ignoring case; matched against
    the group title, else found inside the question."""
    missed: float = 0.01
    """Probability that the market does not pay although the event happened."""
    stray: float = 0.002
    """Probability that it pays although the event did not happen. **Source:** HEDGING sections 4.5
    and 12, of objective questions; 5% and 0.5% of those that are a matter of judgement."""
    holding_reward: float = 0.0
    """What the venue pays a year on what is held in this market, a fraction of its worth."""


class ImpactBasis(StrEnum):
    """What an impact is measured against."""

    DIFFERENCE = "difference"
    """Value if it happens against value if it does not."""
    FROM_TODAY = "from_today"
    """Value if it happens against today's, which already holds the market's probability."""


class ImpactKey(StrEnum):
    """What an impact line selects holdings by."""

    SYMBOL = "symbol"
    CLUSTER = "cluster"
    SECTOR = "sector"
    ASSET_CLASS = "asset_class"
    REGION = "region"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactLine:
    """One entry under ``impact``."""

    key: ImpactKey
    name: str
    fraction: float | None
    """Change per USD of value (-0.07), or None when ``usd`` is given."""
    usd: float | None
    """Change in USD of all holdings it matches together, shared by their absolute worth."""
    source: str
    """``file:line``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """How the portfolio changes if the event happens."""

    basis: ImpactBasis
    lines: tuple[ImpactLine, ...]
    uncertainty: float = 0.5
    """Standard deviation of the loss by not knowing the impact, a fraction of the loss.
    **Source:** HEDGING sections 3 and 12."""
    volatility: float | None = None
    """Of what loses, a year, to price options on it; None if it was not stated."""
    volatility_reading: str = ""
    """A reading that gives it in points, as ``volatility`` does; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnView:
    """The user's own probability and how far it may pull the market's, in log-odds."""

    probability: float
    weight: float
    """0 to 1."""


class ExecutionStyle(StrEnum):
    """How an order is worked."""

    TAKE = "take"
    REST_THEN_TAKE = "rest_then_take"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """``execution:`` of a strategy."""

    style: ExecutionStyle = ExecutionStyle.TAKE
    rest_for: timedelta = timedelta(minutes=10)
    """How long an order rests before what is left of it is taken."""
    max_chase: Decimal = Decimal("0.02")
    """After resting, pay at most this much above the price it rested at, USD per share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """``costs:`` of a strategy: below these a hedge is refused."""

    min_benefit_to_cost: float = 1.5
    max_spread: Decimal = Decimal("0.04")
    """USD per share."""
    max_share_of_depth: float = 0.2
    """Most of the visible depth within 3 cents of the mid that one decision may take."""
    signal_cooldown: timedelta = timedelta(days=1)
    """How long after a trade signals alone cause no other. **Source:** HEDGING section 12."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``limits:`` of a strategy; the shared ones stand in ``config.yaml``."""

    max_order_usd: Usd
    max_premium_usd: Usd
    """Premium of this event over the last 365 days."""
    max_turnover_usd: Usd | None = None
    """What its buys and sales may add up to over 365 days; None: four times the premium."""

    @property
    def turnover_usd(self) -> Usd:
        """The bound of its turnover, USD."""
        most = self.max_turnover_usd
        return Usd(4 * self.max_premium_usd) if most is None else most


class SeriesOf(StrEnum):
    """What the markets of a series ask, each with its own end."""

    DATES = "dates"
    """Whether it happens on that date, as at a meeting: the next market does not cover this one."""
    DEADLINES = "deadlines"
    """Whether it happens by that day: a later market covers all that an earlier one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRule:
    """``roll:``: when to move to the next market of the series."""

    before_end: timedelta = timedelta(days=7)
    """0 never rolls: each hedge is held to its market's end, then the next one is looked at."""
    series_of: SeriesOf = SeriesOf.DATES
    """Dates unless told otherwise: a hedge is never sold before the date it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRule:
    """``close:``: when a hedge has lost its reason. Every hedge expires with its market anyway."""

    when_probability_below: float = 0.01
    when_exposure_below_usd: float = 0.0
    after: timedelta | None = None
    """Close this long after opening; None holds until the market ends."""


class OnRemove(StrEnum):
    """What happens to the hedge when its file is removed while the daemon runs."""

    CLOSE = "close"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One risk event and how to hedge it."""

    event: EventId
    why: str
    market: MarketRef
    adverse: str
    """Name of the outcome that hurts us; its token is the one we buy."""
    horizon: timedelta
    """Markets that end later than this from now are not used."""
    impact: Impact
    own_view: OwnView | None
    sizing: Sizing
    triggers: tuple[tuple[str, Trigger], ...]
    """Key (stable across cycles) and rule."""
    execution: Execution
    costs: Costs
    limits: Limits
    roll: RollRule
    close: CloseRule
    max_quote_age: timedelta
    on_remove: OnRemove
    expires_at: datetime | None
    """No new hedge after this instant; None leaves it to the market's end."""
    path: str
    """File it was read from."""
    text: str
    """The file as it was, so that a recorded decision can be run again."""
    digest: str
    """Hash of ``text``."""
    signals: tuple[tuple[str, Signal], ...] = ()
    """Key (stable across cycles) and rule, beside the market and the own view."""
    category: str = ""
    """Of its track record: forecasts of one category share what is learned of the market."""
    cluster: str = ""
    """Events of one cluster move together more closely and share a limit; empty for none."""

"""All that one decision may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model.market import Market, Quote
from bot.model.orders import LiveOrder
from bot.model.portfolio import Portfolio
from bot.model.signal import NOTHING_LEARNED, Estimate, Learned
from bot.model.units import ConditionId, EventId, Shares, TokenId, Usd, UsdEst


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Outcome tokens we hold for one event, folded from fills."""

    event: EventId
    condition_id: ConditionId
    token_id: TokenId
    shares: Shares
    cost_usd: Usd
    """What the shares held now cost, fees included."""
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemable:
    """A resolved position that is not paid out yet: neither a hedge nor cash."""

    event: EventId
    condition_id: ConditionId
    token_id: TokenId
    shares: Shares
    payout_usd: Usd
    """What is owed for all of them; 0 for the outcome that did not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the ledger knows of our money on the venue."""

    cash_usd: Usd
    positions: tuple[Position, ...] = ()
    orders: tuple[LiveOrder, ...] = ()
    """Ours that have not ended, unknown ones included."""
    premium_used_usd: Usd
    """Last 365 days: buys with fees minus proceeds of hedges sold before resolution, at least 0.
    Resting and unknown buys are not in here; they are counted from ``orders``."""
    premium_by_event: Mapping[EventId, Usd] = field(default_factory=dict)
    turnover_by_event: Mapping[EventId, Usd] = field(default_factory=dict)
    """What the buys and sales of the last 365 days add up to, fees included; no payouts."""
    redeemable: tuple[Redeemable, ...] = ()
    foreign: Mapping[TokenId, Shares] = field(default_factory=dict)
    """Shares that came from outside: they count as cover, or as exposure, and are never sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMemory:
    """What the last decision left behind for an event; part of the ledger, never of a process."""

    run_at: datetime | None = None
    """When the plan was last made; None before the first."""
    probability: float = 0.0
    exposure_usd_est: UsdEst = UsdEst(0.0)
    strategy_digest: str = ""
    held_shares: float = 0.0
    """Held when the plan was made."""
    target_shares: float = 0.0
    """What its orders were to make of that."""
    token_id: TokenId = TokenId("")
    """The token the plan holds or wants; empty if none."""
    verdict: str = ""
    unfinished: bool = False
    """The last plan wanted more than its orders could do; look again at ``retry_at``."""
    retry_at: datetime | None = None
    rested_at: datetime | None = None
    """When a resting order of this plan was first placed; None if none."""
    is_dated: bool = False
    """Whether the hedge's market asks about one date, so that it does not decay day by day."""
    rested_price: float = 0.0
    rule_state: Mapping[str, float] = field(default_factory=dict)
    """Trigger key or ``sizing`` -> what that rule remembers; ``KEY:fired`` -> when a trigger with
    a pause last fired, epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """One candidate market of an event."""

    market: Market
    adverse_index: int
    """Which outcome hurts us: 0 or 1."""
    quote: Quote | None
    """Book of the adverse token; None if it was never confirmed."""
    named: bool = True
    """Whether the strategy names it today; False for one we only still hold."""
    estimates: tuple[Estimate, ...] = ()
    """What the strategy's signals say of the adverse outcome, in their order."""
    complement_quote: Quote | None = None
    """Book of the other token, where the adverse one is held, has no bids and pairs can be merged;
    None otherwise."""

    @property
    def token_id(self) -> TokenId:
        """The adverse outcome's token."""
        return self.market.token_ids[self.adverse_index]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One strategy's event: its candidate markets and its memory."""

    event: EventId
    markets: tuple[MarketView, ...]
    """Candidates and markets we hold, soonest end first."""
    memory: EventMemory = EventMemory()
    problem: str = ""
    """Why its markets could not be read; non-empty freezes the event."""
    removed: bool = False
    """Its file is gone: no new hedge; ``on_remove`` says what becomes of the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """How closely events move together: latent correlations, from 0 to under 1.

    **Source:** HEDGING section 12.
    """

    calm: float = 0.3
    stress: float = 0.7
    same_cluster: float = 0.6
    """Between events of one cluster, where it is more than between all."""
    stressed_by: str = ""
    """Reading that says which holds: above 0 is stress; without it calm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLimits:
    """What all strategies share; from ``config.yaml``."""

    risk_aversion: float
    premium_budget_usd: Usd
    """Most premium over any 365 days."""
    max_total_usd: Usd
    """Most cost of all positions, resting and unknown buys together."""
    max_price_age: timedelta
    max_view_age: timedelta
    """Nothing is sent on a view older than this."""
    max_quote_age: timedelta = timedelta(seconds=30)
    """For strategies that do not say; here so that a recorded decision can be run again."""
    max_cluster_usd: Usd | None = None
    """Most premium over any 365 days for the events of one cluster; None for no such limit."""
    funding_rate: float = 0.0
    """What cash earns elsewhere in a year, a fraction."""
    correlations: Correlations = Correlations()
    volatility: float = 0.16
    """Of the portfolio by all but the events, a year: that of broad shares."""
    volatility_reading: str = ""
    """A ``volatility`` reading; in its stress losses and ``volatility`` grow as it has grown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a decision may know, at one instant."""

    cycle: int
    now: datetime
    mode: str
    version: str
    """Of the program: the same version repeats a decision byte for byte."""
    limits: SharedLimits
    portfolio: Portfolio
    account: Account
    events: tuple[EventView, ...]
    halted: str = ""
    """Why trading is halted; empty if it is not."""
    learned: Learned = NOTHING_LEARNED
    """What the track record has taught about the signals; empty if no strategy names any."""
    can_merge: bool = False
    """Whether the venue lets us turn a token and its complement into 1 USD."""

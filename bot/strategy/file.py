"""A strategy file as it is written: every option, how its text is read, what it says.

The one definition: the parser, the schema for editors and the manual are made from it.
"""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.model.strategy import (
    CloseRule,
    Costs,
    Execution,
    ExecutionStyle,
    ImpactBasis,
    MarketRef,
    OnRemove,
    RollRule,
    SeriesOf,
)
from bot.model.text import (
    Cents,
    Change,
    Delay,
    Duration,
    Instant,
    Probability,
    Ratio,
    Share,
    UsdText,
    Words,
)
from bot.strategy.texts import ConditionIdText, Impacts, Name

_EXECUTION, _COSTS, _ROLL, _CLOSE = Execution(), Costs(), RollRule(), CloseRule()
_MARKET = MarketRef()


class Group(BaseModel):
    """Options that stand together."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MarketFile(Group):
    """Which market pays if the event happens."""

    slug: Annotated[Words, Field(description="the market's name in its web address")] = ""
    condition_id: Annotated[ConditionIdText, Field(description="the market's 0x... id")] = ""
    series: Annotated[
        Words, Field(description="the series' name, of which the next market is used")
    ] = ""
    outcome: Annotated[
        Words, Field(description="with series: the label of the market in each of its events")
    ] = ""
    missed: Annotated[
        Share, Field(description="how often it does not pay although the event happened: 1%")
    ] = _MARKET.missed
    stray: Annotated[
        Share, Field(description="how often it pays although the event did not happen: 0.2%")
    ] = _MARKET.stray
    holding_reward: Annotated[
        Share, Field(description="what the venue pays a year on what is held there: 4%")
    ] = _MARKET.holding_reward

    @model_validator(mode="after")
    def _names_one_market(self) -> Self:
        named = [n for n in ("slug", "condition_id", "series") if getattr(self, n)]
        if len(named) != 1:
            what = f"has {' and '.join(named)}" if named else "names no market"
            raise ValueError(
                f"{what}. Write one of slug: ..., condition_id: ..., or series: ... with outcome."
            )
        if bool(self.outcome) != bool(self.series):
            what = "has no outcome" if self.series else f"has outcome beside {named[0]}"
            raise ValueError(
                f"{what}. outcome goes with series: it is the label of the wanted market,"
                ' such as "25 bps increase". Which side hurts is event.adverse.'
            )
        return self


class EventFile(Group):
    """The event and the market that stands for it."""

    market: Annotated[
        MarketFile, Field(description="which market pays: {series: fed-decision, outcome: ...}")
    ]
    adverse: Annotated[
        Words, Field(description='which outcome of that market hurts, such as "Yes"')
    ]
    horizon: Annotated[
        Duration, Field(description="how far ahead to hedge, such as 120d: later markets wait")
    ]
    cluster: Annotated[
        Words, Field(description="events of one cluster move together more closely, such as rates")
    ] = ""


class ImpactFile(Group):
    """What the event does to the portfolio, by what holdings are tagged with."""

    basis: Annotated[
        ImpactBasis,
        Field(
            description="what a change is measured against: difference (value if it happens"
            " against value if it does not) or from_today (against today's value)"
        ),
    ] = ImpactBasis.DIFFERENCE
    uncertainty: Annotated[
        Ratio,
        Field(description="how unsure these are, as a part of the loss: 0.5 is give or take half"),
    ] = 0.5
    volatility: Annotated[
        Change | None,
        Field(description="yearly volatility of what loses, for `plan --alternatives`: 45%"),
    ] = None
    volatility_reading: Annotated[
        Words, Field(description="or the name of a reading that gives it, in points as the VIX")
    ] = ""
    symbol: Annotated[Impacts, Field(description="change by symbol: {TLT: -4%}")] = {}
    cluster: Annotated[Impacts, Field(description="change by cluster")] = {}
    sector: Annotated[Impacts, Field(description="change by sector: {technology: -7%}")] = {}
    asset_class: Annotated[Impacts, Field(description="change by asset class")] = {}
    region: Annotated[Impacts, Field(description="change by region")] = {}


class OwnViewFile(Group):
    """Your own probability."""

    probability: Annotated[Probability, Field(description="your probability, such as 12%")]
    weight: Annotated[
        Share, Field(description="its weight against the market's in log-odds, such as 10%")
    ]


class ForecastFile(Group):
    """How probable we think it is."""

    signals: Annotated[
        Any, Field(description="what is pooled: [market, own_view], or a signal with its options")
    ] = ()
    own_view: Annotated[
        OwnViewFile | None, Field(description="your own view: {probability: 12%, weight: 10%}")
    ] = None
    category: Annotated[
        Words, Field(description="forecasts of one category share a track record, such as fed")
    ] = ""


class ExecutionFile(Group):
    """How orders are worked."""

    style: Annotated[
        ExecutionStyle, Field(description="take, or rest_then_take to wait for a better price")
    ] = _EXECUTION.style
    rest_for: Annotated[
        Duration, Field(description="how long an order rests before the rest of it is taken")
    ] = _EXECUTION.rest_for
    max_chase: Annotated[
        Cents, Field(description="the most to pay above the price it rested at, such as 2c")
    ] = _EXECUTION.max_chase


class CostsFile(Group):
    """Below these a hedge is refused."""

    min_benefit_to_cost: Annotated[
        Ratio, Field(description="the least benefit per USD of cost, such as 1.5")
    ] = _COSTS.min_benefit_to_cost
    max_spread: Annotated[
        Cents, Field(description="the widest gap between best bid and best ask, such as 4c")
    ] = _COSTS.max_spread
    max_share_of_depth: Annotated[
        Share, Field(description="the most of the visible depth to take at once, such as 20%")
    ] = _COSTS.max_share_of_depth
    signal_cooldown: Annotated[
        Delay,
        Field(description="how long after a trade signals alone cause no other, such as 24h"),
    ] = _COSTS.signal_cooldown


class LimitsFile(Group):
    """Hard bounds of this event; the shared ones stand in config.yaml."""

    max_premium_usd: Annotated[
        UsdText, Field(description="the most premium in 365 days, such as 400")
    ]
    max_order_usd: Annotated[UsdText, Field(description="the most for one order, such as 150")]
    max_turnover_usd: Annotated[
        UsdText | None,
        Field(
            description="the most that buys and sales add up to in 365 days, 4 x the premium;"
            " exits, rolls and trades after a jump of the exposure go on beyond it"
        ),
    ] = None


class RollFile(Group):
    """When to move on to the next market of the series."""

    before_end: Annotated[
        Delay,
        Field(description="how long before the end to move on, such as 7d; 0d holds to the end"),
    ] = _ROLL.before_end
    series_of: Annotated[
        SeriesOf,
        Field(
            description="dates: each market asks about its own date, and a hedge runs to it;"
            " deadlines: each asks about all days up to its end, so a later one replaces it"
        ),
    ] = _ROLL.series_of


class CloseFile(Group):
    """When a hedge has lost its reason; it ends with its market anyway."""

    when_probability_below: Annotated[
        Share, Field(description="close below this forecast, such as 1%")
    ] = _CLOSE.when_probability_below
    when_exposure_below_usd: Annotated[
        UsdText, Field(description="close when less than this is at stake, such as 250")
    ] = Decimal(_CLOSE.when_exposure_below_usd)
    after: Annotated[
        Duration | None,
        Field(description="close this long after opening, such as 90d; not bought again there"),
    ] = _CLOSE.after


class StrategyFile(Group):
    """One risk event of your portfolio, and how to hedge it."""

    strategy: Annotated[Name, Field(description="the name of the event, such as fed-hike")]
    why: Annotated[Words, Field(description="why it matters, in your words")] = ""
    event: Annotated[EventFile, Field(description="the market, the adverse outcome, the horizon")]
    impact: Annotated[ImpactFile, Field(description="what the event does to what you own")]
    forecast: Annotated[
        ForecastFile, Field(description="how probable it is: the market, and your own view")
    ] = ForecastFile()
    sizing: Annotated[
        Any,
        Field(description="how much to hold: {rule: utility} unless you say more"),
    ] = None
    triggers: Annotated[Any, Field(description="when to plan again")] = None
    execution: Annotated[ExecutionFile, Field(description="how orders are worked")] = (
        ExecutionFile()
    )
    costs: Annotated[CostsFile, Field(description="when a hedge is too dear")] = CostsFile()
    limits: Annotated[
        LimitsFile, Field(description="the most to spend: {max_premium_usd: 400, ...}")
    ]
    roll: Annotated[RollFile, Field(description="when to move to the next market")] = RollFile()
    close: Annotated[CloseFile, Field(description="when a hedge has lost its reason")] = CloseFile()
    on_remove: Annotated[
        OnRemove, Field(description="what becomes of the hedge when this file is removed")
    ] = OnRemove.HOLD
    expires: Annotated[
        Instant | None, Field(description="no new hedge after this time, 2026-11-03T00:00:00Z")
    ] = None
    max_quote_age: Annotated[
        Delay | None, Field(description="how long ago a quote may have been confirmed")
    ] = None

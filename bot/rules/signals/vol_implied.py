"""Signal: how likely a price gets beyond a level, from its own volatility."""

import math
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from bot.errors import BadData, StaleData
from bot.model.signal import Estimate, Get, Outlook, Raw
from bot.model.text import Change, Delay, Duration, Fraction, Ratio, Words
from bot.rules.prices import YEAR_S, prices_of, steps_a_year
from bot.rules.rule import SignalRule

if TYPE_CHECKING:
    from bot.core.paths import Filtered

_LEAST, _MOST = 60, 1500
"""Returns that are needed, and how many of the newest are used."""
_MOST_STEPS = 1000
_MOST_DRIFT = 0.10


class When(StrEnum):
    """How the question reads."""

    AT_END = "at_end"
    ANY_TIME = "any_time"


class Model(StrEnum):
    """How the volatility goes on."""

    GJR_T = "gjr_t"
    EWMA = "ewma"


class _Found(NamedTuple):
    """A history, taken apart."""

    history: "Filtered"
    model: str
    """And why, where it is not the one that was asked for."""
    steps: int
    """To the market's end."""
    steps_a_year: float


class VolImplied(SignalRule):
    """Says how likely a price ends beyond a level, or touches it, if it moves as it did so far.

    Filtered historical simulation: the history's own shocks on top of today's volatility, which
    is that of a fitted GJR-GARCH model with Student-t shocks (``gjr_t``; needs the extra
    ``volatility``). Without it, below 500 returns or where the fit fails it is an exponentially
    weighted one (``ewma``), and the estimate's note says so. "Hits by" is ``any_time``, and about
    twice as likely as ``at_end``. The adverse outcome must be the one where the price gets beyond
    the level.
    """

    file: Annotated[Words, Field(description="the price history: a CSV file, prices/BTC.csv")]
    above: Annotated[Ratio | None, Field(description="the level, if beyond means above")] = None
    below: Annotated[Ratio | None, Field(description="the level, if beyond means below")] = None
    when: Annotated[
        When, Field(description="how the question reads: at_end, or any_time for a touch")
    ] = When.AT_END
    symbol: Annotated[Words, Field(description="whose rows, where the file holds several")] = ""
    column: Annotated[Words, Field(description="the column of the prices")] = "price"
    lag: Annotated[
        Delay, Field(description="how long after its time a row is known: 1d for dated closes")
    ] = timedelta(days=1)
    model: Annotated[Model, Field(description="gjr_t or ewma")] = Model.GJR_T
    volatility: Annotated[
        Change | None,
        Field(description="yearly volatility to scale the paths to, such as an option's: 45%"),
    ] = None
    drift: Annotated[Fraction, Field(description="expected growth a year: from -10% to 10%")] = 0.0
    max_age: Annotated[Duration, Field(description="an older price is not used")] = timedelta(
        days=4
    )

    @model_validator(mode="after")
    def _has_one_level(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("needs one level. Write above: 100000, or below: 60000.")
        if abs(self.drift) > _MOST_DRIFT:
            raise ValueError(f"has drift {self.drift:.0%}; nobody knows more than 10% a year.")
        return self

    async def fetch(self, get: Get) -> Raw:
        """Return the price history."""
        return await get(self.file, column=self.column, symbol=self.symbol, lag=self.lag)

    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:
        """Return the simulated probability.

        Raises:
            BadData: The history is too short, or the market names no end.
            StaleData: Its last price is too old.
        """
        from bot.core.paths import chance_beyond

        found = self._take_apart(raw, self._check(raw, outlook))
        spot = raw[-1].number
        level = float(self.above or self.below or 0.0)
        usual = math.sqrt(found.history.mean_variance(found.steps) * found.steps_a_year)
        probability = chance_beyond(
            found.history,
            distance=math.log(level / spot),
            above=self.above is not None,
            steps=found.steps,
            touch=self.when is When.ANY_TIME,
            drift=self.drift / found.steps_a_year,
            scale=1.0 if self.volatility is None else self.volatility / usual,
        )
        way = "above" if self.above is not None else "below"
        does = "touches" if self.when is When.ANY_TIME else "ends"
        note = (
            f"{does} {way} {level:,g} from {spot:,g} in {found.steps} steps,"
            f" volatility {self.volatility or usual:.0%} a year by {found.model}"
        )
        return self.said(probability, as_of=raw[-1].as_of, source=self._source(), note=note)

    def _check(self, raw: Raw, outlook: Outlook) -> datetime:
        """Return the market's end, if there are prices to go by until then."""
        whose = f"signal vol_implied ({self._source()})"
        if outlook.ends_at is None:
            raise BadData(f"{whose}: the market names no end")
        prices_of(raw[-_MOST - 1 :], least=_LEAST + 1, whose=whose)
        if outlook.now - raw[-1].as_of > self.max_age + self.lag:
            at = f"{raw[-1].as_of:%Y-%m-%d %H:%M} UTC"
            raise StaleData(f"{whose}: the last price is of {at}, older than max_age")
        return outlook.ends_at

    def _take_apart(self, raw: Raw, ends_at: datetime) -> _Found:
        import numpy as np

        from bot.core.gjr import filter_gjr
        from bot.core.paths import filter_ewma, log_returns

        used = raw[-_MOST - 1 :]
        returns = log_returns(np.array([reading.number for reading in used]))
        rate = steps_a_year(used)
        left = (ends_at - used[-1].as_of - self.lag).total_seconds() / YEAR_S
        steps = min(max(round(left * rate), 1), _MOST_STEPS)
        if self.model is Model.EWMA:
            return _Found(filter_ewma(returns), self.model, steps, rate)
        fitted = filter_gjr(returns)
        if isinstance(fitted, str):
            return _Found(filter_ewma(returns), f"{Model.EWMA} ({fitted})", steps, rate)
        return _Found(fitted, self.model, steps, rate)

    def _source(self) -> str:
        return f"{self.file} {self.symbol}".strip()

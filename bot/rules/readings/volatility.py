"""Reading: how much a price moves, and whether that is stress."""

from datetime import datetime, timedelta
from statistics import median
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.core.rounding import round_estimate
from bot.model.portfolio import Reading
from bot.model.signal import Get, Raw
from bot.model.text import Delay, Share, Whole, Words
from bot.rules.prices import prices_of, steps_a_year
from bot.rules.rule import ReadingRule, level_and_stress

_LEAST, _WINDOW, _MOST = 90, 750, 2000


class Volatility(ReadingRule):
    """Gives the yearly volatility of a price in points, as the VIX does: 20 is 20% a year.

    Exponentially weighted, 0.94 a step. Beside ``NAME`` it gives ``NAME.stress``, 1 in stress and
    0 in calm: stress begins when the volatility is above the quantile ``enter`` of its own last
    750 steps and ends below the quantile ``leave``, each for ``confirm`` steps in a row. And it
    gives ``NAME.ratio``: how many times its own median of those steps it is.
    """

    file: Annotated[Words, Field(description="the price history: a CSV file, prices/SPY.csv")]
    symbol: Annotated[Words, Field(description="whose rows, where the file holds several")] = ""
    column: Annotated[Words, Field(description="the column of the prices")] = "price"
    lag: Annotated[
        Delay, Field(description="how long after its time a row is known: 1d for dated closes")
    ] = timedelta(days=1)
    enter: Annotated[Share, Field(description="stress begins above this quantile")] = 0.9
    leave: Annotated[Share, Field(description="stress ends below this quantile")] = 0.7
    confirm: Annotated[Whole, Field(description="for so many steps in a row")] = 2

    @model_validator(mode="after")
    def _leaves_below(self) -> Self:
        if self.leave > self.enter or not self.confirm:
            raise ValueError("never ends. Write leave below enter, and confirm 1 or more.")
        return self

    async def fetch(self, get: Get) -> tuple[Raw, ...]:
        """Return the price history."""
        return (await get(self.file, column=self.column, symbol=self.symbol, lag=self.lag),)

    def read(self, raw: tuple[Raw, ...], name: str, now: datetime) -> tuple[Reading, ...]:  # noqa: ARG002
        """Return level and regime after the last price.

        Raises:
            BadData: There are too few prices.
        """
        from bot.core.paths import WARM_UP, ewma_variances, log_returns
        from bot.core.regime import regimes, running_quantiles

        prices = raw[0][-_MOST:]
        returns = log_returns(prices_of(prices, least=_LEAST, whose=f"reading {name}"))
        variances = ewma_variances(returns)[WARM_UP:] * steps_a_year(prices)
        levels = (100.0 * variances**0.5).tolist()
        stress = regimes(
            levels,
            enter=running_quantiles(levels, self.enter, window=_WINDOW),
            leave=running_quantiles(levels, self.leave, window=_WINDOW),
            confirm=self.confirm,
        )
        as_of = prices[-1].as_of
        usual = median(levels[-_WINDOW:])
        ratio = Reading(
            name=f"{name}.ratio", number=round_estimate(levels[-1] / usual), as_of=as_of
        )
        return (*level_and_stress(name, levels[-1], stress=stress[-1], as_of=as_of), ratio)

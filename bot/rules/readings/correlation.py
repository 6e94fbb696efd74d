"""Reading: whether what you own moves together."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from bot.errors import BadData
from bot.model.portfolio import Reading
from bot.model.signal import Get, Raw
from bot.model.text import Delay, Whole, Words
from bot.rules.prices import prices_of
from bot.rules.rule import ReadingRule, level_and_stress

if TYPE_CHECKING:
    from bot.core.paths import Floats

_LEAST, _MOST = 300, 1500
_ENTER, _LEAVE, _FLOOR = 0.95, 0.80, 0.5
"""Stress begins above the past's 95% quantile and above 0.5; it ends below the 80% quantile.
**Source:** HEDGING section 5."""


class Correlation(ReadingRule):
    """Gives the average correlation of some prices, from -1 to 1, without the part of a shock.

    Exponentially weighted, 0.94 a step, and corrected as Forbes and Rigobon have it: when all
    prices move more, correlations rise although nothing depends on anything more. Beside ``NAME``
    it gives ``NAME.stress``: 1 when the reading is above 0.5 and above 95% of its past for
    ``confirm`` steps, until it is below 80% of its past for as long.
    """

    file: Annotated[Words, Field(description="the price history: a CSV file with symbols")]
    symbols: Annotated[
        tuple[Words, ...], Field(description="whose prices, two or more: [QQQ, IWM, TLT]")
    ]
    column: Annotated[Words, Field(description="the column of the prices")] = "price"
    lag: Annotated[
        Delay, Field(description="how long after its time a row is known: 1d for dated closes")
    ] = timedelta(days=1)
    confirm: Annotated[Whole, Field(description="for so many steps in a row")] = 2

    @model_validator(mode="after")
    def _has_pairs(self) -> Self:
        if len(set(self.symbols)) < 2 or not self.confirm:
            raise ValueError("has no pair. Write symbols: [QQQ, TLT], and confirm 1 or more.")
        return self

    async def fetch(self, get: Get) -> tuple[Raw, ...]:
        """Return the price history of each symbol."""
        return tuple(
            [
                await get(self.file, column=self.column, symbol=symbol, lag=self.lag)
                for symbol in self.symbols
            ]
        )

    def read(self, raw: tuple[Raw, ...], name: str, now: datetime) -> tuple[Reading, ...]:  # noqa: ARG002
        """Return level and regime after the last instant at which all have a price.

        Raises:
            BadData: There are too few such instants, or a price never moves.
        """
        from bot.core.correlation import average_correlations
        from bot.core.regime import regimes, running_quantiles

        returns, as_of = _common_returns(raw, name)
        levels = average_correlations(returns).tolist()
        # Of the past without the present: a level is held against what was there before it.
        enter = running_quantiles(levels, _ENTER, window=len(levels))
        leave = running_quantiles(levels, _LEAVE, window=len(levels))
        late = [1.0] * _LEAST  # no correlation is above 1: no stress before there is a past
        stress = regimes(
            levels,
            enter=[*late, *(max(level, _FLOOR) for level in enter[_LEAST - 1 : -1])],
            leave=[*late, *leave[_LEAST - 1 : -1]],
            confirm=self.confirm,
        )
        return level_and_stress(name, levels[-1], stress=stress[-1], as_of=as_of)


def _common_returns(raw: tuple[Raw, ...], name: str) -> tuple["Floats", datetime]:
    import numpy as np

    for series in raw:
        prices_of(series, least=2, whose=f"reading {name}")
    prices = [{reading.as_of: reading.number for reading in series} for series in raw]
    instants = sorted(set.intersection(*(set(series) for series in prices)))[-_MOST:]
    if len(instants) <= _LEAST + 30:
        raise BadData(
            f"reading {name}: its symbols have {len(instants)} prices of the same time;"
            f" {_LEAST + 31} are needed"
        )
    table = np.array([[series[at] for series in prices] for at in instants])
    returns = np.diff(np.log(table), axis=0)
    if float(np.min(np.std(returns[:30], axis=0))) == 0.0:
        raise BadData(f"reading {name}: one of its prices never moves")
    return returns, instants[-1]

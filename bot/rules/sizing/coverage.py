"""Sizing: cover a part of the loss."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from bot.model.portfolio import Reading
from bot.model.rule import EventProblem, Sized
from bot.model.text import Ratio, Share, Words, read_probability, read_share
from bot.rules.rule import SizingRule
from bot.rules.zones import zone_of

Table = tuple[tuple[float, float], ...]
"""Rows of (from this forecast on, this coverage), rising; below the first row it is 0."""


def _read_cell(row: str, cell: object, read: Callable[[str], float]) -> float:
    try:
        return read(str(cell))
    except ValueError as error:
        raise ValueError(f"in its row '{row}' {error}") from None


def _read_target(given: object) -> object:
    """Read ``50%``, or ``{40%: 50%, 60%: 100%}``."""
    if isinstance(given, str):
        return read_share(given)
    if isinstance(given, list) or given == {}:
        kind = "an empty table" if given == {} else "a list"
        raise ValueError(f"is {kind}; write 50%, or a table such as {{40%: 50%, 60%: 100%}}.")
    if not isinstance(given, Mapping):
        return given
    rows = {}
    for key, to in given.items():
        row = f"{key}: {to}"
        level = _read_cell(row, key, read_probability)
        if level in rows:
            raise ValueError(f"has two rows from {key} on. Remove one of them.")
        rows[level] = _read_cell(row, to, read_share)
    return tuple(sorted(rows.items()))


_TARGET_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": "^[0-9.]+ ?(%|bp|bps)$"},
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[0-9.]+ ?(%|bp|bps)$"},
            "additionalProperties": {"type": "string", "pattern": "^[0-9.]+ ?(%|bp|bps)$"},
        },
    ]
}


class ByVolatility(BaseModel):
    """Cover more while markets are nervous."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    above: Annotated[Ratio, Field(description="the reading above which it is nervous: 22")]
    below: Annotated[Ratio, Field(description="the reading below which it is calm again: 18")]
    multiplier: Annotated[Ratio, Field(description="how much more to cover then: 1.5")]
    reading: Annotated[Words, Field(description="which reading of the price source")] = "VIX"

    @model_validator(mode="after")
    def _calm_is_below_nervous(self) -> Self:
        if self.below > self.above:
            raise ValueError(
                f"is calm below {self.below:g} but nervous above {self.above:g}. Swap them."
            )
        return self

    def is_nervous(self, reading: Reading | None, *, before: bool) -> bool:
        """Return the regime; between the two borders, and without a reading, it stays."""
        if reading is None:
            return before
        if before:
            return reading.number >= self.below
        return reading.number > self.above


class Coverage(SizingRule):
    """Covers a part of what the event would cost: 1 share pays 1 USD.

    ``target`` is one percentage, or a table of percentages by forecast: with
    ``{40%: 50%, 60%: 100%}`` half of the loss is covered from a forecast of 40% on, all of it
    from 60% on, and nothing below 40%. A row is left again only ``hysteresis`` below its border.
    """

    target: Annotated[
        float | Table,
        PlainValidator(_read_target),
        WithJsonSchema(_TARGET_SCHEMA),
        Field(description="the part to cover: 50%, or a table by forecast"),
    ]
    hysteresis: Annotated[
        Share, Field(description="how far below the border of a row its coverage ends: 2%")
    ] = 0.02
    by_volatility: Annotated[
        ByVolatility | None, Field(description="when to cover more, by the VIX or another reading")
    ] = None
    max_coverage: Annotated[Share, Field(description="the most to cover, with all of it: 100%")] = (
        1.0
    )

    def size(self, problem: EventProblem) -> Sized:
        """Return coverage times loss; the state is 2 x row of the table + 1 if nervous."""
        row_before, nervous_before = divmod(int(problem.state or 0), 2)
        covered, row, note = self._base(problem, None if problem.state is None else row_before)
        nervous = False
        if self.by_volatility is not None:
            name = self.by_volatility.reading
            reading = problem.readings.get(name)
            nervous = self.by_volatility.is_nervous(reading, before=bool(nervous_before))
            if reading is None:
                note += f", not changed by volatility: there is no reading {name}"
            elif nervous:
                covered *= self.by_volatility.multiplier
                note += f", times {self.by_volatility.multiplier:g} at {name} {reading.number:g}"
        if covered > self.max_coverage:
            covered = self.max_coverage
            note += f", at most {self.max_coverage:.0%}"
        shares = covered * problem.loss_usd_est
        note = f"coverage {note}: {covered:.0%} of {problem.loss_usd_est:,.0f} USD"
        return Sized(shares=shares, state=float(2 * row + nervous), note=note)

    def _base(self, problem: EventProblem, row_before: int | None) -> tuple[float, int, str]:
        """Return the coverage before volatility, the row of the table, and both in words."""
        if isinstance(self.target, float):
            return self.target, 0, f"{self.target:.0%}"
        row = zone_of(
            problem.probability,
            [level for level, _ in self.target],
            before=row_before,
            hysteresis=self.hysteresis,
        )
        if row == 0:
            return 0.0, 0, f"0% below a forecast of {self.target[0][0]:.0%}"
        level, covered = self.target[row - 1]
        return covered, row, f"{covered:.0%} from a forecast of {level:.0%} on"

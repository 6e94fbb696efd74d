"""Trigger: the forecast has moved."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.model.rule import Firing, Situation
from bot.model.text import Change, Probability, Share
from bot.rules.rule import TriggerRule
from bot.rules.zones import is_enough, zone_of


class ProbabilityTrigger(TriggerRule):
    """Fires when the forecast crosses a level, or has moved since the last plan.

    A level counts as crossed upwards when the forecast reaches it and downwards when the forecast
    is ``hysteresis`` below it, so that a forecast that hovers at a level fires once.
    """

    crosses: Annotated[
        tuple[Probability, ...], Field(description="the levels, rising, such as [40%, 60%]")
    ] = ()
    changes_by: Annotated[
        Change | None, Field(description="the move since the last plan, in points: 5%")
    ] = None
    hysteresis: Annotated[
        Share, Field(description="how far below a level it must fall to have crossed it: 2%")
    ] = 0.02

    @model_validator(mode="after")
    def _has_something_to_watch(self) -> Self:
        if not self.crosses and self.changes_by is None:
            raise ValueError("watches nothing. Write crosses: [40%, 60%], changes_by: 5% or both.")
        if list(self.crosses) != sorted(set(self.crosses)):
            raise ValueError("has levels that do not rise. Write crosses from low to high.")
        return self

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire on a new zone, else on a move; the state is the zone."""
        now, last = situation.probability, situation.last_probability
        before = None if state is None else int(state)
        zone = zone_of(now, self.crosses, before=before, hysteresis=self.hysteresis)
        if before is None:
            return None, float(zone)
        if zone != before:
            level = self.crosses[zone - 1] if zone > before else self.crosses[zone]
            way = "rose to" if zone > before else "fell to"
            text = f"forecast {way} {now:.1%}, across {level:.0%}"
            firing = self.firing(text, reading=now, threshold=level, hysteresis=self.hysteresis)
            return firing, float(zone)
        move = now - last
        if self.changes_by is not None and is_enough(move, self.changes_by):
            text = f"forecast moved from {last:.1%} to {now:.1%}, by {self.changes_by:.0%} or more"
            return self.firing(text, reading=move, threshold=self.changes_by), float(zone)
        return None, float(zone)

"""Trigger: the premium budget is being used up, or becomes free again."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.model.rule import Firing, Situation
from bot.model.text import Probability, Share
from bot.rules.rule import TriggerRule
from bot.rules.zones import zone_of


class PremiumBudget(TriggerRule):
    """Fires when the part of the shared premium budget that is used crosses a level.

    The budget is that of ``config.yaml`` over the last 365 days, so it also becomes free again:
    premium of a year ago no longer counts, and a hedge that is sold gives its price back.
    """

    crosses: Annotated[
        tuple[Probability, ...], Field(description="the levels, rising, such as [50%, 90%]")
    ]
    hysteresis: Annotated[
        Share, Field(description="how far below a level it must fall to have crossed it: 5%")
    ] = 0.05

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.crosses or list(self.crosses) != sorted(set(self.crosses)):
            raise ValueError("needs levels that rise. Write crosses: [50%, 90%].")
        return self

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire on a new zone; the state is the zone."""
        used = situation.premium_used
        before = None if state is None else int(state)
        zone = zone_of(used, self.crosses, before=before, hysteresis=self.hysteresis)
        if before is None or zone == before:
            return None, float(zone)
        level = self.crosses[zone - 1] if zone > before else self.crosses[zone]
        way = "rose to" if zone > before else "fell to"
        text = f"premium used {way} {used:.0%} of the budget, across {level:.0%}"
        firing = self.firing(text, reading=used, threshold=level, hysteresis=self.hysteresis)
        return firing, float(zone)

"""Trigger: markets move more than they did, or less."""

from typing import Annotated

from pydantic import Field

from bot.model.text import Ratio
from bot.rules.watch import WatchRule


class VolatilityTrigger(WatchRule):
    """Fires when a volatility rises above a level, and when it is back below a lower one.

    Between the two levels nothing changes: one level alone is crossed every few weeks. The reading
    may be the VIX or a `volatility` of ``portfolio.computed``; a reading ``NAME.stress`` is 1 in
    stress and 0 in calm, for which the levels of 0.5 do.
    """

    above: Annotated[Ratio, Field(description="the level on the way up, in points: 22")] = 22.0
    until: Annotated[Ratio, Field(description="the level on the way down: 18")] = 18.0

    def levels(self) -> tuple[float, float]:
        """Return both levels."""
        return self.above, self.until

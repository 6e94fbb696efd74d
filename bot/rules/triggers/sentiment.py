"""Trigger: the mood of the news is unusual."""

from typing import Annotated

from pydantic import Field

from bot.model.text import Ratio
from bot.rules.watch import WatchRule


class SentimentTrigger(WatchRule):
    """Fires when the mood of the news leaves its usual range, up or down, and when it is back.

    The reading is a `sentiment` of ``portfolio.computed``, in standard deviations.
    """

    above: Annotated[Ratio, Field(description="this far from usual, either way: 2")] = 2.0
    until: Annotated[Ratio, Field(description="back within this of usual: 1")] = 1.0

    def levels(self) -> tuple[float, float]:
        """Return both levels."""
        return self.above, self.until

    def measure(self, number: float) -> float:
        """Return the distance from usual."""
        return abs(number)

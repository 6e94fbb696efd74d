"""Trigger: what you own begins to move together, or ceases to."""

from typing import Annotated

from pydantic import Field

from bot.model.text import Share
from bot.rules.watch import WatchRule


class CorrelationTrigger(WatchRule):
    """Fires when a correlation rises above a level, and when it is back below a lower one.

    The reading is a `correlation` of ``portfolio.computed``: what diversification takes off a loss
    is gone when everything falls together.
    """

    above: Annotated[Share, Field(description="the level on the way up: 60%")] = 0.6
    until: Annotated[Share, Field(description="the level on the way down: 45%")] = 0.45

    def levels(self) -> tuple[float, float]:
        """Return both levels."""
        return self.above, self.until

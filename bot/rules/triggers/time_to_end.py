"""Trigger: the market ends soon."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bot.model.rule import Firing, Situation
from bot.model.text import Duration
from bot.rules.rule import TriggerRule

_DAY_S = 86_400.0


class TimeToEnd(TriggerRule):
    """Fires once when the scheduled end of the market comes nearer than ``below``."""

    below: Annotated[Duration, Field(description="how long before the end: 7d")]

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire when the end comes near; the state is 1 while it is near."""
        if situation.ends_at is None:
            return None, state or 0.0
        left = situation.ends_at - situation.now
        near = left < self.below
        if not near or state is None or state:
            return None, float(near)
        days, limit = left.total_seconds() / _DAY_S, self.below.total_seconds() / _DAY_S
        text = f"{days:.1f} days to the end of the market, below {limit:g}"
        return self.firing(text, reading=days, threshold=limit), 1.0

    def next_at(self, situation: Situation) -> datetime | None:
        """Return when the end comes near; None without an end or if it is near."""
        if situation.ends_at is None:
            return None
        at = situation.ends_at - self.below
        return at if at > situation.now else None

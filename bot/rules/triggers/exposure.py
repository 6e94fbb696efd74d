"""Trigger: what is at stake has changed."""

from typing import Annotated

from pydantic import Field

from bot.model.rule import Firing, Situation
from bot.model.text import Change
from bot.rules.rule import TriggerRule
from bot.rules.zones import is_enough

_NOTHING_USD = 1.0
"""Exposures this near to 0 USD count as none: their ratio says nothing."""


class ExposureTrigger(TriggerRule):
    """Fires when the exposure has changed by a part of what it was at the last plan.

    Prices move it, and so do bought and sold holdings. From or to nothing always fires.
    """

    changes_by: Annotated[Change, Field(description="the change, against the last plan: 10%")]

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire on the change since the last plan; there is no state."""
        now, last = situation.exposure_usd_est, situation.last_exposure_usd_est
        if state is None or max(abs(now), abs(last)) < _NOTHING_USD:
            return None, 0.0
        change = (now - last) / abs(last) if abs(last) >= _NOTHING_USD else 1.0
        if not is_enough(change, self.changes_by):
            return None, 0.0
        text = f"exposure went from {last:,.0f} to {now:,.0f} USD, by {self.changes_by:.0%} or more"
        return self.firing(text, reading=change, threshold=self.changes_by), 0.0

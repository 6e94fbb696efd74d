"""Trigger: the market has resolved."""

from bot.model.rule import Firing, Situation
from bot.rules.rule import TriggerRule


class Resolution(TriggerRule):
    """Fires once when the outcome of the market is decided. It has no options: ``{}``."""

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire on the change; the state is 1 once it has resolved."""
        now = float(situation.resolved)
        if state is None or now <= state:
            return None, now
        return self.firing("the market has resolved", reading=1.0, threshold=1.0), now

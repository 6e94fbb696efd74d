"""Sizing: what is worth its price to the whole portfolio."""

from typing import Annotated

from pydantic import Field

from bot.core.utility import cost_ceiling
from bot.model.rule import EventProblem, Sized
from bot.model.text import Share
from bot.rules.rule import SizingRule


class Utility(SizingRule):
    """Buys while a share is worth more than it costs, to the whole portfolio at once.

    All events with this rule are decided together: what they cost each other in money, how they
    move together, and what is held already. A share is worth what it adds to the certainty
    equivalent of terminal wealth at the ``risk_aversion`` of the config. At a fair price that
    covers all of the loss; the dearer the share the less; above its ceiling nothing.
    """

    max_coverage: Annotated[
        Share, Field(description="the most to cover of what is at stake: 100%")
    ] = 1.0

    @property
    def is_joint(self) -> bool:
        """Whether all events with this rule are decided together: they are."""
        return True

    def size(self, problem: EventProblem) -> Sized:
        """Return the most to hold; there is no state."""
        most = max(0.0, self.max_coverage * problem.loss_usd_est)
        wealth, loss = problem.wealth_usd_est, problem.loss_usd_est
        note = f"at most {self.max_coverage:.0%} of {loss:,.0f} USD"
        if wealth > max(loss, 0.0):
            alone = cost_ceiling(
                p=problem.probability, wealth=wealth, loss=loss, gamma=problem.risk_aversion
            )
            note += f"; alone, its first share would be worth {alone * 100:.1f}c"
        return Sized(shares=most, state=0.0, note=note)

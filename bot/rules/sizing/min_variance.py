"""Sizing: what leaves the least variance."""

from bot.core.hedge_ratio import chance_behind, effectiveness, hedge_ratio
from bot.model.rule import EventProblem, Sized
from bot.rules.rule import SizingRule


class MinVariance(SizingRule):
    """Holds what leaves the least variance of the portfolio, whatever it costs.

    All of the loss, where the market pays exactly if the event happens; less, the more often it
    may resolve otherwise: ``basis`` says how often. It asks neither whether a share is cheap nor
    what else you own: its use is to compare.
    """

    def size(self, problem: EventProblem) -> Sized:
        """Return hedge ratio times loss; there is no state."""
        missed, stray = problem.missed, problem.stray
        p = chance_behind(problem.probability, missed=missed, stray=stray)
        ratio = max(hedge_ratio(p, missed=missed, stray=stray), 0.0)
        removed = effectiveness(p, missed=missed, stray=stray)
        note = (
            f"least variance: {ratio:.3f} shares per USD of {problem.loss_usd_est:,.0f},"
            f" which removes {removed:.0%} of the event's variance"
        )
        return Sized(shares=max(0.0, ratio * problem.loss_usd_est), state=0.0, note=note)

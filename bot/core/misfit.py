"""Whether a market pays in the world in which we lose: if not, no price makes it a hedge."""

from bot.core.case import Case
from bot.core.hedge_ratio import effectiveness
from bot.model.decision import Reason

MOST_MISSED = 0.25
"""Of the cases in which the event hurts us. A market that stays away more often asks something
else."""
LEAST_CORRELATION = 0.5
"""Between contract and loss; its square is the part of the variance that a hedge can remove."""


def find_misfit(case: Case) -> Reason | None:
    """Return why the market is no hedge of this event however cheap it is; None if it is one.

    **Source:** HEDGING sections 0 (8) and 1.4.
    """
    market = case.strategy.market
    if market.missed > MOST_MISSED:
        text = (
            f"by its rules {case.market.market.slug} would not pay in {market.missed:.0%} of the"
            f" cases that hurt you (event.market.missed); {MOST_MISSED:.0%} is the most"
        )
        return Reason(code="RULES_MISMATCH", text=text)
    removed = effectiveness(case.forecast.probability, missed=market.missed, stray=market.stray)
    if removed >= LEAST_CORRELATION**2:
        return None
    text = (
        f"contract and loss correlate by {removed**0.5:.2f}, so a hedge removes {removed:.0%} of"
        f" the risk; {LEAST_CORRELATION:g} is the least (event.market.missed {market.missed:.1%},"
        f" stray {market.stray:.1%}, at a forecast of {case.forecast.probability:.1%})"
    )
    return Reason(code="CORRELATION_LOW", text=text)

"""What it costs to bind money in a market until its end."""

from bot.core.case import Case

_YEAR = 365.0
_LEAST = -0.5
"""No reward makes a share look cheaper than this."""


def carry_of(case: Case) -> float:
    """Return the cost of the money a share binds to the market's end, a fraction of its price.

    ``(funding rate - holding reward) * years``: less than nothing where the venue pays more for
    holding it than cash earns elsewhere. **Source:** HEDGING section 1.1.
    """
    rate = case.view.limits.funding_rate - case.strategy.market.holding_reward
    return max(rate * case.days_left / _YEAR, _LEAST)

"""What a nervous market does to losses: they grow with its volatility; the hedge is not multiplied.

**Source:** HEDGING sections 1.4 and 5: background volatility alone lowers the best cover, so a
regime must scale what events cost as well.
"""

from bot.model.view import View

MOST = 2.0
"""Losses grow at most so many times. **Source:** HEDGING section 5."""


def nervous_scale(view: View) -> float:
    """Return by what losses and background volatility are multiplied now; 1 in calm.

    Without the reading, or with one older than ``max_price_age``, it counts as calm.
    """
    name, readings = view.limits.volatility_reading, view.portfolio.readings
    stress, ratio = readings.get(f"{name}.stress"), readings.get(f"{name}.ratio")
    if stress is None or ratio is None or stress.number <= 0.0:
        return 1.0
    if view.now - min(stress.as_of, ratio.as_of) > view.limits.max_price_age:
        return 1.0
    return min(max(ratio.number, 1.0), MOST)

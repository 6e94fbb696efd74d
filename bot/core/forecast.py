"""Our probability of the adverse outcome: the market's, pulled by the user's own view."""

import math

from bot.core.rounding import round_estimate
from bot.model.decision import Forecast
from bot.model.strategy import OwnView

_EDGE = 1e-4
"""Log-odds need a probability off 0 and 1; no market quotes finer than this."""


def logit(probability: float) -> float:
    """Return the log-odds of a probability, held within [1e-4, 1 - 1e-4]."""
    held = min(max(probability, _EDGE), 1.0 - _EDGE)
    return math.log(held / (1.0 - held))


def pool_forecast(market: float, own_view: OwnView | None) -> Forecast:
    """Return the pooled forecast.

    ``logit p = logit m + w * (logit own - logit m)``.

    Args:
        market: Mid of the adverse token's book, strictly between 0 and 1.
        own_view: None leaves the market's probability as it is.

    **Source:** HEDGING section 4.1.
    """
    if own_view is None or own_view.weight == 0.0:
        return Forecast(probability=market, market=market, shares_of=(("market", 1.0),))
    start = logit(market)
    pooled = start + own_view.weight * (logit(own_view.probability) - start)
    return Forecast(
        probability=round_estimate(1.0 / (1.0 + math.exp(-pooled))),
        market=market,
        shares_of=(("market", 1.0 - own_view.weight), ("own_view", own_view.weight)),
    )

"""What the portfolio is worth in each scenario, and how uncertain that is.

**Source:** HEDGING sections 1.1, 1.4 and 1.5.
"""

import math
from functools import lru_cache

import numpy as np

from bot.core.programme.problem import Floats

NODES = 5
"""Of what moves the portfolio besides the events."""


def worth_by_scenario(
    *, worth: Floats, impacts: Floats, priced_in: Floats, happens: Floats
) -> Floats:
    """Return the portfolio's worth in each scenario, USD: (scenarios,).

    ``sum(v * prod(1 + R))``, ``R`` being ``impact * (1 - priced in)`` where the event happens and
    ``-impact * priced in`` where it does not: today's worth lies between the two. Impacts multiply,
    so that several of them do not take more than all of a holding.

    Args:
        worth: Of each holding today, USD, negative for a short: (holdings,).
        impacts: Worth if the event happens against if it does not, a fraction: (holdings, events).
        priced_in: Market's probability of each event: (events,).
        happens: 1 where it happens, else 0: (scenarios, events).
    """
    if_not = np.maximum(1.0 - impacts * priced_in, _LEAST)
    if_so = np.maximum(1.0 + impacts * (1.0 - priced_in), _LEAST)
    log_if_not = np.log(if_not)
    change = happens @ (np.log(if_so) - log_if_not).T + log_if_not.sum(axis=1)
    return np.asarray(np.exp(change) @ worth)


_LEAST = 1e-12
"""A holding that an event would take more than all of has nothing left."""


_WIDEST = 3.0
"""Of a factor's logarithm: who knows less of an outcome than this knows nothing of it."""


def spread_worth(
    worth: Floats, *, uncertain_usd: Floats, volatility: float
) -> tuple[Floats, Floats]:
    """Return worth at a few nodes of everything else, (scenarios, nodes), and their probabilities.

    One lognormal factor of mean 1 stands for the noise of the markets and for not knowing the
    impacts: each scenario has its own width.

    Args:
        worth: Of the portfolio in each scenario, USD, above zero.
        uncertain_usd: Standard deviation of that by not knowing the impacts, USD: (scenarios,).
        volatility: Standard deviation of the portfolio to the horizon by everything else, a
            fraction: volatility a year times the root of the years.
    """
    unsure = np.minimum(uncertain_usd, _WIDEST * worth) / worth
    widths = np.sqrt(volatility**2 + unsure**2)
    if float(widths.max()) == 0.0:
        return worth[:, None], np.ones(1)
    at, weights = _hermite(NODES)
    factors = np.exp(widths[:, None] * at)
    return np.asarray(worth[:, None] * factors / (factors @ weights)[:, None]), weights


@lru_cache(maxsize=1)
def _hermite(nodes: int) -> tuple[Floats, Floats]:
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return at, weights / math.sqrt(2.0 * math.pi)

"""Do holdings move together more than usual, or do they only move more?

**Source:** HEDGING section 5; Forbes and Rigobon (2002).
"""

import math

import numpy as np

from bot.core.paths import DECAY, WARM_UP, Floats


def corrected(correlation: float, variance_rise: float) -> float:
    """Return what the correlation would be at its usual variance.

    A shock common to all makes correlations rise although nothing depends on anything more.

    Args:
        correlation: As it was seen.
        variance_rise: Variance now / usual variance - 1, 0 or more.
    """
    return correlation / math.sqrt(1.0 + variance_rise * (1.0 - correlation**2))


def average_correlations(returns: Floats) -> Floats:
    """Return the corrected average correlation after each return from ``WARM_UP`` on.

    Args:
        returns: Float array (n, assets), at least 2 assets and more than ``WARM_UP`` rows, oldest
            first. What comes later changes nothing of what is returned for a row.
    """
    start = returns[:WARM_UP]
    moment = start.T @ start / WARM_UP
    usual = np.diag(moment).copy()
    rows: list[float] = []
    pairs = ~np.eye(returns.shape[1], dtype=bool)
    for place in range(WARM_UP, len(returns)):
        row = returns[place]
        moment = DECAY * moment + (1.0 - DECAY) * np.outer(row, row)
        usual += (row**2 - usual) / (place + 1)
        variances = np.diag(moment)
        scale = np.sqrt(np.outer(variances, variances))
        average = float(np.mean((moment / scale)[pairs]))
        rise = max(float(np.mean(variances / usual)) - 1.0, 0.0)
        rows.append(corrected(average, rise))
    return np.array(rows)

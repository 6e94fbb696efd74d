"""How bad the bad outcomes are: a report beside the certainty equivalent, never the aim."""

import numpy as np

from bot.core.programme.problem import Floats


def worst_mean(wealth: Floats, weights: Floats, node_weights: Floats, *, tail: float) -> float:
    """Return the mean of the worst outcomes, USD: what is left on average in that part of them.

    Args:
        wealth: (scenarios, nodes), USD.
        weights: Probability of each scenario: (scenarios,).
        node_weights: Probability of each node: (nodes,).
        tail: Which part is the worst, above 0 up to 1: 0.05.

    **Source:** Rockafellar and Uryasev (2000): conditional value at risk, as wealth.
    """
    order = np.argsort(wealth, axis=None)
    chances = (weights[:, None] * node_weights).ravel()[order]
    before = np.cumsum(chances) - chances
    inside = np.clip(tail - before, 0.0, chances)
    return float(inside @ wealth.ravel()[order] / tail)

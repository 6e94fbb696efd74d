"""Constant relative risk aversion over scenarios, in logarithms: no power over- or underflows.

What is minimised is ``-log CE``, minus the logarithm of the certainty equivalent: convex for every
risk aversion, and a difference of 1e-4 is one basis point of wealth whatever the unit of money.
"""

import math
from typing import NamedTuple

import numpy as np

from bot.core.programme.problem import Floats


class Point(NamedTuple):
    """``-log CE`` at one wealth, and what its derivatives need."""

    minus_log_ce: float
    slope: Floats
    """(markets + 1,): what one more share of each token, and one USD less, does to ``log CE``."""
    curving: Floats
    """(scenarios,): the second derivative by wealth, but for its rank-one part, over gamma."""


class Crra:
    """``-log CE`` of ``wealth + payoffs @ shares - cash``, as a function of (shares, cash).

    ``U(W) = W ** (1 - gamma) / (1 - gamma)``, or ``log W`` for ``gamma`` 1.
    **Source:** HEDGING sections 1.2 and 1.6.
    """

    __slots__ = ("_gamma", "_log_weights", "_payoffs", "_wealth", "_weights")

    def __init__(
        self,
        *,
        wealth: Floats,
        weights: Floats,
        node_weights: Floats,
        payoffs: Floats,
        gamma: float,
    ) -> None:
        # Scenarios lie along the last axis: the loops over them are then long, and quick.
        self._wealth = np.ascontiguousarray(wealth.T)
        self._weights = node_weights[:, None] * weights
        self._log_weights = np.log(self._weights)
        self._payoffs = np.vstack((payoffs.T, np.full((1, len(weights)), -1.0)))
        self._gamma = gamma

    def at(self, change: Floats) -> Point | None:
        """Return the point after ``change``; None if a scenario is left with nothing.

        Args:
            change: Shares of each token and cash spent: (markets + 1,).
        """
        wealth = self._wealth + change @ self._payoffs
        if float(wealth.min()) <= 0.0:
            return None
        log_wealth = np.log(wealth)
        if self._gamma == 1.0:
            tilted = self._weights
            minus_log_ce = -float((tilted * log_wealth).sum())
        else:
            power = 1.0 - self._gamma
            log_wealth *= power
            log_wealth += self._log_weights
            largest = float(log_wealth.max())
            tilted = np.exp(log_wealth - largest)
            total = float(tilted.sum())
            tilted /= total
            minus_log_ce = -(largest + math.log(total)) / power
        marginal = tilted / wealth
        curving = (marginal / wealth).sum(axis=0)
        return Point(minus_log_ce, self._payoffs @ marginal.sum(axis=0), curving)

    def curvature(self, point: Point) -> Floats:
        """Return the second derivative by shares and cash: (markets + 1, markets + 1)."""
        scaled = self._payoffs * np.sqrt(self._gamma * point.curving)
        curved = scaled @ scaled.T
        return np.asarray(curved + (1.0 - self._gamma) * np.outer(point.slope, point.slope))

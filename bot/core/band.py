"""The no-trade band: how far from the target it is best to stay, so that trading pays its cost.

**Source:** HEDGING section 2; within 7% of the exact dynamic programme, always a little wide.
"""

from dataclasses import dataclass

LEAST, MOST, UNKNOWN = 1.25, 5.0, 1.5
"""Bounds of the multiplier, and what it is before there is a history."""
ENOUGH = 10
"""Decisions that make a history."""
_HALF_LIFE = 10.0
_NOISE = 2.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Wander:
    """How far the target moves from day to day; part of an event's memory."""

    target: float = 0.0
    """Shares, when it was last set."""
    daily_variance: float = 0.0
    """Smoothed square of its change in a day, shares squared."""
    decisions: int = 0

    def after(self, target: float, *, days: float) -> "Wander":
        """Return what is known after another decision.

        Args:
            target: Shares wanted now.
            days: Since the last decision.
        """
        if self.decisions == 0:
            return Wander(target=target, decisions=1)
        change = (target - self.target) ** 2 / max(days, 1.0)
        # The first changes are averaged; a half-life counts from where there are more.
        fresh = max(1.0 - 0.5 ** (1.0 / _HALF_LIFE), 1.0 / self.decisions)
        variance = self.daily_variance + fresh * (change - self.daily_variance)
        return Wander(target=target, daily_variance=variance, decisions=self.decisions + 1)


def myopic_half_width(*, cost: float, wealth: float, gamma: float, p: float) -> float:
    """Return how far from the target a trade stops paying if the target never moves, in shares.

    ``k / (a p (1 - p))``, ``a = gamma / W``.

    Args:
        cost: Half the spread and the fee of a share, USD.
        wealth: USD.
        gamma: Relative risk aversion.
        p: Probability that the share pays, strictly between 0 and 1.
    """
    return cost * wealth / (gamma * p * (1.0 - p))


def half_width(*, myopic: float, variance: float, noise: float = 0.0) -> float:
    """Return the best half-width of the band, in shares.

    ``B ** 3 = b ** 3 + 1.5 b S ** 2``, then ``B_eff ** 2 = B ** 2 + (2.75 noise) ** 2``.

    Args:
        myopic: ``b``, the half-width if the target never moves.
        variance: ``S ** 2``, of how far the target will wander before the end, shares squared.
        noise: Standard deviation of the target by noise in what it is made of, shares.
    """
    still = float((myopic**3 + 1.5 * myopic * variance) ** (1.0 / 3.0))
    return float((still**2 + (_NOISE * noise) ** 2) ** 0.5)


def cost_multiplier(*, myopic: float, wander: Wander, days: float, noise: float = 0.0) -> float:
    """Return by what the cost of each change is multiplied, so that it stops at the band's edge.

    Args:
        myopic: Half-width if the target never moves, shares; 0 if trading costs nothing.
        wander: How the target moved before.
        days: To the hedge's end.
        noise: As in `half_width`.
    """
    if wander.decisions < ENOUGH or myopic <= 0.0:
        return UNKNOWN
    variance = wander.daily_variance * max(days, 0.0)
    wide = half_width(myopic=myopic, variance=variance, noise=noise) / myopic
    return min(max(wide, LEAST), MOST)

"""The one convex programme: how much of every offer to take, over all events at once.

Maximises the certainty equivalent of terminal wealth under constant relative risk aversion, given
what is owned and held in every scenario, what the books offer, and the limits that all share.
"""

from bot.core.programme.problem import Cap, Offer, Programme, Trouble
from bot.core.programme.solution import Solution, certainty_equivalent, solve

__all__ = ["Cap", "Offer", "Programme", "Solution", "Trouble", "certainty_equivalent", "solve"]

"""The policies of the contest: how many shares each buys when an event begins, all paths at once.

Shares are per USD of worth: every rule here scales with it. What is bought is held to the end.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from benchmarks.contest_world import Bets, Floats, chance, logit
from bot.core.band import UNKNOWN
from bot.core.forecast import DEEP, MIDDLE, default_slope
from bot.model.strategy import Costs

RISK_AVERSION = 4.3
"""The program's default."""
PREMIUM_CAP = 0.015
"""Of the portfolio in any 365 days: what ``config.example.yaml`` advises for real money."""
GATE = max(UNKNOWN, 1.0 + Costs().min_benefit_to_cost)
"""By which the program multiplies the cost of a new hedge: its defaults, nothing decided yet."""
_MOST_SHIFT = 0.7


class Belief(StrEnum):
    """Whose probability is believed."""

    RAW = "raw"
    SHRUNK = "shrunk"
    MARKET = "market"
    TRUTH = "truth"


class Rule(StrEnum):
    """How a hedge is sized."""

    NONE = "none"
    KELLY = "kelly"
    COVERAGE = "coverage"
    UTILITY = "utility"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One contestant."""

    name: str
    rule: Rule
    belief: Belief = Belief.SHRUNK
    coverage: float = 1.0
    """Of the loss: what is bought, or for utility the most."""
    gamma: float = RISK_AVERSION
    multiplier: float = 1.0
    """By which the cost of a share above the mid is charged."""
    premium_cap: float = np.inf
    """Of worth, in any 365 days."""


NONE = Policy(name="none", rule=Rule.NONE)
KELLY = Policy(name="article Kelly", rule=Rule.KELLY, belief=Belief.RAW)
RAW = Policy(name="utility, raw model", rule=Rule.UTILITY, belief=Belief.RAW)
SHRUNK = Policy(name="utility, shrunk", rule=Rule.UTILITY)
GATED = replace(SHRUNK, name="utility, shrunk, gate", multiplier=GATE)
DEFAULT = replace(GATED, name="the default: gate, cap 1.5%", premium_cap=PREMIUM_CAP)
ORACLE = Policy(name="(the truth known)", rule=Rule.UTILITY, belief=Belief.TRUTH)
POLICIES = (
    NONE,
    KELLY,
    Policy(name="coverage 50%", rule=Rule.COVERAGE, coverage=0.5),
    Policy(name="coverage 100%", rule=Rule.COVERAGE),
    Policy(name="utility, market's price", rule=Rule.UTILITY, belief=Belief.MARKET),
    RAW,
    replace(RAW, name="utility, raw model, cap 1.5%", premium_cap=PREMIUM_CAP),
    SHRUNK,
    replace(SHRUNK, name="utility, shrunk, cap 1.5%", premium_cap=PREMIUM_CAP),
    GATED,
    replace(GATED, name="utility, shrunk, gate, cap 3%", premium_cap=2.0 * PREMIUM_CAP),
    replace(DEFAULT, name="no signal: gate, cap 1.5%", belief=Belief.MARKET),
    DEFAULT,
    ORACLE,
)


def believe(belief: Belief, bets: Bets) -> Floats:
    """Return the probability that is believed; shrunk is `bot.core.forecast` with one signal."""
    if belief is Belief.SHRUNK:
        base = default_slope(91.0) * logit(bets.mid)
        weight = np.where(bets.half <= 0.005, DEEP, MIDDLE)
        pull = weight * (logit(bets.model) - base)
        return chance(base + np.clip(pull, -_MOST_SHIFT, _MOST_SHIFT))
    believed = {Belief.RAW: bets.model, Belief.MARKET: bets.mid, Belief.TRUTH: bets.truth}
    return believed[belief]


def size(policy: Policy, bets: Bets) -> Floats:
    """Return shares per USD of worth, before the premium cap: (paths, events)."""
    if policy.rule is Rule.NONE:
        return np.zeros_like(bets.theta)
    if policy.rule is Rule.COVERAGE:
        return policy.coverage * bets.theta
    p, cost = believe(policy.belief, bets), bets.cost
    if policy.rule is Rule.KELLY:
        edge, odds = p / cost - 1.0, (1.0 - cost) / cost
        return np.maximum(edge / odds, 0.0) / cost
    charge = bets.mid + policy.multiplier * (cost - bets.mid)
    wanted = best_shares(
        p, charge, if_not=1.0 + bets.mid * bets.theta, loss=bets.theta, gamma=policy.gamma
    )
    return np.minimum(wanted, policy.coverage * bets.theta)


def best_shares(p: Floats, c: Floats, *, if_not: Floats, loss: Floats, gamma: float) -> Floats:
    """Return `bot.core.utility.target_shares`, for many at once."""
    k = (p * (1.0 - c) / ((1.0 - p) * c)) ** (1.0 / gamma)
    return np.maximum(((k - 1.0) * if_not + loss) / (1.0 + (k - 1.0) * c), 0.0)

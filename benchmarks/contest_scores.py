"""What a policy made of its paths, and how two of them compare on the same paths."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.contest_policies import Policy, size
from benchmarks.contest_world import EVENTS_A_YEAR, Floats, History

BULL = 0.10
"""A year in which the portfolio without hedges gains more is a bull year."""
_CONFIDENCE = 1.96


Bought = tuple[Floats, Floats]
"""Shares and what they cost, USD: both (paths,)."""
Buy = Callable[[int, Floats, Floats], Bought]
"""From the event, the worth of all and the premium of the last 365 days, USD: both (paths,)."""


class Outcome(NamedTuple):
    """What came of one policy; all (paths,) but the counts."""

    log_wealth: Floats
    """At the end, as a multiple of that at the beginning."""
    drawdown: Floats
    """The largest, of weekly closes with hedges at their bid."""
    turnover: Floats
    """Premium a year, of worth."""
    yearly: Floats
    """Returns: (paths, years)."""
    offered: int
    hedged: int
    """Events, and those of them that were hedged at all."""


class Gain(NamedTuple):
    """A difference, with its 95% interval."""

    mean: float
    low: float
    high: float


def play(policy: Policy, history: History) -> Outcome:
    """Return what comes of a policy that sizes by the closed form."""
    wanted, cost = size(policy, history.bets), history.bets.cost

    def buy(event: int, worth: Floats, used: Floats) -> Bought:
        left = np.maximum(policy.premium_cap * worth - used, 0.0)
        shares = np.minimum(wanted[:, event] * worth, left / cost[:, event])
        return shares, shares * cost[:, event]

    return follow(history, buy)


def follow(history: History, buy: Buy) -> Outcome:
    """Return what comes of shares that are bought when an event begins, and held to its end."""
    paths, events = history.bets.theta.shape
    worth, peak, drawdown = np.ones(paths), np.ones(paths), np.zeros(paths)
    spent, premium, closes = (np.zeros((paths, events)) for _ in range(3))
    for event in range(events):
        used = spent[:, max(0, event - EVENTS_A_YEAR + 1) : event].sum(axis=1)
        shares, spent[:, event] = buy(event, worth, used)
        premium[:, event] = spent[:, event] / worth
        now = worth[:, None] * history.growth[:, event]
        now += shares[:, None] * history.bid[:, event] - spent[:, event, None]
        peaks = np.maximum(np.maximum.accumulate(now, axis=1), peak[:, None])
        drawdown = np.maximum(drawdown, (1.0 - now / peaks).max(axis=1))
        worth, peak = now[:, -1], peaks[:, -1]
        closes[:, event] = worth
    at_year = np.column_stack((np.ones(paths), closes[:, EVENTS_A_YEAR - 1 :: EVENTS_A_YEAR]))
    return Outcome(
        log_wealth=np.log(worth),
        drawdown=drawdown,
        turnover=premium.mean(axis=1) * EVENTS_A_YEAR,
        yearly=at_year[:, 1:] / at_year[:, :-1] - 1.0,
        offered=premium.size,
        hedged=int((premium > 0.0).sum()),
    )


def join(parts: Iterable[Outcome]) -> Outcome:
    """Return the outcome of all paths."""
    columns = list(zip(*parts, strict=True))
    arrays = [np.concatenate(each) for each in columns[:4]]
    return Outcome(*arrays, sum(columns[4]), sum(columns[5]))


def certain_growth(outcome: Outcome, gamma: float) -> float:
    """Return the sure growth a year that is as good, of log wealth.

    Args:
        outcome: Of paths that are equally likely.
        gamma: Relative risk aversion, not 1.
    """
    power = 1.0 - gamma
    worst = outcome.log_wealth.min()
    mean = np.exp(power * (outcome.log_wealth - worst)).mean()
    return float(worst + np.log(mean) / power) / outcome.yearly.shape[1]


def compare(one: Outcome, other: Outcome, gamma: float) -> Gain:
    """Return how much more sure growth a year ``one`` is worth than ``other``, on the same paths.

    Paired: by what each path adds to either certainty equivalent, to first order.
    """
    mean = certain_growth(one, gamma) - certain_growth(other, gamma)
    parts = _influence(one, gamma) - _influence(other, gamma)
    half = _CONFIDENCE * float(parts.std()) / float(np.sqrt(len(parts)))
    return Gain(mean, mean - half, mean + half)


def _influence(outcome: Outcome, gamma: float) -> Floats:
    power = 1.0 - gamma
    utility = np.exp(power * (outcome.log_wealth - outcome.log_wealth.min()))
    return (utility / utility.mean() - 1.0) / (power * outcome.yearly.shape[1])


def bull_drag(outcome: Outcome, unhedged: Outcome) -> float:
    """Return how much less a bull year brought, on average."""
    bulls = unhedged.yearly > BULL
    return float((unhedged.yearly - outcome.yearly)[bulls].mean())

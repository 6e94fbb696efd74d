"""The joint outcomes of all events, with exact probabilities: what happens, and what is paid.

Every combination while there are few of them, else a quasi-random sample whose weights are raked
until each event has its probability: a plain sample makes edges out of noise. Events move together
through a one-factor Gaussian copula; events of one cluster more so.

**Source:** HEDGING section 1.5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.copula import Codes, Loadings, States, enumerate_joint, sample_joint
from bot.core.programme.problem import Floats, Trouble
from bot.core.raking import complete, rake

MOST_ROWS = 4096
"""Up to so many combinations all are listed, 12 yes/no events; beyond, so many are drawn."""
_SLIP = 1e-9
_ROUNDS = 50
_RAKED = 1e-7
"""A sample that misses a probability by more would make an edge where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Outcomes of which at most one happens: a single event, or a neg-risk group."""

    name: str
    """Unlike that of any other group."""
    chances: tuple[float, ...]
    """Probability of each outcome, the one that comes with other bad events first; what is missing
    to 1 is that none of them happens."""
    cluster: str = ""
    """Groups of one cluster move together more closely; empty for none."""
    missed: float = 0.0
    """Probability that the market does not pay although its outcome happened."""
    stray: float = 0.0
    """Probability that a market of the group pays although none of its outcomes happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """What may come; columns are the outcomes of all groups, in the order given."""

    happens: Floats
    """1 where the outcome happens, else 0: (scenarios, outcomes)."""
    pays: Floats
    """1 where its market pays, else 0: (scenarios, outcomes)."""
    weights: Floats
    """Probability: (scenarios,), adding up to 1."""
    exact: bool
    """Whether every combination is listed; else they are a raked sample."""


def joint_scenarios(
    groups: Sequence[Group], loadings: Loadings, *, most_rows: int = MOST_ROWS
) -> Scenarios | Trouble:
    """Return the joint outcomes; the order of ``groups`` changes only that of the columns.

    Args:
        groups: Their names differ.
        loadings: How closely events move together.
        most_rows: Most rows that are listed or drawn; a power of two.
    """
    trouble = _contradiction(groups, loadings)
    if trouble is not None:
        return trouble
    ordered = sorted(groups, key=lambda group: group.name)
    tables = [_states(group) for group in ordered]
    chances = [_chances(table) for table in tables]
    exact = math.prod(map(len, chances)) <= most_rows
    if exact:
        codes, weights = enumerate_joint(tables, loadings)
    else:
        codes, weights = complete(sample_joint(tables, loadings, most_rows), chances)
    weights = rake(codes, weights, chances)
    off = max(
        (_miss(codes[:, index], weights, chance) for index, chance in enumerate(chances)),
        default=0.0,
    )
    if off > _RAKED:
        text = f"the sample of {len(codes)} rows misses a probability by {off:.2g}"
        return Trouble("NOT_RAKED", text)
    column = {group.name: codes[:, index] for index, group in enumerate(ordered)}
    table = {group.name: each for group, each in zip(ordered, tables, strict=True)}
    happens, pays = [], []
    for group in groups:
        states, mine = table[group.name], column[group.name]
        outcomes = np.eye(len(group.chances) + 1)[:, :-1]
        happens.append(outcomes[list(states.outcome)][mine])
        pays.append(outcomes[list(states.resolved)][mine])
    return Scenarios(
        happens=_beside(happens, len(codes)),
        pays=_beside(pays, len(codes)),
        weights=weights,
        exact=exact,
    )


def chances_behind(pays: Sequence[float], *, missed: float, stray: float) -> tuple[float, ...]:
    """Return how probable outcomes are whose markets pay with these probabilities.

    A price says how probable it is that the market pays, right or wrong. Taken for the outcome's
    own probability it would make every share look cheap by what strays. An outcome that is less
    probable than its market is wrong gets 0.

    Args:
        pays: Probability that the market of each outcome pays; not more than 1 together.
        missed: As in `Group`.
        stray: See there.
    """
    wanted = np.array(pays)
    chances = wanted.copy()
    for _ in range(_ROUNDS):
        states = _states(Group(name="", chances=tuple(chances), missed=missed, stray=stray))
        paid = np.bincount(states.resolved, _chances(states), minlength=len(pays) + 1)[:-1]
        if float(np.abs(paid - wanted)[chances > 0.0].max(initial=0.0)) <= _SLIP:
            break
        chances = np.maximum(chances + wanted - paid, 0.0)
        chances /= max(1.0, float(chances.sum()))
    return tuple(chances.tolist())


def _miss(states: Codes, weights: Floats, chance: Floats) -> float:
    """Return by how much the weights miss the probability of a state."""
    return float(np.abs(np.bincount(states, weights, minlength=len(chance)) - chance).max())


def _beside(columns: Sequence[Floats], rows: int) -> Floats:
    return np.hstack((np.empty((rows, 0)), *columns))


def _contradiction(groups: Sequence[Group], loadings: Loadings) -> Trouble | None:
    if not (min(loadings) >= 0.0 and max(loadings) < 1.0):
        text = f"correlations were {loadings.all_events} and {loadings.same_cluster}"
        return Trouble("BAD_CORRELATION", f"{text}; they lie from 0 to under 1")
    names = [group.name for group in groups]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        return Trouble("CONTRADICTION", f"two groups have the name {twice}")
    return next(filter(None, map(_look_at, groups)), None)


def _look_at(group: Group) -> Trouble | None:
    bad = [each for each in (*group.chances, group.missed, group.stray) if not 0.0 <= each <= 1.0]
    if bad:
        return Trouble("BAD_PROBABILITY", f"{group.name}: {bad[0]} is not a probability")
    total = sum(group.chances)
    if total <= 1.0 + _SLIP:
        return None
    text = f"{group.name}: at most one of its outcomes can happen, but they add up to {total:.1%}"
    return Trouble("CONTRADICTION", text)


def _states(group: Group) -> States:
    """Return what a group may be in; what cannot be is left out.

    What happened is not what is paid with the probability ``missed``: then it is another outcome
    of the group, each by its chance, or none. Where none happened, ``stray`` is shared likewise.
    """
    chances = (*group.chances, max(1.0 - sum(group.chances), 0.0))
    none = len(group.chances)
    found: list[tuple[int, int, float]] = []
    for outcome, chance in enumerate(chances):
        wrong = group.stray if outcome == none else group.missed
        others = 1.0 - chance
        for resolved, other in enumerate(chances):
            if resolved == outcome:
                part = 1.0 - wrong if others > 0.0 else 1.0
            else:
                part = wrong * other / others if others > 0.0 else 0.0
            if chance * part > 0.0:
                found.append((outcome, resolved, part))
    outcomes, resolutions, parts = zip(*found, strict=True)
    return States(group.cluster, chances, outcomes, resolutions, parts)


def _chances(states: States) -> Floats:
    return np.array(
        [states.chances[of] * part for of, part in zip(states.outcome, states.part, strict=True)]
    )

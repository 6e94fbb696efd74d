"""How events move together: a one-factor Gaussian copula, listed or drawn.

Each group of exclusive outcomes has a latent normal number; which of its outcomes happens is read
off from where it falls. The numbers share a factor, and those of one cluster a second one.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.core.programme.problem import Floats

Codes = npt.NDArray[np.intp]

_NODES = 24
"""Of each factor. What is left of its error is taken out by raking."""
_NORMAL = NormalDist()
_WIDTH = 5.0
_FAR = 9.0
"""Standard deviations beyond which nothing falls."""


class Loadings(NamedTuple):
    """How closely events move together: latent correlations, from 0 to under 1.

    **Source:** HEDGING section 12: 0.3 in calm and 0.7 in stressed markets, 0.6 in a cluster.
    """

    all_events: float = 0.3
    same_cluster: float = 0.6
    """Between events of one cluster; no less than between all events."""


class States(NamedTuple):
    """What one group may be in: an outcome, and how it is resolved."""

    cluster: str
    chances: tuple[float, ...]
    """Of each outcome, the last one that none of them happens; adding up to 1."""
    outcome: tuple[int, ...]
    """Of each state: what happened."""
    resolved: tuple[int, ...]
    """Of each state: what is paid for."""
    part: tuple[float, ...]
    """Of each state, among those of its outcome."""


def enumerate_joint(groups: Sequence[States], loadings: Loadings) -> tuple[Codes, Floats]:
    """Return every combination of states, (combinations, groups), and its probability."""
    nodes, node_weights = _nodes(_NODES if loadings.all_events > 0.0 else 1)
    joint = np.ones((len(nodes), 1))
    order: list[int] = []
    for members in _by_cluster(groups).values():
        order += members
        table = _cluster_table([groups[index] for index in members], loadings, nodes)
        joint = (joint[:, :, None] * table[:, None, :]).reshape(len(nodes), -1)
    sizes = [len(groups[index].outcome) for index in order]
    count = math.prod(sizes)
    codes = np.empty((count, len(groups)), dtype=np.intp)
    for index, column in zip(order, np.indices(sizes).reshape(len(sizes), count), strict=True):
        codes[:, index] = column
    return codes, node_weights @ joint


def sample_joint(groups: Sequence[States], loadings: Loadings, rows: int) -> Codes:
    """Return ``rows`` quasi-random combinations of states: (rows, groups)."""
    clusters = {name: index for index, name in enumerate(sorted({g.cluster for g in groups}))}
    normals = _quasi_normals(1 + len(clusters) + 2 * len(groups), rows)
    codes = np.empty((rows, len(groups)), dtype=np.intp)
    own = normals[1 + len(clusters) :]
    for index, group in enumerate(groups):
        common, inside, alone = _weights(group, loadings)
        latent = common * normals[0] + alone * own[2 * index]
        if inside:
            latent += inside * normals[1 + clusters[group.cluster]]
        outcome = np.searchsorted(np.array(_cuts(group)), latent, side="right")
        codes[:, index] = _resolve(group, outcome, own[2 * index + 1])
    return codes


def _by_cluster(groups: Sequence[States]) -> dict[str, list[int]]:
    """Return the groups that share a second factor, by its name; one alone needs none."""
    found: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        found.setdefault(group.cluster or f" {index}", []).append(index)
    return found


def _cluster_table(members: Sequence[States], loadings: Loadings, nodes: Floats) -> Floats:
    """Return the probability of each combination at each node: (nodes, combinations)."""
    shared = len(members) > 1
    inner, inner_weights = _nodes(_NODES if shared else 1)
    table = np.ones((len(nodes), len(inner), 1))
    for group in members:
        common, inside, alone = _weights(group, loadings)
        if not shared:
            inside, alone = 0.0, math.hypot(inside, alone)
        factors = common * nodes[:, None] + inside * inner
        below = _cdf((np.array(_cuts(group)) - factors[:, :, None]) / alone)
        chances = np.diff(below, axis=2, prepend=0.0, append=1.0)
        states = chances[:, :, list(group.outcome)] * np.array(group.part)
        table = (table[:, :, :, None] * states[:, :, None, :]).reshape(len(nodes), len(inner), -1)
    return np.asarray(inner_weights @ table)


def _weights(group: States, loadings: Loadings) -> tuple[float, float, float]:
    """Return how far a group's latent number follows all, its cluster, and nothing else."""
    common = loadings.all_events
    inside = max(loadings.same_cluster - common, 0.0) if group.cluster else 0.0
    return math.sqrt(common), math.sqrt(inside), math.sqrt(1.0 - common - inside)


def _cuts(group: States) -> list[float]:
    """Return where one outcome's range ends and the next begins, one fewer than outcomes."""
    below, cuts = 0.0, []
    for chance in group.chances[:-1]:
        below += chance
        cuts.append(
            _NORMAL.inv_cdf(below) if 0.0 < below < 1.0 else math.copysign(_FAR, below - 0.5)
        )
    return cuts


def _resolve(group: States, outcome: Codes, draw: Floats) -> Codes:
    """Return the state of each row: which resolution of its outcome ``draw`` falls on."""
    if len(group.outcome) == len(group.chances):
        return outcome
    state = np.empty_like(outcome)
    for each in range(len(group.chances)):
        mine = [index for index, of in enumerate(group.outcome) if of == each]
        if not mine:
            continue
        rows = outcome == each
        cuts, below = [], 0.0
        for index in mine[:-1]:
            below += group.part[index]
            cuts.append(_NORMAL.inv_cdf(min(max(below, 1e-15), 1.0 - 1e-15)))
        state[rows] = np.array(mine)[np.searchsorted(np.array(cuts), draw[rows])]
    return state


@lru_cache(maxsize=2)
def _nodes(count: int) -> tuple[Floats, Floats]:
    """Return points and probabilities that sum over a normal number: the trapezoid rule.

    Better than Gauss-Hermite here: its points lie where an outcome turns into another.
    """
    at = np.linspace(-_WIDTH, _WIDTH, count) if count > 1 else np.zeros(1)
    density = np.exp(-0.5 * at * at)
    return at, density / density.sum()


@lru_cache(maxsize=1)
def _cdf_table() -> tuple[Floats, Floats]:
    at = np.linspace(-_FAR, _FAR, 18_001)
    return at, np.array([_NORMAL.cdf(each) for each in at])


def _cdf(at: Floats) -> Floats:
    """Return the normal distribution function to 3e-8: what is off is raked out."""
    return np.interp(at, *_cdf_table())


@lru_cache(maxsize=4)
def _quasi_normals(numbers: int, rows: int) -> Floats:
    """Return a Sobol sample of independent normal numbers: (numbers, rows).

    Each point is moved to the middle of its cell, so that none is infinite; nothing is by chance.
    scipy is imported here: few portfolios need it, and it takes 40 MB.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(numbers, scramble=False).random(rows)
    return np.ascontiguousarray(ndtri(points + 0.5 / rows).T)

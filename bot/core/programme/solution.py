"""Scales the programme, has it solved, and does not believe the answer before it is certified."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.core.programme.crra import Crra, Point
from bot.core.programme.interior import Box, End, minimise, shortfall
from bot.core.programme.problem import Cap, Floats, Programme, Trouble

Indices = npt.NDArray[np.intp]

_AMPLE = 2.0
CERTIFIED = 1e-8
"""Most that a plan may be short of the best one: of certainty equivalent, 0.0001 basis points."""
_HAIR = 1e-9
"""Shares per USD of wealth that are no more than the solver's way of saying none, or all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What to take, and the proof that nothing is much better."""

    shares: tuple[float, ...]
    """Of each offer, in their order."""
    reservation: tuple[float, ...]
    """Of each market: what one more share of its token is worth after the plan, USD.
    ``E[U'(W) D] / E[U'(W)]``."""
    before: tuple[float, ...]
    """The same, with nothing taken."""
    cap_price: tuple[float, ...]
    """Of each cap: by how many USD of certainty equivalent one more unit of it would raise the
    plan; 0 where it does not bind. An offer is taken if its worth clears its charge by this."""
    ce_before_usd: float
    ce_after_usd: float
    """Sure wealth that is as good, at the charges; USD."""
    gap: float
    """No plan within the limits has a certainty equivalent more than this part higher."""
    steps: int


def solve(programme: Programme) -> Solution | Trouble:
    """Return the best plan, or why there is none.

    The certificate is checked on every answer: an answer that fails it is not returned.
    """
    trouble = programme.trouble()
    if trouble is not None:
        return trouble
    crra, scale = _crra(programme)
    before = crra.at(np.zeros(1 + programme.payoffs.shape[1]))
    if before is None:
        worst = float(programme.wealth[programme.weights > 0.0].min())
        text = f"in the worst scenario {worst:,.0f} USD are left; look at the impacts"
        return Trouble("RUIN", text)
    most = _most(programme, richest=float(programme.wealth.max()))
    taken = np.flatnonzero(most > 0.0)
    caps = [each for each in programme.caps if _can_bind(each, most)]
    box = Box(
        crra,
        _change(programme, most, taken) / scale,
        _use(caps, most, taken),
    )
    answer = _certify(box, minimise(box))
    if isinstance(answer, Trouble):
        return answer
    return _in_usd(programme, before, answer, most=most, taken=taken, caps=caps, scale=scale)


def certainty_equivalent(programme: Programme, shares: Floats) -> float:
    """Return the sure wealth that is as good as ``shares`` of each offer at its charge, USD.

    0 where that leaves nothing in a scenario.
    """
    crra, scale = _crra(programme)
    change = np.zeros(1 + programme.payoffs.shape[1])
    for offer, taken in zip(programme.offers, shares, strict=True):
        change[offer.market] += offer.side * taken / scale
        change[-1] += offer.charge * taken / scale
    point = crra.at(change)
    return 0.0 if point is None else scale * math.exp(-point.minus_log_ce)


def _crra(programme: Programme) -> tuple[Crra, float]:
    """Return the utility over what can happen, with mean wealth as the unit, and that in USD."""
    live = np.flatnonzero(programme.weights > 0.0)
    nodes = np.flatnonzero(programme.node_weights > 0.0)
    wealth, weights = programme.wealth[np.ix_(live, nodes)], programme.weights[live]
    node_weights = programme.node_weights[nodes]
    scale = abs(float(weights @ wealth @ node_weights)) or 1.0
    crra = Crra(
        wealth=wealth / scale,
        weights=weights,
        node_weights=node_weights,
        payoffs=programme.payoffs[live],
        gamma=programme.gamma,
    )
    return crra, scale


class _Answer(NamedTuple):
    """A certified answer in the solver's terms."""

    part: Floats
    price: Floats
    after: Point
    gap: float
    steps: int


def _certify(box: Box, end: End) -> _Answer | Trouble:
    """Return the answer with its proof.

    Offers a hair from nothing or from all that their worth pushes there are put there. As the
    shortfall is at most the gap, no offer stands on the wrong side of its worth by more than the
    gap, in USD, divided by its shares.
    """
    push = end.cap_price @ box.use - end.point.slope @ box.change
    hair = np.minimum(_HAIR / np.abs(box.change).max(axis=0, initial=0.0), 1e-3)
    part = np.where((push > 0.0) & (end.part < hair), 0.0, end.part)
    rounded = np.where((push < 0.0) & (part > 1.0 - hair), 1.0, part)
    if float((box.use @ rounded).max(initial=0.0)) <= 1.0:
        part = rounded
    after = box.crra.at(box.change @ part) or end.point
    gap = shortfall(box, after, part, end.cap_price)
    if not gap <= CERTIFIED:
        text = f"after {end.steps} steps a plan may be {gap:.2g} of wealth better; not traded"
        return Trouble("NOT_CERTIFIED", text)
    return _Answer(part, end.cap_price, after, max(gap, 0.0), end.steps)


def _in_usd(
    programme: Programme,
    before: Point,
    answer: _Answer,
    *,
    most: Floats,
    taken: Indices,
    caps: Sequence[Cap],
    scale: float,
) -> Solution:
    shares = np.zeros(len(most))
    shares[taken] = answer.part * most[taken]
    sure = -answer.after.slope[-1]
    prices = {
        each.name: float(price) * scale / (each.most * sure)
        for each, price in zip(caps, answer.price, strict=True)
    }
    return Solution(
        shares=tuple(shares.tolist()),
        reservation=tuple((answer.after.slope[:-1] / sure).tolist()),
        before=tuple((before.slope[:-1] / -before.slope[-1]).tolist()),
        cap_price=tuple(prices.get(each.name, 0.0) for each in programme.caps),
        ce_before_usd=scale * math.exp(-before.minus_log_ce),
        ce_after_usd=scale * math.exp(-answer.after.minus_log_ce),
        gap=answer.gap,
        steps=answer.steps,
    )


def _most(programme: Programme, *, richest: float) -> Floats:
    """Return the shares of each offer that could ever be taken: a scale, and nothing is cut off.

    Twice what a cap allows, so that the cap binds and not this; likewise twice what ruins whoever
    takes the offer alone, and his neighbour's that offsets it.
    """
    lowest, highest = programme.payoffs.min(axis=0), programme.payoffs.max(axis=0)
    most = np.array([each.size for each in programme.offers])
    for index, offer in enumerate(programme.offers):
        end = lowest if offer.side > 0 else highest
        loss = offer.charge - offer.side * float(end[offer.market])
        if loss > 0.0:
            most[index] = min(most[index], _AMPLE * richest / loss)
    for cap in programme.caps:
        for index, per_share in cap.per_share.items():
            most[index] = min(most[index], _AMPLE * max(cap.most, 0.0) / per_share)
    return most


def _can_bind(cap: Cap, most: Floats) -> bool:
    """Return whether all that could be taken would exceed the cap; nothing uses one of nothing."""
    all_of_it = sum(each * float(most[index]) for index, each in cap.per_share.items())
    return all_of_it > cap.most > 0.0


def _change(programme: Programme, most: Floats, taken: Indices) -> Floats:
    """Return what taking all of an offer does: (markets + 1, offers taken), USD."""
    change = np.zeros((programme.payoffs.shape[1] + 1, len(taken)))
    for column, index in enumerate(taken):
        offer = programme.offers[index]
        change[offer.market, column] = offer.side * most[index]
        change[-1, column] = offer.charge * most[index]
    return change


def _use(caps: Sequence[Cap], most: Floats, taken: Indices) -> Floats:
    """Return what taking all of an offer uses of each cap, of which there is 1."""
    use = np.zeros((len(caps), len(most)))
    for row, cap in enumerate(caps):
        for index, per_share in cap.per_share.items():
            use[row, index] = per_share * most[index] / cap.most
    return use[:, taken]

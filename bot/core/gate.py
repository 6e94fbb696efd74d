"""The cost gate: how many times its cost a change must bring, from how its target wanders.

A decision counts once a day, whether a plan is made or the last one stands: the band goes by how
the target moves from day to day, and a daemon that looks each minute knows no more of that.
"""

from collections.abc import Mapping
from typing import NamedTuple

from bot.core.band import ENOUGH, Wander, cost_multiplier, myopic_half_width
from bot.core.case import Case, fee_at
from bot.core.forecast import logit, probability_of
from bot.core.smoothing import is_counted
from bot.core.utility import target_shares

_TARGET, _VARIANCE, _DECISIONS, _AT = _KEYS = (
    "band.target",
    "band.daily_variance",
    "band.decisions",
    "band.at",
)
_DAY_S = 86_400.0


class Gate(NamedTuple):
    """What a change of one event must bring to be made."""

    multiplier: float
    """By which the cost of each change is multiplied."""
    note: str
    """Why, in words."""


def count_decision(case: Case) -> Mapping[str, float]:
    """Return what the event's memory keeps of today's decision; empty if it was counted before.

    Only targets of the joint programme are counted: no other rule has a band.
    """
    if not case.strategy.sizing.is_joint or not _is_due(case) or case.two_state(held=0.0) is None:
        return {}
    wander = _wander(case)
    numbers = (wander.target, wander.daily_variance, float(wander.decisions))
    return {**dict(zip(_KEYS, map(_round, numbers), strict=False)), _AT: case.view.now.timestamp()}


def measure_gate(case: Case) -> Gate:
    """Return the gate of an event whose plan is made now."""
    p, gamma = case.forecast.probability, case.view.limits.risk_aversion
    mid, first = case.book.mid or 0.0, case.book.ask_prices[0] / 1e6
    cost = first + fee_at(case.market.market.fee)(first) - mid
    myopic = myopic_half_width(cost=cost, wealth=case.wealth_if_not_usd_est, gamma=gamma, p=p)
    wander = _wander(case) if _is_due(case) else _stored(case)
    band = cost_multiplier(
        myopic=myopic, wander=wander, days=case.days_left, noise=target_noise(case)
    )
    least = 1.0 + case.strategy.costs.min_benefit_to_cost
    why = f"no-trade band after {wander.decisions} decisions: {band:.2f}"
    if wander.decisions < ENOUGH:
        why = f"no-trade band {band:.2f} until {ENOUGH} days were decided, {wander.decisions} are"
    if least >= band:
        why = f"costs.min_benefit_to_cost {least - 1.0:g}; {why}"
    most = max(band, least)
    return Gate(most, f"each change must bring {most:.2f} times its cost ({why})")


def target_noise(case: Case) -> float:
    """Return the standard deviation of the target by the forecast's own spread, in shares."""
    spread, at = case.forecast.spread, logit(case.forecast.probability)
    if spread <= 0.0:
        return 0.0
    high, low = (_target(case, probability_of(at + way * spread)) for way in (1.0, -1.0))
    return abs(high - low) / 2.0


def _target(case: Case, p: float) -> float:
    """Return the shares that would be best at the mid, alone and without a cost."""
    wealth, loss = case.wealth_if_not_usd_est, case.exposure_usd_est
    # A loss of all that there is has been refused before; this only keeps the formula whole.
    bearable = max(wealth, loss * 1.001)
    gamma = case.view.limits.risk_aversion
    return target_shares(p=p, c=case.book.mid or 0.0, wealth=bearable, loss=loss, gamma=gamma)


def _stored(case: Case) -> Wander:
    state = case.event.memory.rule_state
    return Wander(
        target=state.get(_TARGET, 0.0),
        daily_variance=state.get(_VARIANCE, 0.0),
        decisions=int(state.get(_DECISIONS, 0.0)),
    )


def _is_due(case: Case) -> bool:
    return is_counted(case.event.memory.rule_state.get(_AT), case.view.now)


def _wander(case: Case) -> Wander:
    """Return how the target moves, the decision of now included."""
    at = case.event.memory.rule_state.get(_AT)
    days = 1.0 if at is None else (case.view.now.timestamp() - at) / _DAY_S
    return _stored(case).after(_target(case, case.forecast.probability), days=days)


def _round(number: float) -> float:
    return float(f"{number:.6g}")

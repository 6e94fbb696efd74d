"""The cost gate: how many times its cost a change must bring, from how its target wanders."""

from collections.abc import Mapping
from typing import NamedTuple

from bot.core.band import Wander, cost_multiplier, myopic_half_width
from bot.core.case import Case, fee_at
from bot.core.outlook import days_left
from bot.core.utility import target_shares

_KEYS = ("band.target", "band.daily_variance", "band.decisions")


class Gate(NamedTuple):
    """What a change of one event must bring to be made."""

    multiplier: float
    """By which the cost of each change is multiplied."""
    remembered: Mapping[str, float]
    """For the event's memory: how its target moves."""
    note: str
    """Both in words."""


def measure_gate(case: Case) -> Gate:
    """Return the gate of an event whose plan is made now."""
    memory, mid = case.event.memory, case.book.mid or 0.0
    p, gamma = case.forecast.probability, case.view.limits.risk_aversion
    wealth, loss = case.wealth_if_not_usd_est, case.exposure_usd_est
    # A loss of all that there is has been refused before; this only keeps the formula whole.
    bearable = max(wealth, loss * 1.001)
    target = target_shares(p=p, c=mid, wealth=bearable, loss=loss, gamma=gamma)
    since = case.view.now - (memory.run_at or case.view.now)
    stored = [memory.rule_state.get(key, 0.0) for key in _KEYS]
    wander = Wander(target=stored[0], daily_variance=stored[1], decisions=int(stored[2]))
    wander = wander.after(target, days=since.total_seconds() / 86_400.0)
    first = case.book.ask_prices[0] / 1e6
    cost = first + fee_at(case.market.market.fee)(first) - mid
    myopic = myopic_half_width(cost=cost, wealth=wealth, gamma=gamma, p=p)
    band = cost_multiplier(myopic=myopic, wander=wander, days=days_left(case))
    least = 1.0 + case.strategy.costs.min_benefit_to_cost
    note = f"each change must bring {max(band, least):.2f} times its cost"
    if least >= band:
        note += f" (costs.min_benefit_to_cost {least - 1.0:g})"
    else:
        note += f" (no-trade band after {wander.decisions} decisions)"
    remembered = (wander.target, wander.daily_variance, float(wander.decisions))
    return Gate(max(band, least), dict(zip(_KEYS, map(_round, remembered), strict=True)), note)


def _round(number: float) -> float:
    return float(f"{number:.6g}")

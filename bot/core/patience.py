"""Which trades wait: what only the signals ask for is confirmed first, and not asked for too often.

A trade that the market's own probability asks for as well is driven by what is at stake; it waits
for nothing. Neither does one that follows a jump of the exposure, which the turnover of the year
does not stop either. None of this passes a trade that is not worth its cost. Exits and rolls are
never held up.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from bot.core.case import Case, fee_at
from bot.core.forecast import logit, probability_of
from bot.core.gate import measure_gate
from bot.core.smoothing import DECIDED_EVERY
from bot.core.wishes import Plan, rests_first
from bot.model.decision import Reason, Verdict
from bot.model.orders import Purpose
from bot.model.rule import Firing, Sized
from bot.model.units import ZERO_USD

JUMP = 0.10
"""Change of the exposure, as a part of it, after which nothing waits. **Source:** HEDGING 12."""
TRADED_AT = "traded.at"
"""In an event's memory: when its last orders were approved, epoch seconds."""
TURNOVER_SPENT = "TURNOVER_SPENT"
WAITING = frozenset({"UNCONFIRMED", "COOLING_DOWN"})
_WAY, _SINCE = "signal.way", "signal.since"
_WAYS = {Purpose.OPEN: 1.0, Purpose.ADD: 1.0, Purpose.REDUCE: -1.0}
_COMPLETES = frozenset({"unfinished", "rested"})


def restrain(
    case: Case, plan: Plan, because: tuple[Firing, ...], sized_at_market: Sized | None
) -> Plan:
    """Return the plan, or that its trade waits.

    Args:
        case: The event.
        plan: As it would be traded.
        because: Why it was made.
        sized_at_market: What the sizing rule wants without the signals; None if it leaves that to
            the joint programme.
    """
    ways = {_WAYS.get(wish.purpose, 0.0) for wish in plan.wishes}
    way = ways.pop() if len(ways) == 1 else 0.0
    if way == 0.0 or _has_jumped(case, way):
        return _remember(case, plan, way=0.0, since=0.0)
    if (spent := _turnover_spent(case, plan)) is not None:
        return _hold(case, plan, spent)
    if not _is_by_signals(case, plan, way, sized_at_market):
        return _remember(case, plan, way=0.0, since=0.0)
    state, now = case.event.memory.rule_state, case.view.now.timestamp()
    since = state[_SINCE] if state.get(_WAY) == way else now
    plan = _remember(case, plan, way=way, since=since)
    confirmed_at = since + DECIDED_EVERY.total_seconds()
    if now < confirmed_at:
        text = "only the signals ask for this trade; the next day's decision must ask for it too"
        return _wait(case, plan, Reason(code="UNCONFIRMED", text=text), until=confirmed_at)
    pause = case.strategy.costs.signal_cooldown
    cool_at = state.get(TRADED_AT, -pause.total_seconds()) + pause.total_seconds()
    if now < cool_at and not {each.trigger for each in because} <= _COMPLETES:
        hours = f"{pause / timedelta(hours=1):g}h"
        text = f"only the signals ask for this trade; costs.signal_cooldown is {hours}"
        return _wait(case, plan, Reason(code="COOLING_DOWN", text=text), until=cool_at)
    return plan


def without_signals(case: Case) -> Case:
    """Return the event as it would be if its signals said nothing."""
    forecast = case.forecast
    plain = probability_of(logit(forecast.probability) - forecast.pull)
    return case._replace(forecast=structs.replace(forecast, probability=plain, pull=0.0))


def _is_by_signals(case: Case, plan: Plan, way: float, sized_at_market: Sized | None) -> bool:
    """Return whether the first share would not be traded if the signals said nothing."""
    if case.forecast.pull == 0.0:
        return False
    if sized_at_market is not None and (sized_at_market.shares - case.held_shares) * way <= 0.0:
        return True
    worth = probability_of(logit(plan.reservation_price) - case.forecast.pull)
    return (worth - _least_worth(case, way)) * way < 0.0


def _least_worth(case: Case, way: float) -> float:
    """Return what the first share must be worth to be traded, USD."""
    mid, fee = case.book.mid or 0.0, fee_at(case.market.market.fee)
    bid, ask = case.book.bid_prices[0] / 1e6, case.book.ask_prices[0] / 1e6
    if way > 0.0 and rests_first(case):
        return bid
    all_in = ask + fee(ask) if way > 0.0 else bid - fee(bid)
    times = 1.0 + case.strategy.costs.min_benefit_to_cost
    if case.strategy.sizing.is_joint:
        times = measure_gate(case).multiplier
    return mid + times * (all_in - mid)


def _has_jumped(case: Case, way: float) -> bool:
    """Return whether the loss has jumped the trade's way since the last plan."""
    memory = case.event.memory
    if memory.run_at is None:
        return False
    change = case.exposure_usd_est - memory.exposure_usd_est
    return change * way > 0.0 and abs(change) >= JUMP * abs(memory.exposure_usd_est)


def _remember(case: Case, plan: Plan, *, way: float, since: float) -> Plan:
    """Return the plan with the way in which signals alone want to trade."""
    if way == case.event.memory.rule_state.get(_WAY, 0.0):
        return plan
    kept: Mapping[str, float] = {**plan.remembered, _WAY: way, _SINCE: since}
    return replace(plan, remembered=kept)


def _turnover_spent(case: Case, plan: Plan) -> Reason | None:
    """Return that the trade is more than is left of the year's turnover; None if it is not."""
    limits, (wish, *_) = case.strategy.limits, plan.wishes
    used = case.view.account.turnover_by_event.get(case.event.event, ZERO_USD)
    # The limits of premium and order cut a trade afterwards: it is never more than they let pass.
    most = min(limits.max_order_usd, limits.max_premium_usd)
    trade = min(abs(wish.trade.cash), float(most))
    if float(used) + trade <= float(limits.turnover_usd):
        return None
    text = (
        f"{used:,.2f} USD were bought and sold in 365 days and {trade:,.2f} more would be;"
        f" limits.max_turnover_usd is {limits.turnover_usd:,.2f}"
    )
    return Reason(code=TURNOVER_SPENT, text=text)


def _wait(case: Case, plan: Plan, reason: Reason, *, until: float) -> Plan:
    at = case.view.now + timedelta(seconds=until - case.view.now.timestamp())
    text = f"{reason.text}: not before {at:%Y-%m-%d %H:%M} UTC"
    return replace(_hold(case, plan, structs.replace(reason, text=text)), again_at=at)


def _hold(case: Case, plan: Plan, reason: Reason) -> Plan:
    """Return the plan without its trade."""
    return replace(
        plan,
        verdict=Verdict.REFUSE if case.choice.held is None else Verdict.HOLD,
        reasons=(reason, *plan.reasons),
        wishes=(),
        buy=None,
    )

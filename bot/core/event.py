"""Decides one event: frozen, quiet, withdrawn or planned, and what is remembered of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import structs

from bot.core.budget import left_of_event, measure_usage
from bot.core.case import Case, open_case
from bot.core.due import (
    find_closing,
    find_wake,
    is_due,
    is_short,
    look_at_triggers,
    why_plan,
)
from bot.core.gate import count_decision
from bot.core.kelly import edge_over_odds, kelly_fraction
from bot.core.orders import Wish
from bot.core.plan import asks_most, plan_event
from bot.core.premium import asks_about_a_date, measure_upkeep
from bot.core.rounding import round_estimate
from bot.core.smoothing import keep_pull
from bot.core.wishes import Answer, Plan
from bot.model.decision import Comparison, EventDecision, Reason, Verdict
from bot.model.orders import OrderStatus
from bot.model.rule import Firing, Situation
from bot.model.strategy import Strategy
from bot.model.units import OrderId, TokenId, UsdEst
from bot.model.view import EventMemory, EventView, View

RETRY_AFTER = timedelta(minutes=15)
"""A plan that its orders did not complete is tried again after this."""
STUCK_AFTER = timedelta(hours=2)
"""A plan whose orders found nothing, or used up the good prices, is tried again after this."""
REFUSED_AGAIN = timedelta(hours=6)
"""A refusal, or an exit that waits, is looked at again after this."""
SOON = timedelta(seconds=10)
"""When to look after a cancel whose end is not known yet."""
_NO_MARKET = frozenset({"NO_MARKET", "WRONG_DATE", "WAITS_FOR_RESOLUTION"})


class EventOutcome(NamedTuple):
    """One event's decision and the trades it wants, before shared money."""

    decision: EventDecision
    wishes: tuple[Wish, ...] = ()
    cancels: tuple[OrderId, ...] = ()
    wake_at: datetime | None = None


class Due(NamedTuple):
    """An event whose plan must be made again, and why."""

    case: Case
    closing: Reason | None
    because: tuple[Firing, ...]
    state: dict[str, float]
    situation: Situation
    most: float | None
    """Shares it asks the joint programme for; None if its sizing rule decides alone."""


def look_at(view: View, event: EventView, strategy: Strategy) -> EventOutcome | Due:
    """Return what to do about one event, or that its plan is due."""
    case = open_case(view, event, strategy)
    if isinstance(case, Reason):
        return _undecided(view, event, case)
    situation = case.situation()
    closing = find_closing(case)
    if case.only_exits is not None and closing is None:
        return _undecided(view, event, case.only_exits)
    firings, state = look_at_triggers(case, situation)
    state |= count_decision(case)
    state |= keep_pull(case.forecast, event.memory.rule_state, view.now)
    because = why_plan(case, closing, firings)
    if not because:
        return _quiet(case, situation, state)
    if case.orders:
        return _withdraw(case, because, state)
    sized = asks_most(case) if closing is None else None
    most = None if sized is None else sized.shares
    return Due(case, closing, because, state, situation, most)


def decide_event(due: Due, answer: Answer | Reason | None) -> EventOutcome:
    """Return what to do about an event whose plan is due."""
    case, because, state, situation = due.case, due.because, due.state, due.situation
    plan = plan_event(case, closing=due.closing, because=because, answer=answer)
    memory = _remember(case, plan, state)
    decision = structs.replace(
        _describe(case, plan.verdict, memory),
        reasons=plan.reasons,
        firings=because,
        target_shares=round_estimate(plan.sized.shares) if plan.sized else 0.0,
        planned_shares=memory.target_shares,
        reservation_price=round_estimate(plan.reservation_price),
        ask=round_estimate(plan.ask),
        benefit_usd_est=UsdEst(round_estimate(plan.buy.benefit if plan.buy else 0.0)),
        cost_usd_est=UsdEst(round_estimate(plan.buy.cost if plan.buy else 0.0)),
        sizing_note=plan.sized.note if plan.sized else "",
        ended_by=plan.buy.capped_by if plan.buy else "",
        comparison=_compare(case, plan),
        certificate=plan.certificate,
    )
    wake_at = find_wake(case, memory, situation)
    return EventOutcome(decision=decision, wishes=plan.wishes, wake_at=wake_at)


def _describe(case: Case, verdict: Verdict, memory: EventMemory) -> EventDecision:
    """Return a decision with what is known of the event whatever is planned."""
    return EventDecision(
        event=case.event.event,
        verdict=verdict,
        reasons=(),
        memory=memory,
        exposure_usd_est=case.exposure_usd_est,
        forecast=case.forecast,
        token_id=case.market.token_id,
        held_shares=case.held_shares,
        upkeep=measure_upkeep(case),
    )


def _undecided(view: View, event: EventView, reason: Reason) -> EventOutcome:
    """Freeze the event, or refuse it for want of a market; resting orders are withdrawn."""
    refused = reason.code in _NO_MARKET
    verdict = Verdict.REFUSE if refused else Verdict.FROZEN
    if reason.code == "WAITS_FOR_RESOLUTION":
        verdict = Verdict.HOLD
    memory = event.memory
    if refused:
        retry_at = view.now + REFUSED_AGAIN
        memory = replace(memory, verdict=f"{verdict}:{reason.code}", retry_at=retry_at)
        if event.memory.verdict == memory.verdict and not is_due(event.memory, view.now):
            memory = event.memory
            verdict = Verdict.QUIET
    resting = tuple(
        order.order_id
        for order in view.account.orders
        if order.event == event.event and order.status is OrderStatus.OPEN
    )
    decision = EventDecision(
        event=event.event,
        verdict=verdict,
        reasons=(reason,),
        memory=memory,
        exposure_usd_est=memory.exposure_usd_est,
    )
    wake_at = None if is_due(memory, view.now) else memory.retry_at
    return EventOutcome(decision=decision, cancels=resting, wake_at=wake_at)


def _quiet(case: Case, situation: Situation, state: dict[str, float]) -> EventOutcome:
    memory = case.event.memory
    if not state.items() <= memory.rule_state.items():
        memory = replace(memory, rule_state={**memory.rule_state, **state})
    if memory.rested_at is not None and not case.orders and not is_short(case):
        memory = replace(memory, rested_at=None)
    decision = _describe(case, Verdict.QUIET, memory)
    return EventOutcome(decision=decision, wake_at=find_wake(case, memory, situation))


def _withdraw(case: Case, because: tuple[Firing, ...], state: dict[str, float]) -> EventOutcome:
    """Cancel what rests; the plan is made in the next cycle, when its fills are known.

    What has rested its time is taken then; what is withdrawn earlier may rest again.
    """
    before, now = case.event.memory, case.view.now
    memory = replace(
        before,
        rule_state={**before.rule_state, **state},
        retry_at=now,
        rested_at=before.rested_at if is_due(before, now) else None,
        unfinished=True,
    )
    decision = structs.replace(
        _describe(case, Verdict.HOLD, memory),
        reasons=(Reason(code="WITHDRAWN", text="what rests is cancelled first, then planned"),),
        firings=because,
    )
    cancels = tuple(order.order_id for order in case.orders)
    return EventOutcome(decision=decision, cancels=cancels, wake_at=now + SOON)


def _wait(plan: Plan) -> timedelta:
    """Return how long a plan without trades rests: one that waits for something, less long."""
    found = {reason.code for reason in plan.reasons}
    if "TOKEN_SHARED" in found:
        return RETRY_AFTER
    return STUCK_AFTER if found & {"EXIT_WAITS", "COMPLEMENT_HELD"} else REFUSED_AGAIN


def _is_stuck(case: Case) -> bool:
    """Whether the last plan sent orders and holds what it held before."""
    memory = case.event.memory
    sent = abs(memory.target_shares - memory.held_shares) > 0.01
    same = memory.token_id == case.market.token_id and memory.held_shares == case.held_shares
    return sent and same


def _remember(case: Case, plan: Plan, state: dict[str, float]) -> EventMemory:
    now = case.view.now
    kept = {**case.event.memory.rule_state, **state, **plan.remembered}
    if plan.sized is not None:
        kept["sizing"] = plan.sized.state
    rests = any(wish.expires_at is not None for wish in plan.wishes)
    level = plan.buy is not None and plan.buy.capped_by == "level"
    retry_after = STUCK_AFTER if level or _is_stuck(case) else RETRY_AFTER
    if rests:
        retry_after = case.strategy.execution.rest_for
    return EventMemory(
        run_at=now,
        probability=round_estimate(case.forecast.probability),
        exposure_usd_est=case.exposure_usd_est,
        strategy_digest=case.strategy.digest,
        held_shares=case.held_shares,
        target_shares=case.held_shares,
        token_id=_token_of(case, plan),
        verdict=f"{plan.verdict}:{plan.reasons[0].code}",
        unfinished=plan.buy is not None and _may_buy_more(case, plan.buy.capped_by),
        retry_at=plan.again_at or now + (retry_after if plan.wishes else _wait(plan)),
        rested_at=now if rests else None,
        is_dated=asks_about_a_date(case.strategy),
        rested_price=plan.wishes[0].trade.limit if rests else 0.0,
        rule_state=kept,
    )


def _may_buy_more(case: Case, capped_by: str) -> bool:
    """Return whether what ended a purchase lets the next order go on."""
    if capped_by == "money":
        left = left_of_event(case.strategy, measure_usage(case.view))
        return left["limits.max_order_usd"] < left["limits.max_premium_usd"]
    return capped_by in ("depth", "level", "book")


def _token_of(case: Case, plan: Plan) -> TokenId:
    """Return the token the hedge is in from now on; empty if it is in none."""
    if plan.verdict is Verdict.CLOSE:
        return TokenId("")
    if plan.wishes:
        return case.market.token_id
    return case.choice.held.token_id if case.choice.held is not None else TokenId("")


def _compare(case: Case, plan: Plan) -> Comparison:
    p, c = case.forecast.probability, plan.ask
    priced = 0.0 < c < 1.0
    return Comparison(
        kelly_fraction=round_estimate(max(0.0, kelly_fraction(p, c)) if priced else 0.0),
        edge_over_odds=round_estimate(max(0.0, edge_over_odds(p, c)) if priced else 0.0),
        full_coverage_shares=round_estimate(max(0.0, case.exposure_usd_est)),
        closed_form_shares=round_estimate(_alone(case, c) if priced else 0.0),
    )


def _alone(case: Case, c: float) -> float:
    """Return the shares that the two-state formula would hold of this event alone."""
    state = case.two_state(held=0.0)
    return max(0.0, state.shares_until(c)) if state is not None else 0.0

"""When an event's plan is made again: frozen, quiet, or planned, and what is remembered."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.case import Case, open_case
from bot.core.kelly import edge_over_odds, kelly_fraction
from bot.core.orders import Wish
from bot.core.plan import plan_event
from bot.core.rounding import round_estimate
from bot.core.wishes import Plan
from bot.model.decision import Comparison, EventDecision, Reason, Verdict
from bot.model.rule import Firing
from bot.model.strategy import OnRemove, Strategy
from bot.model.units import OrderId, TokenId, UsdEst
from bot.model.view import EventMemory, EventView, View

REVIEW_EVERY = timedelta(days=7)
"""Every plan is looked at this often even if no trigger is named."""
RETRY_AFTER = timedelta(minutes=15)
"""A plan that its orders did not complete is tried again after this."""
REFUSED_AGAIN = timedelta(hours=6)
"""A refusal, or an exit that waits, is looked at again after this."""
_NO_MARKET = frozenset({"NO_MARKET", "WRONG_DATE", "WAITS_FOR_RESOLUTION"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOutcome:
    """One event's decision and the trades it wants, before shared money."""

    decision: EventDecision
    wishes: tuple[Wish, ...] = ()
    cancels: tuple[OrderId, ...] = ()
    wake_at: datetime | None = None


def decide_event(view: View, event: EventView, strategy: Strategy) -> EventOutcome:
    """Return what to do about one event."""
    case = open_case(view, event, strategy)
    if isinstance(case, Reason):
        return _undecided(view, event, case)
    closing = _closing(case)
    firings, state = _look_at_triggers(case)
    because = _why_plan(case, closing, firings)
    if not because:
        return _quiet(case, state)
    if case.orders:
        return _withdraw(case, because, state)
    plan = plan_event(case, closing=closing)
    memory = _remember(case, plan, state)
    decision = EventDecision(
        event=event.event,
        verdict=plan.verdict,
        reasons=plan.reasons,
        memory=memory,
        firings=because,
        exposure_usd_est=UsdEst(round_estimate(case.exposure_usd_est)),
        forecast=replace(
            case.forecast,
            probability=round_estimate(case.forecast.probability),
            market=round_estimate(case.forecast.market),
        ),
        token_id=case.market.token_id,
        held_shares=case.held_shares,
        target_shares=round_estimate(plan.sized.shares) if plan.sized else 0.0,
        planned_shares=memory.target_shares,
        reservation_price=round_estimate(plan.reservation_price),
        ask=round_estimate(plan.ask),
        benefit_usd_est=UsdEst(round_estimate(plan.buy.benefit if plan.buy else 0.0)),
        cost_usd_est=UsdEst(round_estimate(plan.buy.cost if plan.buy else 0.0)),
        sizing_note=plan.sized.note if plan.sized else "",
        comparison=_compare(case, plan),
    )
    return EventOutcome(
        decision=decision,
        wishes=plan.wishes,
        wake_at=_wake_at(case, memory),
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
        if event.memory.verdict == memory.verdict and not _due(event.memory.retry_at, view.now):
            memory = event.memory
            verdict = Verdict.QUIET
    resting = tuple(
        order.order_id
        for order in view.account.orders
        if order.event == event.event and order.status == "open"
    )
    decision = EventDecision(
        event=event.event,
        verdict=verdict,
        reasons=(reason,),
        memory=memory,
        exposure_usd_est=memory.exposure_usd_est,
    )
    return EventOutcome(decision=decision, cancels=resting, wake_at=memory.retry_at)


def _quiet(case: Case, state: dict[str, float]) -> EventOutcome:
    memory = case.event.memory
    if any(memory.rule_state.get(key) != kept for key, kept in state.items()):
        memory = replace(memory, rule_state={**memory.rule_state, **state})
    decision = EventDecision(
        event=case.event.event,
        verdict=Verdict.QUIET,
        reasons=(),
        memory=memory,
        exposure_usd_est=UsdEst(round_estimate(case.exposure_usd_est)),
        forecast=case.forecast,
        token_id=case.market.token_id,
        held_shares=case.held_shares,
    )
    return EventOutcome(decision=decision, wake_at=_wake_at(case, memory))


def _withdraw(case: Case, because: tuple[Firing, ...], state: dict[str, float]) -> EventOutcome:
    """Cancel what rests; the plan is made in the next cycle, when its fills are known."""
    memory = replace(
        case.event.memory,
        rule_state={**case.event.memory.rule_state, **state},
        retry_at=case.view.now,
        rested_at=None,
        unfinished=True,
    )
    decision = EventDecision(
        event=case.event.event,
        verdict=Verdict.HOLD,
        reasons=(Reason(code="WITHDRAWN", text="what rests is cancelled first, then planned"),),
        memory=memory,
        firings=because,
        exposure_usd_est=UsdEst(round_estimate(case.exposure_usd_est)),
        forecast=case.forecast,
        token_id=case.market.token_id,
        held_shares=case.held_shares,
    )
    cancels = tuple(order.order_id for order in case.orders)
    return EventOutcome(decision=decision, cancels=cancels, wake_at=memory.retry_at)


def _closing(case: Case) -> Reason | None:
    """Return why the hedge held has lost its reason; None if none is held or it has not."""
    position = case.choice.held_position
    if position is None:
        return None
    rule = case.strategy.close
    if case.event.removed and case.strategy.on_remove is OnRemove.CLOSE:
        return Reason(code="REMOVED", text=f"{case.strategy.path} was removed (on_remove: close)")
    loss = case.exposure_usd_est
    if loss <= 0.0 or loss < rule.when_exposure_below_usd:
        text = f"exposure {loss:,.0f} USD, below {rule.when_exposure_below_usd:,.0f} USD"
        return Reason(code="EXPOSURE_GONE", text=text)
    p = case.forecast.probability
    if p < rule.when_probability_below:
        text = f"forecast {p:.2%}, below {rule.when_probability_below:.2%}"
        return Reason(code="PROBABILITY_GONE", text=text)
    if rule.after is not None and case.view.now >= position.opened_at + rule.after:
        text = f"held since {position.opened_at:%Y-%m-%d %H:%M}, longer than close.after"
        return Reason(code="HELD_LONG_ENOUGH", text=text)
    return None


def _look_at_triggers(case: Case) -> tuple[tuple[Firing, ...], dict[str, float]]:
    situation = case.situation
    kept = case.event.memory.rule_state
    firings: list[Firing] = []
    state: dict[str, float] = {}
    for key, trigger in case.strategy.triggers:
        fired, state[key] = trigger.fires(situation, kept.get(key))
        if fired is not None and case.event.memory.run_at is not None:
            firings.append(fired)
    return tuple(firings), state


def _why_plan(
    case: Case, closing: Reason | None, firings: tuple[Firing, ...]
) -> tuple[Firing, ...]:
    """Return why the plan is made again; empty: the last plan stands."""
    memory = case.event.memory
    if memory.run_at is None:
        return (_own("first_look", "no plan was made for this event yet"),)
    if memory.strategy_digest != case.strategy.digest:
        return (_own("strategy_changed", f"{case.strategy.path} was edited"),)
    return firings or _due_plan(case, memory, closing)


def _due_plan(case: Case, memory: EventMemory, closing: Reason | None) -> tuple[Firing, ...]:
    """Return what is due without a trigger; a plan just made is given time first."""
    due = memory.retry_at is None or case.view.now >= memory.retry_at
    last = memory.verdict.partition(":")[2]
    own = None
    if closing is not None:
        if due or last != closing.code:
            own = _own("closing", closing.text)
    elif case.choice.rolls:
        if due or last not in ("ROLL_DUE", "ROLL_REFUSED"):
            own = _own("roll", case.choice.reason.text)
    elif _ended(case, memory):
        own = _own("next_market", f"the hedge ended; now {case.market.market.slug}")
    elif due and not case.orders:
        own = _look_again(case, memory, last)
    return () if own is None else (own,)


def _ended(case: Case, memory: EventMemory) -> bool:
    moved = case.market.token_id != memory.token_id
    return moved and case.choice.held is None and bool(memory.token_id)


def _look_again(case: Case, memory: EventMemory, last: str) -> Firing | None:
    if memory.verdict.startswith(Verdict.REFUSE):
        return _own("looked_again", f"refused before: {last}")
    if _incomplete(case, memory):
        return _own("unfinished", "the last plan was not completed")
    if memory.run_at is not None and case.view.now - memory.run_at >= REVIEW_EVERY:
        return _own("weekly_review", f"last planned {memory.run_at:%Y-%m-%d %H:%M} UTC")
    return None


def _own(trigger: str, text: str) -> Firing:
    return Firing(trigger=trigger, text=text, reading=0.0, threshold=0.0)


def _due(instant: datetime | None, now: datetime) -> bool:
    return instant is None or now >= instant


def _incomplete(case: Case, memory: EventMemory) -> bool:
    missing = abs(case.held_shares - memory.target_shares)
    return memory.unfinished or missing > 0.01 * max(memory.target_shares, 1.0)


def _remember(case: Case, plan: Plan, state: dict[str, float]) -> EventMemory:
    now = case.view.now
    kept = {**case.event.memory.rule_state, **state}
    if plan.sized is not None:
        kept["sizing"] = plan.sized.state
    waits = plan.verdict in (Verdict.REFUSE, Verdict.FROZEN) or not plan.wishes
    rests = any(wish.expires_at is not None for wish in plan.wishes)
    rest_for = case.strategy.execution.rest_for
    codes = plan.reasons[0].code if plan.reasons else ""
    return EventMemory(
        run_at=now,
        probability=round_estimate(case.forecast.probability),
        exposure_usd_est=UsdEst(round_estimate(case.exposure_usd_est)),
        strategy_digest=case.strategy.digest,
        target_shares=case.held_shares,
        token_id=_token_of(case, plan),
        verdict=f"{plan.verdict}:{codes}",
        unfinished=plan.buy is not None and plan.buy.capped_by in ("depth", "book"),
        retry_at=now + (REFUSED_AGAIN if waits else rest_for if rests else RETRY_AFTER),
        rested_at=now if rests else None,
        rested_price=plan.wishes[0].trade.limit if rests else 0.0,
        rule_state=kept,
    )


def _token_of(case: Case, plan: Plan) -> TokenId:
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
    )


def _wake_at(case: Case, memory: EventMemory) -> datetime | None:
    """Return when time alone may change what was concluded."""
    instants = [trigger.next_at(case.situation) for _, trigger in case.strategy.triggers]
    instants.append(memory.retry_at)
    if memory.run_at is not None:
        instants.append(memory.run_at + REVIEW_EVERY)
    instants.extend(order.expires_at for order in case.orders)
    held = case.choice.held
    if held is not None and case.strategy.market.series and held.market.ends_at is not None:
        instants.append(held.market.ends_at - case.strategy.roll.before_end)
    position, after = case.choice.held_position, case.strategy.close.after
    if position is not None and after is not None:
        instants.append(position.opened_at + after)
    return min((at for at in instants if at is not None and at > case.view.now), default=None)

"""The one function that knows the order of the stages: a view in, a decision out, nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from msgspec import structs

from bot.core.budget import Funding, fund, left_of_shared, measure_usage
from bot.core.case import stale_prices
from bot.core.event import REFUSED_AGAIN, Due, EventOutcome, decide_event, look_at
from bot.core.nervous import nervous_scale
from bot.core.orders import Wish
from bot.core.patience import TRADED_AT, TURNOVER_SPENT
from bot.core.risk import check_orders
from bot.core.rounding import round_estimate
from bot.model.decision import Decision, Denial, EventDecision, Reason, Verdict
from bot.model.orders import OrderIntent, Purpose, Side
from bot.model.strategy import Strategy
from bot.model.units import EventId, TokenId, Usd
from bot.model.view import EventMemory, View


def decide(view: View, strategies: Sequence[Strategy]) -> Decision:
    """Return what to do for the whole portfolio.

    Pure: the same view and strategies give the same decision, byte for byte, under the same
    program version.
    """
    by_event = {strategy.event: strategy for strategy in strategies}
    outcomes = _decide_events(view, by_event)
    cancels = tuple(order_id for outcome in outcomes for order_id in outcome.cancels)
    wakes = [outcome.wake_at for outcome in outcomes if outcome.wake_at is not None]
    decisions = [outcome.decision for outcome in outcomes]
    wishes = [wish for outcome in outcomes for wish in outcome.wishes]
    approved: tuple[OrderIntent, ...] = ()
    denials: tuple[Denial, ...] = ()
    notes: list[Reason] = []
    if wishes:
        funding = fund(view, wishes, by_event)
        approved, denials = check_orders(funding.intents, view, by_event, cancels)
        notes.extend(funding.notes)
        decisions = [_settle(each, funding, approved, denials, view.now) for each in outcomes]
    if stale := stale_prices(view):
        notes.append(Reason(code="STALE_PRICES", text=f"{stale}: exposure frozen, no new premium"))
    if (scale := nervous_scale(view)) > 1.0:
        text = f"{view.limits.volatility_reading} is in stress: losses count {scale:.2f} times"
        notes.append(Reason(code="VOLATILITY_STRESS", text=text))
    return Decision(
        cycle=view.cycle,
        at=view.now,
        events=tuple(decisions),
        cancels=cancels,
        approved=approved,
        denials=denials,
        notes=tuple(notes),
        premium_left_usd=Usd(left_of_shared(view, measure_usage(view))["premium_budget"]),
        next_wake_at=min(wakes, default=None),
    )


def _decide_events(view: View, by_event: Mapping[EventId, Strategy]) -> list[EventOutcome]:
    """Return each event's outcome: first those that decide alone, then all others at once."""
    looks = [
        look_at(view, event, by_event[event.event])
        for event in view.events
        if event.event in by_event
    ]
    outcomes = {
        index: decide_event(look, None) if isinstance(look, Due) else look
        for index, look in enumerate(looks)
        if not isinstance(look, Due) or look.most is None
    }
    asking = {
        index: look
        for index, look in enumerate(looks)
        if isinstance(look, Due) and look.most is not None
    }
    if asking:
        others = [wish for outcome in outcomes.values() for wish in outcome.wishes]
        outcomes |= _decide_jointly(view, by_event, asking, others)
    return [outcomes[index] for index in range(len(looks))]


def _decide_jointly(
    view: View,
    by_event: Mapping[EventId, Strategy],
    asking: Mapping[int, Due],
    others: Sequence[Wish],
) -> dict[int, EventOutcome]:
    """Return the outcomes of all that ask the joint programme.

    What the turnover of a year stops will not come for long: the others are then decided without
    it. What only waits a day for its signals is counted on, so that nothing is bought for a day.
    """
    # Needs numpy, which nothing else in a decision does.
    from bot.core.joint import plan_jointly

    asks = {due.case.event.event: (due.case, due.most or 0.0) for due in asking.values()}
    answers = plan_jointly(view, by_event, asks, others)
    outcomes: dict[int, EventOutcome] = {}
    for index, due in asking.items():
        answer = answers if isinstance(answers, Reason) else answers[due.case.event.event]
        outcomes[index] = decide_event(due, answer)
    free = {
        index: due
        for index, due in asking.items()
        if outcomes[index].decision.reasons[0].code != TURNOVER_SPENT
    }
    if free and len(free) < len(asking):
        outcomes |= _decide_jointly(view, by_event, free, others)
    return outcomes


def is_quiet(decision: Decision) -> bool:
    """Whether nothing was planned, cancelled or denied: the last decision stands."""
    return (
        not decision.cancels
        and not decision.approved
        and not decision.denials
        and all(event.verdict is Verdict.QUIET for event in decision.events)
    )


def _settle(
    outcome: EventOutcome,
    funding: Funding,
    approved: tuple[OrderIntent, ...],
    denials: tuple[Denial, ...],
    now: datetime,
) -> EventDecision:
    """Return the event's decision after money and controls had their say."""
    decision = outcome.decision
    if not outcome.wishes:
        return decision
    event = decision.event
    mine = [intent for intent in approved if intent.event == event]
    reasons = (*decision.reasons, *funding.reasons.get(event, ()), *_denied(event, denials))
    planned = max(0.0, decision.held_shares + _change(outcome, mine))
    verdict = decision.verdict
    if not mine:
        verdict = Verdict.REFUSE if verdict is Verdict.OPEN else Verdict.HOLD
        reasons = (*reasons[len(decision.reasons) :], *decision.reasons)
    lasting = decision.verdict in (Verdict.CLOSE, Verdict.ROLL)
    first = decision.reasons[0] if lasting else reasons[0]
    buys = [intent for intent in mine if intent.side is Side.BUY]
    shown = buys or mine
    memory = replace(
        decision.memory,
        target_shares=round_estimate(planned),
        verdict=f"{verdict}:{first.code}",
    )
    if mine:
        kept = {**memory.rule_state, TRADED_AT: now.timestamp()}
        unfinished = memory.unfinished or event in funding.unfinished
        memory = replace(memory, unfinished=unfinished, rule_state=kept)
    else:
        memory = _after_nothing(memory, verdict, now)
    return structs.replace(
        decision,
        verdict=verdict,
        reasons=reasons,
        memory=memory,
        planned_shares=memory.target_shares,
        benefit_usd_est=shown[0].benefit_usd_est if shown else decision.benefit_usd_est,
        cost_usd_est=shown[0].cost_usd_est if shown else decision.cost_usd_est,
    )


def _after_nothing(memory: EventMemory, verdict: Verdict, now: datetime) -> EventMemory:
    """Return what is remembered of a plan that got no order: what stopped it lasts a while."""
    return replace(
        memory,
        unfinished=False,
        retry_at=now + REFUSED_AGAIN,
        rested_at=None,
        token_id=TokenId("") if verdict is Verdict.REFUSE else memory.token_id,
    )


def _denied(event: EventId, denials: tuple[Denial, ...]) -> tuple[Reason, ...]:
    return tuple(
        Reason(code=denial.code, text=f"limit {denial.limit}, this order {denial.actual}")
        for denial in denials
        if denial.intent.event == event
    )


def _change(outcome: EventOutcome, intents: list[OrderIntent]) -> float:
    """Return the change in shares of the market where the hedge belongs."""
    token = outcome.decision.token_id
    markets = {wish.token_id: wish.market for wish in outcome.wishes}
    change = Decimal(0)
    for intent in intents:
        if intent.purpose is Purpose.MERGE:
            is_other = markets[intent.token_id].complement_of(intent.token_id) == token
            change -= intent.size if is_other else 0
        elif intent.purpose is not Purpose.ROLL_OUT and intent.token_id == token:
            change += intent.size if intent.side is Side.BUY else -intent.size
    return float(change)

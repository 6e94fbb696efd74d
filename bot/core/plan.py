"""What to trade for one event, once it is clear that its plan must be made again."""

from dataclasses import replace

from bot.core.alternatives import find_better
from bot.core.carry import carry_of
from bot.core.case import Case, fee_at
from bot.core.due import is_short
from bot.core.exits import plan_close
from bot.core.hedge import Trade, plan_sell
from bot.core.patience import restrain, without_signals
from bot.core.purchase import barred, nothing_bought, purchase, say_worth
from bot.core.roll import REOPEN, has_deadlines, least_chance
from bot.core.rolling import finish_old_legs, finish_roll, plan_roll
from bot.core.utility import TwoState
from bot.core.wishes import Answer, Plan, make_wish
from bot.model.decision import Reason, Verdict
from bot.model.orders import Purpose
from bot.model.rule import EventProblem, Firing, Sized

BAND = 0.05
"""A gap below this part of the target is left alone: it is noise, and trading it costs."""


def plan_event(
    case: Case,
    *,
    closing: Reason | None,
    because: tuple[Firing, ...] = (),
    answer: Answer | Reason | None = None,
) -> Plan:
    """Return what to trade.

    Args:
        case: The event.
        closing: Why the hedge has lost its reason; None if it has not.
        because: Why the plan is made.
        answer: Of the joint programme, if the event asked it.
    """
    if closing is not None:
        return plan_close(case, closing)
    plan = restrain(case, _plan_hedge(case, answer), because, _size_at_market(case))
    plan = _name_better(case, plan)
    # The new leg first: until it is held as planned, the old one is cover.
    short = is_short(case) or case.event.memory.unfinished
    return plan if short or case.event.removed else finish_old_legs(case, plan)


def asks_most(case: Case) -> Sized | None:
    """Return the most an event asks the joint programme for; None if it does not ask it."""
    asks = case.strategy.sizing.is_joint and why_none(case) is None
    return case.strategy.sizing.size(_problem(case)) if asks else None


def why_none(case: Case) -> Reason | None:
    """Return why no hedge is sized at all; None if one may be."""
    small = _too_small(case)
    if small is not None or case.two_state(held=case.held_shares) is not None:
        return small
    text = (
        f"a loss of {case.exposure_usd_est:,.0f} USD leaves nothing of"
        f" {case.view.portfolio.usd_est:,.0f} USD; look at the impact and the holdings"
    )
    return Reason(code="LOSS_OVER_WEALTH", text=text)


def _plan_hedge(case: Case, answer: Answer | Reason | None) -> Plan:
    state, reason = case.two_state(held=case.held_shares), why_none(case)
    if reason is not None or state is None:
        return _no(case, reason or case.choice.reason)
    sized = case.strategy.sizing.size(_problem(case))
    if isinstance(answer, Reason):
        return replace(_no(case, answer), sized=sized)
    first = case.book.ask_prices[0] / 1e6
    ask = first + fee_at(case.market.market.fee)(first)
    if answer is None:
        plan = _plan_toward(case, state, sized)
        return replace(plan, sized=sized, reservation_price=state.reservation_price, ask=ask)
    sized = replace(sized, note=f"{sized.note}; {answer.note}")
    return replace(
        _plan_jointly(case, answer),
        sized=sized,
        reservation_price=answer.worth,
        ask=ask,
        certificate=answer.certificate,
    )


def _size_at_market(case: Case) -> Sized | None:
    """Return what a rule that decides alone would want if the signals said nothing."""
    rule = case.strategy.sizing
    if rule.is_joint or case.forecast.pull == 0.0:
        return None
    return rule.size(_problem(without_signals(case)))


def _name_better(case: Case, plan: Plan) -> Plan:
    """Return a refusal of shares with the instrument that fits better, if there is one."""
    if plan.verdict is not Verdict.REFUSE:
        return plan
    why = plan.reasons[0]
    better = find_better(case, why, ask=plan.ask, ceiling=plan.reservation_price)
    return plan if better is None else replace(plan, reasons=(*plan.reasons, better))


def _plan_jointly(case: Case, answer: Answer) -> Plan:
    """Return what the joint programme wants of this event."""
    held, position = case.choice.held, case.choice.held_position
    bought: Trade | Reason = answer.buy
    if answer.buy.shares <= 0.0:
        bought = barred(case) or nothing_bought(case, answer.worth, answer.buy.capped_by)
    if case.choice.rolls and held is not None and position is not None:
        return plan_roll(case, bought, held=held, position=position)
    if answer.buy.capped_by == "target" and answer.sell.shares <= 0.0 < case.held_shares:
        bought = Reason(code="IN_BAND", text=f"held {case.held_shares:,.0f} shares, the most")
    change = max(answer.buy.shares, answer.sell.shares)
    if 0.0 < change <= BAND * case.held_shares:
        text = f"{change:,.0f} shares would change, of {case.held_shares:,.0f} held"
        return Plan(verdict=Verdict.HOLD, reasons=(Reason(code="IN_BAND", text=text),))
    if answer.sell.shares > 0.0:
        return _reduce(case, answer.sell)
    return _add(case, bought)


def _problem(case: Case) -> EventProblem:
    first = case.book.ask_prices[0] / 1e6
    return EventProblem(
        event=case.event.event,
        probability=case.forecast.probability,
        unit_cost=(first + fee_at(case.market.market.fee)(first)) * (1.0 + carry_of(case)),
        wealth_usd_est=case.wealth_if_not_usd_est,
        loss_usd_est=case.exposure_usd_est,
        risk_aversion=case.view.limits.risk_aversion,
        readings=case.view.portfolio.readings,
        state=case.event.memory.rule_state.get("sizing"),
        missed=case.strategy.market.missed,
        stray=case.strategy.market.stray,
    )


def _too_small(case: Case) -> Reason | None:
    """Return why no hedge is opened however it is sized; None if one may be."""
    if case.choice.held is not None and not case.is_dust and not case.choice.rolls:
        return None
    rule = case.strategy.close
    loss, least = case.exposure_usd_est, rule.when_exposure_below_usd * REOPEN
    if loss <= max(least, 0.0):
        if loss <= 0.0:
            does = f"gains {-loss:,.0f}" if loss else "loses 0"
            text = f"the portfolio {does} USD if it happens: there is nothing to hedge"
            return Reason(code="NO_LOSS", text=text)
        text = f"the portfolio loses {loss:,.0f} USD if it happens"
        return Reason(code="EXPOSURE_SMALL", text=f"{text}; {least:,.0f} USD is the least to open")
    p, floor = case.forecast.probability, least_chance(case.strategy)
    if p <= floor:
        return Reason(
            code="PROBABILITY_SMALL",
            text=f"the forecast is {p:.1%}; {floor:.2%} is the least to open",
        )
    return None


def _plan_toward(case: Case, state: TwoState, sized: Sized) -> Plan:
    gap = sized.shares - case.held_shares
    held, position = case.choice.held, case.choice.held_position
    if case.choice.rolls and held is not None and position is not None:
        bought = purchase(case, state, sized.shares)
        return plan_roll(case, bought, held=held, position=position)
    if abs(gap) <= BAND * max(sized.shares, case.held_shares):
        if sized.shares == 0.0:
            return _no(case, Reason(code="SIZING_ZERO", text=f"sizing wants none: {sized.note}"))
        text = f"held {case.held_shares:,.0f} of {sized.shares:,.0f} shares wanted"
        return Plan(verdict=Verdict.HOLD, reasons=(Reason(code="IN_BAND", text=text),))
    if gap < 0.0:
        return _plan_reduce(case, state, -gap)
    return _add(case, purchase(case, state, gap))


def _no(case: Case, reason: Reason) -> Plan:
    held, position = case.choice.held, case.choice.held_position
    if case.choice.rolls and held is not None and position is not None:
        return plan_roll(case, reason, held=held, position=position)
    verdict = Verdict.REFUSE if case.choice.held is None else Verdict.HOLD
    return Plan(verdict=verdict, reasons=(reason,))


def _add(case: Case, bought: Trade | Reason) -> Plan:
    if isinstance(bought, Reason):
        return _no(case, bought)
    opens = case.held_shares == 0.0
    if opens and case.event.memory.verdict.startswith(Verdict.ROLL):
        return finish_roll(case, bought)
    purpose = Purpose.OPEN if opens else Purpose.ADD
    reasons = [say_worth(bought)]
    if opens and has_deadlines(case.strategy):  # of deadlines there was a choice
        reasons.append(case.choice.reason)
    wish = make_wish(case, case.market, bought, purpose)
    return Plan(
        verdict=Verdict.OPEN if opens else Verdict.ADD,
        reasons=tuple(reasons),
        wishes=(wish,),
        buy=bought,
    )


def _plan_reduce(case: Case, state: TwoState, excess: float) -> Plan:
    fee = fee_at(case.market.market.fee)
    trade = plan_sell(
        state,
        case.book,
        most=excess,
        fee_at=fee,
        hurdle=case.strategy.costs.min_benefit_to_cost,
        carry=carry_of(case),
    )
    if trade.shares <= 0.0:
        text = (
            f"{excess:,.0f} shares too many, and each is worth"
            f" {state.reservation_price * 100:.1f}c to keep; the bid is"
            f" {case.book.bid_prices[0] / 1e4:.1f}c before fee"
        )
        return Plan(verdict=Verdict.HOLD, reasons=(Reason(code="KEEP_EXCESS", text=text),))
    return _reduce(case, trade)


def _reduce(case: Case, trade: Trade) -> Plan:
    wish = make_wish(case, case.market, trade, Purpose.REDUCE)
    return Plan(verdict=Verdict.REDUCE, reasons=(say_worth(trade),), wishes=(wish,))

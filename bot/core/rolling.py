"""Planning a roll: the later market instead of the one held, beside it, or not yet.

What is held to its market's end leaves without a cost, so it is sold early only where that pays.
**Source:** HEDGING section 2.2.
"""

from dataclasses import replace

from bot.core.case import Case
from bot.core.exits import forced_sale, leave, say_exit
from bot.core.hazard import new_part, probability_between
from bot.core.hedge import Trade
from bot.core.orders import Wish
from bot.core.purchase import say_worth
from bot.core.roll import RUNS_ON
from bot.core.wishes import Plan, make_wish
from bot.model.decision import Reason, Verdict
from bot.model.orders import Purpose
from bot.model.strategy import SeriesOf
from bot.model.view import MarketView, Position


def plan_roll(case: Case, bought: Trade | Reason, *, held: MarketView, position: Position) -> Plan:
    """Return whether the hedge moves on, the later market comes beside it, or it just runs.

    Moving sells what is held and buys the later market as one unit. It must bring more than both
    cost; else the later market is added if what is new of its cover pays for it, and what is held
    runs to its end.

    Args:
        case: The event; ``case.market`` is the later market.
        bought: The purchase of the later market, or why it is refused.
        held: Market of the present hedge.
        position: In it.
    """
    if isinstance(bought, Reason):
        return _stay(case, f"{case.market.market.slug} is refused: {bought.text}", bought)
    unit = f"roll-{case.view.cycle}-{case.event.event}"
    into = make_wish(case, case.market, bought, Purpose.ROLL_IN, unit=unit)
    out: Wish | Reason
    if case.choice.is_forced:
        figures, out = say_worth(bought), forced_sale(case, held, position, Purpose.ROLL_OUT, unit)
    elif case.strategy.roll.series_of is SeriesOf.DATES:
        return _beside(
            case,
            into,
            bought,
            f"{held.market.slug} runs to its date, which the next does not cover",
        )
    else:
        out = forced_sale(case, held, position, Purpose.ROLL_OUT, unit)
        gained, text = _gain(case, bought, held)
        selling = out.trade.cost if isinstance(out, Wish) else 0.0
        text += f", against {bought.cost:,.2f} USD to buy and {selling:,.2f} USD to sell"
        if gained <= bought.cost:
            return _stay(case, text, say_worth(bought))
        if isinstance(out, Wish) and gained <= bought.cost + selling:
            return _beside(case, into, bought, f"{text}: {held.market.slug} runs to its end")
        figures = Reason(code="WORTH_IT", text=f"{say_worth(bought).text}; {text}")
    wishes, reasons = [into], [case.choice.reason, figures]
    if isinstance(out, Wish):
        wishes.insert(0, out)
    else:
        reasons.append(Reason(code="OLD_LEG_RUNS", text=f"the old market runs on: {out.text}"))
    return Plan(
        verdict=Verdict.ROLL,
        reasons=tuple(reasons),
        wishes=tuple(wishes),
        buy=bought,
        remembered={RUNS_ON: 0.0},
    )


def _gain(case: Case, bought: Trade, held: MarketView) -> tuple[float, str]:
    """Return what is gained of the later market's cover, at the mid, and the same in words.

    ``L p_gap (reservation - cost)``, both per USD of expected payout, is the benefit of all its
    shares times the part of their chance to pay that lies after the present hedge's end.
    """
    mid = held.quote.book.mid if held.quote is not None else None
    near, far = mid or 0.0, case.forecast.market
    gained = new_part(near, far) * (bought.benefit + bought.cost)
    text = (
        f"{new_part(near, far):.0%} of its cover is new, for a chance of"
        f" {probability_between(near, far):.1%} after the present end: {gained:,.2f} USD"
    )
    return gained, text


def _stay(case: Case, why: str, second: Reason) -> Plan:
    text = f"{case.choice.reason.text}; {why}; the present hedge runs to its end"
    return Plan(verdict=Verdict.HOLD, reasons=(Reason(code="ROLL_REFUSED", text=text), second))


def _beside(case: Case, into: Wish, bought: Trade, why: str) -> Plan:
    runs = Reason(code="OLD_LEG_RUNS", text=why)
    return Plan(
        verdict=Verdict.ROLL,
        reasons=(case.choice.reason, say_worth(bought), runs),
        wishes=(into,),
        buy=bought,
        remembered={RUNS_ON: 1.0},
    )


def finish_roll(case: Case, bought: Trade) -> Plan:
    """Buy the new leg of a roll whose old leg is sold and whose first purchase found nothing."""
    unit = f"roll-{case.view.cycle}-{case.event.event}"
    wish = make_wish(case, case.market, bought, Purpose.ROLL_IN, unit=unit)
    reason = Reason(code="ROLL_DUE", text="the old leg is sold, the new one is not held yet")
    return Plan(
        verdict=Verdict.ROLL, reasons=(reason, say_worth(bought)), wishes=(wish,), buy=bought
    )


def finish_old_legs(case: Case, plan: Plan) -> Plan:
    """Sell what a roll left behind: its sale was refused, or found too few bids."""
    unit = f"old-{case.view.cycle}-{case.event.event}"
    for view, position in case.old_legs:
        sale = leave(case, view, position, Purpose.ROLL_OUT, unit)
        if isinstance(sale, Wish):
            text = f"{position.shares} shares that a roll left of {view.market.slug} are sold"
            reason = say_exit(sale) or Reason(code="ROLL_DUE", text=text)
            plan = replace(plan, wishes=(*plan.wishes, sale), reasons=(*plan.reasons, reason))
        else:
            plan = replace(plan, reasons=(*plan.reasons, sale))
    return plan

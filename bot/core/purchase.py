"""Whether a purchase toward the target is worth it, and how large it may be."""

from types import MappingProxyType

from bot.core.carry import carry_of
from bot.core.case import Case, fee_at
from bot.core.due import was_held_long_enough
from bot.core.hedge import Trade, plan_buy, plan_rest
from bot.core.misfit import find_misfit
from bot.core.utility import TwoState
from bot.core.wishes import rests_first
from bot.model.decision import Reason

_STOPS = MappingProxyType(
    {
        "turn": (
            "TOKEN_SHARED",
            "another strategy trades this token now; there is one order at a time on a token",
        ),
        "complement": (
            "COMPLEMENT_HELD",
            "the other outcome of this market is held or bought; that is sold first",
        ),
        "money": (
            "BUDGET_SPENT",
            "a share is worth its price, but the limits of its event or of all leave no money",
        ),
    }
)
"""What stops a purchase whatever a share is worth, by `Trade.capped_by`: code and words."""


def purchase(case: Case, state: TwoState, gap: float) -> Trade | Reason:
    """Return the purchase toward the target, or why it is refused."""
    costs = case.strategy.costs
    reason = barred(case)
    if reason is not None:
        return reason
    if rests_first(case):
        tick = float(case.market.market.tick)
        trade = plan_rest(state, case.book, most=gap, tick=tick, carry=carry_of(case))
    else:
        fee = fee_at(case.market.market.fee)
        trade = plan_buy(
            state,
            case.book,
            most=gap,
            max_share_of_depth=costs.max_share_of_depth,
            highest=highest_price(case),
            fee_at=fee,
            hurdle=costs.min_benefit_to_cost,
            carry=carry_of(case),
        )
    # Each share clears the hurdle of costs.min_benefit_to_cost, so all of them together do.
    return (
        trade
        if trade.shares > 0.0
        else nothing_bought(case, state.reservation_price, trade.capped_by)
    )


def barred(case: Case) -> Reason | None:
    """Return why nothing new is bought for this event, whatever it is worth; None if it may be."""
    if case.stale:
        return Reason(code="STALE_PRICES", text=f"{case.stale}; no new premium is spent")
    if case.event.removed:
        return Reason(code="REMOVED", text=f"{case.strategy.path} was removed; no new hedge")
    expires_at = case.strategy.expires_at
    if expires_at is not None and case.view.now >= expires_at:
        return Reason(code="EXPIRED", text=f"the strategy expired {expires_at:%Y-%m-%d %H:%M} UTC")
    if case.choice.target is None:
        return case.choice.reason
    spread, most = case.book.spread or 0.0, float(case.strategy.costs.max_spread)
    if spread > most:
        text = f"the spread is {spread * 100:.1f}c; costs.max_spread is {most * 100:.1f}c"
        return Reason(code="TOO_WIDE", text=text)
    return was_held_long_enough(case) or find_misfit(case)


def say_worth(trade: Trade) -> Reason:
    """Return why a trade is made: its benefit and cost in USD."""
    cost = "at no cost"
    if trade.cost > 0.0:
        cost = f"{trade.benefit / trade.cost:.1f} times its {trade.cost:,.2f} USD of cost"
    text = f"benefit {trade.benefit:,.2f} USD, {cost}; ended by {trade.capped_by}"
    return Reason(code="WORTH_IT", text=text)


def nothing_bought(case: Case, worth: float, capped_by: str) -> Reason:
    """Return why a purchase came to nothing.

    Args:
        case: The event.
        worth: What its first share is worth, USD.
        capped_by: Of the trade.
    """
    ask = case.book.ask_prices[0] / 1e6
    if capped_by == "depth":
        text = f"the best ask of {ask * 100:.1f}c is further from the mid than depth is counted"
        return Reason(code="TOO_THIN", text=text)
    if capped_by == "chase":
        text = f"rested at {case.event.memory.rested_price * 100:.1f}c, and the ask of"
        chase = float(case.strategy.execution.max_chase)
        text += f" {ask * 100:.1f}c is above it by more than execution.max_chase {chase * 100:.1f}c"
        return Reason(code="PAST_CHASE", text=text)
    if capped_by in _STOPS:
        code, text = _STOPS[capped_by]
        return Reason(code=code, text=text)
    all_in = ask + fee_at(case.market.market.fee)(ask)
    if all_in < worth:
        ratio = case.strategy.costs.min_benefit_to_cost
        cost = all_in - case.forecast.market
        return Reason(
            code="NOT_WORTH_IT",
            text=f"a share is worth {worth * 100:.2f}c and costs"
            f" {all_in * 100:.2f}c with fee, {cost * 100:.2f}c of it above the mid;"
            f" costs.min_benefit_to_cost is {ratio:g}",
        )
    return Reason(
        code="TOO_DEAR",
        text=f"ceiling {worth * 100:.1f}c, ask {all_in * 100:.1f}c with fee",
    )


def highest_price(case: Case) -> float:
    """Return the price a purchase may not exceed: the chase limit, if it rested before."""
    memory = case.event.memory
    if memory.rested_at is None or case.choice.rolls:
        return 1.0
    return round(memory.rested_price + float(case.strategy.execution.max_chase), 6)

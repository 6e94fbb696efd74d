"""Whether a purchase toward the target is worth it, and how large it may be."""

from bot.core.case import Case, fee_at
from bot.core.hedge import Trade, plan_buy, plan_rest
from bot.core.utility import TwoState
from bot.core.wishes import rests_first
from bot.model.decision import Reason


def purchase(case: Case, state: TwoState, gap: float) -> Trade | Reason:
    """Return the purchase toward the target, or why it is refused."""
    costs = case.strategy.costs
    barred = _barred(case)
    if barred is not None:
        return barred
    spread = case.book.spread or 0.0
    if spread > float(costs.max_spread):
        return Reason(
            code="TOO_WIDE",
            text=f"the spread is {spread * 100:.1f}c; costs.max_spread is"
            f" {float(costs.max_spread) * 100:.1f}c",
        )
    if rests_first(case):
        tick = float(case.market.market.tick)
        trade = plan_rest(state, case.book, most=gap, tick=tick)
    else:
        fee = fee_at(case.market.market.fee)
        trade = plan_buy(
            state,
            case.book,
            most=gap,
            max_share_of_depth=costs.max_share_of_depth,
            highest=_highest(case),
            fee_at=fee,
            hurdle=costs.min_benefit_to_cost,
        )
    # Each share clears the hurdle of costs.min_benefit_to_cost, so all of them together do.
    return trade if trade.shares > 0.0 else _nothing_bought(case, state, trade.capped_by)


def _barred(case: Case) -> Reason | None:
    """Return why nothing new is bought for this event, whatever the price; None if it may be."""
    if case.stale:
        return Reason(code="STALE_PRICES", text=f"{case.stale}; no new premium is spent")
    if case.event.removed:
        return Reason(code="REMOVED", text=f"{case.strategy.path} was removed; no new hedge")
    expires_at = case.strategy.expires_at
    if expires_at is not None and case.view.now >= expires_at:
        return Reason(code="EXPIRED", text=f"the strategy expired {expires_at:%Y-%m-%d %H:%M} UTC")
    if case.choice.target is None:
        return case.choice.reason
    return None


def say_worth(trade: Trade) -> Reason:
    """Return why a trade is made: its benefit and cost in USD."""
    cost = "at no cost"
    if trade.cost > 0.0:
        cost = f"{trade.benefit / trade.cost:.1f} times its {trade.cost:,.2f} USD of cost"
    text = f"benefit {trade.benefit:,.2f} USD, {cost}; ended by {trade.capped_by}"
    return Reason(code="WORTH_IT", text=text)


def _nothing_bought(case: Case, state: TwoState, capped_by: str) -> Reason:
    ask = case.book.ask_prices[0] / 1e6
    if capped_by == "depth":
        text = f"the best ask of {ask * 100:.1f}c is further from the mid than depth is counted"
        return Reason(code="TOO_THIN", text=text)
    if capped_by == "chase":
        text = f"rested at {case.event.memory.rested_price * 100:.1f}c, and the ask of"
        chase = float(case.strategy.execution.max_chase)
        text += f" {ask * 100:.1f}c is above it by more than execution.max_chase {chase * 100:.1f}c"
        return Reason(code="PAST_CHASE", text=text)
    all_in = ask + fee_at(case.market.market.fee)(ask)
    if all_in < state.reservation_price:
        ratio = case.strategy.costs.min_benefit_to_cost
        cost = all_in - case.forecast.market
        return Reason(
            code="NOT_WORTH_IT",
            text=f"a share is worth {state.reservation_price * 100:.2f}c and costs"
            f" {all_in * 100:.2f}c with fee, {cost * 100:.2f}c of it above the mid;"
            f" costs.min_benefit_to_cost is {ratio:g}",
        )
    return Reason(
        code="TOO_DEAR",
        text=f"ceiling {state.reservation_price * 100:.1f}c, ask {all_in * 100:.1f}c with fee",
    )


def _highest(case: Case) -> float:
    """Return the price a purchase may not exceed: the chase limit, if it rested before."""
    memory = case.event.memory
    if memory.rested_at is None or case.choice.rolls:
        return 1.0
    return round(memory.rested_price + float(case.strategy.execution.max_chase), 6)

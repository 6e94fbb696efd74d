"""Leaving a hedge whose reason is gone: sold whole, but never into an empty book."""

from bot.core.case import Case, fee_at, trusted_book
from bot.core.hedge import plan_exit
from bot.core.orders import Wish
from bot.core.roll import is_tradable
from bot.core.wishes import Plan, make_wish
from bot.model.decision import Reason, Verdict
from bot.model.orders import Purpose
from bot.model.view import MarketView, Position


def plan_close(case: Case, closing: Reason) -> Plan:
    """Return the sale of everything held for the event, ``closing`` being the reason."""
    wishes: list[Wish] = []
    reasons = [closing]
    by_token = {view.token_id: view for view in case.event.markets}
    main = (case.choice.held_position,) if case.choice.held_position else ()
    for position in (*main, *case.choice.others):
        view = by_token[position.token_id]
        sale = forced_sale(case, view, position, Purpose.CLOSE, "")
        if isinstance(sale, Wish):
            wishes.append(sale)
        else:
            reasons.append(sale)
    verdict = Verdict.CLOSE if wishes else Verdict.HOLD
    return Plan(verdict=verdict, reasons=tuple(reasons), wishes=tuple(wishes))


def forced_sale(
    case: Case, view: MarketView, position: Position, purpose: Purpose, unit: str
) -> Wish | Reason:
    """Return the sale of a whole position, or why it must wait.

    It is not weighed against its cost, since its reason is gone, but it never sells further below
    the mid than ``costs.max_spread``: an empty book is no price.
    """
    slug = view.market.slug
    if not is_tradable(view.market):
        return Reason(code="EXIT_WAITS", text=f"{slug} is closed and waits for its resolution")
    book = trusted_book(view, strategy=case.strategy, now=case.view.now)
    if isinstance(book, Reason):
        return Reason(code="EXIT_WAITS", text=book.text)
    spread = float(case.strategy.costs.max_spread)
    floor = round((book.mid or 0.0) - spread, 9)
    if book.bid_prices[0] / 1e6 < floor:
        return Reason(
            code="EXIT_WAITS",
            text=f"the best bid of {slug} is {book.bid_prices[0] / 1e4:.1f}c, more than"
            f" {spread * 100:.1f}c below the mid",
        )
    fee = fee_at(view.market.fee)
    trade = plan_exit(book, most=float(position.shares), floor=floor, fee_at=fee)
    return make_wish(case, view, trade, purpose, unit=unit)

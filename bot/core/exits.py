"""Leaving a hedge whose reason is gone: sold whole, but never into an empty book.

Where nobody bids, the complement may be bought and the pairs merged: a unit of two steps, of which
the second is the engine's.
"""

from dataclasses import replace

from bot.core.case import Case, fee_at, trusted_book
from bot.core.due import find_lost_reason, remember_opened
from bot.core.forecast import pool_forecast
from bot.core.hedge import Trade, plan_exit, plan_sell
from bot.core.orders import Wish
from bot.core.pairs import book_of_complement
from bot.core.roll import is_tradable
from bot.core.utility import TwoState
from bot.core.wishes import Plan, make_wish
from bot.model.decision import Reason, Verdict
from bot.model.market import Book
from bot.model.orders import Purpose
from bot.model.view import MarketView, Position

_OF_ONE_MARKET = frozenset({"PROBABILITY_GONE", "HELD_LONG_ENOUGH"})


def plan_close(case: Case, closing: Reason) -> Plan:
    """Return the sale of everything held for the event, ``closing`` being the reason.

    A reason of one market's hedge alone leaves what is held beside it, unless that has lost its
    own reason, too, or is what a roll has still to sell.
    """
    wishes: list[Wish] = []
    reasons = [closing]
    by_token = {view.token_id: view for view in case.event.markets}
    for position in _positions(case):
        view = by_token[position.token_id]
        if closing.code in _OF_ONE_MARKET and not _leaves(case, view, position):
            continue
        sale = leave(case, view, position, Purpose.CLOSE, "")
        if isinstance(sale, Wish):
            wishes.append(sale)
            reasons.extend(filter(None, [say_exit(sale)]))
        else:
            reasons.append(sale)
    verdict = Verdict.CLOSE if wishes else Verdict.HOLD
    kept = remember_opened(case) if closing.code == "HELD_LONG_ENOUGH" else {}
    return Plan(verdict=verdict, reasons=tuple(reasons), wishes=tuple(wishes), remembered=kept)


def _leaves(case: Case, view: MarketView, position: Position) -> bool:
    if position is case.choice.held_position or (view, position) in case.old_legs:
        return True
    return find_lost_reason(case, view, position) is not None


def _positions(case: Case) -> tuple[Position, ...]:
    main = (case.choice.held_position,) if case.choice.held_position else ()
    return (*main, *case.choice.others)


def leave(
    case: Case, view: MarketView, position: Position, purpose: Purpose, unit: str
) -> Wish | Reason:
    """Return the sale of a whole position, the purchase that lets it be merged, or why it waits."""
    sale = forced_sale(case, view, position, purpose, unit)
    book = book_of_complement(case.view, view, strategy=case.strategy)
    if isinstance(sale, Wish) or book is None or not is_tradable(view.market) or case.stale:
        return sale
    state = _state_with(case, view, book)
    if state is None:
        return sale
    fee = fee_at(view.market.fee)
    trade = plan_sell(state, book, most=float(position.shares), fee_at=fee)
    if trade.shares <= 0.0:
        ask, worth = 1.0 - book.bid_prices[0] / 1e6, state.reservation_price
        text = (
            f"{sale.text}; its complement costs {(ask + fee(ask)) * 100:.1f}c with the fee, and a"
            f" share is worth {worth * 100:.1f}c to keep: together not under 1 USD"
        )
        return Reason(code="EXIT_WAITS", text=text)
    unit = f"merge-{case.view.cycle}-{case.event.event}"
    return make_wish(case, _turned(view), _as_purchase(trade), Purpose.MERGE, unit=unit)


def say_exit(wish: Wish) -> Reason | None:
    """Return how a position without bids is left; None if it is sold."""
    if wish.purpose is not Purpose.MERGE:
        return None
    trade = wish.trade
    text = (
        f"nobody bids for what is held of {wish.market.slug}: {trade.shares:,.2f} shares of its"
        f" complement at up to {trade.limit * 100:.1f}c make pairs, which are merged"
    )
    return Reason(code="MERGE_EXIT", text=text)


def _state_with(case: Case, view: MarketView, book: Book) -> TwoState | None:
    """Return wealth in both states with all that is held for the event, by what one market says.

    None if a loss leaves none, or if that market's token pays when the event does not happen.
    """
    if view.market.index_of(case.strategy.adverse) != view.adverse_index:
        return None
    if_not = case.wealth_if_not_usd_est
    held = sum(float(each.shares) for each in _positions(case))
    if_event = if_not - case.exposure_usd_est + held
    if min(if_not, if_event) <= 0.0:
        return None
    p = pool_forecast(book.mid or 0.0, case.strategy.own_view).probability
    return TwoState(p, if_event, if_not, case.view.limits.risk_aversion)


def _turned(view: MarketView) -> MarketView:
    """Return a market from its complement's side."""
    return replace(view, adverse_index=1 - view.adverse_index, quote=view.complement_quote)


def _as_purchase(sale: Trade) -> Trade:
    """Return a sale to bids that the complement's asks make, as the purchase from those asks."""
    return replace(
        sale,
        last_price=1.0 - sale.last_price,
        limit=1.0 - sale.limit,
        cash=sale.cash - sale.shares,
    )


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

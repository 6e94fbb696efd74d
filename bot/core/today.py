"""What is held now, as stresses start from it: each hedge with its book and what it would pay."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.core.case import stale_prices
from bot.core.known import Known, know_all
from bot.core.roll import has_deadlines
from bot.model.market import Book, Market
from bot.model.strategy import Strategy
from bot.model.units import EventId, Shares, TokenId
from bot.model.view import EventView, MarketView, Position, View


class Hedge(NamedTuple):
    """One position, as a stress looks at it."""

    event: EventId
    token_id: TokenId
    shares: Shares
    cost: float
    """USD."""
    market: Market | None
    book: Book | None
    """None where it is missing, old or crossed."""
    paid: float | None
    """USD per share, where the market is resolved already."""
    if_event: float | None
    """USD per share if the event happens tomorrow; None: this market would not end with it."""


class Today(NamedTuple):
    """The world before any stress."""

    view: View
    known: Mapping[EventId, Known]
    unknown: tuple[EventId, ...]
    """Events of which neither now nor earlier anything was known."""
    hedges: tuple[Hedge, ...]
    stale: str
    """Why the portfolio's worth is not known; empty if it is."""


def see_today(view: View, strategies: Mapping[EventId, Strategy]) -> Today:
    """Return what a stress starts from.

    Args:
        view: What is known now.
        strategies: By event.
    """
    known = {each.event: each for each in know_all(view, strategies)}
    events = {event.event: event for event in view.events}
    return Today(
        view=view,
        known=known,
        unknown=tuple(event for event in events if event in strategies and event not in known),
        hedges=tuple(
            _look_at(view, position, events.get(position.event), strategies.get(position.event))
            for position in view.account.positions
            if position.shares > 0
        ),
        stale=stale_prices(view),
    )


def _look_at(
    view: View, position: Position, event: EventView | None, strategy: Strategy | None
) -> Hedge:
    shown = event.markets if event is not None else ()
    seen = next((each for each in shown if each.token_id == position.token_id), None)
    market = seen.market if seen is not None else None
    paid = None
    if market is not None and market.payouts is not None:
        paid = float(market.payouts[market.token_ids.index(position.token_id)])
    return Hedge(
        event=position.event,
        token_id=position.token_id,
        shares=position.shares,
        cost=float(position.cost_usd),
        market=market,
        book=_recent_book(view, seen),
        paid=paid,
        if_event=_if_event(view, position, shown, strategy),
    )


def _recent_book(view: View, seen: MarketView | None) -> Book | None:
    quote = seen.quote if seen is not None else None
    if quote is None or view.now - quote.confirmed_at > view.limits.max_price_age:
        return None
    return None if quote.book.is_crossed else quote.book


def _if_event(
    view: View, position: Position, shown: Sequence[MarketView], strategy: Strategy | None
) -> float | None:
    """Return what a share pays if the event happens tomorrow; None if that does not end its market.

    Of markets that each ask about one date only the first that is held is about tomorrow.
    """
    if strategy is None:
        return None
    positions = view.account.positions
    held = {each.token_id for each in positions if each.event == position.event and each.shares > 0}
    pays: dict[TokenId, float] = {}
    for each in shown:
        index = each.market.index_of(strategy.adverse)
        if (
            index is None
            or each.market.payouts is not None
            or held.isdisjoint(each.market.token_ids)
        ):
            continue
        tokens = each.market.token_ids
        pays |= {tokens[index]: 1.0, tokens[1 - index]: 0.0}
        if not has_deadlines(strategy):
            break
    return pays.get(position.token_id)

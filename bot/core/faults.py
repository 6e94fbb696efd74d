"""Prices that cannot all be right: money for nothing is a fault of the data here, never a hedge.

A contradiction between deadlines is found where markets are chosen (``bot.core.maturity``).
"""

from datetime import datetime, timedelta

from bot.model.decision import Reason
from bot.model.market import Book, Quote
from bot.model.units import MILLION
from bot.model.view import MarketView, View

_TELLS = "one of them pays 1 USD: a fault of the prices, nothing is bought on them"


def find_fault(view: View, market: MarketView, *, max_quote_age: timedelta) -> Reason | None:
    """Return which prices of a market contradict each other; None if all may be right.

    Args:
        view: Other outcomes of its group may stand in other events.
        market: Where a hedge would be bought.
        max_quote_age: Older books say nothing.

    **Source:** HEDGING sections 1.4 and 11.
    """
    oldest = view.now - max_quote_age
    ask = _ask(market.quote, oldest=oldest)
    other = _ask(market.complement_quote, oldest=oldest)
    if ask is not None and other is not None and ask + other < MILLION:
        text = f"both outcomes of {market.market.slug} together cost {_cents(ask + other)}"
        return Reason(code="PAIR_UNDER_ONE", text=f"{text}; {_TELLS}")
    if market.market.neg_risk and market.market.group_size > 1 and market.adverse_index == 0:
        return _group_under_one(view, market, oldest)
    return None


def say_crossed(book: Book, name: str) -> Reason:
    """Return that a bid above the ask is no bargain: the two outcomes share their orders.

    Args:
        book: Whose best bid is above its best ask.
        name: What it is called.
    """
    bid, ask = book.bid_prices[0], book.ask_prices[0]
    text = (
        f"{name} is crossed: bid {_cents(bid)}, ask {_cents(ask)}, so both outcomes together cost"
    )
    return Reason(code="PAIR_UNDER_ONE", text=f"{text} {_cents(MILLION + ask - bid)}; {_TELLS}")


def _group_under_one(view: View, market: MarketView, oldest: datetime) -> Reason | None:
    """Return that all outcomes of a group together cost less than the one that will pay."""
    group = market.market.event_slug
    asks: dict[str, int] = {}
    for event in view.events:
        for seen in event.markets:
            if seen.market.event_slug != group or seen.adverse_index != 0:
                continue
            ask = _ask(seen.quote, oldest=oldest)
            if ask is not None:
                asks[seen.token_id] = ask
    total = sum(asks.values())
    if len(asks) < market.market.group_size or total >= MILLION:
        return None
    text = f"the {len(asks)} outcomes of {group} together cost {_cents(total)}"
    return Reason(code="GROUP_UNDER_ONE", text=f"{text}; {_TELLS}")


def _ask(quote: Quote | None, *, oldest: datetime) -> int | None:
    """Return the best ask in millionths; None if nobody knows it now."""
    if quote is None or quote.confirmed_at < oldest or not quote.book.ask_prices:
        return None
    return quote.book.ask_prices[0]


def _cents(price: int) -> str:
    return f"{price / 1e4:.1f}c"

"""Pairs: a token and its complement together pay 1 USD whatever happens, so they can be merged."""

from collections.abc import Mapping
from decimal import Decimal

from bot.model.decision import Reason
from bot.model.market import Book, Market
from bot.model.strategy import Strategy
from bot.model.units import MILLION, ZERO_SHARES, Shares, TokenId
from bot.model.view import EventView, MarketView, View

LEAST_PAIRS = Decimal(1)
"""Fewer are left alone: a merge costs gas, and anybody can send a wallet dust."""


def count_pairs(held: Mapping[TokenId, Decimal], market: Market) -> Shares:
    """Return how many pairs of an unresolved market can be merged; 0 if it is not worth it.

    Args:
        held: Shares of each token, whoever brought them.
        market: As it is now.
    """
    pairs = min(held.get(token, Decimal(0)) for token in market.token_ids)
    if market.payouts is not None or pairs < LEAST_PAIRS:
        return ZERO_SHARES
    return Shares(pairs)


def find_waiting(view: View, event: EventView) -> Reason | None:
    """Return that positions of ours wait to be merged: until then nothing is sent for the event."""
    if not view.can_merge:
        return None
    held = {item.token_id: item.shares for item in view.account.positions}
    for shown in event.markets:
        pairs = count_pairs(held, shown.market)
        if pairs:
            text = f"{pairs} pairs of {shown.market.slug} are worth 1 USD each and are merged first"
            return Reason(code="MERGE_WAITS", text=text)
    return None


def book_of_complement(view: View, market: MarketView, *, strategy: Strategy) -> Book | None:
    """Return the complement's book as seen from a token without bids; None if that is no way out.

    To buy the complement at ``a`` and merge brings ``1 - a`` less the fee, which is the same on
    either side of 50c: as if somebody bid ``1 - a``.
    """
    quote, other = market.quote, market.complement_quote
    if not view.can_merge or quote is None or other is None or quote.book.bid_prices:
        return None
    if view.now - min(quote.confirmed_at, other.confirmed_at) > strategy.max_quote_age:
        return None
    book = other.book
    seen = Book(
        token_id=market.token_id,
        as_of_ms=book.as_of_ms,
        bid_prices=tuple(MILLION - price for price in book.ask_prices),
        bid_sizes=book.ask_sizes,
        ask_prices=tuple(MILLION - price for price in book.bid_prices),
        ask_sizes=book.bid_sizes,
    )
    return None if seen.mid is None else seen

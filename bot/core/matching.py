"""Matches one order against one book, level by level, in integer millionths.

It knows nothing of time, balances or queues: `bot.core.venue_rules` says what a venue refuses,
`bot.core.queue` what becomes of resting orders and of liquidity that was taken before.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from bot.core.fees import charge_e6, fee_terms
from bot.model.market import Book, FeeSchedule
from bot.model.orders import Side
from bot.model.units import MILLION

LOT_E6 = 10_000
"""Fills come in whole hundredths of a share, so that price times size is a whole millionth of a
USD on every tick (the finest is 0.0001). What a level shows beyond that is not taken."""

NOTHING_TAKEN: Mapping[int, int] = MappingProxyType({})


class LevelFill(NamedTuple):
    """What one level gave: price, shares and taker fee, in millionths."""

    price_e6: int
    size_e6: int
    fee_e6: int

    @property
    def notional_e6(self) -> int:
        """Price times size, millionths of a USD, exact."""
        return self.price_e6 * self.size_e6 // MILLION


class Match(NamedTuple):
    """What an order got at once, best price first; no fills if nothing was there to take."""

    fills: tuple[LevelFill, ...]
    open_e6: int
    """Shares that found nothing."""

    @property
    def notional_e6(self) -> int:
        """Price times size over all fills, millionths of a USD."""
        return sum(fill.notional_e6 for fill in self.fills)

    @property
    def fee_e6(self) -> int:
        """Taker fees over all fills, millionths of a USD."""
        return sum(fill.fee_e6 for fill in self.fills)


def match_order(
    *,
    side: Side,
    size_e6: int,
    limit_e6: int,
    book: Book,
    fee: FeeSchedule,
    taken: Mapping[int, int] = NOTHING_TAKEN,
) -> Match:
    """Return what a crossing order gets now: never beyond its size, its limit or the book.

    A FAK takes all of it; a FOK is filled only if ``open_e6`` is 0; a resting order leaves
    ``open_e6`` in the book; a post-only order must get nothing (`crosses`).

    Args:
        side: What the order does with the book's token.
        size_e6: Shares wanted, millionths.
        limit_e6: Worst price, millionths of a USD per share.
        book: Resting orders of the token. Its own levels are trusted to be best first.
        fee: The market's schedule; charged for each level by itself, as the venue does per match.
        taken: Price -> shares of that level that are gone already, millionths.
    """
    if side is Side.BUY:
        prices, sizes, sign = book.ask_prices, book.ask_sizes, 1
    else:
        prices, sizes, sign = book.bid_prices, book.bid_sizes, -1
    terms = fee_terms(fee)
    worst = sign * limit_e6
    left = size_e6 - size_e6 % LOT_E6
    dust = size_e6 - left
    fills: list[LevelFill] = []
    for price, shown in zip(prices, sizes, strict=True):
        if left == 0 or sign * price > worst:
            break
        free = shown - taken[price] if price in taken else shown
        size = left if left < free else free - free % LOT_E6
        if size > 0:
            fills.append(LevelFill(price, size, charge_e6(size, price, terms)))
            left -= size
    return Match(tuple(fills), left + dust)


def crosses(*, side: Side, limit_e6: int, book: Book) -> bool:
    """Return whether an order at this limit would take from the book instead of resting."""
    if side is Side.BUY:
        return bool(book.ask_prices) and limit_e6 >= book.ask_prices[0]
    return bool(book.bid_prices) and limit_e6 <= book.bid_prices[0]

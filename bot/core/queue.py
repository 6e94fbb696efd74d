"""Where our resting orders stand in the queue, and when they fill.

An order joins behind all that is shown at its price. Trades at its price eat the queue ahead of
it and then fill it; a trade or an offer beyond its price fills it, since whoever sold lower (or
bought higher) would have met it first. What the feed says of a trade's side is not used: it is
wrong two times in five, and a trade at our price or beyond counts whoever began it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bot.core.ladder import Rung, TakenByRung, after_taking, shown_at, taken_from
from bot.core.matching import LOT_E6, match_order
from bot.model.market import Book, FeeSchedule
from bot.model.orders import Side
from bot.model.units import ZERO_USD, OrderId

_FREE = FeeSchedule(rate=ZERO_USD)


class Place(NamedTuple):
    """One resting order of ours on its market's ladder; sizes in millionths of a share."""

    order_id: OrderId
    rung: Rung
    open_e6: int
    ahead_e6: int | None
    """Shares of other people that fill before us; None if our price lies beyond the last level
    that was shown so far: behind all that will be shown there, until then only filled through."""
    joined_ms: int
    cut_e6: int = 0
    """What the queue lost because the book showed less than it, up to ``cut_ms``. A trade up to
    then is already in this and must not shorten the queue twice."""
    cut_ms: int = 0


class Advance(NamedTuple):
    """A place after an event, and the shares it got by it, millionths."""

    place: Place
    filled_e6: int


def join_queue(*, order_id: OrderId, rung: Rung, open_e6: int, ladder: Book, now_ms: int) -> Place:
    """Return the place of an order that comes to rest now: behind all that is shown."""
    return Place(order_id, rung, open_e6, shown_at(ladder, rung), now_ms)


def meet_print(
    places: Iterable[Place], *, price_e6: int, size_e6: int, at_ms: int
) -> tuple[Advance, ...]:
    """Return all places after a trade of ``size_e6`` shares at ``price_e6`` of the ladder.

    Together they never get more than the trade's size, best price first, then the oldest.
    """
    left = {True: size_e6, False: size_e6}
    advances = []
    for place in _in_turn(places):
        if at_ms < place.joined_ms or not _reaches(place.rung, price_e6):
            advances.append(Advance(place, 0))
            continue
        is_through = price_e6 != place.rung.price_e6
        cleared = place._replace(ahead_e6=0, cut_e6=0) if is_through else place
        advance = _eat(cleared, left[place.rung.is_bid], at_ms)
        left[place.rung.is_bid] -= advance.filled_e6
        advances.append(advance)
    return tuple(advances)


def meet_book(
    places: Iterable[Place], ladder: Book, taken: TakenByRung
) -> tuple[tuple[Advance, ...], TakenByRung]:
    """Return all places, and what is taken, after the venue showed this ladder.

    The queue ahead shrinks to what is shown at its price, if that is less. An order fills when
    the other side stands beyond its price, at most by what is shown there and not yet taken.
    """
    advances = []
    for place in _in_turn(places):
        if ladder.as_of_ms < place.joined_ms:
            advances.append(Advance(place, 0))
            continue
        advance, taken = _cross(_shorten(place, ladder), ladder, taken)
        advances.append(advance)
    return tuple(advances), taken


def _in_turn(places: Iterable[Place]) -> list[Place]:
    # Stable, so that orders at one price stay in the order in which they came.
    return sorted(places, key=lambda p: -p.rung.price_e6 if p.rung.is_bid else p.rung.price_e6)


def _reaches(rung: Rung, price_e6: int) -> bool:
    return price_e6 <= rung.price_e6 if rung.is_bid else price_e6 >= rung.price_e6


def _eat(place: Place, size_e6: int, at_ms: int) -> Advance:
    ahead, cut = place.ahead_e6, place.cut_e6
    if ahead is None:
        return Advance(place, 0)
    if at_ms <= place.cut_ms:
        known = min(size_e6, cut)
        size_e6, cut = size_e6 - known, cut - known
    reached = max(0, size_e6 - ahead)
    filled = min(place.open_e6, reached - reached % LOT_E6)
    after = place._replace(
        ahead_e6=max(0, ahead - size_e6), cut_e6=cut, open_e6=place.open_e6 - filled
    )
    return Advance(after, filled)


def _shorten(place: Place, ladder: Book) -> Place:
    shown = shown_at(ladder, place.rung)
    if shown is None:
        return place
    if place.ahead_e6 is None:
        return place._replace(ahead_e6=shown)
    cut = place.ahead_e6 - shown
    if cut <= 0:
        return place
    return place._replace(ahead_e6=shown, cut_e6=place.cut_e6 + cut, cut_ms=ladder.as_of_ms)


def _cross(place: Place, ladder: Book, taken: TakenByRung) -> tuple[Advance, TakenByRung]:
    side = Side.BUY if place.rung.is_bid else Side.SELL
    match = match_order(
        side=side,
        size_e6=place.open_e6,
        limit_e6=place.rung.price_e6 - (1 if place.rung.is_bid else -1),
        book=ladder,
        fee=_FREE,
        taken=taken_from(taken, side=side, token_index=0, now_ms=ladder.as_of_ms),
    )
    filled = sum(fill.size_e6 for fill in match.fills)
    if filled:
        taken = after_taking(
            taken, match.fills, side=side, token_index=0, ladder=ladder, now_ms=ladder.as_of_ms
        )
    return Advance(place._replace(open_e6=place.open_e6 - filled), filled), taken

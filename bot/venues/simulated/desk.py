"""One market at the simulated venue: our resting orders in it and what we took from its ladder."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.ladder import (
    Rung,
    TakenByRung,
    after_book,
    after_print,
    after_taking,
    rung_of,
    taken_from,
    to_ladder,
)
from bot.core.matching import Match, match_order
from bot.core.queue import Advance, Place, join_queue, meet_book, meet_print
from bot.model.market import Book, Market, Print
from bot.model.orders import OrderIntent, VenueOrder
from bot.model.units import MILLION, OrderId, Shares, TokenId, from_e6, to_e6


@dataclass(slots=True)
class _Resting:
    order: VenueOrder
    place: Place | None
    """None after a restart, until the first book: then it joins at the back of the queue."""


class Desk:
    """Orders and taken liquidity of one market.

    Args:
        market: Its present state; replaced when the venue changes it.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self._resting: dict[OrderId, _Resting] = {}
        self._taken: TakenByRung = {}
        self._last_print: tuple[TokenId, int, int, int] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no event can change anything here."""
        return not self._resting and not self._taken

    def orders(self) -> tuple[VenueOrder, ...]:
        """Return our resting orders, oldest first."""
        return tuple(resting.order for resting in self._resting.values())

    def has(self, order_id: OrderId) -> bool:
        """Return whether this order of ours rests here."""
        return order_id in self._resting

    def match(self, intent: OrderIntent, book: Book, *, now_ms: int) -> Match:
        """Return what the order would get from ``book`` now; nothing is taken by asking."""
        return match_order(
            side=intent.side,
            size_e6=to_e6(intent.size),
            limit_e6=to_e6(intent.limit),
            book=book,
            fee=self.market.fee,
            taken=taken_from(
                self._taken,
                side=intent.side,
                token_index=self._index(intent.token_id),
                now_ms=now_ms,
            ),
        )

    def take(self, intent: OrderIntent, match: Match, book: Book, *, now_ms: int) -> None:
        """Remember what the order took."""
        index = self._index(intent.token_id)
        self._taken = after_taking(
            self._taken,
            match.fills,
            side=intent.side,
            token_index=index,
            ladder=to_ladder(book, index),
            now_ms=now_ms,
        )

    def rest(self, order: VenueOrder, *, book: Book | None, now_ms: int) -> None:
        """Let an order rest behind what ``book`` shows; without a book it joins at the next."""
        self._resting[order.order_id] = _Resting(order, None)
        if book is not None:
            self._join(to_ladder(book, self._index(book.token_id)), now_ms)

    def remove(self, order_id: OrderId) -> None:
        """Take an order out."""
        del self._resting[order_id]

    def hear_book(self, book: Book) -> tuple[tuple[VenueOrder, Shares], ...]:
        """Return which orders the new book filled, as they were before, and by how many shares.

        A crossed book cannot be true and changes nothing.
        """
        if book.is_crossed:
            return ()
        ladder = to_ladder(book, self._index(book.token_id))
        self._taken = after_book(self._taken, ladder)
        self._join(ladder, ladder.as_of_ms)
        advances, self._taken = meet_book(self._places(), ladder, self._taken)
        return self._advance(advances)

    def hear_print(self, trade: Print) -> tuple[tuple[VenueOrder, Shares], ...]:
        """Return which orders a trade filled, as they were before, and by how many shares."""
        index = self._index(trade.token_id)
        price = trade.price_e6 if index == 0 else MILLION - trade.price_e6
        told, self._last_print = (
            self._last_print,
            (trade.token_id, price, trade.size_e6, trade.at_ms),
        )
        if told is not None and told[0] != trade.token_id and told[1:] == self._last_print[1:]:
            return ()  # one trade, told once for each token
        self._taken = after_print(self._taken, price_e6=price, at_ms=trade.at_ms)
        return self._advance(
            meet_print(self._places(), price_e6=price, size_e6=trade.size_e6, at_ms=trade.at_ms)
        )

    def ended_by(self, now: datetime) -> tuple[OrderId, ...]:
        """Return orders whose time is over at ``now``."""
        return tuple(
            order.order_id
            for order in self.orders()
            if order.expires_at is not None and order.expires_at <= now
        )

    def off_grid(self) -> tuple[OrderId, ...]:
        """Return orders whose limit the market's present tick no longer allows."""
        tick = self.market.tick
        return tuple(
            order.order_id
            for order in self.orders()
            if order.limit % tick != 0 or not tick <= order.limit <= 1 - tick
        )

    def _join(self, ladder: Book, now_ms: int) -> None:
        for resting in self._resting.values():
            if resting.place is None:
                order = resting.order
                resting.place = join_queue(
                    order_id=order.order_id,
                    rung=self._rung(order),
                    open_e6=to_e6(order.size - order.filled),
                    ladder=ladder,
                    now_ms=now_ms,
                )

    def _places(self) -> list[Place]:
        return [resting.place for resting in self._resting.values() if resting.place is not None]

    def _advance(self, advances: tuple[Advance, ...]) -> tuple[tuple[VenueOrder, Shares], ...]:
        filled = []
        for place, filled_e6 in advances:
            resting = self._resting[place.order_id]
            resting.place = place
            if filled_e6:
                shares = Shares(from_e6(filled_e6))
                filled.append((resting.order, shares))
                resting.order = replace(resting.order, filled=Shares(resting.order.filled + shares))
        return tuple(filled)

    def _rung(self, order: VenueOrder) -> Rung:
        return rung_of(order.side, to_e6(order.limit), self._index(order.token_id))

    def _index(self, token_id: TokenId) -> int:
        return self.market.token_ids.index(token_id)

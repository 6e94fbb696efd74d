"""Decides on each book the moment it comes, between two cycles: no read, no write, no order.

A cycle gathers everything, but only now and then. What moves in between are books; so the view of
the last cycle with one book exchanged tells whether a cycle would do anything now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from bot.core.decide import decide, is_quiet
from bot.engine.gather import look_again
from bot.engine.ports import Sources
from bot.model.decision import Decision, Verdict
from bot.model.market import Book, Market, MarketChanged, MarketEvent, Quote
from bot.model.strategy import Strategy
from bot.model.units import TokenId
from bot.model.view import EventView, MarketView, View

_A_MOMENT = timedelta(seconds=1)
"""So old may what a look-out knew be without being decided on again: nothing hangs on less."""


class Finding(NamedTuple):
    """A decision that is not quiet."""

    view: View
    """What to act on: the event of the book, and where it is decided jointly all such events."""
    decision: Decision
    """Of the event of the book alone."""

    @property
    def is_whole(self) -> bool:
        """Whether the decision is of all that the view has."""
        return len(self.decision.events) == len(self.view.events)


Found = Callable[[Finding], None]
"""Called with each finding."""


@dataclass(slots=True)
class _Watched:
    """One event as it stands now, and its strategy."""

    event: EventView
    strategy: Strategy
    decides_with: Sequence[Strategy]
    """Whose limits its decision looks at."""


class Lookout:
    """Listens to market data and decides on the event of each book, as a cycle would.

    Only that event is decided: the others know nothing new. What a decision leaves in the event's
    memory is kept, so that the next one goes on from it.

    Args:
        view: Of the last cycle. Cash, positions and portfolio stay as they are in it.
        strategies: In force.
        found: Is told of each decision that is not quiet. A book that cannot be traded on, such as
            a one-sided one, freezes the event until the next; that alone is not told.
    """

    def __init__(self, *, view: View, strategies: Sequence[Strategy], found: Found) -> None:
        self._view = view
        self._found = found
        by_event = {strategy.event: strategy for strategy in strategies}
        self._by_token: dict[TokenId, tuple[_Watched, int]] = {}
        self._joint: list[_Watched] = []
        for event in view.events:
            own = by_event[event.event]
            watched = _Watched(event, own, strategies if own.sizing.is_joint else (own,))
            if own.sizing.is_joint:
                self._joint.append(watched)
            for place, market in enumerate(event.markets):
                self._by_token[market.token_id] = (watched, place)

    def hear(self, event: MarketEvent) -> None:
        """Take in what market data tells: decide on a book, keep a market's change for the next."""
        if isinstance(event, Book):
            self._decide(event)
        elif isinstance(event, MarketChanged):
            self._change(event.market)

    def _decide(self, book: Book) -> None:
        found = self._by_token.get(book.token_id)
        if found is None:
            return
        watched, place = found
        view = self._view_with(watched, place, book)
        decision = decide(view, watched.decides_with)
        memory = decision.events[0].memory
        event = view.events[0]
        watched.event = event if memory is event.memory else replace(event, memory=memory)
        if not is_quiet(decision) and not _is_frozen(decision):
            self._found(Finding(self._with_joint(view, watched), decision))

    def _view_with(self, watched: _Watched, place: int, book: Book) -> View:
        """Return the view with one book exchanged, at the instant of that book."""
        # Built in full, not with ``replace``: that takes three times as long.
        last, event, now = self._view, watched.event, book.as_of
        old = event.markets[place]
        market = MarketView(
            market=old.market,
            adverse_index=old.adverse_index,
            quote=Quote(book, now),
            named=old.named,
            estimates=old.estimates,
            complement_quote=old.complement_quote,
        )
        return View(
            cycle=last.cycle,
            now=now,
            mode=last.mode,
            version=last.version,
            limits=last.limits,
            portfolio=last.portfolio,
            account=last.account,
            events=(
                EventView(
                    event=event.event,
                    markets=(*event.markets[:place], market, *event.markets[place + 1 :]),
                    memory=event.memory,
                    problem=event.problem,
                    removed=event.removed,
                ),
            ),
            halted=last.halted,
            learned=last.learned,
            can_merge=last.can_merge,
        )

    def _with_joint(self, view: View, watched: _Watched) -> View:
        """Return the view with all events that are decided together with this one."""
        if not watched.strategy.sizing.is_joint:
            return view
        own = view.events[0]
        events = tuple(own if each is watched else each.event for each in self._joint)
        return replace(view, events=events)

    def _change(self, market: Market) -> None:
        for token in market.token_ids:
            if token in self._by_token:
                watched, place = self._by_token[token]
                markets = list(watched.event.markets)
                markets[place] = replace(markets[place], market=market)
                watched.event = replace(watched.event, markets=tuple(markets))


def decide_again(
    ports: Sources, found: Finding, strategies: Sequence[Strategy], *, cycle: int
) -> tuple[View, Decision]:
    """Return what to do about a finding now, and what that is known by.

    The look-out's own decision is taken, where another would know the same a moment later.
    """
    again = look_again(ports, found.view, cycle=cycle)
    if found.is_whole and _is_unmoved(found.view, again):
        return found.view, found.decision
    return again, decide(again, strategies)


def _is_unmoved(found: View, again: View) -> bool:
    return (
        found.cycle == again.cycle
        and timedelta(0) <= again.now - found.now <= _A_MOMENT
        and found.halted == again.halted
        and found.account == again.account
        and all(map(_has_same_books, found.events, again.events))
    )


def _has_same_books(one: EventView, other: EventView) -> bool:
    pairs = zip(one.markets, other.markets, strict=True)
    return all(
        _book(a.quote) == _book(b.quote) and _book(a.complement_quote) == _book(b.complement_quote)
        for a, b in pairs
    )


def _book(quote: Quote | None) -> Book | None:
    return None if quote is None else quote.book


def _is_frozen(decision: Decision) -> bool:
    return decision.events[0].verdict is Verdict.FROZEN and not decision.cancels

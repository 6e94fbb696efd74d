"""What happens between two cycles: each book is decided on, and one that matters wakes a cycle."""

import asyncio
from dataclasses import replace

from bot.engine.cycle import CycleResult
from bot.engine.lookout import Finding, Lookout
from bot.engine.ports import Ports
from bot.model.decision import Decision
from bot.model.market import MarketChanged, MarketEvent
from bot.model.view import View


class Between:
    """Keeps a ``Lookout`` with what the last cycle knew; for clocks that run by themselves.

    It only wakes: the cycle decides for itself. On a stepped clock books come when a cycle asks for
    them, so there is nothing in between.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lookout: Lookout | None = None
        self._looks = False
        self._finding: Finding | None = None
        self.wake = asyncio.Event()
        """Set when a cycle would do something now."""
        self.news = _News(self.wake)
        """Set by whoever has heard of anything but a book."""
        ports.market_data.listen(self._hear)

    def pause(self) -> Finding | None:
        """Stop looking: a cycle begins.

        Returns:
            What woke it; None if anything but a book has been heard of.
        """
        found = None if self.news.is_set() else self._finding
        self._looks, self._finding = False, None
        self.news.clear()
        return found

    def look_out(self, result: CycleResult) -> None:
        """Look from what a cycle has left; not while halted or when it decided nothing."""
        if result.view is None or result.decision is None or result.view.halted:
            return
        view = self._after(result.view, result.decision)
        self._lookout = Lookout(view=view, strategies=result.strategies, found=self._found)
        self._looks = True
        self._catch_up(view)

    def _after(self, view: View, decision: Decision) -> View:
        """Return the view that the next cycle will find: orders left, and plans are remembered."""
        memories = {event.event: event.memory for event in decision.events}
        events = [
            replace(event, memory=memories.get(event.event, event.memory)) for event in view.events
        ]
        account = self._ports.ledger.account(self._ports.clock.now())
        return replace(view, cycle=view.cycle + 1, account=account, events=tuple(events))

    def _catch_up(self, view: View) -> None:
        """Decide on the books that came while the cycle ran."""
        for market in [market for event in view.events for market in event.markets]:
            quote = self._ports.market_data.quote(market.token_id)
            if quote is not None and (market.quote is None or quote.book != market.quote.book):
                self._hear(quote.book)

    def _hear(self, event: MarketEvent) -> None:
        if self._looks and self._lookout is not None:
            self._lookout.hear(event)
        elif isinstance(event, MarketChanged):
            self._finding = None  # it has the market as it was before

    def _found(self, finding: Finding) -> None:
        # The look-out is kept till the next one: to take it apart would hold up the order.
        self._looks, self._finding = False, finding
        self.wake.set()


class _News(asyncio.Event):
    """Sets another event too."""

    def __init__(self, other: asyncio.Event) -> None:
        super().__init__()
        self._other = other

    def set(self) -> None:
        super().set()
        self._other.set()

"""Asks the signals of each strategy; one that cannot say anything freezes its event."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import DataError
from bot.model.portfolio import Portfolio
from bot.model.signal import Estimate, Get, Outlook
from bot.model.strategy import Strategy
from bot.model.view import EventView, MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What signals are handed in one cycle."""

    portfolio: Portfolio
    series: Callable[[datetime], Get]
    """Opens the door to recorded series."""
    now: datetime

    async def all(self, strategy: Strategy, event: EventView) -> EventView:
        """Return the event with what its signals say of each market that is still open."""
        if not strategy.signals or event.problem:
            return event
        try:
            markets = [await self._market(strategy, market) for market in event.markets]
        except DataError as error:
            return replace(event, problem=str(error))
        return replace(event, markets=tuple(markets))

    async def _market(self, strategy: Strategy, seen: MarketView) -> MarketView:
        if seen.market.closed or seen.market.payouts is not None:
            return seen
        outlook = Outlook(
            now=self.now,
            market=seen.quote.book.mid if seen.quote is not None else None,
            ends_at=seen.market.ends_at,
            readings=self.portfolio.readings,
        )
        get = self.series(self.now)
        estimates: list[Estimate] = []
        for key, signal in strategy.signals:
            raw = await signal.fetch(get)
            estimates.append(replace(signal.estimate(raw, outlook), signal=key))
        return replace(seen, estimates=tuple(estimates))

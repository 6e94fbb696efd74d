"""Finds out what became of the markets that were forecast, hedged or not."""

from datetime import datetime, timedelta

from bot.engine.ports import Ports
from bot.errors import DataError
from bot.ledger.record import Awaited
from bot.model.market import Market
from bot.model.units import TokenId
from bot.model.view import View

_EVERY = timedelta(hours=1)


class Outcomes:
    """Looks once an hour; a market that cannot be read is told of once and looked at again."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._looked_at: datetime | None = None
        self._failing: set[TokenId] = set()

    async def look(self, view: View) -> None:
        """Record the payout of each forecast market that has one, unless it is disputed."""
        if self._looked_at is not None and view.now < self._looked_at + _EVERY:
            return
        self._looked_at = view.now
        seen = {each.token_id: each.market for event in view.events for each in event.markets}
        for awaited in self._ports.ledger.awaited():
            market = seen.get(awaited.token_id) or await self._ask(awaited)
            if market is None or market.payouts is None or market.disputed:
                continue
            payout = float(market.payouts[market.token_ids.index(awaited.token_id)])
            self._ports.ledger.track_record.write_outcome(awaited.token_id, payout, view.now)

    async def _ask(self, awaited: Awaited) -> Market | None:
        try:
            market = await self._ports.market_data.market(awaited.condition_id)
        except DataError as error:
            if awaited.token_id not in self._failing:
                self._ports.report("source.failed", source=awaited.condition_id, error=str(error))
            self._failing.add(awaited.token_id)
            return None
        self._failing.discard(awaited.token_id)
        return market

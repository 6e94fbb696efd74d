"""Keeps a journal of what a daemon saw while it lived."""

from pathlib import Path

from bot.app.build import Daemon
from bot.engine.cycle import CycleResult
from bot.model.market import MarketEvent
from bot.model.units import ConditionId
from bot.venues.recorder import Recorder


class Scribe:
    """Writes to a journal what a daemon sees, as it sees it."""

    def __init__(self, folder: Path, *, source: str) -> None:
        self._folder = folder
        self._source = source
        self._known: set[ConditionId] = set()
        self._daemon: Daemon | None = None
        self._recorder: Recorder | None = None

    def follow(self, daemon: Daemon) -> None:
        """Listen to the market data of a daemon that has not run yet."""
        self._daemon = daemon
        self._recorder = Recorder(
            folder=self._folder, clock=daemon.ports.clock, source=self._source
        )
        daemon.ports.market_data.listen(self._tell)

    def _tell(self, event: MarketEvent) -> None:
        assert self._recorder is not None
        self._recorder.tell(event)

    def decided(self, result: CycleResult) -> None:
        """List markets at their first sight, and the books of this cycle as confirmed."""
        assert self._recorder is not None
        assert result.view is not None
        views = [view for event in result.view.events for view in event.markets]
        new = [view.market for view in views if view.market.condition_id not in self._known]
        self._known |= {market.condition_id for market in new}
        self._recorder.list_markets(new)
        self._recorder.confirm(view.quote for view in views if view.quote is not None)

    def close(self) -> None:
        """End the journal."""
        assert self._recorder is not None
        self._recorder.close()

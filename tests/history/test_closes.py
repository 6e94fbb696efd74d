"""Daily closes, fetched from three services on this machine and read as a backtest reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.history.closes import CloseFetcher, FetchedCloses
from bot.history.open import PRICES
from bot.history.prices import Closes, read_closes
from bot.venues.polymarket.settings import Pace
from tests.fakes import ManualClock
from tests.history.price_hosts import Hosts, Served, rows, serve

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
"""A Tuesday."""
PACE = Pace(timeout=5.0, tries=2, first_wait=0.01)


@dataclass
class Rig:
    """The services, and fetches from them."""

    served: Served
    folder: Path
    clock: ManualClock

    @property
    def hosts(self) -> Hosts:
        return self.served.hosts

    def fetcher(self, pace: Pace = PACE) -> CloseFetcher:
        return CloseFetcher(
            hosts=self.served.places, clock=self.clock, pace=pace, folder=self.folder
        )

    async def fetch(self, *tickers: str) -> FetchedCloses:
        return await self.fetcher().fetch(tickers, lambda _: None)

    def read(self, symbol: str) -> Closes:
        return read_closes(self.folder / PRICES, [symbol])[symbol]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    pytest.importorskip("pyarrow", reason="needs pyarrow: what is fetched becomes Parquet")
    clock = ManualClock()
    clock.set(NOW)
    with serve(Hosts(last="2026-11-03")) as served:
        yield Rig(served, tmp_path / "own", clock)


async def test_shares_vix_and_coins_are_read_as_recorded_closes(rig: Rig) -> None:
    rig.hosts.coins["SOL-USD"] = rows("2026-10-01", "2026-11-03", weekends=True, price=150.0)
    found = await rig.fetch("SPY", "VIX", "SOL_USD")
    assert (found.done, found.refused, found.notes) == (3, (), ())
    assert rig.read("SPY").known_at[-1] == datetime(2026, 11, 2, 21, tzinfo=UTC)
    assert rig.read("SPY").prices[:2] == (500.0, 500.1)
    assert rig.read("VIX").prices[0] == 15.0
    assert rig.read("SOL").known_at[-1] == datetime(2026, 11, 3, tzinfo=UTC)
    assert rig.read("SOL").prices[0] == 150.0

"""A person's own history, fetched from the local exchange and run through a backtest."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import ConfigError, SourceDown
from bot.history.fees import FeeRegime
from bot.history.fetch import Fetched, Fetcher
from bot.history.open import VenueName, open_archive
from bot.model.market import Market
from bot.model.strategy import MarketRef
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.settings import Pace
from tests.fakes import ManualClock, make_market
from tests.history.worlds import open_at

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SERIES = MarketRef(series="fed-decision", match="25 bps increase")
PACE = Pace(page_size=2, tries=2, first_wait=0.01)


def series_market(number: int, *, closed: bool) -> Market:
    market = make_market(
        condition_id=f"0x{number:064x}",
        token_ids=(f"{7 * 10**70 + number}", f"{8 * 10**70 + number}"),
        series_slug="fed-decision",
        group_title="25 bps increase",
        slug=f"fed-{number}",
        question=f"Fed increases interest rates by 25+ bps after meeting {number}?",
    )
    return replace(
        market,
        event_slug=f"fed-meeting-{number}",
        ends_at=NOW - timedelta(days=3) if closed else NOW + timedelta(days=40),
        closed=closed,
        accepting_orders=not closed,
        payouts=(Decimal(0), Decimal(1)) if closed else None,
    )


@dataclass
class Rig:
    """The exchange, and fetches from it."""

    sandbox: Sandbox
    folder: Path

    def fetcher(self) -> Fetcher:
        clock = ManualClock()
        clock.set(NOW)
        return Fetcher(endpoints=self.sandbox.endpoints, clock=clock, pace=PACE, folder=self.folder)

    async def fetch(self, *refs: MarketRef) -> Fetched:
        return await self.fetcher().fetch(refs or (SERIES,), lambda _: None)

    def asked(self, path: str) -> int:
        return sum(path in each for each in self.sandbox.rest.asked)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return all files under a folder and what is in them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    pytest.importorskip("pyarrow", reason="needs pyarrow: what is fetched becomes Parquet")
    clock = ManualClock()
    clock.set(NOW)
    markets = [series_market(number, closed=number <= 3) for number in range(1, 6)]
    async with Sandbox(markets=markets, clock=clock) as sandbox:
        for market in markets:
            sandbox.exchange.past[market.token_ids[0]] = points(market)
        yield Rig(sandbox, tmp_path / "own")


def points(market: Market) -> list[tuple[int, float]]:
    """Return a point a second or two past each midnight of ten days, and one in the afternoon."""
    first = datetime(2026, 10, 20, tzinfo=UTC)
    midnights = [first + timedelta(days=day, seconds=1 + day % 2) for day in range(10)]
    afternoon = first + timedelta(days=4, hours=15)
    times = sorted([*midnights, afternoon])
    return [(int(at.timestamp()), round(0.2 + number / 100, 2)) for number, at in enumerate(times)]


async def test_markets_of_a_series_are_fetched_closed_ones_included(rig: Rig) -> None:
    found = await rig.fetch()
    assert (found.markets, found.done, found.kept, found.missing) == (5, 5, 0, ())
    archive = open_archive(rig.folder, VenueName.POLYMARKET, fees=FeeRegime.DATED)
    assert len(archive.listings) == 5
    assert [listing.payouts for listing in archive.listings[:4]] == [
        (Decimal(0), Decimal(1)),
        (Decimal(0), Decimal(1)),
        (Decimal(0), Decimal(1)),
        None,
    ]
    ended = archive.listings[0].resolved_ms
    assert ended is not None
    assert datetime.fromtimestamp(ended / 1000, UTC) == NOW - timedelta(days=3)


async def test_what_was_fetched_is_found_as_the_strategy_names_it(rig: Rig) -> None:
    await rig.fetch()
    archive = open_archive(rig.folder, VenueName.POLYMARKET, fees=FeeRegime.DATED)

    def look() -> tuple[int, int]:
        source = open_at(archive, datetime(2026, 10, 25, tzinfo=UTC))
        return len(asyncio.run(source.find(SERIES, now=NOW))), archive.known_bars(0, NOW)

    assert await asyncio.to_thread(look) == (5, 10)


async def test_only_points_at_midnight_are_bars(rig: Rig) -> None:
    found = await rig.fetch(MarketRef(slug="fed-1"))
    assert (found.done, found.bars) == (1, 10)  # neither the afternoon's nor the one of now


async def test_a_second_fetch_asks_only_for_what_can_have_changed(rig: Rig) -> None:
    await rig.fetch()
    before = rig.asked("/prices-history")
    found = await rig.fetch()
    assert (found.done, found.kept) == (5, 3)
    assert rig.asked("/prices-history") - before == 2


async def test_a_fetch_that_was_cut_off_goes_on(rig: Rig) -> None:
    class Cut(Exception):
        pass

    def cut(state: Fetched) -> None:
        if state.done == 2:
            raise Cut

    with pytest.raises(Cut):
        await rig.fetcher().fetch([SERIES], cut)
    part = sorted((rig.folder / "fetched").glob("*.json"))[0]
    part.write_bytes(part.read_bytes()[:20])  # the disk was full
    found = await rig.fetch()
    assert (found.done, found.kept) == (5, 1)
    assert len(open_archive(rig.folder, VenueName.POLYMARKET, fees=FeeRegime.NONE).listings) == 5


async def test_files_are_the_same_bytes_at_any_time(rig: Rig, tmp_path: Path) -> None:
    await rig.fetch()
    packed = rig.folder / "polymarket_daily" / "markets.csv.gz"
    assert packed.read_bytes()[4:8] == bytes(4)  # where gzip would put the time
    first = files_of(rig.folder)
    rig.folder = tmp_path / "again"
    await rig.fetch()
    assert files_of(rig.folder) == first


@pytest.mark.parametrize("name", ["prices.parquet", "markets.csv.gz"])
async def test_file_that_cannot_be_written_leaves_the_old_one(rig: Rig, name: str) -> None:
    await rig.fetch(MarketRef(slug="fed-1"))
    path = rig.folder / "polymarket_daily" / name
    before = path.read_bytes()
    path.with_name(f"{name}.new").mkdir()
    with pytest.raises(ConfigError, match=f"{name} cannot be written"):
        await rig.fetch()
    assert path.read_bytes() == before


async def test_condition_id_finds_its_market(rig: Rig) -> None:
    found = await rig.fetch(MarketRef(condition_id=f"0x{2:064x}"))
    assert (found.markets, found.bars) == (1, 10)


@pytest.mark.parametrize(
    "ref",
    [
        MarketRef(series="nothing"),
        MarketRef(slug="nothing"),
        MarketRef(condition_id=f"0x{99:064x}"),
    ],
)
async def test_what_the_venue_does_not_list_is_named(rig: Rig, ref: MarketRef) -> None:
    found = await rig.fetch(ref)
    assert found.markets == 0
    assert "the venue lists no such market" in found.missing[0]
    assert not (rig.folder / "polymarket_daily").exists()


async def test_market_without_prices_is_named_and_left_out(rig: Rig) -> None:
    token = series_market(5, closed=False).token_ids[0]
    rig.sandbox.exchange.past[token] = []
    found = await rig.fetch()
    assert found.missing == ("fed-5: the venue has no daily price of it",)
    assert len(open_archive(rig.folder, VenueName.POLYMARKET, fees=FeeRegime.NONE).listings) == 4


async def test_one_market_that_cannot_be_read_does_not_stop_the_others(rig: Rig) -> None:
    rig.sandbox.faults.add(Fault.STATUS, path="/clob/prices-history", times=2)
    found = await rig.fetch()
    assert found.done == 4
    assert "failed 2 times, last: HTTP" in found.missing[0]


async def test_list_that_cannot_be_had_ends_the_fetch(rig: Rig) -> None:
    rig.sandbox.faults.add(Fault.STATUS, path="/gamma/series", times=2)
    with pytest.raises(SourceDown, match="/series failed 2 times"):
        await rig.fetch()


async def test_folder_that_cannot_be_made_is_named(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be made"):
        await rig.fetch()


async def test_it_asks_no_faster_than_the_venue_allows(rig: Rig) -> None:
    fetcher = rig.fetcher()
    clock = fetcher._gamma._clock
    assert isinstance(clock, ManualClock)
    for _ in range(4):
        rig.folder.joinpath("fetched").mkdir(parents=True, exist_ok=True)
        await fetcher.fetch([SERIES], lambda _: None)
    asked = len(rig.sandbox.rest.asked)
    assert asked > 20
    assert sum(clock.slept) >= (asked - 10) / 10

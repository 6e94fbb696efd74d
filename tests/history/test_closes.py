"""Daily closes, fetched from three services on this machine and read as a backtest reads them."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import __version__
from bot.errors import ConfigError
from bot.history.closes import CloseFetcher, FetchedCloses, tickers_of
from bot.history.open import PRICES
from bot.history.prices import FETCHED, Closes, read_closes
from bot.model.portfolio import Holding, Tags
from bot.venues.polymarket.settings import Pace
from bot.venues.recorded.columns import ParquetColumns
from tests.fakes import ManualClock
from tests.history.price_hosts import VIX_PATH, Hosts, Ill, Served, rows, serve
from tests.history.test_fetch import files_of

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


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    """Return a change of an answer, which must have had what is changed."""

    def change(body: bytes) -> bytes:
        assert old.encode() in body
        return body.replace(old.encode(), new.encode(), 1)

    return change


async def test_shares_vix_and_coins_are_read_as_recorded_closes(rig: Rig) -> None:
    rig.hosts.coins["SOL-USD"] = rows("2026-10-01", "2026-11-03", weekends=True, price=150.0)
    found = await rig.fetch("SPY", "VIX", "SOL_USD")
    assert (found.done, found.refused, found.notes) == (3, (), ())
    assert (rig.read("SPY").known_at[0], rig.read("SPY").prices[0]) == (at("2026-09-01T20"), 500.0)
    assert (rig.read("VIX").known_at[0], rig.read("VIX").prices[0]) == (at("2026-09-01T20"), 15.0)
    for name in ("SOL", "SOL_USD", "SOL-USD"):
        assert (rig.read(name).known_at[0], rig.read(name).prices[0]) == (at("2026-10-02"), 150.0)


async def test_running_day_is_never_stored(rig: Rig) -> None:
    rig.hosts.coins["BTC-USD"] = rows("2026-10-01", "2026-11-03", weekends=True)
    await rig.fetch("SPY", "VIX", "BTC_USD")
    assert rig.read("SPY").known_at[-1] == at("2026-11-02T21")
    assert rig.read("VIX").known_at[-1] == at("2026-11-02T21")
    assert rig.read("BTC").known_at[-1] == at("2026-11-03")


async def test_closes_after_dividends_are_read_and_those_before_are_kept(rig: Rig) -> None:
    rig.hosts.adjusted["SPY"] = {day: price / 2 for day, price in rig.hosts.shares["SPY"].items()}
    await rig.fetch("SPY")
    assert rig.read("SPY").prices[0] == 250.0
    columns = ParquetColumns(rig.folder / PRICES / FETCHED)
    assert columns.floats("close_after_splits")[0] == 500.0
    assert columns.texts("source")[0] == ("Yahoo",)


async def test_a_coin_is_asked_for_in_parts_that_it_lists(rig: Rig) -> None:
    rig.hosts.coins["BTC-USD"] = rows("2023-01-01", "2026-11-02", weekends=True)
    found = await rig.fetch("BTC_USD")
    assert (found.closes, found.notes) == (len(rig.hosts.coins["BTC-USD"]), ())
    assert len(rig.hosts.asked) == 16
    assert "start=2014-01-01T" in rig.hosts.asked[0]
    assert "end=2026-11-03T" in rig.hosts.asked[-1]


async def test_services_are_asked_once_a_second_and_told_who_asks(rig: Rig) -> None:
    rig.hosts.coins["BTC-USD"] = rows("2026-10-01", "2026-11-02", weekends=True)
    await rig.fetch("SPY", "VIX", "BTC_USD")
    assert len(rig.hosts.asked) == 18
    assert sum(rig.clock.slept) == pytest.approx(17)
    assert rig.hosts.agents == {f"polyhedge/{__version__}"}


# --- going on --------------------------------------------------------------------------------


async def test_what_reaches_yesterday_is_not_asked_for_again(rig: Rig) -> None:
    rig.hosts.coins["BTC-USD"] = rows("2026-10-01", "2026-11-02", weekends=True)
    await rig.fetch("SPY", "VIX", "BTC_USD")
    asked = len(rig.hosts.asked)
    found = await rig.fetch("SPY", "VIX", "BTC_USD")
    assert (found.done, found.kept, len(rig.hosts.asked) - asked) == (3, 3, 0)
    rig.clock.set(NOW + timedelta(days=1))
    assert (await rig.fetch("SPY", "VIX")).kept == 0


async def test_over_a_weekend_shares_reach_friday_and_coins_do_not(rig: Rig) -> None:
    rig.hosts.shares["SPY"] = rows("2026-09-01", "2026-10-30")  # a Friday
    rig.hosts.coins["BTC-USD"] = rows("2026-10-01", "2026-10-30", weekends=True)
    await rig.fetch("SPY", "BTC_USD")
    for day, kept in (("2026-10-31", 2), ("2026-11-01", 1), ("2026-11-02", 1), ("2026-11-03", 0)):
        rig.clock.set(at(day) + timedelta(hours=1))
        assert (await rig.fetch("SPY", "BTC_USD")).kept == kept, day


async def test_after_a_dividend_the_whole_series_is_new(rig: Rig) -> None:
    await rig.fetch("SPY")
    rig.clock.set(NOW + timedelta(days=1))
    closes = rig.hosts.shares["SPY"]
    rig.hosts.adjusted["SPY"] = {day: round(price * 0.99, 4) for day, price in closes.items()}
    await rig.fetch("SPY")
    assert rig.read("SPY").prices == tuple(rig.hosts.adjusted["SPY"].values())


@pytest.mark.parametrize("cut_after", range(4))
async def test_a_fetch_that_was_cut_off_ends_in_the_same_bytes(
    rig: Rig, tmp_path: Path, cut_after: int
) -> None:
    class Cut(Exception):
        pass

    def cut(state: FetchedCloses) -> None:
        if state.done == cut_after:
            raise Cut

    tickers = ("SPY", "VIX", "BTC_USD")
    rig.hosts.coins["BTC-USD"] = rows("2026-10-01", "2026-11-03", weekends=True)
    await rig.fetch(*tickers)
    whole = files_of(rig.folder)
    rig.folder = tmp_path / "again"
    with pytest.raises(Cut):
        await rig.fetcher().fetch(tickers, cut)
    for part in sorted(rig.folder.glob("fetched/closes/*.json"))[:1]:
        part.write_bytes(part.read_bytes()[:40])  # the disk was full
    found = await rig.fetch(*tickers)
    assert (found.done, found.kept) == (3, max(cut_after - 1, 0))
    assert files_of(rig.folder) == whole
    assert len(whole) == 4


async def test_part_that_says_nothing_is_fetched_again(rig: Rig) -> None:
    await rig.fetch("SPY")
    whole = files_of(rig.folder)
    part = rig.folder / "fetched" / "closes" / "SPY.json"
    for text in (b'{"ticker":"SPY","source":"Yahoo","closes":[],"notes":[]}', b"", b"\xff"):
        part.write_bytes(text)
        assert (await rig.fetch("SPY")).kept == 0
        assert files_of(rig.folder) == whole


async def test_day_of_a_share_is_that_of_new_york(rig: Rig) -> None:
    opening = int(at("2026-09-01T13:30").timestamp())
    evening = int(at("2026-09-02T00:30").timestamp())  # 20:30 of the first
    rig.hosts.ill["/SPY"] = [Ill(change=swap(str(opening), str(evening)))]
    await rig.fetch("SPY")
    assert rig.read("SPY").known_at[:2] == (at("2026-09-01T20"), at("2026-09-02T20"))


async def test_file_that_cannot_be_written_leaves_the_old_one(rig: Rig) -> None:
    await rig.fetch("SPY")
    path = rig.folder / PRICES / FETCHED
    before = path.read_bytes()
    path.with_name(f"{FETCHED}.new").mkdir()
    with pytest.raises(ConfigError, match=f"{FETCHED} cannot be written: Is a directory"):
        await rig.fetch("SPY", "VIX")
    assert path.read_bytes() == before


# --- what is refused --------------------------------------------------------------------------

PAGE = b"<!DOCTYPE html><html><body>Are you a robot?</body></html>"
SHARE_FAULTS = {
    "page": (Ill(body=PAGE), "cannot be read: JSON is malformed.*<!DOCTYPE html>"),
    "symbol": (Ill(change=swap('"SPY"', '"SPX"')), "is of SPX, USD.*must be of SPY, USD"),
    "currency": (Ill(change=swap('"USD"', '"GBp"')), "is of SPY, GBp"),
    "no currency": (Ill(change=swap('"USD"', "null")), "is of SPY, None"),
    "zone": (Ill(change=swap("New_York", "London")), "is of SPY, USD, America/London"),
    "months": (Ill(change=swap('"1d"', '"1mo"')), "is of SPY, USD, America/New_York, 1mo"),
    "NaN": (Ill(change=swap("500.0", "NaN")), "cannot be read: JSON is malformed"),
    "infinite": (Ill(change=swap("500.0", "1e999")), "cannot be read: Number out of range"),
    "zero": (Ill(change=swap("500.0", "0.0")), r"the close of 2026-09-01 is 0.0 and 500.0 after"),
    "below zero": (Ill(change=swap("500.0", "-3")), "the close of 2026-09-01 is -3.0"),
    "text": (Ill(change=swap("500.0", '"500"')), "cannot be read: Expected `float"),
    "fewer closes": (Ill(change=swap("500.0, ", "")), "has 46 days, 45 closes and 46 adjusted"),
    "milliseconds": (Ill(change=swap('"timestamp": [1', '"timestamp": [1000001')), "no day"),
    "more days": (
        Ill(change=swap('"timestamp": [', '"timestamp": [1, ')),
        "has 47 days, 46 closes",
    ),
    "null": (Ill(body=b"null"), "cannot be read: Expected `object`, got `null`"),
    "no result": (Ill(body=b'{"chart":{"result":null}}'), "cannot be read"),
    "cut body": (Ill(change=lambda body: body[:500]), "cannot be read: Input data was truncated"),
    "not utf-8": (Ill(change=lambda body: body.replace(b"SPY", b"\xff")), "cannot be read"),
    "refused": (Ill(status=403, body=b"Forbidden"), "was refused: HTTP 403 Forbidden"),
    "moved": (Ill(status=302, body=b""), "was refused: HTTP 302"),
}


@pytest.mark.parametrize("name", SHARE_FAULTS)
async def test_answer_that_is_not_the_shares_is_refused_whole(rig: Rig, name: str) -> None:
    ill, why = SHARE_FAULTS[name]
    rig.hosts.ill["/SPY"] = [ill]
    found = await rig.fetch("SPY", "VIX")
    assert found.done == 1
    (refused,) = found.refused
    assert refused.startswith("SPY: ")
    assert re.search(why, refused), refused
    assert not (rig.folder / "fetched" / "closes" / "SPY.json").exists()
    assert rig.read("VIX").prices


VIX_FAULTS = {
    "page": (Ill(body=PAGE), "begins '<!DOCTYPE html>.*must begin 'DATE,OPEN,HIGH,LOW,CLOSE'"),
    "other columns": (Ill(change=swap("HIGH,LOW", "LOW,HIGH")), "begins 'DATE,OPEN,LOW,HIGH"),
    "day first": (Ill(change=swap("09/01/2026", "31/08/2026")), "line 2 is '31/08/2026,"),
    "word": (Ill(change=swap(",15.000000", ",n/a")), "line 2 is .*n/a'; it must be like"),
    "column less": (Ill(change=swap("1.0,2.0,", "1.0,")), "line 2 is '09/01/2026,1.0,0.5"),
    "NaN": (Ill(change=swap(",15.000000", ",nan")), "the close of 2026-09-01 is nan"),
    "infinite": (Ill(change=swap(",15.000000", ",inf")), "the close of 2026-09-01 is inf"),
    "two closes": (Ill(change=swap("09/02/2026", "09/01/2026")), "two closes on 2026-09-01: 15"),
    "future": (
        Ill(change=swap("09/01/2026", "11/04/2026")),
        "2026-11-04 has a close, and today is 2026-",
    ),
    "no rows": (Ill(body=b"DATE,OPEN,HIGH,LOW,CLOSE\n"), "no close from 2014-01-01 to 2026-"),
    "empty": (Ill(body=b""), "begins ''"),
    "moved": (Ill(status=404), "the file of the VIX has moved"),
}


@pytest.mark.parametrize("name", VIX_FAULTS)
async def test_file_that_is_not_the_vix_is_refused_whole(rig: Rig, name: str) -> None:
    ill, why = VIX_FAULTS[name]
    rig.hosts.ill[VIX_PATH] = [ill]
    found = await rig.fetch("VIX", "SPY")
    assert found.done == 1
    assert re.search(why, found.refused[0]), found.refused
    assert read_closes(rig.folder / PRICES, ["VIX"]) == {}


COIN_FAULTS = {
    "page": (Ill(body=PAGE), "cannot be read: JSON is malformed"),
    "message": (Ill(body=b'{"message":"hello"}'), "cannot be read: Expected `array`"),
    "column less": (Ill(body=b"[[1793404800,1,2,1,1]]"), "cannot be read: Expected `array` of len"),
    "no number": (Ill(body=b"[[1793404800,1,2,1,null,1]]"), "cannot be read: Expected `float`"),
    "noon": (Ill(body=b"[[1793448000,1,2,1,1,1]]"), "it must be a midnight UTC"),
    "other order": (Ill(body=b"[[1793404800,1,2,1,9,1]]"), "the close from low to high"),
    "zero": (Ill(body=b"[[1793404800,0,2,1,0,1]]"), "the close of 2026-10-31 is 0.0"),
    "year 60000": (Ill(body=b"[[1793404800000,1,2,1,1,1]]"), "row has no day"),
    "two closes": (
        Ill(body=b"[[1793404800,1,2,1,1,1],[1793404800,1,2,1,2,1]]"),
        "two closes on 2026-10-31: 1.0 and 2.0",
    ),
}


@pytest.mark.parametrize("name", COIN_FAULTS)
async def test_answer_that_is_not_the_coins_is_refused_whole(rig: Rig, name: str) -> None:
    rig.hosts.coins["SOL-USD"] = rows("2026-10-01", "2026-10-02")
    ill, why = COIN_FAULTS[name]
    rig.hosts.ill["/SOL-USD"] = [ill]
    found = await rig.fetch("SOL_USD", "SPY")
    assert found.done == 1
    assert re.search(why, found.refused[0]), found.refused


@pytest.mark.parametrize(
    ("ticker", "why"),
    [
        ("XYZ", "Yahoo has no XYZ"),
        ("XYZ_USD", "Coinbase has no XYZ-USD. If it is a share or fund, say so: --symbol XYZ"),
        ("../A?b", "Yahoo has no ../A?b"),
    ],
)
async def test_symbol_nobody_knows_is_named(rig: Rig, ticker: str, why: str) -> None:
    found = await rig.fetch(ticker, "SPY")
    assert found.refused[0].startswith(f"{ticker}: {why}")
    assert found.done == 1


async def test_fewer_closes_than_before_are_refused_and_the_old_ones_kept(rig: Rig) -> None:
    await rig.fetch("SPY")
    before = rig.read("SPY")
    rig.clock.set(NOW + timedelta(days=1))
    rig.hosts.shares["SPY"] = rows("2026-10-01", "2026-11-03")
    (refused,) = (await rig.fetch("SPY")).refused
    assert "Yahoo has 24 closes and had 45. If the new ones are right, remove" in refused
    assert refused.endswith("SPY.json. What was fetched up to 2026-11-02 is kept")
    assert rig.read("SPY") == before


async def test_a_name_is_not_both_a_coin_and_a_share(rig: Rig) -> None:
    rig.hosts.shares["SOL"] = rows("2026-10-01", "2026-11-02")
    rig.hosts.coins["SOL-USD"] = rows("2026-10-01", "2026-11-02", weekends=True)
    await rig.fetch("SOL")
    found = await rig.fetch("SOL_USD")
    assert "holds SOL, and one name cannot be a coin and a share" in found.refused[0]
    (rig.folder / "fetched" / "closes" / "SOL.json").unlink()
    assert (await rig.fetch("SOL_USD")).done == 1
    assert "holds SOL_USD, and" in (await rig.fetch("SOL")).refused[0]


# --- what is asked again, and what is missing --------------------------------------------------


async def test_service_that_is_busy_is_asked_again_when_it_says(rig: Rig) -> None:
    busy = Ill(status=429, body=b"Too Many Requests", headers=(("Retry-After", "60"),))
    rig.hosts.ill["/SPY"] = [busy]
    found = await rig.fetch("SPY", "VIX")
    assert found.done == 2
    assert max(rig.clock.slept) == 60


async def test_service_that_is_busy_for_long_is_left_alone(rig: Rig) -> None:
    rig.hosts.shares["QQQ"] = rows("2026-10-01", "2026-11-02")
    rig.hosts.ill["/SPY"] = [Ill(status=429, headers=(("Retry-After", "3600"),))]
    found = await rig.fetch("SPY", "QQQ", "VIX")
    assert "HTTP 429, to be asked again in 3600 s" in found.refused[0]
    assert "waits 3600 s" in found.refused[1]
    assert found.done == 1
    assert len(rig.hosts.asked) == 2
    assert (await rig.fetch("SPY", "QQQ", "VIX")).kept == 1


async def test_body_shorter_than_promised_is_asked_for_again(rig: Rig) -> None:
    short = Ill(change=lambda body: body[:300], missing_bytes=900)
    rig.hosts.ill["/SPY"] = [short]
    assert (await rig.fetch("SPY")).done == 1
    rig.clock.set(NOW + timedelta(days=1))
    rig.hosts.ill["/SPY"] = [short, short]
    (refused,) = (await rig.fetch("SPY")).refused
    assert "failed 2 times, last: RemoteProtocolError" in refused
    assert refused.endswith("What was fetched up to 2026-11-02 is kept")


async def test_service_that_hangs_stops_only_its_own(rig: Rig) -> None:
    rig.hosts.ill["/SPY"] = [Ill(hangs=True), Ill(hangs=True)]
    hasty = Pace(timeout=0.1, tries=2, first_wait=0.01)
    found = await rig.fetcher(hasty).fetch(["SPY", "VIX"], lambda _: None)
    assert found.done == 1
    assert "failed 2 times, last: ReadTimeout" in found.refused[0]


async def test_days_without_a_close_are_named_and_stay_so(rig: Rig) -> None:
    rig.hosts.ill["/SPY"] = [Ill(change=swap("500.1", "null"))]
    found = await rig.fetch("SPY")
    assert found.notes == ("SPY: 1 days have no close, the last 2026-09-02",)
    assert rig.read("SPY").known_at[:2] == (at("2026-09-01T20"), at("2026-09-03T20"))
    assert (await rig.fetch("SPY")).notes == found.notes


async def test_gaps_are_named_and_not_filled(rig: Rig) -> None:
    closes = rig.hosts.shares["SPY"]
    rig.hosts.shares["SPY"] = {day: price for day, price in closes.items() if day[:7] != "2026-10"}
    coin = rows("2026-10-01", "2026-11-02", weekends=True)
    rig.hosts.coins["BTC-USD"] = coin
    del coin["2026-10-10"]
    found = await rig.fetch("SPY", "BTC_USD")
    assert found.notes == (
        "SPY: 1 gaps, the longest from 2026-09-30 to 2026-11-02; nothing is filled in",
        "BTC_USD: 1 gaps, the longest from 2026-10-09 to 2026-10-11; nothing is filled in",
    )
    assert found.closes == len(rig.hosts.shares["SPY"]) - 1 + len(coin)


async def test_vix_file_without_its_end_loses_the_last_line_and_says_so(rig: Rig) -> None:
    rig.hosts.vix = rows("2026-09-01", "2026-11-02", price=15.0)
    rig.hosts.ill[VIX_PATH] = [Ill(change=lambda body: body[:-4])]
    found = await rig.fetch("VIX")
    assert found.notes[0].startswith("VIX: the file ends within a line ('11/02/2026,1.0")
    assert rig.read("VIX").known_at[-1] == at("2026-10-30T20")
    again = await rig.fetch("VIX")  # it does not reach yesterday
    assert (again.kept, again.notes) == (0, ())
    assert rig.read("VIX").known_at[-1] == at("2026-11-02T21")


async def test_the_same_close_twice_counts_once(rig: Rig) -> None:
    rig.hosts.ill["/SPY"] = [Ill(change=_repeat_last)]
    await rig.fetch("SPY")
    assert len(rig.read("SPY").prices) == 45


def _repeat_last(body: bytes) -> bytes:
    chart = json.loads(body)
    (result,) = chart["chart"]["result"]
    lists = (
        result["timestamp"],
        result["indicators"]["quote"][0]["close"],
        result["indicators"]["adjclose"][0]["adjclose"],
    )
    for each in lists:
        each.insert(-1, each[-2])  # the last one is of today
    return json.dumps(chart).encode()


# --- what to fetch ----------------------------------------------------------------------------


def test_holdings_name_what_is_fetched() -> None:
    crypto = Tags(asset_class="crypto")
    holdings = (
        Holding(symbol="QQQ"),
        Holding(symbol="BTC"),
        Holding(symbol="SOL", tags=crypto),
        Holding(symbol="ADA-USD", tags=crypto),
        Holding(symbol="IBIT", tags=crypto),
        Holding(symbol="CASH"),
        Holding(symbol="QQQ"),
    )
    found = tickers_of(holdings, ("TLT", "ETH", "DOGE_USD", "SPY", "IBIT"))
    held = ("QQQ", "BTC_USD", "SOL_USD", "ADA_USD", "IBIT")
    assert found == (*held, "VIX", "SPY", "TLT", "ETH_USD", "DOGE_USD")
    assert "IBIT_USD" in tickers_of(holdings, ())


async def test_progress_names_what_is_asked_for(rig: Rig) -> None:
    told: list[tuple[str, int]] = []
    await rig.fetcher().fetch(["SPY", "VIX"], lambda state: told.append((state.asking, state.done)))
    assert told == [("SPY", 0), ("VIX", 1), ("VIX", 2)]

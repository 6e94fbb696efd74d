"""`polyhedge data fetch`: the person's own history, from the local exchange."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.settings import Endpoints
from tests.cli.conftest import Typed
from tests.fakes import ManualClock
from tests.history.price_hosts import VIX_PATH, Hosts, Ill, Served, serve
from tests.history.test_fetch import NOW, files_of, points, series_market
from tests.history.worlds import CONFIG, STRATEGY


@pytest.fixture
def venue() -> Iterator[Endpoints]:
    """A local exchange in a thread of its own: the command has a loop of its own."""
    pytest.importorskip("pyarrow", reason="needs pyarrow: what is fetched becomes Parquet")
    ready, done = threading.Event(), asyncio.Event()
    found: list[Endpoints] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        clock = ManualClock()
        clock.set(NOW)
        markets = [series_market(number, closed=number == 1) for number in (1, 2)]
        async with Sandbox(markets=markets, clock=clock) as sandbox:
            for market in markets:
                sandbox.exchange.past[market.token_ids[0]] = points(market)
            found.append(sandbox.endpoints)
            loops.append(asyncio.get_running_loop())
            ready.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    loops[0].call_soon_threadsafe(done.set)
    thread.join(20)


@pytest.fixture
def prices() -> Iterator[Served]:
    with serve(Hosts(last=f"{SystemClock().now():%Y-%m-%d}")) as served:
        yield served


@pytest.fixture
def write_files(here: Path, venue: Endpoints, prices: Served) -> Callable[[str], None]:
    def write(market: str) -> None:
        addresses = f"{{gamma_url: '{venue.gamma}', clob_url: '{venue.clob}'}}"
        hosts = (
            f"{{shares_url: '{prices.url}', vix_url: '{prices.url}', crypto_url: '{prices.url}'}}"
        )
        (here / "config.yaml").write_text(f"{CONFIG}polymarket: {addresses}\nhistory: {hosts}\n")
        (here / "strategies").mkdir()
        text = STRATEGY.replace("{slug: will-it-happen-1}", market)
        (here / "strategies" / "it-happens.yaml").write_text(text)

    return write


def test_what_is_fetched_can_be_tested(type_in: Typed, write_files: Callable[[str], None]) -> None:
    write_files("{series: fed-decision, outcome: 25 bps increase}")
    answer = type_in("data", "fetch", "--out", "own")
    assert answer.exit_code == 0, answer.output
    assert "2 of 2 markets, 20 daily prices (0 markets were there and final)" in answer.stdout
    assert "2 of 2 symbols" in answer.stdout
    assert "(0 symbols were there up to yesterday)" in answer.stdout
    span = ("--from", "2026-10-20", "--to", "2026-10-29", "--json")
    tested = type_in("backtest", "--data", "own", *span)
    assert tested.exit_code == 0, tested.output
    summary = json.loads(tested.stdout)["summary"]
    assert summary["refused"].get("NO_MARKET") is None
    assert datetime.fromisoformat(summary["since"]) == datetime(2026, 10, 20, tzinfo=UTC)


def test_what_is_missing_is_named(type_in: Typed, write_files: Callable[[str], None]) -> None:
    write_files("{slug: nothing}")
    answer = type_in("data", "fetch", "--out", "own", "--series", "fed-decision", "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert (told["markets"], told["done"]) == (2, 2)
    assert told["missing"] == ["nothing: the venue lists no such market"]
    assert told["closes"]["done"] == 2
    again = type_in("data", "fetch", "--out", "own", "--series", "fed-decision")
    assert "not there: nothing" in again.stderr
    assert "(1 markets were there and final)" in again.stdout


def test_symbol_that_is_refused_is_named_and_the_exit_code_says_so(
    type_in: Typed, write_files: Callable[[str], None], prices: Served
) -> None:
    write_files("{series: fed-decision, outcome: 25 bps increase}")
    answer = type_in("data", "fetch", "--out", "own", "--symbol", "NONE")
    assert answer.exit_code == 3, answer.output
    assert "no closes: NONE: Yahoo has no NONE" in answer.stderr
    assert "Starting again asks for these" in answer.stderr
    assert "2 of 3 symbols" in answer.stdout
    assert "2 of 2 markets" in answer.stdout


def test_symbols_of_a_file_of_holdings_are_fetched_and_gaps_told(
    here: Path, type_in: Typed, write_files: Callable[[str], None], prices: Served
) -> None:
    write_files("{slug: fed-1}")
    text = (here / "config.yaml").read_text()
    holdings = "holdings: [{symbol: SPY, value: 100000, asset_class: equity}]"
    assert holdings in text
    (here / "config.yaml").write_text(text.replace(holdings, "file: holdings.csv"))
    (here / "holdings.csv").write_text("symbol,value\nQQQ,5000\nCASH,10\n")
    known = prices.hosts.shares["SPY"]
    prices.hosts.shares["QQQ"] = {day: each for day, each in known.items() if day[5:7] != "10"}
    answer = type_in("data", "fetch", "--out", "own")
    assert answer.exit_code == 0, answer.output
    assert "3 of 3 symbols" in answer.stdout
    assert "missing: QQQ: 1 gaps, the longest from 2026-09-30 to 2026-11-02;" in answer.stderr


def test_fetch_that_was_killed_goes_on_and_ends_in_the_same_bytes(
    here: Path, type_in: Typed, write_files: Callable[[str], None], prices: Served
) -> None:
    write_files("{slug: fed-1}")
    words = ("data", "fetch", "--out")
    assert type_in(*words, "whole").exit_code == 0
    prices.hosts.ill[VIX_PATH] = [Ill(hangs=True)]
    with subprocess.Popen([sys.executable, "-m", "bot", *words, "own"]) as process:  # noqa: S603
        assert prices.hosts.hangs.wait(30)
        process.kill()
        prices.hosts.let_go.set()
    left = files_of(here / "own")
    assert list(left) == ["fetched/closes/SPY.json"]
    answer = type_in(*words, "own")
    assert "2 of 2 symbols" in answer.stdout
    assert "(1 symbols were there up to yesterday)" in answer.stdout
    assert files_of(here / "own") == files_of(here / "whole")


def test_group_says_what_it_can(type_in: Typed) -> None:
    assert "fetch" in type_in("data", "--help").stdout

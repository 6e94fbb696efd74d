"""A backtest over closes that were fetched: which ones it uses, and when it may know them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.history.closes import CloseFetcher
from bot.model.equity import Equity
from tests.fakes import ManualClock
from tests.history.price_hosts import Hosts, Rows, rows, serve
from tests.history.test_closes import PACE
from tests.history.test_no_look_ahead import MONEY, traces
from tests.history.worlds import CONFIG, Recorded, at, days, read_ledger, run, write_config
from tests.replay.rows import read_rows

SINCE, UNTIL = at("03-01"), at("03-12")
HOLDINGS = "[{symbol: SPY, value: 60000, asset_class: equity}, "
COIN = HOLDINGS + "{symbol: SOL, value: 40000, asset_class: crypto}]"
FUND = HOLDINGS + "{symbol: FUND, value: 40000, asset_class: equity}]"
ALONE = "[{symbol: SPY, value: 100000, asset_class: equity}]"


def fetch(hosts: Hosts, folder: Path, day: str, *tickers: str) -> None:
    """Fetch as one would have on a day of 2024."""
    pytest.importorskip("pyarrow", reason="needs pyarrow: what is fetched becomes Parquet")
    clock = ManualClock(start=at(day) + timedelta(hours=6))
    with serve(hosts) as served:
        fetcher = CloseFetcher(hosts=served.places, clock=clock, pace=PACE, folder=folder)
        found = asyncio.run(fetcher.fetch(tickers, lambda _: None))
    assert found.refused == ()


def hosts(last: str = "2024-04-20") -> Hosts:
    found = Hosts(last=last)
    found.shares["SPY"] = rows("2024-01-02", last, price=500.0)
    found.vix = rows("2024-01-02", last, price=15.0)
    found.coins["SOL-USD"] = rows("2024-01-02", last, weekends=True, price=100.0)
    return found


def equity_of(path: Path) -> list[Equity]:
    reader = read_ledger(path)
    found = list(reader.equity())
    reader.close()
    return found


def test_worth_follows_the_fetched_closes_and_not_those_of_another_recording(
    tmp_path: Path,
) -> None:
    data = Recorded(closes={"SPY": [(day, 1.0) for day in days("2024-02-20", 60)]}).write(tmp_path)
    known = hosts()
    fetch(known, data, "04-20", "SPY", "SOL_USD")
    settings = write_config(tmp_path, CONFIG.replace(ALONE, COIN))
    ledger = tmp_path / "ledger.db"
    run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)

    def last_before(closes: Rows, day: str) -> float:
        return max((known, close) for known, close in closes.items() if known < day)[1]

    def worth(day: str) -> float:
        spy, sol = (last_before(c, day) for c in (known.shares["SPY"], known.coins["SOL-USD"]))
        spy_start, sol_start = (
            last_before(c, "2024-03-01") for c in (known.shares["SPY"], known.coins["SOL-USD"])
        )
        return 60_000 * spy / spy_start + 40_000 * sol / sol_start

    seen = equity_of(ledger)
    assert len(seen) == 12
    for each in seen:
        assert each.portfolio_usd_est == pytest.approx(worth(f"{each.at:%Y-%m-%d}"), rel=1e-9)
    assert worth("2024-03-12") > 100_400


def test_what_was_fetched_later_changes_no_decision_before(tmp_path: Path) -> None:
    """Later days are there, and a dividend since has halved all adjusted closes before it."""
    seen = []
    for number, day in enumerate(("03-12", "04-20")):
        known = hosts(f"2024-{day}")
        closes = known.shares["SPY"]
        known.adjusted["SPY"] = {
            each: close / 2 if number and each < "2024-04-01" else close
            for each, close in closes.items()
        }
        data = Recorded().write(tmp_path / f"data-{number}")
        fetch(known, data, day, "SPY", "SOL_USD")
        settings = write_config(tmp_path / "own", CONFIG.replace(ALONE, COIN))
        ledger = tmp_path / f"{number}.db"
        run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)
        seen.append((traces(ledger), [tuple(row) for row in read_rows(ledger, MONEY)]))
    assert seen[0] == seen[1]
    assert len(seen[0][0]) >= 12
    assert {row[1] for row in seen[0][1]} >= {"fill"}


def test_own_price_files_fill_in_for_what_was_not_fetched(tmp_path: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    fetch(hosts(), data, "04-20", "SPY")
    own = tmp_path / "prices"
    own.mkdir()
    for symbol, price in (("FUND", 10), ("SPY", 1)):  # SPY is fetched: this one is not looked at
        lines = [f"{day},{price + number}" for number, day in enumerate(days("2024-02-25", 30))]
        (own / f"{symbol}.csv").write_text("\n".join(["as_of,price", *lines, ""]))
    text = CONFIG.replace(ALONE, FUND).replace(
        "portfolio: {", "portfolio: {prices: {folder: prices}, "
    )
    ledger = tmp_path / "ledger.db"
    run(data, write_config(tmp_path, text), since=SINCE, until=UNTIL, ledger=ledger)
    first, second = equity_of(ledger)[:2]
    # FUND rose from 14 to 15, SPY by a tenth of its 504.3
    assert first.portfolio_usd_est == pytest.approx(100_000)
    assert second.portfolio_usd_est == pytest.approx(
        40_000 * 15 / 14 + 60_000 * 504.4 / 504.3, rel=1e-6
    )

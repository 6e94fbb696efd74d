"""A backtest from files to ledger: what it trades, when it settles, what it leaves behind."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from bot.app.backtest import Run
from bot.errors import ConfigError
from bot.history.fees import FeeRegime
from bot.model.equity import Equity
from bot.model.units import ZERO_USD
from tests.history.worlds import (
    CONFIG,
    STRATEGY,
    Recorded,
    at,
    days,
    make_row,
    read_ledger,
    run,
    write_config,
)
from tests.replay.rows import read_decisions

SINCE, UNTIL = at("02-28"), at("03-25")


def equity_of(path: Path) -> dict[str, Equity]:
    reader = read_ledger(path)
    found = {f"{each.at:%m-%d}": each for each in reader.equity()}
    reader.close()
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "backtest.db"


def test_hedge_is_opened_when_listed_and_paid_when_resolved(tmp_path: Path, ledger: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    settings = write_config(tmp_path)
    found = run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)
    reader = read_ledger(ledger)
    fills = reader.fills()
    assert fills[0].at == at("03-01") + timedelta(milliseconds=250)
    assert {fill.price for fill in fills} <= {Decimal("0.21"), Decimal("0.22"), Decimal("0.23")}
    assert found.summary.lifecycle["settled"] == 1
    (settled,) = [row for row in reader.recent_lifecycle(100) if row.kind == "settled"]
    assert settled.at == at("03-20T15:00")
    paid = sum(fill.size for fill in fills)
    assert found.summary.cash_after_usd == 4000 - sum(-f.cash_usd for f in fills) + paid
    assert found.summary.gap_usd == 0
    assert found.summary.left == ()


def test_each_day_has_its_worth_and_its_cover(tmp_path: Path, ledger: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    equity = equity_of(ledger)
    assert len(equity) == 27
    assert equity["03-01"].at == at("03-01")
    assert equity["03-01"].cost_usd == 0  # before that day's orders
    second = equity["03-02"]
    assert second.portfolio_usd_est == pytest.approx(100_000)
    assert second.deposited_usd == 4000
    reader = read_ledger(ledger)
    covers = dict(reader.covers())
    bought = covers["2024-03-02"].payout_usd_est
    assert bought > 0
    assert covers["2024-03-02"].exposure_usd_est == pytest.approx(5000)
    assert second.at_bid_usd_est == pytest.approx(bought * 0.19)
    assert second.at_mid_usd_est == pytest.approx(bought * 0.20)
    assert second.cash_usd == 4000 - second.cost_usd
    assert equity["03-21"].at_bid_usd_est == 0.0


def test_mark_is_not_carried_over_a_gap_longer_than_its_age(tmp_path: Path, ledger: Path) -> None:
    bars = [(1, day, 0.2) for day in (*days("2024-03-01", 2), "2024-03-12")]
    data = Recorded(bars=bars).write(tmp_path / "data")
    run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    equity = equity_of(ledger)
    assert equity["03-06"].at_bid_usd_est is not None  # four days old, as max_price_age allows
    assert equity["03-07"].at_bid_usd_est is None
    assert equity["03-07"].at_mid_usd_est is None
    assert equity["03-12"].at_bid_usd_est is not None


def test_nothing_is_bought_on_a_bar_of_another_day(tmp_path: Path, ledger: Path) -> None:
    bars = [(1, day, 0.2) for day in ("2024-03-01", "2024-03-08")]
    data = Recorded(bars=bars).write(tmp_path / "data")
    found = run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    reader = read_ledger(ledger)
    assert {f"{fill.at:%m-%d}" for fill in reader.fills()} == {"03-01", "03-08"}
    assert found.summary.frozen["STALE_BOOK"] > 0


def test_portfolio_without_a_recent_price_is_not_known(tmp_path: Path, ledger: Path) -> None:
    closes = {"SPY": [("2024-02-27", 500.0), ("2024-03-11", 505.0)]}
    data = Recorded(closes=closes).write(tmp_path / "data")
    run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    equity = equity_of(ledger)
    assert equity["03-02"].portfolio_usd_est == pytest.approx(100_000)
    assert equity["03-05"].portfolio_usd_est is None
    assert equity["03-12"].portfolio_usd_est == pytest.approx(101_000)


def test_half_payout_is_paid_as_recorded(tmp_path: Path, ledger: Path) -> None:
    data = Recorded(rows=[make_row(payout0="0.5")]).write(tmp_path / "data")
    found = run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    reader = read_ledger(ledger)
    shares = sum((fill.size for fill in reader.fills()), Decimal(0))
    spent = sum((-fill.cash_usd for fill in reader.fills()), Decimal(0))
    assert found.summary.cash_after_usd == 4000 - spent + shares / 2


def test_market_without_resolution_is_left_open_and_named(tmp_path: Path, ledger: Path) -> None:
    data = Recorded(rows=[make_row(payout0="", resolved_at="")]).write(tmp_path / "data")
    found = run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    assert len(found.summary.left) == 1
    assert found.run.faults[0] == "1 markets have no recorded resolution and stay open"


def test_fee_of_the_day_is_paid(tmp_path: Path) -> None:
    data = Recorded(rows=[make_row(topic="fed")]).write(tmp_path / "data")
    settings = write_config(tmp_path)
    fees = {
        regime: run(
            data,
            settings,
            since=SINCE,
            until=UNTIL,
            ledger=tmp_path / f"{regime}.db",
            fees=regime,
        ).summary.fees_usd
        for regime in FeeRegime
    }
    assert fees[FeeRegime.DATED] == fees[FeeRegime.NONE] == ZERO_USD
    assert fees[FeeRegime.TODAY] > 0


def test_ledger_says_what_it_was_made_of(tmp_path: Path, ledger: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    found = run(data, write_config(tmp_path), since=SINCE, until=UNTIL, ledger=ledger)
    reader = read_ledger(ledger)
    body = reader.last_run()
    assert body is not None
    assert msgspec.json.decode(body, type=Run) == found.run
    assert reader.mode == "replay"
    assert found.run.venue.is_tradable


def test_same_files_give_the_same_ledger(tmp_path: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    settings = write_config(tmp_path)
    decisions = []
    for name in ("one.db", "two.db"):
        run(data, settings, since=SINCE, until=UNTIL, ledger=tmp_path / name)
        decisions.append([each.decision_bytes for each in read_decisions(tmp_path / name)])
    assert decisions[0] == decisions[1]
    assert len(decisions[0]) > 20


def test_resting_order_ends_between_two_bars(tmp_path: Path, ledger: Path) -> None:
    rests = STRATEGY + "execution: {style: rest_then_take, rest_for: 6h}\n"
    data = Recorded().write(tmp_path / "data")
    settings = write_config(tmp_path, strategies=[("it-happens", rests)])
    run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)
    reader = read_ledger(ledger)
    assert reader.orders()
    assert not reader.orders_without_end()


def test_quote_that_may_be_a_day_old_is_looked_at_within_the_day(
    tmp_path: Path, ledger: Path
) -> None:
    often = STRATEGY.replace("every: day", "every: day, at: '12:00', timezone: UTC")
    data = Recorded().write(tmp_path / "data")
    settings = write_config(tmp_path, CONFIG + "max_quote_age: 24h\n", [("it-happens", often)])
    run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)
    assert 12 in {recorded.decision.at.hour for recorded in read_decisions(ledger)}
    # The depth of a bar is there once, however often its book is looked at.
    assert {fill.at.hour for fill in read_ledger(ledger).fills()} == {0}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (CONFIG.replace("SPY", "XYZ"), "XYZ has no recorded price"),
        (
            CONFIG.replace("asset_class: equity", "currency: EUR"),
            "holdings in EUR cannot be tested: no exchange rate is recorded",
        ),
    ],
)
def test_portfolio_that_cannot_be_tested_is_named(
    tmp_path: Path, ledger: Path, config: str, message: str
) -> None:
    data = Recorded().write(tmp_path / "data")
    if "EUR" in config:
        config = (
            config.replace("paper:", "#")
            .replace("equity", "equity")
            .replace("portfolio: {", "portfolio: {prices: {stated: {EURUSD: 1.1}, as_of: always}, ")
        )
    settings = write_config(tmp_path, config)
    with pytest.raises(ConfigError, match=re.escape(message)):
        run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)


def test_file_of_holdings_is_read(tmp_path: Path, ledger: Path) -> None:
    (tmp_path / "holdings.csv").write_text("symbol,value,asset_class\nSPY,50000,equity\n")
    config = CONFIG.replace(
        "{holdings: [{symbol: SPY, value: 100000, asset_class: equity}]}", "{file: holdings.csv}"
    )
    data = Recorded().write(tmp_path / "data")
    run(data, write_config(tmp_path, config), since=SINCE, until=UNTIL, ledger=ledger)
    assert equity_of(ledger)["03-02"].portfolio_usd_est == pytest.approx(50_000)


def test_backtest_into_a_ledger_of_paper_is_refused(tmp_path: Path) -> None:
    from bot.errors import LedgerError
    from bot.ledger import Ledger

    path = tmp_path / "paper.db"
    Ledger.open(path, mode="paper").close()
    data = Recorded().write(tmp_path / "data")
    settings = replace(write_config(tmp_path), ledger=path)
    with pytest.raises(LedgerError, match="was made in mode paper"):
        run(data, settings, since=SINCE, until=UNTIL, ledger=path)


def test_years_without_usable_prices_say_so(tmp_path: Path, ledger: Path) -> None:
    closes = {"SPY": [(day, 300.0) for day in days("2020-01-02", 60)]}
    early = [(1, day, 0.5) for day in days("2023-12-01", 40)]
    row = make_row(first_bar="2023-12-01")
    data = Recorded(rows=[row], bars=early, closes=closes).write(tmp_path / "data")
    since, until = at("01-03").replace(year=2020), at("02-20").replace(year=2020)
    found = run(data, write_config(tmp_path), since=since, until=until, ledger=ledger)
    assert found.run.holes == ("2020-01-03 to 2020-02-20: no usable event prices here",)
    assert found.summary.orders == 0
    assert len(equity_of(ledger)) == 49


def test_hole_at_the_start_is_named_and_no_price_in_it_is_used(
    tmp_path: Path, ledger: Path
) -> None:
    closes = {"SPY": [(day, 300.0) for day in days("2023-12-01", 60)]}
    bars = [(1, day, 0.2) for day in days("2023-12-01", 40)]
    row = make_row(first_bar="2023-12-01")
    data = Recorded(rows=[row], bars=bars, closes=closes).write(tmp_path / "data")
    since = at("12-20").replace(year=2023)
    found = run(data, write_config(tmp_path), since=since, until=at("01-05"), ledger=ledger)
    assert found.run.holes == ("2023-12-20 to 2023-12-31: no usable event prices here",)
    assert min(fill.at for fill in read_ledger(ledger).fills()) >= at("01-01")


OWN = "portfolio: {{holdings: [{{symbol: SPY, quantity: 200, asset_class: equity}}], prices: {}}}"
STATED = "portfolio: {holdings: [{symbol: SPY, value: 100000, asset_class: equity}]}"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_own_price_files_serve_where_no_closes_are_recorded(
    tmp_path: Path, ledger: Path, kind: str
) -> None:
    data = Recorded().write(tmp_path / "data")
    (data / "prices" / "etf_index_crypto_ohlcv.parquet").unlink()
    rows = [f"SPY,500,{day}" for day in days("2024-02-20", 20)]
    rows += [f"SPY,550,{day}T21:00:00Z" for day in days("2024-03-11", 12)]
    text = "\n".join(["symbol,price,as_of", *rows]) + "\n"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "SPY.csv").write_text(text)
    named = "{file: own/SPY.csv}" if kind == "file" else "{folder: own}"
    settings = write_config(tmp_path, CONFIG.replace(STATED, OWN.format(named)))
    run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)
    equity = equity_of(ledger)
    # A row of a day is its close: at midnight the one of the day before is the last that is known.
    assert equity["02-28"].portfolio_as_of == at("02-27T21:00")
    assert equity["03-12"].portfolio_usd_est == pytest.approx(110_000)
    assert equity["03-12"].portfolio_as_of == at("03-11T21:00")


def test_own_price_file_that_is_not_there_is_named(tmp_path: Path, ledger: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    (data / "prices" / "etf_index_crypto_ohlcv.parquet").unlink()
    settings = write_config(tmp_path, CONFIG.replace(STATED, OWN.format("{file: none.csv}")))
    with pytest.raises(ConfigError, match=r"none\.csv: cannot be read"):
        run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)


def test_own_folder_without_the_symbol_is_named(tmp_path: Path, ledger: Path) -> None:
    data = Recorded().write(tmp_path / "data")
    (data / "prices" / "etf_index_crypto_ohlcv.parquet").unlink()
    settings = write_config(tmp_path, CONFIG.replace(STATED, OWN.format("{folder: nowhere}")))
    with pytest.raises(ConfigError, match="SPY has no recorded price"):
        run(data, settings, since=SINCE, until=UNTIL, ledger=ledger)

"""What holding a hedge costs and brings beside its price: interest, rewards, a venue's own fees."""

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.backtest import Backtest
from bot.errors import BadData, ConfigError
from bot.history.carry import Rates, read_rates
from bot.history.open import PRICES, VenueName
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

RATES = "fred_macro_2005_2026-03.csv.gz"


def write_rates(data: Path, *rows: str) -> None:
    text = "\n".join(["series_id,date,value", "CPI,2024-01-01,300", *rows]) + "\n"
    (data / PRICES / RATES).write_bytes(gzip.compress(text.encode()))


def run_with(tmp_path: Path, recorded: Recorded, *, rates: tuple[str, ...] = ()) -> Backtest:
    data = recorded.write(tmp_path / "data")
    if rates:
        write_rates(data, *rates)
    since, until = at("02-28"), at("03-25")
    settings = write_config(tmp_path)
    return run(data, settings, since=since, until=until, ledger=tmp_path / "l.db")


def test_money_in_hedges_does_without_the_interest_of_last_month(tmp_path: Path) -> None:
    rates = ("FEDFUNDS,2024-01-01,5.0", "FEDFUNDS,2024-02-01,7.3", "FEDFUNDS,2024-03-01,99")
    found = run_with(tmp_path, Recorded(), rates=rates)
    equity = read_ledger(found.ledger).equity()
    expected = -sum(float(each.cost_usd) * 0.073 / 365 for each in equity)
    assert found.run.carry[-1].financing_usd_est == pytest.approx(expected)
    assert found.run.carry[-1].rewards_usd_est == 0
    assert found.run.carry[-1].venue_usd_est == 0
    assert [each.day for each in found.run.carry] == [f"{each.at:%Y-%m-%d}" for each in equity]


def test_missing_rates_are_named_not_assumed(tmp_path: Path) -> None:
    found = run_with(tmp_path, Recorded())
    assert found.run.carry[-1].financing_usd_est == 0
    assert "no interest rate is recorded" in found.run.faults[-1]


def test_rate_is_known_when_its_month_is_over() -> None:
    rates = Rates(known_at=[datetime(2025, 1, 1, tzinfo=UTC)], rates=[0.05])
    assert rates.at(datetime(2024, 12, 31, tzinfo=UTC)) == 0
    assert rates.at(datetime(2025, 1, 1, tzinfo=UTC)) == 0.05


def test_december_is_followed_by_january(tmp_path: Path) -> None:
    (tmp_path / PRICES).mkdir()
    write_rates(tmp_path, "FEDFUNDS,2024-12-01,5.0")
    rates = read_rates(tmp_path / PRICES)
    assert rates is not None
    assert rates.at(datetime(2025, 1, 1, tzinfo=UTC)) == 0.05


def test_rate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / PRICES).mkdir()
    write_rates(tmp_path, "FEDFUNDS,2024-12-01,.")
    with pytest.raises(BadData, match="a row of FEDFUNDS cannot be read"):
        read_rates(tmp_path / PRICES)


@pytest.mark.parametrize("adverse", ["Yes", "No"])
def test_holding_what_is_rewarded_brings_four_percent_of_the_mid(
    tmp_path: Path, adverse: str
) -> None:
    row = make_row(
        question="Russia x Ukraine ceasefire before 2027?",
        sched_end="2026-12-31",
        first_bar="2025-07-20",
        resolved_at="2026-12-31T00:00:00Z",
    )
    price = 0.2 if adverse == "Yes" else 0.8
    bars = [(1, day, price) for day in days("2025-07-20", 40)]
    closes = {"SPY": [(day, 500.0) for day in days("2025-07-01", 60)]}
    data = Recorded(rows=[row], bars=bars, closes=closes).write(tmp_path / "data")
    once = STRATEGY.replace('"Yes"', f'"{adverse}"').replace("[{review: {every: day}}]", "[]")
    settings = write_config(
        tmp_path, strategies=[("it-happens", once.replace("horizon: 365d", "horizon: 900d"))]
    )
    since, until = datetime(2025, 7, 20, tzinfo=UTC), datetime(2025, 8, 11, tzinfo=UTC)
    found = run(data, settings, since=since, until=until, ledger=tmp_path / "l.db")
    reader = read_ledger(found.ledger)
    covers = [cover.payout_usd_est for day, cover in reader.covers() if day >= "2025-08-01"]
    assert min(covers) > 0
    expected = sum(covers) * 0.2 * 0.04 / 365
    assert found.run.carry[-1].rewards_usd_est == pytest.approx(expected, rel=0.01)


# --- PredictIt


def write_predictit(folder: Path, rows: Sequence[tuple[str, str | None, str, float]]) -> Path:
    """Write bars of market, contract, day and close, and closes of SPY."""
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    data = Recorded(closes={"SPY": [(day, 200.0) for day in days("2016-09-01", 90)]}).write(folder)
    symbols, contracts, dates, closes = zip(*rows, strict=True)
    table = pa.table(
        {
            "market_symbol": symbols,
            "contract": pa.array(contracts, pa.string()),
            "market": [f"Which party will win {symbol}?" for symbol in symbols],
            "date": dates,
            "close": pa.array(closes, pa.float64()),
            "election": pa.array([2016] * len(rows), pa.int64()),
        }
    )
    (data / "predictit").mkdir()
    parquet.write_table(table, data / "predictit" / "daily_2014_2018.parquet")
    return data


def run_predictit(
    tmp_path: Path, last: float, *, config: str = CONFIG, limit: int = 850
) -> Backtest:
    bars: list[tuple[str, str | None, str, float]]
    bars = [("NVSEN16", "Republican", day, 0.4) for day in days("2016-10-01", 20)]
    bars += [("NVSEN16", "Republican", "2016-10-21", last), ("CRUZ", None, "2016-10-21", 0.5)]
    data = write_predictit(tmp_path / "data", bars)
    strategy = (
        STRATEGY.replace("will-it-happen-1", "nvsen16-republican")
        .replace("[{review: {every: day}}]", "[]")
        .replace("1500", str(limit))
    )
    settings = write_config(tmp_path, config, [("it-happens", strategy)])
    return run(
        data,
        settings,
        since=datetime(2016, 10, 1, tzinfo=UTC),
        until=datetime(2016, 11, 1, tzinfo=UTC),
        ledger=tmp_path / "l.db",
        venue=VenueName.PREDICTIT,
    )


@pytest.mark.parametrize(
    ("last", "payout"), [(0.97, 1.0), (0.95, 1.0), (0.5, 0.5), (0.05, 0.0), (0.01, 0.0)]
)
def test_payout_is_inferred_from_the_last_close(tmp_path: Path, last: float, payout: float) -> None:
    found = run_predictit(tmp_path, last)
    reader = read_ledger(found.ledger)
    bought = [fill for fill in reader.fills() if fill.side.value == "buy"]
    shares = float(sum(fill.size for fill in bought))
    cost = float(sum(fill.size * fill.price for fill in bought))
    charged = float(sum(fill.fee_usd for fill in bought))
    assert found.summary.settled == 1
    cash = float(found.summary.cash_after_usd)
    assert cash == pytest.approx(4000 - cost - charged + shares * payout)
    # 10% of the profit and 5% of what is withdrawn, in the place of what the fills were charged.
    fees = 0.1 * max(shares * payout - cost, 0) + 0.05 * shares * payout
    assert found.run.carry[-1].venue_usd_est == pytest.approx(charged - fees, abs=1e-4)
    assert charged > 0


def test_other_venue_is_marked_and_its_inference_named(tmp_path: Path) -> None:
    found = run_predictit(tmp_path, 0.99)
    assert not found.run.venue.is_tradable
    assert "inferred" in found.run.venue.assumed
    assert found.run.since == datetime(2016, 10, 1, 5, tzinfo=UTC)
    assert read_ledger(found.ledger).mode == "replay"


def test_close_of_a_day_is_known_when_new_york_has_ended_it(tmp_path: Path) -> None:
    found = run_predictit(tmp_path, 0.99)
    first = read_ledger(found.ledger).fills()[0]
    assert first.at.replace(microsecond=0) == datetime(2016, 10, 2, 5, tzinfo=UTC)


def test_stake_above_what_the_venue_allowed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is 851, but PredictIt allowed 850 USD a contract"):
        run_predictit(tmp_path, 0.99, limit=851)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("NVSEN16", "Republican", "2016-10-03", float("nan")), "close is not a number"),
        (("NVSEN16", "Republican", None, 0.5), "no market_symbol or no date"),
        (("NVSEN16", "Republican", "2016-10-02", 0.6), "has two prices on 2016-10-03: 0.4 and 0.6"),
        (("NVSEN16", "Republican", "2016-10-04", 1.5), "has a price of 1.5 on 2016-10-05"),
    ],
)
def test_bar_of_predictit_that_cannot_be_right_is_refused(
    tmp_path: Path, row: tuple[str, str, str, float], message: str
) -> None:
    from bot.history.fees import FeeRegime
    from bot.history.open import open_archive

    data = write_predictit(tmp_path, [("NVSEN16", "Republican", "2016-10-02", 0.4), row])
    with pytest.raises(BadData, match=message):
        open_archive(data, VenueName.PREDICTIT, fees=FeeRegime.DATED)

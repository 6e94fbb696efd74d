"""Closes of a portfolio: when each is known, and what a holding is worth at the start."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import BadData, ConfigError
from bot.history.open import PRICES
from bot.history.prices import Closes, HistoryPrices, read_closes, start_holdings
from bot.model.portfolio import Holding
from tests.history.worlds import Recorded, at


def closes_of(folder: Path, symbol: str, days: Sequence[str]) -> Closes:
    rows = [(day, 100.0 + number) for number, day in enumerate(days)]
    data = Recorded(closes={symbol: rows}).write(folder)
    return read_closes(data / PRICES, [symbol.removesuffix("_USD")])[symbol.removesuffix("_USD")]


@pytest.mark.parametrize(
    ("day", "known_at"),
    [
        ("2024-03-08", "2024-03-08T21:00"),  # the last day of winter time in New York
        ("2024-03-11", "2024-03-11T20:00"),
        ("2024-11-01", "2024-11-01T20:00"),
        ("2024-11-04", "2024-11-04T21:00"),
    ],
)
def test_close_is_known_when_new_york_closes_summer_and_winter(
    tmp_path: Path, day: str, known_at: str
) -> None:
    closes = closes_of(tmp_path, "SPY", [day])
    instant = datetime.fromisoformat(known_at).replace(tzinfo=UTC)
    assert closes.known_at == (instant,)
    assert closes.at(instant.replace(hour=instant.hour - 1)) is None


def test_close_of_what_trades_around_the_clock_is_known_at_midnight(tmp_path: Path) -> None:
    closes = closes_of(tmp_path, "BTC_USD", ["2024-03-08", "2024-03-09"])
    assert closes.known_at == (at("03-09"), at("03-10"))
    assert closes.at(at("03-09T23:59")) == (at("03-09"), 100.0)


def test_close_of_the_day_is_not_in_a_decision_at_its_midnight(tmp_path: Path) -> None:
    prices = HistoryPrices(closes={"SPY": closes_of(tmp_path, "SPY", ["2024-03-07", "2024-03-08"])})
    answer = asyncio.run(prices.read(["SPY", "QQQ"], at("03-08")))
    assert {name: found.number for name, found in answer.readings.items()} == {"SPY": 100.0}
    assert asyncio.run(prices.read(["SPY"], at("03-07"))).readings == {}
    asyncio.run(prices.close())


def held(symbol: str, *, stated: str | None = None, quantity: str | None = None) -> Holding:
    return Holding(
        symbol=symbol,
        stated=Decimal(stated) if stated else None,
        quantity=Decimal(quantity) if quantity else None,
        source=f"config.yaml: {symbol}",
    )


def test_worth_at_the_start_is_what_the_person_states(tmp_path: Path) -> None:
    closes = {"SPY": closes_of(tmp_path, "SPY", ["2024-03-01", "2024-03-04"])}
    holdings = (held("SPY", stated="5000"), held("SPY", quantity="3"), held("CASH", stated="70"))
    found = start_holdings(holdings, closes, at=at("03-02"))
    assert [holding.quantity for holding in found] == [Decimal(50), Decimal(3), None]
    assert found[2].stated == Decimal(70)


def test_holdings_without_a_price_at_the_start_are_all_named(tmp_path: Path) -> None:
    closes = {"SPY": closes_of(tmp_path, "SPY", ["2024-03-01"])}
    holdings = (held("SPY", stated="1"), held("XYZ", stated="1"))
    message = (
        "config.yaml: SPY: SPY has prices from 2024-03-01 on and the backtest begins 2024-02-01."
        " Begin later, or remove it\nconfig.yaml: XYZ: XYZ has no recorded price."
    )
    with pytest.raises(ConfigError, match=re.escape(message)):
        start_holdings(holdings, closes, at=at("02-01"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("2024-03-01", 0.0)], "SPY has a close of 0.0 on 2024-03-01; it must be above 0"),
        ([("2024-03-01", float("nan"))], "SPY has a close of nan on 2024-03-01"),
        ([("2024-03-01", 1.0), ("2024-03-01", 2.0)], "SPY has two closes on 2024-03-01"),
    ],
)
def test_close_that_cannot_be_right_is_refused(
    tmp_path: Path, rows: list[tuple[str, float]], message: str
) -> None:
    data = Recorded(closes={"SPY": rows}).write(tmp_path)
    with pytest.raises(BadData, match=message):
        read_closes(data / PRICES, ["SPY"])


def test_symbol_that_no_file_has_is_left_out(tmp_path: Path) -> None:
    data = Recorded().write(tmp_path)
    assert set(read_closes(data / PRICES, ["SPY", "XYZ"])) == {"SPY"}


def test_folder_without_prices_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no recorded prices of a portfolio"):
        read_closes(tmp_path, ["SPY"])

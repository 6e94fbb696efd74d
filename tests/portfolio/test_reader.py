"""The portfolio in USD: last figures stay with their age, what is unknown is named."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.model.portfolio import Holding, Portfolio, PortfolioSource, Reading, StatedPrices, Tags
from bot.portfolio import PortfolioReader, open_portfolio
from bot.portfolio.series import SeriesReader
from bot.portfolio.sources import Answer
from bot.rules.readings.sentiment import Sentiment
from tests.fakes import START

HOUR = timedelta(hours=1)


class Log:
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, event: str, *, source: str, error: str = "") -> None:
        self.lines.append((event, source))


class FakePrices:
    """Prices that a test sets."""

    def __init__(self, **numbers: float) -> None:
        self.numbers = numbers
        self.as_of = START
        self.failure = ""
        self.asked: list[str] = []
        self.closed = False

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        self.asked = list(symbols)
        if self.failure:
            return Answer(readings={}, failures={"prices.csv": self.failure})
        return Answer(
            readings={
                name: Reading(name=name, number=number, as_of=self.as_of)
                for name, number in self.numbers.items()
            }
        )

    async def close(self) -> None:
        self.closed = True


def make_reader(
    *holdings: Holding,
    prices: FakePrices | None = None,
    readings: tuple[str, ...] = (),
    file: Path | None = None,
    log: Log | None = None,
) -> PortfolioReader:
    return PortfolioReader(
        holdings=holdings,
        file=file,
        prices=prices or FakePrices(QQQ=500.0, TLT=90.0, EURUSD=1.1, VIX=21.5),
        readings=readings,
        computed=(),
        series=SeriesReader(folder=Path()),
        report=log or Log(),
    )


def own(symbol: str, quantity: str, **more: str) -> Holding:
    return Holding(symbol=symbol, quantity=Decimal(quantity), **more)  # type: ignore[arg-type]


def usd_of(portfolio: Portfolio) -> list[float]:
    return [holding.usd_est for holding in portfolio.holdings]


async def test_a_holding_is_worth_quantity_times_price() -> None:
    tags = Tags(sector="technology")
    holding = Holding(symbol="QQQ", quantity=Decimal(2), tags=tags, source="config.yaml:7")
    portfolio = await make_reader(holding).read(START + HOUR)
    (priced,) = portfolio.holdings
    assert priced.usd_est == 1000.0
    assert (priced.tags, priced.source, priced.as_of) == (tags, "config.yaml:7", START)
    assert portfolio.as_of == START


async def test_a_short_is_worth_less_than_nothing() -> None:
    portfolio = await make_reader(own("QQQ", "2"), own("TLT", "-10")).read(START)
    assert usd_of(portfolio) == [1000.0, -900.0]
    assert portfolio.usd_est == 100.0


async def test_another_currency_goes_through_its_rate() -> None:
    prices = FakePrices(QQQ=500.0, EURUSD=1.1)
    stated = Holding(symbol="flat", stated=Decimal(200000), currency="EUR")
    portfolio = await make_reader(own("QQQ", "2", currency="EUR"), stated, prices=prices).read(
        START + HOUR
    )
    assert usd_of(portfolio) == pytest.approx([1100.0, 220000.0])
    assert prices.asked == ["EURUSD", "QQQ"]
    assert {holding.as_of for holding in portfolio.holdings} == {START}


async def test_a_stated_worth_never_goes_stale() -> None:
    portfolio = await make_reader(Holding(symbol="flat", stated=Decimal(5))).read(START + HOUR)
    assert usd_of(portfolio) == [5.0]
    assert portfolio.as_of == START + HOUR


async def test_what_has_no_price_or_no_rate_is_named_once() -> None:
    reader = make_reader(
        own("ABC", "1"), own("ABC", "2"), own("QQQ", "1", currency="CHF"), own("TLT", "1")
    )
    portfolio = await reader.read(START)
    assert portfolio.unpriced == ("ABC", "QQQ")
    assert usd_of(portfolio) == [90.0]


async def test_wanted_readings_come_along_and_missing_ones_do_not() -> None:
    log = Log()
    reader = make_reader(own("QQQ", "1"), readings=("VIX", "MOVE"), log=log)
    portfolio = await reader.read(START)
    assert portfolio.readings == {"VIX": Reading(name="VIX", number=21.5, as_of=START)}
    assert log.lines == [("source.failed", "MOVE")]


async def test_a_failing_source_leaves_its_last_figures_with_their_age() -> None:
    prices = FakePrices(QQQ=500.0)
    reader = make_reader(own("QQQ", "1"), prices=prices)
    before = await reader.read(START)
    prices.failure = "no answer"
    after = await reader.read(START + 9 * HOUR)
    assert after == before
    assert after.as_of == START


async def test_a_source_that_never_answered_leaves_its_holdings_unpriced() -> None:
    prices = FakePrices()
    prices.failure = "no answer"
    portfolio = await make_reader(own("QQQ", "1"), prices=prices).read(START)
    assert (portfolio.holdings, portfolio.unpriced) == ((), ("QQQ",))


async def test_the_first_failure_and_the_recovery_are_reported() -> None:
    prices, log = FakePrices(QQQ=500.0), Log()
    reader = make_reader(own("QQQ", "1"), prices=prices, log=log)
    for failure in ("", "no answer", "no answer", "status 500", "", ""):
        prices.failure = failure
        await reader.read(START)
    assert log.lines == [("source.failed", "prices.csv"), ("source.recovered", "prices.csv")]


async def test_closing_closes_the_source() -> None:
    prices = FakePrices()
    await make_reader(own("QQQ", "1"), prices=prices).close()
    assert prices.closed


# --- the file of holdings -----------------------------------------------------------------------


async def test_a_changed_file_counts_at_the_next_read(tmp_path: Path) -> None:
    file = tmp_path / "holdings.csv"
    file.write_text("symbol,quantity,Note\nQQQ,1,x\n")
    reader = make_reader(file=file)
    assert usd_of(await reader.read(START)) == [500.0]
    assert reader.ignored_columns == ("Note",)
    file.write_text("symbol,quantity\nQQQ,1\nTLT,100\n")
    assert usd_of(await reader.read(START)) == [500.0, 9000.0]


async def test_a_broken_or_missing_file_keeps_the_last_good_one(tmp_path: Path) -> None:
    file, log = tmp_path / "holdings.csv", Log()
    file.write_text("symbol,quantity\nQQQ,1\n")
    reader = make_reader(file=file, log=log)
    file.write_text("symbol,quantity\nQQQ,one\n")
    assert usd_of(await reader.read(START)) == [500.0]
    file.unlink()
    assert usd_of(await reader.read(START)) == [500.0]
    assert log.lines == [("source.failed", str(file))]
    file.write_text("symbol,quantity\nQQQ,3\n")
    assert usd_of(await reader.read(START)) == [1500.0]
    assert log.lines[1:] == [("source.recovered", str(file))]


def test_a_bad_file_at_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        make_reader(file=tmp_path / "holdings.csv")


async def test_a_portfolio_without_prices_is_what_it_states() -> None:
    source = PortfolioSource(holdings=(Holding(symbol="flat", stated=Decimal(5)),))
    reader = open_portfolio(source, report=Log())
    assert usd_of(await reader.read(START)) == [5.0]
    await reader.close()


async def test_stated_prices_are_as_old_as_they_say() -> None:
    for as_of, expected in ((START - HOUR, START - HOUR), (None, START)):
        source = PortfolioSource(
            holdings=(own("QQQ", "2"),),
            prices=StatedPrices(prices={"QQQ": Decimal("512.30")}, as_of=as_of),
        )
        reader = open_portfolio(source, report=Log())
        portfolio = await reader.read(START)
        assert usd_of(portfolio) == [pytest.approx(1024.6)]
        assert portfolio.as_of == expected
        await reader.close()


async def test_computed_readings_stand_beside_those_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text(
        "as_of,score\n"
        + "".join(
            f"{(START - timedelta(days=back)):%Y-%m-%dT%H:%M:%SZ},{0.1 if back % 2 else 0.3}\n"
            for back in range(70, -1, -1)
        ),
        encoding="utf-8",
    )
    log = Log()
    series = SeriesReader(folder=tmp_path)
    reader = PortfolioReader(
        holdings=(own("QQQ", "1"),),
        file=None,
        prices=FakePrices(QQQ=500.0, VIX=21.5),
        readings=("VIX",),
        computed=(("news", Sentiment(file="news.csv")), ("gone", Sentiment(file="x.csv"))),
        series=series,
        report=log,
    )
    portfolio = await reader.read(START)
    assert sorted(portfolio.readings) == ["VIX", "news"]
    assert list(reader.failing) == ["portfolio.computed.gone"]
    rows = await reader.series(START)("news.csv", column="score", symbol="", lag=timedelta(0))
    assert len(rows) == 71

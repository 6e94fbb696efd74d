"""``config.yaml`` and the environment -> ``Settings``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.build import make_terms
from bot.config import (
    Budget,
    LogFormat,
    MarketDataName,
    Mode,
    RecordedSource,
    Settings,
    load_settings,
)
from bot.errors import ConfigError
from bot.model.portfolio import (
    Holding,
    PriceColumns,
    PriceFile,
    PriceFolder,
    PriceFormat,
    PriceUrl,
    StatedPrices,
    Tags,
)
from bot.model.view import Correlations
from tests.core.builders import make_portfolio

REPO = Path(__file__).resolve().parents[2]
LEAST = "portfolio:\n  holdings:\n    - {symbol: HOUSE, value: 12000}\n"
HERE = Path("config.yaml")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, **environment: str) -> Settings:
    HERE.write_text(text, encoding="utf-8")
    return load_settings(HERE, environment)


def said_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return str(caught.value).splitlines()


def portfolio(*lines: str) -> str:
    return "portfolio:\n" + "".join(f"  {line}\n" for line in lines)


def test_least_config_has_safe_defaults() -> None:
    settings = load(LEAST)
    assert (settings.mode, settings.market_data) == (Mode.PAPER, MarketDataName.PRACTICE)
    assert settings.risk_aversion == 4.3
    assert (settings.premium_budget, settings.max_total) == (
        Budget(share=0.015),
        Budget(share=0.03),
    )
    assert settings.max_price_age == timedelta(days=4)
    assert settings.check_every == timedelta(minutes=5)
    assert settings.keep_views == timedelta(days=90)
    assert settings.log_format is LogFormat.AUTO
    assert settings.paper.latency == timedelta(milliseconds=250)
    assert settings.polymarket.clob_url == "https://clob.polymarket.com"
    assert settings.recorded is None
    assert settings.recorded_path is None


def test_risk_aversion_may_be_said_in_words() -> None:
    half = load(LEAST + "risk_aversion: 10% of ever losing 50%\n")
    third = load(LEAST + "risk_aversion: 10% of ever losing 30%\n")

    assert half.risk_aversion == pytest.approx(4.3219, abs=5e-5)
    assert third.risk_aversion == pytest.approx(7.4557, abs=5e-5)


def test_what_moves_together_and_what_money_earns_is_read() -> None:
    settings = load(
        LEAST
        + "max_cluster: 1%\nfunding_rate: 4%\nvolatility: 20%\n"
        + "correlations: {calm: 20%, stress: 80%, same_cluster: 50%, stressed_by: vol.stress}\n"
    )
    limits = make_terms(settings).limits(make_portfolio())

    assert limits.max_cluster_usd == 1000
    assert (limits.funding_rate, limits.volatility) == (0.04, 0.2)
    assert limits.correlations == Correlations(
        calm=0.2, stress=0.8, same_cluster=0.5, stressed_by="vol.stress"
    )


def test_without_a_word_clusters_have_no_limit() -> None:
    limits = make_terms(load(LEAST)).limits(make_portfolio())

    assert limits.max_cluster_usd is None
    assert limits.correlations == Correlations()
    fixed = make_terms(load(LEAST + "max_cluster: 250usd\n")).limits(make_portfolio())
    assert fixed.max_cluster_usd == 250


def test_live_mode_has_small_bounds_and_no_dead_mans_switch_unless_set() -> None:
    settings = load(f"{LEAST}mode: live\nmarket_data: polymarket\n")
    assert settings.mode is Mode.LIVE
    assert settings.live.max_total_usd == settings.live.max_premium_per_day_usd == 100
    assert settings.live.heartbeat is False
    assert settings.keystore is None
    assert settings.halt_file == Path("HALT")
    set_ = load(
        f"{LEAST}wallet: {{address: 0x{'8b' * 20}, keystore: keys/k.json}}\n"
        "live: {heartbeat: on, halt_file: STOP}\n"
    )
    assert set_.live.heartbeat is True
    assert set_.keystore == Path("keys/k.json")
    assert set_.halt_file == Path("STOP")


def test_paths_are_relative_to_the_folder_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    path = tmp_path / "deep" / "my.yaml"
    path.write_text(
        "ledger: l/x.db\nstrategies: s\nportfolio: {file: h.csv}\n"
        "market_data: recorded\nrecorded: {source: daily, path: r}\n",
        encoding="utf-8",
    )
    settings = load_settings(path, {})
    assert settings.ledger == tmp_path / "deep/l/x.db"
    assert settings.strategies == tmp_path / "deep/s"
    assert settings.portfolio.file == tmp_path / "deep/h.csv"
    assert settings.recorded_path == tmp_path / "deep/r"


def test_environment_moves_ledger_and_strategies() -> None:
    settings = load(LEAST, POLYHEDGE_LEDGER="/data/l.db", POLYHEDGE_STRATEGIES="/strategies")
    assert (settings.ledger, settings.strategies) == (Path("/data/l.db"), Path("/strategies"))


def test_a_server_on_this_machine_may_stand_in_for_the_venue() -> None:
    text = "polymarket: {clob_url: http://127.0.0.1:8080, market_ws_url: ws://127.0.0.1:8080/ws}\n"
    assert load(LEAST + text).polymarket.market_ws_url == "ws://127.0.0.1:8080/ws"


def test_empty_environment_variable_moves_nothing() -> None:
    assert load(LEAST, POLYHEDGE_LEDGER="").ledger == Path("polyhedge.db")


def test_holdings_keep_figures_tags_and_lines() -> None:
    settings = load(
        portfolio(
            "holdings:",
            "  - {symbol: EQNR, quantity: -0.1, currency: NOK, region: NO, sector: energy,",
            "     asset_class: equity, cluster: oil, events: {fed-hike: -7%}}",
            "  - {symbol: HOUSE, value: 12000.10}",
            "prices: {stated: {EQNR: 0.1, NOKUSD: 0.09, VIX: 17}, as_of: 2026-11-20T21:00:00Z}",
            "readings: [VIX]",
        )
    )
    first, second = settings.portfolio.holdings
    assert first == Holding(
        symbol="EQNR",
        quantity=Decimal("-0.1"),
        currency="NOK",
        tags=Tags(
            sector="energy",
            region="NO",
            asset_class="equity",
            cluster="oil",
            events={"fed-hike": -0.07},
        ),
        source="config.yaml:3",
    )
    assert second == Holding(symbol="HOUSE", stated=Decimal("12000.10"), source="config.yaml:5")
    assert settings.portfolio.readings == ("VIX", "NOKUSD")
    assert settings.portfolio.prices == StatedPrices(
        prices={"EQNR": Decimal("0.1"), "NOKUSD": Decimal("0.09"), "VIX": Decimal(17)},
        as_of=datetime(2026, 11, 20, 21, tzinfo=UTC),
    )


def test_stated_prices_may_be_said_never_to_grow_old() -> None:
    settings = load(
        portfolio(
            "holdings: [{symbol: QQQ, quantity: 1}]", "prices: {stated: {QQQ: 5}, as_of: always}"
        )
    )
    assert isinstance(settings.portfolio.prices, StatedPrices)
    assert settings.portfolio.prices.as_of is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{file: p.csv}", PriceFile(path=Path("p.csv"), columns=PriceColumns())),
        (
            "{folder: p, columns: {price: Close, as_of: Date}}",
            PriceFolder(path=Path("p"), columns=PriceColumns(price="Close", as_of="Date")),
        ),
        (
            '{url: "https://x/{symbol}", format: json, columns: {price: a.b}, poll: 5m}',
            PriceUrl(
                template="https://x/{symbol}",
                answer=PriceFormat.JSON,
                columns=PriceColumns(price="a.b"),
                poll=timedelta(minutes=5),
            ),
        ),
    ],
)
def test_prices_come_from(written: str, read: object) -> None:
    text = portfolio("holdings: [{symbol: QQQ, quantity: 1}]", f"prices: {written}")
    assert load(text).portfolio.prices == read


def test_recorded_assumptions_are_settings() -> None:
    settings = load(
        LEAST + "market_data: recorded\n"
        "recorded: {source: daily, path: x, since: 2024-09-01T00:00:00Z, half_spread: 2c}\n"
    )
    assert settings.recorded is not None
    assert settings.recorded.source is RecordedSource.DAILY
    assert settings.recorded.half_spread == Decimal("0.02")
    assert settings.recorded.half_spread_below_5c == Decimal("0.005")
    assert settings.recorded.depth_per_cent_shares == 2000


def test_budgets_in_usd() -> None:
    settings = load(LEAST + "premium_budget: 1200usd\nmax_total: $2400.50\n")
    assert settings.premium_budget == Budget(usd=Decimal(1200))
    assert settings.max_total == Budget(usd=Decimal("2400.50"))


def test_example_config_is_a_portfolio_of_84200_usd() -> None:
    settings = load_settings(REPO / "config.example.yaml", {})
    assert (settings.mode, settings.market_data) == (Mode.PAPER, MarketDataName.PRACTICE)
    prices = settings.portfolio.prices
    assert isinstance(prices, StatedPrices)
    worth = [(h.quantity or 0) * prices.prices[h.symbol] for h in settings.portfolio.holdings]
    assert sum(worth) == 84_200
    assert settings.paper.cash_usd == 3000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "mode: live",
            "mode is live, but market_data is practice: real money is not staked on it."
            " Write market_data: polymarket.",
        ),
        (
            "wallet: {address: 0x12}",
            "wallet.address is '0x12'; it must be 0x and 40 hexadecimal digits.",
        ),
        ("live: {heartbeat: 5}", "live.heartbeat is '5'; it must be on or off."),
        ("mode: replay", "mode is 'replay'; it must be paper or live. Write mode: paper."),
        ("market_data: kalshi", "market_data is 'kalshi', which is not known. It can be: practice"),
        ("max_price_age: 4", "max_price_age is 4, which has no unit. Write 4s, 4m, 4h or 4d."),
        ("risk_aversion: 0.01", "risk_aversion is 0.01; it must lie from 0.1 to 100."),
        ("risk_aversion: high", "risk_aversion is 'high'; it must be a plain number, such as 1.5."),
        (
            "risk_aversion: 10% of ever losing 100%",
            "risk_aversion is 10% of ever losing 100%; both lie between 0% and 100%.",
        ),
        ("correlations: {calm: 100%}", "correlations.calm is 100%; it must be under 100%."),
        ("max_totl: 3%", "max_totl is not an option of the config. Did you mean 'max_total'?"),
        (
            "paper: {csh_usd: 5}",
            "paper.csh_usd is not an option of paper. Did you mean 'cash_usd'?",
        ),
        ("practice: {seed: x}", "practice.seed is 'x'; it must be a whole number, such as 7."),
        (
            "premium_budget: 1.5",
            "premium_budget is 1.5, which has no unit. Write 1.5% (of the portfolio) or 1.5usd.",
        ),
        ("premium_budget: -1%", "premium_budget is -1%; it must not be negative."),
        ("premium_budget: lots", "premium_budget is 'lots'; it must be USD in plain digits"),
        (
            "polymarket: {clob_url: clob.example}",
            "polymarket.clob_url is 'clob.example'; it must begin with https:// or http://.",
        ),
        (
            "polymarket: {market_ws_url: https://x}",
            "polymarket.market_ws_url is 'https://x'; it must begin with wss:// or ws://.",
        ),
        (
            "market_data: recorded",
            "market_data is recorded, but there is no recorded: {source: ..., path: ...}.",
        ),
        (
            "recorded: {source: daily, path: x, since: 2025-01-01T00:00Z,"
            " until: 2024-01-01T00:00Z}",
            "recorded.since is not before recorded.until. Swap them.",
        ),
        ("log_format: xml", "log_format is 'xml', which is not known. It can be: auto, json, con"),
    ],
)
def test_wrong_setting_is_named_with_its_remedy(line: str, said: str) -> None:
    errors = said_of(f"{LEAST}{line}\n")
    assert len(errors) == 1
    assert errors[0].startswith(f"config.yaml:4: {said}")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["readings: [VIX]"], "1: portfolio has no holdings. Write holdings: or file:"),
        (
            ["file: a.csv", "holdings: [{symbol: A, value: 1}]"],
            "1: portfolio has both holdings and file. Write holdings: or file: holdings.csv.",
        ),
        (
            ["holdings:", "  - {symbol: A}"],
            "3: portfolio.holdings of A has neither quantity nor value. Write quantity: 40",
        ),
        (
            ["holdings:", "  - {symbol: A, value: 1, quantity: 1}"],
            "3: portfolio.holdings of A has both. Write quantity: 40, or value: 12000.",
        ),
        (["holdings:", "  - {value: 1}"], "3: portfolio.holdings.symbol is missing. It says its"),
        (
            ["holdings:", "  - {symbol: A, value: 1, sectr: x}"],
            "3: portfolio.holdings.sectr is not an option of portfolio.holdings. Did you mean 's",
        ),
        (
            ["holdings:", "  - {symbol: A, value: 0}"],
            "3: portfolio.holdings.value is 0. Remove the holding.",
        ),
        (
            ["holdings:", "  - {symbol: A, value: 1, currency: euro}"],
            "3: portfolio.holdings.currency is 'euro'; it must be three capital letters",
        ),
        (
            ["holdings:", "  - {symbol: A, value: 1, events: {fed-hike: -7}}"],
            "3: portfolio.holdings.events.fed-hike is -7, which has no unit. Write -7% or -7bp.",
        ),
        (["holdings:", "  - QQQ"], "3: portfolio.holdings is 'QQQ'; it must be a group of options"),
        (
            ["holdings:", "  - {symbol: A, quantity: 1}"],
            "3: portfolio.holdings: A is given by quantity, but there is no portfolio.prices.",
        ),
        (
            ["holdings:", "  - {symbol: A, value: 1, currency: EUR}"],
            "1: portfolio.prices is missing; EURUSD must come from it.",
        ),
        (
            ["holdings: [{symbol: A, quantity: 1}]", "prices: {stated: {B: 1}, as_of: always}"],
            "3: portfolio.prices.stated has no A. Add its price.",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {stated: {B: 0}, as_of: always}"],
            "3: portfolio.prices.stated.B is 0; a price is above 0.",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {stated: {B: 1}}"],
            "3: portfolio.prices has stated without as_of. as_of says when stated prices were read",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {file: x, as_of: always}"],
            "3: portfolio.prices has as_of without stated. as_of says when stated prices were read",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {stated: {B: 1}, as_of: today}"],
            "3: portfolio.prices.as_of is 'today'. Write when the prices were read, such as 2026",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {url: 'ftp://x'}"],
            "3: portfolio.prices.url is 'ftp://x'; it must begin with https:// or http://.",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {url: 'https://x/{sym}.csv'}"],
            "3: portfolio.prices.url has {sym}; only {symbol} is replaced. Write {symbol}.",
        ),
        (
            ["holdings: [{symbol: A, value: 1000000000000001}]"],
            "2: portfolio.holdings.value is 1000000000000001; it must lie from -1000000000000000",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {file: x, url: https://x}"],
            "3: portfolio.prices has file and url. Write one of stated, file, folder, url.",
        ),
        (
            ["holdings: [{symbol: A, value: 1}]", "prices: {poll: 5m}"],
            "3: portfolio.prices names no source. Write one of stated, file, folder, url.",
        ),
    ],
)
def test_wrong_portfolio_is_named_with_its_remedy(lines: list[str], said: str) -> None:
    errors = said_of(portfolio(*lines))
    assert len(errors) == 1
    assert errors[0].startswith(f"config.yaml:{said}")


def test_all_errors_come_in_one_report() -> None:
    errors = said_of("mode: real\nportfolio: {holdings: [{symbol: A}]}\nmax_total: 3\nextra: 1\n")
    assert [error.split(":")[1] for error in errors] == ["1", "2", "3", "4"]


def test_doubled_key_names_both_lines() -> None:
    assert said_of(f"mode: paper\n{LEAST}mode: paper\n") == [
        "config.yaml:5: mode stands here and in line 1. Remove one of them."
    ]


def test_missing_file_says_what_to_do() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(Path("nowhere.yaml"), {})
    assert str(caught.value) == (
        "nowhere.yaml: cannot be read: No such file or directory. Name another file with --config,"
        " or let `polyhedge init` write one."
    )

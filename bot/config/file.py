"""``config.yaml`` as it is written: every option, how its text is read, what it says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.config.portfolio import PortfolioFile
from bot.config.texts import (
    Budget,
    BudgetText,
    ModeText,
    PartText,
    RiskAversion,
    SocketAddress,
    Switch,
    WalletAddress,
    WebAddress,
)
from bot.model.text import Cents, Delay, Duration, Instant, Share, UsdText, Whole, Words
from bot.model.view import Correlations

_TOGETHER = Correlations()


class Group(BaseModel):
    """Options that stand together."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MarketDataName(StrEnum):
    """Where quotes come from."""

    PRACTICE = "practice"
    POLYMARKET = "polymarket"
    RECORDED = "recorded"


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    """For people on a terminal, else JSON."""
    JSON = "json"
    CONSOLE = "console"


class RecordedSource(StrEnum):
    """Which kind of recording."""

    JOURNAL = "journal"
    """What `polyhedge record` wrote."""
    L2_BOOKS = "l2_books"
    FED_DEC2025 = "fed_dec2025"
    DAILY = "daily"


class Paper(Group):
    """The simulated venue of paper mode."""

    cash_usd: Annotated[UsdText, Field(description="play money at the first start")] = Decimal(1000)
    latency: Annotated[Delay, Field(description="from sending an order to its match")] = timedelta(
        milliseconds=250
    )
    settlement_delay: Annotated[
        Delay, Field(description="from a match to its confirmation on chain")
    ] = timedelta(seconds=5)
    settlement_failures: Annotated[
        Share, Field(description="the part of matches that fail to settle")
    ] = 0.0


class Practice(Group):
    """The built-in market simulator: no network, no money."""

    seed: Annotated[Whole, Field(description="another number, another course of events")] = 7
    pace: Annotated[Duration, Field(description="simulated time per second of real time")] = (
        timedelta(hours=6)
    )
    start: Annotated[Instant, Field(description="when its history begins")] = datetime(
        2026, 1, 5, tzinfo=UTC
    )


class Polymarket(Group):
    """Where the real venue is. For a rehearsal every one of these leads to this machine."""

    gamma_url: Annotated[WebAddress, Field(description="where markets are listed")] = (
        "https://gamma-api.polymarket.com"
    )
    clob_url: Annotated[WebAddress, Field(description="where books are read")] = (
        "https://clob.polymarket.com"
    )
    data_url: Annotated[WebAddress, Field(description="where trades are read")] = (
        "https://data-api.polymarket.com"
    )
    market_ws_url: Annotated[SocketAddress, Field(description="where books stream from")] = (
        "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    )
    user_ws_url: Annotated[SocketAddress, Field(description="where own orders stream from")] = (
        "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    )
    relayer_url: Annotated[
        WebAddress, Field(description="where transactions of a wallet contract are handed in")
    ] = "https://relayer-v2.polymarket.com"
    rpc_url: Annotated[WebAddress, Field(description="a Polygon node")] = "https://polygon.drpc.org"
    geoblock_url: Annotated[
        WebAddress, Field(description="where the venue says whether you may trade from here")
    ] = "https://polymarket.com/api/geoblock"
    request_timeout: Annotated[Duration, Field(description="how long to wait for an answer")] = (
        timedelta(seconds=10)
    )
    poll: Annotated[Duration, Field(description="how often a quiet book is confirmed")] = timedelta(
        seconds=30
    )


class History(Group):
    """Where `polyhedge data fetch` asks for daily closes of what you hold."""

    shares_url: Annotated[WebAddress, Field(description="shares and funds: Yahoo's chart")] = (
        "https://query1.finance.yahoo.com"
    )
    vix_url: Annotated[WebAddress, Field(description="the VIX: Cboe's file")] = (
        "https://cdn.cboe.com"
    )
    crypto_url: Annotated[WebAddress, Field(description="coins: candles of Coinbase Exchange")] = (
        "https://api.exchange.coinbase.com"
    )


class Wallet(Group):
    """Who trades in live mode; without it the key in POLYMARKET_PRIVATE_KEY trades for itself."""

    address: Annotated[
        WalletAddress | None,
        Field(description="the wallet that holds the money; default: the key's own address"),
    ] = None
    keystore: Annotated[
        Words | None,
        Field(description="the encrypted key file, made by `polyhedge wallet`"),
    ] = None


class Live(Group):
    """Bounds of live mode that hold whatever the strategies say."""

    max_total_usd: Annotated[
        UsdText, Field(description="the most that all hedges together may cost")
    ] = Decimal(100)
    max_premium_per_day_usd: Annotated[
        UsdText, Field(description="trading halts once more than this was spent in 24 hours")
    ] = Decimal(100)
    halt_file: Annotated[
        Words, Field(description="trading halts while a file of this name exists")
    ] = "HALT"
    heartbeat: Annotated[
        Switch,
        Field(description="on: the venue cancels all orders of this key 10 s after we fall silent"),
    ] = False
    confirmations: Annotated[
        Whole, Field(description="blocks that must follow before the chain's word is taken")
    ] = 5


class CorrelationsFile(Group):
    """How closely events move together, from 0% to under 100%."""

    calm: Annotated[PartText, Field(description="between all events")] = _TOGETHER.calm
    stress: Annotated[PartText, Field(description="the same under stress")] = _TOGETHER.stress
    same_cluster: Annotated[
        PartText, Field(description="between events of one event.cluster, where it is more")
    ] = _TOGETHER.same_cluster
    stressed_by: Annotated[
        Words,
        Field(description="the reading that is above 0 under stress, such as together.stress"),
    ] = _TOGETHER.stressed_by


class Recorded(Group):
    """History instead of live quotes; for `polyhedge replay`."""

    source: Annotated[
        RecordedSource, Field(description="which kind: journal, l2_books, fed_dec2025 or daily")
    ]
    path: Annotated[Words, Field(description="the folder or file")]
    since: Annotated[Instant | None, Field(description="where to begin; default: the start")] = None
    until: Annotated[Instant | None, Field(description="where to end; default: the end")] = None
    half_spread: Annotated[
        Cents, Field(description="assumed half of the spread where only a price is recorded")
    ] = Decimal("0.01")
    half_spread_below_5c: Annotated[Cents, Field(description="the same at prices below 5c")] = (
        Decimal("0.005")
    )
    depth_per_cent_shares: Annotated[
        Whole, Field(description="assumed depth where none is recorded, shares at each cent")
    ] = 2000


class ConfigFile(Group):
    """All settings; what is left out has the value shown here."""

    mode: Annotated[
        ModeText, Field(description="paper: play money on the simulated venue; live: your money")
    ] = "paper"
    market_data: Annotated[
        MarketDataName,
        Field(description="where quotes come from: practice, polymarket or recorded"),
    ] = MarketDataName.PRACTICE
    ledger: Annotated[Words, Field(description="the file that remembers everything")] = (
        "polyhedge.db"
    )
    strategies: Annotated[Words, Field(description="the folder of strategy files")] = "strategies"
    portfolio: Annotated[PortfolioFile, Field(description="what you own, and its prices")]
    risk_aversion: Annotated[
        RiskAversion,
        Field(
            description="4.3: a chance of at most 10% of ever losing half is accepted; also in"
            " words: 10% of ever losing 50%"
        ),
    ] = 4.3
    premium_budget: Annotated[
        BudgetText, Field(description="the most premium in 365 days: 1.5% or 1200usd")
    ] = Budget(share=0.015)
    max_total: Annotated[
        BudgetText, Field(description="the most that all hedges together may cost: 3% or 2400usd")
    ] = Budget(share=0.03)
    max_cluster: Annotated[
        BudgetText | None,
        Field(description="the most premium in 365 days for events of one event.cluster: 1%"),
    ] = None
    funding_rate: Annotated[
        Share, Field(description="what your cash earns elsewhere in a year, such as 4%")
    ] = 0.0
    volatility: Annotated[
        Share, Field(description="how much the portfolio moves in a year apart from the events")
    ] = 0.16
    volatility_reading: Annotated[
        Words,
        Field(
            description="a volatility of portfolio.computed: while it is in stress, losses and"
            " volatility count as many times as much as it has grown, at most twice"
        ),
    ] = ""
    correlations: Annotated[
        CorrelationsFile, Field(description="how closely events move together")
    ] = CorrelationsFile()
    max_price_age: Annotated[
        Duration, Field(description="past this age of portfolio prices nothing is bought")
    ] = timedelta(days=4)
    max_quote_age: Annotated[
        Duration, Field(description="past this age a quote does not trade; a strategy may say less")
    ] = timedelta(seconds=60)
    max_view_age: Annotated[
        Duration, Field(description="past this age of its figures a decision is not sent")
    ] = timedelta(seconds=30)
    check_every: Annotated[Duration, Field(description="how often to look, at the least")] = (
        timedelta(minutes=5)
    )
    keep_views: Annotated[Duration, Field(description="how long to keep what led to no order")] = (
        timedelta(days=90)
    )
    log_format: Annotated[LogFormat, Field(description="auto, json or console")] = LogFormat.AUTO
    paper: Annotated[Paper, Field(description="the simulated venue")] = Paper()
    practice: Annotated[Practice, Field(description="the built-in market simulator")] = Practice()
    polymarket: Annotated[Polymarket, Field(description="the real venue's addresses")] = (
        Polymarket()
    )
    history: Annotated[
        History, Field(description="where `polyhedge data fetch` finds daily closes")
    ] = History()
    wallet: Annotated[Wallet, Field(description="who trades in live mode")] = Wallet()
    live: Annotated[Live, Field(description="bounds of live mode")] = Live()
    recorded: Annotated[Recorded | None, Field(description="history to replay")] = None

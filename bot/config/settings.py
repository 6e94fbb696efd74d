"""What all strategies share, as the rest of the program sees it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from bot.config.file import (
    ConfigFile,
    History,
    Live,
    LogFormat,
    MarketDataName,
    Paper,
    Polymarket,
    Practice,
    Recorded,
    Wallet,
)
from bot.config.portfolio import (
    NamedReading,
    missing_prices,
    portfolio_source,
    read_computed,
)
from bot.config.texts import Budget
from bot.errors import ConfigError, UserError
from bot.model.portfolio import PortfolioSource
from bot.model.view import Correlations
from bot.yaml_lines.fields import check_fields
from bot.yaml_lines.reader import MapNode, Problem, line_of, read_yaml, report

_LEDGER, _STRATEGIES = "POLYHEDGE_LEDGER", "POLYHEDGE_STRATEGIES"


class Mode(StrEnum):
    """How the program runs; each row of the ledger has it."""

    PAPER = "paper"
    LIVE = "live"
    REPLAY = "replay"
    """Set by `polyhedge replay`, never in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``config.yaml`` and the environment."""

    path: Path
    """The config file; paths in it are relative to its folder."""
    mode: Mode
    market_data: MarketDataName
    ledger: Path
    strategies: Path
    portfolio: PortfolioSource
    risk_aversion: float
    premium_budget: Budget
    """Most premium over any 365 days."""
    max_total: Budget
    """Most cost of all positions, resting and unknown buys together."""
    max_cluster: Budget | None
    """Most premium over any 365 days for the events of one cluster; None for no such limit."""
    funding_rate: float
    volatility: float
    volatility_reading: str
    """A ``volatility`` of ``portfolio.computed``; empty for none."""
    correlations: Correlations
    max_price_age: timedelta
    max_quote_age: timedelta
    """For strategies that do not say."""
    max_view_age: timedelta
    check_every: timedelta
    keep_views: timedelta
    log_format: LogFormat
    paper: Paper
    practice: Practice
    polymarket: Polymarket
    history: History
    wallet: Wallet
    live: Live
    recorded: Recorded | None
    """Its ``path`` is as written; ``recorded_path`` is where it lies."""

    @property
    def keystore(self) -> Path | None:
        """Return where the encrypted key lies; None if the key comes from the environment."""
        return self.path.parent / self.wallet.keystore if self.wallet.keystore else None

    @property
    def halt_file(self) -> Path:
        """Return the file whose existence halts live trading."""
        return self.path.parent / self.live.halt_file

    @property
    def recorded_path(self) -> Path | None:
        """Return where the recording lies."""
        return self.path.parent / self.recorded.path if self.recorded else None


def load_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read the config file.

    Args:
        path: The file.
        environment: ``POLYHEDGE_LEDGER`` and ``POLYHEDGE_STRATEGIES`` take the place of the file's.

    Raises:
        ConfigError: the file cannot be used; the message holds every error, a line each.
    """
    try:
        top = read_yaml(path.read_bytes(), path=str(path))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror}. Name another file with --config, or let"
            " `polyhedge init` write one."
        ) from None
    except UserError as error:
        raise ConfigError(str(error)) from None
    problems: list[Problem] = []
    file = check_fields(ConfigFile, top, problems, top=top, owner="the config")
    computed = read_computed(top, problems)
    if file is not None:
        problems += _contradictions(file, top)
        problems += _unknown_reading(file, computed, top)
    if problems or file is None:
        raise ConfigError(report(str(path), problems))
    return _settings(file, computed, top=top, path=path, environment=environment)


def _contradictions(file: ConfigFile, top: MapNode) -> Iterator[Problem]:
    """Yield what each option may be but all together may not."""
    yield from missing_prices(file.portfolio, top=top)
    if file.market_data is MarketDataName.RECORDED and file.recorded is None:
        text = "market_data is recorded, but there is no recorded: {source: ..., path: ...}."
        yield Problem(line_of(top, ("market_data",)), text)
    if file.mode == "live" and file.market_data is not MarketDataName.POLYMARKET:
        text = (
            f"mode is live, but market_data is {file.market_data}: real money is not staked on"
            " it. Write market_data: polymarket."
        )
        yield Problem(line_of(top, ("mode",)), text)
    recorded = file.recorded
    if recorded and recorded.since and recorded.until and recorded.since >= recorded.until:
        text = "recorded.since is not before recorded.until. Swap them."
        yield Problem(line_of(top, ("recorded", "since")), text)


def _unknown_reading(
    file: ConfigFile, computed: tuple[NamedReading, ...], top: MapNode
) -> Iterator[Problem]:
    """Yield that the reading which makes losses larger is none that says so."""
    named = file.volatility_reading
    fit = [name for name, rule in computed if rule.name() == "volatility"]
    if named and named not in fit:
        has = f"those are {', '.join(fit)}" if fit else "there is none"
        text = f"volatility_reading is {named!r}, no volatility of portfolio.computed: {has}."
        yield Problem(line_of(top, ("volatility_reading",)), text)


def _settings(
    file: ConfigFile,
    computed: tuple[NamedReading, ...],
    *,
    top: MapNode,
    path: Path,
    environment: Mapping[str, str],
) -> Settings:
    ledger, strategies = environment.get(_LEDGER), environment.get(_STRATEGIES)
    return Settings(
        path=path,
        mode=Mode(file.mode),
        market_data=file.market_data,
        ledger=Path(ledger) if ledger else path.parent / file.ledger,
        strategies=Path(strategies) if strategies else path.parent / file.strategies,
        portfolio=portfolio_source(file.portfolio, computed, top=top, path=path),
        risk_aversion=file.risk_aversion,
        premium_budget=file.premium_budget,
        max_total=file.max_total,
        max_cluster=file.max_cluster,
        funding_rate=file.funding_rate,
        volatility=file.volatility,
        volatility_reading=file.volatility_reading,
        correlations=Correlations(**dict(file.correlations)),
        max_price_age=file.max_price_age,
        max_quote_age=file.max_quote_age,
        max_view_age=file.max_view_age,
        check_every=file.check_every,
        keep_views=file.keep_views,
        log_format=file.log_format,
        paper=file.paper,
        practice=file.practice,
        polymarket=file.polymarket,
        history=file.history,
        wallet=file.wallet,
        live=file.live,
        recorded=file.recorded,
    )

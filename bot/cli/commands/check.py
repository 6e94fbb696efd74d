"""`polyhedge check`: can all files be used? Every error of every file in one report."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json
from bot.errors import ConfigError, UserError

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.model.portfolio import Holding
    from bot.model.signal import ReadingRule, Signal
    from bot.model.strategy import Strategy
    from bot.portfolio import PortfolioReader


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was looked at and what was found."""

    config: str
    strategies: list[str] = field(default_factory=list)
    holdings: int | None = None
    """None if they could not be read."""
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is allowed but often a slip."""


@click.command("check")
@config_option
@json_option
@click.option("--schema", is_flag=True, help="Print the JSON Schema of strategy files instead.")
@click.pass_context
def command(ctx: click.Context, config: Path, *, as_json: bool, schema: bool) -> None:
    """Say whether config, portfolio and strategies can be used."""
    if schema:
        import json

        from bot.strategy import strategy_schema

        click.echo(json.dumps(strategy_schema(), indent=2))
        return
    findings = look_at_files(config)
    if as_json:
        print_json(findings)
    else:
        for line in say_findings(findings):
            click.echo(line)
        for error in findings.errors:
            click.echo(error, err=True)
    if findings.errors:
        ctx.exit(2)


def look_at_files(config: Path) -> Findings:
    """Read everything; an error in one file hides none in another."""
    from bot.cli.options import read_settings
    from bot.strategy import load_strategies

    findings = Findings(config=str(config))
    settings: Settings | None = None
    try:
        settings = read_settings(config)
    except ConfigError as error:
        findings.errors.append(str(error))
    folder = settings.strategies if settings else _folder_beside(config)
    strategies: tuple[Strategy, ...] = ()
    if settings is not None or folder.is_dir():
        strategies, broken = load_strategies(folder)
        findings.errors.extend(broken)
        findings.strategies = [strategy.event for strategy in strategies]
    if settings is not None:
        _look_at_portfolio(settings, strategies, findings)
    return findings


def say_findings(findings: Findings) -> Iterator[str]:
    """Yield what is fine, then what is worth a look."""
    if not findings.errors:
        names = ", ".join(findings.strategies)
        yield f"ok    {findings.config}"
        yield f"ok    {_count(findings.holdings or 0, 'holding')}"
        yield f"ok    {_count(len(findings.strategies), 'strategy', 'strategies')}: {names}"
    for note in findings.notes:
        yield f"note  {note}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _folder_beside(config: Path) -> Path:
    """Return where the strategies are when the config cannot say."""
    named = os.environ.get("POLYHEDGE_STRATEGIES")
    return Path(named) if named else config.parent / "strategies"


def _look_at_portfolio(
    settings: "Settings", strategies: "tuple[Strategy, ...]", findings: Findings
) -> None:
    from bot.strategy import find_contradictions, find_idle_lines, find_idle_tags

    try:
        holdings = _read_holdings(settings, findings)
    except UserError as error:
        findings.errors.append(str(error))
        return
    findings.holdings = len(holdings)
    for strategy in strategies:
        findings.errors.extend(find_contradictions(strategy, holdings))
        findings.notes.extend(find_idle_lines(strategy, holdings))
    findings.notes.extend(_look_for_series(settings, strategies))
    findings.notes.extend(_name_unknown_readings(settings, strategies))
    if not findings.errors:  # a file that cannot be read may have the name
        findings.notes.extend(find_idle_tags(strategies, holdings))


def _look_for_series(settings: "Settings", strategies: "tuple[Strategy, ...]") -> Iterator[str]:
    """Yield what of the files of readings and signals cannot be read: the daemon goes without."""
    named: list[tuple[str, ReadingRule | Signal]] = [
        (f"{settings.path}: computed.{name}", rule) for name, rule in settings.portfolio.computed
    ]
    named += [(f"{each.path}: {key}", rule) for each in strategies for key, rule in each.signals]
    if not named:  # what reads the files is slow to import
        return

    import asyncio

    from bot.clock import SystemClock
    from bot.errors import DataError
    from bot.portfolio.series import SeriesReader

    get = SeriesReader(folder=settings.portfolio.folder).at(SystemClock().now())
    for where, rule in named:
        try:
            asyncio.run(rule.fetch(get))
        except DataError as error:
            yield f"{where} has nothing to go by: {error}"


def _name_unknown_readings(
    settings: "Settings", strategies: "tuple[Strategy, ...]"
) -> Iterator[str]:
    """Yield the readings that rules of a strategy look at and nothing gives."""
    source = settings.portfolio
    known = {*source.readings}
    for name, _ in source.computed:
        known |= {name, f"{name}.stress", f"{name}.ratio"}
    for strategy in strategies:
        nervous = getattr(strategy.sizing, "by_volatility", None)
        rules = (*(rule for _, rule in (*strategy.triggers, *strategy.signals)), nervous)
        names = {getattr(rule, "reading", "") for rule in rules} | {
            strategy.impact.volatility_reading
        }
        for name in sorted(names - known - {""}):
            yield (
                f"{strategy.path}: nothing gives the reading {name}; name it in portfolio.readings"
                " or compute it in portfolio.computed."
            )


def _read_holdings(settings: "Settings", findings: Findings) -> "tuple[Holding, ...]":
    from bot.model.portfolio import PriceFile, PriceFolder

    source = settings.portfolio
    on_disk = isinstance(source.prices, PriceFile | PriceFolder)
    if source.file is None and not on_disk:
        return source.holdings
    from bot.portfolio import open_portfolio

    def report(_: str, **keys: str) -> None:
        if "error" in keys:
            findings.errors.append(keys["error"])

    reader = open_portfolio(source, report=report)
    if reader.ignored_columns:
        findings.notes.append(f"{source.file}: not read: {', '.join(reader.ignored_columns)}")
    if on_disk:
        _look_for_prices(reader, findings)
    return reader.holdings


def _look_for_prices(reader: "PortfolioReader", findings: Findings) -> None:
    """Note what has no price; prices from a web address are not asked for."""
    import asyncio

    from bot.clock import SystemClock

    portfolio = asyncio.run(reader.read(SystemClock().now()))
    if portfolio.unpriced:
        findings.errors.append(
            f"{findings.config}: {', '.join(portfolio.unpriced)} cannot be priced until"
            " portfolio.prices has all of that."
        )

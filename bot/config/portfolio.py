"""``portfolio:`` of ``config.yaml`` -> ``PortfolioSource``."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.config.texts import Currency, PriceText, Signed, UrlTemplate
from bot.model.portfolio import (
    Holding,
    PortfolioSource,
    PriceColumns,
    PriceFile,
    PriceFolder,
    PriceFormat,
    PriceSource,
    PriceUrl,
    StatedPrices,
    Tags,
)
from bot.model.text import Duration, Fraction, Words, read_instant, text_of
from bot.rules.rule import ReadingRule
from bot.yaml_lines.reader import MapNode, Problem, TextNode, line_of
from bot.yaml_lines.rules import read_rule, without_rule

_EXAMPLE = "computed: {vol: {rule: volatility, file: prices/SPY.csv}}"
NamedReading = tuple[str, ReadingRule]
_VARIANTS = ("stated", "file", "folder", "url")


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _read_as_of(text: str) -> datetime | None:
    if text == "always":
        return None
    try:
        return read_instant(text)
    except ValueError:
        raise ValueError(
            f"is {text!r}. Write when the prices were read, such as 2026-11-20T21:00:00Z, or always"
            " if they shall never count as old."
        ) from None


class HoldingFile(_Group):
    """One thing you own."""

    symbol: Annotated[Words, Field(description="its name in the price source, such as QQQ")]
    quantity: Annotated[
        Signed | None, Field(description="units held, negative for a short; needs a price")
    ] = None
    value: Annotated[
        Signed | None, Field(description="what it is worth, where there is no price for it")
    ] = None
    currency: Annotated[Currency, Field(description="of its price or value")] = "USD"
    sector: Annotated[Words, Field(description="for impact.sector")] = ""
    region: Annotated[Words, Field(description="for impact.region")] = ""
    asset_class: Annotated[Words, Field(description="for impact.asset_class")] = ""
    cluster: Annotated[Words, Field(description="for impact.cluster: what moves together")] = ""
    events: Annotated[
        dict[str, Fraction],
        Field(description="its own change by strategy, before any impact: {fed-hike: -7%}"),
    ] = {}

    @model_validator(mode="after")
    def _is_measured_once(self) -> Self:
        if (self.quantity is None) == (self.value is None):
            what = "has neither quantity nor value" if self.value is None else "has both"
            raise ValueError(f"of {self.symbol} {what}. Write quantity: 40, or value: 12000.")
        return self


class ColumnsFile(_Group):
    """Which columns, or dotted keys of a JSON answer, hold what."""

    symbol: Annotated[Words, Field(description="the symbol")] = PriceColumns().symbol
    price: Annotated[Words, Field(description="the price")] = PriceColumns().price
    as_of: Annotated[Words, Field(description="the date or time of the price")] = (
        PriceColumns().as_of
    )


class PricesFile(_Group):
    """Where prices come from: one of stated, file, folder, url."""

    stated: Annotated[
        dict[str, PriceText] | None, Field(description="prices typed in by hand: {QQQ: 512.30}")
    ] = None
    as_of: Annotated[
        datetime | None, text_of(_read_as_of, "a time, or always"), Field(description="of stated")
    ] = None
    file: Annotated[Words, Field(description="a CSV file of symbol, price and time")] = ""
    folder: Annotated[Words, Field(description="a folder with a CSV file per symbol")] = ""
    url: Annotated[
        UrlTemplate, Field(description="a web address; {symbol} stands for each symbol")
    ] = ""
    format: Annotated[PriceFormat, Field(description="what the address answers: csv or json")] = (
        PriceFormat.CSV
    )
    columns: Annotated[ColumnsFile, Field(description="names of columns")] = ColumnsFile()
    poll: Annotated[Duration, Field(description="how often the address is asked")] = timedelta(
        hours=1
    )

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        named = [name for name in _VARIANTS if name in self.model_fields_set]
        if len(named) != 1:
            what = f"has {' and '.join(named)}" if named else "names no source"
            raise ValueError(f"{what}. Write one of {', '.join(_VARIANTS)}.")
        if (self.stated is not None) != ("as_of" in self.model_fields_set):
            what = "has as_of without stated" if self.stated is None else "has stated without as_of"
            raise ValueError(
                f"{what}. as_of says when stated prices were read: 2026-11-20T21:00:00Z, or always"
                " if they shall never count as old."
            )
        return self


class PortfolioFile(_Group):
    """What you own outside the venue."""

    holdings: Annotated[
        tuple[HoldingFile, ...], Field(description="what you own, a line each")
    ] = ()
    file: Annotated[Words, Field(description="a CSV file of holdings instead")] = ""
    prices: Annotated[PricesFile | None, Field(description="where prices come from")] = None
    readings: Annotated[
        tuple[Words, ...], Field(description="wanted from the same source, such as [VIX]")
    ] = ()
    computed: Annotated[
        Any,
        Field(
            description="readings from price or news files: {vol: {rule: volatility, file: ...}}"
        ),
    ] = {}

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if bool(self.holdings) == bool(self.file):
            what = "has both holdings and file" if self.file else "has no holdings"
            raise ValueError(f"{what}. Write holdings: or file: holdings.csv.")
        return self


def portfolio_source(
    file: PortfolioFile, computed: tuple[NamedReading, ...], *, top: MapNode, path: Path
) -> PortfolioSource:
    """Return the records; files are meant relative to the config's folder."""
    folder = path.parent
    return PortfolioSource(
        holdings=tuple(
            _holding(holding, source=f"{path}:{line_of(top, ('portfolio', 'holdings', place))}")
            for place, holding in enumerate(file.holdings)
        ),
        file=folder / file.file if file.file else None,
        prices=_prices(file.prices, folder) if file.prices else None,
        readings=_readings(file),
        computed=computed,
        folder=folder,
    )


def read_computed(top: MapNode, problems: list[Problem]) -> tuple[NamedReading, ...]:
    """Return the readings to compute, by name; those that cannot be read go into ``problems``."""
    portfolio = top.entries.get("portfolio")
    node = portfolio.entries.get("computed") if isinstance(portfolio, MapNode) else None
    if node is None:
        return ()
    if not isinstance(node, MapNode):
        text = f"portfolio.computed must be a group of names. Write {_EXAMPLE}"
        problems.append(Problem(line_of(top, ("portfolio", "computed")), text))
        return ()
    return tuple(_computed(node, problems, top=top))


def _computed(node: MapNode, problems: list[Problem], *, top: MapNode) -> Iterator[NamedReading]:
    for name, options in node.entries.items():
        named = options.entries.get("rule") if isinstance(options, MapNode) else None
        if not isinstance(options, MapNode) or not isinstance(named, TextNode):
            text = f"portfolio.computed.{name} names no rule. Write {_EXAMPLE}"
            problems.append(Problem(node.key_lines[name], text))
            continue
        at = ("portfolio", "computed", name)
        rule = read_rule(ReadingRule, named, without_rule(options), problems, top=top, at=at)
        if rule is not None:
            yield name, rule


def missing_prices(file: PortfolioFile, *, top: MapNode) -> Iterator[Problem]:
    """Yield what the config itself shows to have no price."""
    if file.prices is None:
        for place, holding in enumerate(file.holdings):
            if holding.quantity is not None:
                text = (
                    f"portfolio.holdings: {holding.symbol} is given by quantity, but there is no"
                    " portfolio.prices. Write prices, or the holding's value."
                )
                yield Problem(line_of(top, ("portfolio", "holdings", place)), text)
        if _readings(file):
            text = f"portfolio.prices is missing; {', '.join(_readings(file))} must come from it."
            yield Problem(line_of(top, ("portfolio",)), text)
    elif file.prices.stated is not None:
        wanted = [h.symbol for h in file.holdings if h.quantity is not None]
        for name in dict.fromkeys((*wanted, *_readings(file))):
            if name not in file.prices.stated:
                text = f"portfolio.prices.stated has no {name}. Add its price."
                yield Problem(line_of(top, ("portfolio", "prices", "stated")), text)


def _readings(file: PortfolioFile) -> tuple[str, ...]:
    """Return the readings asked for, and the exchange rates that the holdings need."""
    rates = (f"{h.currency}USD" for h in file.holdings if h.currency != "USD")
    return tuple(dict.fromkeys((*file.readings, *rates)))


def _holding(file: HoldingFile, *, source: str) -> Holding:
    return Holding(
        symbol=file.symbol,
        quantity=file.quantity,
        stated=file.value,
        currency=file.currency,
        tags=Tags(
            sector=file.sector,
            region=file.region,
            asset_class=file.asset_class,
            cluster=file.cluster,
            events=file.events,
        ),
        source=source,
    )


def _prices(file: PricesFile, folder: Path) -> PriceSource:
    columns = PriceColumns(
        symbol=file.columns.symbol, price=file.columns.price, as_of=file.columns.as_of
    )
    if file.stated is not None:
        return StatedPrices(prices=file.stated, as_of=file.as_of)
    if file.file:
        return PriceFile(path=folder / file.file, columns=columns)
    if file.folder:
        return PriceFolder(path=folder / file.folder, columns=columns)
    return PriceUrl(template=file.url, answer=file.format, columns=columns, poll=file.poll)

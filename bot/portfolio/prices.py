"""Price tables in CSV or JSON to ``Reading``: refused whole if one row cannot be read."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.errors import BadData
from bot.model.portfolio import PriceColumns, Reading
from bot.model.units import parse_decimal
from bot.portfolio.table import read_table

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = re.compile(r"\d{9,13}")
_EPOCH_MS_DIGITS = 12
"""Epochs of this many digits are milliseconds: seconds have ten until the year 2286."""

History = dict[str, tuple[Reading, ...]]
"""Symbol -> its readings, oldest first."""


def latest(history: History, symbol: str, *, now: datetime) -> Reading | None:
    """Return the newest reading of a symbol that is not later than ``now``."""
    readings = history.get(symbol, ())
    place = bisect_right(readings, now, key=lambda reading: reading.as_of)
    return readings[place - 1] if place else None


def parse_csv(
    text: str, *, name: str, columns: PriceColumns, symbol: str = "", signed: bool = False
) -> History:
    """Read a price table.

    Args:
        text: CSV with a header.
        name: What to call it in messages: a path or an address.
        columns: Which column holds what.
        symbol: Whose prices these are, if the table does not say.
        signed: Whether numbers may be 0 or below: scores, not prices.

    Raises:
        BadData: A column is missing or a row cannot be read.
    """
    table = read_table(text)
    if table is None:
        raise BadData(f"{name}: is empty; it must hold columns {_wanted(columns, symbol)}")
    places = [_place(table.header, column, name) for column in (columns.price, columns.as_of)]
    symbol_place = -1 if symbol else _place(table.header, columns.symbol, name)
    rows = (
        (
            f"{name}:{row.line}",
            symbol or row.cells[symbol_place],
            row.cells[places[0]],
            row.cells[places[1]],
        )
        for row in table.rows
    )
    return _history(rows, signed=signed)


def parse_json(text: str, *, name: str, columns: PriceColumns, symbol: str = "") -> History:
    """Read one object, or a list of them; a column is a dotted path: ``quote.0.last``.

    Raises:
        BadData: It is no JSON, a path leads nowhere, or a number cannot be read.
    """
    try:
        answer = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise BadData(f"{name}: is no JSON ({error})") from error
    items = answer if isinstance(answer, list) else [answer]

    def rows() -> Iterator[tuple[str, str, str, str]]:
        for number, item in enumerate(items):
            where = f"{name}: item {number}" if isinstance(answer, list) else name
            look = _looker(item, where)
            yield where, symbol or look(columns.symbol), look(columns.price), look(columns.as_of)

    return _history(rows())


def _history(rows: Iterable[tuple[str, str, str, str]], *, signed: bool = False) -> History:
    found: dict[str, list[Reading]] = {}
    for where, symbol, price, as_of in rows:
        number = _price(price, where, signed=signed)
        reading = Reading(name=symbol, number=number, as_of=_instant(as_of, where))
        found.setdefault(symbol, []).append(reading)
    return {
        symbol: tuple(sorted(readings, key=lambda reading: reading.as_of))
        for symbol, readings in found.items()
    }


def _price(text: str, where: str, *, signed: bool) -> float:
    number = parse_decimal(text, name=f"{where}: price")
    if number <= 0 and not signed:
        raise BadData(f"{where}: price was {text}; it must be above 0")
    return float(number)


def _instant(text: str, where: str) -> datetime:
    """Read ``2026-11-20`` (its 00:00 UTC), an ISO 8601 instant with zone, or epoch s or ms."""
    if _EPOCH.fullmatch(text):
        scale = 1000 if len(text) >= _EPOCH_MS_DIGITS else 1
        return datetime.fromtimestamp(float(Decimal(text) / scale), UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadData(
            f"{where}: time was {text!r}; it must be a date such as 2026-11-20 or an instant such"
            " as 2026-11-20T21:00:00Z"
        ) from None
    if _DATE.fullmatch(text):
        return instant.replace(tzinfo=UTC)
    if instant.tzinfo is None:
        raise BadData(f"{where}: time was {text!r}, which has no zone; write Z for UTC")
    return instant.astimezone(UTC)


def _place(header: Sequence[str], column: str, name: str) -> int:
    folded = [title.casefold() for title in header]
    if column.casefold() not in folded:
        raise BadData(
            f"{name}: has no column {column}; its columns are {', '.join(header)}. Name them under"
            " portfolio.prices.columns"
        )
    return folded.index(column.casefold())


def _looker(item: Any, where: str) -> Callable[[str], str]:
    def look(path: str) -> str:
        found = item
        for step in path.split("."):
            if isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, dict) and step in found:
                found = found[step]
            else:
                raise BadData(
                    f"{where}: has nothing at {path}; name where it stands under"
                    " portfolio.prices.columns"
                )
        if not isinstance(found, str):
            raise BadData(f"{where}: {path} was {found!r}; it must be a number or text")
        return found

    return look


def _wanted(columns: PriceColumns, symbol: str) -> str:
    names = (columns.price, columns.as_of)
    return ", ".join(names if symbol else (columns.symbol, *names))

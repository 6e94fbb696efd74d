"""``holdings.csv``: what is owned, a line each, as typed by hand or exported by a broker."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from bot.errors import ConfigError
from bot.model.portfolio import Holding, Tags
from bot.model.text import read_fraction
from bot.portfolio.table import Table, TableRow, decode, read_table

_TAGS = ("sector", "region", "asset_class", "cluster")
_COLUMNS = ("symbol", "quantity", "value", "currency", *_TAGS)
_EVENT = "event:"
_NUMBER = re.compile(r"[-+]?[$€£]?[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|[-+]?[$€£]?\.\d+")
_TOTAL = re.compile(r"(grand |account |portfolio |sub)?totals?\b.*", re.IGNORECASE)
_SIGNS = {"€": "EUR", "£": "GBP"}
"""Whose sign it is; a dollar sign may be that of any dollar."""
_BLANK = ("", "-", "--", "n/a")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingsFile:
    """What a file of holdings says."""

    holdings: tuple[Holding, ...]
    ignored: tuple[str, ...] = ()
    """Columns nobody reads; a person should be told."""


@dataclass(slots=True)
class _Problems:
    """All that is wrong with one file, so that it is told at once."""

    path: Path
    found: list[str] = field(default_factory=list)

    def add(self, line: int, text: str) -> None:
        self.found.append(f"{self.path}:{line}: {text}")

    def raise_any(self) -> None:
        if self.found:
            raise ConfigError("\n".join(self.found))


def read_holdings(path: Path, *, priced: bool) -> HoldingsFile:
    """Read a file of holdings; each line is a holding of its own, also of the same symbol.

    Args:
        path: A CSV file with a header. Columns: symbol; quantity or value; currency; sector,
            region, asset_class, cluster; ``event:NAME`` with the change if that event happens.
        priced: Whether there are prices. Then a quantity counts where a line has both; without,
            the value does.

    Raises:
        ConfigError: It cannot be read; every line that is wrong is named with what to do.
    """
    problems = _Problems(path)
    table = _open(path)
    columns, ignored = _columns(table, problems)
    problems.raise_any()
    rows = _without_footer(table)
    holdings = [_holding(row, columns, problems, priced=priced) for row in rows]
    problems.raise_any()
    found = tuple(holding for holding in holdings if holding is not None)
    if not found:
        raise ConfigError(f"{path}: has a header and no holding below it. Add one line for each.")
    return HoldingsFile(holdings=found, ignored=ignored)


def _open(path: Path) -> Table:
    try:
        table = read_table(decode(path.read_bytes()))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}). It is named as portfolio.file in"
            " config.yaml; correct the name there, or put the file there."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text ({error}). Save it as CSV UTF-8.") from error
    if table is None:
        raise ConfigError(f"{path}: is empty. Its first line must name the columns, such as"
                          " symbol,quantity,sector.")  # fmt: skip
    return table


def _columns(table: Table, problems: _Problems) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return where each known column stands, and the columns nobody reads."""
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, title in enumerate(table.header):
        name = _name_of(title)
        if name not in _COLUMNS and not name.startswith(_EVENT):
            close = get_close_matches(name, (*_COLUMNS, _EVENT), n=1, cutoff=0.75)
            if close:
                text = f"column {title} is not known. Did you mean '{close[0]}'?"
                problems.add(table.header_line, text)
            elif title:
                ignored.append(title)
        elif name in places:
            problems.add(table.header_line, f"column {title} stands there twice. Remove one.")
        else:
            places[name] = place
    seen = ", ".join(table.header)
    if "symbol" not in places:
        text = f"has no column symbol; its columns are {seen}. The first line must name them."
        problems.add(table.header_line, text)
    elif not {"quantity", "value"} & places.keys():
        text = f"has neither a column quantity nor value; its columns are {seen}. Add one of them."
        problems.add(table.header_line, text)
    return places, tuple(ignored)


def _name_of(title: str) -> str:
    if title.casefold().startswith(_EVENT):
        return _EVENT + title[len(_EVENT) :].strip()
    return title.casefold().replace(" ", "_")


def _without_footer(table: Table) -> tuple[TableRow, ...]:
    """Return the rows but for the last ones that clearly are no holdings: totals and remarks."""
    rows = list(table.rows)
    while rows and _is_footer(rows[-1]):
        rows.pop()
    return tuple(rows)


def _is_footer(row: TableRow) -> bool:
    said = [cell for cell in row.cells if cell]
    if not said:
        return False
    is_remark = len(said) == 1 and len(said[0].split()) > 2
    return is_remark or bool(_TOTAL.fullmatch(said[0]))


def _holding(
    row: TableRow, columns: dict[str, int], problems: _Problems, *, priced: bool
) -> Holding | None:
    """Return the holding of a line, or None after adding what is wrong with it."""
    before = len(problems.found)
    cell = _cells(row, columns)
    symbol = cell("symbol")
    if row.surplus:
        problems.add(row.line, f"has {row.surplus} cells more than the header. Quote the commas.")
    elif not symbol:
        problems.add(row.line, "has no symbol. Write one, or remove the line.")
    elif _TOTAL.fullmatch(symbol):
        text = f"{symbol!r} looks like a total, but holdings follow it. Remove the line."
        problems.add(row.line, text)
    quantity = _number("quantity", cell("quantity"), row, problems)
    stated = _number("value", cell("value"), row, problems)
    if len(problems.found) == before:
        quantity, stated = _measure(symbol, quantity, stated, row, problems, priced=priced)
    tags = _tags(row, columns, problems)
    currency = _currency(cell("currency"), row, problems)
    _check_currency(currency, cell("value") if stated else "", row, problems, priced=priced)
    if len(problems.found) > before:
        return None
    return Holding(
        symbol=symbol,
        quantity=quantity,
        stated=stated,
        currency=currency,
        tags=tags,
        source=f"{problems.path}:{row.line}",
    )


def _cells(row: TableRow, columns: dict[str, int]) -> Callable[[str], str]:
    def cell(name: str) -> str:
        place = columns.get(name)
        return "" if place is None else row.cells[place]

    return cell


def _measure(
    symbol: str,
    quantity: Decimal | None,
    stated: Decimal | None,
    row: TableRow,
    problems: _Problems,
    *,
    priced: bool,
) -> tuple[Decimal | None, Decimal | None]:
    """Return quantity or value, the other one None."""
    if quantity is None and stated is None:
        problems.add(row.line, f"{symbol} has neither quantity nor value. Write one of them.")
    elif stated is None and not priced:
        problems.add(
            row.line,
            f"{symbol} is given by quantity, but there is no portfolio.prices in config.yaml."
            " Write prices there, or the holding's value here.",
        )
    elif quantity is not None and priced:
        return quantity, None
    return None, stated


def _number(name: str, text: str, row: TableRow, problems: _Problems) -> Decimal | None:
    """Read ``1234.5``, ``$1,234.50``, ``-3`` or ``(3)``, which is negative too."""
    if text.casefold() in _BLANK:
        return None
    in_brackets = text.startswith("(") and text.endswith(")")
    plain = text[1:-1] if in_brackets else text
    if _NUMBER.fullmatch(plain) is None:
        problems.add(row.line, f"{name} is {text!r}; it must be a number, such as 1234.50 or -3.")
        return None
    number = Decimal(re.sub(r"[$€£,]", "", plain))
    return -number if in_brackets else number


def _currency(text: str, row: TableRow, problems: _Problems) -> str:
    if re.fullmatch(r"([A-Za-z]{3})?", text) is None:
        problems.add(row.line, f"currency is {text!r}; it must be three letters, such as EUR.")
    return text.upper() or "USD"


def _check_currency(
    currency: str, value: str, row: TableRow, problems: _Problems, *, priced: bool
) -> None:
    """Refuse what would be read as USD and is not, and what nothing turns into USD."""
    for sign, owner in _SIGNS.items():
        if sign in value and currency != owner:
            text = f"value is {value!r}, but its currency is {currency}."
            problems.add(row.line, f"{text} Write {owner} in a column currency.")
    if currency != "USD" and not priced:
        problems.add(
            row.line,
            f"its currency is {currency}, but there is no portfolio.prices in config.yaml to take"
            f" {currency}USD from. Write prices there, or the value in USD here.",
        )


def _tags(row: TableRow, columns: dict[str, int], problems: _Problems) -> Tags:
    events: dict[str, float] = {}
    for name, place in columns.items():
        text = row.cells[place]
        if name.startswith(_EVENT) and text:
            try:
                events[name.removeprefix(_EVENT)] = read_fraction(text)
            except ValueError as error:
                problems.add(row.line, f"{name} {error}")
    cell = _cells(row, columns)
    sector, region, asset_class, cluster = (cell(name) for name in _TAGS)
    return Tags(
        sector=sector, region=region, asset_class=asset_class, cluster=cluster, events=events
    )

"""CSV text to rows that know their line; it knows nothing of what the columns mean."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One line of a table."""

    line: int
    cells: tuple[str, ...]
    """In the order of the header, stripped; shorter rows are filled up, empty cells at the end of
    longer ones are dropped."""
    surplus: int = 0
    """Cells beyond the header that say something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A CSV file: its header and the lines below it that are not blank."""

    header: tuple[str, ...]
    header_line: int
    rows: tuple[TableRow, ...]


def decode(content: bytes) -> str:
    """Return UTF-8 text without its byte-order mark.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    return content.decode("utf-8-sig")


def read_table(text: str) -> Table | None:
    """Return the table; None if no line says anything."""
    lines = csv.reader(StringIO(text, newline=""))
    filled = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    if not filled:
        return None
    header_line, header = filled[0]
    names = tuple(cell.strip() for cell in _without_empty_end(header))
    return Table(
        header=names,
        header_line=header_line,
        rows=tuple(_row(line, cells, len(names)) for line, cells in filled[1:]),
    )


def _row(line: int, cells: Iterable[str], width: int) -> TableRow:
    said = [cell.strip() for cell in _without_empty_end(cells)]
    filled = [*said[:width], *[""] * (width - len(said))]
    return TableRow(line=line, cells=tuple(filled), surplus=max(len(said) - width, 0))


def _without_empty_end(cells: Iterable[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept

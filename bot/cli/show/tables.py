"""One look for every table: no lines, numbers to the right, and one column that gives way."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

Cell = str | Text

_GAP = 2
_LEAST = 15
"""Columns that the one which gives way keeps at least."""


def make_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    width: int,
    flexible: str,
    left: Iterable[str] = (),
) -> Table:
    """Return a table of at most ``width`` columns.

    Args:
        titles: One for each cell of a row; the first column and the flexible one stand left.
        rows: Text stays on one line, but for the flexible column, which folds.
        width: Of the terminal.
        flexible: Title of the column that takes what the others leave.
        left: Titles of further columns of text.
    """
    cells = [list(row) for row in rows]
    sizes = [
        max([len(title), *(len(row[place]) for row in cells)]) for place, title in enumerate(titles)
    ]
    taken = sum(size + _GAP for title, size in zip(titles, sizes, strict=True) if title != flexible)
    table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="dim", pad_edge=False)
    words = {titles[0], flexible, *left}
    for title, size in zip(titles, sizes, strict=True):
        table.add_column(
            title,
            width=min(size, max(width - taken, _LEAST)) if title == flexible else size,
            justify="left" if title in words else "right",
            no_wrap=title != flexible,
            overflow="fold",
        )
    for row in cells:
        table.add_row(*row)
    return table


def flexible_width(titles: Sequence[str], rows: Sequence[Sequence[Cell]], *, width: int) -> int:
    """Return what is left for one further column beside these."""
    sizes = (
        max([len(title), *(len(row[place]) for row in rows)]) for place, title in enumerate(titles)
    )
    return max(width - sum(size + _GAP for size in sizes), _LEAST)

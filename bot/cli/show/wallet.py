"""The owner's acts as tables: what is allowed now and what would be."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.table import Table

from bot.cli.show.tables import make_table

if TYPE_CHECKING:
    from bot.owner.allowances import Change


def render_changes(changes: "Iterable[Change]", *, width: int) -> Table:
    """Return a line for each allowance that would be changed."""
    rows = [
        (
            change.spender.name,
            change.spender.token_name,
            _most(change.now),
            _most(change.then),
            change.spender.purpose,
        )
        for change in changes
    ]
    titles = ("contract", "may move", "now", "then", "in order to")
    return make_table(titles, rows, width=width, flexible="in order to", left=("may move",))


def _most(most: Decimal | None) -> str:
    if most is None:
        return "all"
    return f"{most:,.2f}" if most else "nothing"

"""The table at the end of a rehearsal."""

from collections.abc import Sequence
from decimal import Decimal

from rich.table import Table

from bot.app.rehearsal.agreement import Row


def render_agreement(rows: Sequence[Row]) -> Table:
    """Return each sum as ledger, venue and chain have it; tokens that nobody has are left out."""
    table = Table(box=None, pad_edge=False)
    for head in ("wallet", "what"):
        table.add_column(head)
    for head in ("ledger", "venue", "chain", ""):
        table.add_column(head, justify="right")
    for row in rows:
        sums = (row.ledger, row.venue, row.chain)
        if row.what == "pUSD" or any(sums):
            verdict = "agree" if row.agrees else "DIFFER"
            table.add_row(row.actor, row.what, *(_plain(each) for each in sums), verdict)
    return table


def _plain(number: Decimal) -> str:
    return f"{number:,.6f}"

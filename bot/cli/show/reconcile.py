"""The comparison of ledger, venue and chain, for people."""

from collections.abc import Iterator
from decimal import Decimal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.show.tables import make_table
from bot.cli.show.words import instant, shares, short_id, usd_exact
from bot.model.comparison import Compared, Comparison, Explanation, Sought


def render_comparison(
    comparison: Comparison, *, halted: str, width: int
) -> Iterator[RenderableType]:
    """Yield what to print: what stops us, the table, and what is still looked for."""
    if halted:
        yield Text(f"HALTED: {halted}. Nothing trades.\n", "bold red")
    if comparison.stop:
        yield Text(f"NOTHING IS SENT: {comparison.stop}\n", "yellow")
    differing = len(comparison.differences)
    agree = "agree" if not differing else f"differ in {differing} of {len(comparison.rows)} lines"
    yield Text(f"compared {instant(comparison.at)}: ledger and venue {agree}\n")
    yield _render_rows(comparison, width=width)
    if comparison.redeemable_usd:
        owed = usd_exact(comparison.redeemable_usd)
        yield Text(f"\n{owed} of resolved hedges are redeemable and not cash yet")
    for order in comparison.sought:
        yield Text(f"\n{_say_sought(order)}", "yellow")


def _render_rows(comparison: Comparison, *, width: int) -> Table:
    titles = ("what", "event", "ledger", "venue", "difference", "explanation")
    rows = [
        (
            "cash" if row.token_id is None else short_id(row.token_id),
            row.event or "-",
            _figure(row, row.ledger),
            _figure(row, row.venue),
            _figure(row, row.difference) if row.difference else "0",
            Text(row.explanation or "-", _style(row)),
        )
        for row in comparison.rows
    ]
    return make_table(titles, rows, width=width, flexible="explanation", left=("event",))


def _figure(row: Compared, number: Decimal) -> str:
    """Return all digits: a table of differences must not round one away."""
    plain = f"{number.normalize():,f}"
    return f"{plain} USD" if row.token_id is None else plain


def _style(row: Compared) -> str:
    if row.explanation is Explanation.UNEXPLAINED:
        return "bold red"
    return "yellow" if row.difference else ""


def _say_sought(order: Sought) -> str:
    again = "with the next cycle" if order.next_look_at is None else instant(order.next_look_at)
    return (
        f"{order.status.upper()} order {short_id(order.order_id)} ({order.event}, {order.side}"
        f" {shares(order.size)}): sent {instant(order.sent_at)}, looked for {order.looks} times in"
        f" vain, next {again}"
    )

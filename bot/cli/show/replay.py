"""What came of a replay, for people."""

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.app.replay import Summary
from bot.cli.show.tables import make_table
from bot.cli.show.words import day, instant, shares, short_id, usd, usd_exact
from bot.core.carried import Leg
from bot.model.units import ConditionId


def render_summary(summary: Summary, *, width: int) -> Iterator[RenderableType]:
    """Yield the figures, then the positions that the recording leaves open."""
    if summary.halted:
        yield Text(f"HALTED: {summary.halted}", "bold red")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, said in _lines(summary):
        grid.add_row(name, said)
    yield grid
    if summary.carried:
        yield Text()
        yield render_carried(summary, width=width)
    if summary.left:
        yield Text()
        yield _render_left(summary, width=width)
    if summary.assumed:
        yield Text()
        yield Text(f"Assumed, not recorded: {summary.assumed}", "yellow")


def _lines(summary: Summary) -> Iterator[tuple[str, str]]:
    yield "recording", f"{instant(summary.since)} to {instant(summary.until)}"
    yield "cycles", f"{summary.cycles:,}, of which {summary.skipped:,} skipped"
    yield "decisions", f"{summary.decisions:,}"
    yield "orders", f"{summary.orders:,}"
    yield "fills", f"{summary.fills:,}; {summary.partly_filled:,} orders filled in part"
    yield "hedges", _say_counts(summary.lifecycle)
    yield "refused", _say_counts(summary.refused)
    yield "frozen", _say_counts(summary.frozen)
    yield "denied", _say_counts(summary.denied)
    yield "rejected", _say_counts(summary.rejected)
    yield "cash", f"{usd_exact(summary.cash_before_usd)} -> {usd_exact(summary.cash_after_usd)}"
    yield "fees", usd_exact(summary.fees_usd)
    yield "won or lost", f"{usd_exact(summary.realised_usd)}, closed and settled hedges alone"
    exact = summary.gap_usd == 0
    yield "ledger", "adds up exactly" if exact else f"does NOT add up: {summary.gap_usd} USD"


def _say_counts(counts: Mapping[str, int]) -> str:
    said = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {name}" for name, count in said) or "none"


def render_carried(summary: Summary, *, width: int) -> Table:
    """Return what each hedge cost by the covered day, with a line for each market it was in."""
    rows: list[tuple[str, ...]] = []
    for hedge in summary.carried:
        per_day = hedge.cost_per_day_usd_est
        rows.append(
            (
                hedge.event,
                f"{hedge.covered_days:,.1f}",
                usd_exact(hedge.cost_usd),
                "not known" if per_day is None else usd(per_day),
                usd_exact(hedge.payout_usd),
                "",
            )
        )
        rows += [_carried_by(leg, summary.markets) for leg in hedge.legs]
    titles = ("hedge", "covered days", "cost", "a covered day", "paid out", "in")
    return make_table(titles, rows, width=width, flexible="in")


def _carried_by(leg: Leg, markets: Mapping[ConditionId, str]) -> tuple[str, ...]:
    end = "is held" if leg.closed_at is None else day(leg.closed_at)
    what = markets.get(leg.condition_id, f"token {short_id(leg.token_id)}")
    where = f"{day(leg.opened_at)} to {end}: {what}"
    return ("", "", usd_exact(leg.cost_usd), "", usd_exact(leg.payout_usd), where)


def _render_left(summary: Summary, *, width: int) -> Table:
    rows = [
        (
            left.event,
            shares(left.shares),
            usd(left.cost_usd),
            "not known" if left.worth_usd_est is None else usd(left.worth_usd_est),
            f"token {short_id(left.token_id)}",
        )
        for left in summary.left
    ]
    titles = ("left open", "shares", "cost", "at the last bid", "what")
    return make_table(titles, rows, width=width, flexible="what")

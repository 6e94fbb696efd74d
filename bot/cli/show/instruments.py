"""Other instruments for the same loss, in figures for each event and once in words."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.app.compared import Instruments
from bot.app.sheet import EventSheet
from bot.cli.show.sheet import render_heading
from bot.cli.show.tables import make_table
from bot.cli.show.words import cents, reason_words, usd
from bot.core.alternatives import Alternative
from bot.model.decision import Verdict


def render_instruments(sheets: Sequence[EventSheet], *, width: int) -> Iterator[RenderableType]:
    """Yield each event's figures, then what the instruments are."""
    words: dict[str, Alternative] = {}
    for sheet in sheets:
        yield Text()
        yield render_heading(sheet)
        found = sheet.instruments
        if found is None:
            yield Text("  nothing loses: there is nothing to compare", "dim")
            continue
        words |= {_kind(each.name): each for each in found.rows}
        yield _render_loss(found)
        yield _render_figures(found, width=width)
        if sheet.decision.verdict in (Verdict.REFUSE, Verdict.FROZEN):
            reasons = "\n".join(reason_words(reason) for reason in sheet.decision.reasons)
            yield Padding(Text(reasons), (0, 0, 0, 2))
    yield Text()
    yield from _render_words(words)


def _render_loss(found: Instruments) -> Text:
    return Text(
        f"  {usd(found.loss_usd_est)} of {usd(found.exposed_usd_est)}, {found.days:.0f} days;"
        f" volatility {found.volatility:.0%} ({found.volatility_from})",
        "dim",
    )


def _render_figures(found: Instruments, *, width: int) -> Table:
    rows = [
        (
            f"  {each.name}",
            usd(round(each.cost_now_usd_est, 2)),
            "-" if each.cost_year_usd_est is None else usd(round(each.cost_year_usd_est, 2)),
            "-" if each.price is None else cents(each.price),
            "yes" if each.is_traded_here else "no",
        )
        for each in found.rows
        if each.cost_now_usd_est is not None
    ]
    titles = ("  full cover by", "now", "a year", "per USD of cover", "traded here")
    return make_table(titles, rows, width=width, flexible="  full cover by")


def _render_words(words: dict[str, Alternative]) -> Iterator[RenderableType]:
    if not words:
        return
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for kind, each in words.items():
        grid.add_row(
            kind,
            f"Pays {each.pays}. May differ: {each.basis}. Fits better {each.fits}.",
        )
    yield grid
    yield Text(
        "All but the shares are estimates: 4% a year of growth foregone by what is sold, 0.05% a"
        " trade, 0.9% a year for an inverse fund, options by Black and Scholes. A year: if the"
        " event does not happen. Per USD of cover: what is paid for each USD that comes back if it"
        " does.",
        "dim",
    )


def _kind(name: str) -> str:
    return name.partition(" 100/")[0]

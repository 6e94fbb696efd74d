"""The table that `run` keeps up to date on a terminal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.show.board import Row
from bot.cli.show.tables import Cell, flexible_width, make_table
from bot.cli.show.words import about, instant, moment, percent, usd
from bot.ledger import LifecycleEntry
from bot.model.units import Usd, UsdEst

NARROW = 96
"""Columns below which the forecast stands without the market's."""
_LINES = 2
"""Of what comes next, per event."""
_MEASURE = re.compile(r"(\d) (d|h|min|s|USD)\b")
_TONES = {
    "opened": "green",
    "added": "green",
    "rolled": "cyan",
    "rolled_out": "cyan",
    "reduced": "yellow",
    "closed": "yellow",
    "settled": "magenta",
    "refused": "dim",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """All that the live table shows at one instant."""

    where: str
    """Market data and pace, in words."""
    now: datetime
    cycle: int
    portfolio_usd_est: UsdEst
    cash_usd: Usd
    premium_used_usd: Usd
    premium_budget_usd: Usd
    rows: tuple[Row, ...]
    lifecycle: tuple[LifecycleEntry, ...]
    """Newest first."""
    amiss: Mapping[str, str]
    halted: str


def render_screen(screen: Screen, *, width: int, height: int) -> RenderableType:
    """Return the screen; of the lifecycle as many lines as there is room for."""
    head = _render_head(screen, width=width)
    table = _render_rows(screen.rows, width=width)
    told = {row.event for row in screen.rows}
    amiss = [
        _clip(f"!  {about(name, ' '.join(text.split()))}", width, "yellow")
        for name, text in screen.amiss.items()
        if name not in told
    ]
    if screen.halted:
        amiss.insert(0, _clip(f"HALTED: {screen.halted}", width, "bold red"))
    # Head 2, table head 1, each row at most 2, blank lines 3.
    room = height - 6 - _LINES * len(screen.rows) - len(amiss)
    shown = screen.lifecycle[: max(3, room)]
    names = max((len(entry.event) for entry in shown), default=0)
    news = [_render_news(entry, width=width, names=names) for entry in reversed(shown)]
    return Group(head, Text(), table, Text(), *amiss, *news)


def _render_head(screen: Screen, *, width: int) -> Text:
    head = Text(no_wrap=True, overflow="ellipsis")
    if width >= NARROW:
        head.append("polyhedge", "bold").append(" · ")
    head.append(f"{screen.where} · portfolio {usd(screen.portfolio_usd_est)}\n")
    head.append(f"{instant(screen.now)} · cycle {screen.cycle:,} · cash {usd(screen.cash_usd)}")
    used, budget = f"{screen.premium_used_usd:,.0f}", usd(screen.premium_budget_usd)
    head.append(f" · premium {used} of {budget}")
    return head


def _render_rows(rows: Sequence[Row], *, width: int) -> Table:
    wide = width >= NARROW
    titles = ["event", "if it happens", "covered", "forecast (mkt)" if wide else "forecast"]
    if wide:
        titles.append("cost so far")
    cells = [_cells(row, wide=wide) for row in rows]
    room = flexible_width(titles, cells, width=width)
    for row, line in zip(rows, cells, strict=True):
        line.append(Text(_fold(row.next, room), _tone(row)))
    return make_table([*titles, "next"], cells, width=width, flexible="next")


def _cells(row: Row, *, wide: bool) -> list[Cell]:
    cells: list[Cell] = [
        Text(row.event, "bold" if row.is_held else ""),
        "not known" if row.loss_usd_est is None else usd(0.0 - row.loss_usd_est),
        "-" if row.coverage is None else f"{row.coverage:.0%}",
        _say_forecast(row, wide=wide),
    ]
    return [*cells, usd(row.premium_usd)] if wide else cells


def _fold(text: str, width: int) -> str:
    """Return ``text`` on at most two lines."""
    kept = _MEASURE.sub("\\1\N{NO-BREAK SPACE}\\2", text)
    lines = wrap(kept, width, max_lines=_LINES, placeholder=" ..", break_on_hyphens=False)
    return "\n".join(lines)


def _tone(row: Row) -> str:
    if row.is_amiss:
        return "yellow"
    return "" if row.is_held else "dim"


def _say_forecast(row: Row, *, wide: bool) -> str:
    if row.forecast is None:
        return "not known"
    own = percent(row.forecast.probability)
    return f"{own} ({percent(row.forecast.market)})" if wide else own


def _render_news(entry: LifecycleEntry, *, width: int, names: int) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{moment(entry.at)}  ", "dim")
    line.append(f"{entry.kind.replace('_', ' '):<10}", _TONES.get(entry.kind, ""))
    line.append(f"  {entry.event:<{names}}  ", "bold")
    line.append(entry.text.removeprefix("no suitable hedge: "))
    line.truncate(width, overflow="ellipsis")
    return line


def _clip(text: str, width: int, style: str) -> Text:
    line = Text(text, style, no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return line

"""The table that `run` keeps up to date on a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.show.board import Row
from bot.cli.show.words import instant, moment, percent, usd
from bot.ledger import LifecycleEntry
from bot.model.units import Usd, UsdEst

NARROW = 96
"""Columns below which the forecast stands without the market's."""
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
    head = _render_head(screen)
    table = _render_rows(screen.rows, width=width)
    amiss = [_clip(f"!  {name}: {text}", width, "yellow") for name, text in screen.amiss.items()]
    if screen.halted:
        amiss.insert(0, _clip(f"HALTED: {screen.halted}", width, "bold red"))
    # Head 2, table head 2, each row at most 2, blank lines 3.
    room = height - 8 - 2 * len(screen.rows) - len(amiss)
    shown = screen.lifecycle[: max(3, min(12, room))]
    news = [_render_news(entry, width=width) for entry in reversed(shown)]
    return Group(head, Text(), table, Text(), *amiss, *news)


def _render_head(screen: Screen) -> Text:
    head = Text(no_wrap=True, overflow="ellipsis")
    head.append("polyhedge", "bold")
    head.append(f" · {screen.where} · portfolio {usd(screen.portfolio_usd_est)}\n")
    head.append(f"{instant(screen.now)} · cycle {screen.cycle:,} · cash {usd(screen.cash_usd)}")
    head.append(
        f" · premium used {usd(screen.premium_used_usd)} of {usd(screen.premium_budget_usd)}"
    )
    return head


def _render_rows(rows: Sequence[Row], *, width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", width=width)
    wide = width >= NARROW
    table.add_column("event", no_wrap=True)
    table.add_column("if it happens", justify="right", no_wrap=True)
    table.add_column("covered", justify="right", no_wrap=True)
    table.add_column("forecast (market)" if wide else "forecast", justify="right", no_wrap=True)
    table.add_column("cost so far" if wide else "cost", justify="right", no_wrap=True)
    table.add_column("next", ratio=1, overflow="fold")
    for row in rows:
        table.add_row(
            Text(row.event, "bold" if row.is_held else ""),
            usd(-row.loss_usd_est),
            "-" if row.coverage is None else f"{row.coverage:.0%}",
            _say_forecast(row, wide=wide),
            usd(row.premium_usd),
            Text(row.next, _tone(row)),
        )
    return table


def _tone(row: Row) -> str:
    if row.is_amiss:
        return "yellow"
    return "" if row.is_held else "dim"


def _say_forecast(row: Row, *, wide: bool) -> str:
    if row.forecast is None:
        return "not known"
    own = percent(row.forecast.probability)
    return f"{own} ({percent(row.forecast.market)})" if wide else own


def _render_news(entry: LifecycleEntry, *, width: int) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{moment(entry.at)}  ", "dim")
    line.append(f"{entry.kind.replace('_', ' '):<10}", _TONES.get(entry.kind, ""))
    line.append(f"  {entry.event}  ", "bold")
    line.append(entry.text)
    line.truncate(width, overflow="ellipsis")
    return line


def _clip(text: str, width: int, style: str) -> Text:
    line = Text(" ".join(text.split()), style, no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return line

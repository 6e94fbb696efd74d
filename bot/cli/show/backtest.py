"""What came of a backtest, for people; the report has the figures that it is judged by."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bot.app.backtest import Backtest
from bot.cli.show.replay import render_summary


def render_backtest(found: Backtest, *, width: int) -> Iterator[RenderableType]:
    """Yield the figures, then what must be known to judge them."""
    venue = found.run.venue
    if not venue.is_tradable:
        text = f"{venue.name} is another venue and cannot be traded by this program."
        yield Text(f"{text} Never add these figures to those of Polymarket.", "yellow")
    yield from render_summary(found.summary, width=width)
    for fault in found.run.faults:
        yield Text(f"In the recording: {fault}", "yellow")
    for hole in found.run.holes:
        yield Text(hole, "yellow")

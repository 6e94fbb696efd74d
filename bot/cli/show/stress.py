"""Stresses in the terminal: a line of figures for each, then a sentence for each."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from bot.app.stress import Episode
from bot.cli.show.tables import make_table
from bot.cli.show.words import instant, percent, usd
from bot.core.stress import Stressed
from bot.core.today import Today


def render_stress(
    today: Today, found: Sequence[Stressed], *, width: int
) -> Iterator[RenderableType]:
    """Yield the figures, the sentences, and what is not known."""
    view = today.view
    held = len(today.hedges)
    yield Text(f"{instant(view.now)} · {held} hedges held · worth in USD")
    if not held:
        yield Text("No hedge is held: both sides are the same in all that follows.", "yellow")
    for event in today.unknown:
        text = f"{event}: nothing is known of it; but for its own line it is left out"
        yield Text(text, "yellow")
    yield ""
    yield make_table(
        ("scenario", "unhedged", "hedged", "brings", "late", "exit cost", "uncovered"),
        [
            (
                each.name,
                _whole(each.unhedged_usd_est),
                _whole(each.hedged_usd_est),
                _whole(each.brings_usd_est),
                _whole(each.late_usd_est),
                _whole(each.exit_cost_usd_est),
                _whole(each.uncovered_usd_est),
            )
            for each in found
        ],
        width=width,
        flexible="scenario",
    )
    yield ""
    yield make_table(
        ("scenario", "what it does"),
        [(each.name, each.sentence) for each in found],
        width=width,
        flexible="what it does",
    )
    unknown = dict.fromkeys(text for each in found for text in each.unknown)
    for text in unknown:
        yield Text(f"Not known: {text}", "yellow")


def _whole(number: float | None) -> str:
    if number is None:
        return "not known"
    return "0" if abs(number) < 0.5 else f"{number:,.0f}"


def render_episodes(found: Sequence[Episode], *, width: int) -> Iterator[RenderableType]:
    """Yield what history did to the portfolio."""
    yield make_table(
        ("episode", "fall", "in USD", "hedged", "what of hedges"),
        [
            (
                each.name,
                "not known" if each.drawdown is None else percent(each.drawdown),
                "-" if each.drawdown_usd_est is None else usd(each.drawdown_usd_est),
                "-" if each.hedged_drawdown is None else percent(each.hedged_drawdown),
                each.sentence,
            )
            for each in found
        ],
        width=width,
        flexible="what of hedges",
    )

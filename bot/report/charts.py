"""The pictures of a report, as SVG that stands inside the page and needs nothing else."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.core.track import FORECAST, SourceScore
from bot.model.signal import MARKET
from bot.report.evidence import CoverDay, Life, Wealth
from bot.report.metrics import drawdowns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIGHT = "#bcbcbc"
ALONE, HEDGED, LOSS, COVERED = "#7a7a7a", "#0b62c4", "#d8a24a", "#2a9d62"
_STYLE = {
    "svg.fonttype": "none",  # words stay words: they can be searched, and the page is small
    "svg.hashsalt": "polyhedge",  # the same ledger gives the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e3e3e3",
    "legend.frameon": False,
}


def draw_wealth(wealth: Wealth) -> str:
    """Return hedged and unhedged wealth, and their difference below, which is what hedging did."""
    with _style():
        figure, (above, below) = _figure(2, height=4.6, ratios=(3, 2))
        above.plot(wealth.days, wealth.alone / 1e3, color=LIGHT, linewidth=4, label="unhedged")
        above.plot(wealth.days, wealth.hedged / 1e3, color=HEDGED, label="hedged, at the bid")
        above.set_ylabel("thousand USD")
        above.legend(loc="upper left")
        gained = wealth.hedged - wealth.alone
        below.plot(wealth.days, gained, color=HEDGED)
        below.fill_between(wealth.days, gained, 0.0, color=HEDGED, alpha=0.15)
        below.axhline(0.0, color="black", linewidth=0.8)
        below.set_ylabel("hedged less\nunhedged, USD")
        return _svg(figure, "Wealth with and without hedges, and the difference")


def draw_drawdowns(wealth: Wealth) -> str:
    """Return how far below its highest day wealth was."""
    with _style():
        figure, (axes,) = _figure(1, height=2.6)
        for series, colour, width, label in (
            (wealth.alone, LIGHT, 4.0, "unhedged"),
            (wealth.hedged, HEDGED, 1.5, "hedged"),
        ):
            below = -100.0 * drawdowns(series)
            axes.plot(wealth.days, below, color=colour, linewidth=width, label=label)
        axes.set_ylabel("% below the peak")
        axes.legend(loc="lower left")
        return _svg(figure, "Drawdowns with and without hedges")


def draw_coverage(covers: Sequence[CoverDay]) -> str:
    """Return what all events together would have cost, and what of it was covered."""
    with _style():
        figure, (axes,) = _figure(1, height=2.6)
        days = np.array([each.day for each in covers], dtype="datetime64[D]")
        losses = np.array([each.exposure_usd_est for each in covers]) / 1e3
        covered = np.array([each.payout_usd_est for each in covers]) / 1e3
        axes.fill_between(days, losses, color=LOSS, alpha=0.35, step="post", label="at stake")
        axes.fill_between(days, covered, color=COVERED, step="post", label="covered")
        axes.set_ylabel("thousand USD")
        axes.set_ylim(bottom=0.0)
        axes.legend(loc="upper left")
        return _svg(figure, "Loss at stake over all events, and how much of it was covered")


def draw_lives(lives: Sequence[Life], *, until: np.datetime64) -> str:
    """Return when each hedge was held; how it ended is its colour."""
    with _style():
        figure, (axes,) = _figure(1, height=0.9 + 0.3 * len(lives))
        names = [life.event for life in lives]
        for row, life in enumerate(lives):
            start = np.datetime64(life.leg.opened_at.replace(tzinfo=None))
            closed = life.leg.closed_at
            end = until if closed is None else np.datetime64(closed.replace(tzinfo=None))
            axes.plot([start, end], [row, row], color=_colour(life), linewidth=8, alpha=0.8)
        axes.set_yticks(range(len(lives)), names)
        axes.set_ylim(len(lives) - 0.5, -0.5)
        axes.grid(visible=False)
        return _svg(figure, "When each hedge was held")


def _colour(life: Life) -> str:
    if life.hit is None:
        return HEDGED
    return COVERED if life.hit else ALONE


def draw_reliability(scores: Sequence[SourceScore]) -> str:
    """Return what was said against what came of it, for the market and for our forecast."""
    with _style():
        figure, (axes,) = _figure(1, height=4.2, width=4.6)
        axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
        for score in scores:
            if score.horizon_days is None and score.source in (MARKET, FORECAST):
                colour = ALONE if score.source == MARKET else HEDGED
                said = [each.said for each in score.bins]
                came = [each.happened for each in score.bins]
                sizes = [20.0 + 12.0 * each.events for each in score.bins]
                axes.scatter(said, came, s=sizes, color=colour, alpha=0.5, label=score.source)
        axes.set_xlabel("said")
        axes.set_ylabel("happened")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.legend(loc="upper left")
        return _svg(figure, "Reliability of the forecasts: on the line, what was said came")


def _style() -> AbstractContextManager[None]:
    import matplotlib as mpl

    found: AbstractContextManager[None] = mpl.rc_context(_STYLE)  # type: ignore[arg-type]
    return found


def _figure(
    rows: int, *, height: float, width: float = 9.0, ratios: Sequence[int] = (1,)
) -> tuple["Figure", "Sequence[Axes]"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes: Any = figure.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=ratios)
    return figure, list(axes[:, 0])


def _svg(figure: "Figure", says: str) -> str:
    """Return the figure with its meaning in words, for whoever cannot see it."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Title": says})
    found = text.getvalue()
    return found[found.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{says}"', 1)

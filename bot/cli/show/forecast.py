"""The track record in words."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bot.app.track import Track
from bot.cli.show.tables import make_table
from bot.cli.show.words import day, percent
from bot.core.track import SourceScore
from bot.ledger.record import Awaited
from bot.model.signal import MARKET

_PROOF = 100
"""Resolved markets below which a difference is plumbing, not proof. HEDGING section 4.1."""


def render_track(track: Track, *, width: int) -> Iterator[RenderableType]:
    """Yield what is forecast now, then the scores, then what was learned."""
    if not track.awaited and not track.resolved:
        yield Text("No forecast is recorded yet; `polyhedge run` records one a day and market.")
        return
    yield _render_awaited(track.awaited, width=width)
    for event, notes in sorted(track.weaknesses.items()):
        yield Text(f"{event}: {'; '.join(notes)}", "yellow")
    yield Text()
    if not track.scores:
        yield Text("None of them has resolved yet: there is no score.", "dim")
        return
    yield _render_scores(track.scores, width=width)
    yield Text(
        "gain: log score above the market's at the same instants, thousandths; the interval holds"
        " 95% of resamples by event",
        "dim",
    )
    if track.resolved < _PROOF:
        text = f"{track.resolved} resolved markets prove nothing yet: some {_PROOF} are needed."
        yield Text(text, "yellow")
    yield from _render_learned(track)


def _render_awaited(awaited: tuple[Awaited, ...], *, width: int) -> RenderableType:
    rows = [
        (
            each.event,
            day(each.at),
            day(each.ends_at) if each.ends_at else "-",
            percent(each.market),
            percent(each.probability),
            ", ".join(f"{name} {percent(said)}" for name, said in sorted(each.estimates.items()))
            or "-",
        )
        for each in awaited
    ]
    titles = ("event", "of", "ends", "market", "forecast", "signals")
    return make_table(titles, rows, width=width, flexible="signals")


def _render_scores(scores: tuple[SourceScore, ...], *, width: int) -> RenderableType:
    rows = [
        (
            each.source,
            "first" if each.horizon_days is None else f"{each.horizon_days} d",
            str(each.markets),
            str(each.events),
            f"{each.brier:.4f}",
            f"{each.log_score:.4f}",
            "" if each.source == MARKET else _say_gain(each),
        )
        for each in scores
    ]
    titles = ("source", "before end", "markets", "events", "Brier", "log score", "gain")
    return make_table(titles, rows, width=width, flexible="gain")


def _say_gain(score: SourceScore) -> str:
    mean, low, high = (1000 * number for number in score.gain)
    if score.events == 1:
        return f"{mean:+.1f} (one event)"
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"


def _render_learned(track: Track) -> Iterator[RenderableType]:
    for category, found in sorted(track.learned.calibrations.items()):
        name = f", category {category}" if category else ""
        yield Text(
            f"learned of the market{name}: log-odds {found.intercept:+.3f} and slope"
            f" {found.slope_change:+.3f}, from {found.events} markets"
        )
    for name, lesson in sorted(track.learned.signals.items()):
        yield Text(
            f"learned of {name}: weight {lesson.weight_change:+.3f}, from {lesson.events} markets"
        )

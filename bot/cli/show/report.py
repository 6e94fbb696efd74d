"""The hedge report in the terminal: promises, figures, what it rests on; the page has the rest."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bot.cli.show.tables import make_table
from bot.report.evidence import Evidence
from bot.report.findings import Findings
from bot.report.page import premium_of, span_of, title_of, warnings_of
from bot.report.words import ended, figure, held, interval, usd


def render_report(evidence: Evidence, found: Findings, *, width: int) -> Iterator[RenderableType]:
    """Yield the parts: what limits all figures first, what they rest on last."""
    yield Text(title_of(evidence), "bold")
    yield span_of(evidence)
    for text in warnings_of(evidence):
        yield Text(text, "yellow")
    yield ""
    yield make_table(
        ("promise", "promised", "measured", "95% interval", "kept?"),
        [
            (each.name, each.promised, figure(each.finding), interval(each.finding), each.met)
            for each in found.claims
        ],
        width=width,
        flexible="promise",
    )
    yield ""
    yield make_table(
        ("figure", "measured", "95% interval"),
        [(each.name, figure(each), interval(each)) for each in found.figures],
        width=width,
        flexible="figure",
    )
    if found.why_no_intervals:
        yield Text(found.why_no_intervals, "yellow")
    yield from _lives(evidence, width=width)
    yield ""
    yield premium_of(evidence)
    yield found.power


def _lives(evidence: Evidence, *, width: int) -> Iterator[RenderableType]:
    if not evidence.lives:
        return
    yield ""
    yield make_table(
        ("hedge", "held", "premium", "sold for", "paid out", "ended"),
        [
            (
                life.event,
                held(life),
                usd(life.leg.premium_usd),
                usd(life.leg.sold_usd),
                usd(life.leg.payout_usd),
                ended(life),
            )
            for life in evidence.lives
        ],
        width=width,
        flexible="ended",
        left=("held",),
    )

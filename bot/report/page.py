"""The hedge report as one HTML file: no network, no script, every text from outside escaped."""

from datetime import datetime
from importlib.resources import files

from bot.report.attainable import KINDS, ROWS, nearest_row
from bot.report.charts import (
    draw_coverage,
    draw_drawdowns,
    draw_lives,
    draw_reliability,
    draw_wealth,
)
from bot.report.evidence import Evidence
from bot.report.findings import Findings
from bot.report.words import ended, figure, held, horizon, interval, percent, usd

_MODES = {"live": "live trading", "paper": "paper trading", "replay": "history"}
_PLAIN = (
    "Hedging costs money. Hedges are counted at the bid, which is what they would have brought; at"
    " the mid they look better than they are."
)


def title_of(evidence: Evidence) -> str:
    """Return the heading."""
    of = _MODES.get(evidence.mode, evidence.mode)
    if evidence.run is not None:
        of = f"a backtest on the history of {evidence.run.venue.name}"
    return f"Hedge report: {of}"


def span_of(evidence: Evidence) -> str:
    """Return from when to when, and on how many days the portfolio had a new price."""
    days = evidence.wealth.days
    if not len(days):
        return "No day with a known price of the whole portfolio"
    left = f", {evidence.left_out} days left out for want of a price" if evidence.left_out else ""
    return f"{days[0]} to {days[-1]}, {len(days)} days of prices{left}"


def warnings_of(evidence: Evidence) -> list[str]:
    """Return what must be known before any figure is read."""
    found = []
    run = evidence.run
    if run is not None and not run.venue.is_tradable:
        name = run.venue.name
        found.append(
            f"{name} is another venue and cannot be traded by this program. Never add these figures"
            " to those of Polymarket."
        )
    if run is not None:
        found += [*run.holes]
        assumed = f"Assumed, not recorded: {run.venue.assumed}."
        found += [assumed, *(f"In the recording: {fault}." for fault in run.faults)]
        if run.carry:
            found.append(
                "Interest lost on money in hedges, holding rewards and the venue's own fees are in"
                f" the hedged figures: {usd(run.carry[-1].total)} over the whole time."
            )
    return found


def premium_of(evidence: Evidence) -> str:
    """Return what was paid beside what may be."""
    paid = sum(float(life.leg.premium_usd) for life in evidence.lives)
    if evidence.premium_budget_usd is None:
        return f"{usd(paid)} were paid."
    return (
        f"{usd(paid)} were paid over the whole time; the budget for any 365 days is"
        f" {usd(evidence.premium_budget_usd)}, by the last prices of the portfolio."
    )


def attainable_of(found: Findings) -> str:
    """Return where this portfolio stands in the table."""
    if found.volatility is None:
        return "How much this portfolio moves is not known yet."
    return (
        f"This portfolio moved by {percent(found.volatility, 0)} a year, its events included: the"
        " marked row is the nearest."
    )


def draw_page(evidence: Evidence, found: Findings, *, now: datetime) -> str:
    """Return the page.

    Args:
        evidence: Of the ledger.
        found: Measured on it.
        now: To which hedges still held are drawn; of the run's clock.
    """
    import numpy as np
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    world = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    words = (ended, figure, held, horizon, interval, percent, usd)
    world.filters |= {word.__name__: word for word in words}
    wealth, scores = evidence.wealth, evidence.scores
    drawn = len(wealth.days) > 0
    until = np.datetime64(now.replace(tzinfo=None))
    here = None if found.volatility is None else nearest_row(found.volatility)
    rows = [
        {"volatility": row.volatility, "pairs": list(zip(row.at_fair, row.at_usual, strict=True))}
        for row in ROWS
    ]
    charts = {
        "wealth_chart": draw_wealth(wealth) if drawn else "",
        "drawdown_chart": draw_drawdowns(wealth) if drawn else "",
        "coverage_chart": draw_coverage(evidence.covers) if evidence.covers else "",
        "lives_chart": draw_lives(evidence.lives, until=until) if evidence.lives else "",
        "reliability_chart": draw_reliability(scores) if scores else "",
    }
    text = files("bot.report").joinpath("page.html").read_text(encoding="utf-8")
    # Only our own drawings are let in as they are; matplotlib escapes the words in them.
    return world.from_string(text).render(
        title=title_of(evidence),
        span=span_of(evidence),
        basis=_PLAIN,
        warnings=warnings_of(evidence),
        found=found,
        lives=evidence.lives,
        carried=evidence.carried,
        refusals=evidence.refusals,
        scores=scores,
        premium=premium_of(evidence),
        attainable=attainable_of(found),
        kinds=KINDS,
        rows=rows,
        here=None if here is None else rows[ROWS.index(here)],
        **{name: Markup(svg) for name, svg in charts.items()},  # noqa: S704
    )

"""Figures of a report as text, the same in the page and in the terminal."""

from decimal import Decimal

from bot.core.track import SourceScore
from bot.report.evidence import Life
from bot.report.findings import Finding
from bot.report.intervals import Interval

UNKNOWN = "unknown"


def percent(share: float, places: int = 2) -> str:
    """Return ``12.34%``; a zero has no sign."""
    text = f"{100.0 * share:.{places}f}%"
    return text.removeprefix("-") if float(text.rstrip("%")) == 0.0 else text


def usd(money: float | Decimal | None) -> str:
    """Return ``1,234.50 USD``."""
    return UNKNOWN if money is None else f"{money:,.2f} USD"


def figure(finding: Finding) -> str:
    """Return what was measured."""
    return UNKNOWN if finding.figure is None else _number(finding.figure, finding.kind)


def interval(finding: Finding) -> str:
    """Return the interval, or a dash."""
    if finding.interval is None:
        return "-"
    return _range(finding.interval, finding.kind)


def held(life: Life) -> str:
    """Return from when to when a hedge was held."""
    start = f"{life.leg.opened_at:%Y-%m-%d}"
    closed = life.leg.closed_at
    return f"{start} to now" if closed is None else f"{start} to {closed:%Y-%m-%d}"


def ended(life: Life) -> str:
    """Return how a hedge ended."""
    if life.leg.closed_at is None:
        return "still held"
    if life.hit is None:
        return "sold before the end"
    return "the event happened: it paid" if life.hit else "the event did not happen"


def horizon(score: SourceScore) -> str:
    """Return at which distance from the end forecasts were scored."""
    if score.horizon_days is None:
        return "first forecast"
    return f"{score.horizon_days} days before" if score.horizon_days > 1 else "1 day before"


def _number(number: float, kind: str) -> str:
    match kind:
        case "share":
            return percent(number)
        case "usd":
            return usd(number)
        case _:
            return f"{number:,.2f}"


def _range(found: Interval, kind: str) -> str:
    return f"{_number(found.low, kind)} to {_number(found.high, kind)}"

"""The figures of a report, each with its interval, what it rests on and what it may not be read as.

Whatever cannot be measured is said to be unknown, with the reason; nothing stands in for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

from bot.report.evidence import Evidence, Life, Wealth
from bot.report.intervals import Drawn, Interval, draw_histories
from bot.report.metrics import (
    DAYS_A_YEAR,
    Floats,
    Year,
    bull_drag,
    deflated_sharpe,
    drawdown_reduction,
    ederington,
    expected_shortfall,
    hedge_efficiency,
    hedges_to_tell,
    in_stress,
    payout_error,
    returns_of,
    sharpe,
    yearly_drag,
    years_of,
)

LEAST_DAYS = 20
"""Of wealth; fewer say nothing of returns."""
_DAY_S = 86_400.0
Pair = Callable[[Floats, Floats], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure."""

    name: str
    kind: str
    """``share`` (0.12 is 12%), ``ratio``, ``usd`` or ``count``."""
    figure: float | None
    interval: Interval | None
    note: str
    """What it means, or why it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is often promised of such hedging, beside what was measured here."""

    name: str
    promised: str
    finding: Finding
    met: str
    """``yes``, ``no`` or ``not shown``: an interval that holds both says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All figures of one ledger."""

    figures: tuple[Finding, ...]
    claims: tuple[Claim, ...]
    years: tuple[Year, ...]
    events: int
    """Independent events whose end is known."""
    hits: int
    block_days: int | None
    """Of the bootstrap; None if there was none."""
    why_no_intervals: str
    power: str
    volatility: float | None
    """Of the portfolio alone, a year."""


def measure(evidence: Evidence, *, variants: int) -> Findings:
    """Return the figures.

    Args:
        evidence: Of the ledger.
        variants: How many sets of options were tried to find this one, itself included.
    """
    wealth, lives = evidence.wealth, evidence.lives
    drawn = _draw(wealth, lives)
    figure = partial(_figure, (wealth, drawn))
    cut = figure("Drawdown reduction", "share", drawdown_reduction, _CUT)
    bull = figure("Bull-market drag", "share", bull_drag, _BULL)
    ended = [life for life in lives if life.hit is not None]
    events = len({life.event for life in ended})
    hits = len({life.event for life in ended if life.hit})
    return Findings(
        figures=(
            cut,
            figure("Hedge efficiency ratio", "ratio", hedge_efficiency, _EFFICIENCY),
            figure("Ederington effectiveness", "share", ederington, _EDERINGTON),
            bull,
            figure("Drag a year, all years", "share", yearly_drag, _DRAG),
            figure("Sharpe ratio, hedged", "ratio", _sharpe_hedged, _SHARPE),
            figure("Sharpe ratio, change", "ratio", _sharpe_change, "hedged less unhedged, paired"),
            _deflated(wealth, variants),
            figure("CVaR 95%, a day, unhedged", "share", _tail_alone, _TAIL),
            figure("CVaR 95%, a day, hedged", "share", _tail_hedged, _TAIL),
            *_money(evidence),
        ),
        claims=(
            _claim("Drawdown down by 30-50%", "30% to 50%", cut, least=0.30),
            _claim("Bull-market drag under 1.5% a year", "under 1.5%", bull, most=0.015),
        ),
        years=years_of(wealth.days, wealth.alone, wealth.hedged),
        events=events,
        hits=hits,
        block_days=None if drawn is None else drawn.block,
        why_no_intervals="" if drawn else _why_none(wealth),
        power=_power(ended, events, hits),
        volatility=_volatility(wealth),
    )


_CUT = "how much less deep the deepest fall was than without hedges"
_BULL = (
    "what hedging took in windows of 252 days in which the portfolio gained over 10%; in good"
    " years the events fail and the premium is lost"
)
_EFFICIENCY = (
    "what the hedges brought on days inside falls deeper than 5%, per USD that they cost on all"
    " others; above 1 they paid for themselves"
)
_EDERINGTON = "how much of the variance of daily returns went away"
_DRAG = "growth a year given up over the whole time, good years and bad; negative is a gain"
_SHARPE = "over a rate of 0"
_TAIL = "mean loss of the worst 5% of days"


def _sharpe_hedged(_alone: Floats, hedged: Floats) -> float | None:
    return sharpe(returns_of(hedged))


def _sharpe_change(alone: Floats, hedged: Floats) -> float | None:
    before, after = sharpe(returns_of(alone)), sharpe(returns_of(hedged))
    return None if before is None or after is None else after - before


def _tail_alone(alone: Floats, _hedged: Floats) -> float | None:
    return expected_shortfall(returns_of(alone))


def _tail_hedged(_alone: Floats, hedged: Floats) -> float | None:
    return expected_shortfall(returns_of(hedged))


def _draw(wealth: Wealth, lives: tuple[Life, ...]) -> Drawn | None:
    lasted = [
        (life.leg.closed_at - life.leg.opened_at).total_seconds() / _DAY_S
        for life in lives
        if life.leg.closed_at is not None
    ]
    days = median(lasted) if lasted else 0.0
    trading = days * DAYS_A_YEAR / 365.0
    return draw_histories(wealth.alone, wealth.hedged, hedge_days=trading)


def _why_none(wealth: Wealth) -> str:
    if len(wealth.days) < 60:
        return f"no intervals: {len(wealth.days)} days of wealth are too few to draw from"
    return "no intervals: they need the extra `volatility` (pip install 'polyhedge[volatility]')"


def _figure(
    histories: tuple[Wealth, Drawn | None], name: str, kind: str, measure_pair: Pair, note: str
) -> Finding:
    wealth, drawn = histories
    if len(wealth.days) < LEAST_DAYS:
        text = f"unknown: {len(wealth.days)} days of wealth are too few"
        return Finding(name=name, kind=kind, figure=None, interval=None, note=text)
    found = measure_pair(wealth.alone, wealth.hedged)
    if found is None:
        text = f"unknown here: {_why_unknown(wealth, name)}"
        return Finding(name=name, kind=kind, figure=None, interval=None, note=text)
    interval = drawn.interval(measure_pair) if drawn else None
    return Finding(name=name, kind=kind, figure=found, interval=interval, note=note)


def _why_unknown(wealth: Wealth, name: str) -> str:
    if name == "Bull-market drag":
        return "no window of 252 days gained over 10%"
    if name == "Hedge efficiency ratio":
        if not in_stress(wealth.alone).any():
            return "the portfolio never fell by more than 5%"
        return "outside of falls the hedges cost nothing"
    return "the portfolio did not move"


def _deflated(wealth: Wealth, variants: int) -> Finding:
    name, returns = "Deflated Sharpe probability", returns_of(wealth.hedged)
    text = (
        f"chance that the hedged Sharpe ratio is above that of the luckiest of {variants} worthless"
        f" {'variant' if variants == 1 else 'variants'}"
    )
    if len(returns) < LEAST_DAYS or not float(np.std(returns)):
        text, known = "unknown: too few days of wealth, or none that moved", None
    else:
        known = deflated_sharpe(returns, variants=variants)
    return Finding(name=name, kind="share", figure=known, interval=None, note=text)


def _money(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what hedges cost and paid, from the money that moved."""
    premium = sum(float(life.leg.premium_usd) for life in evidence.lives)
    sold = sum(float(life.leg.sold_usd) for life in evidence.lives)
    paid = sum(float(life.leg.payout_usd) for life in evidence.lives)
    held = [life for life in evidence.lives if life.leg.closed_at is None]
    days = sum(hedge.covered_days for hedge in evidence.carried)
    years = _years(evidence.wealth)
    wealth = float(np.mean(evidence.wealth.alone)) if len(evidence.wealth.days) else 0.0
    turnover = (premium + sold) / wealth / years if wealth and years else None
    ended = "" if not held else f"; {len(held)} still held and not counted as paid"
    fees = "fees included"
    return (
        _sum("Premium paid", "usd", premium, fees),
        _sum("Got back by sales", "usd", sold, "before the events were decided"),
        _sum("Paid out", "usd", paid, f"by events that happened{ended}"),
        _sum(
            "Payout ratio",
            "ratio",
            (paid + sold) / premium if premium else None,
            f"payouts and sales per USD of premium{ended}" if premium else "nothing was bought",
        ),
        _sum(
            "Cost a covered day",
            "usd",
            (premium - sold) / days if days else None,
            f"over {days:,.0f} covered days of {len(evidence.carried)} events"
            if days
            else "nothing was covered",
        ),
        _sum("Turnover a year", "share", turnover, "of wealth, bought and sold"),
    )


def _sum(name: str, kind: str, figure: float | None, note: str) -> Finding:
    return Finding(name=name, kind=kind, figure=figure, interval=None, note=note)


def _claim(
    name: str, promised: str, finding: Finding, *, least: float = -1e9, most: float = 1e9
) -> Claim:
    met = "not shown"
    if finding.interval is not None:
        inside = (finding.interval.low >= least, finding.interval.high <= most)
        outside = (finding.interval.high < least, finding.interval.low > most)
        met = "yes" if all(inside) else "no" if any(outside) else "not shown"
    return Claim(name=name, promised=promised, finding=finding, met=met)


def _power(ended: list[Life], events: int, hits: int) -> str:
    if not events:
        return "No hedge has come to its end: nothing here says what hedges are worth."
    part = min(max(hits / events, 0.05), 0.95)
    error = payout_error(part, events)
    needed = hedges_to_tell(part, apart=0.1)
    return (
        f"{len(ended)} hedges of {events} independent events came to their end, {hits} of these"
        f" events happened. By chance alone the payout ratio of so few is uncertain by"
        f" +-{error:.2f} (one standard error, at {part:.0%} of events happening). To tell a payout"
        f" ratio of 0.9 from 1.0 takes about {needed:,} events. This shows that the machinery"
        f" works; it does not show an edge."
    )


def _years(wealth: Wealth) -> float:
    return (len(wealth.days) - 1) / DAYS_A_YEAR if len(wealth.days) > 1 else 0.0


def _volatility(wealth: Wealth) -> float | None:
    if len(wealth.days) < LEAST_DAYS:
        return None
    return float(np.std(returns_of(wealth.alone), ddof=1)) * float(np.sqrt(DAYS_A_YEAR))

"""The choice among variants: by the past only, judged on what came after, luck counted.

**Source:** HEDGING section 7; Lopez de Prado (2018) on purged splits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bot.report.metrics import (
    DAYS_A_YEAR,
    Days,
    Floats,
    bull_drag,
    deflated_sharpe,
    drawdown_reduction,
    returns_of,
    sharpe,
)

LEAST_DAYS = 20
"""Of a span that is to say anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One variant's wealth."""

    name: str
    days: Days
    alone: Floats
    hedged: Floats
    premium_usd: float
    brought_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A variant over all of the time."""

    name: str
    certainty_equivalent: float
    """A year, as a part of wealth; against no hedge at all."""
    drawdown_reduction: float | None
    bull_drag: float | None
    premium_usd: float
    brought_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One step of walking forward: chosen on what was known, judged on what came next."""

    learned_until: date
    judged_from: date
    judged_until: date
    chosen: str
    before: float
    """Certainty equivalent of the chosen one where it was chosen, against none."""
    after: float
    """The same, on the days that followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a sweep may say."""

    scores: tuple[Score, ...]
    """Best first."""
    folds: tuple[Fold, ...]
    deflated_sharpe: float | None
    """Of the best, every variant counted."""


def certainty_equivalent(wealth: Floats, *, gamma: float) -> float:
    """Return growth a year less what its risk is worth: ``mean - gamma / 2 variance``."""
    returns = returns_of(wealth)
    each_day = float(np.mean(returns)) - gamma / 2.0 * float(np.var(returns))
    return each_day * DAYS_A_YEAR


def gain_of(tried: Tried, *, gamma: float, inside: slice | None = None) -> float:
    """Return the certainty equivalent of hedging so, less that of not hedging."""
    part = inside or slice(None)
    with_hedges = certainty_equivalent(tried.hedged[part], gamma=gamma)
    return with_hedges - certainty_equivalent(tried.alone[part], gamma=gamma)


def choose(variants: Sequence[Tried], *, gamma: float, folds: int, purge: timedelta) -> Choice:
    """Return all scores, and what choosing by the past would have brought.

    Args:
        variants: Of the same days; at least one.
        gamma: Relative risk aversion.
        folds: Steps of walking forward.
        purge: Left out between what is learned from and what is judged: hedges opened before the
            border live on beyond it.
    """
    scores = sorted(
        (_score(each, gamma) for each in variants),
        key=lambda each: (-each.certainty_equivalent, each.name),
    )
    best = next(each for each in variants if each.name == scores[0].name)
    return Choice(
        scores=tuple(scores),
        folds=tuple(
            fold
            for number in range(folds)
            if (fold := _walk(variants, gamma, number, folds, purge)) is not None
        ),
        deflated_sharpe=_deflate(best, variants),
    )


def _score(tried: Tried, gamma: float) -> Score:
    return Score(
        name=tried.name,
        certainty_equivalent=gain_of(tried, gamma=gamma),
        drawdown_reduction=drawdown_reduction(tried.alone, tried.hedged),
        bull_drag=bull_drag(tried.alone, tried.hedged),
        premium_usd=tried.premium_usd,
        brought_usd=tried.brought_usd,
    )


def _walk(
    variants: Sequence[Tried], gamma: float, number: int, folds: int, purge: timedelta
) -> Fold | None:
    """Return one fold; None if it has too few days on a side."""
    days = variants[0].days
    borders = np.linspace(0, len(days), folds + 2).astype(int)
    learned, last = int(borders[number + 1]), int(borders[number + 2])
    if learned < LEAST_DAYS:
        return None
    first = int(np.searchsorted(days, days[learned - 1] + np.timedelta64(purge.days + 1, "D")))
    if last - first < LEAST_DAYS:
        return None
    past, future = slice(0, learned), slice(first, last)
    chosen = min(variants, key=lambda each: (-gain_of(each, gamma=gamma, inside=past), each.name))
    return Fold(
        learned_until=_date(days[learned - 1]),
        judged_from=_date(days[first]),
        judged_until=_date(days[last - 1]),
        chosen=chosen.name,
        before=gain_of(chosen, gamma=gamma, inside=past),
        after=gain_of(chosen, gamma=gamma, inside=future),
    )


def _deflate(best: Tried, variants: Sequence[Tried]) -> float | None:
    ratios = [sharpe(returns_of(each.hedged)) for each in variants]
    known = [ratio / np.sqrt(DAYS_A_YEAR) for ratio in ratios if ratio is not None]
    returns = returns_of(best.hedged)
    if len(known) < len(variants) or len(returns) < LEAST_DAYS:
        return None
    variance = float(np.var(known, ddof=1)) if len(known) > 1 else None
    return deflated_sharpe(returns, variants=len(variants), variance=variance or None)


def _date(day: np.datetime64) -> date:
    return date.fromisoformat(str(day))

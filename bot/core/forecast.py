"""Our probability of the adverse outcome: the market's, pulled a little by other evidence."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.rounding import round_estimate
from bot.model.decision import Forecast
from bot.model.market import Book
from bot.model.signal import (
    MARKET,
    NOTHING_LEARNED,
    OWN_VIEW,
    Calibration,
    Estimate,
    Learned,
)
from bot.model.strategy import OwnView
from bot.model.units import MILLION

_EDGE = 1e-4
"""Log-odds need a probability off 0 and 1; no market quotes finer than this."""
_MOST_SHIFT = 0.7
"""Signals together move the calibrated market by at most this, in log-odds."""
_MOST_WEIGHT = 0.5
"""Of all signals together."""
THIN, MIDDLE, DEEP = 0.10, 0.05, 0.02
"""What a signal weighs before there is a record of it, by how much trades in the market."""
_WIDE, _NARROW = 0.04, 0.01
_LITTLE_USD, _MUCH_USD = 1_000.0, 20_000.0
"""Worth of all orders within 3 cents of the mid. Ours: HEDGING 4.1 goes by the day's volume, which
a book does not show."""
_NEAR = 0.03
_WANTED = 3
"""Sources, the market included."""
_APART = 1.5
"""Effective number of signals below which they count as hanging together: two whose deviations
correlate by more than a third."""
_DAY_S = 86_400.0
_PLAIN = Calibration(intercept=0.0, slope_change=0.0, events=0)


def logit(probability: float) -> float:
    """Return the log-odds of a probability, held within [1e-4, 1 - 1e-4]."""
    held = min(max(probability, _EDGE), 1.0 - _EDGE)
    return math.log(held / (1.0 - held))


def probability_of(log_odds: float) -> float:
    """Undo ``logit``."""
    return 1.0 / (1.0 + math.exp(-log_odds))


def default_slope(days_left: float | None) -> float:
    """Return how much further from even odds the truth is than the market, in log-odds.

    Favourites are under-priced and long shots over-priced, the more so the longer it takes.

    **Source:** HEDGING section 4.2.
    """
    if days_left is None or 7.0 <= days_left <= 180.0:
        return 1.10
    return 1.05 if days_left < 7.0 else 1.15


def days_until(ends_at: datetime | None, now: datetime) -> float | None:
    """Return the days to an end; None without one."""
    return None if ends_at is None else (ends_at - now).total_seconds() / _DAY_S


def calibrate(market: float, days_left: float | None, calibration: Calibration) -> float:
    """Return the log-odds of the market without its usual bias."""
    slope = default_slope(days_left) + calibration.slope_change
    return calibration.intercept + slope * logit(market)


def prior_weight(book: Book) -> float:
    """Return what each signal weighs by liquidity alone: least where the market knows most."""
    depth = _depth_usd(book)
    spread = book.spread
    if spread is None or spread > _WIDE + 1e-9 or depth < _LITTLE_USD:
        return THIN
    return DEEP if spread <= _NARROW + 1e-9 and depth >= _MUCH_USD else MIDDLE


def pool_forecast(
    market: float,
    own_view: OwnView | None,
    estimates: Sequence[Estimate] = (),
    *,
    learned: Learned | None = None,
    category: str = "",
    days_left: float | None = None,
    weight: float = MIDDLE,
) -> Forecast:
    """Return the pooled forecast.

    ``logit p = base + sum w_k (logit s_k - base) + w (logit own - base)``. Without signals the base
    is the market as it is. With any it is the calibrated market, and the signals' sum is held
    within 0.7; the own view weighs what the user says, beside them.

    Args:
        market: Mid of the adverse token's book, strictly between 0 and 1.
        own_view: None leaves the user out.
        estimates: What the strategy's signals say.
        learned: From the track record; None: nothing yet.
        category: Whose calibration to use.
        days_left: To the market's end; None if it names none.
        weight: Of each signal before there is a record of it.

    **Source:** HEDGING section 4.1.
    """
    own_weight = own_view.weight if own_view is not None else 0.0
    if not estimates:
        return _plain_forecast(market, own_view, own_weight)
    known = learned or NOTHING_LEARNED
    base = calibrate(market, days_left, known.calibrations.get(category, _PLAIN))
    weights = _weights(estimates, known, weight)
    pulls = [
        part * (logit(each.probability) - base)
        for part, each in zip(weights, estimates, strict=True)
    ]
    pooled = base + min(max(sum(pulls), -_MOST_SHIFT), _MOST_SHIFT)
    shares = [(each.signal, part) for each, part in zip(estimates, weights, strict=True)]
    said = [logit(each.probability) for each in estimates]
    if own_view is not None and own_weight:
        pooled += own_weight * (logit(own_view.probability) - base)
        shares.append((OWN_VIEW, own_weight))
        said.append(logit(own_view.probability))
    shares.insert(0, (MARKET, 1.0 - sum(part for _, part in shares)))
    return Forecast(
        probability=round_estimate(probability_of(pooled)),
        market=market,
        shares_of=tuple((name, round_estimate(part)) for name, part in shares),
        calibrated=round_estimate(probability_of(base)),
        estimates=tuple(estimates),
        prior_weight=weight,
        spread=_spread([base, *said], [part for _, part in shares], around=pooled),
        notes=find_weaknesses([name for name, _ in shares], estimates, weights, known),
    )


def _plain_forecast(market: float, own_view: OwnView | None, weight: float) -> Forecast:
    """Return the market's probability, pulled by the user's own view if there is one."""
    if own_view is None or weight == 0.0:
        return Forecast(probability=market, market=market, shares_of=((MARKET, 1.0),), notes=_ALONE)
    start, own = logit(market), logit(own_view.probability)
    pooled = start + weight * (own - start)
    return Forecast(
        probability=round_estimate(probability_of(pooled)),
        market=market,
        shares_of=((MARKET, 1.0 - weight), (OWN_VIEW, weight)),
        spread=_spread([start, own], [1.0 - weight, weight], around=pooled),
        notes=_PAIR,
    )


def _few(names: Sequence[str]) -> str:
    return f"only {len(names)} of {_WANTED} sources: {', '.join(names)}"


_ALONE, _PAIR = (_few([MARKET]),), (_few([MARKET, OWN_VIEW]),)


def _weights(estimates: Sequence[Estimate], learned: Learned, prior: float) -> list[float]:
    weights = []
    for each in estimates:
        lesson = learned.signals.get(each.signal)
        change = lesson.weight_change if lesson is not None else 0.0
        weights.append(max(prior + change, 0.0))
    total = sum(weights)
    held = _MOST_WEIGHT / total if total > _MOST_WEIGHT else 1.0
    return [part * held for part in weights]


def _spread(said: Sequence[float], weights: Sequence[float], *, around: float) -> float:
    squares = (part * (each - around) ** 2 for part, each in zip(weights, said, strict=True))
    return round_estimate(math.sqrt(max(sum(squares), 0.0)))


def find_weaknesses(
    names: Sequence[str],
    estimates: Sequence[Estimate],
    weights: Sequence[float],
    learned: Learned,
) -> tuple[str, ...]:
    """Return what makes a forecast weak: too few sources, or signals that hang together.

    Args:
        names: Of all sources, the market included.
        estimates: Of the signals alone.
        weights: Of these.
        learned: How they hung together so far.
    """
    notes = [_few(names)] if len(names) < _WANTED else []
    if len(estimates) > 1:
        notes += _say_independence(estimates, weights, learned.correlations)
    return tuple(notes)


def _say_independence(
    estimates: Sequence[Estimate], weights: Sequence[float], correlations: Mapping[str, float]
) -> list[str]:
    """Return whether the signals hang together, and whether that is measured yet."""
    variance, unmeasured = 0.0, False
    for one, part in zip(estimates, weights, strict=True):
        for other, its_part in zip(estimates, weights, strict=True):
            known = _correlation(one, other, correlations)
            unmeasured |= known is None
            variance += part * its_part * (known or 0.0)
    if variance <= 0.0:
        return ["no signal has any weight: each was worse than the market"]
    effective = sum(weights) ** 2 / variance
    if effective < _APART:
        return [f"{len(estimates)} signals count as {effective:.1f}: they hang together"]
    return ["whether the signals hang together is not measured yet"] if unmeasured else []


def _correlation(one: Estimate, other: Estimate, correlations: Mapping[str, float]) -> float | None:
    """Return how two signals' deviations hang together; None if it was never measured."""
    if one.source == other.source:
        return 1.0
    return correlations.get(pair_key(one.signal, other.signal))


def pair_key(one: str, other: str) -> str:
    """Return the key of two signals in ``Learned.correlations``."""
    return "|".join(sorted((one, other)))


def _depth_usd(book: Book) -> float:
    mid = book.mid
    if mid is None:
        return 0.0
    levels = (
        *zip(book.bid_prices, book.bid_sizes, strict=True),
        *zip(book.ask_prices, book.ask_sizes, strict=True),
    )
    near = (p * s for p, s in levels if abs(p / MILLION - mid) <= _NEAR + 1e-9)
    return sum(near) / MILLION**2

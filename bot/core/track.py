"""The track record in figures: each source against the market, at the same instants.

One forecast per market and horizon counts, not one a day: the days of one market tell the same
story. A horizon goes by the scheduled end as it was known then; the time of resolution was not.

**Source:** HEDGING section 7.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.forecast import days_until
from bot.core.scores import Bin, Gain, brier, log_scores, paired_gain, reliability_bins
from bot.model.signal import MARKET, Scored

HORIZONS_DAYS = (1, 7, 30, 90)
FORECAST = "forecast"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceScore:
    """How good one source was at one horizon."""

    horizon_days: int | None
    """Days before the scheduled end; None: the first forecast of each market."""
    source: str
    """``market``, ``forecast`` (the pooled one), ``own_view`` or a signal."""
    markets: int
    events: int
    """Strategies' events; markets of one event are not independent evidence."""
    brier: float
    log_score: float
    """Mean; 0 is best."""
    gain: Gain
    """Of log score over the market's at the same instants; 0 for the market itself."""
    bins: tuple[Bin, ...]


def score_track(scored: Sequence[Scored]) -> tuple[SourceScore, ...]:
    """Return the score of each source at each horizon that has a forecast, the market first."""
    return tuple(
        found
        for horizon in (None, *HORIZONS_DAYS)
        for found in _score_horizon(horizon, _pick(scored, horizon))
    )


def _pick(scored: Sequence[Scored], horizon: int | None) -> list[Scored]:
    """Return of each market the first forecast, or the last one at least ``horizon`` days early."""
    picked: dict[str, Scored] = {}
    for each in scored:
        if horizon is None:
            picked.setdefault(each.token_id, each)
            continue
        left = days_until(each.ends_at, each.at)
        if left is not None and left >= horizon:
            picked[each.token_id] = each
    return list(picked.values())


def _score_horizon(horizon: int | None, picked: list[Scored]) -> Iterator[SourceScore]:
    if not picked:
        return
    names = sorted({name for each in picked for name in each.estimates})
    yield _score(horizon, MARKET, picked, [each.market for each in picked])
    yield _score(horizon, FORECAST, picked, [each.probability for each in picked])
    for name in names:
        heard = [each for each in picked if name in each.estimates]
        yield _score(horizon, name, heard, [each.estimates[name] for each in heard])


def _score(
    horizon: int | None, source: str, picked: Sequence[Scored], said: Sequence[float]
) -> SourceScore:
    happened = [each.payout for each in picked]
    scores = log_scores(said, happened)
    market = log_scores([each.market for each in picked], happened)
    differences = [one - other for one, other in zip(scores, market, strict=True)]
    return SourceScore(
        horizon_days=horizon,
        source=source,
        markets=len(picked),
        events=len({each.event for each in picked}),
        brier=brier(said, happened),
        log_score=sum(scores) / len(scores),
        gain=paired_gain(differences, [each.event for each in picked]),
        bins=reliability_bins(said, happened),
    )

"""Smooths what the signals add to the market's probability, so that their noise is not traded.

Only the signals' pull is smoothed: the market's own probability and the user's view count at once,
and so does the exposure.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import structs

from bot.core.forecast import logit, probability_of
from bot.core.rounding import round_estimate
from bot.model.decision import Forecast
from bot.model.strategy import OwnView

DECIDED_EVERY = timedelta(days=1)
"""A decision counts once a day: a daemon that looks each minute knows no more for it."""
HALF_LIFE = 3.0
"""Decisions in which a pull that is gone loses half. **Source:** HEDGING section 2."""
_PULL, _AT = "forecast.pull", "forecast.at"


def smooth(
    forecast: Forecast, own_view: OwnView | None, state: Mapping[str, float], now: datetime
) -> Forecast:
    """Return the forecast with its signals' pull smoothed; one without signals stays as it is.

    Args:
        forecast: As it was pooled.
        own_view: Of the strategy; it is not smoothed.
        state: What the event's memory keeps.
        now: Instant of the decision.
    """
    if forecast.calibrated is None:
        return forecast
    base, pooled = logit(forecast.calibrated), logit(forecast.probability)
    own = own_view.weight * (logit(own_view.probability) - base) if own_view is not None else 0.0
    said = pooled - base - own
    pull, last = said, state.get(_PULL)
    if last is not None:
        days = (now.timestamp() - state[_AT]) / DECIDED_EVERY.total_seconds()
        pull = said + (last - said) * 0.5 ** (max(days, 0.0) / HALF_LIFE)
    return structs.replace(
        forecast,
        probability=round_estimate(probability_of(pooled - said + pull)),
        pull=round_estimate(pull),
        unsmoothed=forecast.probability,
    )


def keep_pull(forecast: Forecast, state: Mapping[str, float], now: datetime) -> dict[str, float]:
    """Return what the event's memory keeps of today's pull; empty if it was kept before."""
    if forecast.unsmoothed is None or not is_counted(state.get(_AT), now):
        return {}
    return {_PULL: forecast.pull, _AT: now.timestamp()}


def is_counted(last: float | None, now: datetime) -> bool:
    """Return whether a decision made now counts.

    Args:
        last: When the last one counted, epoch seconds; None if none did.
        now: Instant of this one.
    """
    return last is None or now.timestamp() - last >= DECIDED_EVERY.total_seconds()

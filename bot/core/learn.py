"""What the track record teaches: the market's bias by category, and each signal's weight.

Everything is shrunk toward what is assumed without a record, so that a few events teach little.
Each event counts once, however many of its days were forecast. The own view is not weighed: what
it weighs is the user's to say.

**Source:** HEDGING section 4.1.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from bot.core.forecast import calibrate, days_until, default_slope, logit, pair_key
from bot.core.paths import Floats
from bot.core.rounding import round_estimate
from bot.model.signal import OWN_VIEW, Calibration, Learned, Scored, SignalLesson

CALIBRATION_PENALTY = 20.0
WEIGHT_PENALTY = 50.0
"""Ridge penalties: so much evidence stands for the prior."""
LEAST_COMMON = 20
"""Events that two signals must share before their correlation is believed."""
_MOST_WEIGHT = 0.5
_PLAIN = Calibration(intercept=0.0, slope_change=0.0, events=0)
_STEPS, _LONGEST_STEP, _ENOUGH = 50, 1.0, 1e-10


def learn(scored: Sequence[Scored]) -> Learned:
    """Return what these forecasts of resolved events teach; empty without any."""
    counts = Counter(each.token_id for each in scored)
    shares = np.array([1.0 / counts[each.token_id] for each in scored])
    calibrations = {
        category: _calibration(
            [each for each in scored if each.category == category],
            shares[[each.category == category for each in scored]],
        )
        for category in sorted({each.category for each in scored})
    }
    names = sorted({name for each in scored for name in each.estimates} - {OWN_VIEW})
    deviations = _deviations(scored, names, calibrations)
    return Learned(
        calibrations=calibrations,
        signals=_lessons(scored, names, deviations, shares, calibrations) if names else {},
        correlations=_correlations(scored, names, deviations),
    )


def ridge_logistic(
    features: Floats, outcomes: Floats, offset: Floats, shares: Floats, penalty: float
) -> Floats:
    """Return coefficients that maximise the likelihood minus half the penalty of their squares.

    Args:
        features: Float array (n, k).
        outcomes: (n,), 0 to 1.
        offset: (n,), log-odds that are given.
        shares: (n,), weight of each row.
        penalty: Above 0, so that there is one best answer.
    """
    found = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(offset + features @ found)))
        slope = features.T @ (shares * (outcomes - chance)) - penalty * found
        bend = (features.T * (shares * chance * (1.0 - chance))) @ features
        step = np.linalg.solve(bend + penalty * np.eye(len(found)), slope)
        length = float(np.max(np.abs(step)))
        found = found + step * min(1.0, _LONGEST_STEP / max(length, _ENOUGH))
        if length < _ENOUGH:
            break
    return found


def _calibration(scored: Sequence[Scored], shares: Floats) -> Calibration:
    market = np.array([logit(each.market) for each in scored])
    slopes = np.array([default_slope(days_until(each.ends_at, each.at)) for each in scored])
    found = ridge_logistic(
        np.column_stack([np.ones(len(scored)), market]),
        np.array([each.payout for each in scored]),
        slopes * market,
        shares,
        CALIBRATION_PENALTY,
    )
    return Calibration(
        intercept=round_estimate(float(found[0])),
        slope_change=round_estimate(float(found[1])),
        events=len({each.token_id for each in scored}),
    )


def _base(each: Scored, calibrations: Mapping[str, Calibration]) -> float:
    days = days_until(each.ends_at, each.at)
    return calibrate(each.market, days, calibrations.get(each.category, _PLAIN))


def _deviations(
    scored: Sequence[Scored], names: Sequence[str], calibrations: Mapping[str, Calibration]
) -> Floats:
    """Return each signal's distance from the calibrated market, (n, k); NaN where it was silent."""
    table = np.full((len(scored), len(names)), np.nan)
    for row, each in enumerate(scored):
        base = _base(each, calibrations)
        for column, name in enumerate(names):
            if name in each.estimates:
                table[row, column] = logit(each.estimates[name]) - base
    return table


def _lessons(
    scored: Sequence[Scored],
    names: Sequence[str],
    deviations: Floats,
    shares: Floats,
    calibrations: Mapping[str, Calibration],
) -> dict[str, SignalLesson]:
    heard = np.nan_to_num(deviations)
    priors = np.array([each.prior_weight for each in scored])
    base = np.array([_base(each, calibrations) for each in scored])
    found = ridge_logistic(
        heard,
        np.array([each.payout for each in scored]),
        base + priors * heard.sum(axis=1),
        shares,
        WEIGHT_PENALTY,
    )
    return {
        name: SignalLesson(
            weight_change=round_estimate(min(max(float(change), -_MOST_WEIGHT), _MOST_WEIGHT)),
            events=len({each.token_id for each in scored if name in each.estimates}),
        )
        for name, change in zip(names, found, strict=True)
    }


def _correlations(
    scored: Sequence[Scored], names: Sequence[str], deviations: Floats
) -> dict[str, float]:
    """Return how the signals' deviations hang together, from the mean of each event."""
    rows: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(scored):
        rows[each.token_id].append(place)
    means = np.array([deviations[places].mean(axis=0) for places in rows.values()])
    found: dict[str, float] = {}
    for one in range(len(names)):
        for other in range(one):
            both = means[~np.isnan(means[:, one] + means[:, other])]
            spreads = both[:, [one, other]].std(axis=0) if len(both) >= LEAST_COMMON else (0.0,)
            if min(spreads) > _ENOUGH:
                correlation = np.corrcoef(both[:, one], both[:, other])[0, 1]
                found[pair_key(names[one], names[other])] = round_estimate(float(correlation))
    return found

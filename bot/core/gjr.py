"""GJR-GARCH(1,1) with Student-t shocks, fitted by maximum likelihood on scipy alone.

``arch`` fits the same model; it would bring pandas and statsmodels for one likelihood of a few
lines. It is what this one is compared to: on its own S&P 500 history both reach -6744.43.

**Source:** Glosten, Jagannathan and Runkle (1993); Bollerslev (1987); HEDGING section 5.
"""

from functools import lru_cache
from math import lgamma, log, pi
from typing import NamedTuple

import numpy as np

from bot.core.paths import Filtered, Floats

LEAST_RETURNS = 500
"""Fewer do not tell five parameters apart."""
_MOST_KEPT = 0.999
"""Of a variance, from one step to the next; above, shocks would stay for ever."""
_BACKCAST = 75


class Fit(NamedTuple):
    """Parameters of returns in percent, and how well they fit."""

    mean: float
    omega: float
    alpha: float
    gamma: float
    beta: float
    freedom: float
    log_likelihood: float


def fit_gjr(returns: Floats) -> Fit | None:
    """Return the fit; None if it did not converge or has no long-run variance.

    Args:
        returns: Log or simple returns as fractions, at least ``LEAST_RETURNS``.
    """
    from scipy.optimize import minimize

    percent = 100.0 * returns
    spread = float(np.var(percent))
    start = np.array([float(np.mean(percent)), 0.05 * spread, 0.05, 0.1, 0.85, 8.0])
    bounds = [(None, None), (1e-8 * spread, 10.0 * spread), (0, 1), (0, 1), (0, 1), (2.1, 100.0)]
    kept = {"type": "ineq", "fun": lambda x: _MOST_KEPT - x[2] - x[3] / 2.0 - x[4]}
    found = minimize(
        lambda x: -_log_likelihood(x, percent),
        start,
        method="SLSQP",
        bounds=bounds,
        constraints=[kept],
        options={"maxiter": 200, "ftol": 1e-9},
    )
    mean, omega, alpha, gamma, beta, freedom = (float(number) for number in found.x)
    if not found.success or alpha + gamma / 2.0 + beta >= _MOST_KEPT - 1e-9:
        return None
    return Fit(mean, omega, alpha, gamma, beta, freedom, -float(found.fun))


def filter_gjr(returns: Floats) -> Filtered | None:
    """Take a history apart with the fitted model; None where it cannot be fitted."""
    fit = _remembered_fit(returns.tobytes()) if len(returns) >= LEAST_RETURNS else None
    if fit is None:
        return None
    rest = 100.0 * returns - fit.mean
    variances = _variances(rest, fit.omega, fit.alpha, fit.gamma, fit.beta)
    shocks = rest / np.sqrt(variances[:-1])
    return Filtered(
        shocks=(shocks - np.mean(shocks)) / float(np.std(shocks)),
        variance=float(variances[-1]) / 1e4,
        omega=fit.omega / 1e4,
        alpha=fit.alpha,
        gamma=fit.gamma,
        beta=fit.beta,
    )


@lru_cache(maxsize=64)
def _remembered_fit(returns: bytes) -> Fit | None:
    """Fit once a day and series, not once a cycle: it is most of the time of a simulation."""
    return fit_gjr(np.frombuffer(returns))


def _log_likelihood(parameters: Floats, percent: Floats) -> float:
    mean, omega, alpha, gamma, beta, freedom = (float(number) for number in parameters)
    rest = percent - mean
    variances = _variances(rest, omega, alpha, gamma, beta)[:-1]
    each = lgamma((freedom + 1.0) / 2.0) - lgamma(freedom / 2.0) - log(pi * (freedom - 2.0)) / 2.0
    bent = np.log1p(rest**2 / (variances * (freedom - 2.0)))
    likelihood = len(rest) * each - np.sum(np.log(variances) + (freedom + 1.0) * bent) / 2.0
    return float(likelihood)


def _variances(rest: Floats, omega: float, alpha: float, gamma: float, beta: float) -> Floats:
    """Return the variance before each return and before the next one.

    The recursion is a linear filter of the bent squares, so it runs at the speed of C.
    """
    from scipy.signal import lfilter

    weights = 0.94 ** np.arange(min(_BACKCAST, len(rest)))
    before = float(np.sum(weights * rest[: len(weights)] ** 2) / np.sum(weights))
    bent = omega + (alpha + gamma * (rest < 0.0)) * rest**2
    first = omega + (alpha + gamma / 2.0 + beta) * before
    variances: Floats = lfilter([1.0], [1.0, -beta], np.concatenate(([first], bent)))
    return variances

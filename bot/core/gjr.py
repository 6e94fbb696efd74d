"""GJR-GARCH(1,1) with Student-t shocks, through ``arch``: an extra, so it may be missing.

**Source:** Glosten, Jagannathan and Runkle (1993); Bollerslev (1987); HEDGING section 5.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.core.paths import Filtered, Floats

if TYPE_CHECKING:
    from arch.univariate.base import ARCHModelResult

LEAST_RETURNS = 500
"""Fewer do not tell five parameters apart."""
MISSING = "arch is not installed: pip install 'polyhedge[volatility]'"
_MOST_KEPT = 0.999
"""Of a variance, from one step to the next; above, shocks would stay for ever."""


def filter_gjr(returns: Floats) -> Filtered | str:
    """Take a history apart with the fitted model, or say in a few words why it cannot be fitted.

    Args:
        returns: Log or simple returns as fractions.
    """
    if len(returns) < LEAST_RETURNS:
        return f"{len(returns)} returns, a fit needs {LEAST_RETURNS}"
    try:
        import arch  # noqa: F401 - 1.3 s and 100 MB, paid at the first fit only
    except ImportError:
        return MISSING
    return _remembered(returns.tobytes())


def fit_gjr(returns: Floats) -> "ARCHModelResult":
    """Return the fit of the returns in percent, converged or not; ``arch`` must be there."""
    from arch import arch_model

    model = arch_model(100.0 * returns, vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
    return model.fit(disp="off", show_warning=False)


@lru_cache(maxsize=64)
def _remembered(returns: bytes) -> Filtered | str:
    """Fit once a day and series, not once a cycle: it is most of the time of a simulation."""
    fit = fit_gjr(np.frombuffer(returns))
    omega, alpha, gamma, beta = (
        float(fit.params[name]) for name in ("omega", "alpha[1]", "gamma[1]", "beta[1]")
    )
    if fit.convergence_flag != 0:
        return "the fit did not converge"
    if alpha + gamma / 2.0 + beta >= _MOST_KEPT:
        return "the fit has no long-run variance"
    shocks = np.asarray(fit.std_resid)
    return Filtered(
        shocks=(shocks - np.mean(shocks)) / float(np.std(shocks)),
        variance=float(fit.forecast(horizon=1).variance.to_numpy()[-1, 0]) / 1e4,
        omega=omega / 1e4,
        alpha=alpha,
        gamma=gamma,
        beta=beta,
    )

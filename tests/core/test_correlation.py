"""The corrected average correlation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.core.correlation import average_correlations, corrected
from bot.core.paths import WARM_UP, Floats


@pytest.mark.parametrize(("rise", "seen"), [(1.5, 0.674200), (5.25, 0.821995)])
def test_a_rise_of_variance_alone_is_taken_off(rise: float, seen: float) -> None:
    # HEDGING 9 no. 25: .5 is seen as more when the common variance rises.
    assert 0.5 * math.sqrt((1 + rise) / (1 + rise * 0.25)) == pytest.approx(seen, abs=1e-6)
    assert corrected(seen, rise) == pytest.approx(0.5, abs=1e-6)


def together(rho: float, count: int, *, seed: int = 5, assets: int = 6) -> Floats:
    draw = np.random.default_rng(seed)
    common = draw.standard_normal((count, 1))
    own = draw.standard_normal((count, assets))
    return 0.01 * (math.sqrt(rho) * common + math.sqrt(1 - rho) * own)


def test_a_true_rise_is_seen_within_days() -> None:
    returns = np.vstack([together(0.3, 500), together(0.8, 15, seed=6)])
    found = average_correlations(returns)
    assert len(found) == len(returns) - WARM_UP
    calm = found[200 : 500 - WARM_UP]
    assert calm.mean() == pytest.approx(0.3, abs=0.07)
    assert found[-1] > np.quantile(calm, 0.95)


def test_a_shock_that_only_moves_more_is_no_rise() -> None:
    calm = together(0.5, 500)
    louder = np.vstack([calm, 2.0 * together(0.5, 60, seed=6)])
    found = average_correlations(louder)
    assert found[-1] < float(np.quantile(found[: 500 - WARM_UP], 0.95))


def test_what_comes_later_changes_nothing() -> None:
    returns = together(0.4, 200)
    whole = average_correlations(returns)
    for known in (40, 120, 199):
        assert np.array_equal(average_correlations(returns[:known]), whole[: known - WARM_UP])

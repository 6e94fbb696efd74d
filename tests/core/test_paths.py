"""Filtered histories and what is simulated from them."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from bot.core.gjr import LEAST_RETURNS, MISSING, filter_gjr, fit_gjr
from bot.core.paths import (
    WARM_UP,
    Filtered,
    Floats,
    chance_beyond,
    ewma_variances,
    filter_ewma,
    log_returns,
)
from bot.core.threshold import terminal_probability, touch_probability

YEAR = 252


def normal_returns(count: int = 1500, *, seed: int = 1, sigma: float = 0.6) -> Floats:
    draw = np.random.default_rng(seed)
    return draw.normal(0.0, sigma / math.sqrt(YEAR), count)


def steady(sigma: float = 0.6) -> Filtered:
    """Normal shocks whose volatility never changes: the closed forms hold."""
    grid = (np.arange(4000) + 0.5) / 4000
    shocks = np.array([_quantile(p) for p in grid])
    return Filtered(
        shocks=shocks / shocks.std(),
        variance=sigma**2 / YEAR,
        omega=sigma**2 / YEAR,
        alpha=0.0,
        gamma=0.0,
        beta=0.0,
    )


def _quantile(p: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


@pytest.mark.parametrize(("level", "above"), [(1.1, True), (1.3, True), (0.9, False), (0.7, False)])
@pytest.mark.parametrize("touch", [True, False])
def test_steady_normal_shocks_give_the_closed_forms(level: float, above: bool, touch: bool) -> None:
    distance = math.log(level)
    found = chance_beyond(steady(), distance=distance, above=above, steps=63, touch=touch)
    toward = -0.18 if above else 0.18
    closed = touch_probability if touch else terminal_probability
    exact = closed(distance=abs(distance), sigma=0.6, years=0.25, drift=toward)
    assert found == pytest.approx(exact, abs=0.02)


def test_a_scale_is_another_volatility() -> None:
    plain = chance_beyond(steady(0.6), distance=0.2, above=True, steps=63, touch=False)
    scaled = chance_beyond(steady(0.3), distance=0.2, above=True, steps=63, touch=False, scale=2.0)
    assert scaled == pytest.approx(plain, abs=1e-9)


def test_growth_makes_a_level_above_likelier() -> None:
    chances = [
        chance_beyond(steady(), distance=0.2, above=True, steps=63, touch=False, drift=drift)
        for drift in (-0.001, 0.0, 0.001)
    ]
    assert chances == sorted(chances)
    assert chances[0] < chances[2]


def test_a_higher_price_never_makes_a_level_above_less_likely() -> None:
    history = filter_ewma(normal_returns())
    chances = [
        chance_beyond(history, distance=far, above=True, steps=30, touch=True)
        for far in np.linspace(0.5, -0.1, 25)
    ]
    assert chances == sorted(chances)
    assert 0.0 < chances[0] < chances[-1] < 1.0


def test_the_same_history_gives_the_same_chance() -> None:
    one, other = (
        chance_beyond(filter_ewma(normal_returns()), distance=0.1, above=True, steps=9, touch=True)
        for _ in range(2)
    )
    assert one == other


def test_a_variance_does_not_know_what_comes_later() -> None:
    returns = normal_returns(400)
    whole = ewma_variances(returns)
    for known in (WARM_UP, 100, 399):
        assert np.array_equal(ewma_variances(returns[:known]), whole[: known + 1])


def test_returns_are_logs() -> None:
    assert log_returns(np.array([1.0, math.e, 1.0])) == pytest.approx([1.0, -1.0])


def test_the_mean_variance_goes_from_today_to_the_long_run() -> None:
    history = Filtered(shocks=np.ones(1), variance=4.0, omega=0.1, alpha=0.05, gamma=0.1, beta=0.8)
    assert history.mean_variance(1) == pytest.approx(4.0)
    assert history.mean_variance(10_000) == pytest.approx(1.0, abs=0.01)


def test_a_short_history_is_not_fitted() -> None:
    assert filter_gjr(normal_returns(LEAST_RETURNS - 1)) == "499 returns, a fit needs 500"


def test_without_arch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = normal_returns(seed=11)
    monkeypatch.setitem(sys.modules, "arch", None)
    assert filter_gjr(returns) == MISSING
    monkeypatch.undo()
    assert isinstance(filter_gjr(returns), Filtered)


def test_a_fit_without_a_long_run_is_refused() -> None:
    # A random walk in the variance: persistence at its bound.
    draw = np.random.default_rng(3)
    scale = np.exp(np.cumsum(draw.normal(0.0, 0.05, 1200)))
    returns = 0.01 * scale * draw.standard_normal(1200)
    assert filter_gjr(returns) == "the fit has no long-run variance"


def test_a_fit_that_does_not_converge_is_refused() -> None:
    still_then_wild = np.concatenate((np.zeros(400), normal_returns(400)))
    assert filter_gjr(still_then_wild) == "the fit did not converge"


def test_a_price_that_stood_still_for_long_has_shocks_all_the_same() -> None:
    history = filter_ewma(np.concatenate((np.zeros(400), normal_returns(400))))
    assert np.isfinite(history.shocks).all()
    assert np.abs(history.shocks).max() < 20.0


def test_a_fitted_history_has_shocks_without_scale() -> None:
    returns = sp500()
    history = filter_gjr(returns)
    assert isinstance(history, Filtered)
    assert history.shocks.mean() == pytest.approx(0.0, abs=1e-12)
    assert history.shocks.std() == pytest.approx(1.0)
    # On the last day of 2018 the VIX stood at 25.4.
    assert 100.0 * math.sqrt(history.variance * YEAR) == pytest.approx(28.5, abs=0.1)


def test_the_next_variance_follows_from_the_last_shock() -> None:
    returns = sp500()
    history, fit = filter_gjr(returns), fit_gjr(returns)
    assert isinstance(history, Filtered)
    last = float(fit.resid[-1]) / 100.0
    bent = history.alpha + history.gamma * (last < 0.0)
    before = (float(fit.conditional_volatility[-1]) / 100.0) ** 2
    expected = history.omega + bent * last**2 + history.beta * before
    assert history.variance == pytest.approx(expected, rel=1e-9)


def test_the_fit_on_the_sp500_has_the_known_likelihood() -> None:
    """HEDGING 9, no. 15: arch 8.0.0 on its own data, 1999 to 2018."""
    fit = fit_gjr(sp500())
    assert fit.loglikelihood == pytest.approx(-6744.43, abs=0.01)
    known = {"omega": 0.01294, "alpha[1]": 0.0, "gamma[1]": 0.18562, "beta[1]": 0.89824}
    for name, number in known.items():
        assert fit.params[name] == pytest.approx(number, abs=1e-3)
    assert fit.params["nu"] == pytest.approx(7.691, abs=0.02)


def sp500() -> Floats:
    from arch.data import sp500 as bundled

    prices = bundled.load()["Adj Close"].to_numpy()
    returns: Floats = np.diff(prices) / prices[:-1]
    return returns

"""The no-trade band against the published half-widths, and the multiplier made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.band import (
    ENOUGH,
    LEAST,
    MOST,
    UNKNOWN,
    Wander,
    cost_multiplier,
    half_width,
    myopic_half_width,
)

WIDTHS = st.floats(1.0, 1e5)


def stationary(*, myopic: float, variance: float) -> float:
    """Return the half-width without the part that a target which never moves would have."""
    return float((half_width(myopic=myopic, variance=variance) ** 3 - myopic**3) ** (1.0 / 3.0))


@pytest.mark.parametrize(("cost", "width"), [(0.1, 0.5313), (0.01, 0.2466)])
def test_the_band_is_whalley_and_wilmotts(cost: float, width: float) -> None:
    assert stationary(myopic=cost, variance=1.0) == pytest.approx(width, abs=5e-5)


def test_the_band_is_that_of_gerhold_and_others() -> None:
    # Vector 12: drift 8%, volatility 16%, risk aversion 5, a round trip of 1%.
    gamma, cost = 5.0, 0.01
    target = 0.08 / (gamma * 0.16**2)
    width = stationary(myopic=cost / 2.0 / gamma, variance=(target * (1.0 - target)) ** 2)

    assert target == pytest.approx(0.625)
    assert width == pytest.approx(0.043515, abs=5e-7)
    assert (target - width, target + width) == pytest.approx((0.5815, 0.6685), abs=5e-5)


def test_a_target_that_never_moves_has_the_myopic_band() -> None:
    width = myopic_half_width(cost=0.01, wealth=100_000.0, gamma=4.0, p=0.2)

    assert width == pytest.approx(0.01 * 100_000.0 / (4.0 * 0.16))
    assert half_width(myopic=width, variance=0.0) == pytest.approx(width)


@pytest.mark.parametrize(("noise", "times"), [(0.1, 1.2), (0.2, 1.7), (0.4, 2.8)])
def test_noise_widens_the_band_as_measured(noise: float, times: float) -> None:
    plain = 0.42

    assert half_width(myopic=plain, variance=0.0, noise=noise) / plain == pytest.approx(
        times, abs=0.1
    )


@given(WIDTHS, st.floats(0.0, 1e9), st.floats(0.0, 1e5), st.floats(0.0, 1e5))
def test_more_noise_never_narrows_the_band(
    myopic: float, variance: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))

    narrow = half_width(myopic=myopic, variance=variance, noise=low)
    assert narrow <= half_width(myopic=myopic, variance=variance, noise=high)
    assert narrow >= myopic * (1.0 - 1e-12)


@given(WIDTHS, st.floats(0.0, 1e9), st.floats(0.0, 1e5), st.floats(0.0, 400.0))
def test_the_multiplier_stays_within_its_bounds(
    myopic: float, variance: float, noise: float, days: float
) -> None:
    wander = Wander(target=5.0, daily_variance=variance, decisions=ENOUGH)

    assert LEAST <= cost_multiplier(myopic=myopic, wander=wander, days=days, noise=noise) <= MOST


def test_the_multiplier_is_the_width_of_the_band_over_the_myopic_one() -> None:
    wander = Wander(target=5.0, daily_variance=100.0, decisions=ENOUGH)

    found = cost_multiplier(myopic=50.0, wander=wander, days=60.0)

    assert found == pytest.approx((1.0 + 1.5 * 100.0 * 60.0 / 50.0**2) ** (1.0 / 3.0))


@pytest.mark.parametrize(("decisions", "myopic"), [(0, 50.0), (ENOUGH - 1, 50.0), (ENOUGH, 0.0)])
def test_before_there_is_a_history_the_multiplier_is_the_default(
    decisions: int, myopic: float
) -> None:
    wander = Wander(target=5.0, daily_variance=1e6, decisions=decisions)

    assert cost_multiplier(myopic=myopic, wander=wander, days=60.0) == UNKNOWN


def test_the_first_changes_of_the_target_are_averaged() -> None:
    wander = Wander()
    for target in (100.0, 110.0, 90.0):
        wander = wander.after(target, days=1.0)

    assert wander == Wander(target=90.0, daily_variance=(100.0 + 400.0) / 2.0, decisions=3)


def test_a_change_over_several_days_counts_per_day_and_one_within_a_day_whole() -> None:
    before = Wander(target=100.0, decisions=1)

    assert before.after(110.0, days=4.0).daily_variance == pytest.approx(25.0)
    assert before.after(110.0, days=0.01).daily_variance == pytest.approx(100.0)


def test_old_changes_lose_half_their_weight_in_ten_decisions() -> None:
    wander = Wander(target=0.0, daily_variance=64.0, decisions=1_000)
    for _ in range(10):
        wander = wander.after(0.0, days=1.0)

    assert wander.daily_variance == pytest.approx(32.0)

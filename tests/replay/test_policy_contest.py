"""The default policy beats not hedging where hedges pay, and leaves the rest alone."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.contest_decide import play_decide
from benchmarks.contest_policies import (
    DEFAULT,
    GATED,
    KELLY,
    NONE,
    ORACLE,
    best_shares,
)
from benchmarks.contest_scores import Outcome, certain_growth, compare, join, play
from benchmarks.contest_world import BASE, SMALL, draw
from benchmarks.policy_contest import GAMMAS, LEAST_REFUSED, MOST_LOST, Played
from bot.core.utility import target_shares

pytestmark = pytest.mark.simulation

PATHS = 4_000


@pytest.fixture(scope="module")
def base() -> Played:
    (history,) = draw(BASE, paths=PATHS)
    return {policy: play(policy, history) for policy in (NONE, KELLY, DEFAULT, GATED, ORACLE)}


@pytest.fixture(scope="module")
def small() -> Played:
    (history,) = draw(SMALL, paths=PATHS)
    return {policy: play(policy, history) for policy in (NONE, DEFAULT, GATED)}


@pytest.mark.parametrize("gamma", GAMMAS)
def test_the_default_beats_not_hedging_where_losses_are_large(base: Played, gamma: float) -> None:
    assert compare(base[DEFAULT], base[NONE], gamma).low > 0.0


@pytest.mark.parametrize("gamma", GAMMAS)
def test_edge_over_odds_on_a_noisy_model_is_worse_than_not_hedging(
    base: Played, gamma: float
) -> None:
    assert compare(base[KELLY], base[NONE], gamma).high < 0.0
    assert np.median(base[KELLY].drawdown) > 2.0 * np.median(base[NONE].drawdown)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_nothing_is_better_than_sizing_by_the_truth(base: Played, gamma: float) -> None:
    for policy in (NONE, KELLY, DEFAULT, GATED):
        assert compare(base[ORACLE], base[policy], gamma).low > 0.0


def test_small_exposures_are_left_alone(small: Played) -> None:
    for policy in (DEFAULT, GATED):
        assert small[policy].hedged <= (1.0 - LEAST_REFUSED) * small[policy].offered
        for gamma in GAMMAS:
            assert compare(small[policy], small[NONE], gamma).low > -MOST_LOST


def test_the_premium_of_a_year_stays_near_the_cap(base: Played) -> None:
    # Each purchase is within the cap of the worth of its day, which moves within the year.
    assert base[DEFAULT].turnover.max() < 1.1 * DEFAULT.premium_cap
    assert base[GATED].turnover.mean() > DEFAULT.premium_cap


def test_the_real_decide_buys_what_the_closed_form_does() -> None:
    quiet = replace(BASE, sigma=1e-6, years=2)
    (history,) = draw(quiet, paths=8, seed=2)
    real, twin = play_decide(quiet, history), play(DEFAULT, history)
    assert real.hedged == twin.hedged > 0
    assert real.turnover == pytest.approx(twin.turnover, rel=1e-3)
    assert real.log_wealth == pytest.approx(twin.log_wealth, abs=1e-5)


def test_many_at_once_are_sized_as_one() -> None:
    rng = np.random.default_rng(1)
    p, c = rng.uniform(0.02, 0.9, 50), rng.uniform(0.02, 0.9, 50)
    loss = rng.uniform(0.0, 0.5, 50)
    many = best_shares(p, c, if_not=np.ones(50), loss=loss, gamma=4.3)
    one = [target_shares(p=p[i], c=c[i], wealth=1.0, loss=loss[i], gamma=4.3) for i in range(50)]
    assert many == pytest.approx(np.array(one), abs=1e-12)


def test_certain_growth_of_two_outcomes_is_what_it_is_by_hand() -> None:
    even = Outcome(np.log([0.8, 1.25]), np.zeros(2), np.zeros(2), np.zeros((2, 1)), 2, 0)
    by_hand = ((0.8**-2.0 + 1.25**-2.0) / 2.0) ** -0.5
    assert certain_growth(even, 3.0) == pytest.approx(np.log(by_hand))
    assert compare(even, even, 3.0) == (0.0, 0.0, 0.0)


def test_what_is_drawn_is_as_the_world_says() -> None:
    history = next(draw(BASE, paths=3_000))
    paid = history.bid[:, :, -1]
    assert set(np.unique(paid)) == {0.0, 1.0}
    apart = paid - history.bets.truth
    assert abs(apart.mean()) < 3.0 * apart.std() / np.sqrt(apart.size)
    loss = (
        history.growth[:, :, -1][paid == 0.0].mean() - history.growth[:, :, -1][paid == 1.0].mean()
    )
    assert loss == pytest.approx(history.bets.theta.mean(), rel=0.05)


def test_parts_are_joined_path_by_path() -> None:
    (history,) = draw(replace(BASE, years=1), paths=10)
    one = play(DEFAULT, history)
    both = join([one, one])
    assert both.offered == 2 * one.offered
    assert np.array_equal(both.log_wealth, np.concatenate((one.log_wealth, one.log_wealth)))

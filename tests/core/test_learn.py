"""What a track record teaches, and how little a short one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bot.core.forecast import logit, pool_forecast, probability_of
from bot.core.learn import LEAST_COMMON, learn, ridge_logistic
from bot.core.scores import log_scores
from bot.model.signal import Estimate, Learned, Scored

AT = datetime(2026, 3, 2, tzinfo=UTC)


def world(
    count: int,
    *,
    seed: int,
    market_noise: float,
    noises: dict[str, float],
    shared: float = 0.0,
    weight: float = 0.1,
    bias: float = 1.0,
    category: str = "",
) -> list[Scored]:
    """Events whose truth the market and some signals see through noise, in log-odds."""
    draw = np.random.default_rng(seed)
    found = []
    for place in range(count):
        truth = float(draw.normal(-0.5, 1.5))
        happened = float(draw.random() < probability_of(truth))
        common = float(draw.standard_normal())
        found.append(
            Scored(
                event=f"e{place}",
                token_id=f"t{place}",
                category=category,
                at=AT,
                ends_at=AT + timedelta(days=30),
                market=probability_of((truth + market_noise * draw.standard_normal()) / bias),
                probability=0.5,
                estimates={
                    name: probability_of(
                        truth
                        + noise
                        * (shared**0.5 * common + (1 - shared) ** 0.5 * draw.standard_normal())
                    )
                    for name, noise in noises.items()
                },
                prior_weight=weight,
                payout=happened,
            )
        )
    return found


def gain(learned: Learned, events: list[Scored]) -> float:
    """Return the mean log score above the market's, thousandths."""
    pooled = []
    for each in events:
        said = [
            Estimate(signal=name, probability=p, as_of=AT, source=name, note="")
            for name, p in each.estimates.items()
        ]
        forecast = pool_forecast(
            each.market, None, said, learned=learned, category=each.category,
            days_left=30.0, weight=each.prior_weight,
        )  # fmt: skip
        pooled.append(forecast.probability)
    happened = [each.payout for each in events]
    ours = np.mean(log_scores(pooled, happened))
    return float(1000 * (ours - np.mean(log_scores([e.market for e in events], happened))))


def test_nothing_teaches_nothing() -> None:
    assert learn([]) == Learned()


def test_a_few_events_teach_little() -> None:
    events = world(5, seed=1, market_noise=0.8, noises={"a": 0.8})
    learned = learn(events)
    assert abs(learned.signals["a"].weight_change) < 0.05
    assert abs(learned.calibrations[""].slope_change) < 0.2
    assert learned.signals["a"].events == 5


def test_many_events_raise_a_signal_that_knows_more_than_a_thin_market() -> None:
    events = world(1500, seed=2, market_noise=0.8, noises={"good": 0.7, "noise": 3.0}, weight=0.1)
    learned = learn(events)
    assert learned.signals["good"].weight_change > 0.1
    assert learned.signals["noise"].weight_change < 0.0
    assert (
        gain(learned, world(3000, seed=3, market_noise=0.8, noises={"good": 0.7, "noise": 3.0}))
        > 10
    )


def test_signals_of_a_deep_market_do_little_harm() -> None:
    # HEDGING 4.1 regime A: equal averaging costs 15 thousandths, small shrunk weights next to none.
    noises = {"a": 0.8, "b": 0.9, "c": 1.0}
    past = world(100, seed=4, market_noise=0.35, noises=noises, shared=0.4, weight=0.02, bias=1.1)
    fresh = world(4000, seed=5, market_noise=0.35, noises=noises, shared=0.4, weight=0.02, bias=1.1)
    assert gain(learn(past), fresh) > -3.0


def test_a_compressed_market_is_learned_by_category() -> None:
    events = [
        *world(1500, seed=6, market_noise=0.1, noises={}, bias=1.6, category="politics"),
        *world(1500, seed=7, market_noise=0.1, noises={}, bias=1.1, category="fed"),
    ]
    learned = learn(events)
    assert 1.10 + learned.calibrations["politics"].slope_change == pytest.approx(1.55, abs=0.12)
    assert 1.10 + learned.calibrations["fed"].slope_change == pytest.approx(1.1, abs=0.12)
    assert learned.calibrations["fed"].intercept == pytest.approx(0.0, abs=0.12)
    assert learned.signals == {}


def test_an_event_counts_once_however_often_it_was_forecast() -> None:
    events = world(40, seed=8, market_noise=0.5, noises={"a": 0.5})
    once, often = learn(events), learn([*events, *events, *events])
    assert often.signals["a"].weight_change == pytest.approx(once.signals["a"].weight_change)
    assert often.calibrations[""].slope_change == pytest.approx(once.calibrations[""].slope_change)
    assert often.signals["a"].events == 40


def test_the_own_view_is_not_weighed() -> None:
    events = world(30, seed=9, market_noise=0.5, noises={"own_view": 0.5})
    assert learn(events).signals == {}


def test_signals_that_err_alike_correlate() -> None:
    alike = learn(world(400, seed=10, market_noise=0.3, noises={"b": 1.0, "a": 1.0}, shared=0.9))
    apart = learn(world(400, seed=11, market_noise=0.05, noises={"b": 1.0, "a": 1.0}))
    assert alike.correlations["a|b"] > 0.7
    assert abs(apart.correlations["a|b"]) < 0.2


def test_too_few_common_events_and_constant_deviations_tell_no_correlation() -> None:
    few = world(LEAST_COMMON - 1, seed=12, market_noise=0.3, noises={"a": 1.0, "b": 1.0})
    assert learn(few).correlations == {}
    constant = [
        Scored(
            event=f"e{place}", token_id=f"t{place}", category="", at=AT, ends_at=None,
            market=0.3, probability=0.3, estimates={"a": 0.4, "b": 0.4 + place / 1000},
            prior_weight=0.1, payout=0.0,
        )
        for place in range(LEAST_COMMON)
    ]  # fmt: skip
    assert learn(constant).correlations == {}


def test_a_signal_that_was_silent_does_not_pull() -> None:
    spoken = world(200, seed=13, market_noise=0.6, noises={"a": 0.4})
    silent = world(200, seed=14, market_noise=0.6, noises={})
    learned = learn([*spoken, *silent])
    assert learned.signals["a"].events == 200


def test_the_ridge_has_the_best_answer() -> None:
    draw = np.random.default_rng(15)
    features = draw.standard_normal((300, 2))
    outcomes = (draw.random(300) < 1 / (1 + np.exp(-features @ [2.0, -1.0]))).astype(float)
    offset, shares = np.zeros(300), np.ones(300)

    def value(at: np.ndarray) -> float:
        odds = offset + features @ at
        return float(np.sum(outcomes * odds - np.log1p(np.exp(odds))) - 5.0 * np.sum(at**2))

    best = ridge_logistic(features, outcomes, offset, shares, 10.0)
    for step in (np.array([1e-3, 0.0]), np.array([0.0, 1e-3])):
        assert value(best) > value(best + step)
        assert value(best) > value(best - step)


def test_the_ridge_ends_where_outcomes_are_separable() -> None:
    features = np.array([[-100.0], [100.0]])
    best = ridge_logistic(features, np.array([0.0, 1.0]), np.zeros(2), np.ones(2), 1e-6)
    assert np.isfinite(best).all()


def test_logit_and_its_inverse_agree() -> None:
    assert probability_of(logit(0.3)) == pytest.approx(0.3)

"""Signals: what they say, and when they have nothing to say."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from bot.core.forecast import logit
from bot.core.threshold import touch_probability
from bot.errors import BadData, StaleData
from bot.model.portfolio import Reading
from bot.model.signal import Signal
from bot.rules.signals.base_rate import BaseRate
from bot.rules.signals.hazard import Hazard
from bot.rules.signals.sentiment import Polarity, Sentiment
from bot.rules.signals.vol_implied import Model, VolImplied, When
from tests.rules.series import DAY, LAST, NOW, outlook, rows, serve, walk


async def test_a_base_rate_is_the_share_of_past_cases() -> None:
    signal: Signal = BaseRate(happened=9, of=40)
    get, asked = serve({})
    found = signal.estimate(await signal.fetch(get), outlook())
    assert found.probability == pytest.approx(9.5 / 41)
    assert (found.signal, found.note, found.as_of) == ("base_rate", "9 of 40 past cases", NOW)
    assert asked == []


@pytest.mark.parametrize(("happened", "of"), [(3, 2), (0, 0)])
def test_a_base_rate_needs_cases(happened: int, of: int) -> None:
    with pytest.raises(ValidationError, match="at least as many"):
        BaseRate(happened=happened, of=of)


async def test_a_hazard_falls_from_day_to_day() -> None:
    signal: Signal = Hazard(happened=4, years=9.0)
    get, _ = serve({})
    raw = await signal.fetch(get)
    month = signal.estimate(raw, outlook(days=30))
    assert month.probability == pytest.approx(1 - math.exp(-0.5 * 30 / 365.25))
    assert month.note == "0.5 a year, 30.0 days left"
    assert signal.estimate(raw, outlook(days=10)).probability < month.probability
    assert signal.estimate(raw, outlook(days=-1)).probability == 0.0


def test_a_hazard_needs_an_end() -> None:
    with pytest.raises(BadData, match="names no end"):
        Hazard(happened=1, years=10.0).estimate((), outlook(days=None))


# --- sentiment -----------------------------------------------------------------------------------


def mood(number: float, *, age: timedelta = timedelta(0)) -> dict[str, Reading]:
    return {"news": Reading(name="news", number=number, as_of=NOW - age)}


@pytest.mark.parametrize(
    ("polarity", "sd", "shift"),
    [(Polarity.RARER, 2.0, -0.2), (Polarity.LIKELIER, 2.0, 0.2), (Polarity.RARER, -9.0, 0.3)],
)
async def test_a_mood_moves_the_market_a_little(
    polarity: Polarity, sd: float, shift: float
) -> None:
    signal: Signal = Sentiment(reading="news", better_makes_it=polarity)
    get, _ = serve({})
    found = signal.estimate(await signal.fetch(get), outlook(readings=mood(sd)))
    assert logit(found.probability) == pytest.approx(logit(0.3) + shift, abs=1e-6)
    assert found.source == "reading news"
    assert found.note == f"news is {sd:+.1f} sd from usual: {shift:+.2f} log-odds"


def test_a_mood_that_is_missing_or_old_says_nothing() -> None:
    signal = Sentiment(reading="news", max_age=2 * DAY)
    with pytest.raises(BadData, match="no reading news"):
        signal.estimate((), outlook())
    with pytest.raises(BadData, match="no price of the market"):
        signal.estimate((), outlook(market=None, readings=mood(1.0)))
    with pytest.raises(StaleData, match="2026-02-27 12:00 UTC, older than max_age"):
        signal.estimate((), outlook(readings=mood(1.0, age=3 * DAY)))


# --- vol_implied ---------------------------------------------------------------------------------


async def test_the_price_history_is_asked_for_with_its_lag() -> None:
    signal: Signal = VolImplied(file="all.csv", symbol="BTC", column="close", above=120.0)
    get, asked = serve({"BTC": walk(200)})
    raw = await signal.fetch(get)
    found = signal.estimate(raw, outlook())
    assert asked == [("all.csv", "close", "BTC", DAY)]
    assert (found.signal, found.source, found.as_of) == ("vol_implied", "all.csv BTC", LAST)
    assert "ends above 120 from 100 in 30 steps, volatility" in found.note


@pytest.mark.parametrize("model", list(Model))
def test_a_wandering_price_touches_as_the_closed_form_says(model: Model) -> None:
    signal = VolImplied(file="b", below=85.0, when=When.ANY_TIME, volatility=0.6, model=model)
    found = signal.estimate(walk(1400, seed=7), outlook(days=90))
    exact = touch_probability(
        distance=math.log(100 / 85), sigma=0.6, years=90.5 / 365.25, drift=0.18
    )
    assert found.probability == pytest.approx(exact, abs=0.05)
    assert "touches below 85 from 100" in found.note
    assert "60% a year" in found.note


def test_a_touch_is_likelier_than_an_end_and_a_long_time_than_a_short_one() -> None:
    history = walk(400)
    end = VolImplied(file="b", above=115.0)
    touch = VolImplied(file="b", above=115.0, when=When.ANY_TIME)
    ends, touches, soon = (
        signal.estimate(history, outlook(days=days)).probability
        for signal, days in ((end, 30), (touch, 30), (touch, 5))
    )
    assert soon < ends < touches


def test_an_estimate_says_what_its_volatility_is_by() -> None:
    signal = VolImplied(file="b", above=115.0)
    assert signal.estimate(walk(1200, seed=7), outlook()).note.endswith("a year by gjr_t")
    short = signal.estimate(walk(300), outlook()).note
    assert short.endswith("a year by ewma (299 returns, a fit needs 500)")
    plain = replace_model(signal, Model.EWMA)
    assert plain.estimate(walk(1200, seed=7), outlook()).note.endswith("a year by ewma")


def replace_model(signal: VolImplied, model: Model) -> VolImplied:
    return signal.model_copy(update={"model": model})


def test_only_the_newest_prices_count() -> None:
    signal = VolImplied(file="b", above=115.0)
    long = walk(2500)
    assert signal.estimate(long, outlook()) == signal.estimate(long[-1501:], outlook())


def test_growth_that_is_expected_raises_a_level_above() -> None:
    chances = [
        VolImplied(file="b", above=115.0, drift=drift).estimate(walk(400), outlook(days=200))
        for drift in (-0.1, 0.0, 0.1)
    ]
    assert chances[0].probability < chances[1].probability < chances[2].probability


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs one level"),
        ({"above": 1.0, "below": 2.0}, "needs one level"),
        ({"above": 1.0, "drift": 0.2}, "nobody knows more than 10% a year"),
    ],
)
def test_a_level_and_a_modest_growth_are_needed(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        VolImplied(file="b", **options)


@pytest.mark.parametrize(
    ("days", "shift", "count", "message"),
    [
        (None, 0, 100, "names no end"),
        (30.0, 0, 60, "has 60 prices that were known; 61 are needed"),
        (30.0, 6, 100, "the last price is of 2026-02-23 00:00 UTC, older than max_age"),
    ],
)
def test_what_it_cannot_say_it_does_not_say(
    days: float | None, shift: int, count: int, message: str
) -> None:
    signal = VolImplied(file="b", above=115.0)
    history = walk(count, end=LAST - shift * DAY)
    with pytest.raises((BadData, StaleData), match=message):
        signal.estimate(history, outlook(days=days))


def test_prices_that_cannot_be_are_refused() -> None:
    signal = VolImplied(file="b", above=115.0)
    good = walk(100)
    with pytest.raises(BadData, match="a price was 0; each must be above 0"):
        signal.estimate((*good[:-1], replace(good[-1], number=0.0)), outlook())
    with pytest.raises(BadData, match="the price never moves"):
        signal.estimate(rows(*[5.0] * 100), outlook())

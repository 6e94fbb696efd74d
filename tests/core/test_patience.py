"""What only the signals ask for waits: smoothing, confirmation, cooldown, and what passes them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from bot.core.decide import decide
from bot.core.forecast import logit, pool_forecast
from bot.core.patience import TRADED_AT
from bot.core.smoothing import HALF_LIFE, keep_pull, smooth
from bot.model.decision import Decision, EventDecision, Forecast, Verdict
from bot.model.orders import Side
from bot.model.signal import Calibration, Estimate, Learned, SignalLesson
from bot.model.strategy import CloseRule, OwnView, Strategy
from bot.model.units import Usd
from bot.model.view import View
from tests.core.builders import (
    EVENT,
    REST,
    All,
    Cover,
    codes,
    make_account,
    make_event,
    make_holding,
    make_line,
    make_market_view,
    make_memory,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import START

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LOUD = Learned(
    calibrations={"": Calibration(intercept=0.0, slope_change=-0.10, events=99)},
    signals={"hazard": SignalLesson(weight_change=0.4, events=99)},
)
"""The signal weighs 42%, and the market is believed as it is."""
SMALL = (make_line(fraction=-0.02),)
"""A loss of 1,000 of 100,000 USD: at the market's own probability no share is worth its price."""


def estimate(probability: float) -> Estimate:
    return Estimate(
        signal="hazard", probability=probability, as_of=START, source="quakes", note="counted"
    )


def heard(view: View, probability: float | None) -> View:
    """Return the view with what the signal says; None: it says nothing."""
    estimates = () if probability is None else (estimate(probability),)
    events = tuple(
        replace(each, markets=tuple(replace(m, estimates=estimates) for m in each.markets))
        for each in view.events
    )
    return replace(view, events=events, learned=LOUD)


def signalled(*, sizing: Cover | All | None = None, **given: object) -> tuple[View, Strategy]:
    strategy = make_strategy(sizing=sizing or All(), lines=SMALL, **given)  # type: ignore[arg-type]
    return heard(make_view(), 0.5), strategy


def again(strategy: Strategy) -> Strategy:
    """Return the strategy edited, so that its plan is made again."""
    return replace(strategy, digest=f"{strategy.digest}+")


# Smoothing.


def pooled(probability: float, own_view: OwnView | None = None) -> Forecast:
    return pool_forecast(0.2, own_view, (estimate(probability),), learned=LOUD)


def state_after(forecast: Forecast, at: datetime = START) -> dict[str, float]:
    return keep_pull(forecast, {}, at)


def test_a_forecast_without_signals_is_left_as_it_is() -> None:
    own = OwnView(probability=0.6, weight=0.2)
    plain = pool_forecast(0.2, own)

    assert smooth(plain, own, {"forecast.pull": 1.0, "forecast.at": 0.0}, START) is plain
    assert keep_pull(plain, {}, START) == {}


def test_the_first_forecast_has_nothing_to_be_smoothed_with() -> None:
    said = pooled(0.5)

    smoothed = smooth(said, None, {}, START)

    assert smoothed.probability == pytest.approx(said.probability, rel=1e-9)
    assert smoothed.unsmoothed == said.probability
    assert smoothed.pull == pytest.approx(logit(said.probability) - logit(said.calibrated or 0.0))


def test_a_pull_that_is_gone_has_lost_half_after_three_days() -> None:
    before = smooth(pooled(0.5), None, {}, START)
    silent = pooled(pooled(0.5).calibrated or 0.0)

    later = smooth(silent, None, state_after(before), START + HALF_LIFE * DAY)

    assert later.pull == pytest.approx(before.pull / 2.0, rel=1e-6)
    assert later.probability > silent.probability


def test_however_often_one_looks_the_pull_moves_by_the_time_alone() -> None:
    before = smooth(pooled(0.3), None, {}, START)
    state, at, forecast = state_after(before), START, before
    for _ in range(288):  # every five minutes
        at += timedelta(minutes=5)
        forecast = smooth(pooled(0.5), None, state, at)
        state |= keep_pull(forecast, state, at)

    once = smooth(pooled(0.5), None, state_after(before), START + DAY)
    assert forecast.pull == pytest.approx(once.pull, rel=1e-9)
    assert state["forecast.at"] == (START + DAY).timestamp()


def test_the_market_and_the_own_view_count_at_once() -> None:
    own = OwnView(probability=0.6, weight=0.2)
    before = smooth(pooled(0.5), None, {}, START)

    said = pooled(0.5, own)
    smoothed = smooth(said, own, state_after(before), START + timedelta(minutes=1))

    assert smoothed.probability == pytest.approx(said.probability, rel=1e-6)


def test_a_decision_goes_by_the_smoothed_forecast_and_keeps_its_pull() -> None:
    view, strategy = signalled()
    first = decide(heard(view, 0.2), (strategy,))
    view = heard(next_view(view, first, after=DAY), 0.5)

    event = the_event(decide(view, (strategy,)))

    assert event.forecast is not None
    assert event.forecast.unsmoothed is not None
    assert event.forecast.probability < event.forecast.unsmoothed
    assert event.memory.rule_state["forecast.pull"] == event.forecast.pull


# Confirmation.


def test_a_trade_that_only_a_signal_asks_for_waits_for_the_next_days_decision() -> None:
    view, strategy = signalled()
    assert codes(the_event(decide(heard(view, None), (strategy,))))[0] in (
        "NOT_WORTH_IT",
        "TOO_DEAR",
    )

    first = decide(view, (strategy,))
    second = decide(next_view(view, first, after=DAY), (strategy,))

    assert first.approved == ()
    assert codes(the_event(first))[0] == "UNCONFIRMED"
    assert the_event(first).verdict is Verdict.REFUSE
    assert first.next_wake_at == START + DAY
    assert [each.side for each in second.approved] == [Side.BUY]


def test_planning_every_minute_confirms_nothing() -> None:
    view, strategy = signalled()
    decision = decide(view, (strategy,))
    for _ in range(20):
        decision = decide(view, (strategy,))
        assert decision.approved == ()
        view, strategy = next_view(view, decision, after=timedelta(minutes=1)), again(strategy)

    assert codes(the_event(decision))[0] == "UNCONFIRMED"


def test_a_signal_that_falls_silent_in_between_begins_anew() -> None:
    view, strategy = signalled()
    view = next_view(view, decide(view, (strategy,)), after=HOUR)
    # As if it had never said a thing.
    silent = decide(heard(view, None), (again(strategy),))
    view = heard(next_view(view, silent, after=DAY), 0.5)

    decision = decide(view, (again(again(strategy)),))

    assert codes(the_event(silent))[0] != "UNCONFIRMED"
    assert codes(the_event(decision))[0] == "UNCONFIRMED"


@pytest.mark.parametrize("sizing", [All(), Cover()])
def test_what_the_market_alone_asks_for_waits_for_nothing(sizing: Cover | All) -> None:
    view = heard(make_view(), 0.5)

    assert decide(view, (make_strategy(sizing=sizing),)).approved


def test_a_purchase_that_rests_is_driven_by_signals_above_its_own_price() -> None:
    view, strategy = signalled(execution=REST)
    certain = make_strategy(sizing=All(), execution=REST)

    assert decide(view, (certain,)).approved  # 15,000 USD are at stake
    lines = (make_line(fraction=0.0001),)
    assert not decide(
        view, (replace(strategy, impact=replace(strategy.impact, lines=lines)),)
    ).approved


def test_a_rule_that_decides_alone_is_asked_without_the_signals_too() -> None:
    view = heard(make_view(), 0.5)

    decision = decide(view, (make_strategy(sizing=ByForecast()),))

    assert codes(the_event(decision))[0] == "UNCONFIRMED"


class ByForecast(Cover):
    """Sizing: all of the loss from a forecast of 15% on, as a table of `coverage` has it."""

    def size(self, problem):  # type: ignore[no-untyped-def]
        return Cover(1.0 if problem.probability >= 0.15 else 0.0).size(problem)


def test_a_sale_that_only_a_signal_asks_for_waits_too() -> None:
    view = make_view(
        make_event(make_market_view(bids=(("0.114", "90000"),), asks=(("0.115", "90000"),))),
        account=make_account(positions=(make_position("15000", cost_usd="1500"),)),
    )
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.0)
    alone = the_event(decide(heard(view, None), (strategy,)))

    event = the_event(decide(heard(view, 0.01), (strategy,)))

    assert alone.verdict is Verdict.HOLD
    assert event.verdict is Verdict.HOLD
    assert codes(event)[0] == "UNCONFIRMED"


# What passes.


def test_after_a_jump_of_the_exposure_nothing_waits() -> None:
    view, strategy = signalled()
    view = next_view(view, decide(view, (strategy,)), after=HOUR)
    larger = replace(view, portfolio=make_portfolio(make_holding(usd=60_000.0)))

    decision = decide(larger, (again(strategy),))

    assert [each.side for each in decision.approved] == [Side.BUY]


def test_an_exposure_that_crept_up_passes_nothing() -> None:
    view, strategy = signalled()
    view = next_view(view, decide(view, (strategy,)), after=HOUR)
    larger = replace(view, portfolio=make_portfolio(make_holding(usd=54_000.0)))

    assert decide(larger, (again(strategy),)).approved == ()


def test_no_jump_passes_what_is_not_worth_its_cost() -> None:
    _, strategy = signalled()
    view = make_view(make_event(memory=make_memory(exposure_usd=500.0, digest="old")))

    event = the_event(decide(heard(view, 0.12), (strategy,)))

    assert codes(event)[0] in ("NOT_WORTH_IT", "TOO_DEAR")


# Turnover.


def turned_over(usd: str, **given: object) -> View:
    account = replace(make_account(), turnover_by_event={EVENT: Usd(Decimal(usd))})
    return make_view(account=account, **given)  # type: ignore[arg-type]


def test_what_a_year_bought_and_sold_is_bounded() -> None:
    strategy = make_strategy(max_premium_usd="2000", max_order_usd="500")
    within, beyond = (the_event(decide(turned_over(usd), (strategy,))) for usd in ("7500", "7501"))

    assert within.verdict is Verdict.OPEN
    assert beyond.verdict is Verdict.REFUSE
    assert codes(beyond)[0] == "TURNOVER_SPENT"
    assert beyond.reasons[0].text == (
        "7,501.00 USD were bought and sold in 365 days and 500.00 more would be;"
        " limits.max_turnover_usd is 8,000.00"
    )


def test_the_bound_of_the_turnover_is_an_option() -> None:
    strategy = make_strategy(max_order_usd="500")
    limits = replace(strategy.limits, max_turnover_usd=Usd(Decimal(400)))

    event = the_event(decide(make_view(), (replace(strategy, limits=limits),)))

    assert codes(event)[0] == "TURNOVER_SPENT"


def test_a_jump_of_the_exposure_passes_the_turnover() -> None:
    memory = make_memory(exposure_usd=9_000.0, digest="old")
    view = turned_over("900000")
    view = replace(view, events=(make_event(memory=memory),))

    assert decide(view, (make_strategy(),)).approved


@pytest.mark.parametrize(("before", "passes"), [(13_600.0, True), (13_700.0, False)])
def test_a_jump_is_a_tenth_of_what_was_at_stake(before: float, passes: bool) -> None:
    event = make_event(memory=make_memory(exposure_usd=before, digest="old"))
    view = turned_over("900000")

    decided = the_event(decide(replace(view, events=(event,)), (make_strategy(),)))

    assert (decided.verdict is Verdict.OPEN) is passes


def test_a_spent_turnover_stops_no_exit() -> None:
    account = replace(
        make_account(positions=(make_position("5000"),)),
        turnover_by_event={EVENT: Usd(Decimal(900_000))},
    )
    strategy = make_strategy(close=CloseRule(when_exposure_below_usd=20_000.0))

    assert the_event(decide(make_view(account=account), (strategy,))).verdict is Verdict.CLOSE


# Cooldown.


def traded(hours: float, **state: float) -> Mapping[str, float]:
    """Return a memory of a confirmed signal and a trade some hours ago."""
    known = {"signal.way": 1.0, "signal.since": (START - 2 * DAY).timestamp()}
    return {**known, TRADED_AT: (START - hours * HOUR).timestamp(), **state}


def planned(
    hours: float, strategy: Strategy, *, digest: str = "old", **memory: object
) -> EventDecision:
    kept = make_memory(rule_state=traded(hours), digest=digest, exposure_usd=1_000.0, **memory)  # type: ignore[arg-type]
    return the_event(decide(heard(make_view(make_event(memory=kept)), 0.5), (strategy,)))


def test_after_a_trade_signals_alone_cause_no_other_for_a_day() -> None:
    _, strategy = signalled()

    soon, later = planned(23.0, strategy), planned(24.0, strategy)

    assert codes(soon)[0] == "COOLING_DOWN"
    assert "costs.signal_cooldown is 24h: not before 2026-11-02 13:00 UTC" in soon.reasons[0].text
    assert soon.memory.retry_at == START + HOUR
    assert later.verdict is Verdict.OPEN


def test_the_cooldown_is_an_option() -> None:
    _, strategy = signalled()
    short = replace(strategy, costs=replace(strategy.costs, signal_cooldown=timedelta(0)))

    assert planned(0.5, short).verdict is Verdict.OPEN


def test_what_completes_a_confirmed_plan_does_not_cool_down() -> None:
    _, strategy = signalled()

    begun = {"verdict": "open:WORTH_IT", "unfinished": True}

    event = planned(0.5, strategy, digest=strategy.digest, **begun)

    assert [firing.trigger for firing in event.firings] == ["unfinished"]
    assert event.verdict is Verdict.OPEN


def test_an_order_starts_the_cooldown() -> None:
    decision: Decision = decide(make_view(), (make_strategy(),))

    assert the_event(decision).memory.rule_state[TRADED_AT] == START.timestamp()


def test_a_trade_that_waited_is_looked_at_again_and_the_firing_says_so() -> None:
    view = heard(
        make_view(
            make_event(make_market_view(bids=(("0.114", "90000"),), asks=(("0.115", "90000"),))),
            account=make_account(positions=(make_position("15000", cost_usd="1500"),)),
        ),
        0.01,
    )
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.0)
    view = next_view(view, decide(view, (strategy,)), after=DAY)

    event = the_event(decide(view, (strategy,)))

    assert event.firings[0].text == "waited before: UNCONFIRMED"
    assert event.verdict is Verdict.REDUCE


def test_the_forecast_of_a_decision_says_what_the_signals_said_unsmoothed() -> None:
    view, strategy = signalled()

    forecast = the_event(decide(view, (strategy,))).forecast

    assert forecast is not None
    assert structs.asdict(forecast)["unsmoothed"] == pytest.approx(forecast.probability)

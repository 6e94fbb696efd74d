"""The cost gate: which decisions it counts, how far it opens, and where a trade ends."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from bot.core.case import Case, open_case
from bot.core.decide import decide
from bot.core.forecast import logit, probability_of
from bot.core.gate import count_decision, measure_gate, target_noise
from bot.model.decision import EventDecision, Forecast
from bot.model.strategy import OwnView, Strategy
from bot.model.units import ZERO_USD
from bot.model.view import View
from tests.core.builders import (
    All,
    Cover,
    make_account,
    make_event,
    make_holding,
    make_market_view,
    make_memory,
    make_portfolio,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import START

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
JOINT = make_strategy(sizing=All())
FREELY = make_strategy(sizing=All(), min_benefit_to_cost=0.0)


def decisions(event: EventDecision) -> float:
    return event.memory.rule_state.get("band.decisions", 0.0)


def case_of(view: View, strategy: Strategy = JOINT) -> Case:
    case = open_case(view, view.events[0], strategy)
    assert isinstance(case, Case)
    return case


def settled(**state: float) -> View:
    """Return a view after thirty decisions, the last of them an hour ago."""
    known = {"band.target": 15_000.0, "band.daily_variance": 0.0, "band.decisions": 30.0}
    known["band.at"] = (START - timedelta(hours=1)).timestamp()
    return make_view(make_event(memory=make_memory(rule_state={**known, **state})))


def test_a_daemon_that_plans_every_minute_counts_one_decision_a_day() -> None:
    view = make_view()
    decision = decide(view, (JOINT,))
    for minute in range(20):
        edited = replace(JOINT, digest=f"d{minute}")  # planned again each time
        decision = decide(view, (edited,))
        assert the_event(decision).firings
        view = next_view(view, decision, after=MINUTE, fill=False)

    assert decisions(the_event(decision)) == 1.0
    assert "until 10 days were decided, 1 are" in the_event(decision).sizing_note


def test_a_day_on_which_the_last_plan_stood_counts_too() -> None:
    view, counted = make_view(), []
    for _ in range(4):
        decision = decide(view, (JOINT,))
        counted.append(decisions(the_event(decision)))
        view = next_view(view, decision, after=DAY)

    assert counted == [1.0, 2.0, 3.0, 4.0]


def test_what_the_target_moved_is_kept_by_the_day() -> None:
    view = make_view()
    view = next_view(view, decide(view, (JOINT,)), after=4 * DAY)
    before = view.events[0].memory.rule_state["band.target"]
    view = replace(view, portfolio=make_portfolio(make_holding(usd=52_000.0)))

    state = the_event(decide(view, (JOINT,))).memory.rule_state

    moved = state["band.target"] - before
    assert moved == pytest.approx(600.0)  # 30% of what was bought
    assert state["band.daily_variance"] == pytest.approx(moved**2 / 4.0, rel=1e-4)


def test_only_the_joint_programme_has_a_band_to_count_for() -> None:
    view = make_view()

    assert count_decision(case_of(view, make_strategy(sizing=Cover()))) == {}


def test_a_loss_of_everything_has_no_target_to_count() -> None:
    ruined = make_portfolio(make_holding(usd=-50_000.0), make_holding("TLT", 1.0, sector="bonds"))
    view = make_view(portfolio=ruined, account=make_account(cash_usd="1"))

    assert count_decision(case_of(view)) == {}


def test_a_memory_of_an_earlier_version_goes_on_counting() -> None:
    old = {"band.target": 15_000.0, "band.daily_variance": 4.0, "band.decisions": 12.0}
    view = make_view(make_event(memory=make_memory(rule_state=old)))

    counted = count_decision(case_of(view))

    assert counted["band.decisions"] == 13.0
    assert counted["band.at"] == START.timestamp()


def test_a_restless_target_needs_a_better_bargain() -> None:
    still = measure_gate(case_of(settled(), FREELY))
    restless = measure_gate(case_of(settled(**{"band.daily_variance": 4e6}), FREELY))

    assert still.multiplier == 1.25
    assert still.note == (
        "each change must bring 1.25 times its cost (no-trade band after 30 decisions: 1.25)"
    )
    assert 1.25 < restless.multiplier <= 5.0


def test_a_forecast_whose_sources_disagree_needs_a_better_bargain() -> None:
    agreed = replace(FREELY, own_view=OwnView(probability=0.115, weight=0.2))
    apart = replace(FREELY, own_view=OwnView(probability=0.6, weight=0.2))

    assert target_noise(case_of(settled(), FREELY)) == 0.0
    assert target_noise(case_of(settled(), agreed)) == pytest.approx(0.0, abs=1.0)
    assert target_noise(case_of(settled(), apart)) > 1_000.0
    wide, narrow = (measure_gate(case_of(settled(), each)).multiplier for each in (apart, agreed))
    assert wide > narrow


def test_the_noise_is_half_of_what_the_spread_does_to_the_target() -> None:
    case = case_of(settled(), replace(FREELY, own_view=OwnView(probability=0.6, weight=0.2)))
    above, below = (
        case._replace(forecast=_moved(case, way * case.forecast.spread)) for way in (1.0, -1.0)
    )

    targets = [count_decision(_fresh(each))["band.target"] for each in (above, below)]

    assert target_noise(case) == pytest.approx(abs(targets[0] - targets[1]) / 2.0, rel=1e-4)


def _moved(case: Case, log_odds: float) -> Forecast:
    moved = probability_of(logit(case.forecast.probability) + log_odds)
    return structs.replace(case.forecast, probability=moved)


def _fresh(case: Case) -> Case:
    return case._replace(event=replace(case.event, memory=make_memory()))


def test_a_trade_ends_at_the_near_edge_of_the_band() -> None:
    # No background: one event, all of the portfolio in cash but what the event takes.
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.5, max_share_of_depth=1.0)
    book = make_market_view(bids=(("0.11", "90000"),), asks=(("0.12", "90000"),))
    view = make_view(make_event(book))
    first = decide(view, (strategy,))
    view = next_view(view, first, after=timedelta(hours=7))

    again = the_event(decide(view, (replace(strategy, digest="d2"),)))

    bought = the_event(first)
    assert 0.0 < bought.planned_shares < 15_000.0
    above_mid = bought.ask - 0.115
    # One more share is worth its price and half of its cost once more, not a cent above it.
    assert again.reservation_price == pytest.approx(0.115 + 1.5 * above_mid, abs=2e-5)
    assert again.benefit_usd_est == 0.0


def test_without_a_budget_a_decision_counts_all_the_same() -> None:
    view = make_view()
    view = replace(view, limits=replace(view.limits, premium_budget_usd=ZERO_USD))

    assert decisions(the_event(decide(view, (JOINT,)))) == 1.0

"""What the worst outcomes leave, with and without hedges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.decide import decide
from bot.core.tail import Tail, measure_tail, worst_mean
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.model.view import View
from tests.core.builders import (
    All,
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
)
from tests.fakes import make_market


def calm(view: View) -> View:
    return replace(view, limits=replace(view.limits, volatility=0.0))


def exact(strategy: Strategy) -> Strategy:
    return replace(
        strategy,
        impact=replace(strategy.impact, uncertainty=0.0),
        market=replace(strategy.market, missed=0.0, stray=0.0),
    )


def tail_of(view: View, *strategies: Strategy) -> Tail:
    by_event = {each.event: each for each in strategies}
    found = measure_tail(view, by_event, decide(view, strategies))
    assert found is not None
    return found


def test_the_worst_of_few_outcomes_is_a_part_of_the_next_one_too() -> None:
    wealth = np.array([[50.0], [100.0], [70.0]])
    weights = np.array([0.02, 0.9, 0.08])

    assert worst_mean(wealth, weights, np.ones(1), tail=0.05) == pytest.approx(
        (0.02 * 50.0 + 0.03 * 70.0) / 0.05
    )
    assert worst_mean(wealth, weights, np.ones(1), tail=1.0) == pytest.approx(96.6)


def test_a_loss_shows_and_the_orders_take_most_of_it_away() -> None:
    strategy = exact(make_strategy(sizing=All(), min_benefit_to_cost=0.0, max_share_of_depth=1.0))

    tail = tail_of(calm(make_view()), strategy)

    # 15,000 of 110,000 USD; today's worth holds 11.5% of it.
    assert tail.held_usd_est == pytest.approx(110_000.0 - 0.885 * 15_000.0)
    assert tail.unhedged_usd_est == tail.held_usd_est
    assert tail.planned_usd_est > tail.held_usd_est + 9_000.0


def test_what_is_held_is_taken_out_for_what_it_cost() -> None:
    held = make_account(positions=[make_position("15000", cost_usd="1800")])
    strategy = exact(make_strategy(sizing=All()))

    tail = tail_of(calm(make_view(account=held)), strategy)

    assert tail.unhedged_usd_est == pytest.approx(tail.held_usd_est - 15_000.0 + 1_800.0)
    assert tail.planned_usd_est == tail.held_usd_est


def test_positions_and_orders_of_markets_that_are_not_in_the_picture_change_nothing() -> None:
    other = make_position("500", event="gone", token_id="901", cost_usd="50")
    strategy = exact(make_strategy(sizing=All()))
    view = calm(make_view(account=make_account(positions=[other])))

    with_it = tail_of(view, strategy)
    orders = decide(view, (strategy,))
    strange = replace(
        view, events=(make_event(make_market_view(make_market(token_ids=("7", "8")))),)
    )

    assert with_it.unhedged_usd_est == with_it.held_usd_est
    elsewhere = measure_tail(strange, {strategy.event: strategy}, orders)
    assert elsewhere is not None
    assert elsewhere.planned_usd_est == elsewhere.held_usd_est


def test_without_a_known_event_or_after_ruin_there_is_nothing_to_tell() -> None:
    blind = make_view(make_event(problem="down"))
    strategy = make_strategy(sizing=All())
    shorts = make_portfolio(make_holding(usd=-50_000.0), make_holding("TLT", 60_000.0, sector="b"))
    ruin = make_strategy(lines=(make_line(fraction=3.0),), sizing=All())
    ruined = make_view(make_event(memory=make_memory()), portfolio=shorts)

    assert measure_tail(blind, {strategy.event: strategy}, decide(blind, (strategy,))) is None
    assert measure_tail(ruined, {EventId("fed-hike"): ruin}, decide(ruined, (ruin,))) is None

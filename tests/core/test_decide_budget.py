"""Shared money: who gets it first, who is cut, and what counts as spent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.budget import measure_usage
from bot.core.decide import decide, is_quiet
from bot.model.decision import Decision, EventDecision, Verdict
from bot.model.market import Market
from bot.model.orders import OrderStatus, Side
from bot.model.units import EventId
from bot.model.view import EventView
from tests.core.builders import (
    Cover,
    codes,
    make_account,
    make_event,
    make_limits,
    make_line,
    make_market_view,
    make_order,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import make_market

SECOND = make_market(condition_id="0x02", token_ids=("201", "202"), slug="shutdown")
CHEAP = make_strategy(lines=(make_line(fraction=-0.5),), sizing=Cover(0.2))
POOR = make_strategy(event="border", lines=(make_line(fraction=-0.25),), sizing=Cover(0.4))


def second_event(market: Market = SECOND) -> EventView:
    return make_event(make_market_view(market), event="border")


def by_event(decision: Decision) -> dict[str, EventDecision]:
    return {event.event: event for event in decision.events}


def spent(decision: Decision) -> Decimal:
    return sum((i.notional_usd + i.fee_usd for i in decision.approved), Decimal(0))


def test_without_a_binding_budget_all_get_their_money() -> None:
    decision = decide(make_view(second_event(), make_event()), (CHEAP, POOR))

    assert len(decision.approved) == 2
    assert decision.notes == ()


def test_a_binding_budget_serves_the_best_benefit_per_usd_first() -> None:
    view = make_view(second_event(), make_event(), limits=make_limits(premium_budget_usd="900"))

    decision = decide(view, (POOR, CHEAP))

    events = by_event(decision)
    assert [intent.event for intent in decision.approved] == ["fed-hike", "border"]
    assert spent(decision) <= 900
    assert codes(events["fed-hike"]) == ["WORTH_IT"]
    assert codes(events["border"]) == ["WORTH_IT", "CUT"]
    assert decision.notes == (events["border"].reasons[1],)
    assert "premium_budget leaves" in decision.notes[0].text
    assert "border wants" in decision.notes[0].text


def test_a_spent_budget_refuses_with_its_name() -> None:
    view = make_view(account=make_account(premium_used_usd="100000"))

    decision = decide(view, (make_strategy(),))

    event = the_event(decision)
    assert event.verdict is Verdict.REFUSE
    assert codes(event) == ["BUDGET_SPENT", "WORTH_IT"]
    assert event.reasons[0].text.endswith("gets 0: premium_budget leaves 0.00 USD")
    assert event.memory.token_id == ""
    assert not event.memory.unfinished


def test_too_little_money_says_which_minimum_stops_it() -> None:
    view = make_view(account=make_account(cash_usd="0.70"))

    event = the_event(decide(view, (make_strategy(),)))

    assert codes(event) == ["BUDGET_SPENT", "BELOW_MINIMUM", "WORTH_IT"]
    assert "cash on the venue leaves 0.70 USD" in event.reasons[0].text
    assert "the venue's smallest order that takes is 1 USD" in event.reasons[1].text


@pytest.mark.parametrize(
    ("view", "strategy", "name"),
    [
        (make_view(limits=make_limits(max_total_usd="300")), make_strategy(), "max_total"),
        (make_view(account=make_account(cash_usd="300")), make_strategy(), "cash on the venue"),
        (make_view(), make_strategy(max_premium_usd="300"), "limits.max_premium_usd"),
        (make_view(), make_strategy(max_order_usd="300"), "limits.max_order_usd"),
    ],
)
def test_each_limit_cuts_in_its_own_name(view: object, strategy: object, name: str) -> None:
    decision = decide(view, (strategy,))  # type: ignore[arg-type]

    assert Decimal(290) < spent(decision) <= 300
    assert codes(the_event(decision)) == ["WORTH_IT", "CUT"]
    assert f"{name} leaves 300.00 USD" in the_event(decision).reasons[1].text


def test_only_the_order_limit_leaves_a_plan_unfinished() -> None:
    by_order = decide(make_view(), (make_strategy(max_order_usd="300", sizing=Cover(0.6)),))
    by_event_ = decide(make_view(), (make_strategy(max_premium_usd="300", sizing=Cover(0.6)),))

    assert the_event(by_order).memory.unfinished
    assert not the_event(by_event_).memory.unfinished
    assert by_event_.notes == ()


def test_a_plan_without_money_waits_six_hours_though_the_book_was_thin_too() -> None:
    market = make_market_view(asks=(("0.12", "900"),))
    view = make_view(
        make_event(market),
        account=make_account(positions=(make_position("500"),), premium_used_usd="100000"),
    )

    decision = decide(view, (make_strategy(),))
    soon = next_view(view, decision, after=timedelta(hours=5))
    late = next_view(view, decision, after=timedelta(hours=6))

    assert codes(the_event(decision))[0] == "BUDGET_SPENT"
    assert is_quiet(decide(soon, (make_strategy(),)))
    assert not is_quiet(decide(late, (make_strategy(),)))


def test_money_that_binds_is_not_tied_up_above_the_book() -> None:
    free = decide(make_view(), (make_strategy(sizing=Cover(0.3)),))
    bound = decide(make_view(), (make_strategy(sizing=Cover(0.3), max_order_usd="560.34"),))

    assert free.approved[0].limit > Decimal("0.12")
    assert bound.approved[0].limit == Decimal("0.12")
    assert bound.approved[0].size == Decimal(4_500)
    assert codes(the_event(bound)) == ["WORTH_IT"]


def test_resting_and_unknown_buys_count_as_spent() -> None:
    account = make_account(
        cash_usd="1000",
        positions=(make_position("10", cost_usd="30", event="old"),),
        orders=(
            make_order(size="100", filled="20", limit="0.50", fee_usd="1", event="resting"),
            make_order(size="10", limit="0.40", status=OrderStatus.UNKNOWN, event="unknown"),
            make_order(side=Side.SELL, size="900", limit="0.90", event="sale"),
        ),
        premium_used_usd="7",
        premium_by_event={"resting": "2"},
    )

    usage = measure_usage(make_view(account=account))

    assert usage.reserved == Decimal("40.8") + 4
    assert usage.premium == 7 + usage.reserved
    assert usage.total == 30 + usage.reserved
    assert usage.by_event == {"resting": Decimal("42.8"), "unknown": Decimal(4)}


def test_an_unknown_buy_of_another_event_leaves_less_for_this_one() -> None:
    order = make_order(
        event="other", token_id="9", size="1000", limit="0.70", status=OrderStatus.UNKNOWN
    )
    view = make_view(
        account=make_account(orders=(order,)), limits=make_limits(premium_budget_usd="1000")
    )

    assert spent(decide(view, (make_strategy(),))) <= 300


def test_equal_benefits_are_served_in_the_order_of_their_names() -> None:
    twin = replace(CHEAP, event=EventId("aaa"))
    other = make_event(make_market_view(SECOND), event="aaa")

    decision = decide(make_view(make_event(), other), (CHEAP, twin))

    assert [intent.event for intent in decision.approved] == ["aaa", "fed-hike"]

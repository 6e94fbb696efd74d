"""Offering at the bid first, and taking only after that has had its time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.decide import decide
from bot.model.decision import Decision, Verdict
from bot.model.orders import OrderStatus, OrderType
from bot.model.rule import Sizing
from bot.model.view import View
from tests.core.builders import (
    REST,
    All,
    Cover,
    Moved,
    codes,
    make_account,
    make_event,
    make_holding,
    make_line,
    make_market_view,
    make_memory,
    make_order,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import START, Levels

STRATEGY = make_strategy(execution=REST, triggers={"moved": Moved()})
TEN_MINUTES = timedelta(minutes=10)


def resting(
    view: View,
    decision: Decision,
    *,
    after: timedelta,
    filled: str = "0",
    asks: Levels | None = None,
) -> View:
    """Return the next view, in which the order of ``decision`` rests, filled in part."""
    (intent,) = decision.approved
    order = make_order(
        size=str(intent.size),
        filled=filled,
        limit=str(intent.limit),
        expires_at=intent.expires_at,
    )
    positions = (make_position(filled),) if filled != "0" else ()
    later = next_view(view, decision, after=after, fill=False)
    if asks is not None:
        memory = later.events[0].memory
        market = make_market_view(asks=asks, confirmed_at=later.now)
        later = replace(later, events=(make_event(market, memory=memory),))
    account = replace(later.account, orders=(order,), positions=positions)
    return replace(later, account=account)


def test_a_purchase_rests_first_as_post_only_with_an_end() -> None:
    decision = decide(make_view(), (STRATEGY,))

    (intent,) = decision.approved
    assert intent.order_type is OrderType.GTD
    assert intent.post_only
    assert intent.limit == Decimal("0.11")
    assert intent.size == Decimal(15_000)
    assert intent.fee_usd == 0
    assert intent.expires_at == START + TEN_MINUTES
    assert decision.next_wake_at == START + TEN_MINUTES


@pytest.mark.parametrize("sizing", [Cover(0.1), All(0.1)], ids=["alone", "jointly"])
def test_what_rests_stays_at_the_bid_however_much_a_share_is_worth(sizing: Sizing) -> None:
    strategy = make_strategy(sizing=sizing, execution=REST, lines=(make_line(fraction=-0.9),))

    decision = decide(make_view(), (strategy,))

    (intent,) = decision.approved
    assert the_event(decision).reservation_price > 0.5
    assert intent.post_only
    assert str(intent.limit) == "0.11"
    assert the_event(decision).memory.rested_price == 0.11


def test_an_order_never_rests_shorter_than_the_venue_takes() -> None:
    short = replace(STRATEGY, execution=replace(REST, rest_for=timedelta(seconds=20)))

    (intent,) = decide(make_view(), (short,)).approved

    assert intent.expires_at == START + timedelta(seconds=150)


def test_while_an_order_rests_nothing_is_planned() -> None:
    view = make_view()
    first = decide(view, (STRATEGY,))

    second = decide(resting(view, first, after=timedelta(minutes=5)), (STRATEGY,))

    assert the_event(second).verdict is Verdict.QUIET
    assert not second.cancels
    assert second.next_wake_at == START + TEN_MINUTES


def rested(*, filled: str = "0", asks: Levels | None = None) -> tuple[Decision, Decision]:
    """Rest for the whole time, and return the withdrawal and what follows it."""
    view = make_view()
    waiting = resting(view, decide(view, (STRATEGY,)), after=TEN_MINUTES, filled=filled, asks=asks)
    withdrawal = decide(waiting, (STRATEGY,))
    after = next_view(waiting, withdrawal, after=timedelta(seconds=10))
    return withdrawal, decide(after, (STRATEGY,))


def test_what_has_rested_its_time_is_withdrawn_and_then_taken() -> None:
    withdrawal, take = rested()

    assert withdrawal.cancels == ("0xb1",)
    assert not withdrawal.approved
    assert codes(the_event(withdrawal)) == ["WITHDRAWN"]
    assert withdrawal.next_wake_at == START + TEN_MINUTES + timedelta(seconds=10)
    (intent,) = take.approved
    assert intent.order_type is OrderType.FAK
    assert intent.limit <= Decimal("0.13")  # rested at 11c, max_chase 2c


def test_only_what_did_not_fill_is_taken() -> None:
    _, take = rested(filled="4000")

    event = the_event(take)
    assert event.verdict is Verdict.ADD
    assert event.held_shares == 4_000.0
    assert event.planned_shares == 4_000.0 + float(take.approved[0].size) < 15_000.0


def test_an_ask_past_the_chase_is_not_taken() -> None:
    _, take = rested(asks=(("0.14", "90000"),))

    assert not take.approved
    assert codes(the_event(take)) == ["PAST_CHASE"]
    assert the_event(take).reasons[0].text == (
        "rested at 11.0c, and the ask of 14.0c is above it by more than execution.max_chase 2.0c"
    )


def test_an_order_that_expired_by_itself_is_followed_by_taking() -> None:
    view = make_view()

    gone = next_view(view, decide(view, (STRATEGY,)), after=TEN_MINUTES, fill=False)

    assert decide(gone, (STRATEGY,)).approved[0].order_type is OrderType.FAK


def test_a_trigger_withdraws_what_rests_and_the_new_plan_rests_again() -> None:
    view = make_view()
    waiting = resting(view, decide(view, (STRATEGY,)), after=timedelta(minutes=5))
    memory = replace(waiting.events[0].memory, probability=0.3)
    waiting = replace(waiting, events=(replace(waiting.events[0], memory=memory),))

    withdrawal = decide(waiting, (STRATEGY,))
    plan = decide(next_view(waiting, withdrawal, after=timedelta(seconds=10)), (STRATEGY,))

    assert withdrawal.cancels == ("0xb1",)
    assert not withdrawal.approved
    assert the_event(withdrawal).firings[0].trigger == "moved"
    assert plan.approved[0].order_type is OrderType.GTD


def test_a_hedge_that_rested_whole_rests_again_when_it_is_added_to() -> None:
    view = make_view()
    filled = next_view(view, decide(view, (STRATEGY,)), after=timedelta(minutes=5))
    quiet = decide(filled, (STRATEGY,))
    later = next_view(filled, quiet, after=timedelta(days=3))
    grown = make_portfolio(make_holding(usd=80_000.0), make_holding("TLT", 5e4, sector="bonds"))
    edited = replace(STRATEGY, digest="d2")

    add = decide(replace(later, portfolio=replace(grown, as_of=later.now)), (edited,))

    assert the_event(quiet).memory.rested_at is None
    assert add.approved[0].order_type is OrderType.GTD


def test_a_cancel_that_failed_is_sent_again_and_nothing_else() -> None:
    view = make_view()
    waiting = resting(view, decide(view, (STRATEGY,)), after=TEN_MINUTES)
    withdrawal = decide(waiting, (STRATEGY,))
    stuck = replace(
        next_view(waiting, withdrawal, after=timedelta(seconds=10)), account=waiting.account
    )

    again = decide(stuck, (STRATEGY,))

    assert again.cancels == ("0xb1",)
    assert not again.approved
    assert again.next_wake_at is not None
    assert again.next_wake_at > stuck.now


def test_too_few_shares_to_rest_say_the_minimum_of_resting_orders() -> None:
    portfolio = make_portfolio(make_holding(usd=15.0), make_holding("TLT", 15.0, sector="bonds"))
    view = make_view(portfolio=portfolio, account=make_account(cash_usd="9"))

    event = the_event(decide(view, (STRATEGY,)))

    assert codes(event)[0] == "BELOW_MINIMUM"
    assert event.reasons[0].text == "4.50 shares; the venue's smallest resting order is 5 shares"


def test_an_order_whose_fate_is_unknown_is_never_withdrawn_or_followed() -> None:
    order = make_order(status=OrderStatus.UNKNOWN)
    view = make_view(make_event(memory=make_memory()), account=make_account(orders=(order,)))

    decision = decide(view, (STRATEGY,))

    assert (decision.cancels, decision.approved) == ((), ())
    assert the_event(decision).verdict is Verdict.FROZEN

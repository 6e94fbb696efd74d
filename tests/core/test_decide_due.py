"""When a plan is made again, when it is left alone, and when nothing may be concluded at all."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.core.decide import decide, is_quiet
from bot.core.event import REFUSED_AGAIN, RETRY_AFTER, STUCK_AFTER
from bot.model.decision import Decision, Verdict
from bot.model.market import Quote
from bot.model.orders import OrderStatus
from bot.model.rule import Firing, Situation
from bot.model.view import EventView, MarketView, View
from tests.core.builders import (
    Cover,
    Daily,
    Moved,
    codes,
    make_account,
    make_event,
    make_holding,
    make_limits,
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
from tests.fakes import START, YES, make_book, make_market

STRATEGY = make_strategy()
FIVE_MINUTES = timedelta(minutes=5)


def planned_view(**memory: object) -> View:
    """Return a view whose plan was made an hour ago and is complete."""
    return make_view(
        make_event(memory=make_memory(shares=15_000.0, **memory)),  # type: ignore[arg-type]
        account=make_account(positions=(make_position("15000"),)),
    )


def test_between_two_plans_all_is_quiet() -> None:
    decision = decide(planned_view(), (STRATEGY,))

    event = the_event(decision)
    assert is_quiet(decision)
    assert event.verdict is Verdict.QUIET
    assert event.memory == planned_view().events[0].memory
    assert (event.exposure_usd_est, event.held_shares) == (15_000.0, 15_000.0)


def test_a_quiet_event_wakes_for_its_weekly_review() -> None:
    view = planned_view()

    assert decide(view, (STRATEGY,)).next_wake_at == START + timedelta(days=7) - timedelta(hours=1)


def test_without_a_trigger_a_plan_is_reviewed_weekly() -> None:
    decision = decide(planned_view(run_at=START - timedelta(days=7)), (STRATEGY,))

    assert the_event(decision).firings[0].trigger == "weekly_review"
    assert codes(the_event(decision)) == ["IN_BAND"]


def test_an_edited_strategy_is_planned_at_once() -> None:
    decision = decide(planned_view(), (make_strategy(digest="d2"),))

    assert the_event(decision).firings[0].trigger == "strategy_changed"
    assert the_event(decision).memory.strategy_digest == "d2"


def test_a_trigger_that_fires_makes_the_plan_again() -> None:
    strategy = make_strategy(triggers={"moved": Moved(), "daily": Daily()})

    decision = decide(planned_view(probability=0.4), (strategy,))

    assert [firing.trigger for firing in the_event(decision).firings] == ["moved"]
    assert the_event(decision).memory.rule_state == {"moved": 0.115, "daily": 0.0, "sizing": 1.0}
    assert the_event(decision).memory.probability == 0.115


def test_what_a_trigger_remembers_is_kept_though_all_is_quiet() -> None:
    strategy = make_strategy(triggers={"moved": Moved()})

    decision = decide(planned_view(rule_state={"other": 3.0}), (strategy,))

    assert is_quiet(decision)
    assert the_event(decision).memory.rule_state == {"moved": 0.115, "other": 3.0}


def test_a_trigger_says_when_time_alone_makes_it_fire() -> None:
    strategy = make_strategy(triggers={"daily": Daily()})

    decision = decide(planned_view(), (strategy,))

    assert decision.next_wake_at == START + timedelta(hours=23)


class Resolved:
    """Trigger: the market of the last plan has resolved."""

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        if not situation.resolved:
            return None, 0.0
        return Firing(trigger="resolved", text="", reading=1.0, threshold=1.0), 1.0

    def next_at(self, situation: Situation) -> None:
        return None

    def pause(self) -> timedelta:
        return timedelta(0)


def test_a_trigger_sees_that_the_market_of_the_last_plan_has_resolved() -> None:
    ended = make_market(
        condition_id="0x02",
        token_ids=("201", "202"),
        closed=True,
        payouts=("1", "0"),
        ends_at=START - timedelta(days=1),
    )
    strategy = make_strategy(triggers={"resolved": Resolved()})
    event = make_event(
        make_market_view(ended), make_market_view(), memory=make_memory(token_id="201")
    )

    decision = decide(make_view(event), (strategy,))

    assert [firing.trigger for firing in the_event(decision).firings] == ["resolved"]
    assert the_event(decision).token_id == YES


def test_an_unfilled_plan_is_tried_again_after_a_while() -> None:
    view = make_view()
    first = decide(view, (STRATEGY,))

    soon = decide(next_view(view, first, after=FIVE_MINUTES, fill=False), (STRATEGY,))
    late = decide(next_view(view, first, after=RETRY_AFTER, fill=False), (STRATEGY,))

    assert is_quiet(soon)
    assert soon.next_wake_at == START + RETRY_AFTER
    assert the_event(late).firings[0].trigger == "unfinished"
    assert late.approved


def test_orders_that_keep_finding_nothing_are_tried_less_often() -> None:
    view = make_view()
    first = decide(view, (STRATEGY,))
    late = next_view(view, first, after=RETRY_AFTER, fill=False)

    second = decide(late, (STRATEGY,))

    assert second.approved
    assert second.next_wake_at == late.now + STUCK_AFTER


def test_orders_that_filled_in_part_are_tried_again_soon() -> None:
    view = make_view()
    late = next_view(view, decide(view, (STRATEGY,)), after=RETRY_AFTER, fill=False)
    late = replace(late, account=make_account(positions=(make_position("3000"),)))

    second = decide(late, (STRATEGY,))

    assert second.approved
    assert second.next_wake_at == late.now + RETRY_AFTER


def test_a_hedge_bought_from_a_thin_book_is_added_to_until_it_is_whole() -> None:
    strategy = make_strategy(sizing=Cover(0.5), max_share_of_depth=0.02)
    view = make_view()
    sizes = []
    for _ in range(6):
        decision = decide(view, (strategy,))
        sizes += [intent.size for intent in decision.approved]
        view = next_view(view, decision, after=RETRY_AFTER)

    assert [float(size) for size in sizes] == pytest.approx([2_800, 2_800, 1_900], rel=0.01)


def test_an_order_limit_fills_the_target_over_several_cycles() -> None:
    strategy = make_strategy(max_order_usd="500", sizing=Cover(0.6))
    view = make_view()
    orders = 0
    for _ in range(12):
        decision = decide(view, (strategy,))
        orders += len(decision.approved)
        for intent in decision.approved:
            assert intent.notional_usd + intent.fee_usd <= 500
        view = next_view(view, decision, after=RETRY_AFTER)

    assert orders == 3
    assert float(view.account.positions[0].shares) == pytest.approx(9_000.0, rel=0.05)


def test_a_refusal_is_looked_at_again_after_hours() -> None:
    strategy = make_strategy(lines=(make_line(fraction=-0.02),))
    view = make_view()
    first = decide(view, (strategy,))

    soon = decide(next_view(view, first, after=timedelta(hours=5)), (strategy,))
    late = decide(next_view(view, first, after=REFUSED_AGAIN), (strategy,))

    assert is_quiet(soon)
    assert soon.next_wake_at == START + REFUSED_AGAIN
    assert the_event(late).firings[0].trigger == "looked_again"
    assert the_event(late).firings[0].text == "refused before: TOO_DEAR"


def test_a_plan_that_had_no_money_for_more_is_made_again_when_it_is_due() -> None:
    spent = planned_view(verdict="hold:BUDGET_SPENT")
    waits = planned_view(verdict="hold:BUDGET_SPENT", retry_at=START + FIVE_MINUTES)

    assert the_event(decide(spent, (STRATEGY,))).firings[0].trigger == "looked_again"
    assert is_quiet(decide(waits, (STRATEGY,)))


def test_a_plan_below_the_minimum_is_not_made_again_at_every_cycle() -> None:
    view = make_view(
        portfolio=make_portfolio(make_holding(usd=20.0)), account=make_account(cash_usd="30")
    )

    first = decide(view, (STRATEGY,))

    assert the_event(first).memory.retry_at == START + REFUSED_AGAIN
    assert is_quiet(decide(next_view(view, first, after=timedelta(hours=1)), (STRATEGY,)))


def test_an_event_without_a_market_is_refused_once_and_then_quiet() -> None:
    view = make_view(replace(make_event(), markets=()))
    first = decide(view, (STRATEGY,))

    soon = decide(next_view(view, first, after=FIVE_MINUTES), (STRATEGY,))
    late = decide(next_view(view, first, after=REFUSED_AGAIN), (STRATEGY,))

    assert codes(the_event(first)) == ["NO_MARKET"]
    assert is_quiet(soon)
    assert soon.next_wake_at == START + REFUSED_AGAIN
    assert the_event(late).verdict is Verdict.REFUSE


def test_a_market_that_appears_is_planned_though_the_event_was_refused() -> None:
    view = make_view(replace(make_event(), markets=()))
    later = next_view(view, decide(view, (STRATEGY,)), after=FIVE_MINUTES)
    found = make_event(make_market_view(confirmed_at=later.now), memory=later.events[0].memory)

    assert decide(replace(later, events=(found,)), (STRATEGY,)).approved


def test_an_event_without_a_strategy_is_not_decided() -> None:
    decision = decide(make_view(), ())

    assert decision.events == ()
    assert decision.next_wake_at is None


# Nothing is concluded from what is unknown.


def frozen(view: View) -> Decision:
    """Decide, and check that nothing is sent and nothing forgotten."""
    decision = decide(view, (STRATEGY,))
    event = the_event(decision)
    assert event.verdict is Verdict.FROZEN
    assert not decision.approved
    assert event.memory == view.events[0].memory
    return decision


def with_market(market: MarketView) -> EventView:
    return make_event(market, memory=make_memory(digest="old"))


def market_with_book(**levels: object) -> MarketView:
    book = make_book(**levels)  # type: ignore[arg-type]
    return replace(make_market_view(), quote=Quote(book, START))


@pytest.mark.parametrize(
    ("market", "code", "says"),
    [
        (make_market_view(quoted=False), "NO_BOOK", "was never confirmed"),
        (
            make_market_view(confirmed_at=START - timedelta(seconds=121)),
            "STALE_BOOK",
            "was last confirmed 121 s ago; the limit is 120 s (strategies/fed.yaml: max_quote_age)",
        ),
        (market_with_book(bids=(("0.11", "9"),)), "NO_MID", "one-sided or empty"),
        (market_with_book(asks=(("0.12", "9"),)), "NO_MID", "one-sided or empty"),
        (market_with_book(), "NO_MID", "one-sided or empty"),
        (
            market_with_book(bids=(("0.13", "9"),), asks=(("0.12", "9"),)),
            "PAIR_UNDER_ONE",
            "crossed",
        ),
    ],
)
def test_a_book_that_cannot_be_trusted_freezes_its_event(
    market: MarketView, code: str, says: str
) -> None:
    decision = frozen(make_view(with_market(market)))

    assert codes(the_event(decision)) == [code]
    assert says in the_event(decision).reasons[0].text
    assert "fed-hike-dec (101)" in the_event(decision).reasons[0].text


def test_a_long_token_id_is_shortened_in_words() -> None:
    market = make_market(token_ids=("7" * 70, "8" * 70))

    decision = frozen(make_view(with_market(make_market_view(market, quoted=False))))

    assert "(777777..7777)" in the_event(decision).reasons[0].text


def test_a_source_that_failed_freezes_its_event_and_withdraws_what_rests() -> None:
    event = make_event(memory=make_memory(digest="old"), problem="the venue did not answer")
    view = make_view(event, account=make_account(orders=(make_order(),)))

    decision = frozen(view)

    assert codes(the_event(decision)) == ["SOURCE"]
    assert the_event(decision).reasons[0].text == "the venue did not answer"
    assert decision.cancels == ("0xb1",)
    assert not is_quiet(decision)


@pytest.mark.parametrize("status", [OrderStatus.UNKNOWN, OrderStatus.SUBMITTING])
def test_an_order_of_unknown_fate_freezes_the_whole_event(status: OrderStatus) -> None:
    orders = (
        make_order(token_id="999", status=status, order_id="0xb2"),
        make_order(order_id="0xb3"),
    )
    view = make_view(with_market(make_market_view()), account=make_account(orders=orders))

    decision = frozen(view)

    assert codes(the_event(decision)) == ["UNKNOWN_ORDER"]
    assert "order 0xb2 was sent 2026-11-02 12:00:00 UTC" in the_event(decision).reasons[0].text
    assert decision.cancels == ("0xb3",)


def test_how_long_an_order_of_unknown_fate_blocks_its_token_is_said() -> None:
    ends = START + timedelta(minutes=30)
    rests = make_order(status=OrderStatus.UNKNOWN, expires_at=ends)
    view = make_view(with_market(make_market_view()), account=make_account(orders=(rests,)))

    (reason,) = the_event(frozen(view)).reasons

    assert reason.text.endswith(
        "its fate is not known; it is not sent again, and its token is left alone: it may rest"
        " until 2026-11-02 12:30:00 UTC and is known to be dead two minutes later"
    )


def test_an_order_of_unknown_fate_does_not_freeze_another_event() -> None:
    order = make_order(event="other", token_id="999", status=OrderStatus.UNKNOWN)

    assert decide(make_view(account=make_account(orders=(order,))), (STRATEGY,)).approved


def test_stale_prices_before_the_first_plan_freeze_the_event() -> None:
    view = make_view(portfolio=make_portfolio(as_of=START - timedelta(days=5)))

    decision = frozen(view)

    assert codes(the_event(decision)) == ["STALE_PRICES"]
    assert "there is no earlier exposure to go by" in the_event(decision).reasons[0].text
    assert decision.notes[0].code == "STALE_PRICES"


def test_a_frozen_event_never_asks_to_be_woken_in_the_past() -> None:
    memory = make_memory(retry_at=START - timedelta(hours=1))
    view = make_view(make_event(memory=memory, problem="down"))

    assert frozen(view).next_wake_at is None


def test_a_frozen_event_leaves_the_others_alone() -> None:
    other = replace(make_market(condition_id="0x02", token_ids=("201", "202"), slug="shutdown"))
    view = make_view(
        make_event(problem="down"), make_event(make_market_view(other), event="shutdown")
    )

    decision = decide(view, (STRATEGY, make_strategy(event="shutdown")))

    assert [event.verdict for event in decision.events] == [Verdict.FROZEN, Verdict.OPEN]
    assert [intent.event for intent in decision.approved] == ["shutdown"]


def test_resting_orders_of_a_trigger_that_fired_are_withdrawn_before_planning() -> None:
    strategy = make_strategy(triggers={"moved": Moved()})
    view = make_view(
        make_event(memory=make_memory(probability=0.5)),
        account=make_account(orders=(make_order(),)),
    )

    decision = decide(view, (strategy,))
    after = next_view(view, decision, after=timedelta(seconds=10))
    plan = decide(after, (strategy,))

    assert decision.cancels == ("0xb1",)
    assert not decision.approved
    assert the_event(decision).verdict is Verdict.HOLD
    assert not after.account.orders
    assert the_event(plan).firings[0].trigger == "moved"
    assert plan.approved


@dataclass(frozen=True, slots=True)
class Restless:
    """Trigger: fires whenever it is asked, and then pauses for an hour."""

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        asked = (state or 0.0) + 1.0
        firing = Firing(trigger="restless", text="again", reading=asked, threshold=0.0)
        return firing, asked

    def next_at(self, situation: Situation) -> datetime | None:
        return None

    def pause(self) -> timedelta:
        return timedelta(hours=1)


def test_a_trigger_that_fired_is_not_asked_again_during_its_pause() -> None:
    strategy = make_strategy(triggers={"restless": Restless()})
    event = make_event(memory=make_memory(rule_state={"restless": 4.0}))
    view = make_view(event)
    fired: list[list[float]] = []
    for minutes in (0, 30, 29, 1):
        view = replace(view, now=view.now + timedelta(minutes=minutes))
        view = replace(view, events=(replace(view.events[0], markets=(confirmed(view.now),)),))
        decided = the_event(decide(view, (strategy,)))
        fired.append([f.reading for f in decided.firings if f.trigger == "restless"])
        view = replace(view, events=(replace(view.events[0], memory=decided.memory),))
    assert fired == [[5.0], [], [], [6.0]]
    assert view.events[0].memory.rule_state["restless:fired"] == view.now.timestamp()


def confirmed(at: datetime) -> MarketView:
    return make_market_view(confirmed_at=at)


@pytest.mark.parametrize(("budget", "used", "share"), [("2000", "500", 0.25), ("0", "0", 0.0)])
def test_a_trigger_sees_how_much_of_the_premium_budget_is_used(
    budget: str, used: str, share: float
) -> None:
    seen: list[float] = []

    class Looking(Restless):
        def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
            seen.append(situation.premium_used)
            return None, 0.0

    view = make_view(
        account=make_account(premium_used_usd=used), limits=make_limits(premium_budget_usd=budget)
    )
    decide(view, (make_strategy(triggers={"looking": Looking()}),))
    assert seen == [share]


def test_a_file_that_comes_back_is_planned_at_once() -> None:
    memory = make_memory(verdict="close:REMOVED", token_id="")
    view = make_view(make_event(memory=memory))

    event = the_event(decide(view, (STRATEGY,)))

    assert event.firings[0].trigger == "returned"
    assert event.verdict is Verdict.OPEN

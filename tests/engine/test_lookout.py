"""The decision on each book between two cycles."""

from dataclasses import replace
from datetime import timedelta

from bot.core.decide import decide
from bot.engine.lookout import Finding, Lookout
from bot.model.decision import Verdict
from bot.model.market import Book, MarketChanged, Print
from bot.model.strategy import Strategy
from bot.model.view import EventView, View
from tests.core.builders import (
    ASKS,
    BIDS,
    All,
    Moved,
    make_account,
    make_event,
    make_memory,
    make_order,
    make_position,
    make_strategy,
    make_view,
    the_event,
)
from tests.fakes import NO, START, YES, Levels, epoch_ms, make_book, make_market

HIGHER_BIDS: Levels = (("0.30", "50000"),)
HIGHER_ASKS: Levels = (("0.31", "50000"), ("0.32", "90000"))
LATER = START + timedelta(seconds=40)


class Watch:
    """A lookout over one event, and what it found."""

    def __init__(self, view: View, *strategies: Strategy) -> None:
        self.found: list[Finding] = []
        self.strategies = strategies
        self.lookout = Lookout(view=view, strategies=strategies, found=self.found.append)


def watch(event: EventView | None = None) -> Watch:
    """Watch a hedge that was planned an hour ago, with a trigger on a move of 5 points."""
    memory = make_memory(shares=15_000.0, rule_state={"moved": 0.115})
    account = make_account(positions=(make_position("15000"),))
    view = make_view(event or make_event(memory=memory), account=account)
    return Watch(view, make_strategy(triggers={"moved": Moved()}))


def higher(token: str = YES) -> Book:
    return make_book(token, bids=HIGHER_BIDS, asks=HIGHER_ASKS, at=LATER)


def test_a_book_that_changes_nothing_is_not_told() -> None:
    watching = watch()
    watching.lookout.hear(make_book(bids=BIDS, asks=ASKS, at=LATER))
    assert watching.found == []


def test_a_book_that_fires_a_trigger_is_told_with_all_that_was_known() -> None:
    watching = watch()
    watching.lookout.hear(higher())
    ((view, decision),) = watching.found
    assert [firing.trigger for firing in the_event(decision).firings] == ["moved"]
    assert view.now == LATER
    assert decision == decide(view, watching.strategies)


def test_what_a_decision_leaves_behind_is_known_to_the_next() -> None:
    watching = watch()
    watching.lookout.hear(higher())
    watching.lookout.hear(higher()._replace(as_of_ms=epoch_ms(LATER) + 1))
    assert len(watching.found) == 1


def test_only_the_event_of_the_book_is_decided() -> None:
    other = make_event(event="other", memory=make_memory())
    planned = make_event(memory=make_memory(rule_state={"moved": 0.115}))
    watching = Watch(
        make_view(planned, replace(other, markets=())),
        make_strategy(triggers={"moved": Moved()}),
        make_strategy(event="other"),
    )
    watching.lookout.hear(higher())
    assert [event.event for event in watching.found[0][1].events] == [planned.event]


def test_a_one_sided_book_freezes_the_event_and_is_not_told() -> None:
    watching = watch()
    watching.lookout.hear(make_book(bids=BIDS, at=LATER))
    assert watching.found == []


def test_an_order_that_rests_on_a_frozen_event_is_told() -> None:
    ended = make_event(memory=make_memory())
    ended = replace(ended, markets=(replace(ended.markets[0], named=False),))
    account = make_account(orders=(make_order(),))
    watching = Watch(make_view(ended, account=account), make_strategy())
    watching.lookout.hear(higher())
    assert watching.found[0][1].cancels


def test_a_market_that_closes_is_known_at_the_next_book() -> None:
    watching = Watch(make_view(), make_strategy())
    closed = make_market(closed=True, accepting_orders=False)
    watching.lookout.hear(MarketChanged(market=closed, at=LATER))
    assert watching.found == []
    watching.lookout.hear(higher())
    assert the_event(watching.found[0][1]).verdict is Verdict.REFUSE


def test_books_of_other_tokens_and_trades_are_left_alone() -> None:
    watching = watch()
    watching.lookout.hear(higher(NO))
    watching.lookout.hear(Print(higher().token_id, epoch_ms(LATER), 300_000, 1, None))
    assert watching.found == []


def test_events_that_are_decided_together_are_told_together() -> None:
    planned = make_event(memory=make_memory(rule_state={"moved": 0.115}))
    joint, alone = (
        replace(make_event(event=name, memory=make_memory()), markets=())
        for name in ("joint", "alone")
    )
    watching = Watch(
        make_view(alone, joint, planned),
        make_strategy(event="alone"),
        make_strategy(event="joint", sizing=All()),
        make_strategy(sizing=All(), triggers={"moved": Moved()}),
    )
    watching.lookout.hear(higher())
    (found,) = watching.found
    assert [event.event for event in found.view.events] == ["joint", planned.event]
    assert found.view.events[1].memory == planned.memory
    assert [event.event for event in found.decision.events] == [planned.event]
    assert not found.is_whole

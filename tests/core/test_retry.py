"""How soon a plan that its orders did not complete is tried again."""

from dataclasses import replace
from datetime import timedelta

from bot.core.decide import decide
from bot.core.event import RETRY_AFTER, STUCK_AFTER
from bot.model.units import TokenId
from tests.core.builders import make_strategy, make_view, next_view, the_event
from tests.fakes import START


def test_orders_that_found_nothing_are_tried_again_only_after_two_hours() -> None:
    strategy = make_strategy()
    view = make_view()
    first = decide(view, (strategy,))
    assert the_event(first).memory.retry_at == START + RETRY_AFTER

    view = next_view(view, first, after=RETRY_AFTER, fill=False)
    second = decide(view, (strategy,))

    assert second.approved
    assert the_event(second).memory.retry_at == view.now + STUCK_AFTER


def test_orders_that_filled_in_part_are_completed_soon() -> None:
    strategy = make_strategy(max_order_usd="100")
    view = make_view()
    first = decide(view, (strategy,))
    view = next_view(view, first, after=RETRY_AFTER)
    second = decide(view, (strategy,))

    assert second.approved
    assert the_event(second).memory.retry_at == view.now + RETRY_AFTER


def test_a_new_market_starts_with_patience_of_its_own() -> None:
    strategy = make_strategy()
    view = make_view()
    first = decide(view, (strategy,))
    view = next_view(view, first, after=timedelta(hours=3), fill=False)
    elsewhere = replace(view.events[0].memory, token_id=TokenId("9999"))
    view = replace(view, events=(replace(view.events[0], memory=elsewhere),))

    assert the_event(decide(view, (strategy,))).memory.retry_at == view.now + RETRY_AFTER

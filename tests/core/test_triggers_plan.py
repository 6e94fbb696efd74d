"""A trigger makes the programme run again; what is traded is the programme's alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide import decide
from bot.model.portfolio import Reading
from bot.model.rule import Trigger
from bot.model.view import View
from bot.rules.rule import TriggerRule, find_rule, rule_names
from tests.core.builders import (
    All,
    make_account,
    make_event,
    make_limits,
    make_market_view,
    make_memory,
    make_position,
    make_strategy,
    make_view,
    the_event,
)
from tests.fakes import START, make_market

DAY = timedelta(days=1)
FIRES: Mapping[str, Mapping[str, object]] = {
    "correlation": {"reading": "r"},
    "exposure": {"changes_by": "10%"},
    "premium_budget": {"crosses": ["50%"]},
    "probability": {"changes_by": "5%"},
    "resolution": {},
    "review": {"every": "day"},
    "sentiment": {"reading": "r"},
    "time_to_end": {"below": "60d"},
    "volatility": {"reading": "r"},
}
"""Of each trigger the options with which it fires on `shaken`."""


def shaken(held: str) -> View:
    """Return a view in which every trigger has a reason to fire.

    Args:
        held: Shares of the hedge.
    """
    ended = make_market(
        condition_id="0x02",
        token_ids=("201", "202"),
        closed=True,
        payouts=("0", "1"),
        ends_at=START - DAY,
    )
    before = -1.0  # of a watched reading: seen, and below its level
    watched = ("volatility", "correlation", "sentiment")
    state = {name: before if name in watched else 0.0 for name in FIRES}
    memory = make_memory(
        token_id="201",
        run_at=START - 2 * DAY,
        probability=0.3,
        exposure_usd=12_000.0,
        retry_at=START + DAY,
        rule_state=state,
    )
    positions = (make_position(held),) if held != "0" else ()
    view = make_view(
        make_event(make_market_view(ended), make_market_view(), memory=memory),
        account=make_account(positions=positions, premium_used_usd="600"),
        limits=make_limits(premium_budget_usd="1000"),
    )
    reading = Reading(name="r", number=99.0, as_of=START)
    return replace(view, portfolio=replace(view.portfolio, readings={"r": reading}))


def trigger(name: str) -> Trigger:
    return find_rule(TriggerRule, name).model_validate(FIRES[name])


def test_every_trigger_is_tried() -> None:
    assert sorted(FIRES) == sorted(rule_names(TriggerRule))


@pytest.mark.parametrize("held", ["0", "15000"])
@pytest.mark.parametrize("name", sorted(FIRES))
def test_a_trigger_that_fires_trades_what_any_other_plan_would(name: str, held: str) -> None:
    view = shaken(held)
    fired = make_strategy(sizing=All(), triggers={name: trigger(name)})
    edited = make_strategy(sizing=All(), digest="edited")

    by_trigger, by_hand = decide(view, (fired,)), decide(view, (edited,))

    assert [each.trigger for each in the_event(by_trigger).firings] == [name]
    assert [each.trigger for each in the_event(by_hand).firings] == ["strategy_changed"]
    assert by_trigger.approved == by_hand.approved
    assert bool(by_trigger.approved) == (held == "0")  # a hedge that is whole is left alone


@pytest.mark.parametrize("name", sorted(FIRES))
def test_a_firing_is_recorded_with_its_reading_threshold_and_pauses(name: str) -> None:
    rule = trigger(name)
    (firing,) = the_event(
        decide(shaken("0"), (make_strategy(sizing=All(), triggers={name: rule}),))
    ).firings

    assert firing.trigger == name
    assert firing.text
    assert firing.reading != 0.0
    assert firing.cooldown_s == rule.pause().total_seconds()
    if name in ("volatility", "correlation", "sentiment", "premium_budget"):
        assert firing.hysteresis > 0.0

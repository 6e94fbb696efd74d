"""What a hedge costs while nothing happens, with the numbers of HEDGING 2.2."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.decide import decide
from bot.core.premium import decay_of, premium_per_day
from bot.model.decision import Decision
from bot.model.market import Market
from bot.model.strategy import RollRule, SeriesOf, Strategy
from tests.core.builders import (
    All,
    Cover,
    make_account,
    make_event,
    make_limits,
    make_market_view,
    make_order,
    make_position,
    make_strategy,
    make_view,
    the_event,
)
from tests.fakes import START, make_book, make_market

LATER = START + timedelta(days=180)
BOOK = make_book(bids=(("0.19", "50000"),), asks=(("0.21", "50000"),))
DEADLINES = make_strategy(
    series="fed", roll=RollRule(series_of=SeriesOf.DEADLINES), horizon=timedelta(days=200)
)


def decide_on(strategy: Strategy, market: Market | None = None, **account: object) -> Decision:
    """Decide an event whose market is at 20c and ends in 180 days."""
    market = market or make_market(ends_at=LATER, fee_rate="0.04")
    view = make_market_view(market, bids=(("0.19", "50000"),), asks=(("0.21", "50000"),))
    return decide(
        make_view(
            make_event(view),
            account=make_account(**account),  # type: ignore[arg-type]
            limits=make_limits(premium_budget_usd="1500"),
        ),
        (strategy,),
    )


@pytest.mark.parametrize("sizing", [Cover(), All()], ids=["alone", "jointly"])
def test_a_decision_keeps_what_a_share_costs_by_the_day(sizing: Cover | All) -> None:
    upkeep = the_event(decide_on(replace(DEADLINES, sizing=sizing))).upkeep

    assert upkeep is not None
    assert upkeep.days_left == 180.0
    assert upkeep.hazard == pytest.approx(0.00124, abs=5e-6)
    assert upkeep.decay_usd_est == pytest.approx(0.00099, abs=5e-6)
    # 21c and a fee of 4% of 21c x 79c, over 180 days.
    assert upkeep.premium_usd_est == pytest.approx(0.216636 / 180)


def test_a_market_named_by_itself_decays_and_one_of_a_date_does_not() -> None:
    alone = make_strategy(horizon=timedelta(days=200))
    dated = replace(DEADLINES, roll=RollRule())
    found = [the_event(decide_on(strategy)) for strategy in (alone, dated)]

    assert [each.upkeep.decay_usd_est > 0.0 for each in found if each.upkeep] == [True, False]
    assert [each.memory.is_dated for each in found] == [False, True]


@pytest.mark.parametrize("ends_at", [None, START])
def test_without_an_end_ahead_there_is_no_upkeep(ends_at: object) -> None:
    market = make_market(ends_at=ends_at)  # type: ignore[arg-type]
    position = make_position("100", market=market)

    event = the_event(decide_on(make_strategy(), market, positions=(position,)))

    assert event.held_shares == 100.0
    assert event.upkeep is None


def test_a_decision_keeps_what_is_left_of_the_budget_orders_counted() -> None:
    decision = decide_on(DEADLINES, premium_used_usd="400", orders=(make_order(),))

    # An order for 100 shares at 11c may still fill.
    assert decision.premium_left_usd == Decimal("1089.00")


def test_a_position_is_told_by_the_day() -> None:
    position = make_position("1000", cost_usd="216", opened_at=START - timedelta(days=36))
    loses = decay_of(position, BOOK, ends_at=LATER, now=START, dated=False)

    assert premium_per_day(position, LATER) == pytest.approx(1.0)
    assert loses == pytest.approx(0.9917, abs=1e-4)
    assert decay_of(position, BOOK, ends_at=LATER, now=START, dated=True) == 0.0


def test_what_is_not_known_of_a_position_is_not_made_up() -> None:
    position = make_position("1000", cost_usd="216")
    one_sided = make_book(bids=(), asks=(("0.21", "50000"),))

    assert premium_per_day(position, None) is None
    assert premium_per_day(position, START) is None
    for book, ends_at in ((None, LATER), (one_sided, LATER), (BOOK, None), (BOOK, START)):
        assert decay_of(position, book, ends_at=ends_at, now=START, dated=False) is None

"""Whatever the world looks like, each event gets a verdict with its reason, and no number is none.

Certain outcomes, broken books, ruin, prices that contradict each other, a single scenario, very
little and very much wealth, no money at all, extreme settings, and several strategies of a market.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.decide import decide
from bot.model.decision import Decision, Verdict
from bot.model.orders import Side
from bot.model.rule import Sizing
from bot.model.strategy import Impact, ImpactBasis, OwnView, Strategy
from bot.model.units import Usd
from bot.model.view import Correlations, EventView, MarketView, SharedLimits, View
from bot.rules.sizing.kelly import Kelly
from bot.rules.sizing.min_variance import MinVariance
from bot.rules.sizing.utility import Utility
from tests.core.builders import (
    REST,
    TAKE,
    Cover,
    codes,
    make_account,
    make_event,
    make_holding,
    make_limits,
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
from tests.fakes import Levels, make_market

SIZINGS: Sequence[Sizing] = (
    *[Utility()] * 4,
    Utility(max_coverage=0.0),
    Kelly(),
    MinVariance(),
    Cover(),
)
BOOKS: Sequence[tuple[Levels, Levels]] = (
    ((("0.11", "50000"),), (("0.12", "50000"),)),
    ((("0.001", "5"),), (("0.002", "9000000"),)),
    ((("0.998", "5000"),), (("0.999", "5000"),)),
    ((("0.49", "100"), ("0.02", "100")), (("0.51", "0.01"), ("0.98", "100000"))),
    ((("0.60", "5000"),), (("0.60", "5000"),)),
    ((("0.40", "5000"),), (("0.39", "5000"),)),
    ((), (("0.40", "5000"),)),
    ((("0.40", "5000"),), ()),
    ((), ()),
)
FRACTIONS = st.sampled_from((-1.0, -0.999999, -0.6, -0.3, -0.3, -0.1, -0.01, 0.0, 0.4, 3.0))
PARTS = st.sampled_from((0.0, 0.0, 0.002, 0.01, 0.4, 0.9))


@st.composite
def one(draw: st.DrawFn, index: int) -> tuple[EventView, Strategy]:
    """Return an event with whatever may be wrong with it."""
    number = draw(st.integers(1, index))  # an earlier one: two strategies of one market
    bids, asks = draw(st.sampled_from((*BOOKS[:5], *BOOKS[:4], *BOOKS[:4], *BOOKS[5:])))
    market = replace(
        make_market(
            condition_id=f"0x{number:064x}",
            token_ids=(f"{number}01", f"{number}02"),
            slug=f"market-{number}",
            tick="0.001",
            fee_rate=draw(st.sampled_from(("0", "0.07"))),
        ),
        neg_risk=draw(st.booleans()),
        event_slug="group",
    )
    adverse = draw(st.integers(0, 1))
    shown = replace(make_market_view(market, bids=bids, asks=asks), adverse_index=adverse)
    if adverse and shown.quote is not None:
        book = shown.quote.book._replace(token_id=market.token_ids[1])
        shown = replace(shown, quote=replace(shown.quote, book=book))
    known = draw(st.none() | st.sampled_from((0.0, 1e-9, 0.3, 1.0)))
    memory = make_memory(
        digest="old", probability=known or 0.0, token_id=market.token_ids[adverse], shares=50.0
    )
    view = make_event(
        shown,
        event=f"event-{index}",
        memory=memory if known is not None else make_event().memory,
        problem=draw(st.sampled_from((*[""] * 9, "down"))),
        removed=draw(st.sampled_from((*[False] * 9, True))),
    )
    return view, _strategy(draw, index, adverse)


def _strategy(draw: st.DrawFn, index: int, adverse: int) -> Strategy:
    plain = make_strategy(
        event=f"event-{index}",
        sizing=draw(st.sampled_from(SIZINGS)),
        own_view=draw(
            st.none()
            | st.builds(
                OwnView,
                probability=st.sampled_from((0.0, 1.0, 0.3)),
                weight=st.sampled_from((0.5, 1.0)),
            )
        ),
        execution=draw(st.sampled_from((TAKE, REST))),
        min_benefit_to_cost=draw(st.sampled_from((0.0, 1.5))),
        max_spread=draw(st.sampled_from(("0.04", "0.99"))),
        max_share_of_depth=draw(st.sampled_from((0.0, 1.0))),
        max_premium_usd=draw(st.sampled_from(("0", "40", "1000000000"))),
    )
    return replace(
        plain,
        adverse=("Yes", "No")[adverse],
        market=replace(
            plain.market,
            missed=draw(PARTS),
            stray=draw(PARTS),
            holding_reward=draw(st.sampled_from((0.0, 1.0))),
        ),
        impact=Impact(
            basis=draw(st.sampled_from(ImpactBasis)),
            lines=(make_line(f"sector-{index}", draw(FRACTIONS)),),
            uncertainty=draw(st.sampled_from((0.0, 0.5, 20.0))),
        ),
        cluster=draw(st.sampled_from(("", "rates"))),
    )


@st.composite
def shared(draw: st.DrawFn) -> SharedLimits:
    """Return settings at their ends."""
    usd = st.sampled_from(("0", "100", "1000000000"))
    part = st.sampled_from((0.0, 0.3, 0.999))
    plain = make_limits(
        risk_aversion=draw(st.sampled_from((0.1, 1.0, 4.3, 100.0))),
        premium_budget_usd=draw(usd),
        max_total_usd=draw(usd),
    )
    return replace(
        plain,
        max_cluster_usd=draw(st.none() | st.just(Usd(Decimal(0))) | st.just(Usd(Decimal(50)))),
        funding_rate=draw(st.sampled_from((0.0, 1.0))),
        volatility=draw(st.sampled_from((0.0, 0.16, 1.0))),
        correlations=draw(
            st.builds(Correlations, calm=part, stress=part, same_cluster=part),
        ),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[View, tuple[Strategy, ...]]:
    """Return up to four events, and holdings of 100 USD, of a billion, short or none."""
    made = [draw(one(index)) for index in range(1, draw(st.integers(1, 4)) + 1)]
    size = st.sampled_from((0.0, 1e-6, 25.0, -20.0, 5e4, 5e4, 4e4, 3e4, -4e4, 5e8))
    holdings = [
        make_holding(f"S{index}", draw(size), sector=f"sector-{index}")
        for index in range(1, len(made) + 1)
    ]
    rest = make_holding("REST", draw(st.sampled_from((0.0, 50.0, 5e4, 5e8))), sector="rest")
    positions = []
    for event, strategy in made:
        if draw(st.booleans()):
            (shown,) = event.markets
            token = shown.token_id
            positions.append(
                make_position(
                    draw(st.sampled_from(("0.01", "5000", "90000000"))),
                    market=shown.market,
                    event=strategy.event,
                    token_id=token,
                    cost_usd="10",
                )
            )
    account = make_account(
        cash_usd=draw(st.sampled_from(("0", "0.5", "2000", "1000000000"))), positions=positions
    )
    view = make_view(
        *[event for event, _ in made],
        portfolio=make_portfolio(*holdings, rest),
        account=account,
        limits=draw(shared()),
    )
    return view, tuple(strategy for _, strategy in made)


def numbers(thing: object) -> Iterator[float]:
    """Yield every float in a decision."""
    if isinstance(thing, float):
        yield thing
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from numbers(each)
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from numbers(each)


def assert_whole(decision: Decision, view: View) -> None:
    """Check that all is said, all numbers are numbers, and no limit is broken."""
    assert all(math.isfinite(each) for each in numbers(msgspec.to_builtins(decision)))
    assert len(decision.events) == len(view.events)
    for event in decision.events:
        assert event.verdict is Verdict.QUIET or event.reasons
        assert all(reason.code and reason.text for reason in event.reasons)
        assert "nan" not in event.sizing_note
    spent = sum(
        (each.notional_usd + each.fee_usd for each in decision.approved if each.side is Side.BUY),
        Decimal(0),
    )
    assert spent <= view.account.cash_usd
    assert spent <= view.limits.premium_budget_usd


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds())
def test_every_world_gets_verdicts_with_reasons(world: tuple[View, tuple[Strategy, ...]]) -> None:
    view, strategies = world

    decision = decide(view, strategies)

    assert_whole(decision, view)
    after = next_view(view, decision, after=timedelta(minutes=20))
    assert_whole(decide(after, strategies), after)


@pytest.mark.parametrize(("bid", "ask"), [("0.001", "0.002"), ("0.998", "0.999")])
def test_an_outcome_that_is_all_but_certain_is_decided(bid: str, ask: str) -> None:
    market = make_market_view(
        make_market(tick="0.001"), bids=((bid, "50000"),), asks=((ask, "50000"),)
    )
    view = make_view(make_event(market))

    event = the_event(decide(view, (make_strategy(sizing=Utility()),)))

    assert event.verdict in (Verdict.REFUSE, Verdict.OPEN)
    assert codes(event)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_an_own_view_that_is_certain_makes_no_number_that_is_none(probability: float) -> None:
    own = OwnView(probability=probability, weight=1.0)

    decision = decide(make_view(), (make_strategy(sizing=Utility(), own_view=own),))

    assert_whole(decision, make_view())


def test_without_any_money_each_event_says_so() -> None:
    view = make_view(
        account=make_account(cash_usd="0"),
        limits=make_limits(premium_budget_usd="0", max_total_usd="0"),
    )

    event = the_event(decide(view, (make_strategy(sizing=Utility()),)))

    assert event.verdict is Verdict.REFUSE
    assert codes(event)[0] == "BUDGET_SPENT"


def test_a_book_that_cannot_be_trusted_freezes_with_its_reason() -> None:
    for bids, asks in BOOKS[5:]:
        market: MarketView = make_market_view(bids=bids, asks=asks)
        event = the_event(decide(make_view(make_event(market)), (make_strategy(sizing=Utility()),)))
        assert event.verdict is Verdict.FROZEN
        assert codes(event)[0] in ("NO_MID", "PAIR_UNDER_ONE")

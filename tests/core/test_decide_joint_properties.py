"""What must hold of all events that are decided together, through the whole decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.decide import decide
from bot.model.market import FeeSchedule
from bot.model.strategy import OwnView, Strategy
from bot.model.units import Shares, Usd, UsdEst
from bot.model.view import View
from tests.core.builders import (
    All,
    Cover,
    make_account,
    make_event,
    make_holding,
    make_limits,
    make_line,
    make_market_view,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    the_event,
)
from tests.core.several import planned
from tests.fakes import make_market

GAMMAS = st.sampled_from((1.0, 4.3, 12.0))
FRACTIONS = st.lists(st.floats(0.05, 0.5), min_size=1, max_size=4)
TICKS = st.lists(st.integers(20, 400), min_size=4, max_size=4)


def at(price: int) -> str:
    """Return thousandths of a USD as a price."""
    return f"{Decimal(price) / 1000}"


def together(
    fractions: Sequence[float],
    mids: Sequence[int],
    *,
    gamma: float,
    half: int = 2,
    sizing: All | Cover | None = None,
    exact: bool = False,
    by: int = 1,
    held: int = 0,
    budget: int = 100_000,
) -> tuple[View, tuple[Strategy, ...]]:
    """Return events that cost parts of 20,000 USD each, at books around ``mids``.

    Args:
        fractions: Lost of each holding.
        mids: Thousandths of a USD.
        gamma: Risk aversion.
        half: Half of the spread, thousandths of a USD.
        sizing: Of the first event; the others are decided together.
        exact: Nothing but the events moves anything, and their markets are always right.
        by: All money and all depth this many times.
        held: Shares of each event's token.
        budget: Premium, USD.
    """
    events, strategies, positions = [], [], []
    for index, (fraction, mid) in enumerate(zip(fractions, mids, strict=False), start=1):
        market = replace(
            make_market(
                condition_id=f"0x{index:064x}",
                token_ids=(f"{index}01", f"{index}02"),
                slug=f"m{index}",
                tick="0.001",
            ),
            fee=FeeSchedule(rate=Decimal(0)),
        )
        bids = tuple((at(mid - half - step), str(40_000 * by)) for step in (0, 5))
        asks = tuple((at(mid + half + step), str(40_000 * by)) for step in (0, 5))
        plain = make_strategy(
            event=f"event-{index}",
            lines=(make_line(f"sector-{index}", -fraction),),
            sizing=sizing if sizing and index == 1 else All(),
            min_benefit_to_cost=0.0,
            max_share_of_depth=1.0,
            max_premium_usd=str(100_000 * by),
            max_order_usd=str(100_000 * by),
        )
        if exact:
            plain = replace(
                plain,
                impact=replace(plain.impact, uncertainty=0.0),
                market=replace(plain.market, missed=0.0, stray=0.0),
            )
        strategies.append(plain)
        events.append(make_event(make_market_view(market, bids=bids, asks=asks), event=plain.event))
        if held:
            positions.append(
                make_position(str(held * by), market=market, event=plain.event, cost_usd="10")
            )
    holdings = [
        make_holding(f"S{index}", 20_000.0 * by, sector=f"sector-{index}")
        for index in range(1, len(events) + 1)
    ]
    limits = make_limits(
        risk_aversion=gamma,
        premium_budget_usd=str(budget * by),
        max_total_usd=str(100_000 * by),
    )
    view = make_view(
        *events,
        portfolio=make_portfolio(*holdings, make_holding("REST", 60_000.0 * by, sector="rest")),
        account=make_account(cash_usd=str(50_000 * by), positions=positions),
        limits=replace(limits, volatility=0.0) if exact else limits,
    )
    return view, tuple(strategies)


@settings(max_examples=25)
@given(FRACTIONS, TICKS, GAMMAS, st.booleans(), st.sampled_from((0, 3_000)))
def test_the_order_of_events_strategies_and_holdings_does_not_matter(
    fractions: list[float], mids: list[int], gamma: float, first_alone: bool, held: int
) -> None:
    sizing = Cover(0.5) if first_alone else None
    view, strategies = together(fractions, mids, gamma=gamma, sizing=sizing, held=held)
    turned = replace(
        view,
        events=tuple(reversed(view.events)),
        portfolio=replace(view.portfolio, holdings=tuple(reversed(view.portfolio.holdings))),
        account=replace(view.account, positions=tuple(reversed(view.account.positions))),
    )

    one, other = decide(view, strategies), decide(turned, tuple(reversed(strategies)))

    # Within the certificate: near the optimum some shares more or less are worth the same.
    assert planned(other) == pytest.approx(planned(one), rel=5e-3, abs=20.0)


@settings(max_examples=25)
@given(FRACTIONS, TICKS, GAMMAS, st.sampled_from((10, 1000)), st.sampled_from((400, 100_000)))
def test_all_money_and_depth_scaled_scales_the_plan(
    fractions: list[float], mids: list[int], gamma: float, by: int, budget: int
) -> None:
    one = decide(*together(fractions, mids, gamma=gamma, budget=budget))
    other = decide(*together(fractions, mids, gamma=gamma, budget=budget, by=by))

    scaled = {event: shares / by for event, shares in planned(other).items()}
    assert scaled == pytest.approx(planned(one), rel=5e-3, abs=20.0)
    for small, large in zip(one.events, other.events, strict=True):
        assert large.reservation_price == pytest.approx(small.reservation_price, abs=1e-4)


@settings(max_examples=25)
@given(FRACTIONS, TICKS, GAMMAS, st.floats(0.0, 0.9))
def test_at_fair_prices_without_fees_noise_or_limits_everything_is_covered_in_full(
    fractions: list[float], mids: list[int], gamma: float, correlation: float
) -> None:
    view, strategies = together(fractions, mids, gamma=gamma, half=0, exact=True)
    deep = replace(
        view.limits,
        correlations=replace(view.limits.correlations, calm=correlation, same_cluster=correlation),
    )

    decision = decide(replace(view, limits=deep), strategies)

    for event, fraction in zip(decision.events, fractions, strict=False):
        # The first level of the book is fair; it holds more than any loss here.
        assert event.planned_shares == pytest.approx(20_000.0 * fraction, rel=0.02, abs=30.0)


@settings(max_examples=25)
@given(
    fraction=st.floats(0.05, 0.9),
    p=st.floats(0.05, 0.6),
    gamma=GAMMAS,
    prices=st.tuples(st.integers(10, 900), st.integers(10, 900)),
)
def test_for_a_loss_up_to_half_of_wealth_a_worse_own_price_never_buys_more(
    fraction: float, p: float, gamma: float, prices: tuple[int, int]
) -> None:
    shares = []
    for price in sorted(prices):
        view, (strategy,) = together([fraction], [price], gamma=gamma, exact=True)
        # Of the forecast nothing follows the price.
        own = replace(strategy, own_view=OwnView(probability=p, weight=1.0))
        shares.append(the_event(decide(view, (own,))).planned_shares)

    cheap, dear = shares
    assert dear <= cheap * 1.005 + 20.0


def test_the_whole_of_a_limit_is_one_order_within_it() -> None:
    view, strategies = together([0.4, 0.4], [115, 115], gamma=4.3, budget=300)

    decision = decide(view, strategies)

    spent = sum(each.notional_usd + each.fee_usd for each in decision.approved)
    assert Decimal(290) < spent <= Decimal(300)


def test_a_limit_of_the_event_itself_is_kept_by_its_ladder() -> None:
    view, strategies = together([0.4], [115], gamma=4.3)
    tight = replace(
        strategies[0], limits=replace(strategies[0].limits, max_premium_usd=Usd(Decimal(250)))
    )

    decision = decide(view, (tight,))

    (intent,) = decision.approved
    assert Decimal(240) < intent.notional_usd + intent.fee_usd <= Decimal(250)
    assert intent.size > Shares(Decimal(2000))
    assert decision.events[0].exposure_usd_est == pytest.approx(UsdEst(8_000.0))


@settings(max_examples=25)
@given(FRACTIONS, TICKS, st.floats(0.1, 1.0))
def test_no_more_is_covered_than_the_strategy_allows(
    fractions: list[float], mids: list[int], part: float
) -> None:
    view, strategies = together(fractions, mids, gamma=12.0)
    capped = tuple(replace(each, sizing=All(part)) for each in strategies)

    decision = decide(view, capped)

    for event in decision.events:
        assert event.planned_shares <= part * event.exposure_usd_est + 0.01

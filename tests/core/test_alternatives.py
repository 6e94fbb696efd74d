"""Other instruments for the same loss."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.alternatives import Loss, compare, measure_loss_of
from bot.core.decide import decide
from bot.core.options import put_price, put_spread_price
from bot.core.utility import target_shares
from bot.model.decision import EventDecision, Verdict
from bot.model.portfolio import Reading
from bot.model.strategy import OwnView, Strategy
from bot.model.units import Shares, TokenId
from bot.model.view import View
from tests.core.builders import (
    All,
    make_account,
    make_event,
    make_line,
    make_market_view,
    make_portfolio,
    make_strategy,
    make_view,
)
from tests.fakes import NO, START

LOSS = Loss(
    usd=15_000.0,
    exposed=50_000.0,
    priced_in=0.12,
    days=30.0,
    volatility=0.25,
    said_by="impact.volatility",
    is_known=True,
    rate=0.0,
)


def test_a_put_costs_what_the_textbook_says() -> None:
    # Hull, Options, Futures and Other Derivatives: the put of the chapter on the formula, 0.81.
    assert put_price(spot=42, strike=40, sigma=0.2, years=0.5, rate=0.1) == pytest.approx(
        0.8086, abs=1e-4
    )


def test_a_put_spread_pays_between_its_strikes() -> None:
    calm = {"sigma": 1e-4, "years": 0.1, "rate": 0.0}
    for spot, pays in ((1.2, 0.0), (0.9, 0.1), (0.7, 0.3), (0.4, 0.3)):
        assert put_spread_price(spot=spot, fall=0.3, **calm) == pytest.approx(pays, abs=1e-4)


def test_each_instrument_says_its_cost_when_it_pays_and_whether_it_can_be_traded() -> None:
    found = compare(LOSS, ask=0.13)
    names = [each.name for each in found]
    assert names == [
        "shares of this market",
        "a put spread 100/70",
        "selling what loses",
        "an inverse fund",
        "a reserve of cash",
        "calls on the VIX",
        "currencies",
    ]
    assert [each.is_traded_here for each in found] == [True] + 6 * [False]
    assert all(each.pays and each.basis and each.fits for each in found)
    shares, _, sale, fund, cash = found[:5]
    assert shares.cost_now_usd_est == pytest.approx(1950.0)
    assert shares.cost_year_usd_est == pytest.approx(1950.0 * 365 / 30)
    # 50 USD to sell and buy back, and 4% of growth foregone over a month.
    assert sale.cost_now_usd_est == pytest.approx(50.0)
    assert sale.price == pytest.approx(0.12 + (50.0 + 2000.0 * 30 / 365) / 15_000.0)
    assert fund.price is not None
    assert sale.price is not None
    assert fund.price > sale.price
    assert (cash.cost_now_usd_est, cash.price) == (0.0, None)


def test_a_put_spread_is_dearer_the_more_the_price_moves_by_itself() -> None:
    prices = [
        compare(LOSS._replace(volatility=level), ask=None)[0].price or 0.0
        for level in (0.15, 0.3, 0.6)
    ]
    assert prices == sorted(prices)
    assert 0.0 < prices[0] < prices[2] < 1.0


def test_without_a_market_there_is_no_price_to_compare() -> None:
    found = compare(LOSS._replace(priced_in=None), ask=None)
    assert found[0].name == "a put spread 100/70"
    assert {each.price for each in found} == {None}


def test_a_gain_of_other_holdings_makes_the_fall_smaller() -> None:
    view, strategy = make_view(), make_strategy()
    found = measure_loss_of(
        view, strategy.impact, (-0.3, 0.1), loss=10_000.0, priced_in=0.1, days=30.0
    )
    assert found is not None
    assert (found.exposed, found.fall) == (50_000.0, 0.2)
    nothing = measure_loss_of(
        view, strategy.impact, (0.0, 0.0), loss=10_000.0, priced_in=0.1, days=30.0
    )
    assert nothing is None


# --- the verdict ---------------------------------------------------------------------------------


def refused(strategy: Strategy, view: View | None = None) -> EventDecision:
    """At 11c to 12c with a view of 6%: too dear."""
    (event,) = decide(view or make_view(), [strategy]).events
    assert event.verdict is Verdict.REFUSE
    return event


def wide(*, volatility: float | None = None, reading: str = "") -> Strategy:
    strategy = make_strategy(max_spread="0.005", own_view=OwnView(probability=0.5, weight=0.5))
    impact = replace(strategy.impact, volatility=volatility, volatility_reading=reading)
    return replace(strategy, impact=impact)


def test_a_refused_hedge_names_the_instrument_that_fits_better() -> None:
    event = refused(wide())
    assert [reason.code for reason in event.reasons] == ["TOO_WIDE", "OTHER_INSTRUMENT"]
    assert event.memory.verdict == "refuse:TOO_WIDE"
    assert event.reasons[1].text.startswith("selling what loses would bring each USD of cover for")


@pytest.mark.parametrize("strategy", [wide(volatility=0.05), wide(reading="calm")])
def test_a_put_spread_is_judged_by_a_volatility_that_was_stated(strategy: Strategy) -> None:
    reading = Reading(name="calm", number=5.0, as_of=START)
    view = make_view(portfolio=make_portfolio(readings={"calm": reading}))
    event = refused(strategy, view)
    assert event.reasons[1].text.startswith("a put spread 100/70 would bring")


def test_the_joint_programme_names_it_too() -> None:
    strategy = replace(wide(), sizing=All())
    assert [reason.code for reason in refused(strategy).reasons][-1] == "OTHER_INSTRUMENT"


def test_nothing_fits_better_where_the_ceiling_is_below_all() -> None:
    strategy = make_strategy(own_view=OwnView(probability=0.02, weight=0.9))
    assert [reason.code for reason in refused(strategy).reasons] == ["TOO_DEAR"]


def test_a_loss_that_no_holding_has_is_not_compared() -> None:
    """Shares of the complement came from outside: they lose if the event happens."""
    account = replace(make_account(), foreign={TokenId(NO): Shares(Decimal(20_000))})
    strategy = replace(wide(), impact=replace(wide().impact, lines=()))
    event = refused(strategy, make_view(account=account))
    assert event.exposure_usd_est == pytest.approx(20_000.0)
    assert [reason.code for reason in event.reasons] == ["TOO_WIDE"]


def test_where_no_hedge_is_due_no_other_instrument_is_either() -> None:
    strategy = make_strategy()
    strategy = replace(strategy, expires_at=START)
    assert [reason.code for reason in refused(strategy).reasons] == ["EXPIRED"]


def test_a_market_that_ends_now_has_nothing_left_to_compare() -> None:
    view = make_view(make_event(make_market_view()))
    found = measure_loss_of(
        view, make_strategy().impact, (-0.3, 0.0), loss=15_000.0, priced_in=0.1, days=0.0
    )
    assert found is None


def test_the_popular_rules_stand_beside_what_one_event_alone_would_make_best() -> None:
    strategy = make_strategy(own_view=OwnView(probability=0.2, weight=0.5))
    (event,) = decide(make_view(), [strategy]).events
    compared, forecast = event.comparison, event.forecast
    assert compared is not None
    assert forecast is not None
    assert compared.full_coverage_shares == pytest.approx(15_000.0)
    alone = target_shares(
        p=forecast.probability,
        c=event.ask,
        wealth=110_000.0 + forecast.market * 15_000.0,
        loss=15_000.0,
        gamma=4.3,
    )
    assert compared.closed_form_shares == pytest.approx(alone, rel=1e-6)
    assert event.ended_by == "target"


def test_a_loss_of_all_there_is_has_no_closed_form() -> None:
    line = make_line(usd=-200_000.0)
    (event,) = decide(make_view(), [make_strategy(lines=(line,))]).events
    assert event.comparison is not None
    assert event.comparison.closed_form_shares == 0.0

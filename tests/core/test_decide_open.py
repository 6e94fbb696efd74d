"""When a hedge is opened or added to, how much of it, and every reason to refuse one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.decide import decide, is_quiet
from bot.model.decision import EventDecision, Verdict
from bot.model.market import Market
from bot.model.orders import OrderType, Purpose, Side
from bot.model.rule import Sizing
from bot.model.strategy import CloseRule, MarketRef, Strategy
from bot.model.view import View
from tests.core.builders import (
    All,
    Cover,
    codes,
    make_account,
    make_event,
    make_holding,
    make_line,
    make_market_view,
    make_memory,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    the_event,
)
from tests.fakes import START, YES, Levels, make_market


def refused(view: View, strategy: Strategy) -> EventDecision:
    """Decide, check that nothing is sent, and return the event's decision."""
    decision = decide(view, (strategy,))
    event = the_event(decision)
    assert not decision.approved
    assert event.verdict is Verdict.REFUSE
    return event


def test_a_loss_worth_its_price_is_covered() -> None:
    decision = decide(make_view(), (make_strategy(),))

    event, (intent,) = the_event(decision), decision.approved
    assert event.verdict is Verdict.OPEN
    assert codes(event) == ["WORTH_IT"]
    assert (event.exposure_usd_est, event.target_shares) == (15_000.0, 15_000.0)
    assert event.planned_shares == float(intent.size)
    assert (intent.side, intent.purpose) == (Side.BUY, Purpose.OPEN)
    assert (intent.order_type, intent.token_id) == (OrderType.FAK, YES)
    assert event.benefit_usd_est > 1.5 * event.cost_usd_est > 0.0
    assert [firing.trigger for firing in event.firings] == ["first_look"]
    assert not decision.denials
    assert not is_quiet(decision)


def test_the_limit_is_what_the_last_share_is_worth_with_its_fee() -> None:
    decision = decide(make_view(), (make_strategy(sizing=Cover(0.5)),))

    limit = float(decision.approved[0].limit)
    assert 0.12 < limit + 0.04 * limit * (1.0 - limit) <= the_event(decision).reservation_price


def test_the_popular_rules_stand_beside_the_target() -> None:
    event = the_event(decide(make_view(), (make_strategy(),)))

    assert event.comparison is not None
    assert event.comparison.full_coverage_shares == 15_000.0
    assert (event.comparison.kelly_fraction, event.comparison.edge_over_odds) == (0.0, 0.0)
    assert event.sizing_note == "100%"


def test_a_hedge_that_is_too_small_is_added_to() -> None:
    view = make_view(account=make_account(positions=(make_position("5000"),)))

    decision = decide(view, (make_strategy(),))

    assert the_event(decision).verdict is Verdict.ADD
    assert decision.approved[0].purpose is Purpose.ADD
    assert the_event(decision).held_shares == 5_000.0
    assert the_event(decision).planned_shares == 5_000.0 + float(decision.approved[0].size)


def test_a_hedge_within_the_band_is_left_alone() -> None:
    view = make_view(account=make_account(positions=(make_position("14500"),)))

    decision = decide(view, (make_strategy(),))

    assert codes(the_event(decision)) == ["IN_BAND"]
    assert the_event(decision).verdict is Verdict.HOLD


def test_an_ask_above_the_ceiling_is_too_dear() -> None:
    event = refused(make_view(), make_strategy(lines=(make_line(fraction=-0.02),)))

    assert codes(event) == ["TOO_DEAR"]
    assert event.reasons[0].text == "ceiling 11.9c, ask 12.4c with fee"


def test_a_benefit_below_its_cost_is_not_worth_it() -> None:
    event = refused(make_view(), make_strategy(lines=(make_line(fraction=-0.07),)))

    assert codes(event) == ["NOT_WORTH_IT"]
    assert event.reasons[0].text == (
        "a share is worth 12.99c and costs 12.42c with fee, 0.92c of it above the mid;"
        " costs.min_benefit_to_cost is 1.5"
    )


def test_a_wide_spread_is_refused() -> None:
    view = make_view(make_event(make_market_view(bids=(("0.07", "9000"),))))

    event = refused(view, make_strategy())

    assert codes(event) == ["TOO_WIDE", "OTHER_INSTRUMENT"]
    assert event.reasons[0].text == "the spread is 5.0c; costs.max_spread is 4.0c"


def test_a_book_without_depth_near_its_mid_is_refused() -> None:
    view = make_view(make_event(make_market_view(bids=(("0.05", "9000"),))))

    event = refused(view, make_strategy(max_spread="0.10", lines=(make_line(fraction=-0.9),)))

    assert codes(event) == ["TOO_THIN", "OTHER_INSTRUMENT"]


def test_an_order_below_the_minimum_says_which_minimum() -> None:
    portfolio = make_portfolio(make_holding(usd=20.0))
    view = make_view(portfolio=portfolio, account=make_account(cash_usd="30"))

    event = refused(view, make_strategy())

    assert codes(event) == ["BELOW_MINIMUM", "WORTH_IT"]
    assert "the venue's smallest order that takes is 1 USD" in event.reasons[0].text


def test_a_portfolio_of_500_usd_opens_a_hedge() -> None:
    portfolio = make_portfolio(make_holding(usd=250.0), make_holding("TLT", 250.0, sector="bonds"))
    view = make_view(portfolio=portfolio, account=make_account(cash_usd="20"))

    decision = decide(view, (make_strategy(),))

    assert the_event(decision).verdict is Verdict.OPEN
    assert decision.approved[0].notional_usd >= Decimal(1)


def test_an_event_that_gains_has_nothing_to_hedge() -> None:
    view = make_view(portfolio=make_portfolio(make_holding(usd=-10_000.0)))

    event = refused(view, make_strategy())

    assert codes(event) == ["NO_LOSS"]
    assert event.reasons[0].text.startswith("the portfolio gains 3,000 USD if it happens: ")
    assert event.exposure_usd_est == -3_000.0


def test_an_event_that_touches_nothing_has_nothing_to_hedge() -> None:
    event = refused(make_view(), make_strategy(lines=[make_line("tulips")]))

    assert codes(event) == ["NO_LOSS"]
    assert event.reasons[0].text.startswith("the portfolio loses 0 USD if it happens: ")


def test_a_small_loss_is_not_opened_just_above_the_line_that_closes_it() -> None:
    strategy = make_strategy(close=CloseRule(when_exposure_below_usd=14_000.0))

    event = refused(make_view(), strategy)

    assert codes(event) == ["EXPOSURE_SMALL"]
    assert "17,500 USD is the least to open" in event.reasons[0].text


def test_a_small_probability_is_not_opened_just_above_the_line_that_closes_it() -> None:
    event = refused(make_view(), make_strategy(close=CloseRule(when_probability_below=0.1)))

    assert codes(event) == ["PROBABILITY_SMALL"]
    assert event.reasons[0].text == "the forecast is 11.5%; 12.50% is the least to open"


def test_a_loss_above_all_wealth_is_refused() -> None:
    portfolio = make_portfolio(make_holding(usd=50_000.0), make_holding("C", -45_000.0, sector="x"))
    view = make_view(portfolio=portfolio, account=make_account(cash_usd="0"))

    event = refused(view, make_strategy())

    assert codes(event) == ["LOSS_OVER_WEALTH"]
    assert "a loss of 15,000 USD leaves nothing of 5,000 USD" in event.reasons[0].text


def test_a_sizing_rule_that_wants_none_refuses() -> None:
    event = refused(make_view(), make_strategy(sizing=Cover(0.0)))

    assert codes(event) == ["SIZING_ZERO"]


def test_an_expired_strategy_opens_nothing() -> None:
    event = refused(make_view(), make_strategy(expires_at=START))

    assert codes(event) == ["EXPIRED"]


def test_a_strategy_opens_until_it_expires() -> None:
    strategy = make_strategy(expires_at=START + timedelta(seconds=1))

    assert decide(make_view(), (strategy,)).approved


def test_a_removed_strategy_opens_nothing() -> None:
    event = refused(make_view(make_event(removed=True)), make_strategy())

    assert codes(event) == ["REMOVED"]


@pytest.mark.parametrize(
    ("market", "code", "says"),
    [
        (make_market(ends_at=START + timedelta(days=200)), "WRONG_DATE", "end in 200 days"),
        (make_market(ends_at=START - timedelta(days=1)), "WRONG_DATE", "end in -1 days"),
        (make_market(accepting_orders=False), "WRONG_DATE", "end in 30 days"),
    ],
)
def test_a_market_that_does_not_fit_is_refused(market: Market, code: str, says: str) -> None:
    event = refused(make_view(make_event(make_market_view(market))), make_strategy())

    assert codes(event) == [code]
    assert says in event.reasons[0].text


def test_a_market_of_a_series_without_an_end_cannot_be_rolled_and_is_refused() -> None:
    market = make_market_view(make_market(ends_at=None))

    event = refused(make_view(make_event(market)), make_strategy(series="fed"))

    assert codes(event) == ["WRONG_DATE"]
    assert "end in unknown days" in event.reasons[0].text


def test_a_named_market_without_an_end_is_used() -> None:
    market = make_market_view(make_market(ends_at=None))

    assert decide(make_view(make_event(market)), (make_strategy(),)).approved


@pytest.mark.parametrize(
    ("market", "said"),
    [
        (MarketRef(slug="fed-hkie"), "slug fed-hkie"),
        (MarketRef(condition_id="0x12"), "condition_id 0x12"),
        (MarketRef(series="fed", match="Hkie"), "series fed and outcome Hkie"),
    ],
)
def test_no_market_at_all_is_refused(market: MarketRef, said: str) -> None:
    strategy = replace(make_strategy(), market=market)
    event = refused(make_view(replace(make_event(), markets=())), strategy)

    assert codes(event) == ["NO_MARKET"]
    assert event.reasons[0].text == (
        f"the venue lists no open market with {said} ({strategy.path}); `polyhedge markets` finds"
        " its name"
    )


def test_stale_prices_spend_no_premium_but_use_the_last_exposure() -> None:
    memory = make_memory(shares=5_000.0, exposure_usd=12_000.0, digest="old")
    view = make_view(
        make_event(memory=memory),
        portfolio=make_portfolio(as_of=START - timedelta(days=5)),
        account=make_account(positions=(make_position("5000"),)),
    )

    decision = decide(view, (make_strategy(),))

    event = the_event(decision)
    assert not decision.approved
    assert codes(event) == ["STALE_PRICES"]
    assert event.verdict is Verdict.HOLD
    assert event.exposure_usd_est == 12_000.0
    assert decision.notes[0].text.startswith("the oldest portfolio price is 5.0 days old")


def test_an_unpriced_holding_spends_no_premium() -> None:
    view = make_view(
        make_event(memory=make_memory(digest="old")), portfolio=make_portfolio(unpriced=("GLD",))
    )

    event = refused(view, make_strategy())

    assert codes(event) == ["STALE_PRICES"]
    assert event.reasons[0].text == "no price for GLD; no new premium is spent"


@pytest.mark.parametrize("sizing", [Cover(), All()], ids=["alone", "jointly"])
@pytest.mark.parametrize("asks", [(("0.12", "50000"),), (("0.12", "5"), ("0.14", "50000"))])
def test_no_limit_is_further_from_the_mid_than_depth_is_counted(
    asks: Levels, sizing: Sizing
) -> None:
    # A share is worth over 40c: if the asks go, what is left is not what the plan was made on.
    dear = make_strategy(
        sizing=sizing, lines=(make_line(fraction=-0.9),), max_share_of_depth=0.05, digest="new"
    )
    market = make_market_view(bids=(("0.11", "6000"),), asks=asks)
    bought = decide(make_view(make_event(market)), (dear,))
    held = make_account(positions=(make_position("60000"),))
    memory = make_memory(shares=60_000.0)
    over = make_portfolio(make_holding(usd=500.0), make_holding("TLT", 50_000.0, sector="bonds"))
    sold = decide(
        make_view(make_event(market, memory=memory), account=held, portfolio=over), (dear,)
    )

    assert [str(intent.limit) for intent in bought.approved] == ["0.14"]
    assert [(intent.side, intent.limit) for intent in sold.approved] == [
        (Side.SELL, Decimal("0.09"))
    ]

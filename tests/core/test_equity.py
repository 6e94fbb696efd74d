"""What all is worth on a day: unknown where a price or a book is missing or too old."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from bot.core.equity import measure_covers, measure_equity
from bot.model.decision import Forecast
from bot.model.market import Quote
from bot.model.units import ConditionId, EventId, Shares, TokenId, Usd, UsdEst
from bot.model.view import EventMemory, EventView, MarketView, Position, Redeemable, View
from tests.fakes import YES, Levels, make_book
from tests.ledger.make import EVENT, make_decision, make_view

DEPOSIT = Usd(Decimal(1000))
TWO_SIDED: tuple[Levels, Levels] = ((("0.38", "10"),), (("0.40", "10"),))


def held(shares: str = "100", token: str = YES) -> Position:
    return Position(
        event=EVENT,
        condition_id=ConditionId("0xc1"),
        token_id=TokenId(token),
        shares=Shares(Decimal(shares)),
        cost_usd=Usd(Decimal(30)),
        opened_at=make_view().now,
    )


def view_with(
    *positions: Position,
    sides: tuple[Levels, Levels] = TWO_SIDED,
    book_age: timedelta = timedelta(0),
    price_age: timedelta = timedelta(0),
    unpriced: tuple[str, ...] = (),
) -> View:
    view = make_view(books=(make_book(bids=sides[0], asks=sides[1]),))
    event = view.events[0]
    (market,) = event.markets
    assert market.quote is not None
    aged = replace(market, quote=Quote(market.quote.book, view.now - book_age))
    portfolio = replace(view.portfolio, as_of=view.now - price_age, unpriced=unpriced)
    return replace(
        view,
        portfolio=portfolio,
        account=replace(view.account, positions=positions),
        events=(replace(event, markets=(aged,)),),
    )


def test_a_position_is_marked_at_the_bid_and_at_the_mid() -> None:
    equity = measure_equity(view_with(held(), held("50")), deposited_usd=DEPOSIT)
    assert equity.at_bid_usd_est == pytest.approx(150 * 0.38)
    assert equity.at_mid_usd_est == pytest.approx(150 * 0.39)
    assert equity.cost_usd == Decimal(60)
    assert equity.portfolio_usd_est == pytest.approx(500)
    assert equity.deposited_usd == DEPOSIT


def test_nothing_held_is_worth_nothing() -> None:
    equity = measure_equity(view_with(), deposited_usd=DEPOSIT)
    assert (equity.at_bid_usd_est, equity.at_mid_usd_est) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("sides", "at_bid"),
    [(((("0.38", "10"),), ()), 38.0), (((), (("0.01", "10"),)), 0.0), (((), ()), 0.0)],
)
def test_a_book_without_a_mid_counts_at_its_bid(
    sides: tuple[Levels, Levels], at_bid: float
) -> None:
    equity = measure_equity(view_with(held(), sides=sides), deposited_usd=DEPOSIT)
    assert equity.at_bid_usd_est == pytest.approx(at_bid)
    assert equity.at_mid_usd_est == equity.at_bid_usd_est


@pytest.mark.parametrize(("days", "is_known"), [(4.0, True), (4.01, False)])
def test_what_is_older_than_its_age_is_not_known(days: float, is_known: bool) -> None:
    age = timedelta(days=days)
    by_book = measure_equity(view_with(held(), book_age=age), deposited_usd=DEPOSIT)
    assert (by_book.at_bid_usd_est is not None, by_book.at_mid_usd_est is not None) == (
        is_known,
        is_known,
    )
    by_price = measure_equity(view_with(price_age=age), deposited_usd=DEPOSIT)
    assert (by_price.portfolio_usd_est is not None) == is_known


def test_one_position_without_a_book_leaves_the_whole_unknown() -> None:
    view = view_with(held(), held(token="777"))
    assert measure_equity(view, deposited_usd=DEPOSIT).at_bid_usd_est is None


def test_a_holding_without_a_price_leaves_the_portfolio_unknown() -> None:
    view = view_with(unpriced=("XYZ",))
    assert measure_equity(view, deposited_usd=DEPOSIT).portfolio_usd_est is None


def test_what_is_owed_is_counted_apart() -> None:
    view = view_with()
    due = Redeemable(
        event=EVENT,
        condition_id=ConditionId("0xc1"),
        token_id=TokenId(YES),
        shares=Shares(Decimal(7)),
        payout_usd=Usd(Decimal(7)),
    )
    owed = replace(view, account=replace(view.account, redeemable=(due,)))
    assert measure_equity(owed, deposited_usd=DEPOSIT).owed_usd == 7


def test_a_cover_is_what_the_hedges_of_the_event_pay() -> None:
    decision = make_decision()
    forecast = Forecast(probability=0.3, market=0.25, shares_of=())
    event = structs.replace(decision.events[0], exposure_usd_est=UsdEst(900.0), forecast=forecast)
    decided = structs.replace(decision, events=(event,))
    other = replace(held("11"), event=EventId("other"))
    (cover,) = measure_covers(view_with(held("40"), held("5"), other), decided)
    assert (cover.exposure_usd_est, cover.payout_usd_est) == (900.0, 45.0)
    assert (cover.probability, cover.market, cover.cost_usd) == (0.3, 0.25, Decimal(60))
    assert cover.verdict == "hold"


def test_a_quiet_event_has_the_exposure_of_its_last_plan() -> None:
    decision = make_decision(memory=EventMemory(exposure_usd_est=UsdEst(700.0)))
    (cover,) = measure_covers(view_with(), decision)
    assert (cover.exposure_usd_est, cover.payout_usd_est) == (700.0, 0.0)
    assert (cover.probability, cover.market) == (None, None)


def test_a_market_without_a_quote_has_no_mark() -> None:
    view = view_with(held())
    event = view.events[0]
    market = MarketView(market=event.markets[0].market, adverse_index=0, quote=None)
    blind = replace(view, events=(EventView(event=EVENT, markets=(market,)),))
    assert measure_equity(blind, deposited_usd=DEPOSIT).at_bid_usd_est is None

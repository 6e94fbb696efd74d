"""What came or went without an order of ours: counted to the last millionth, never sold."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.core.accounting import Books
from bot.core.case import Case, open_case
from bot.core.decide import decide
from bot.core.exposure import cover_from_outside
from bot.model.orders import Fill, Side
from bot.model.units import (
    ConditionId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
)
from bot.model.view import Redeemable
from tests.core import builders

START = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = EventId("fed-hike")
CONDITION = ConditionId("0x01")
TOKEN = TokenId("101")
ONE, NONE = Decimal(1), Decimal(0)


def usd(text: str) -> Usd:
    return Usd(Decimal(text))


def shares(text: str) -> Shares:
    return Shares(Decimal(text))


def make_fill(number: int, side: Side, size: str, price: str, *, fee: str = "0") -> Fill:
    return Fill(
        trade_id=TradeId(f"t{number}"),
        order_id=OrderId(f"o{number}"),
        token_id=TOKEN,
        side=side,
        size=shares(size),
        price=Price(Decimal(price)),
        fee_usd=usd(fee),
        is_maker=False,
        at=START,
    )


@pytest.fixture
def books() -> Books:
    """100 USD came in; 10 shares were bought at 40 cents."""
    books = Books()
    books.deposit(usd("100"))
    books.apply_fill(make_fill(1, Side.BUY, "10", "0.4"), event=EVENT, condition_id=CONDITION)
    return books


def held(books: Books) -> dict[str, Decimal]:
    assert books.totals().gap_usd == 0
    return {position.token_id: position.shares for position in books.positions()}


def test_a_corrected_fill_is_as_if_it_had_been_so_from_the_start(books: Books) -> None:
    exact = replace(make_fill(1, Side.BUY, "9.99", "0.4", fee="0.12"), notional_usd=usd("3.996"))
    books.correct_fill(exact)
    account = books.account(START, orders=())
    assert held(books) == {TOKEN: Decimal("9.99")}
    assert account.cash_usd == usd("95.884")
    assert account.premium_used_usd == books.totals().cost_usd == usd("4.116")


def test_a_corrected_sale_changes_what_was_won(books: Books) -> None:
    sale = make_fill(2, Side.SELL, "10", "0.5")
    books.apply_fill(sale, event=EVENT, condition_id=CONDITION)
    books.correct_fill(replace(sale, fee_usd=usd("0.2")))
    assert books.totals().realised_usd == usd("0.8")
    assert held(books) == {}


def test_a_corrected_fill_that_fails_is_taken_back_whole(books: Books) -> None:
    books.correct_fill(make_fill(1, Side.BUY, "9", "0.4", fee="0.1"))
    assert books.reverse_fill((TradeId("t1"), OrderId("o1")))
    assert books.totals().cash_usd == usd("100")
    assert held(books) == {}


def test_shares_from_outside_are_no_position(books: Books) -> None:
    books.receive(TOKEN, shares("7"))
    assert held(books) == {TOKEN: Decimal(10)}
    assert books.account(START, orders=()).foreign == {TOKEN: Decimal(7)}
    books.receive(TOKEN, shares("-7"))
    assert books.account(START, orders=()).foreign == {}


def test_adopted_shares_are_a_hedge_that_cost_nothing(books: Books) -> None:
    books.receive(TOKEN, shares("7"))
    books.adopt(TOKEN, event=EVENT, condition_id=CONDITION, shares=shares("7"), at=START)
    assert held(books) == {TOKEN: Decimal(17)}
    assert books.account(START, orders=()).foreign == {}
    assert books.totals().cost_usd == usd("4")
    assert books.account(START, orders=()).premium_used_usd == usd("4")


def test_a_resolved_position_is_owed_and_is_no_cash_until_paid(books: Books) -> None:
    books.resolve(TOKEN, payout=ONE, at=START)
    assert held(books) == {}
    owed = Redeemable(
        event=EVENT,
        condition_id=CONDITION,
        token_id=TOKEN,
        shares=shares("10"),
        payout_usd=usd("10"),
    )
    account = books.account(START, orders=())
    assert (account.cash_usd, account.redeemable) == (usd("96"), (owed,))
    assert books.totals().realised_usd == usd("6")
    books.redeem(TOKEN, shares=shares("10"), paid_usd=usd("10"))
    account = books.account(START, orders=())
    assert (account.cash_usd, account.redeemable) == (usd("106"), ())
    assert books.totals().realised_usd == usd("6")


def test_half_of_an_odd_millionth_is_not_owed(books: Books) -> None:
    books.apply_fill(make_fill(2, Side.BUY, "0.000001", "0.4"), event=EVENT, condition_id=CONDITION)
    books.resolve(TOKEN, payout=Decimal("0.5"), at=START)
    assert books.account(START, orders=()).redeemable[0].payout_usd == usd("5")


def test_a_payout_in_two_parts_or_of_another_size_leaves_no_gap(books: Books) -> None:
    books.resolve(TOKEN, payout=ONE, at=START)
    books.redeem(TOKEN, shares=shares("4"), paid_usd=usd("4"))
    assert books.account(START, orders=()).redeemable[0].payout_usd == usd("6")
    books.redeem(TOKEN, shares=shares("6"), paid_usd=usd("5.5"))
    assert books.totals().realised_usd == usd("5.5")
    assert held(books) == {}


def test_a_redemption_that_is_undone_is_owed_again(books: Books) -> None:
    books.resolve(TOKEN, payout=ONE, at=START)
    books.redeem(TOKEN, shares=shares("10"), paid_usd=usd("10"))
    books.redeem(TOKEN, shares=shares("-10"), paid_usd=usd("-10"))
    account = books.account(START, orders=())
    assert account.cash_usd == usd("96")
    assert account.redeemable[0].payout_usd == usd("10")
    assert held(books) == {}


def test_two_resolutions_of_a_token_are_owed_together(books: Books) -> None:
    books.resolve(TOKEN, payout=ONE, at=START)
    books.apply_fill(make_fill(2, Side.BUY, "1", "0.4"), event=EVENT, condition_id=CONDITION)
    books.resolve(TOKEN, payout=ONE, at=START)
    assert books.account(START, orders=()).redeemable[0].shares == Decimal(11)


def test_a_payout_by_somebody_else_that_is_undone_gives_the_position_back(books: Books) -> None:
    books.settle(
        TOKEN,
        event=EVENT,
        condition_id=CONDITION,
        shares=shares("10"),
        payout_usd=usd("10"),
        at=START,
        transfer_id="0xt/1",
    )
    assert held(books) == {}
    books.unsettle(TOKEN, "0xt/1")
    assert held(books) == {TOKEN: Decimal(10)}
    assert (books.totals().cash_usd, books.totals().cost_usd) == (usd("96"), usd("4"))


def test_a_profit_buys_no_further_hedge(books: Books) -> None:
    sale = make_fill(2, Side.SELL, "10", "0.9")
    books.apply_fill(sale, event=EVENT, condition_id=CONDITION)
    account = books.account(START, orders=())
    assert account.premium_used_usd == 0
    assert account.premium_by_event == {EVENT: usd("0")}


def loss(foreign: dict[str, str]) -> float:
    account = replace(
        builders.make_account(),
        foreign={TokenId(token): shares(size) for token, size in foreign.items()},
    )
    view = builders.make_view(builders.make_event(), account=account)
    return decide(view, (builders.make_strategy(),)).events[0].exposure_usd_est


def test_shares_from_outside_cover_or_add_to_the_exposure_and_are_never_sold() -> None:
    plain = loss({})
    view = builders.make_event().markets[0]
    adverse, other = view.token_id, view.market.complement_of(view.token_id)
    assert plain > 0
    assert loss({adverse: "1000"}) == pytest.approx(plain - 1000)
    assert loss({other: "1000"}) == pytest.approx(plain + 1000)
    assert loss({"999": "1000"}) == pytest.approx(plain)


def test_shares_from_outside_in_a_resolved_market_cover_nothing() -> None:
    adverse = builders.make_event().markets[0].token_id
    second = replace(builders.make_event().markets[0].market, payouts=(ONE, NONE))
    shown = replace(builders.make_event().markets[0], market=second)
    event = replace(builders.make_event(), markets=(shown,))
    account = replace(builders.make_account(), foreign={adverse: shares("1000")})
    strategy = builders.make_strategy()
    view = builders.make_view(event, account=account)
    assert cover_from_outside(view, event, strategy) == 0.0
    assert cover_from_outside(view, event, replace(strategy, adverse="Up")) == 0.0


def test_a_payout_that_is_owed_is_part_of_our_wealth() -> None:
    owed = Redeemable(
        event=EVENT,
        condition_id=CONDITION,
        token_id=TOKEN,
        shares=shares("1000"),
        payout_usd=usd("1000"),
    )
    event, strategy = builders.make_event(), builders.make_strategy()
    account = builders.make_account()
    cases = [
        open_case(builders.make_view(event, account=each), event, strategy)
        for each in (account, replace(account, redeemable=(owed,)))
    ]
    plain, richer = (case for case in cases if isinstance(case, Case))
    assert richer.wealth_if_not_usd_est == pytest.approx(plain.wealth_if_not_usd_est + 1000)

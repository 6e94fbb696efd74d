"""Fills, payouts and deposits add up to the last millionth, in whatever order they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.accounting import PREMIUM_WINDOW, Books, Totals, mark
from bot.errors import InvariantError
from bot.model.market import Book
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
    UsdEst,
    from_e6,
)
from bot.model.view import Position

START = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = EventId("fed-hike")
CONDITION = ConditionId("0x01")
TOKEN = TokenId("101")


def make_fill(
    number: int,
    side: Side,
    size: str,
    price: str,
    *,
    fee: str = "0",
    token: TokenId = TOKEN,
    at: datetime = START,
) -> Fill:
    return Fill(
        trade_id=TradeId(f"t{number}"),
        order_id=OrderId(f"o{number}"),
        token_id=token,
        side=side,
        size=Shares(Decimal(size)),
        price=Price(Decimal(price)),
        fee_usd=Usd(Decimal(fee)),
        is_maker=False,
        at=at,
    )


def apply(books: Books, *fills: Fill) -> None:
    for fill in fills:
        assert books.apply_fill(fill, event=EVENT, condition_id=CONDITION)


def settle(books: Books, shares: str, payout: str, *, token: TokenId = TOKEN) -> None:
    books.settle(
        token,
        event=EVENT,
        condition_id=CONDITION,
        shares=Shares(Decimal(shares)),
        payout_usd=Usd(Decimal(payout)),
        at=START,
    )


def usd(text: str) -> Usd:
    return Usd(Decimal(text))


def test_a_buy_costs_its_price_and_fee() -> None:
    books = Books()
    books.deposit(usd("100"))
    apply(books, make_fill(1, Side.BUY, "10", "0.4", fee="0.05"))
    account = books.account(START, orders=())
    assert account.cash_usd == usd("95.95")
    assert account.premium_used_usd == usd("4.05")
    assert account.premium_by_event == {EVENT: usd("4.05")}
    assert account.positions == (
        Position(
            event=EVENT,
            condition_id=CONDITION,
            token_id=TOKEN,
            shares=Shares(Decimal(10)),
            cost_usd=usd("4.05"),
            opened_at=START,
        ),
    )


def test_a_sale_takes_its_share_of_the_average_cost() -> None:
    books = Books()
    apply(
        books,
        make_fill(1, Side.BUY, "10", "0.4"),
        make_fill(2, Side.BUY, "10", "0.6"),
        make_fill(3, Side.SELL, "5", "0.7", fee="0.1"),
    )
    assert books.totals() == Totals(
        deposited_usd=usd("0"),
        cash_usd=usd("-6.6"),
        cost_usd=usd("7.5"),
        realised_usd=usd("0.9"),
    )


def test_thirds_of_a_cost_add_up_to_it() -> None:
    books = Books()
    apply(books, make_fill(1, Side.BUY, "3", "0.333333"), make_fill(2, Side.SELL, "1", "0.5"))
    assert books.totals().cost_usd == usd("0.666666")
    apply(books, make_fill(3, Side.SELL, "1", "0.5"))
    assert books.totals().cost_usd == usd("0.333333")
    apply(books, make_fill(4, Side.SELL, "1", "0.5"))
    assert books.totals().cost_usd == usd("0")
    assert books.totals().realised_usd == usd("0.500001")


def test_a_trade_seen_again_changes_nothing() -> None:
    books = Books()
    fill = make_fill(1, Side.BUY, "10", "0.4")
    apply(books, fill)
    before = books.account(START, orders=())
    assert not books.apply_fill(fill, event=EVENT, condition_id=CONDITION)
    assert books.account(START, orders=()) == before


def test_one_trade_may_fill_two_of_our_orders() -> None:
    books = Books()
    first = make_fill(1, Side.BUY, "10", "0.4")
    apply(books, first, replace(first, order_id=OrderId("o2")))
    assert books.held(TOKEN) == Decimal(20)


def test_a_sale_of_shares_not_held_breaks_the_invariant() -> None:
    books = Books()
    apply(books, make_fill(1, Side.BUY, "10", "0.4"))
    with pytest.raises(InvariantError, match=r"sells 10\.000001 shares of token 101.* holds 10$"):
        books.apply_fill(
            make_fill(2, Side.SELL, "10.000001", "0.5"), event=EVENT, condition_id=CONDITION
        )
    assert books.held(TOKEN) == Decimal(10)


def test_a_payout_of_shares_not_held_breaks_the_invariant() -> None:
    with pytest.raises(InvariantError, match="takes 1 shares of token 101, but the ledger holds 0"):
        settle(Books(), "1", "1")


def test_a_failed_fill_is_as_if_it_had_never_been() -> None:
    with_it, without = Books(), Books()
    failed = make_fill(2, Side.BUY, "7", "0.9", fee="0.3")
    others = (
        make_fill(1, Side.BUY, "10", "0.4"),
        make_fill(3, Side.SELL, "5", "0.55"),
        make_fill(4, Side.BUY, "1", "0.123457"),
    )
    apply(with_it, others[0], failed, *others[1:])
    apply(without, *others)
    assert with_it.reverse_fill((failed.trade_id, failed.order_id))
    assert with_it.account(START, orders=()) == without.account(START, orders=())
    assert with_it.totals() == without.totals()


def test_a_fill_fails_once_and_stays_seen() -> None:
    books = Books()
    fill = make_fill(1, Side.BUY, "10", "0.4")
    apply(books, fill)
    assert books.reverse_fill((fill.trade_id, fill.order_id))
    assert not books.reverse_fill((fill.trade_id, fill.order_id))
    assert not books.apply_fill(fill, event=EVENT, condition_id=CONDITION)
    assert books.held(TOKEN) == 0
    assert books.account(START, orders=()).premium_by_event == {}


def test_a_failed_fill_that_was_never_counted_breaks_the_invariant() -> None:
    with pytest.raises(InvariantError, match="trade t1 of order o1 failed, but was never counted"):
        Books().reverse_fill((TradeId("t1"), OrderId("o1")))


def test_a_failed_buy_whose_shares_were_sold_leaves_a_debt_until_the_sale_fails_too() -> None:
    books = Books()
    buy, sale = make_fill(1, Side.BUY, "10", "0.4"), make_fill(2, Side.SELL, "10", "0.5")
    apply(books, buy, sale)
    books.reverse_fill((buy.trade_id, buy.order_id))
    (debt,) = books.positions()
    assert debt.shares == Decimal(-10)
    assert debt.cost_usd == 0
    assert books.totals().gap_usd == 0
    books.reverse_fill((sale.trade_id, sale.order_id))
    assert books.positions() == ()
    assert books.totals().cash_usd == 0


def test_buying_back_a_debt_realises_its_cost() -> None:
    books = Books()
    buy, sale = make_fill(1, Side.BUY, "10", "0.4"), make_fill(2, Side.SELL, "10", "0.5")
    apply(books, buy, sale)
    books.reverse_fill((buy.trade_id, buy.order_id))
    apply(books, make_fill(3, Side.BUY, "10", "0.6"))
    assert books.positions() == ()
    assert books.totals().realised_usd == usd("-1")
    assert books.totals().gap_usd == 0


@pytest.mark.parametrize(
    ("payout", "realised"), [("10", "6"), ("0", "-4"), ("5", "1")], ids=["won", "lost", "void"]
)
def test_a_payout_closes_the_position_and_refunds_no_premium(payout: str, realised: str) -> None:
    books = Books()
    apply(books, make_fill(1, Side.BUY, "10", "0.4"))
    settle(books, "10", payout)
    assert books.positions() == ()
    assert books.totals().realised_usd == usd(realised)
    assert books.account(START, orders=()).premium_used_usd == usd("4")


def test_proceeds_of_a_hedge_sold_early_free_premium() -> None:
    books = Books()
    apply(
        books,
        make_fill(1, Side.BUY, "10", "0.4"),
        make_fill(2, Side.SELL, "5", "0.3", fee="0.01"),
    )
    assert books.account(START, orders=()).premium_used_usd == usd("2.51")


def test_premium_leaves_the_window_after_365_days() -> None:
    books = Books()
    later = START + timedelta(days=100)
    assert books.premium_changes_at(START) is None
    apply(
        books,
        make_fill(1, Side.BUY, "10", "0.4"),
        make_fill(2, Side.BUY, "10", "0.5", at=later),
    )
    end = START + PREMIUM_WINDOW
    just_before = end - timedelta(microseconds=1)
    assert books.account(just_before, orders=()).premium_used_usd == usd("9")
    assert books.premium_changes_at(just_before) == end
    assert books.account(end, orders=()).premium_used_usd == usd("5")
    assert books.premium_changes_at(end) == later + PREMIUM_WINDOW


def test_buys_and_sales_of_a_year_are_turned_over_and_payouts_are_not() -> None:
    books = Books()
    later = START + timedelta(days=100)
    apply(
        books,
        make_fill(1, Side.BUY, "10", "0.4"),
        make_fill(2, Side.SELL, "5", "0.3", fee="0.01", at=later),
    )
    settle(books, "5", "1")
    turned = [
        books.account(at, orders=()).turnover_by_event for at in (later, START + PREMIUM_WINDOW)
    ]

    assert [dict(each) for each in turned] == [{EVENT: usd("5.49")}, {EVENT: usd("1.49")}]


def test_a_position_is_as_old_as_its_first_buy_since_it_was_flat() -> None:
    books = Books()
    days = [START + timedelta(days=n) for n in range(4)]
    apply(
        books,
        make_fill(1, Side.BUY, "1", "0.4", at=days[0]),
        make_fill(2, Side.SELL, "1", "0.4", at=days[1]),
        make_fill(3, Side.BUY, "1", "0.4", at=days[2]),
        make_fill(4, Side.BUY, "1", "0.4", at=days[3]),
    )
    (position,) = books.positions()
    assert position.opened_at == days[2]


def test_cash_rounds_against_us() -> None:
    buy = make_fill(1, Side.BUY, "1.000001", "0.333", fee="0.00001")
    sale = make_fill(2, Side.SELL, "1.000001", "0.333")
    assert buy.cash_usd == usd("-0.333011")
    assert sale.cash_usd == usd("0.333000")


def test_what_the_chain_says_changed_hands_beats_price_times_size() -> None:
    buy = make_fill(1, Side.BUY, "3", "0.333333", fee="0.01")
    assert replace(buy, notional_usd=usd("1")).cash_usd == usd("-1.01")


def test_a_position_is_marked_at_the_best_bid() -> None:
    books = Books()
    apply(books, make_fill(1, Side.BUY, "10", "0.4"))
    (position,) = books.positions()
    book = Book(TOKEN, 0, (350_000, 340_000), (1, 1), (410_000,), (1,))
    assert mark(position, book) == UsdEst(3.5)
    assert mark(position, book._replace(bid_prices=(), bid_sizes=())) == UsdEst(0.0)
    assert mark(position, None) is None


# --- properties ---------------------------------------------------------------------------------

TOKENS = (TokenId("101"), TokenId("102"))

events = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "fail", "settle", "deposit", "repeat"]),
        st.sampled_from(TOKENS),
        st.integers(1, 50_000_000),  # shares or cash, millionths
        st.integers(1, 999),  # price, thousandths
        st.integers(0, 500_000),  # fee or payout, millionths
    ),
    max_size=40,
)
Events = list[tuple[str, TokenId, int, int, int]]


def play(steps: Events) -> tuple[Books, Decimal]:
    """Return the books after all steps that are possible, and what was deposited."""
    books, deposits, fills = Books(), Decimal(0), list[Fill]()
    for number, (kind, token, size_e6, price, fee_e6) in enumerate(steps):
        held_e6 = int(books.held(token) * 1_000_000)
        size = str(from_e6(min(size_e6, held_e6) if kind in ("sell", "settle") else size_e6))
        if Decimal(size) <= 0:
            continue
        if kind in ("buy", "sell"):
            side = Side(kind)
            fee = str(from_e6(fee_e6))
            fills.append(make_fill(number, side, size, f"0.{price:03}", fee=fee, token=token))
            apply(books, fills[-1])
        elif kind == "settle":
            settle(books, size, str(from_e6(fee_e6)), token=token)
        elif kind == "deposit":
            books.deposit(usd(size))
            deposits += Decimal(size)
        elif fills and kind == "repeat":
            again = fills[price % len(fills)]
            assert not books.apply_fill(again, event=EVENT, condition_id=CONDITION)
        elif fills:
            failed = fills[price % len(fills)]
            books.reverse_fill((failed.trade_id, failed.order_id))
    return books, deposits


@given(events)
def test_cash_and_cost_are_deposits_and_profit_to_the_last_millionth(steps: Events) -> None:
    books, deposits = play(steps)
    totals = books.totals()
    assert totals.deposited_usd == deposits
    assert totals.gap_usd == 0
    assert totals.cost_usd == sum(position.cost_usd for position in books.positions())
    assert all(position.cost_usd >= 0 for position in books.positions() if position.shares > 0)


@given(st.lists(st.tuples(st.integers(1, 10_000_000), st.integers(1, 999)), max_size=8), st.data())
def test_the_order_of_buys_and_of_tokens_does_not_matter(
    buys: list[tuple[int, int]], data: st.DataObject
) -> None:
    fills = [
        make_fill(n, Side.BUY, str(from_e6(size)), f"0.{price:03}", token=TOKENS[n % 2])
        for n, (size, price) in enumerate(buys)
    ]
    one, other = Books(), Books()
    apply(one, *fills)
    apply(other, *data.draw(st.permutations(fills)))
    assert one.totals() == other.totals()
    by_token = {position.token_id: position for position in one.positions()}
    assert by_token == {position.token_id: position for position in other.positions()}


@given(events)
def test_failing_every_fill_leaves_deposits_only(steps: Events) -> None:
    books, deposits = play([step for step in steps if step[0] != "settle"])
    keys = list(books._seen)
    for key in keys:
        books.reverse_fill(key)
    assert books.positions() == ()
    assert books.totals().cash_usd == deposits
    assert books.account(START, orders=()).premium_used_usd == 0


@given(st.integers(1, 10**9), st.integers(1, 999), st.lists(st.integers(1, 10**9), max_size=6))
def test_costs_released_by_sales_add_up_to_the_cost(
    size_e6: int, price: int, cuts: list[int]
) -> None:
    books = Books()
    apply(books, make_fill(0, Side.BUY, str(from_e6(size_e6)), f"0.{price:03}"))
    cost = books.totals().cost_usd
    edges = sorted({size_e6, *(cut % size_e6 for cut in cuts)})
    sold = 0
    for number, edge in enumerate(edges, start=1):
        if edge > sold:
            apply(books, make_fill(number, Side.SELL, str(from_e6(edge - sold)), "0.5"))
            sold = edge
    totals = books.totals()
    assert totals.cost_usd == 0
    assert totals.realised_usd == totals.cash_usd
    assert cost >= 0

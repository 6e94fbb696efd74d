"""Buying and selling along a book: where it stops, at which limit, and what that is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.hedge import plan_buy, plan_exit, plan_rest, plan_sell
from bot.core.utility import TwoState
from bot.model.market import Book
from tests.fakes import YES, Levels, make_book

DEAR: Levels = (("0.99", "0.01"),)


def no_fee(_price: float) -> float:
    return 0.0


def four_percent(price: float) -> float:
    return 0.04 * price * (1.0 - price)


def make_state(
    *, p: float = 0.2, loss: float = 20_000.0, wealth: float = 100_000.0, gamma: float = 3.0
) -> TwoState:
    return TwoState(p, wealth - loss, wealth, gamma)


LADDER = make_book(
    bids=(("0.20", "9000"),), asks=(("0.21", "2000"), ("0.22", "5000"), ("0.24", "20000"))
)


def ladder_shares(book: Book, shares: float) -> list[float]:
    """Return how ``shares`` spread over the asks, cheapest first."""
    taken: list[float] = []
    for size in book.ask_sizes:
        part = min(shares, size / 1e6)
        taken.append(part)
        shares -= part
    return taken


@pytest.mark.parametrize(
    ("gamma", "levels", "reservation"),
    [(1.0, (2000.0, 3375.67, 0.0), 0.22686), (3.0, (2000.0, 5000.0, 4529.38), 0.24730)],
)
def test_a_ladder_is_bought_until_the_share_is_worth_its_price(
    gamma: float, levels: tuple[float, ...], reservation: float
) -> None:
    state = make_state(gamma=gamma)

    trade = plan_buy(
        state, LADDER, most=1e9, max_share_of_depth=1e9, highest=1.0, fee_at=four_percent
    )

    assert ladder_shares(LADDER, trade.shares) == pytest.approx(list(levels), abs=0.005)
    after = state.after(shares=trade.shares, cash=trade.cash)
    assert after.reservation_price == pytest.approx(reservation, abs=5e-6)
    assert trade.limit + four_percent(trade.limit) == pytest.approx(reservation, abs=5e-6)
    assert trade.capped_by == "price"
    assert trade.benefit > 0.0


def test_a_purchase_stops_at_what_is_wanted() -> None:
    trade = plan_buy(
        make_state(), LADDER, most=3_000.0, max_share_of_depth=1.0, highest=1.0, fee_at=no_fee
    )

    assert (trade.shares, trade.capped_by, trade.last_price) == (3_000.0, "target", 0.22)
    assert trade.cash == pytest.approx(-2_000 * 0.21 - 1_000 * 0.22)
    assert trade.cost == pytest.approx(2_000 * 0.005 + 1_000 * 0.015)
    assert trade.limit > 0.22


def test_a_purchase_takes_only_its_part_of_the_depth_near_the_mid() -> None:
    # The mid is 20.5c: all three levels are within 3 cents, up to 23.5c only two.
    near = plan_buy(
        make_state(), LADDER, most=1e9, max_share_of_depth=0.2, highest=1.0, fee_at=no_fee
    )

    assert near.shares == pytest.approx(0.2 * 7_000)
    assert near.capped_by == "depth"


def test_asks_far_from_the_mid_are_no_depth() -> None:
    book = make_book(bids=(("0.10", "100"),), asks=(("0.18", "1000"),))

    trade = plan_buy(make_state(), book, most=1e3, max_share_of_depth=1, highest=1, fee_at=no_fee)

    assert (trade.shares, trade.capped_by) == (0.0, "depth")


def test_a_purchase_that_wants_nothing_is_none() -> None:
    trade = plan_buy(make_state(), LADDER, most=0, max_share_of_depth=1, highest=1, fee_at=no_fee)

    assert (trade.shares, trade.capped_by) == (0.0, "target")


def test_a_purchase_never_goes_above_the_chase_limit() -> None:
    trade = plan_buy(
        make_state(), LADDER, most=5_000, max_share_of_depth=1, highest=0.21, fee_at=no_fee
    )
    past = plan_buy(
        make_state(), LADDER, most=5_000, max_share_of_depth=1, highest=0.2, fee_at=no_fee
    )

    assert (trade.shares, trade.capped_by, trade.limit) == (2_000.0, "chase", 0.21)
    assert (past.shares, past.capped_by) == (0.0, "chase")


@pytest.mark.parametrize("hurdle", [0.0, 0.5, 1.5])
def test_the_last_share_bought_clears_the_hurdle_and_no_more(hurdle: float) -> None:
    book = make_book(bids=(("0.20", "9000"),), asks=(("0.21", "2000"), ("0.22", "90000")))
    state = make_state()

    trade = plan_buy(
        state,
        book,
        most=1e9,
        max_share_of_depth=1e9,
        highest=1.0,
        fee_at=four_percent,
        hurdle=hurdle,
    )

    unit = 0.22 + four_percent(0.22)
    after = state.after(shares=trade.shares, cash=trade.cash)
    assert after.reservation_price == pytest.approx(unit + hurdle * (unit - 0.205), abs=1e-9)
    assert trade.limit == pytest.approx(0.22, abs=1e-6)
    assert trade.benefit >= hurdle * trade.cost


def test_a_hurdle_that_no_price_clears_buys_nothing() -> None:
    book = make_book(bids=(("0.90", "9"),), asks=(("0.92", "9"),))

    trade = plan_buy(
        make_state(p=0.95, gamma=50.0),
        book,
        most=1e3,
        max_share_of_depth=1.0,
        highest=1.0,
        fee_at=no_fee,
        hurdle=9.0,
    )

    assert (trade.shares, trade.capped_by) == (0.0, "price")


def test_a_book_that_runs_out_ends_the_purchase() -> None:
    book = make_book(bids=(("0.18", "9"),), asks=(("0.19", "10"),))

    trade = plan_buy(make_state(), book, most=1e3, max_share_of_depth=1e9, highest=1, fee_at=no_fee)

    assert (trade.shares, trade.capped_by) == (10.0, "book")


def test_a_share_that_costs_a_dollar_with_its_fee_is_not_bought() -> None:
    book = make_book(bids=(("0.98", "9"),), asks=DEAR)

    trade = plan_buy(
        make_state(p=0.99, gamma=50.0),
        book,
        most=1e3,
        max_share_of_depth=1e9,
        highest=1.0,
        fee_at=lambda _price: 0.01,
    )

    assert (trade.shares, trade.capped_by) == (0.0, "price")


@pytest.mark.parametrize("fee_at", [no_fee, four_percent])
@pytest.mark.parametrize("book", [make_book(), make_book(bids=DEAR), make_book(asks=DEAR)])
def test_a_book_without_a_mid_is_never_traded_on(book: Book, fee_at: object) -> None:
    with pytest.raises(ValueError, match="has no mid"):
        plan_rest(make_state(), book, most=10, tick=0.01)


def test_a_resting_purchase_waits_at_the_best_bid() -> None:
    trade = plan_rest(make_state(), LADDER, most=1_000.0, tick=0.01)

    assert (trade.shares, trade.limit, trade.capped_by) == (1_000.0, 0.20, "target")
    assert trade.cost == pytest.approx(-5.0)


def test_a_resting_purchase_never_bids_more_than_a_share_is_worth() -> None:
    dear = make_book(bids=(("0.40", "9000"),), asks=(("0.42", "9000"),))
    state = make_state()

    trade = plan_rest(state, dear, most=1e9, tick=0.01)

    assert trade.limit == pytest.approx(0.32)  # worth 32.8c
    assert trade.capped_by == "price"


def test_a_resting_purchase_stays_below_an_ask_that_meets_the_bid() -> None:
    locked = make_book(bids=(("0.20", "90"),), asks=(("0.20", "90"),))

    assert plan_rest(make_state(), locked, most=10, tick=0.01).limit == pytest.approx(0.19)


def test_nothing_rests_below_the_smallest_price() -> None:
    cheap = make_book(bids=(("0.01", "90"),), asks=(("0.02", "90"),))

    trade = plan_rest(make_state(p=0.001, loss=0.0), cheap, most=10, tick=0.01)

    assert trade.shares == 0.0


def test_a_sale_goes_on_while_the_bid_is_worth_more() -> None:
    # Over-hedged by 10,000 shares: the mirror of a loss of 10,000 in the other state.
    state = TwoState(0.2, 110_000.0, 100_000.0, 3.0)
    book = make_book(bids=(("0.19", "4000"), ("0.18", "90000")), asks=(("0.20", "9"),))

    trade = plan_sell(state, book, most=1e9, fee_at=no_fee)

    after = state.after(shares=-trade.shares, cash=trade.cash)
    assert 4_000 < trade.shares < 10_000
    assert after.reservation_price == pytest.approx(0.18, abs=1e-9)
    assert trade.limit == pytest.approx(0.18, abs=1e-9)
    assert trade.capped_by == "price"
    assert trade.benefit > 0.0


def test_selling_yes_is_buying_no() -> None:
    # Selling n shares that pay in the event at b is buying n that pay otherwise at 1 - b.
    state = TwoState(0.2, 120_000.0, 100_000.0, 3.0)
    bids = make_book(bids=(("0.19", "5000"), ("0.18", "50000")), asks=(("0.20", "9"),))
    asks = make_book(asks=(("0.81", "5000"), ("0.82", "50000")), bids=(("0.80", "9"),))

    sold = plan_sell(state, bids, most=1e9, fee_at=four_percent)
    bought = plan_buy(
        TwoState(0.8, 100_000.0, 120_000.0, 3.0),
        asks,
        most=1e9,
        max_share_of_depth=1e9,
        highest=1.0,
        fee_at=four_percent,
    )

    assert sold.shares == pytest.approx(bought.shares)
    assert sold.limit == pytest.approx(1.0 - bought.limit, abs=1e-6)
    assert sold.benefit == pytest.approx(bought.benefit)


def test_a_sale_stops_at_the_excess() -> None:
    state = TwoState(0.2, 110_000.0, 100_000.0, 3.0)
    book = make_book(bids=(("0.20", "400"), ("0.19", "900")), asks=(("0.21", "9"),))

    trade = plan_sell(state, book, most=500.0, fee_at=no_fee)

    assert (trade.shares, trade.last_price, trade.capped_by) == (500.0, 0.19, "target")
    assert trade.cost == pytest.approx(500 * 0.205 - 400 * 0.2 - 100 * 0.19)
    assert trade.limit <= 0.19


def test_a_sale_ends_with_the_bids() -> None:
    state = TwoState(0.2, 110_000.0, 100_000.0, 3.0)
    book = make_book(bids=(("0.20", "400"),), asks=(("0.21", "9"),))

    trade = plan_sell(state, book, most=500.0, fee_at=no_fee)

    assert (trade.shares, trade.capped_by) == (400.0, "book")


def test_the_last_share_sold_clears_the_hurdle_and_no_more() -> None:
    state = TwoState(0.2, 130_000.0, 100_000.0, 3.0)
    book = make_book(bids=(("0.19", "90000"),), asks=(("0.20", "9"),))

    trade = plan_sell(state, book, most=1e9, fee_at=no_fee, hurdle=1.5)

    after = state.after(shares=-trade.shares, cash=trade.cash)
    assert after.reservation_price == pytest.approx(0.19 - 1.5 * 0.005, abs=1e-9)
    assert trade.benefit >= 1.5 * trade.cost


def test_a_hurdle_that_no_bid_clears_sells_nothing() -> None:
    state = TwoState(0.2, 130_000.0, 100_000.0, 3.0)
    book = make_book(bids=(("0.01", "90000"),), asks=(("0.09", "9"),))

    trade = plan_sell(state, book, most=1e9, fee_at=no_fee, hurdle=1.5)

    assert (trade.shares, trade.capped_by) == (0.0, "price")


def test_shares_worth_more_than_the_bid_are_kept() -> None:
    trade = plan_sell(make_state(), LADDER, most=500.0, fee_at=no_fee)

    assert (trade.shares, trade.capped_by) == (0.0, "price")


def test_an_exit_sells_what_is_worth_more_to_keep() -> None:
    trade = plan_exit(LADDER, most=500.0, floor=0.19, fee_at=four_percent)

    assert (trade.shares, trade.limit, trade.capped_by) == (500.0, 0.2, "target")
    assert trade.cash == pytest.approx(500 * (0.2 - 0.0064))
    assert trade.cost == pytest.approx(500 * (0.005 + 0.0064))


def test_an_exit_stops_at_its_floor() -> None:
    book = make_book(bids=(("0.20", "100"), ("0.19", "100"), ("0.15", "900")), asks=DEAR)

    trade = plan_exit(book, most=500.0, floor=0.19, fee_at=no_fee)

    assert (trade.shares, trade.limit, trade.capped_by) == (200.0, 0.19, "book")


def test_an_exit_ends_with_the_bids() -> None:
    book = make_book(YES, bids=(("0.20", "100"),), asks=DEAR)

    assert plan_exit(book, most=500.0, floor=0.1, fee_at=no_fee).shares == 100.0


LEVELS = st.lists(st.tuples(st.integers(1, 98), st.integers(1, 50_000)), min_size=1, max_size=6)


def book_of(levels: list[tuple[int, int]], *, mid_cents: int) -> Book:
    """Return a book whose asks are above, and whose bids are at or below ``mid_cents``."""
    sizes = dict(levels)
    asks = sorted(cents for cents in sizes if cents > mid_cents) or [99]
    bids = sorted((cents for cents in sizes if cents <= mid_cents), reverse=True) or [1]
    return make_book(
        asks=[(f"{cents / 100:.2f}", str(sizes.get(cents, 10))) for cents in asks],
        bids=[(f"{cents / 100:.2f}", str(sizes.get(cents, 10))) for cents in bids],
    )


@given(
    levels=LEVELS,
    mid=st.integers(2, 97),
    p=st.floats(0.01, 0.97),
    part=st.floats(0.0, 0.9),
    gamma=st.sampled_from((1.0, 4.3, 20.0)),
    most=st.floats(0.01, 1e5),
    share=st.floats(0.05, 1.0),
    hurdle=st.sampled_from((0.0, 0.5, 1.5)),
)
def test_a_purchase_is_never_dearer_than_its_share_is_worth(
    *,
    levels: list[tuple[int, int]],
    mid: int,
    p: float,
    part: float,
    gamma: float,
    most: float,
    share: float,
    hurdle: float,
) -> None:
    book = book_of(levels, mid_cents=mid)
    before = TwoState(p, 1e5 * (1.0 - part), 1e5, gamma)

    trade = plan_buy(
        before,
        book,
        most=most,
        max_share_of_depth=share,
        highest=1.0,
        fee_at=four_percent,
        hurdle=hurdle,
    )

    assert trade.shares <= most
    if trade.shares > 0.0:
        after = before.after(shares=trade.shares, cash=trade.cash)
        assert trade.last_price <= trade.limit
        assert trade.limit + four_percent(trade.limit) <= after.reservation_price + 1e-6
        assert trade.benefit >= hurdle * trade.cost - 1e-6


@given(
    levels=LEVELS,
    mid=st.integers(2, 97),
    p=st.floats(0.01, 0.97),
    over=st.floats(0.0, 2.0),
    gamma=st.sampled_from((1.0, 4.3, 20.0)),
    most=st.floats(0.01, 1e5),
    hurdle=st.sampled_from((0.0, 0.5, 1.5)),
)
def test_a_sale_is_never_cheaper_than_its_share_is_worth(
    *,
    levels: list[tuple[int, int]],
    mid: int,
    p: float,
    over: float,
    gamma: float,
    most: float,
    hurdle: float,
) -> None:
    book = book_of(levels, mid_cents=mid)
    before = TwoState(p, 1e5 * (1.0 + over), 1e5, gamma)

    trade = plan_sell(before, book, most=most, fee_at=four_percent, hurdle=hurdle)

    assert trade.shares <= most
    if trade.shares > 0.0:
        after = before.after(shares=-trade.shares, cash=trade.cash)
        assert trade.limit <= trade.last_price
        assert trade.limit - four_percent(trade.limit) >= after.reservation_price - 1e-6
        assert trade.benefit >= hurdle * trade.cost - 1e-6


def test_good_prices_that_are_used_up_end_a_purchase_by_level_not_by_price() -> None:
    thin = make_book(bids=[("0.05", "1000")], asks=[("0.06", "260"), ("0.075", "90000")])
    state = TwoState(0.055, 88_000.0, 100_000.0, 4.3)

    trade = plan_buy(
        state, thin, most=4_000, max_share_of_depth=1, highest=1, fee_at=no_fee, hurdle=1.5
    )

    assert trade.shares == 260.0
    assert trade.capped_by == "level"

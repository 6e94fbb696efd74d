"""The taker fee of one match, against numbers worked out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.fees import all_in_price, fee_per_share, taker_fee_e6
from bot.model.market import FeeSchedule
from bot.model.orders import Side

SHARE = 1_000_000
CENT = 10_000


def schedule(rate: str, exponent: int = 1) -> FeeSchedule:
    return FeeSchedule(rate=Decimal(rate), exponent=exponent)


@pytest.mark.parametrize(
    ("category", "rate", "at_50c", "at_20c", "at_3c"),
    [
        # 100 shares. p(1-p): .25 at 50c, .16 at 20c, .0291 at 3c; times 100 times the rate.
        ("crypto", "0.07", 1_750_000, 1_120_000, 203_700),
        ("sports", "0.05", 1_250_000, 800_000, 145_500),
        ("sports in July", "0.03", 750_000, 480_000, 87_300),
        ("finance", "0.04", 1_000_000, 640_000, 116_400),
        ("politics", "0.04", 1_000_000, 640_000, 116_400),
        ("mentions", "0.04", 1_000_000, 640_000, 116_400),
        ("tech", "0.04", 1_000_000, 640_000, 116_400),
        ("economics", "0.05", 1_250_000, 800_000, 145_500),
        ("culture", "0.05", 1_250_000, 800_000, 145_500),
        ("weather", "0.05", 1_250_000, 800_000, 145_500),
        ("other", "0.05", 1_250_000, 800_000, 145_500),
        ("geopolitics", "0", 0, 0, 0),
    ],
)
def test_each_category_charges_its_own_rate(
    category: str, rate: str, at_50c: int, at_20c: int, at_3c: int
) -> None:
    fee = schedule(rate)
    prices = (50 * CENT, 20 * CENT, 3 * CENT)
    charged = tuple(taker_fee_e6(100 * SHARE, price, fee) for price in prices)
    assert charged == (at_50c, at_20c, at_3c), category


@pytest.mark.parametrize("price_e6", [1_000, 30_000, 200_000, 499_900])
def test_a_price_and_its_mirror_cost_the_same(price_e6: int) -> None:
    fee = schedule("0.07")
    assert taker_fee_e6(123_450_000, price_e6, fee) == taker_fee_e6(
        123_450_000, 1_000_000 - price_e6, fee
    )


@pytest.mark.parametrize(
    ("size_e6", "price_e6", "rate", "fee_e6"),
    [
        # 7.77 * .07 = .5439; .13 * .87 = .1131; .5439 * .1131 = .06151509 -> .06152
        (7_770_000, 130_000, "0.07", 61_520),
        # 0.01 * .04 * .25 = .0001 exactly
        (10_000, 500_000, "0.04", 100),
        # 0.05 * .04 * .99 * .01 = .0000198: up to .00002
        (50_000, 990_000, "0.04", 20),
        # 0.01 * .05 * .01 * .99 = .00000495: under half a step, nothing
        (10_000, 10_000, "0.05", 0),
        # 0.02 * .05 * .01 * .99 = .0000099: the smallest fee there is
        (20_000, 10_000, "0.05", 10),
        # 0.1 * .04 * .025 * .975 = .0000975 -> .0001
        (100_000, 25_000, "0.04", 100),
        # a half exactly: 0.06 * .001 * .25 = .000015 -> .00002
        (60_000, 500_000, "0.001", 20),
    ],
)
def test_a_fee_is_rounded_half_up_to_five_decimals(
    size_e6: int, price_e6: int, rate: str, fee_e6: int
) -> None:
    assert taker_fee_e6(size_e6, price_e6, schedule(rate)) == fee_e6


def test_an_exponent_sharpens_the_curve() -> None:
    # 100 * .25 * (.25)^2 = 1.5625; 100 * .25 * (.09)^2 = .2025
    fee = schedule("0.25", exponent=2)
    assert taker_fee_e6(100 * SHARE, 500_000, fee) == 1_562_500
    assert taker_fee_e6(100 * SHARE, 900_000, fee) == 202_500


def test_exponent_zero_charges_the_rate_on_every_share() -> None:
    assert taker_fee_e6(10 * SHARE, 200_000, schedule("0.02", exponent=0)) == 200_000


def test_all_in_price_adds_the_fee_to_a_buy_and_deducts_it_from_a_sell() -> None:
    fee = schedule("0.04")
    assert fee_per_share(0.2, fee) == pytest.approx(0.0064)
    assert all_in_price(0.2, fee) == pytest.approx(0.2064)
    assert all_in_price(0.2, fee, Side.SELL) == pytest.approx(0.1936)


@given(
    size_e6=st.integers(1, 10**12),
    price_e6=st.integers(1, 999_999),
    rate_bp=st.integers(0, 2500),
    exponent=st.integers(0, 2),
)
def test_the_fee_is_within_half_a_step_of_the_formula(
    size_e6: int, price_e6: int, rate_bp: int, exponent: int
) -> None:
    rate = Decimal(rate_bp) / 10_000
    price = Decimal(price_e6) / 1_000_000
    exact = size_e6 * rate * (price * (1 - price)) ** exponent
    charged = taker_fee_e6(size_e6, price_e6, FeeSchedule(rate=rate, exponent=exponent))
    assert charged % 10 == 0
    assert abs(charged - exact) <= 5

"""Expected utility of one event, against the figures of HEDGING sections 1.3, 1.4 and 9."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.utility import TwoState, cost_ceiling, target_shares

WEALTH, LOSS = 100_000.0, 20_000.0

PROBABILITIES = st.floats(0.01, 0.95)
AVERSIONS = st.sampled_from((0.5, 1.0, 2.0, 4.3, 10.0, 50.0))


@pytest.mark.parametrize(
    ("gamma", "c", "expected"),
    [
        (1.0, 0.22, 8857.81),
        (3.0, 0.22, 16199.29),
        (50.0, 0.22, 19769.5),
        (1.0, 0.25, 0.0),
        (3.0, 0.25, 11110.0),
        (10.0, 0.25, 17286.72),
    ],
)
def test_target_agrees_with_the_closed_form(gamma: float, c: float, expected: float) -> None:
    shares = target_shares(p=0.2, c=c, wealth=WEALTH, loss=LOSS, gamma=gamma)

    assert shares == pytest.approx(expected, abs=0.05)


def test_without_a_loss_log_utility_is_kelly() -> None:
    shares = target_shares(p=0.3, c=0.2, wealth=WEALTH, loss=0.0, gamma=1.0)

    assert shares == pytest.approx(62_500.0)


@pytest.mark.parametrize("gamma", [1.0, 4.3, 5.0, 80.0])
def test_a_fair_price_insures_the_whole_loss(gamma: float) -> None:
    shares = target_shares(p=0.2, c=0.2, wealth=WEALTH, loss=LOSS, gamma=gamma)

    assert shares == pytest.approx(LOSS)


@pytest.mark.parametrize(
    ("part", "gamma", "ceiling"),
    [(0.20, 1.0, 0.2381), (0.20, 3.0, 0.3281), (0.06, 1.0, 0.2101), (0.06, 3.0, 0.2314)],
)
def test_cost_ceiling_of_the_first_share(part: float, gamma: float, ceiling: float) -> None:
    found = cost_ceiling(p=0.2, wealth=WEALTH, loss=part * WEALTH, gamma=gamma)

    assert found == pytest.approx(ceiling, abs=5e-5)


def test_above_its_ceiling_nothing_is_bought() -> None:
    ceiling = cost_ceiling(p=0.2, wealth=WEALTH, loss=LOSS, gamma=3.0)

    above = target_shares(p=0.2, c=ceiling + 1e-6, wealth=WEALTH, loss=LOSS, gamma=3.0)
    below = target_shares(p=0.2, c=ceiling - 1e-6, wealth=WEALTH, loss=LOSS, gamma=3.0)

    assert above == 0.0
    assert below > 0.0


def test_log_utility_pays_at_most_the_published_premium() -> None:
    # HEDGING section 9, vector 6: 25% to lose 20,000 of 100,000; the most to pay is 5425.84.
    state = TwoState(0.25, 80_000.0, 100_000.0, 1.0)

    assert math.log(state.certainty_equivalent) == pytest.approx(11.457140, abs=1e-6)
    assert 100_000.0 - state.certainty_equivalent == pytest.approx(5425.84, abs=0.01)


def test_log_utility_of_three_states_folds_into_two() -> None:
    # Vector 8: 10% 1 USD, 10% 50,000, 80% 100,000. Two of them have a sure equivalent.
    inner = TwoState(1.0 / 9.0, 50_000.0, 100_000.0, 1.0).certainty_equivalent
    whole = TwoState(0.1, 1.0, inner, 1.0).certainty_equivalent

    assert whole == pytest.approx(29_505.09, abs=0.01)


def test_square_root_utility_gives_the_published_certainty_equivalent() -> None:
    # Vector 7: wealth 10,000, loss 7,500 at 10%; gamma 1/2 is the square root.
    state = TwoState(0.1, 2_500.0, 10_000.0, 0.5)

    assert state.certainty_equivalent == pytest.approx(9_025.0)


@pytest.mark.parametrize(
    ("probability", "if_event", "if_not", "says"),
    [
        (0.0, 1.0, 1.0, "probability was 0.0"),
        (1.0, 1.0, 1.0, "probability was 1.0"),
        (0.5, 0.0, 1.0, "wealth was 0 USD if the event happens"),
        (0.5, 1.0, -1.0, "-1 USD if not"),
    ],
)
def test_a_state_without_utility_is_refused(
    probability: float, if_event: float, if_not: float, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        TwoState(probability, if_event, if_not, 1.0)


@pytest.mark.parametrize("gamma", [1.0, 50.0, 500.0])
def test_neither_almost_nothing_nor_great_aversion_overflows(gamma: float) -> None:
    ruined = TwoState(0.2, 1e-6, 1e6, gamma)
    gaining = TwoState(0.2, 1e6, 1e-6, gamma)

    assert 0.2 < ruined.reservation_price <= 1.0
    assert 0.0 <= gaining.reservation_price < 0.2
    for state in (ruined, gaining):
        assert 1e-6 <= state.certainty_equivalent <= 1e6


@given(
    p=PROBABILITIES,
    c=st.floats(0.02, 0.95),
    part=st.floats(0.0, 0.9),
    gamma=AVERSIONS,
    wealth=st.sampled_from((1e3, 1e5, 1e8)),
)
def test_shares_scale_with_wealth(
    p: float, c: float, part: float, gamma: float, wealth: float
) -> None:
    one = target_shares(p=p, c=c, wealth=1.0, loss=part, gamma=gamma)
    many = target_shares(p=p, c=c, wealth=wealth, loss=part * wealth, gamma=gamma)

    assert many == pytest.approx(one * wealth, rel=1e-9, abs=1e-9 * wealth)


@given(p=PROBABILITIES, part=st.floats(0.0, 0.9), gamma=AVERSIONS, wealth=st.floats(1e3, 1e8))
def test_certainty_equivalent_scales_with_wealth(
    p: float, part: float, gamma: float, wealth: float
) -> None:
    one = TwoState(p, 1.0 - part, 1.0, gamma)
    many = TwoState(p, (1.0 - part) * wealth, wealth, gamma)

    assert many.certainty_equivalent == pytest.approx(one.certainty_equivalent * wealth)
    assert many.reservation_price == pytest.approx(one.reservation_price)


@given(p=PROBABILITIES, c=st.floats(0.02, 0.95), part=st.floats(0.0, 0.9), gamma=AVERSIONS)
def test_at_the_target_one_more_share_is_worth_its_price(
    p: float, c: float, part: float, gamma: float
) -> None:
    before = TwoState(p, 1.0 - part, 1.0, gamma)

    shares = before.shares_until(c)
    after = before.after(shares=shares, cash=-shares * c)

    assert after.reservation_price == pytest.approx(c, rel=1e-6)
    assert after.certainty_equivalent >= before.certainty_equivalent * (1.0 - 1e-12)


@given(
    p=PROBABILITIES,
    part=st.floats(0.0, 0.5),
    gamma=AVERSIONS,
    prices=st.tuples(st.floats(0.002, 0.99), st.floats(0.002, 0.99)),
)
def test_up_to_half_of_wealth_a_worse_price_never_buys_more(
    p: float, part: float, gamma: float, prices: tuple[float, float]
) -> None:
    low, high = sorted(prices)

    cheap, dear = (target_shares(p=p, c=c, wealth=1.0, loss=part, gamma=gamma) for c in (low, high))

    assert dear <= cheap * (1.0 + 1e-12)

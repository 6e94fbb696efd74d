"""What the portfolio is worth in each scenario, and how wide that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.programme import Programme
from bot.core.worlds import spread_worth, worth_by_scenario
from tests.core.programmes import buy, every_outcome, solved

WORTH = np.array([50_000.0, 30_000.0, -10_000.0])


@given(
    st.lists(st.floats(-0.6, 0.4), min_size=3, max_size=3),
    st.floats(0.0, 1.0),
)
def test_today_lies_between_the_two_outcomes_by_the_markets_probability(
    impacts: list[float], priced_in: float
) -> None:
    so, not_so = worth_by_scenario(
        worth=WORTH,
        impacts=np.array(impacts)[:, None],
        priced_in=np.array([priced_in]),
        happens=np.array([[1.0], [0.0]]),
    )

    assert priced_in * so + (1.0 - priced_in) * not_so == pytest.approx(WORTH.sum())
    assert so - not_so == pytest.approx(WORTH @ np.array(impacts), abs=1e-6)


def test_two_events_together_never_take_more_than_there_is() -> None:
    worth = worth_by_scenario(
        worth=np.array([100.0]),
        impacts=np.array([[-0.8, -0.8]]),
        priced_in=np.zeros(2),
        happens=every_outcome(2),
    )

    assert worth == pytest.approx([100.0, 20.0, 20.0, 4.0])


def test_an_impact_of_more_than_all_leaves_nothing() -> None:
    worth = worth_by_scenario(
        worth=np.array([100.0]),
        impacts=np.array([[-1.5]]),
        priced_in=np.zeros(1),
        happens=np.array([[1.0]]),
    )

    assert worth == pytest.approx([0.0], abs=1e-9)


def test_without_noise_there_is_one_node() -> None:
    wealth, weights = spread_worth(np.array([5.0, 7.0]), uncertain_usd=np.zeros(2), volatility=0.0)

    assert wealth.tolist() == [[5.0], [7.0]]
    assert weights.tolist() == [1.0]


@given(st.floats(0.0, 0.5), st.floats(0.0, 30.0), st.floats(0.001, 0.5))
def test_noise_changes_no_mean_and_leaves_something(
    volatility: float, unsure: float, more: float
) -> None:
    worth = np.array([100.0, 80.0])
    wealth, weights = spread_worth(
        worth, uncertain_usd=np.array([0.0, unsure]), volatility=volatility + more
    )

    assert wealth @ weights == pytest.approx(worth)
    assert float(wealth.min()) > 0.0
    width = np.sqrt(np.log(wealth) ** 2 @ weights - (np.log(wealth) @ weights) ** 2)
    expected = np.sqrt((volatility + more) ** 2 + np.array([0.0, (unsure / 80.0) ** 2]))
    assert width == pytest.approx(expected, rel=1e-6)


def test_an_uncertainty_beyond_all_measure_is_cut() -> None:
    wealth, weights = spread_worth(
        np.array([1e-300, 100.0]), uncertain_usd=np.array([1e12, 1e12]), volatility=0.0
    )

    assert np.isfinite(wealth).all()
    assert wealth @ weights == pytest.approx([1e-300, 100.0])


def coverage(*, loss: float, volatility: float = 0.0, unsure: float = 0.0) -> float:
    """Return the part covered at gamma 3, a probability of 20% and a cost of 21c."""
    worth = np.array([1.0 - loss, 1.0])
    wealth, nodes = spread_worth(
        worth, uncertain_usd=np.array([unsure, 0.0]), volatility=volatility
    )
    programme = Programme(
        wealth=wealth,
        weights=np.array([0.2, 0.8]),
        node_weights=nodes,
        payoffs=np.array([[1.0], [0.0]]),
        gamma=3.0,
        offers=(buy(0.21),),
    )
    return solved(programme).shares[0] / loss


@pytest.mark.parametrize(("volatility", "part"), [(0.0, 0.90), (0.2, 0.78), (0.3, 0.64)])
def test_noise_apart_from_the_event_wants_less_cover(volatility: float, part: float) -> None:
    # The premium is paid in poor states too. HEDGING section 1.4.
    assert coverage(loss=0.2, volatility=volatility) == pytest.approx(part, abs=0.006)


def test_not_knowing_the_impact_wants_a_little_more_cover() -> None:
    assert coverage(loss=0.15) == pytest.approx(0.869, abs=5e-4)
    assert coverage(loss=0.15, unsure=0.05) == pytest.approx(0.904, abs=5e-4)

"""The pooled probability and each source's weight in it."""

import pytest

from bot.core.forecast import logit, pool_forecast
from bot.model.strategy import OwnView


def test_without_an_own_view_the_market_is_believed() -> None:
    forecast = pool_forecast(0.12, None)

    assert (forecast.probability, forecast.market) == (0.12, 0.12)
    assert forecast.shares_of == (("market", 1.0),)


def test_a_view_without_weight_changes_nothing() -> None:
    assert pool_forecast(0.12, OwnView(probability=0.9, weight=0.0)).probability == 0.12


def test_a_view_pulls_the_market_in_log_odds() -> None:
    # Halfway between odds of 1:9 and 9:1 in log-odds are even odds.
    forecast = pool_forecast(0.1, OwnView(probability=0.9, weight=0.5))

    assert forecast.probability == pytest.approx(0.5)
    assert forecast.shares_of == (("market", 0.5), ("own_view", 0.5))


def test_a_view_of_whole_weight_replaces_the_market() -> None:
    assert pool_forecast(0.1, OwnView(probability=0.3, weight=1.0)).probability == 0.3


def test_a_forecast_has_nine_digits_so_that_it_can_be_repeated() -> None:
    probability = pool_forecast(0.137, OwnView(probability=0.31, weight=0.05)).probability

    assert probability == float(f"{probability:.9g}")


@pytest.mark.parametrize("certain", [0.0, 1.0, -3.0, 7.0])
def test_certainty_has_finite_log_odds(certain: float) -> None:
    assert abs(logit(certain)) == pytest.approx(9.21, abs=0.01)

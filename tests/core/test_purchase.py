"""How the worth of a trade is said."""

from bot.core.hedge import Trade
from bot.core.purchase import say_worth


def make_trade(*, cost: float) -> Trade:
    return Trade(100.0, 0.12, 0.13, -12.0, cost, 3.0, "target")


def test_benefit_and_cost_are_said_with_their_ratio() -> None:
    assert say_worth(make_trade(cost=1.5)).text == (
        "benefit 3.00 USD, 2.0 times its 1.50 USD of cost; ended by target"
    )


def test_what_costs_less_than_the_mid_is_said_to_cost_nothing() -> None:
    assert say_worth(make_trade(cost=-1.0)).text == (
        "benefit 3.00 USD, at no cost; ended by target"
    )

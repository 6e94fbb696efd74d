"""Sizing: the Kelly rule."""

from typing import Annotated

from pydantic import Field

from bot.core.kelly import edge_over_odds, kelly_fraction
from bot.model.rule import EventProblem, Sized
from bot.model.text import Share
from bot.rules.rule import SizingRule


class Kelly(SizingRule):
    """Stakes the Kelly fraction of wealth when the forecast is above the price.

    True Kelly for a share that pays 1 USD: ``(p - c) / (1 - c)`` of wealth, with ``p`` the
    forecast and ``c`` the all-in price. It sizes a bet, not a hedge: without a view of your own
    that is above the market it buys nothing, however much is at stake.
    """

    fraction: Annotated[Share, Field(description="how much of Kelly to stake: 25%")] = 1.0
    max_coverage: Annotated[
        Share, Field(description="the most to cover of what is at stake: 100%")
    ] = 1.0

    def size(self, problem: EventProblem) -> Sized:
        """Return shares worth the Kelly stake; there is no state."""
        cost = problem.unit_cost
        stake = self.fraction * kelly_fraction(problem.probability, cost)
        wanted = stake * problem.wealth_usd_est / cost
        most = self.max_coverage * problem.loss_usd_est
        popular = edge_over_odds(problem.probability, cost)
        note = (
            f"Kelly {stake:.2%} of wealth at {cost * 100:.1f}c (edge / odds {popular:.2%})"
            f" is {wanted:,.0f} shares"
        )
        if wanted > most:
            note += f", cut to {most:,.0f} by max_coverage {self.max_coverage:.0%}"
        return Sized(shares=min(wanted, most), state=0.0, note=note)

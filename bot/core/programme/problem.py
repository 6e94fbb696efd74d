"""What the programme is asked: wealth by scenario, offers, caps; and why it may not be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Offer(NamedTuple):
    """One level of one book that may be taken, wholly or in part.

    A share taken adds ``side * D - charge`` USD to wealth, ``D`` what the market's token pays.
    Buying the token: side 1, charge its all-in cost. Selling one that is held: side -1, charge
    minus the net proceeds. Buying the complement at ``c``: side -1, charge ``c - 1``.
    """

    market: int
    """Column of ``Programme.payoffs``."""
    side: int
    """1 takes on more of the token, -1 takes on less."""
    charge: float
    """USD per share that the decision is charged; with a no-trade band more than is paid."""
    size: float
    """Shares on offer."""


class Cap(NamedTuple):
    """A limit that offers share: the sum of ``per_share`` times shares is at most ``most``."""

    name: str
    per_share: Mapping[int, float]
    """Index of an offer -> what a share of it uses, above zero."""
    most: float


class Trouble(NamedTuple):
    """Why there is no solution: a code that never changes its meaning, and the same in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Everything that one solution depends on; all money in USD.

    Rows are scenarios of the events, columns of ``wealth`` are nodes of what moves the portfolio
    besides them: a payoff is the same in all nodes of a row.
    """

    wealth: Floats
    """With what is held now, nothing taken: (scenarios, nodes)."""
    weights: Floats
    """Probability of each scenario: (scenarios,), adding up to 1."""
    node_weights: Floats
    """Probability of each node: (nodes,), adding up to 1."""
    payoffs: Floats
    """USD that one share of each market's token pays: (scenarios, markets), from 0 to 1."""
    gamma: float
    """Relative risk aversion, above zero."""
    offers: tuple[Offer, ...]
    caps: tuple[Cap, ...] = ()

    def trouble(self) -> Trouble | None:
        """Return why this must not be solved; None if it may be."""
        rows, markets = self.payoffs.shape
        if self.wealth.shape != (rows, len(self.node_weights)) or self.weights.shape != (rows,):
            text = (
                f"{rows} rows of payoffs, wealth {self.wealth.shape}, {len(self.weights)} weights"
            )
            return Trouble("BAD_SHAPE", text)
        numbers = (self.wealth, self.weights, self.node_weights, self.payoffs)
        if not all(np.isfinite(each).all() for each in numbers):
            return Trouble("NOT_FINITE", "a wealth, a probability or a payoff is not a number")
        if not 0.0 < self.gamma < np.inf:
            return Trouble("NO_AVERSION", f"risk aversion was {self.gamma}; it must be above 0")
        for weights in (self.weights, self.node_weights):
            total = float(weights.sum())
            if weights.size == 0 or float(weights.min()) < 0.0 or abs(total - 1.0) > 1e-9:
                return Trouble("BAD_WEIGHTS", f"probabilities add up to {total:.9g}, not to 1")
        return next((found for each in self.offers if (found := _look_at(each, markets))), None)


def _look_at(offer: Offer, markets: int) -> Trouble | None:
    fits = 0 <= offer.market < markets and offer.side in (-1, 1)
    if fits and np.isfinite(offer.charge) and 0.0 <= offer.size < np.inf:
        return None
    return Trouble("BAD_OFFER", f"{offer} has no meaning among {markets} markets")

"""Expected utility of one yes/no event: what a hedge is worth to this portfolio, in USD.

Two states: the event happens or it does not. Constant relative risk aversion ``gamma`` over
wealth, scaled by the worse state before any power is taken, so that neither 1e6 USD at gamma 10
nor a state that leaves a millionth of the other runs out of digits.

**Source:** HEDGING sections 1.2 and 1.3.
"""

import math
from dataclasses import dataclass

_LARGEST_EXPONENT = 700.0
"""``exp`` of more does not fit into a float."""


@dataclass(frozen=True, slots=True)
class TwoState:
    """Wealth in both states, with what is held already; all in USD.

    Raises:
        ValueError: a wealth that is not above zero: the loss exceeds what there is.
    """

    probability: float
    """Of the event, strictly between 0 and 1."""
    if_event: float
    if_not: float
    gamma: float

    def __post_init__(self) -> None:
        """Refuse what has no utility."""
        if not 0.0 < self.probability < 1.0:
            raise ValueError(f"probability was {self.probability}; it lies between 0 and 1")
        if min(self.if_event, self.if_not) <= 0.0:
            raise ValueError(
                f"wealth was {self.if_event:,.0f} USD if the event happens and"
                f" {self.if_not:,.0f} USD if not; both must be above zero"
            )

    def after(self, *, shares: float, cash: float) -> "TwoState":
        """Return the state after a trade: shares pay 1 USD if the event happens."""
        return TwoState(
            self.probability, self.if_event + shares + cash, self.if_not + cash, self.gamma
        )

    @property
    def reservation_price(self) -> float:
        """All-in price at which one more share is worth exactly its price, USD.

        ``E[U'(W) D] / E[U'(W)]``: buy below it, sell above it.
        """
        log_odds = math.log(1.0 / self.probability - 1.0)
        log_odds += self.gamma * math.log(self.if_event / self.if_not)
        return 1.0 / (1.0 + math.exp(min(log_odds, _LARGEST_EXPONENT)))

    @property
    def certainty_equivalent(self) -> float:
        """The sure wealth that is as good as this gamble, USD."""
        worst = min(self.if_event, self.if_not)
        event, other = self.if_event / worst, self.if_not / worst
        p = self.probability
        if self.gamma == 1.0:
            return worst * math.exp(p * math.log(event) + (1.0 - p) * math.log(other))
        power = 1.0 - self.gamma
        mean = p * math.pow(event, power) + (1.0 - p) * math.pow(other, power)
        return worst * math.pow(mean, 1.0 / power)

    def shares_until(
        self, cost: float, *, worth: float | None = None, shares: float = 0.0, cash: float = 0.0
    ) -> float:
        """Return how many shares to buy at all-in ``cost`` until one more is worth only ``worth``.

        Negative: sell that many at net ``cost``. Both wealths are after present holdings.

        Args:
            cost: USD per share, strictly between 0 and 1.
            worth: Reservation price to stop at, likewise; None stops at ``cost``.
            shares: Taken before at other prices, and not yet in this state.
            cash: What that did to our cash, USD.
        """
        last = cost if worth is None else worth
        odds = self.probability * (1.0 - last) / ((1.0 - self.probability) * last)
        k = math.pow(odds, 1.0 / self.gamma)
        if_not = self.if_not + cash
        return (k * if_not - (self.if_event + cash + shares)) / (1.0 - cost + k * cost)


def target_shares(*, p: float, c: float, wealth: float, loss: float, gamma: float) -> float:
    """Return the utility-optimal shares at one all-in cost, unlimited depth; never negative.

    ``n = max(0, ((k - 1) W + L) / (1 + (k - 1) c))``, ``k = [p(1-c) / ((1-p)c)]^(1/gamma)``.

    Args:
        p: Probability of the event.
        c: All-in cost of a share, USD.
        wealth: If the event does not happen, USD.
        loss: If it does, against if it does not, USD.
        gamma: Relative risk aversion.
    """
    return max(0.0, TwoState(p, wealth - loss, wealth, gamma).shares_until(c))


def cost_ceiling(*, p: float, wealth: float, loss: float, gamma: float) -> float:
    """Return the all-in cost above which not even the first share is worth buying, USD."""
    return TwoState(p, wealth - loss, wealth, gamma).reservation_price


def aversion_of(*, chance: float, loss: float) -> float:
    """Return the relative risk aversion that accepts a chance of ever losing a part of wealth.

    ``gamma = 1 + ln(chance) / ln(1 - loss)``: who maximises it without exposure of his own falls
    below ``1 - loss`` of his wealth, ever, with at most this probability.

    Args:
        chance: Strictly between 0 and 1.
        loss: Part of wealth, strictly between 0 and 1.

    **Source:** Busseti, Ryu and Boyd, Risk-constrained Kelly gambling (2016), as in HEDGING 1.3.
    """
    return 1.0 + math.log(chance) / math.log1p(-loss)

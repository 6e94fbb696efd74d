"""Signal: what may come on any day, by its rate in the past."""

from typing import Annotated

from pydantic import Field

from bot.core.hazard import probability_within, rate_of
from bot.errors import BadData
from bot.model.signal import Estimate, Get, Outlook, Raw
from bot.model.text import Ratio, Whole
from bot.rules.rule import SignalRule

_DAY_S = 86_400.0
_YEAR_DAYS = 365.25


class Hazard(SignalRule):
    """Says how likely it comes before the market's end if it comes as often as in the past.

    ``1 - exp(-rate * years left)`` with ``rate = (happened + 0.5) / years``. It falls from day to
    day while nothing happens. For "will it be so on a date" use ``base_rate``.
    """

    happened: Annotated[Whole, Field(description="how often it happened: 3")]
    years: Annotated[Ratio, Field(description="in how many years: 40")]

    async def fetch(self, get: Get) -> Raw:  # noqa: ARG002 - the protocol's
        """Need nothing."""
        return ()

    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:  # noqa: ARG002 - the protocol's
        """Return the probability of at least one until the market's end.

        Raises:
            BadData: The market names no end.
        """
        if outlook.ends_at is None:
            raise BadData("signal hazard: the market names no end; use base_rate instead")
        days = max((outlook.ends_at - outlook.now).total_seconds() / _DAY_S, 0.0)
        rate = rate_of(self.happened, self.years)
        note = f"{rate:.3g} a year, {days:.1f} days left"
        probability = probability_within(rate / _YEAR_DAYS, days)
        return self.said(probability, as_of=outlook.now, source="past rate", note=note)

"""Signal: the mood of the news."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bot.core.forecast import logit, probability_of
from bot.core.sentiment import shift_of
from bot.errors import BadData, StaleData
from bot.model.signal import Estimate, Get, Outlook, Raw
from bot.model.text import Duration, Words
from bot.rules.rule import SignalRule


class Polarity(StrEnum):
    """What a better mood means for the adverse outcome."""

    RARER = "rarer"
    LIKELIER = "likelier"


class Sentiment(SignalRule):
    """Moves the market's probability a little when the mood of the news is unusual.

    By 0.1 log-odds for each standard deviation of the reading, by 0.3 at most, and only with the
    signal's small weight. The reading is one of ``portfolio.computed``, such as ``sentiment``.
    """

    reading: Annotated[Words, Field(description="its name under portfolio.computed: news")]
    better_makes_it: Annotated[
        Polarity, Field(description="what a better mood makes the adverse outcome: rarer, likelier")
    ] = Polarity.RARER
    max_age: Annotated[Duration, Field(description="an older reading is not used")] = timedelta(
        days=3
    )

    async def fetch(self, get: Get) -> Raw:  # noqa: ARG002 - the protocol's
        """Need nothing: the reading stands in the view."""
        return ()

    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:  # noqa: ARG002 - the protocol's
        """Return the market's probability, shifted by the mood.

        Raises:
            BadData: There is no such reading, or the market has no price.
            StaleData: The reading is too old.
        """
        reading = outlook.readings.get(self.reading)
        if reading is None or outlook.market is None:
            missing = f"reading {self.reading}" if reading is None else "price of the market"
            raise BadData(f"signal sentiment: there is no {missing} to go by")
        if outlook.now - reading.as_of > self.max_age:
            at = f"{reading.as_of:%Y-%m-%d %H:%M} UTC"
            raise StaleData(
                f"signal sentiment: reading {self.reading} is of {at}, older than max_age"
            )
        sign = 1.0 if self.better_makes_it is Polarity.LIKELIER else -1.0
        shift = sign * shift_of(reading.number)
        return self.said(
            probability_of(logit(outlook.market) + shift),
            as_of=reading.as_of,
            source=f"reading {self.reading}",
            note=f"{self.reading} is {reading.number:+.1f} sd from usual: {shift:+.2f} log-odds",
        )

"""Reading: how unusual the mood of the news is."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from bot.core.rounding import round_estimate
from bot.core.sentiment import unusual
from bot.errors import BadData
from bot.model.portfolio import Reading
from bot.model.signal import Get, Raw
from bot.model.text import Delay, Words
from bot.rules.rule import ReadingRule


class Sentiment(ReadingRule):
    """Gives how far the mood of the news is from its usual, in standard deviations.

    From a file with a score for each item, such as -1 to 1, which some other program writes. The
    mood is the mean score with weights that halve every 2 days; usual is its mean over 60 days.
    """

    file: Annotated[Words, Field(description="the scores: a CSV file of as_of and score")]
    symbol: Annotated[Words, Field(description="whose rows, where the file has a symbol")] = ""
    column: Annotated[Words, Field(description="the column of the scores")] = "score"
    lag: Annotated[Delay, Field(description="how long after its time a row is known")] = timedelta(
        0
    )

    async def fetch(self, get: Get) -> tuple[Raw, ...]:
        """Return the scores."""
        return (await get(self.file, column=self.column, symbol=self.symbol, lag=self.lag),)

    def read(self, raw: tuple[Raw, ...], name: str, now: datetime) -> tuple[Reading, ...]:
        """Return the reading; its time is that of the newest score.

        Raises:
            BadData: There are too few days with a score.
        """
        found = unusual(raw[0], now)
        if found is None:
            raise BadData(f"reading {name}: of the last 60 days fewer than 20 have a score")
        return (Reading(name=name, number=round_estimate(found), as_of=raw[0][-1].as_of),)

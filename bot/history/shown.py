"""Books that were really recorded, for the bars of the few markets and days that have them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.errors import ConfigError
from bot.history.archive import DAY_MS, Listing
from bot.model.market import Book
from bot.venues.recorded.fed_dec2025 import open_fed_dec2025

_FRESH_MS = 10 * 60_000
"""A book recorded longer than this before a bar says nothing of the bar's instant."""

ShownBooks = Mapping[tuple[int, int], Book]
"""Place of a market and instant of a bar, epoch milliseconds -> the book of token 0."""


def read_shown(folder: Path, listings: Sequence[Listing]) -> ShownBooks:
    """Return the last recorded book before each bar; of most bars there is none.

    Args:
        folder: Recorded best prices and depths; it need not be there.
        listings: The markets of the bars. A recording names them by their question.

    Raises:
        BadData: A row of the recording cannot be right.
    """
    try:
        tape = open_fed_dec2025(folder)
    except ConfigError:
        return {}
    places = {listing.market.question: place for place, listing in enumerate(listings)}
    tokens = {market.token_ids[0]: places.get(market.question) for market in tape.markets}
    found: dict[tuple[int, int], Book] = {}
    for at_ms, event in tape.rows():
        place = tokens.get(event.token_id) if isinstance(event, Book) else None
        if place is None or not isinstance(event, Book):
            continue
        midnight_ms = -(at_ms // -DAY_MS) * DAY_MS  # the bar that follows, or this very instant
        if midnight_ms - at_ms <= _FRESH_MS:
            own = listings[place].market.token_ids[0]
            found[place, midnight_ms] = event._replace(token_id=own)
    return found

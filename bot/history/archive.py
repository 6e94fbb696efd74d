"""The bars and markets of one venue, checked once; asked only for what was known at an instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.errors import BadData, ConfigError
from bot.history.fees import FeeDates
from bot.model.market import Book, Market
from bot.model.units import MILLION
from bot.venues.books import epoch_ms, from_epoch_ms
from bot.venues.recorded.daily import Assumed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One market: what the engine may know of it, and since when."""

    market: Market
    """As first listed: open, without payouts."""
    listed_ms: int
    fees: FeeDates
    resolved_ms: int | None
    """None: its resolution is not recorded."""
    payouts: tuple[Decimal, Decimal] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """What a report must say of the venue whose history this is."""

    name: str
    is_tradable: bool
    """Whether this program can trade there."""
    assumed: str
    """What is assumed, not recorded."""
    profit_fee: float = 0.0
    """Share of each hedge's profit that the venue keeps."""
    withdrawal_fee: float = 0.0
    """Share of what is taken out at the end."""
    most_per_market_usd: int | None = None
    """Most that one person may stake on one contract."""
    usable_since: datetime | None = None
    """Before this there are no prices that say anything; None: all of them do."""


class Archive:
    """All recorded bars of one venue.

    Args:
        facts: What to say of it.
        listings: Its markets; a bar names one by its place here.
        keys: Which market each bar is of, (bars,).
        times_ms: When each price became known, epoch milliseconds, (bars,).
        prices_e6: Of token 0, millionths of a USD, 0 to 1,000,000, (bars,).
        books: What books are made of.
        shown: Books that were recorded, by market and instant of the bar: instead of made ones.
        source: What to call it in messages.

    Raises:
        BadData: A price lies outside 0 to 1, or two bars of one market and instant differ.
    """

    def __init__(
        self,
        *,
        facts: VenueFacts,
        listings: Sequence[Listing],
        keys: "NDArray[np.int64]",
        times_ms: "NDArray[np.int64]",
        prices_e6: "NDArray[np.int64]",
        books: Assumed,
        source: str,
        shown: Mapping[tuple[int, int], Book] = MappingProxyType({}),
    ) -> None:
        import numpy as np

        self.facts = facts
        self.listings = tuple(listings)
        self.books = books
        self.shown = shown
        self._source = source
        order = np.lexsort((times_ms, keys))
        keys, times_ms, prices_e6 = keys[order], times_ms[order], prices_e6[order]
        self._check_prices(keys, times_ms, prices_e6)
        kept, repeated = self._without_repeats(keys, times_ms, prices_e6)
        keys, self._times, self._prices = keys[kept], times_ms[kept], prices_e6[kept]
        self._starts = np.searchsorted(keys, np.arange(len(self.listings) + 1))
        self.faults = tuple(self._find_faults(keys, repeated))
        """What is wrong with the recording and how it was dealt with, in words."""

    def known_bars(self, key: int, now: datetime) -> int:
        """Return how many bars of a market were known at ``now``."""
        first, end = self._starts[key], self._starts[key + 1]
        return int(self._times[first:end].searchsorted(epoch_ms(now), side="right"))

    def bar(self, key: int, number: int) -> tuple[int, int]:
        """Return time and price of a bar of a market: epoch milliseconds, millionths of a USD."""
        place = self._starts[key] + number
        return int(self._times[place]), int(self._prices[place])

    def instants(self, since: datetime, until: datetime) -> tuple[datetime, ...]:
        """Return when a bar of a day may become known, one each day, both ends included.

        Days without any bar are among them: the portfolio moves on them too.

        Raises:
            ConfigError: There is no bar in this time at all, though there might be.
        """
        import numpy as np

        inside = (self._times >= epoch_ms(since)) & (self._times <= epoch_ms(until))
        usable = self.facts.usable_since
        is_hole = usable is not None and until < usable  # the portfolio alone can be looked at
        if since > until or not (inside.any() or is_hole):
            had = "none at all"
            if self._times.size:
                first, last = (from_epoch_ms(int(f(self._times))) for f in (np.min, np.max))
                had = f"prices from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
            raise ConfigError(
                f"{self._source}: has no price from {since:%Y-%m-%d} to {until:%Y-%m-%d}; it has"
                f" {had}. Choose --from and --to inside"
            )
        past_midnight = int(self._times[inside][0]) % DAY_MS if inside.any() else 0
        day = epoch_ms(since) // DAY_MS * DAY_MS + past_midnight
        if day < epoch_ms(since):
            day += DAY_MS
        found = []
        while day <= epoch_ms(until):
            found.append(from_epoch_ms(day))
            day += DAY_MS
        return tuple(found)

    def _check_prices(
        self,
        keys: "NDArray[np.int64]",
        times_ms: "NDArray[np.int64]",
        prices_e6: "NDArray[np.int64]",
    ) -> None:
        wrong = (prices_e6 < 0) | (prices_e6 > MILLION)
        if wrong.any():
            place = int(wrong.argmax())
            raise BadData(
                f"{self._source}: {self._name(int(keys[place]))} has a price of"
                f" {prices_e6[place] / MILLION} on {from_epoch_ms(int(times_ms[place])):%Y-%m-%d};"
                f" a price lies from 0 to 1. {int(wrong.sum())} rows are like that: remove them"
            )

    def _without_repeats(
        self,
        keys: "NDArray[np.int64]",
        times_ms: "NDArray[np.int64]",
        prices_e6: "NDArray[np.int64]",
    ) -> "tuple[NDArray[np.bool_], int]":
        """Return which bars to keep: the first of each market and instant, if all are the same."""
        import numpy as np

        again = np.zeros(len(keys), dtype=np.bool_)
        again[1:] = (keys[1:] == keys[:-1]) & (times_ms[1:] == times_ms[:-1])
        differs = again.copy()
        differs[1:] &= prices_e6[1:] != prices_e6[:-1]
        if differs.any():
            place = int(differs.argmax())
            raise BadData(
                f"{self._source}: {self._name(int(keys[place]))} has two prices on"
                f" {from_epoch_ms(int(times_ms[place])):%Y-%m-%d}: {prices_e6[place - 1] / MILLION}"
                f" and {prices_e6[place] / MILLION}. Remove the one that is not true"
            )
        return ~again, int(again.sum())

    def _find_faults(self, keys: "NDArray[np.int64]", repeated: int) -> list[str]:
        import numpy as np

        found = []
        if repeated:
            found.append(f"{repeated:,} bars were there twice and are counted once")
        if len(keys) > 1:
            steps = np.diff(self._times)[keys[1:] == keys[:-1]]
            gaps = steps[steps > DAY_MS + DAY_MS // 24]  # an hour more on a day of summer time
            if gaps.size:
                found.append(
                    f"{gaps.size:,} gaps between bars, the longest of"
                    f" {timedelta(milliseconds=int(gaps.max())).days} days; no price is carried"
                    " over them"
                )
        unresolved = sum(listing.payouts is None for listing in self.listings)
        if unresolved:
            found.append(f"{unresolved:,} markets have no recorded resolution and stay open")
        return found

    def _name(self, key: int) -> str:
        return f"market {self.listings[key].market.slug!r}"

"""Finds markets through Gamma: by slug, condition id, series, or words. Pages are read to the end.

**Source:** POLYMARKET section 6, read 2026-11.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.errors import BadData
from bot.model.market import Market
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId
from bot.venues.polymarket import gamma, wire
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.settings import Pace

_IDS_PER_REQUEST = 50

Question = Sequence[tuple[str, str]]


class Directory:
    """Gamma's markets.

    Args:
        reads: Asks Gamma.
        pace: Page sizes.
    """

    def __init__(self, *, reads: Reads, pace: Pace) -> None:
        self._reads = reads
        self._pace = pace

    async def named(self, ref: MarketRef) -> tuple[Market, ...]:
        """Return the markets that may be meant: one, or all of a series. Raises ``DataError``."""
        if ref.slug:
            market = await self.by_slug(ref.slug)
            return () if market is None else (market,)
        if ref.condition_id:
            return await self.by_conditions(
                [wire.condition_id(ref.condition_id, name="condition_id")]
            )
        return await self.in_series(ref.series)

    async def by_slug(self, slug: str) -> Market | None:
        """Return the market with this slug; None if there is none. Raises ``DataError``."""
        body = await self._reads.get(f"/markets/slug/{slug}")
        return None if body is None else gamma.read_market(body, what=f"Gamma market {slug}")

    async def by_conditions(self, wanted: Iterable[ConditionId]) -> tuple[Market, ...]:
        """Return these markets, closed ones included, unknown ones left out.

        Raises:
            DataError: a read failed.
        """
        left = list(dict.fromkeys(wanted))
        found: dict[ConditionId, Market] = {}
        for closed in ("false", "true"):
            missing = [condition for condition in left if condition not in found]
            for start in range(0, len(missing), _IDS_PER_REQUEST):
                ids = missing[start : start + _IDS_PER_REQUEST]
                question = [*(("condition_ids", one) for one in ids), ("closed", closed)]
                markets = await self._pages("/markets/keyset", question, gamma.read_markets)
                found.update((market.condition_id, market) for market in markets)
        return tuple(found[condition] for condition in left if condition in found)

    async def in_series(self, slug: str) -> tuple[Market, ...]:
        """Return the markets of a series's open events; none if the series is not known.

        Raises:
            DataError: a read failed.
        """
        what = f"Gamma series {slug}"
        body = await self._reads.get("/series", [("slug", slug)])
        series = [row for row in gamma.read_series(body or b"[]", what=what) if row.slug == slug]
        if not series:
            return ()
        question = [
            ("series_id", series[0].id),
            ("closed", "false"),
            ("order", "endDate"),
            ("ascending", "true"),
        ]
        markets = await self._pages("/events/keyset", question, gamma.read_events)
        return tuple(replace(market, series_slug=slug) for market in markets)

    async def search(self, text: str) -> tuple[Market, ...]:
        """Return the markets that Gamma finds for ``text``. Raises ``DataError``."""
        question = [("q", text), ("limit_per_type", "50"), ("events_status", "active")]
        body = await self._reads.get("/public-search", question)
        if body is None:
            return ()
        page = gamma.read_events(body, what=f"Gamma search {text!r}")
        return page.markets

    async def _pages(
        self, path: str, question: Question, read: Callable[..., gamma.Page]
    ) -> list[Market]:
        """Read all pages of an answer. Raises ``BadData`` if they do not end properly."""
        markets: list[Market] = []
        seen: set[str] = set()
        cursor: str | None = None
        what = f"Gamma {path}"
        for _ in range(self._pace.most_pages):
            at = [("after_cursor", cursor)] if cursor else []
            asked = [*question, ("limit", str(self._pace.page_size)), *at]
            body = await self._reads.get(path, asked)
            if body is None:
                raise BadData(f"{what} is not found, but it lists what there is")
            page = read(body, what=what)
            markets.extend(page.markets)
            if page.cursor is None:
                if page.rows >= self._pace.page_size:
                    raise BadData(
                        f"{what}: a full page of {page.rows} rows names no next_cursor, so it "
                        "cannot be told from a page that was cut"
                    )
                return markets
            if page.cursor in seen:
                raise BadData(f"{what}: cursor {page.cursor!r} came twice; the pages never end")
            seen.add(page.cursor)
            cursor = page.cursor
        raise BadData(f"{what} has more than {self._pace.most_pages} pages")

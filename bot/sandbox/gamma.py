"""Gamma: markets, events, series, tags and search, without a login.

**Source:** POLYMARKET section 6, read 2026-11.
"""

from collections.abc import Iterable

from bot.model.market import Market
from bot.sandbox import writing
from bot.sandbox.exchange import Exchange
from bot.sandbox.http import Request
from bot.sandbox.rest import Payload, Routes
from bot.sandbox.writing import Json


class Gamma:
    """Lists what exists.

    Args:
        exchange: What is true.
    """

    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange
        self.routes: Routes = {
            "GET /gamma/markets/keyset": self._markets,
            "GET /gamma/markets/slug/": self._market_by_slug,
            "GET /gamma/markets/": self._market_by_number,
            "GET /gamma/events/keyset": self._events,
            "GET /gamma/events/slug/": self._event_by_slug,
            "GET /gamma/events/": self._event_by_number,
            "GET /gamma/series": self._series,
            "GET /gamma/tags": lambda _request, _rest: [],
            "GET /gamma/public-search": self._search,
        }

    def _row(self, market: Market, *, with_event: bool = True) -> Json:
        return writing.gamma_market(
            market,
            prices=self._exchange.prices(market),
            with_event=with_event,
        )

    def _markets(self, request: Request, _rest: str) -> Payload:
        found = [
            market
            for market in self._exchange.markets.values()
            if market.closed == (request.one("closed", "false") == "true")
            and _is_wanted(market, request)
        ]
        return _page("markets", [self._row(market) for market in found], request)

    def _market_by_slug(self, _request: Request, slug: str) -> Payload:
        found = [one for one in self._exchange.markets.values() if one.slug == slug]
        return self._row(found[0]) if found else None

    def _market_by_number(self, _request: Request, number: str) -> Payload:
        rows = (self._row(market) for market in self._exchange.markets.values())
        return next((row for row in rows if row["id"] == number), None)

    def _events(self, request: Request, _rest: str) -> Payload:
        wanted = request.one("series_id")
        is_closed = request.one("closed", "false") == "true"
        events = [
            event
            for event in self._event_rows(self._exchange.markets.values())
            if event["closed"] == is_closed
            and (not wanted or writing.market_number(str(event.get("seriesSlug"))) == wanted)
        ]
        return _page("events", sorted(events, key=_end), request)

    def _event_by_slug(self, _request: Request, slug: str) -> Payload:
        rows = self._event_rows(self._exchange.markets.values())
        return next((event for event in rows if event["slug"] == slug), None)

    def _event_by_number(self, _request: Request, number: str) -> Payload:
        rows = self._event_rows(self._exchange.markets.values())
        return next((event for event in rows if event["id"] == number), None)

    def _event_rows(self, markets: Iterable[Market]) -> list[Json]:
        events: dict[str, list[Market]] = {}
        for market in markets:
            events.setdefault(market.event_slug or market.slug, []).append(market)
        return [
            writing.gamma_event(
                slug, members, rows=[self._row(one, with_event=False) for one in members]
            )
            for slug, members in events.items()
        ]

    def _series(self, request: Request, _rest: str) -> Payload:
        slugs = sorted({market.series_slug for market in self._exchange.markets.values()} - {""})
        wanted = request.one("slug")
        return [writing.series_row(slug) for slug in slugs if wanted in ("", slug)]

    def _search(self, request: Request, _rest: str) -> Payload:
        words = request.one("q").casefold().split()
        found = [
            market
            for market in self._exchange.markets.values()
            if any(word in f"{market.question} {market.slug}".casefold() for word in words)
        ]
        events = self._event_rows(found)
        return {"events": events, "pagination": {"hasMore": False, "totalResults": len(events)}}


def _is_wanted(market: Market, request: Request) -> bool:
    """Whether a market is among those that the request names, if it names any."""
    asked: dict[str, set[str]] = {
        "condition_ids": {market.condition_id},
        "clob_token_ids": set(market.token_ids),
        "position_ids": set(market.token_ids),
        "id": {writing.market_number(market.condition_id)},
        "slug": {market.slug},
    }
    return all(
        not request.all(name) or not own.isdisjoint(request.all(name))
        for name, own in asked.items()
    )


def _page(name: str, rows: list[Json], request: Request) -> Json:
    """Return one page; it says where the next one starts if there is one."""
    start = int(request.one("after_cursor", "0"))
    end = start + int(request.one("limit", "100"))
    page: Json = {name: rows[start:end]}
    return {**page, "next_cursor": str(end)} if end < len(rows) else page


def _end(event: Json) -> str:
    return str(event["endDate"] or "9999")

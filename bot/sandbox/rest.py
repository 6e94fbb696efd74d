"""The public REST half: Gamma and the CLOB, with the faults that are switched on.

**Source:** POLYMARKET sections 5.1 and 6, read 2026-11.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping

from bot.clock import Clock
from bot.model.market import Market
from bot.model.units import TokenId
from bot.sandbox import writing
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.http import Reply, Request
from bot.sandbox.spoiling import spoil
from bot.sandbox.writing import Json

Payload = object
Route = Callable[[Request, str], Payload]
"""Answers a request, given what follows the route's prefix; None means 404."""


class Rest:
    """Answers REST requests.

    Args:
        exchange: What is true.
        faults: What goes wrong.
        clock: For ``/time``.
    """

    def __init__(self, *, exchange: Exchange, faults: Faults, clock: Clock) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self.asked: list[str] = []
        """Method and path of each request so far."""
        self._routes: Mapping[str, Route] = {
            "GET /gamma/markets/keyset": self._markets,
            "GET /gamma/markets/slug/": self._market_by_slug,
            "GET /gamma/events/keyset": self._events,
            "GET /gamma/events/slug/": self._event_by_slug,
            "GET /gamma/series": self._series,
            "GET /gamma/public-search": self._search,
            "GET /clob/time": lambda _request, _rest: int(self._clock.now().timestamp()),
            "GET /clob/book": lambda request, _rest: exchange.book_row(request.one("token_id")),
            "POST /clob/books": self._books,
            "GET /clob/midpoint": self._midpoint,
            "GET /clob/tick-size": self._tick_size,
            "GET /clob/clob-markets/": self._terms,
            "GET /clob/markets/": self._market,
            "GET /clob/prices-history": self._history,
        }

    async def handle(self, request: Request) -> Reply:
        """Answer one request, wrongly if a fault is due."""
        self.asked.append(f"{request.method} {request.path}")
        fault = self._faults.due(request.path)
        if fault is not None and fault.fault is Fault.HANG:
            await asyncio.Event().wait()
        if fault is not None and fault.fault is Fault.STATUS:
            wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return _reply(fault.status, b'{"error":"not now"}', wait)
        payload = self._answer(request)
        if payload is None:
            return _reply(404, b'{"error":"not found"}', {})
        return _reply(200, spoil(payload, fault, self._exchange), {})

    def _answer(self, request: Request) -> Payload:
        asked = f"{request.method} {request.path}"
        for prefix, route in self._routes.items():
            if asked == prefix or (prefix.endswith("/") and asked.startswith(prefix)):
                return route(request, asked.removeprefix(prefix))
        return None

    def _gamma(self, market: Market, *, with_event: bool = True) -> Json:
        prices = self._exchange.prices(market)
        return writing.gamma_market(market, prices=prices, with_event=with_event)

    def _markets(self, request: Request, _rest: str) -> Payload:
        wanted = request.all("condition_ids")
        found = [
            market
            for market in self._exchange.markets.values()
            if market.closed == (request.one("closed", "false") == "true")
            and (not wanted or market.condition_id in wanted)
        ]
        return _page("markets", [self._gamma(market) for market in found], request)

    def _market_by_slug(self, _request: Request, slug: str) -> Payload:
        found = [one for one in self._exchange.markets.values() if one.slug == slug]
        return self._gamma(found[0]) if found else None

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

    def _event_rows(self, markets: Iterable[Market]) -> list[Json]:
        events: dict[str, list[Market]] = {}
        for market in markets:
            events.setdefault(market.event_slug or market.slug, []).append(market)
        return [
            writing.gamma_event(
                slug, members, rows=[self._gamma(one, with_event=False) for one in members]
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

    def _books(self, request: Request, _rest: str) -> Payload:
        rows = [self._exchange.book_row(one["token_id"]) for one in json.loads(request.body)]
        return [row for row in rows if row is not None]

    def _midpoint(self, request: Request, _rest: str) -> Payload:
        market = self._exchange.market_of(request.one("token_id"))
        if market is None:
            return None
        index = market.token_ids.index(TokenId(request.one("token_id")))
        return {"mid": self._exchange.prices(market)[index]}

    def _tick_size(self, request: Request, _rest: str) -> Payload:
        market = self._exchange.market_of(request.one("token_id"))
        return None if market is None else {"minimum_tick_size": float(market.tick)}

    def _terms(self, _request: Request, condition_id: str) -> Payload:
        market = self._find(condition_id)
        return None if market is None else writing.clob_terms(market)

    def _market(self, _request: Request, condition_id: str) -> Payload:
        market = self._find(condition_id)
        if market is None:
            return None
        return writing.clob_market(market, prices=self._exchange.prices(market))

    def _find(self, condition_id: str) -> Market | None:
        return next(
            (one for one in self._exchange.markets.values() if one.condition_id == condition_id),
            None,
        )

    def _history(self, request: Request, _rest: str) -> Payload:
        """Answer with the one point that is known: now."""
        market = self._exchange.market_of(request.one("market"))
        if market is None:
            return {"history": []}
        index = market.token_ids.index(TokenId(request.one("market")))
        price = float(self._exchange.prices(market)[index])
        return {"history": [{"t": int(self._clock.now().timestamp()), "p": price}]}


def _page(name: str, rows: list[Json], request: Request) -> Json:
    """Return one page; it says where the next one starts if there is one."""
    start = int(request.one("after_cursor", "0"))
    end = start + int(request.one("limit", "100"))
    page: Json = {name: rows[start:end]}
    return {**page, "next_cursor": str(end)} if end < len(rows) else page


def _end(event: Json) -> str:
    return str(event["endDate"] or "9999")


def _reply(status: int, body: bytes, headers: Mapping[str, str]) -> Reply:
    return Reply(status=status, body=body, headers=headers)

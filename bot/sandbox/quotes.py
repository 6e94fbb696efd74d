"""The public half of the CLOB: time, books and prices, and the terms of markets.

**Source:** POLYMARKET sections 3.2, 4.12 and 5.1, read 2026-11.
"""

import json
from collections.abc import Callable

from bot.clock import Clock
from bot.model.market import Book, Market
from bot.model.units import TokenId
from bot.sandbox import writing
from bot.sandbox.exchange import Exchange
from bot.sandbox.http import Request
from bot.sandbox.rest import Payload, Routes
from bot.sandbox.writing import Json, plain


class Quotes:
    """Answers what anybody may ask.

    Args:
        exchange: What is true.
        clock: For ``/time``.
    """

    def __init__(self, *, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self.routes: Routes = {
            "GET /clob/time": lambda _request, _rest: int(clock.now().timestamp()),
            "GET /clob/ok": lambda _request, _rest: "OK",
            "GET /clob/version": lambda _request, _rest: {"version": 2},
            "GET /clob/book": lambda request, _rest: exchange.book_row(request.one("token_id")),
            "POST /clob/books": self._books,
            "GET /clob/midpoint": self._one(self._midpoint),
            "POST /clob/midpoints": self._many(self._midpoint, "mid"),
            "GET /clob/price": self._one(self._price),
            "POST /clob/prices": self._prices,
            "GET /clob/spread": self._one(self._spread),
            "POST /clob/spreads": self._many(self._spread, "spread"),
            "GET /clob/last-trade-price": self._one(self._last),
            "GET /clob/tick-size": self._one(_tick_size),
            "GET /clob/neg-risk": self._one(_neg_risk),
            "GET /clob/fee-rate": self._one(lambda _market, _request, _token: {"base_fee": 0}),
            "GET /clob/fees/builder-fees/": lambda _request, _rest: {
                "builder_maker_fee_rate_bps": 0,
                "builder_taker_fee_rate_bps": 0,
            },
            "GET /clob/markets-by-token/": self._by_token,
            "GET /clob/clob-markets/": self._terms,
            "GET /clob/markets/": self._market,
            "GET /clob/prices-history": self._history,
        }

    def _one(
        self, answer: Callable[[Market, Request, TokenId], Json | None]
    ) -> Callable[[Request, str], Payload]:
        """Return a route that answers about the token of the query."""

        def route(request: Request, _rest: str) -> Payload:
            token = TokenId(request.one("token_id"))
            market = self._exchange.market_of(token)
            return None if market is None else answer(market, request, token)

        return route

    def _many(
        self, answer: Callable[[Market, Request, TokenId], Json | None], field: str
    ) -> Callable[[Request, str], Payload]:
        """Return a route that answers about the tokens of the body."""

        def route(request: Request, _rest: str) -> Payload:
            rows: Json = {}
            for one in json.loads(request.body):
                token = TokenId(one["token_id"])
                market = self._exchange.market_of(token)
                found = None if market is None else answer(market, request, token)
                if found is not None:
                    rows[token] = found[field]
            return rows

        return route

    def _books(self, request: Request, _rest: str) -> Payload:
        rows = [self._exchange.book_row(one["token_id"]) for one in json.loads(request.body)]
        return [row for row in rows if row is not None]

    def _midpoint(self, market: Market, _request: Request, token: TokenId) -> Json:
        return {"mid": self._exchange.prices(market)[market.token_ids.index(token)]}

    def _price(self, _market: Market, request: Request, token: TokenId) -> Json | None:
        best = self._best(token, request.one("side"))
        return None if best is None else {"price": best}

    def _prices(self, request: Request, _rest: str) -> Payload:
        rows: dict[str, Json] = {}
        for one in json.loads(request.body):
            best = self._best(TokenId(one["token_id"]), one["side"])
            if best is not None:
                rows.setdefault(one["token_id"], {})[one["side"]] = best
        return rows

    def _best(self, token: TokenId, side: str) -> str | None:
        """Return the best bid for BUY, the best ask for SELL, as the venue does."""
        book = self._exchange.books.get(token)
        prices = () if book is None else book.bid_prices if side == "BUY" else book.ask_prices
        return plain(prices[0]) if prices else None

    def _spread(self, _market: Market, _request: Request, token: TokenId) -> Json | None:
        book: Book | None = self._exchange.books.get(token)
        if book is None or not book.bid_prices or not book.ask_prices:
            return None
        return {"spread": plain(book.ask_prices[0] - book.bid_prices[0])}

    def _last(self, _market: Market, _request: Request, token: TokenId) -> Json:
        price = self._exchange.last_price(token)
        return {"price": price, "side": "BUY"} if price else {"price": "0.5", "side": ""}

    def _by_token(self, _request: Request, token: str) -> Payload:
        market = self._exchange.market_of(token)
        if market is None:
            return None
        first, second = market.token_ids
        return {
            "condition_id": market.condition_id,
            "primary_token_id": first,
            "secondary_token_id": second,
        }

    def _terms(self, _request: Request, condition_id: str) -> Payload:
        market = self._find(condition_id)
        return None if market is None else writing.clob_terms(market)

    def _market(self, _request: Request, condition_id: str) -> Payload:
        market = self._find(condition_id)
        if market is None:
            return None
        return writing.clob_market(market, prices=self._exchange.prices(market))

    def _find(self, condition_id: str) -> Market | None:
        markets = self._exchange.markets.values()
        return next((one for one in markets if one.condition_id == condition_id), None)

    def _history(self, request: Request, _rest: str) -> Payload:
        """Answer with the past, if it has one, and the point that is always there: now."""
        market = self._exchange.market_of(request.one("market"))
        if market is None:
            return {"history": []}
        index = market.token_ids.index(TokenId(request.one("market")))
        price = float(self._exchange.prices(market)[index])
        past = self._exchange.past.get(market.token_ids[index], [])
        points = [*past, (int(self._clock.now().timestamp()), price)]
        return {"history": [{"t": at, "p": shown} for at, shown in points]}


def _tick_size(market: Market, _request: Request, _token: TokenId) -> Json:
    return {"minimum_tick_size": float(market.tick)}


def _neg_risk(market: Market, _request: Request, _token: TokenId) -> Json:
    return {"neg_risk": market.neg_risk}

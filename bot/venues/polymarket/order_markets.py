"""The markets that orders are signed for: their token ids proven, their terms read fresh."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chain.token_ids import check_tokens
from bot.clock import Clock
from bot.errors import BadData
from bot.model.market import Market
from bot.model.orders import OrderIntent, OrderType, Rejected
from bot.model.units import TokenId
from bot.venues.polymarket import clob, gamma
from bot.venues.polymarket.reads import Reads

TERMS_FRESH = timedelta(seconds=60)
"""For how long a market's tick and minimum are not asked again; a refusal for one of them ends it
at once. Ticks change when a price nears 0 or 1 (POLYMARKET 4.5)."""
_REREAD = frozenset({"tick_size", "minimum_size", "market_not_ready"})


@dataclass(frozen=True, slots=True)
class _Known:
    market: Market
    origin: gamma.Origin


class OrderMarkets:
    """Markets by token.

    Args:
        directory: Asks Gamma.
        exchange: Asks the CLOB.
        clock: For the age of terms.
    """

    def __init__(self, *, directory: Reads, exchange: Reads, clock: Clock) -> None:
        self._directory = directory
        self._exchange = exchange
        self._clock = clock
        self._known: dict[TokenId, _Known] = {}
        self._proven: set[TokenId] = set()
        self._conditions: dict[TokenId, str] = {}
        self._terms: dict[TokenId, tuple[datetime, clob.Terms]] = {}

    async def of_token(self, token_id: TokenId) -> Market:
        """Return the market of a token as first read: its fee, outcomes and kind never change.

        Raises:
            SourceDown: the directory does not answer.
            BadData: it knows no such token, or cannot be read.
        """
        return (await self._find(token_id)).market

    async def for_order(self, intent: OrderIntent) -> Market:
        """Return the market that an order is signed for.

        Raises:
            SourceDown: directory or exchange do not answer.
            BadData: the token is not that of the market, or they disagree about it.
        """
        token = intent.token_id
        known = await self._find(token)
        market = known.market
        if market.condition_id != intent.condition_id:
            raise BadData(
                f"Token {token} belongs to market {market.condition_id}, not to "
                f"{intent.condition_id}. Nothing is signed for it"
            )
        if token not in self._proven:
            check_tokens(market, question_id=known.origin.question_id, oracle=known.origin.oracle)
            self._proven.add(token)
        terms = await self._fresh_terms(token)
        if terms.neg_risk != market.neg_risk or set(terms.token_ids) != set(market.token_ids):
            raise BadData(
                f"Market {market.slug}: directory and exchange do not name the same tokens and "
                "neg risk. Nothing is signed for it"
            )
        return market

    def refusal(self, intent: OrderIntent) -> Rejected | None:
        """Return the refusal that the venue would give by the terms last read; None if none."""
        if intent.token_id not in self._terms:
            return None
        _, terms = self._terms[intent.token_id]
        if not terms.accepting_orders:
            return Rejected(code="market_not_ready", detail="the market takes no orders")
        if intent.limit % terms.tick != 0:
            text = f"price {intent.limit} breaks the market's tick {terms.tick}"
            return Rejected(code="tick_size", detail=text)
        if intent.order_type is OrderType.GTD and intent.size < terms.minimum_shares:
            text = f"size {intent.size} is below the market's minimum {terms.minimum_shares}"
            return Rejected(code="minimum_size", detail=text)
        return None

    def refused(self, intent: OrderIntent, code: str) -> None:
        """Note a refusal: terms that it speaks against are read anew for the next order."""
        if code in _REREAD:
            self._terms.pop(intent.token_id, None)

    async def _find(self, token_id: TokenId) -> _Known:
        known = self._known.get(token_id)
        if known is None:
            known = self._known[token_id] = await self._ask(token_id)
        return known

    async def _ask(self, token_id: TokenId) -> _Known:
        name = "position_ids" if gamma.is_v2_token(token_id) else "clob_token_ids"
        what = f"Gamma market of token {token_id}"
        for closed in ("false", "true"):
            body = await self._directory.get(
                "/markets/keyset", [(name, token_id), ("closed", closed)]
            )
            if body is None:
                continue
            page = gamma.read_markets(body, what=what)
            if not page.markets:
                continue
            if page.rows != 1 or token_id not in page.markets[0].token_ids:
                raise BadData(f"{what}: {page.rows} markets came; it must be the one of the token")
            return _Known(page.markets[0], gamma.read_origins(body, what=what)[0])
        raise BadData(f"Polymarket knows no market of token {token_id}")

    async def _fresh_terms(self, token_id: TokenId) -> clob.Terms:
        known = self._terms.get(token_id)
        if known is not None and self._clock.now() - known[0] < TERMS_FRESH:
            return known[1]
        condition = self._conditions.get(token_id)
        if condition is None:
            body = await self._exchange.get(f"/markets-by-token/{token_id}")
            condition = clob.read_token_market(body or b"", what=f"CLOB market of {token_id}")
            self._conditions[token_id] = condition
        body = await self._exchange.get(f"/clob-markets/{condition}")
        terms = clob.read_terms(body or b"", what=f"CLOB terms of {condition}")
        self._terms[token_id] = (self._clock.now(), terms)
        return terms

"""The markets that have been found, and what the venue has changed about them since."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.clock import Clock
from bot.model.market import Market, MarketChanged
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, Price, TokenId
from bot.venues.polymarket import wire
from bot.venues.polymarket.stream_rows import ResolvedMessage, TickMessage


class KnownMarkets:
    """Markets by condition id and token.

    Args:
        clock: For the time of a change.
        tell: Called when a known market differs from what was known.
        fresh_s: For how long what the directory said is not asked again, seconds. What the
            stream says meanwhile is known at once.
    """

    def __init__(
        self, *, clock: Clock, tell: Callable[[MarketChanged], None], fresh_s: float
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._fresh = timedelta(seconds=fresh_s)
        self._read_at: dict[ConditionId, datetime] = {}
        self._listed: dict[MarketRef, tuple[datetime, tuple[ConditionId, ...]]] = {}
        self._markets: dict[ConditionId, Market] = {}
        self._market_of: dict[TokenId, ConditionId] = {}
        self._book_ticks: dict[ConditionId, Price] = {}

    def of_token(self, token_id: TokenId) -> Market | None:
        """Return the market of a token; None if it was never found."""
        condition = self._market_of.get(token_id)
        return None if condition is None else self._markets[condition]

    def fresh(self, condition_id: ConditionId) -> Market | None:
        """Return a market that needs not be read again yet; None if it does.

        A closed one is read each time until its payouts are known: money waits for them.
        """
        market = self._markets.get(condition_id)
        if market is None or (market.closed and market.payouts is None):
            return None
        return market if self._is_fresh(self._read_at[condition_id]) else None

    def listed(self, ref: MarketRef) -> tuple[Market, ...] | None:
        """Return what ``ref`` named at its last look-up, as known now; None if that is old."""
        at, names = self._listed.get(ref, (None, ()))
        if at is None or not self._is_fresh(at):
            return None
        return tuple(self._markets[name] for name in names)

    def take_list(self, ref: MarketRef, markets: Iterable[Market]) -> tuple[Market, ...]:
        """Note what the directory lists for ``ref``; return it as it is known now."""
        learned = tuple(self.learn(market) for market in markets)
        names = tuple(market.condition_id for market in learned)
        self._listed[ref] = (self._clock.now(), names)
        return learned

    def _is_fresh(self, at: datetime) -> bool:
        return self._clock.now() - at < self._fresh

    def learn(self, market: Market) -> Market:
        """Take a market as the directory lists it and return it as it is known now.

        The tick that the books have named is kept: the directory may lag behind them. So are
        closing and payouts: they are final.
        """
        known = self._markets.get(market.condition_id)
        if known is not None:
            market = replace(
                market,
                tick=self._book_ticks.get(market.condition_id, market.tick),
                group_size=market.group_size or known.group_size,  # a lone row does not say
                payouts=market.payouts or known.payouts,
                closed=market.closed or known.closed,
                accepting_orders=market.accepting_orders and not known.closed,
            )
        self._read_at[market.condition_id] = self._clock.now()
        return self._set(market)

    def set_tick(self, token_id: TokenId, tick: Price) -> None:
        """Note the tick that a book names."""
        known = self.of_token(token_id)
        if known is not None:
            self._book_ticks[known.condition_id] = tick
            self._set(replace(known, tick=tick))

    def take_tick(self, message: TickMessage) -> tuple[str, ...]:
        """Note a new tick; return the tokens whose books must be read again."""
        token = TokenId(message.asset_id)
        self.set_tick(token, wire.price(message.new_tick_size, name="new_tick_size"))
        known = self.of_token(token)
        return (token,) if known is None else known.token_ids

    def take_resolution(self, message: ResolvedMessage) -> tuple[str, ...]:
        """Note a resolution; return the tokens whose books have ended.

        Without a winning token of this market the payouts stay unknown until they are read.
        """
        known = self._markets.get(ConditionId(message.market))
        if known is not None:
            closed = replace(known, closed=True, accepting_orders=False)
            if message.winning_asset_id in known.token_ids:
                won = [Decimal(token == message.winning_asset_id) for token in known.token_ids]
                closed = replace(closed, payouts=(won[0], won[1]))
            self._set(closed)
        return tuple(message.assets_ids)

    def _set(self, market: Market) -> Market:
        known = self._markets.get(market.condition_id)
        self._markets[market.condition_id] = market
        for token in market.token_ids:
            self._market_of[token] = market.condition_id
        if known is not None and known != market:
            self._tell(MarketChanged(market=market, at=self._clock.now()))
        return market

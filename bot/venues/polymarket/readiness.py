"""Reads ahead what an order needs to know of its market, so that no order waits for it."""

from bot.clock import Clock
from bot.errors import DataError
from bot.model.market import Book, MarketEvent
from bot.model.units import TokenId
from bot.venues.polymarket.order_markets import OrderMarkets

APART_S = 0.05
"""Between two markets that are read ahead."""
ROUND_S = 1.0


class Readiness:
    """Proves the tokens that books come for, and keeps their terms fresh, in the background.

    With so many markets that a round takes longer than terms stay fresh, an order of one whose
    turn is not yet reads them itself.

    Args:
        markets: Of the orders.
        clock: For the waits.
    """

    def __init__(self, *, markets: OrderMarkets, clock: Clock) -> None:
        self._markets = markets
        self._clock = clock
        self._tokens: set[TokenId] = set()

    def hear(self, event: MarketEvent) -> None:
        """Note a token that may be traded."""
        if isinstance(event, Book):
            self._tokens.add(event.token_id)

    async def run(self) -> None:
        """Read for ever; to be cancelled."""
        while True:
            for token in sorted(self._tokens):
                if self._markets.is_ready(token):
                    continue
                try:
                    await self._markets.get_ready(token)
                except DataError:
                    self._tokens.discard(token)  # the next book brings it back; an order says why
                await self._clock.sleep(APART_S)
            await self._clock.sleep(ROUND_S)

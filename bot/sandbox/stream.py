"""The market channel: subscriptions and what happens on the exchange.

**Source:** POLYMARKET section 5.2, read 2026-11.
"""

from collections.abc import Iterable

from bot.sandbox.exchange import Exchange, News
from bot.sandbox.faults import Faults
from bot.sandbox.sockets import Client, Sockets
from bot.sandbox.writing import Json


class MarketChannel:
    """Serves ``/ws/market``.

    Args:
        exchange: What is true.
        faults: What goes wrong.
    """

    def __init__(self, *, exchange: Exchange, faults: Faults) -> None:
        self._exchange = exchange
        self._faults = faults
        self._sockets = Sockets(faults=faults, hear=self._hear)
        self.start = self._sockets.start
        self.close = self._sockets.close
        self.drop_sockets = self._sockets.drop

    @property
    def opened(self) -> int:
        """How many connections have been opened so far."""
        return self._sockets.opened

    @property
    def subscribed(self) -> set[str]:
        """Tokens that some connection wants to hear of."""
        return {token for client in self._sockets.clients for token in client.wants}

    def send(self, news: Iterable[News]) -> None:
        """Send messages to the connections that want them, each only its tokens' part."""
        for item in news:
            for message in self._faults.messages(item.message):
                for client in self._sockets.clients:
                    part = _part_for(client.wants, item._replace(message=message))
                    if part is not None:
                        client.send(part)

    def _hear(self, client: Client, wish: object) -> None:
        if not isinstance(wish, dict):
            return
        tokens = set(wish.get("assets_ids", ()))
        if wish.get("operation") == "unsubscribe":
            client.wants -= tokens
            return
        client.wants |= tokens
        if not self._faults.loses():
            client.send(self._books(sorted(tokens)))

    def _books(self, tokens: Iterable[str]) -> list[Json]:
        rows = (self._exchange.book_row(token) for token in tokens)
        return [{**row, "event_type": "book"} for row in rows if row is not None]


def _part_for(tokens: set[str], news: News) -> Json | None:
    """Return the message with only the changes of ``tokens``; None if it is about none of them."""
    if not tokens.intersection(news.token_ids):
        return None
    changes = news.message.get("price_changes")
    if not isinstance(changes, list):
        return news.message
    mine = [change for change in changes if change["asset_id"] in tokens]
    return {**news.message, "price_changes": mine} if mine else None

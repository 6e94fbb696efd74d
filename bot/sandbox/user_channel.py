"""The user channel: what happens to an address's own orders and trades. Nothing is replayed.

**Source:** POLYMARKET section 5.3, read 2026-11.
"""

import asyncio
from datetime import UTC, datetime

from bot.clock import Clock
from bot.sandbox.accounts import Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.orders import Order
from bot.sandbox.sockets import Client, Sockets
from bot.sandbox.trades import Trade
from bot.sandbox.writing import Json
from bot.venues.books import epoch_ms

_WRONG_KEY = 1008
"""WebSocket close code "policy violation"; which one the venue uses is not known."""


class UserChannel:
    """Serves ``/ws/user``.

    Args:
        accounts: Whose API keys are good.
        faults: What goes wrong.
        clock: For the messages' times.
    """

    def __init__(self, *, accounts: Accounts, faults: Faults, clock: Clock) -> None:
        self._accounts = accounts
        self._faults = faults
        self._clock = clock
        self._closing: set[asyncio.Task[None]] = set()
        self._sockets = Sockets(faults=faults.user, hear=self._hear)
        self.start = self._sockets.start
        self.close = self._sockets.close
        self.drop_sockets = self._sockets.drop

    @property
    def opened(self) -> int:
        """How many connections have been opened so far."""
        return self._sockets.opened

    @property
    def subscribed(self) -> set[str]:
        """Addresses that some connection is logged in with."""
        return {address for client in self._sockets.clients for address in client.wants}

    def tell_order(self, order: Order, kind: str, *, status: str = "") -> None:
        """Tell an order's owner what happened to it.

        Args:
            order: The order.
            kind: PLACEMENT, UPDATE or CANCELLATION.
            status: Its status in the venue's words, if other than the order's own. An order that
                was killed has no ``size_matched`` (captured 2026-06).
        """
        row = order.row()
        row |= {
            "event_type": "order",
            "type": kind,
            "order_owner": order.owner.key,
            "created_at": self._created(order.created_at),
            "status": status or row["status"],
        }
        if status.startswith("CANCELED_order"):
            row["size_matched"] = ""
        self._send(order.owner.address, row)

    def tell_trade(self, trade: Trade) -> None:
        """Tell everybody whom a trade concerns how far it is."""
        for address in {leg.order.owner.address for leg in trade.legs()}:
            row = trade.row(address)
            row |= {"event_type": "trade", "type": "TRADE", "trade_owner": row["owner"]}
            if self._faults.odd_shapes:
                row["match_time"] = datetime.fromtimestamp(trade.matched_at, UTC).isoformat()
            self._send(address, row)

    def _created(self, at_s: int) -> str:
        return str(at_s * 1000) if self._faults.odd_shapes else str(at_s)

    def _send(self, address: str, row: Json) -> None:
        stamped = {**row, "timestamp": str(epoch_ms(self._clock.now()))}
        for message in self._faults.user.messages(stamped):
            for client in self._sockets.clients:
                if address in client.wants:
                    client.send(message)

    def _hear(self, client: Client, wish: object) -> None:
        login = wish.get("auth") if isinstance(wish, dict) else None
        if not isinstance(login, dict):
            return
        key = self._accounts.keys.get(login.get("apiKey", ""))
        named = (login.get("secret"), login.get("passphrase"))
        if key is not None and named == (key.secret, key.passphrase):
            client.wants.add(key.address)
            return
        closing = asyncio.ensure_future(client.socket.close(_WRONG_KEY, "auth"))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

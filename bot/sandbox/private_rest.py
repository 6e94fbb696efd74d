"""The private half of the CLOB: logins, lookups, balances, notifications and beats.

**Source:** POLYMARKET sections 3.2, 3.3, 3.5, 4.7, 4.9 and 4.13, read 2026-11.
"""

import base64
from collections.abc import Awaitable, Callable, Iterable

from bot.chain.addresses import POLYGON
from bot.model.account import WalletKind
from bot.sandbox import refusals
from bot.sandbox.accounts import Accounts, ApiKey
from bot.sandbox.auth import Auth
from bot.sandbox.bank import Bank
from bot.sandbox.heartbeats import Heartbeats
from bot.sandbox.http import Request
from bot.sandbox.notices import Notices
from bot.sandbox.order_routes import Orders
from bot.sandbox.records import Records
from bot.sandbox.refusals import Refusal
from bot.sandbox.rest import NULL, Payload, Route, Routes
from bot.sandbox.trades import Trade
from bot.sandbox.view import View
from bot.sandbox.wallets import wallets_of
from bot.sandbox.writing import Json

_END = "LTE="
Private = Callable[[Request, ApiKey], Payload | Awaitable[Payload]]


class PrivateRest:
    """What an API key may ask.

    Args:
        auth: Who asks.
        accounts: What is known of each address.
        orders: Orders and cancels.
        records: What has happened so far.
        view: What the venue believes of balances.
        bank: For allowances.
        heartbeats: The dead man's switch.
        notices: Notifications.
    """

    def __init__(
        self,
        *,
        auth: Auth,
        accounts: Accounts,
        orders: Orders,
        records: Records,
        view: View,
        bank: Bank,
        heartbeats: Heartbeats,
        notices: Notices,
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._orders = orders
        self._records = records
        self._view = view
        self._bank = bank
        self._notices = notices
        self.page_size = 100
        private: dict[str, Private] = {
            "GET /clob/auth/api-keys": self._keys,
            "DELETE /clob/auth/api-key": self._delete_key,
            "GET /clob/auth/ban-status/closed-only": self._closed_only,
            "POST /clob/auth/builder-api-key": self._builder_key,
            "POST /clob/order": orders.post,
            "POST /clob/orders": orders.post_many,
            "DELETE /clob/order": orders.cancel,
            "DELETE /clob/orders": orders.cancel_many,
            "DELETE /clob/cancel-all": orders.cancel_all,
            "DELETE /clob/cancel-market-orders": orders.cancel_market,
            "GET /clob/data/order/": self._order,
            "GET /clob/data/orders": self._open_orders,
            "GET /clob/data/trades": self._trades,
            "GET /clob/balance-allowance": self._balance,
            "GET /clob/balance-allowance/update": self._update_balance,
            "GET /clob/notifications": self._notifications,
            "DELETE /clob/notifications": self._drop_notifications,
            "POST /clob/v1/heartbeats": heartbeats.beat,
            "GET /clob/v1/user/session-signers": self._sessions,
        }
        self.routes: Routes = {
            "POST /clob/auth/api-key": self._create_key,
            "GET /clob/auth/derive-api-key": self._derive_key,
            **{asked: self._with_key(answer) for asked, answer in private.items()},
        }

    def _with_key(self, answer: Private) -> Route:
        return lambda request, _rest: answer(request, self._auth.key(request))

    def _create_key(self, request: Request, _rest: str) -> Payload:
        made = self._accounts.create(*self._auth.signer(request))
        if made is None:
            raise Refusal(400, "Could not create api key")
        return made.row()

    def _derive_key(self, request: Request, _rest: str) -> Payload:
        found = self._accounts.derive(*self._auth.signer(request))
        if found is None:
            raise Refusal(400, "Could not derive api key!")
        return found.row()

    def _keys(self, _request: Request, key: ApiKey) -> Payload:
        return {"apiKeys": self._accounts.keys_of(key.address)}

    def _delete_key(self, _request: Request, key: ApiKey) -> Payload:
        del self._accounts.keys[key.key]
        return "OK"

    def _builder_key(self, _request: Request, key: ApiKey) -> Payload:
        made = self._accounts.builder_key(key.address)
        return {"key": made.key, "secret": made.secret, "passphrase": made.passphrase}

    def _closed_only(self, _request: Request, key: ApiKey) -> Payload:
        return {"closed_only": key.address in self._accounts.closed_only}

    def _order(self, request: Request, key: ApiKey) -> Payload:
        """Return an order while it is open; nothing, with success, when it is not."""
        order = self._records.orders.get(request.path.rpartition("/")[2])
        if order is None or order.owner.address != key.address or not order.is_open:
            return NULL
        return order.row()

    def _open_orders(self, request: Request, key: ApiKey) -> Payload:
        rows = [order.row() for order in self._orders.open_orders(key)]
        return self._page(
            (
                row
                for row in rows
                if request.one("id") in ("", row["id"])
                and request.one("market") in ("", row["market"])
                and request.one("asset_id") in ("", row["asset_id"])
            ),
            request,
        )

    def _trades(self, request: Request, key: ApiKey) -> Payload:
        """List trades. As on the venue, market and token are those of the taker's order."""
        found = [
            trade
            for trade in reversed(self._records.trades)
            if trade.concerns(key.address) and _is_wanted(trade, request)
        ]
        return self._page((trade.row(key.address) for trade in found), request)

    def _page(self, rows: Iterable[Json], request: Request) -> Json:
        every = list(rows)
        start = _offset(request.one("next_cursor"))
        end = start + self.page_size
        page = every[start:end]
        following = base64.b64encode(str(end).encode()).decode()
        return {
            "data": page,
            "next_cursor": following if end < len(every) else _END,
            "limit": self.page_size,
            "count": len(page),
        }

    async def _balance(self, request: Request, key: ApiKey) -> Payload:
        wallet, token = self._wallet(request, key), request.one("token_id") or None
        spenders = (POLYGON.exchange, POLYGON.neg_risk_exchange, POLYGON.exchange_v3)
        return {
            "balance": str(await self._view.balance(wallet, token)),
            "allowances": {
                spender: str(await self._bank.allowance(wallet, token, spender))
                for spender in spenders
            },
        }

    async def _update_balance(self, request: Request, key: ApiKey) -> Payload:
        await self._view.refresh(self._wallet(request, key), request.one("token_id") or None)
        return ""

    def _wallet(self, request: Request, key: ApiKey) -> str:
        named = request.one("signature_type", "0")
        if named not in {str(int(kind)) for kind in WalletKind}:
            raise Refusal(400, refusals.BAD_PAYLOAD)
        return self._accounts.wallet_of(key.address, WalletKind(int(named)))

    def _notifications(self, _request: Request, key: ApiKey) -> Payload:
        return self._notices.of(key)

    def _drop_notifications(self, request: Request, key: ApiKey) -> Payload:
        self._notices.drop(key, request.one("ids").split(","))
        return "OK"

    def _sessions(self, _request: Request, key: ApiKey) -> Payload:
        wallet = wallets_of(key.address, WalletKind.DEPOSIT)[0]
        return {
            "wallet": wallet,
            "signers": [
                {"address": one.address, "scopes": list(one.scopes), "valid_until": one.valid_until}
                for one in self._accounts.sessions.get(wallet, {}).values()
            ],
        }


def _is_wanted(trade: Trade, request: Request) -> bool:
    taker = trade.taker.order
    address = request.one("maker_address").lower()
    makers = {leg.order.maker.lower() for leg in trade.legs()}
    return (
        request.one("id") in ("", trade.trade_id)
        and request.one("market") in ("", taker.market.condition_id)
        and request.one("asset_id") in ("", taker.token_id)
        and (not address or address in makers)
        and trade.matched_at > int(request.one("after") or 0)
        and trade.matched_at < int(request.one("before") or 2**60)
    )


def _offset(cursor: str) -> int:
    """Read where a page starts; ``MA==`` is the beginning."""
    try:
        return int(base64.b64decode(cursor or "MA=="))
    except ValueError:
        raise Refusal(400, "invalid cursor") from None

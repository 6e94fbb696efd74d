"""Orders and cancels over REST.

**Source:** POLYMARKET sections 4.3, 4.7 and 4.10, read 2026-11.
"""

import json
from collections.abc import Mapping, Sequence

from bot.clock import Clock
from bot.sandbox import refusals
from bot.sandbox.accounts import Accounts, ApiKey
from bot.sandbox.bank import Bank
from bot.sandbox.checks import check_signer, read_order
from bot.sandbox.engine import Engine, Placed
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Faults, Trading
from bot.sandbox.http import Reply, Request, as_json
from bot.sandbox.limits import Limits
from bot.sandbox.orders import Order, read_posted
from bot.sandbox.records import Records
from bot.sandbox.refusals import Refusal
from bot.sandbox.rest import Payload
from bot.sandbox.writing import Json, plain

_MOST_ORDERS = 15
_MOST_CANCELS = 3000
_RESTART_S = 79


class Orders:
    """Orders and cancels.

    Args:
        exchange: Which markets there are.
        accounts: Who may trade.
        bank: For deposit wallets' signatures.
        engine: Takes the orders.
        records: What has happened so far.
        faults: What goes wrong.
        clock: The venue's time.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        accounts: Accounts,
        bank: Bank,
        engine: Engine,
        records: Records,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._exchange = exchange
        self._accounts = accounts
        self._bank = bank
        self._engine = engine
        self._records = records
        self._faults = faults
        self._clock = clock
        self.ordering = Limits(per_s=40, burst=60, may_owe=False, clock=clock)
        self.cancelling = Limits(per_s=80, burst=120, may_owe=True, clock=clock)

    async def post(self, request: Request, key: ApiKey) -> Payload:
        """Take one order."""
        limits = self.ordering.take(key.address, 1)
        return _limited(await self._take(_read(request), key), limits)

    async def post_many(self, request: Request, key: ApiKey) -> Payload:
        """Take a batch, each order judged alone."""
        batch = _read(request)
        if not isinstance(batch, list):
            raise Refusal(400, refusals.BAD_PAYLOAD)
        if len(batch) > _MOST_ORDERS:
            raise Refusal(400, refusals.too_many(len(batch), _MOST_ORDERS))
        limits = self.ordering.take(key.address, len(batch))
        rows = []
        for payload in batch:
            try:
                rows.append(await self._take(payload, key))
            except Refusal as refusal:
                rows.append(refusals.refused_row(refusal.text))
        return _limited(rows, limits)

    async def _take(self, payload: object, key: ApiKey) -> Json:
        if self._faults.geoblocked:
            raise Refusal(403, "Trading restricted in your region, see docs: geoblock")
        posted = read_posted(payload)
        self._check_open(post_only=posted.post_only)
        market = self._exchange.market_of(posted.order.token_id)
        if market is None:
            raise Refusal(404, "market not found")
        order = read_order(posted, market=market, key=key, now=self._clock.now())
        await check_signer(order, posted, accounts=self._accounts, bank=self._bank)
        return _placed_row(await self._engine.place(order))

    def cancel(self, request: Request, key: ApiKey) -> Payload:
        """Cancel one order."""
        wish = _read(request)
        order_id = wish.get("orderID") if isinstance(wish, dict) else None
        if not isinstance(order_id, str):
            raise Refusal(400, refusals.BAD_PAYLOAD)
        return self._cancel([order_id], key)

    def cancel_many(self, request: Request, key: ApiKey) -> Payload:
        """Cancel the orders of a list."""
        wish = _read(request)
        if not isinstance(wish, list) or len(wish) > _MOST_CANCELS:
            raise Refusal(400, refusals.BAD_PAYLOAD)
        return self._cancel([str(one) for one in wish], key)

    def cancel_all(self, _request: Request, key: ApiKey) -> Payload:
        """Cancel all open orders of an address."""
        found = [order.order_id for order in self.open_orders(key)]
        return self._cancel(found, key, costs=1 + len(found))

    def cancel_market(self, request: Request, key: ApiKey) -> Payload:
        """Cancel an address's open orders of a market, of a token, or of both."""
        wish = _read(request)
        if not isinstance(wish, dict):
            raise Refusal(400, refusals.BAD_PAYLOAD)
        found = [
            order.order_id
            for order in self.open_orders(key)
            if wish.get("market") in (None, "", order.market.condition_id)
            and wish.get("asset_id") in (None, "", order.token_id)
        ]
        return self._cancel(found, key)

    def open_orders(self, key: ApiKey) -> list[Order]:
        """Return the open orders of an API key's address, newest first."""
        orders = reversed(self._records.open_orders())
        return [order for order in orders if order.owner.address == key.address]

    def _cancel(
        self, order_ids: Sequence[str], key: ApiKey, *, costs: int | None = None
    ) -> Payload:
        limits = self.cancelling.take(key.address, len(order_ids) if costs is None else costs)
        if self._faults.trading is Trading.RESTARTING:
            self._check_open(post_only=True)
        canceled: list[str] = []
        refused: dict[str, str] = {}
        for order_id in order_ids:
            order = self._records.orders.get(order_id)
            is_own = order is not None and order.owner.address == key.address
            why = self._engine.cancel(order if is_own else None)
            if why:
                refused[order_id] = why
            else:
                canceled.append(order_id)
        return _limited({"canceled": canceled, "not_canceled": refused}, limits)

    def _check_open(self, *, post_only: bool) -> None:
        """Refuse what the engine does not take at present. Raises ``Refusal``."""
        wait = {"Retry-After": str(_RESTART_S)}
        match self._faults.trading:
            case Trading.RESTARTING:
                raise Refusal(425, "Too Early: matching engine restarting", headers=wait)
            case Trading.CANCEL_ONLY:
                raise Refusal(503, refusals.CANCEL_ONLY)
            case Trading.DISABLED:
                raise Refusal(503, "trading disabled")
            case Trading.POST_ONLY if not post_only:
                more = {"code": "post_only_mode", "retry_after_seconds": _RESTART_S}
                raise Refusal(503, refusals.POST_ONLY, more=more, headers=wait)
            case _:
                return


def _read(request: Request) -> object:
    try:
        return json.loads(request.body)
    except ValueError:
        raise Refusal(400, refusals.BAD_PAYLOAD) from None


def _limited(payload: Payload, limits: Mapping[str, str]) -> Reply:
    return Reply(status=200, body=as_json(payload), headers=limits)


def _placed_row(placed: Placed) -> Json:
    legs = [trade.taker for trade in placed.trades]
    shares, usd = sum(leg.shares_e6 for leg in legs), sum(leg.usd_e6 for leg in legs)
    making, taking = (usd, shares) if placed.order.buys else (shares, usd)
    return {
        "success": True,
        "errorMsg": "",
        "orderID": placed.order.order_id,
        "status": placed.status,
        "makingAmount": plain(making) if legs else "",
        "takingAmount": plain(taking) if legs else "",
        "tradeIDs": [trade.trade_id for trade in placed.trades],
        "transactionsHashes": [],
    }

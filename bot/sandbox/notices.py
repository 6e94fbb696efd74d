"""Notifications: what an account is told when it next asks.

**Source:** POLYMARKET section 4.7; the official client's models of polymarket-client 0.14.0, read
2026-11.
"""

from collections.abc import Collection
from enum import IntEnum

from bot.clock import Clock
from bot.model.market import Market
from bot.sandbox.accounts import ApiKey
from bot.sandbox.orders import Order
from bot.sandbox.trades import Trade
from bot.sandbox.writing import Json, plain


class Kind(IntEnum):
    """What a notification is about."""

    CANCELED = 1
    FILLED = 2
    FAILED = 8
    """A fill of the account was undone."""
    REDEEMED = 9
    """Somebody else redeemed the account's tokens."""


class Notices:
    """Keeps notifications until they are dropped.

    Args:
        clock: For their times.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._made = 0
        self._rows: dict[str, list[Json]] = {}

    def of(self, key: ApiKey) -> list[Json]:
        """Return what an API key's address has not dropped."""
        return list(self._rows.get(key.address, []))

    def drop(self, key: ApiKey, numbers: Collection[str]) -> None:
        """Forget notifications by their numbers."""
        self._rows[key.address] = [r for r in self.of(key) if str(r["id"]) not in numbers]

    def tell_order(self, order: Order, kind: Kind, trade: Trade | None = None) -> None:
        """Tell an order's owner what happened to it."""
        market = order.market
        payload: Json = {
            "order_id": order.order_id,
            "asset_id": order.token_id,
            "market": market.condition_id,
            "side": order.side,
            "type": order.order_type,
            "price": plain(order.price_e6),
            "original_size": plain(order.size_e6),
            "matched_size": plain(order.matched_e6),
            "remaining_size": plain(order.open_e6),
            "outcome": order.outcome,
            "outcome_index": market.token_ids.index(order.token_id),
            "trade_id": "" if trade is None else trade.trade_id,
            "transaction_hash": "" if trade is None else trade.transaction,
            "question": market.question,
            "market_slug": market.slug,
            "eventSlug": market.event_slug,
            "seriesSlug": market.series_slug,
        }
        self._keep(order.owner, kind, payload)

    def tell_redeemed(
        self, key: ApiKey, market: Market, *, wallet: str, usd_e6: int, transaction: str
    ) -> None:
        """Tell an account that its tokens were redeemed by somebody else."""
        payload: Json = {
            "proxyWallet": wallet,
            "amount": plain(usd_e6),
            "conditionId": market.condition_id,
            "question": market.question,
            "image": "",
            "slug": market.slug,
            "negRisk": market.neg_risk,
            "txnHash": transaction,
        }
        self._keep(key, Kind.REDEEMED, payload)

    def _keep(self, key: ApiKey, kind: Kind, payload: Json) -> None:
        self._made += 1
        row: Json = {
            "id": self._made,
            "owner": key.key,
            "type": int(kind),
            "timestamp": int(self._clock.now().timestamp()),
            "payload": payload,
        }
        self._rows.setdefault(key.address, []).append(row)

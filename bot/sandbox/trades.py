"""A trade as the venue keeps it: one taker, one or more makers, and how far it has settled.

**Source:** POLYMARKET sections 4.7, 4.8 and 5.3, read 2026-11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from bot.model.market import FeeSchedule
from bot.model.units import MILLION, to_e6
from bot.sandbox.bank import Leg
from bot.sandbox.orders import Order
from bot.sandbox.writing import Json, plain


class Settled(StrEnum):
    """How far a trade has come."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"

    @property
    def holds_money(self) -> bool:
        """Whether the venue still counts it against the wallets' balances."""
        return self in (Settled.MATCHED, Settled.RETRYING)


@dataclass(slots=True, kw_only=True)
class Trade:
    """One match; all its figures are those of the taker's order."""

    trade_id: str
    taker: Leg
    makers: tuple[Leg, ...]
    price_e6: int
    matched_at: int
    """Epoch seconds, as is the next."""
    updated_at: int
    status: Settled = Settled.MATCHED
    transaction: str = ""

    def legs(self) -> Iterator[Leg]:
        """Return all orders' parts, the taker's first."""
        yield self.taker
        yield from self.makers

    def concerns(self, address: str) -> bool:
        """Whether an order of this API address is in it."""
        return any(leg.order.owner.address == address for leg in self.legs())

    def row(self, address: str) -> Json:
        """Return it as the venue lists it for an address that it concerns."""
        order, takes = self.taker.order, self.taker.order.owner.address == address
        mine = order if takes else self._first_of(address)
        return {
            "id": self.trade_id,
            "taker_order_id": order.order_id,
            "market": order.market.condition_id,
            "asset_id": order.token_id,
            "side": order.side,
            "size": plain(self.taker.shares_e6),
            "fee_rate_bps": "0",
            "price": plain(self.price_e6),
            "status": str(self.status),
            "match_time": str(self.matched_at),
            "last_update": str(self.updated_at),
            "outcome": order.outcome,
            "bucket_index": 0,
            "owner": mine.owner.key,
            "maker_address": mine.maker,
            "transaction_hash": self.transaction,
            "trader_side": "TAKER" if takes else "MAKER",
            "maker_orders": [_maker_row(leg) for leg in self.makers],
        }

    def _first_of(self, address: str) -> Order:
        return next(leg.order for leg in self.makers if leg.order.owner.address == address)


def _maker_row(leg: Leg) -> Json:
    order = leg.order
    return {
        "order_id": order.order_id,
        "owner": order.owner.key,
        "maker_address": order.maker,
        "matched_amount": plain(leg.shares_e6),
        "price": plain(order.price_e6),
        "fee_rate_bps": "0",
        "asset_id": order.token_id,
        "outcome": order.outcome,
        "side": order.side,
    }


def taker_fee_e6(shares_e6: int, price_e6: int, fee: FeeSchedule) -> int:
    """Return what a match costs its taker, millionths of a USD, in steps of 0.00001 USD.

    **Source:** POLYMARKET section 4.12: shares * rate * (p * (1 - p)) ** exponent, 5 decimals.
    """
    price = Decimal(price_e6) / MILLION
    exact = Decimal(shares_e6) / MILLION * fee.rate * (price * (1 - price)) ** fee.exponent
    return to_e6(exact.quantize(Decimal("0.00001"), ROUND_HALF_UP))

"""An order as the venue keeps it: read from what was posted, written as the venue lists it.

**Source:** POLYMARKET sections 4.1, 4.3 and 4.7, read 2026-11.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from bot.model.account import WalletKind
from bot.model.market import Market
from bot.model.units import MILLION, TokenId
from bot.sandbox.accounts import ApiKey
from bot.sandbox.refusals import BAD_PAYLOAD, OLD_VERSION, Refusal
from bot.sandbox.signatures import SignedOrder
from bot.sandbox.writing import Json, plain

DUST_E6 = 10_000
"""Less than this, millionths of a share, is never left over (POLYMARKET 4.5)."""


class Status(StrEnum):
    """Where an order stands; a cancelled one's row may carry more words."""

    LIVE = "LIVE"
    DELAYED = "DELAYED"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The signed part on the wire. V1 orders have ``nonce`` and no ``timestamp``."""

    salt: int
    maker: str
    signer: str
    token_id: str
    maker_amount: str
    taker_amount: str
    side: str
    signature_type: int
    timestamp: str
    metadata: str
    builder: str
    signature: str
    expiration: str = "0"


class Posted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a client posts."""

    order: _Wire
    owner: str
    order_type: str
    post_only: bool = False
    defer_exec: bool = False


@dataclass(slots=True, kw_only=True)
class Order:
    """One order; sizes and prices in millionths."""

    order_id: str
    owner: ApiKey
    signed: SignedOrder
    market: Market
    token_id: TokenId
    buys: bool
    price_e6: int
    size_e6: int
    order_type: str
    post_only: bool
    expires_at: int
    """Epoch seconds; 0: never."""
    created_at: int
    """Epoch seconds."""
    matched_e6: int = 0
    status: str = Status.LIVE
    trade_ids: list[str] = field(default_factory=list)

    @property
    def open_e6(self) -> int:
        """Shares that may still match."""
        return self.size_e6 - self.matched_e6

    @property
    def maker(self) -> str:
        """The wallet that pays and receives."""
        return self.signed.maker

    @property
    def side(self) -> str:
        """BUY or SELL."""
        return "BUY" if self.buys else "SELL"

    @property
    def outcome(self) -> str:
        """The name of its token's outcome."""
        return self.market.outcomes[self.market.token_ids.index(self.token_id)]

    @property
    def is_resting_kind(self) -> bool:
        """Whether what is left of it stays in the book."""
        return self.order_type in ("GTC", "GTD")

    @property
    def is_open(self) -> bool:
        """Whether it may still match."""
        return self.status in (Status.LIVE, Status.DELAYED)

    @property
    def ladder_bid(self) -> bool:
        """Whether it is a bid in prices of the market's first token."""
        return self.buys == (self.token_id == self.market.token_ids[0])

    @property
    def ladder_e6(self) -> int:
        """Its limit in prices of the market's first token."""
        return self.own_price_e6(self.price_e6)  # the same turn both ways

    def own_price_e6(self, ladder_e6: int) -> int:
        """Return a price of the market's first token as one of the order's own token."""
        is_first = self.token_id == self.market.token_ids[0]
        return ladder_e6 if is_first else MILLION - ladder_e6

    def match(self, shares_e6: int, trade_id: str) -> None:
        """Note a match; what is left under a hundredth of a share counts as nothing."""
        self.matched_e6 += shares_e6
        self.trade_ids.append(trade_id)
        if self.open_e6 < DUST_E6:
            self.status = Status.MATCHED

    def usd_e6(self, shares_e6: int) -> int:
        """Return what ``shares_e6`` cost at its limit, rounded up."""
        return -(-shares_e6 * self.price_e6 // MILLION)

    def row(self) -> Json:
        """Return it as the venue lists it."""
        return {
            "id": self.order_id,
            "status": self.status,
            "owner": self.owner.key,
            "maker_address": self.maker,
            "market": self.market.condition_id,
            "asset_id": self.token_id,
            "side": self.side,
            "original_size": plain(self.size_e6),
            "size_matched": plain(self.matched_e6),
            "price": plain(self.price_e6),
            "outcome": self.outcome,
            "expiration": str(self.expires_at),
            "order_type": self.order_type,
            "associate_trades": list(self.trade_ids),
            "created_at": self.created_at,
        }


def read_posted(payload: object) -> Posted:
    """Read one order of a request.

    Raises:
        Refusal: It has not the shape of an order, or the shape of an old one.
    """
    if _is_old(payload):
        raise Refusal(400, OLD_VERSION)
    try:
        return msgspec.convert(payload, Posted, strict=False)
    except msgspec.ValidationError:
        raise Refusal(400, BAD_PAYLOAD) from None


def read_signed(wire: _Wire) -> SignedOrder:
    """Return the signed part.

    Raises:
        Refusal: A field cannot be read.
    """
    from eth_utils.address import to_checksum_address

    try:
        return SignedOrder(
            salt=wire.salt,
            maker=to_checksum_address(wire.maker),
            signer=to_checksum_address(wire.signer),
            token_id=int(wire.token_id),
            maker_amount=int(wire.maker_amount),
            taker_amount=int(wire.taker_amount),
            side=("BUY", "SELL").index(wire.side),
            kind=WalletKind(wire.signature_type),
            timestamp=int(wire.timestamp),
            metadata=bytes.fromhex(wire.metadata[2:]),
            builder=bytes.fromhex(wire.builder[2:]),
            signature=bytes.fromhex(wire.signature[2:]),
        )
    except ValueError:
        raise Refusal(400, BAD_PAYLOAD) from None


def _is_old(payload: object) -> bool:
    order = payload.get("order") if isinstance(payload, dict) else None
    return isinstance(order, dict) and "nonce" in order and "timestamp" not in order

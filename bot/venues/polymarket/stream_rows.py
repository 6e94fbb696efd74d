"""Reads frames of the market channel into typed messages; it holds no book.

**Source:** POLYMARKET section 5.2 and payloads captured to 2026-07.
"""

from decimal import Decimal

import msgspec

from bot.errors import BadData
from bot.model.market import Print
from bot.venues.polymarket import wire
from bot.venues.polymarket.clob import BookRow, Numbers


class BookMessage(BookRow, frozen=True, kw_only=True, tag_field="event_type", tag="book"):
    """A whole book; sent on subscribing and when a trade changes the book."""


class LevelChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The new total at one price; "0" removes the level."""

    asset_id: str
    price: str
    size: str
    side: str
    best_bid: str | None = None
    best_ask: str | None = None


class PriceChangeMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event_type", tag="price_change"
):
    """Changed levels, often of both tokens of a market."""

    market: str
    timestamp: str | int
    price_changes: list[LevelChange]


class TradeMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event_type", tag="last_trade_price"
):
    """A trade was made; it has no id."""

    market: str
    asset_id: str
    price: str
    size: str
    timestamp: str | int
    side: str = ""


class TickMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event_type", tag="tick_size_change"
):
    """The tick changed; the book must be read again."""

    market: str
    asset_id: str
    old_tick_size: str
    new_tick_size: str
    timestamp: str | int


class BestMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event_type", tag="best_bid_ask"
):
    """The best prices as the venue sees them."""

    market: str
    asset_id: str
    best_bid: str
    best_ask: str
    timestamp: str | int


class NewMarketMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event_type", tag="new_market"
):
    """A market was listed; it is found through Gamma, this is only read."""

    market: str
    question: str
    slug: str
    assets_ids: list[str]
    outcomes: list[str]
    order_price_min_tick_size: Decimal | None = None


class ResolvedMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event_type", tag="market_resolved"
):
    """A market was resolved; without a winning token the payouts are read elsewhere."""

    market: str
    assets_ids: list[str]
    timestamp: str | int
    winning_asset_id: str | None = None
    winning_outcome: str | None = None


Message = (
    BookMessage
    | PriceChangeMessage
    | TradeMessage
    | TickMessage
    | BestMessage
    | NewMarketMessage
    | ResolvedMessage
)

_KINDS = frozenset(
    {
        "book",
        "price_change",
        "last_trade_price",
        "tick_size_change",
        "best_bid_ask",
        "new_market",
        "market_resolved",
    }
)


class _Kind(msgspec.Struct, frozen=True, gc=False):
    event_type: str


class FrameReader:
    """Decodes frames: one message or an array of messages; kinds not known are left out."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(list[Message])
        self._kinds = msgspec.json.Decoder(list[_Kind])
        self._raws = msgspec.json.Decoder(list[msgspec.Raw])

    def read(self, frame: str) -> list[Message]:
        """Return the messages of a frame.

        Raises:
            BadData: a message of a known kind cannot be read; the whole frame is refused.
        """
        text = frame if frame.startswith("[") else f"[{frame}]"
        try:
            return self._decode.decode(text)
        except msgspec.DecodeError as error:
            return self._without_new_kinds(text, error)

    def _without_new_kinds(self, text: str, error: msgspec.DecodeError) -> list[Message]:
        """Read again without the messages whose kind we do not know."""
        try:
            kinds = [row.event_type for row in self._kinds.decode(text)]
            known = [
                bytes(raw).decode()
                for raw, kind in zip(self._raws.decode(text), kinds, strict=True)
                if kind in _KINDS
            ]
            if len(known) == len(kinds):
                raise error
            return self._decode.decode(f"[{','.join(known)}]")
        except msgspec.DecodeError as reason:
            raise BadData(f"a frame of the market channel cannot be read: {reason}") from reason


def trade_print(message: TradeMessage, read: Numbers) -> Print:
    """Turn a trade message into our record. Raises ``BadData``."""
    return Print(
        wire.token_id(message.asset_id, name="last_trade_price.asset_id"),
        wire.millis(message.timestamp, name="last_trade_price.timestamp"),
        read.price[message.price],
        read.size[message.size],
        {"BUY": True, "SELL": False}.get(message.side.upper()),
    )

"""Reads the answer to a posted order: accepted, rejected with proof, or unknown.

Never raises: what is neither a readable acceptance nor a proven refusal is ``Unknown``.
**Source:** POLYMARKET sections 4.3, 4.7, 4.10, read 2026-11.
"""

import msgspec

from bot.errors import BadData
from bot.model.orders import Accepted, Rejected, SubmitResult, Unknown
from bot.model.units import OrderId
from bot.venues.polymarket import wire

_REFUSING = frozenset({400, 401, 403, 404, 422})
"""Statuses that prove a refusal when the venue's own error text comes with them."""
_REFUSED_UNREAD = {425: "RESTARTING", 429: "RATE_LIMITED"}
"""Statuses that prove a refusal whatever the body says."""
_CODES = (
    ("breaks minimum tick size", "OFF_TICK"),
    ("lower than the minimum", "BELOW_MINIMUM"),
    ("min size: $1", "BELOW_MINIMUM"),
    ("not enough balance", "NOT_ENOUGH_BALANCE"),
    ("insufficient balance", "NOT_ENOUGH_BALANCE"),
    ("crosses", "POST_ONLY_CROSSES"),
    ("fok orders", "FOK_NOT_FILLED"),
    ("fak orders", "FAK_NOT_FILLED"),
    ("invalid expiration", "BAD_EXPIRATION"),
    ("not yet ready", "MARKET_NOT_READY"),
    ("max accuracy", "TOO_MANY_DECIMALS"),
    ("post-only mode", "POST_ONLY_MODE"),
    ("cancel-only", "CANCEL_ONLY"),
    ("closed only mode", "CLOSED_ONLY"),
    ("trading disabled", "TRADING_DISABLED"),
    ("order timed out", "TIMED_OUT"),
)
_REFUSED_5XX = frozenset({"POST_ONLY_MODE", "CANCEL_ONLY", "TRADING_DISABLED", "TIMED_OUT"})
"""The refusals that the venue documents for 500 and 503."""
_KNOWN_ALREADY = "duplicated"


class _Posted(msgspec.Struct, frozen=True, kw_only=True):
    success: bool
    order_id: str | None = msgspec.field(name="orderID", default=None)
    error: str | None = msgspec.field(name="errorMsg", default=None)
    status: str | None = None


class _Error(msgspec.Struct, frozen=True, kw_only=True):
    error: str


def read_submit(status: int, body: bytes, order_id: OrderId) -> SubmitResult:
    """Judge the answer to one posted order.

    Args:
        status: HTTP status.
        body: As it came.
        order_id: The hash of the order that was posted.
    """
    if status == 200:
        return _judge_posted(body, order_id)
    if status in _REFUSED_UNREAD:
        return Rejected(code=_REFUSED_UNREAD[status], detail=f"HTTP {status}")
    text = _error_text(body)
    if text is None:
        return Unknown(detail=f"HTTP {status} without a readable error")
    if _KNOWN_ALREADY in text.lower():
        return Unknown(detail=f"HTTP {status}: {text}: the venue knows this order already")
    code = _code(text)
    if status in _REFUSING or (status >= 500 and code in _REFUSED_5XX):
        return Rejected(code=code, detail=text)
    return Unknown(detail=f"HTTP {status}: {text}")


def _judge_posted(body: bytes, order_id: OrderId) -> SubmitResult:
    try:
        posted = wire.read(body, _Posted, "the answer to POST /order")
    except BadData as error:
        return Unknown(detail=str(error))
    text = posted.error or ""
    if not posted.success or (text and not posted.order_id):
        return _refusal(text)
    if (posted.order_id or "").lower() != order_id.lower():
        return Unknown(detail=f"the answer names order {posted.order_id!r}; it was {order_id}")
    status = (posted.status or "").lower()
    if status == "unmatched":
        return Unknown(detail="status unmatched: it may rest or not")
    # An answer without a status may rest; what has matched is read from the trades.
    return Accepted(order_id=order_id, resting=status in ("live", ""), detail=status)


def _refusal(text: str) -> SubmitResult:
    if not text or _KNOWN_ALREADY in text.lower():
        return Unknown(detail=f"not a success, and the reason was {text!r}")
    return Rejected(code=_code(text), detail=text)


def _error_text(body: bytes) -> str | None:
    try:
        return wire.read(body, _Error, "the error").error
    except BadData:
        return None


def _code(text: str) -> str:
    lowered = text.lower()
    return next((code for part, code in _CODES if part in lowered), "REFUSED")

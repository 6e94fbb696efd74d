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
_REFUSED_UNREAD = {425: "engine_restarting", 429: "rate_limited"}
"""Statuses that prove a refusal whatever the body says."""
_CODES = (
    ("breaks minimum tick size", "tick_size"),
    ("lower than the minimum", "minimum_size"),
    ("min size: $1", "minimum_notional"),
    ("max accuracy", "market_decimals"),
    ("allowance is not enough", "not_enough_allowance"),
    ("not enough balance", "not_enough_balance"),
    ("insufficient balance", "not_enough_balance"),
    ("crosses", "post_only_would_cross"),
    ("fok orders", "fok_not_filled"),
    ("fak orders", "fak_not_filled"),
    ("invalid expiration", "invalid_expiration"),
    ("not yet ready", "market_not_ready"),
    ("post-only mode", "post_only_mode"),
    ("cancel-only", "cancel_only"),
    ("closed only mode", "closed_only"),
    ("trading disabled", "trading_disabled"),
    ("order_version_mismatch", "order_version_mismatch"),
    ("invalid signature", "invalid_signature"),
    ("maker address not allowed", "maker_not_allowed"),
    ("invalid api key", "unauthorized"),
    ("address banned", "banned"),
)
_REFUSED_5XX = frozenset({"post_only_mode", "cancel_only", "trading_disabled"})
"""The refusals that the venue documents for 503. It also calls 500 "order timed out" one; such
orders have filled (py-clob-client #273), so that it proves nothing here."""
_MAY_EXIST = ("duplicated", "order match delayed")
"""Words of an error after which the venue knows the order."""
CLOSED = frozenset({"engine_restarting", "rate_limited", *_REFUSED_5XX})
"""Refusals of whatever is sent now; of these, ``post_only_mode`` takes orders that only rest."""


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
        status: HTTP status; 0 if none came, then ``body`` says why.
        body: As it came.
        order_id: The hash of the order that was posted.
    """
    if status == 200:
        return _judge_posted(body, order_id)
    if status in _REFUSED_UNREAD:
        return Rejected(code=_REFUSED_UNREAD[status], detail=f"HTTP {status}")
    if status == 0:
        return Unknown(detail=f"no answer: {body.decode(errors='replace')}")
    return _judge_error(status, body)


def _judge_error(status: int, body: bytes) -> SubmitResult:
    text = _error_text(body)
    if text is None:
        return Unknown(detail=f"HTTP {status} without a readable error")
    if _may_exist(text):
        return Unknown(detail=f"HTTP {status}: {text}: the venue knows this order")
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
    if not text or _may_exist(text):
        return Unknown(detail=f"not a success, and the reason was {text!r}")
    return Rejected(code=_code(text), detail=text)


def _error_text(body: bytes) -> str | None:
    try:
        return wire.read(body, _Error, "the error").error
    except BadData:
        return None


def _may_exist(text: str) -> bool:
    return any(part in text.lower() for part in _MAY_EXIST)


def _code(text: str) -> str:
    lowered = text.lower()
    return next((code for part, code in _CODES if part in lowered), "refused")

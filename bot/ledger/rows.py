"""Records to rows and back: the one place that knows how a field is spelled in SQL."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.model.orders import (
    Accepted,
    LiveOrder,
    OrderIntent,
    OrderStatus,
    OrderType,
    PreparedOrder,
    Purpose,
    Rejected,
    Side,
    SubmitResult,
    Unknown,
)
from bot.model.units import (
    ClientOrderId,
    ConditionId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    Usd,
    UsdEst,
    from_e6,
    to_e6,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

Row = Mapping[str, Any]


def to_text(at: datetime) -> str:
    """Return an aware instant as ISO 8601 in UTC with Z, always with microseconds.

    Raises:
        ValueError: It is naive.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} is a naive datetime; it must be aware")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Return the instant that ``to_text`` wrote."""
    return datetime.fromisoformat(text)


def insert(db: "Database", table: str, columns: Mapping[str, object]) -> None:
    """Add one row."""
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
    db.execute(sql, list(columns.values()))


def order_row(prepared: PreparedOrder, *, cycle: int) -> dict[str, object]:
    """Return the row of ``orders`` for an order that is about to leave."""
    intent = prepared.intent
    return {
        "client_order_id": intent.client_order_id,
        "order_id": prepared.order_id,
        "cycle": cycle,
        "event": intent.event,
        "condition_id": intent.condition_id,
        "token_id": intent.token_id,
        "side": intent.side.value,
        "size_e6": to_e6(intent.size),
        "limit_e6": to_e6(intent.limit),
        "fee_e6": to_e6(intent.fee_usd),
        "order_type": intent.order_type.value,
        "purpose": intent.purpose.value,
        "post_only": int(intent.post_only),
        "expires_at": to_text(intent.expires_at) if intent.expires_at else None,
        "unit": intent.unit,
        "benefit_usd_est": intent.benefit_usd_est,
        "cost_usd_est": intent.cost_usd_est,
        "body": prepared.body,
        "made_at": to_text(prepared.made_at),
    }


def withheld_row(intent: OrderIntent, *, at: datetime, reason: str) -> dict[str, object]:
    """Return the row of ``withheld`` for an approved intent that was not sent."""
    return {
        "client_order_id": intent.client_order_id,
        "event": intent.event,
        "token_id": intent.token_id,
        "side": intent.side.value,
        "size_e6": to_e6(intent.size),
        "limit_e6": to_e6(intent.limit),
        "reason": reason,
        "at": to_text(at),
    }


def live_order(row: Row) -> LiveOrder:
    """Return a row of ``orders`` as it stands before any of its events."""
    return LiveOrder(
        client_order_id=ClientOrderId(row["client_order_id"]),
        order_id=OrderId(row["order_id"]),
        event=EventId(row["event"]),
        condition_id=ConditionId(row["condition_id"]),
        token_id=TokenId(row["token_id"]),
        side=Side(row["side"]),
        size=Shares(from_e6(row["size_e6"])),
        filled=Shares(from_e6(0)),
        limit=Price(from_e6(row["limit_e6"])),
        order_type=OrderType(row["order_type"]),
        purpose=Purpose(row["purpose"]),
        status=OrderStatus.SUBMITTING,
        sent_at=from_text(row["made_at"]),
        expires_at=from_text(row["expires_at"]) if row["expires_at"] else None,
        fee_usd=Usd(from_e6(row["fee_e6"])),
        benefit_usd_est=UsdEst(row["benefit_usd_est"]),
        cost_usd_est=UsdEst(row["cost_usd_est"]),
    )


def status_of(result: SubmitResult) -> tuple[OrderStatus, str]:
    """Return what an answer to a submit makes of its order, and why."""
    match result:
        case Accepted():
            return OrderStatus.OPEN, result.detail
        case Rejected():
            return OrderStatus.REJECTED, f"{result.code}: {result.detail}"
        case Unknown():
            return OrderStatus.UNKNOWN, result.detail

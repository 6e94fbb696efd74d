"""Rows of the journal, which tell of all that moves cash or shares, from records and back."""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Protocol

from bot.ledger.rows import Row, from_text, to_text
from bot.model.orders import Fill, LiveOrder, Side
from bot.model.transfers import Entry
from bot.model.units import (
    MILLION,
    ConditionId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    from_e6,
    to_e6,
)
from bot.model.view import Position

_MILLIONTH = Decimal("0.000001")


class Redeemed(Protocol):
    """What a venue says of a resolved position that was turned into collateral."""

    @property
    def token_id(self) -> TokenId: ...  # noqa: D102
    @property
    def shares(self) -> Shares: ...  # noqa: D102
    @property
    def payout_usd(self) -> Usd: ...  # noqa: D102


def fill_row(fill: Fill, order: LiveOrder, *, at: datetime) -> dict[str, object]:
    """Return the row of ``journal`` for a fill of one of our orders, learned of at ``at``.

    Its cash is that of price and size; what the chain says beyond that is a correction.
    """
    size_e6 = to_e6(fill.size)
    price = Price(fill.price.quantize(_MILLIONTH))
    plain = replace(fill, price=price, notional_usd=None)
    return {
        "kind": "fill",
        "at": to_text(fill.at),
        "recorded_at": to_text(at),
        "event": order.event,
        "condition_id": order.condition_id,
        "token_id": fill.token_id,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "shares_e6": size_e6 if fill.side is Side.BUY else -size_e6,
        "cash_e6": to_e6(plain.cash_usd),
        "price_e6": to_e6(price),
        "fee_e6": to_e6(fill.fee_usd),
        "is_maker": int(fill.is_maker),
        "note": "",
    }


def correction_row(
    booked: Fill, fill: Fill, order: LiveOrder, *, at: datetime
) -> dict[str, object]:
    """Return the row of ``journal`` that makes a booked fill what the chain says it is."""
    grown_e6 = to_e6(fill.size) - to_e6(booked.size)
    return fill_row(fill, order, at=at) | {
        "kind": "correction",
        "at": to_text(at),
        "shares_e6": grown_e6 if fill.side is Side.BUY else -grown_e6,
        "cash_e6": to_e6(fill.cash_usd) - to_e6(booked.cash_usd),
        "fee_e6": to_e6(fill.fee_usd) - to_e6(booked.fee_usd),
        "note": f"{booked.size} shares, {booked.cash_usd} USD and fee {booked.fee_usd} before",
    }


def corrected(booked: Fill, row: Row) -> Fill:
    """Return a fill after a row that ``correction_row`` made."""
    grown_e6 = row["shares_e6"] if booked.side is Side.BUY else -row["shares_e6"]
    fee = Usd(booked.fee_usd + from_e6(row["fee_e6"]))
    cash = booked.cash_usd + from_e6(row["cash_e6"])
    notional = -cash - fee if booked.side is Side.BUY else cash + fee
    return replace(
        booked,
        size=Shares(booked.size + from_e6(grown_e6)),
        price=Price(from_e6(row["price_e6"])),
        fee_usd=fee,
        notional_usd=Usd(notional),
    )


def reversal_row(fill: Fill, order: LiveOrder, *, at: datetime) -> dict[str, object]:
    """Return the row of ``journal`` that takes a failed fill back as it is booked."""
    size_e6 = to_e6(fill.size)
    return fill_row(fill, order, at=at) | {
        "kind": "reversal",
        "at": to_text(at),
        "shares_e6": -size_e6 if fill.side is Side.BUY else size_e6,
        "cash_e6": -to_e6(fill.cash_usd),
        "fee_e6": -to_e6(fill.fee_usd),
        "note": "settlement failed on chain",
    }


def plain_row(
    kind: str,
    *,
    at: datetime,
    event: str = "",
    condition_id: str = "",
    token_id: str = "",
    shares_e6: int = 0,
    cash_e6: int,
    note: str,
) -> dict[str, object]:
    """Return a row of ``journal`` that is no fill: a deposit, a payout, a transfer."""
    return {
        "kind": kind,
        "at": to_text(at),
        "recorded_at": to_text(at),
        "event": event,
        "condition_id": condition_id,
        "token_id": token_id,
        "trade_id": None,
        "order_id": None,
        "shares_e6": shares_e6,
        "cash_e6": cash_e6,
        "price_e6": 0,
        "fee_e6": 0,
        "is_maker": 0,
        "note": note,
    }


def fill_of(row: Row) -> Fill:
    """Return the fill that a ``fill`` row of ``journal`` tells of, as first matched."""
    return Fill(
        trade_id=TradeId(row["trade_id"]),
        order_id=OrderId(row["order_id"]),
        token_id=TokenId(row["token_id"]),
        side=Side.BUY if row["shares_e6"] > 0 else Side.SELL,
        size=Shares(from_e6(abs(row["shares_e6"]))),
        price=Price(from_e6(row["price_e6"])),
        fee_usd=Usd(from_e6(row["fee_e6"])),
        is_maker=bool(row["is_maker"]),
        at=from_text(row["at"]),
    )


def settlement_row(
    redemption: Redeemed,
    *,
    event: EventId,
    condition_id: ConditionId,
    at: datetime,
    payouts: tuple[Decimal, Decimal],
) -> dict[str, object]:
    """Return the row of ``journal`` for shares of a resolved market that were paid out.

    The chain divides whole numbers, so a fraction of a millionth is not paid.
    """
    paid_e6 = (redemption.payout_usd * MILLION).to_integral_value(ROUND_FLOOR)
    return plain_row(
        "settlement",
        at=at,
        event=event,
        condition_id=condition_id,
        token_id=redemption.token_id,
        shares_e6=-to_e6(redemption.shares),
        cash_e6=int(paid_e6),
        note=f"payouts {payouts[0]} and {payouts[1]} USD a share",
    )


def merge_row(
    position: Position, shares: Shares, cash_e6: int, *, at: datetime
) -> dict[str, object]:
    """Return the row of ``journal`` for one side of merged pairs, with its part of the cash."""
    return plain_row(
        "merge",
        at=at,
        event=position.event,
        condition_id=position.condition_id,
        token_id=position.token_id,
        shares_e6=-to_e6(shares),
        cash_e6=cash_e6,
        note=f"merged with as many of the complement, {shares} pairs",
    )


def entry_row(entry: Entry, *, at: datetime) -> dict[str, object]:
    """Return the row of ``journal`` for a transfer that no order of ours explains."""
    row = plain_row(
        entry.kind.value,
        at=entry.transfer.at,
        event=entry.event,
        condition_id=entry.condition_id,
        token_id=entry.token_id or "",
        shares_e6=entry.shares_e6,
        cash_e6=entry.cash_e6,
        note="",
    )
    return row | {
        "recorded_at": to_text(at),
        "transfer_id": entry.transfer.transfer_id,
        "tx": entry.transfer.transaction,
        "block": entry.transfer.block,
    }


def undone_row(row: Row, *, at: datetime) -> dict[str, object]:
    """Return the row of ``journal`` that takes back a row of a transfer."""
    kept = {name: row[name] for name in row if name not in ("id", "mode")}
    return kept | {
        "kind": "undone",
        "at": to_text(at),
        "recorded_at": to_text(at),
        "shares_e6": -row["shares_e6"],
        "cash_e6": -row["cash_e6"],
        "note": f"row {row['id']}: its block was undone",
    }

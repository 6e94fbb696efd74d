"""What the rows add up to: cash, positions, orders and fills, kept up with each new row.

There is one way from rows to state, and restarting takes it too: read what is new, in order.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.accounting import Books
from bot.core.lot import FillKey
from bot.errors import InvariantError
from bot.ledger.journal import corrected, fill_of
from bot.ledger.rows import Row, from_text, live_order
from bot.model.orders import Fill, LiveOrder, OrderStatus, TradeSettlement
from bot.model.units import (
    ClientOrderId,
    ConditionId,
    EventId,
    OrderId,
    Shares,
    TokenId,
    TradeId,
    Usd,
    from_e6,
    to_e6,
)
from bot.model.view import Account

if TYPE_CHECKING:
    from sqlite_utils import Database


class Fold:
    """State folded from ``orders``, ``order_events``, ``journal`` and ``fill_events``."""

    def __init__(self) -> None:
        self.books = Books()
        self.orders: dict[OrderId, LiveOrder] = {}
        self.fills: dict[FillKey, Fill] = {}
        self.order_ids: dict[ClientOrderId, OrderId] = {}
        self.last_fill_at: datetime | None = None
        self.events: dict[TokenId, EventId] = {}
        self._live: dict[OrderId, LiveOrder] = {}
        self.unsettled: dict[FillKey, Fill] = {}
        """Fills that are neither confirmed nor failed yet."""
        self.ends: list[tuple[datetime, FillKey]] = []
        """When each fill was confirmed or failed, in that order."""
        self.chain: dict[str, list[Row]] = {}
        """Rows of transfers that stand, by transaction."""
        self._seen = {"orders": 0, "order_events": 0, "journal": 0, "fill_events": 0}
        self._stamp = (-1, -1)
        """Changes by this connection and by others, when the rows were last read."""
        self._account: tuple[Account, datetime, datetime | None] | None = None

    def is_current(self, db: "Database") -> bool:
        """Whether nothing was written since the rows were last read."""
        return self._stamp == _stamp(db)

    def catch_up(self, db: "Database") -> None:
        """Count the rows written since the last call.

        Raises:
            InvariantError: The rows contradict each other.
        """
        stamp = _stamp(db)
        if stamp == self._stamp:
            return
        steps = {
            "orders": self._add_order,
            "order_events": self._change_order,
            "journal": self._book,
            "fill_events": self._change_fill,
        }
        for table, step in steps.items():
            # Not by ``db.query``, which takes five times as long when there is nothing new.
            rows = db.execute(
                f"SELECT * FROM {table} WHERE id > ? ORDER BY id",  # noqa: S608 - our own names
                [self._seen[table]],
            )
            names = [column[0] for column in rows.description]
            for values in rows:
                row = dict(zip(names, values, strict=True))
                step(row)
                self._seen[table] = row["id"]
                self._account = None
        self._stamp = stamp

    def account(self, now: datetime) -> Account:
        """Return cash, positions, orders without end and premium used."""
        if self._account is not None:
            account, since, until = self._account
            if since <= now and (until is None or now < until):
                return account
        account = self.books.account(
            now, orders=self.orders_without_end(), unsettled=self.unsettled.keys()
        )
        self._account = (account, now, self.books.premium_changes_at(now))
        return account

    def orders_without_end(self) -> tuple[LiveOrder, ...]:
        """Return our orders that may still fill, oldest first."""
        return tuple(sorted(self._live.values(), key=lambda order: (order.sent_at, order.order_id)))

    def _add_order(self, row: Row) -> None:
        order = live_order(row)
        self.order_ids[order.client_order_id] = order.order_id
        self.events[order.token_id] = order.event
        self._put(order)

    def _change_order(self, row: Row) -> None:
        order = self.orders[self.order_ids[ClientOrderId(row["client_order_id"])]]
        self._put(replace(order, status=OrderStatus(row["status"])))

    def _put(self, order: LiveOrder) -> None:
        self.orders[order.order_id] = order
        if order.status.is_terminal:
            self._live.pop(order.order_id, None)
        else:
            self._live[order.order_id] = order

    def _book(self, row: Row) -> None:
        match row["kind"]:
            case "deposit":
                self.books.deposit(Usd(from_e6(row["cash_e6"])))
            case "fill":
                self._book_fill(row)
            case "correction":
                self._correct_fill(row)
            case "reversal":
                key = (TradeId(row["trade_id"]), OrderId(row["order_id"]))
                self.books.reverse_fill(key)
                self._add_filled(key[1], -self.fills[key].size)
            case "resolution":
                payout = from_e6(row["price_e6"])
                token, at = TokenId(row["token_id"]), from_text(row["at"])
                self.books.resolve(token, payout=payout, at=at)
            case "adoption":
                self._adopt(row)
            case "undone":
                self._undo(row)
            case _:
                self._book_transfer(row)

    def _book_transfer(self, row: Row) -> None:
        """Count what left or came without an order of ours."""
        token_id = TokenId(row["token_id"])
        match row["kind"]:
            case "settlement" | "merge" as kind:
                self.books.settle(
                    token_id,
                    event=EventId(row["event"]),
                    condition_id=ConditionId(row["condition_id"]),
                    shares=Shares(from_e6(-row["shares_e6"])),
                    payout_usd=Usd(from_e6(row["cash_e6"])),
                    at=from_text(row["at"]),
                    transfer_id=row["transfer_id"] or "",
                    is_merge=kind == "merge",
                )
            case "redemption":
                self._redeem(row)
            case "external":
                self._receive(row)
            case kind:
                raise InvariantError(f"journal row {row['id']} is a {kind!r}, which nobody writes")
        if row["tx"]:
            self.chain.setdefault(row["tx"], []).append(row)

    def _redeem(self, row: Row) -> None:
        paid, shares = Usd(from_e6(row["cash_e6"])), Shares(from_e6(-row["shares_e6"]))
        self.books.redeem(TokenId(row["token_id"]), shares=shares, paid_usd=paid)

    def _receive(self, row: Row) -> None:
        if row["token_id"]:
            self.books.receive(TokenId(row["token_id"]), Shares(from_e6(row["shares_e6"])))
        else:
            self.books.deposit(Usd(from_e6(row["cash_e6"])))

    def _adopt(self, row: Row) -> None:
        if row["shares_e6"] > 0:  # its twin takes them out of what is foreign: nothing to add up
            self.books.adopt(
                TokenId(row["token_id"]),
                event=EventId(row["event"]),
                condition_id=ConditionId(row["condition_id"]),
                shares=Shares(from_e6(row["shares_e6"])),
                at=from_text(row["at"]),
            )
            self.events[TokenId(row["token_id"])] = EventId(row["event"])

    def _undo(self, row: Row) -> None:
        """Take back one row of a transaction whose block is gone; its rows go in their order."""
        first, *rest = self.chain.pop(row["tx"])
        if rest:
            self.chain[row["tx"]] = rest
        match first["kind"]:
            case "settlement" | "merge":
                self.books.unsettle(TokenId(row["token_id"]), row["transfer_id"])
            case "redemption":
                self._redeem(row)
            case _:
                self._receive(row)

    def _book_fill(self, row: Row) -> None:
        fill = fill_of(row)
        if to_e6(fill.cash_usd) != row["cash_e6"]:
            raise InvariantError(
                f"journal row {row['id']} moves {from_e6(row['cash_e6'])} USD, but its fill of"
                f" {fill.size} shares at {fill.price} USD moves {fill.cash_usd}"
            )
        self.books.apply_fill(
            fill, event=EventId(row["event"]), condition_id=ConditionId(row["condition_id"])
        )
        self.fills[fill.trade_id, fill.order_id] = fill
        self.unsettled[fill.trade_id, fill.order_id] = fill
        self.last_fill_at = max(self.last_fill_at or fill.at, fill.at)
        self._add_filled(fill.order_id, fill.size)

    def _correct_fill(self, row: Row) -> None:
        key = (TradeId(row["trade_id"]), OrderId(row["order_id"]))
        before = self.fills[key]
        fill = corrected(before, row)
        self.books.correct_fill(fill)
        self.fills[key] = fill
        if key in self.unsettled:
            self.unsettled[key] = fill
        self._add_filled(fill.order_id, fill.size - before.size)

    def _add_filled(self, order_id: OrderId, shares: Decimal) -> None:
        order = self.orders[order_id]
        self._put(replace(order, filled=Shares(order.filled + shares)))

    def _change_fill(self, row: Row) -> None:
        key = (TradeId(row["trade_id"]), OrderId(row["order_id"]))
        fill = replace(self.fills[key], settlement=TradeSettlement(row["settlement"]))
        self.fills[key] = fill
        if fill.settlement in (TradeSettlement.CONFIRMED, TradeSettlement.FAILED):
            self.unsettled.pop(key, None)
            self.ends.append((from_text(row["at"]), key))
        else:
            self.unsettled[key] = fill


def _stamp(db: "Database") -> tuple[int, int]:
    """Return how many changes there are by this connection, and which by others."""
    return db.conn.total_changes, db.execute("PRAGMA data_version").fetchone()[0]

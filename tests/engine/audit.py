"""Holds a ledger against its own rows, read with plain SQL: a second opinion on every sum.

Nothing here uses ``bot.ledger`` to add up: what it says is what is checked.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from bot.config import Settings
from bot.core.budget import measure_usage
from bot.ledger import LedgerReader
from bot.portfolio import open_portfolio
from bot.strategy import load_strategies
from tests.core.builders import make_event, make_view

ENDED = ("filled", "cancelled", "expired", "rejected", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits in force, USD."""

    premium: Decimal
    total: Decimal
    event: Mapping[str, Decimal]
    order: Mapping[str, Decimal]


@dataclass(slots=True)
class Sums:
    """What the rows add up to, in millionths."""

    cash: int = 0
    deposited: int = 0
    realised: int = 0
    shares: Counter[str] = field(default_factory=Counter)
    cost: Counter[str] = field(default_factory=Counter)
    premium: Counter[str] = field(default_factory=Counter)
    reserved: dict[str, Fraction] = field(default_factory=dict)
    open_orders: set[str] = field(default_factory=set)


def audit(path: Path, bounds: Bounds) -> Sums:
    """Check everything that must hold of a ledger at any instant, after a kill too."""
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        check_ids(db)
        live = replay_orders(db)
        sums = _add_up(db, live)
        _check_order_sizes(db, bounds)
    db.close()
    _compare(path, sums)
    _check_limits(sums, bounds)
    return sums


def has_tables(path: Path) -> bool:
    """Whether the ledger was made; a kill may come before."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    db = sqlite3.connect(path)
    try:
        return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'standing'").fetchone())
    finally:
        db.close()


def check_ids(db: sqlite3.Connection) -> None:
    """No order, no fill stands there twice, and every fill is one of an order."""
    orders = db.execute("SELECT client_order_id, order_id FROM orders").fetchall()
    for column in (0, 1):
        assert len({row[column] for row in orders}) == len(orders), "an order stands there twice"
    fills = db.execute("SELECT trade_id, order_id FROM journal WHERE kind = 'fill'").fetchall()
    assert len({tuple(row) for row in fills}) == len(fills), "a fill was counted twice"
    ours = {row["order_id"] for row in orders}
    assert all(row["order_id"] in ours for row in fills), "a fill of no order of ours"


def replay_orders(db: sqlite3.Connection) -> dict[str, sqlite3.Row]:
    """Return the orders without end; no order may have left while its token had one."""
    orders = {row["client_order_id"]: row for row in db.execute("SELECT * FROM orders")}
    live: dict[str, sqlite3.Row] = {}
    for event in db.execute("SELECT * FROM order_events ORDER BY id"):
        order = orders[event["client_order_id"]]
        if event["status"] == "submitting":
            busy = [other["order_id"] for other in live.values() if _shares_token(other, order)]
            assert not busy, f"{order['order_id']} was sent while {busy} had not ended"
        if event["status"] in ENDED:
            live.pop(event["client_order_id"], None)
        else:
            live[event["client_order_id"]] = order
    return live


def _shares_token(one: sqlite3.Row, other: sqlite3.Row) -> bool:
    return bool(one["token_id"] == other["token_id"])


def _add_up(db: sqlite3.Connection, live: Mapping[str, sqlite3.Row]) -> Sums:
    sums = Sums()
    filled: Counter[str] = Counter()
    for row in db.execute("SELECT * FROM journal ORDER BY id"):
        assert row["kind"] != "reversal", "no settlement fails in these runs"
        sums.cash += row["cash_e6"]
        if row["kind"] == "deposit":
            sums.deposited += row["cash_e6"]
            continue
        _move(sums, row)
        if row["kind"] == "fill":
            sums.premium[row["event"]] -= row["cash_e6"]
            filled[row["order_id"]] += abs(row["shares_e6"])
    for order in live.values():
        sums.open_orders.add(order["order_id"])
        if order["side"] == "buy":
            rest = order["size_e6"] - filled[order["order_id"]]
            cost = Fraction(order["limit_e6"] * rest, 10**6)
            cost += Fraction(order["fee_e6"] * rest, order["size_e6"])
            sums.reserved[order["event"]] = sums.reserved.get(order["event"], Fraction(0)) + cost
    return sums


def _move(sums: Sums, row: sqlite3.Row) -> None:
    token, shares, held = row["token_id"], row["shares_e6"], sums.shares[row["token_id"]]
    if shares > 0:
        sums.cost[token] -= row["cash_e6"]
    else:
        assert -shares <= held, f"{token}: more shares left than were held"
        leaving = sums.cost[token] if -shares == held else sums.cost[token] * -shares // held
        sums.cost[token] -= leaving
        sums.realised += row["cash_e6"] - leaving
    sums.shares[token] += shares


def _check_order_sizes(db: sqlite3.Connection, bounds: Bounds) -> None:
    for row in db.execute("SELECT * FROM orders WHERE side = 'buy'"):
        spend = Decimal(row["size_e6"] * row["limit_e6"]) / 10**12 + Decimal(row["fee_e6"]) / 10**6
        assert spend <= bounds.order[row["event"]], f"{row['order_id']} spends {spend} USD"


def _compare(path: Path, sums: Sums) -> None:
    """Hold what the ledger says of itself against the rows."""
    reader = LedgerReader.open(path)
    try:
        last = reader.last_cycle()
        if last is None:
            return
        account, totals = reader.account(last[1] + timedelta(days=1)), reader.totals()
    finally:
        reader.close()
    assert totals.gap_usd == 0
    assert sums.cash + sum(sums.cost.values()) == sums.deposited + sums.realised
    assert _e6(account.cash_usd) == _e6(totals.cash_usd) == sums.cash
    held = {position.token_id: position for position in account.positions}
    assert {t: _e6(p.shares) for t, p in held.items()} == {
        t: n for t, n in sums.shares.items() if n
    }
    assert {t: _e6(p.cost_usd) for t, p in held.items()} == {t: sums.cost[t] for t in held}
    assert _e6(account.premium_used_usd) == max(sum(sums.premium.values()), 0)
    assert {order.order_id for order in account.orders} == sums.open_orders
    usage = measure_usage(make_view(make_event(), account=account))
    assert _near(usage.reserved, sum(sums.reserved.values(), Fraction(0)))
    assert _near(usage.premium, _premium(sums))
    assert _near(usage.total, _total(sums))
    assert all(_near(usd, _event_premium(sums, name)) for name, usd in usage.by_event.items())


def _check_limits(sums: Sums, bounds: Bounds) -> None:
    assert _premium(sums) <= _in_e6(bounds.premium), "the premium budget was passed"
    assert _total(sums) <= _in_e6(bounds.total), "max_total was passed"
    for event in {*sums.premium, *sums.reserved}:
        assert _event_premium(sums, event) <= _in_e6(bounds.event[event]), f"{event} spent too much"
    assert sum(sums.reserved.values(), Fraction(0)) <= sums.cash, "more is reserved than is there"


def _premium(sums: Sums) -> Fraction:
    return max(sum(sums.premium.values()), 0) + sum(sums.reserved.values(), Fraction(0))


def _total(sums: Sums) -> Fraction:
    return sum(sums.cost.values()) + sum(sums.reserved.values(), Fraction(0))


def _event_premium(sums: Sums, event: str) -> Fraction:
    return max(sums.premium[event], 0) + sums.reserved.get(event, Fraction(0))


def _in_e6(usd: Decimal) -> Fraction:
    return Fraction(usd) * 10**6


def _e6(figure: Decimal) -> int:
    whole = figure * 10**6
    assert whole == int(whole)
    return int(whole)


def _near(usd: Decimal, e6: Fraction) -> bool:
    """Whether two sums are the same to a thousandth of a millionth: shares of fees are divided."""
    return abs(_in_e6(usd) - e6) < Fraction(1, 1000)


def read_bounds(settings: Settings) -> Bounds:
    """Return the limits as the example's files say, for a portfolio whose prices never change."""
    strategies, problems = load_strategies(settings.strategies)
    assert problems == ()
    worth = Decimal(_worth(settings))
    return Bounds(
        premium=worth * Decimal(str(settings.premium_budget.share)),
        total=worth * Decimal(str(settings.max_total.share)),
        event={strategy.event: strategy.limits.max_premium_usd for strategy in strategies},
        order={strategy.event: strategy.limits.max_order_usd for strategy in strategies},
    )


def _worth(settings: Settings) -> str:
    async def read() -> float:
        reader = open_portfolio(settings.portfolio, report=lambda *_, **__: None)
        try:
            return (await reader.read(settings.practice.start)).usd_est
        finally:
            await reader.close()

    return str(asyncio.run(read()))

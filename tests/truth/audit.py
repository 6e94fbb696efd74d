"""Holds a live ledger against its own rows, read with plain SQL: a second opinion on every sum."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bot.config import Settings
from bot.core.budget import measure_usage
from bot.ledger import LedgerReader
from bot.model.units import TradeId
from bot.model.view import Account, Position, Redeemable
from bot.strategy import load_strategies
from tests.core.builders import make_event, make_view
from tests.engine.audit import check_ids, replay_orders

MILLION = Decimal(10**6)


def audit(path: Path, settings: Settings) -> None:
    """Check everything that must hold of a live ledger at any instant, after a kill too."""
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        check_ids(db)
        live = replay_orders(db)
        journal = db.execute("SELECT * FROM journal ORDER BY id").fetchall()
    db.close()
    reader = LedgerReader.open(path)
    try:
        last = reader.last_cycle()
        if last is None:
            return
        account, totals = reader.account(last[1] + timedelta(days=1)), reader.totals()
        unsettled = {fill.trade_id for fill in reader.fills_not_final()}
    finally:
        reader.close()
    assert totals.gap_usd == 0
    assert {order.client_order_id for order in account.orders} == set(live)
    _compare(account, journal, unsettled)
    _check_limits(account, settings)


def _compare(account: Account, journal: list[sqlite3.Row], unsettled: Collection[TradeId]) -> None:
    """Hold cash, shares and premium against the rows that moved them.

    A sale that has not settled frees no premium yet.
    """
    shares: Counter[str] = Counter()
    for row in journal:
        shares[row["token_id"]] += row["shares_e6"]
    held: Counter[str] = Counter()
    items: tuple[Position | Redeemable, ...] = (*account.positions, *account.redeemable)
    for item in items:
        held[item.token_id] += int(item.shares * MILLION)
    for token, size in account.foreign.items():
        held[token] += int(size * MILLION)
    assert {token: size for token, size in shares.items() if size} == +held
    assert account.cash_usd == sum(row["cash_e6"] for row in journal) / MILLION
    spent = -sum(
        row["cash_e6"]
        for row in journal
        if row["kind"] in ("fill", "correction", "reversal")
        and not (row["cash_e6"] > 0 and row["trade_id"] in unsettled)
    )
    assert account.premium_used_usd == max(spent, 0) / MILLION


def _check_limits(account: Account, settings: Settings) -> None:
    usage = measure_usage(make_view(make_event(), account=account))
    strategies, problems = load_strategies(settings.strategies)
    assert problems == ()
    most = {strategy.event: strategy.limits.max_premium_usd for strategy in strategies}
    assert all(usd <= most[event] for event, usd in usage.by_event.items())
    assert usage.premium <= (settings.premium_budget.usd or 0), "the premium budget was passed"
    assert usage.total <= settings.live.max_total_usd, "live.max_total_usd was passed"
    assert usage.reserved <= account.cash_usd, "more is reserved than is there"

"""Append-only SQLite memory of views, decisions, orders, fills and settlements."""

from bot.ledger.questions import LifecycleEntry, Recorded, StrategyText
from bot.ledger.reader import LedgerReader, is_made
from bot.ledger.writer import Ledger

__all__ = ["Ledger", "LedgerReader", "LifecycleEntry", "Recorded", "StrategyText", "is_made"]

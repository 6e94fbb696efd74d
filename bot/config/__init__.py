"""``config.yaml`` and the environment -> ``Settings``; secrets never leave it as plain strings."""

from bot.config.file import (
    History,
    Live,
    LogFormat,
    MarketDataName,
    Paper,
    Polymarket,
    Practice,
    Recorded,
    RecordedSource,
    Wallet,
)
from bot.config.settings import Mode, Settings, load_settings
from bot.config.texts import Budget

__all__ = [
    "Budget",
    "History",
    "Live",
    "LogFormat",
    "MarketDataName",
    "Mode",
    "Paper",
    "Polymarket",
    "Practice",
    "Recorded",
    "RecordedSource",
    "Settings",
    "Wallet",
    "load_settings",
]

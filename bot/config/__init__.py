"""``config.yaml`` and the environment -> ``Settings``; secrets never leave it as plain strings."""

from bot.config.file import (
    LogFormat,
    MarketDataName,
    Paper,
    Polymarket,
    Practice,
    Recorded,
    RecordedSource,
)
from bot.config.settings import Mode, Settings, load_settings
from bot.config.texts import Budget

__all__ = [
    "Budget",
    "LogFormat",
    "MarketDataName",
    "Mode",
    "Paper",
    "Polymarket",
    "Practice",
    "Recorded",
    "RecordedSource",
    "Settings",
    "load_settings",
]

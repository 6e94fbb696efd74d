"""Hands the daemon's events to the log."""

from typing import Any

import structlog

from bot.config import LogFormat, Settings
from bot.engine.ports import Report


def make_report(settings: Settings) -> Report:
    """Return what logs one event: JSON lines, or lines for people if the config says so."""
    console = settings.log_format is LogFormat.CONSOLE
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            renderer,
        ]
    )
    log = structlog.get_logger()

    def report(event: str, **keys: Any) -> None:
        log.info(event, **keys)

    return report

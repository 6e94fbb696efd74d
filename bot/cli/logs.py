"""Hands the daemon's events to the log on stdout."""

import sys

from bot.clock import SystemClock
from bot.config import LogFormat, Settings
from bot.log import Report, open_log

_AS_JSON = {LogFormat.AUTO: None, LogFormat.JSON: True, LogFormat.CONSOLE: False}


def make_report(settings: Settings) -> Report:
    """Return what logs one event, in the form that the config asks for."""
    return open_log(
        mode=settings.mode,
        now=SystemClock().now,
        stream=sys.stdout,
        as_json=_AS_JSON[settings.log_format],
    )

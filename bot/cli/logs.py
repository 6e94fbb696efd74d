"""Hands the daemon's events to the log on stdout, and notices when nobody takes them any more."""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from bot.clock import SystemClock
from bot.config import LogFormat, Settings
from bot.log import Report, open_log

_AS_JSON = {LogFormat.AUTO: None, LogFormat.JSON: True, LogFormat.CONSOLE: False}


class Outlet:
    """Writes for a daemon until that fails: a closed pipe or terminal, a full disk.

    Such a failure is nobody's error inside a cycle: it asks the daemon to stop cleanly.

    Args:
        stop: Set at the first failure.
    """

    def __init__(self, *, stop: asyncio.Event) -> None:
        self._stop = stop
        self.lost = ""
        """Why nothing is written any more; empty while it is."""

    def write(self, writes: Callable[[], object]) -> None:
        """Call what writes, unless writing has failed before."""
        if self.lost:
            return
        try:
            writes()
        except OSError as error:
            self.lost = error.strerror or str(error)
            self._stop.set()
            with suppress(OSError):  # what is left in the buffer would fail again at the exit
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def guard(self, report: Report) -> Report:
        """Return the report, written through this outlet."""

        def guarded(event: str, /, **keys: object) -> None:
            self.write(lambda: report(event, **keys))

        return guarded


def make_report(settings: Settings) -> Report:
    """Return what logs one event, in the form that the config asks for."""
    return open_log(
        mode=settings.mode,
        now=SystemClock().now,
        stream=sys.stdout,
        as_json=_AS_JSON[settings.log_format],
    )

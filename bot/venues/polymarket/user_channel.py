"""Listens on the user channel and only wakes: what happened is then read from venue and chain.

Its messages are hints. Nothing is replayed after a reconnect, real ones have odd shapes, and a
connection may answer pings for hours without bringing anything.

**Source:** POLYMARKET section 5.3 and 9 (11, 12, 16, 17), read 2026-11.
"""

from collections.abc import Callable

from bot.clock import Clock
from bot.venues.polymarket.l2 import ApiKey
from bot.venues.polymarket.link import Link
from bot.venues.polymarket.settings import Health, Pace, Report

USER_STREAM = "polymarket user stream"
SILENT_FOR_S = 900.0
"""A connection that has brought nothing for this long is opened anew: quiet or broken, it looks the
same from here."""


class UserChannel:
    """Keeps the user channel open.

    Args:
        url: Of the user channel.
        api_key: Whose orders and trades; sent to the venue, shown nowhere.
        clock: For pings and waits.
        pace: How often and how long.
        wake: Called at each message, and when a connection is open again after one was lost.
        report: Told when it fails and when it is well again.
    """

    def __init__(
        self,
        *,
        url: str,
        api_key: ApiKey,
        clock: Clock,
        pace: Pace,
        wake: Callable[[], None],
        report: Report,
    ) -> None:
        self._api_key = api_key
        self._clock = clock
        self._wake = wake
        self._health = Health(report=report)
        self._spoke_at = 0.0
        self._was_lost = False
        self._link = Link(
            url=url,
            clock=clock,
            pace=pace,
            hello=self._hello,
            on_frame=self._take,
            on_pong=self._pong,
            on_end=self._ended,
        )
        self.start = self._link.start
        self.close = self._link.close
        self.check = self._link.check

    def _hello(self) -> object:
        self._spoke_at = self._clock.monotonic()
        if self._was_lost:
            self._was_lost = False
            self._wake()
        return {
            "type": "user",
            "auth": {
                "apiKey": self._api_key.key.reveal(),
                "secret": self._api_key.secret.reveal(),
                "passphrase": self._api_key.passphrase.reveal(),
            },
        }

    def _take(self, _frame: str) -> None:
        self._spoke_at = self._clock.monotonic()
        self._health.well(USER_STREAM)
        self._wake()

    def _pong(self) -> None:
        self._health.well(USER_STREAM)
        if self._clock.monotonic() - self._spoke_at > SILENT_FOR_S:
            self._link.restart()

    def _ended(self, reason: str) -> None:
        self._was_lost = True
        self._health.failed(USER_STREAM, reason)

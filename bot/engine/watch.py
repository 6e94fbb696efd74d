"""Notices a wall clock that jumps: what was decided by it cannot be trusted in that cycle."""

from datetime import datetime, timedelta

from bot.clock import Clock
from bot.errors import StaleData

TOLERANCE = timedelta(seconds=30)
"""A time daemon's slewing stays far below this; a changed clock or a long suspend does not."""


class ClockWatch:
    """Compares the wall clock with the monotonic one, and with the ledger's last instant."""

    def __init__(self, *, clock: Clock, last: datetime | None) -> None:
        self._clock = clock
        self._last = last
        self._seen: tuple[datetime, float] | None = None

    def check(self) -> None:
        """Compare with the last call.

        Raises:
            StaleData: The clock jumped in between, or is behind the ledger.
        """
        now, ticks = self._clock.now(), self._clock.monotonic()
        seen, self._seen = self._seen, (now, ticks)
        if seen is not None:
            drift = (now - seen[0]) - timedelta(seconds=ticks - seen[1])
            if abs(drift) > TOLERANCE:
                way = "ahead" if drift > timedelta(0) else "back"
                raise StaleData(
                    f"the clock jumped {way} by {abs(drift).total_seconds():.0f} s;"
                    " nothing is decided in this cycle"
                )
        if self._last is not None and now < self._last - TOLERANCE:
            raise StaleData(
                f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, but the ledger was last written"
                f" {self._last:%Y-%m-%d %H:%M:%S} UTC. Set the clock right; nothing is decided"
                " until it is past that"
            )

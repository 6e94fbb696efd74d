"""Paces our own requests below the venue's limits."""

from bot.clock import Clock


class Bucket:
    """A token bucket: lets a burst through, then so many per second.

    Args:
        per_s: Requests per second, in the long run.
        burst: Requests that may go at once after a quiet time.
        clock: For the waits.
    """

    def __init__(self, *, per_s: float, burst: int, clock: Clock) -> None:
        self._step = 1 / per_s
        self._room = (burst - 1) / per_s
        self._clock = clock
        self._paid_until = 0.0
        """When all that has been taken is paid off, on the clock's own count."""

    async def take(self) -> None:
        """Return when one more may go."""
        now = self._clock.monotonic()
        paid = max(self._paid_until, now)
        self._paid_until = paid + self._step
        if paid - now > self._room:
            await self._clock.sleep(paid - now - self._room)

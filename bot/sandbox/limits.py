"""How many orders and cancels a key may send: a token bucket for each, counted in orders.

**Source:** POLYMARKET section 10 (the venue's trading rate limits, lowest tier), read 2026-11. How
the text of the refusal reads is not known.
"""

import math
from collections.abc import Mapping

from bot.clock import Clock
from bot.sandbox.refusals import RATE_LIMITED, Refusal

TIER = "standard"


class Limits:
    """The bucket of each key for one kind of request.

    Args:
        per_s: Orders a second, in the long run.
        burst: Orders that may come at once after a quiet time.
        may_owe: Whether a request passes as long as anything is left, however many it counts.
        clock: The venue's time.
    """

    def __init__(self, *, per_s: float, burst: int, may_owe: bool, clock: Clock) -> None:
        self.per_s = per_s
        self.burst = burst
        self._may_owe = may_owe
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        """Address of a key -> what was left, and when on the clock's own count."""

    def take(self, address: str, count: int) -> Mapping[str, str]:
        """Count a request; return the headers of its answer.

        Raises:
            Refusal: There is not enough left; the request counts for nothing.
        """
        now = self._clock.monotonic()
        left, at = self._left.get(address, (float(self.burst), now))
        left = min(float(self.burst), left + (now - at) * self.per_s)
        lacks = (0.0 if self._may_owe else count - 1.0) - left + 1.0
        if lacks > 0.0:
            wait = {"Retry-After": str(math.ceil(lacks / self.per_s))}
            raise Refusal(429, RATE_LIMITED, headers=self._headers(left) | wait)
        self._left[address] = left - count, now
        return self._headers(left - count)

    def _headers(self, left: float) -> dict[str, str]:
        full_in = (self.burst - left) / self.per_s
        return {
            "Poly-RateLimit-Remaining": str(math.floor(left)),
            "Poly-RateLimit-Reset": str(math.ceil(self._clock.now().timestamp() + full_in)),
            "Poly-RateLimit-Tier": TIER,
        }

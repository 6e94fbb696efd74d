"""The dead man's switch: who has sent one beat and then is silent loses its orders.

**Source:** POLYMARKET section 4.9, read 2026-11.
"""

import hashlib
import json
from collections.abc import Callable

from bot.clock import Clock
from bot.sandbox.accounts import ApiKey
from bot.sandbox.http import Reply, Request, as_json
from bot.sandbox.rest import Payload

_PATIENCE_S = 10.0


class Heartbeats:
    """Beats by API key.

    Args:
        clock: For the silence between two beats.
        cancel_all: Ends all open orders of an API key.
    """

    def __init__(self, *, clock: Clock, cancel_all: Callable[[ApiKey], None]) -> None:
        self._clock = clock
        self._cancel_all = cancel_all
        self._beats: dict[str, tuple[ApiKey, str, float]] = {}
        self._made = 0

    def beat(self, request: Request, key: ApiKey) -> Payload:
        """Accept a beat that carries the last one's id; the first one's is empty."""
        sent = json.loads(request.body or b"{}").get("heartbeat_id") or ""
        known = self._beats.get(key.key)
        if sent != ("" if known is None else known[1]):
            expected = "" if known is None else known[1]
            body = as_json({"error_msg": "Invalid Heartbeat ID", "heartbeat_id": expected})
            return Reply(status=400, body=body)
        self._made += 1
        beat_id = hashlib.sha256(f"{key.key}/{self._made}".encode()).hexdigest()[:32]
        self._beats[key.key] = (key, beat_id, self._clock.monotonic())
        return {"heartbeat_id": beat_id}

    def pass_time(self) -> None:
        """Cancel for those who have been silent too long; then they are forgotten."""
        for key, _, at in list(self._beats.values()):
            if self._clock.monotonic() - at > _PATIENCE_S:
                del self._beats[key.key]
                self._cancel_all(key)

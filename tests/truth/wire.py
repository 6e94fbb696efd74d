"""Stands between a live daemon's engine and its ports, and can end the daemon at one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.engine.world import Crash


class Wire:
    """Counts what passes between the engine and its ports, and can end the daemon at one call."""

    def __init__(self) -> None:
        self.log: list[str] = []
        """Names of the calls of this act."""
        self.trading = 0
        """How many of them were made in its first cycle, the one that trades."""
        self.crashed = False
        self._crash_at: int | None = None

    def begin(self, *, crash_at: int | None) -> None:
        """Begin an act; the daemon dies after so many calls, counted from 1."""
        self.log, self.trading, self.crashed = [], 0, False
        self._crash_at = crash_at

    def end(self) -> None:
        """End an act; from now on nothing dies."""
        self._crash_at = None

    def around(self, port: object) -> Any:
        """Return the port with all its awaits, and all that it writes, on this wire."""
        return _Watched(port, self)

    def passed(self, name: str) -> None:
        """Note a call that took effect; the crash comes before its caller hears of it."""
        self.log.append(name)
        if len(self.log) == self._crash_at:
            self.crashed = True
            raise Crash(f"after call {self._crash_at}, {name}")


class _Watched:
    def __init__(self, port: object, wire: Wire) -> None:
        self._port = port
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name.startswith("record_"):
            return self._written(name, found)
        return self._awaited(name, found) if asyncio.iscoroutinefunction(found) else found

    def _written(self, name: str, found: Callable[..., Any]) -> Any:
        def called(*args: Any, **named: Any) -> Any:
            answer = found(*args, **named)
            self._wire.passed(name)
            return answer

        return called

    def _awaited(self, name: str, found: Callable[..., Any]) -> Any:
        async def called(*args: Any, **named: Any) -> Any:
            answer = await found(*args, **named)
            self._wire.passed(name)
            return answer

        return called

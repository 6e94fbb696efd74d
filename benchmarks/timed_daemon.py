"""The command line with notes of where its time goes, for ``message_to_order stages``.

Wrapped from outside: each step of an order, each collection of garbage, and each other callback of
the event loop that took 0.2 ms or more. Both processes read the same monotonic clock.
"""

import asyncio
import atexit
import gc
import json
import time
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.live_world import Timed

NAME = "stages.json"
LONG_S = 0.0002
Note = tuple[str, float, float]
"""What, from when, until when."""


def tell_stages(folder: Path, orders: Sequence[Timed]) -> None:
    """Print for each order what its daemon did from the message on, ms after it."""
    notes: list[Note] = json.loads((folder / NAME).read_text())
    for order in orders:
        mine = [note for note in notes if note[2] > order.sent_at and note[1] < order.came_at]
        said = [
            f"{what} {(began - order.sent_at) * 1e3:.2f}-{(ended - order.sent_at) * 1e3:.2f}"
            for what, began, ended in mine
        ]
        if said:
            print(f"{order.seconds * 1e3:6.2f} (core {order.on_core * 1e3:.2f}):", "; ".join(said))


def main() -> None:
    """Run the command line with its steps wrapped."""
    notes: list[Note] = []
    _wrap_steps(notes)
    _note_callbacks(notes)
    _note_garbage(notes)
    atexit.register(lambda: Path(NAME).write_text(json.dumps(notes)))
    from bot.cli import main as run

    run()


def _wrap_steps(notes: list[Note]) -> None:
    from bot.engine import cycle
    from bot.engine.lookout import Lookout
    from bot.ledger import Ledger
    from bot.venues.polymarket.venue import PolymarketVenue

    steps: list[tuple[Any, str]] = [
        (Lookout, "_decide"),
        (cycle, "decide_again"),
        (Ledger, "record_decision"),
        (Ledger, "record_submitting"),
        (PolymarketVenue, "prepare"),
        (PolymarketVenue, "submit"),
    ]
    for owner, name in steps:
        setattr(owner, name, _noted(getattr(owner, name), name, notes))


def _noted(step: Callable[..., Any], name: str, notes: list[Note]) -> Callable[..., Any]:
    if asyncio.iscoroutinefunction(step):

        @wraps(step)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return await step(*args, **kwargs)
            finally:
                notes.append((name, began, time.perf_counter()))

        return awaited

    @wraps(step)
    def called(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return step(*args, **kwargs)
        finally:
            notes.append((name, began, time.perf_counter()))

    return called


def _note_callbacks(notes: list[Note]) -> None:
    run = asyncio.Handle._run  # type: ignore[attr-defined]

    def noted(handle: Any) -> None:
        began = time.perf_counter()
        what = handle._callback
        run(handle)
        ended = time.perf_counter()
        if ended - began >= LONG_S:
            task = getattr(what, "__self__", what)
            coroutine = task.get_coro() if isinstance(task, asyncio.Task) else what
            name = getattr(coroutine, "__qualname__", repr(coroutine)[:60])
            notes.append((f"[{name}]", began, ended))

    asyncio.Handle._run = noted  # type: ignore[attr-defined]


def _note_garbage(notes: list[Note]) -> None:
    began = 0.0

    def note(phase: str, facts: dict[str, int]) -> None:
        nonlocal began
        now = time.perf_counter()
        if phase == "start":
            began = now
        else:
            notes.append((f"gc{facts['generation']}", began, now))

    gc.callbacks.append(note)


if __name__ == "__main__":
    main()

"""When a live daemon is killed, and what that left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

FORWARD, HOLD, DECIDED, REDEEMED = 2, 3, 4, 5
"""Before which kill of a life something happens; to the other market two kills later."""
POST_ORDER = "POST /clob/order"
TRANSACTION = "eth_sendRawTransaction"
LATER_S, MUCH_LATER_S = 0.06, 4.0
"""Most time between an order, or the first request of all, and a kill ``later``."""

How = Literal["before", "after", "later"]
HOWS: tuple[How, ...] = get_args(How)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """When to kill."""

    how: How
    """Before the venue takes a request, which gets lost; after it, its answer lost; or later."""
    on: str
    """Which requests count: empty for all."""
    count: int
    """Which of these."""
    seconds: float
    """For ``later``."""

    def __str__(self) -> str:
        what = f"request {self.count}" if not self.on else f"{self.on} {self.count}"
        wait = f"{self.seconds * 1000:.0f} ms after" if self.how == "later" else self.how
        return f"{wait} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One kill that hit, and what it left."""

    life: str
    number: int
    """With seed and life it names the kill."""
    kill: Kill
    at: str
    """The last request before it."""
    orders: int
    fills: int
    open_orders: int
    """Without an end on disk."""


def draw(seed: int, life: int, number: int, *, is_session: bool, may_lose: bool) -> Kill:
    """Return the instant of a kill.

    Args:
        seed: Of the run.
        life: Which one.
        number: Of the kill in it, from 1.
        is_session: Whether the daemon sends no transactions of its own.
        may_lose: Whether an order may get lost, so that it takes minutes until it is known dead.
    """
    chance = np.random.default_rng([seed, life, number])
    how = HOWS[chance.integers(len(HOWS))]
    on = ("", POST_ORDER)[chance.integers(2)]
    if number in (DECIDED, DECIDED + 2) and not is_session:
        on = TRANSACTION
    if how == "before" and on == POST_ORDER and not may_lose:
        how = "after"
    most, longest = (2.0, LATER_S) if on else (120.0, MUCH_LATER_S)
    count = round(float(np.exp(chance.uniform(0.0, np.log(most)))))
    seconds = float(chance.uniform(0.0, longest))
    return Kill(how=how, on=on, count=count if on or how != "later" else 1, seconds=seconds)

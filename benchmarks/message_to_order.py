"""A book message to the posted order, through the real live daemon with 200 subscribed markets.

``polyhedge run --live`` runs as a process of its own against the local exchange of ``bot.sandbox``
and a local chain, both in this process. One market after the other the book jumps from 30 to 45
cents, which the strategy of that market must hedge: with the sizing rule ``coverage``, or, with
``utility``, decided jointly with 11 others. Timed is from the send of that message, before it is
made JSON, until POST /order has come in and is read; both instants are of this process's clock.
Between two orders everything is left to settle, so the daemon has been idle for seconds each time.

Beside it, after each order, in the same run: a bare POST of as many bytes as an order has, by
httpx to the same server, from the call until it has come in, both ends in this process; and the
``fdatasync`` of 4,096 bytes appended to a file on the same disk.

    python -m benchmarks.message_to_order [coverage|utility|stages] [ORDERS]

``stages`` runs ``coverage`` in a daemon that writes down where its time went (``timed_daemon``).
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks.live_world import ECHO, MARKETS, START_S, Timed, World, open_world
from benchmarks.prepare_order import on_disk, percentiles
from benchmarks.timed_daemon import tell_stages

WARM_UP = 2
BODY = b"x" * 900
"""About as long as an order."""
PAGE = b"\0" * 4096


class Variant(NamedTuple):
    """How the strategies size, and what must be reached, milliseconds."""

    joint: int
    orders: int
    p50_ms: float
    p99_ms: float
    module: str = "bot"


VARIANTS = {
    "coverage": Variant(joint=0, orders=60, p50_ms=4, p99_ms=10),
    "utility": Variant(joint=12, orders=30, p50_ms=12, p99_ms=25),
    "stages": Variant(joint=0, orders=20, p50_ms=4, p99_ms=10, module="benchmarks.timed_daemon"),
}


@dataclass(slots=True)
class Measured:
    """All orders of a run, and what was measured beside each, seconds."""

    orders: list[Timed] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    syncs: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Print the times; return 1 if one is longer than it must be."""
    names = [each for each in arguments if each in VARIANTS] or ["coverage", "utility"]
    counts = [int(each) for each in arguments if each not in VARIANTS]
    return max(run(name, *counts[:1]) for name in names)


def run(name: str, orders: int = 0) -> int:
    """Measure and print one variant; return 1 if it missed its number."""
    variant = VARIANTS[name]
    orders = orders or variant.orders
    found = asyncio.run(measure(variant, orders))
    times = [each.seconds for each in found.orders]
    p50, p99 = percentiles(times)
    print(f"message_to_order: {name}, {orders} orders of the live daemon, {MARKETS} markets")
    must = f"must be {variant.p50_ms:g} and {variant.p99_ms:g}"
    print(f"  {'message to order':<34} p50 {p50:7.3f} ms  p99 {p99:7.3f} ms  ({must})")
    beside = {
        "daemon's processor time till then": [each.on_core for each in found.orders],
        "daemon's wait for a core till then": [each.for_core for each in found.orders],
        "a bare POST, httpx": found.posts,
        "fdatasync of 4,096 bytes": found.syncs,
    }
    for what, seconds in beside.items():
        a, b = percentiles(seconds)
        print(f"  {what:<34} p50 {a:7.3f} ms  p99 {b:7.3f} ms")
    print("  the slowest, ms:", " ".join(f"{each * 1000:.1f}" for each in sorted(times)[-8:]))
    print(f"  load of the machine now {os.getloadavg()[0]:.1f}", flush=True)
    return int(p50 > variant.p50_ms or p99 > variant.p99_ms)


async def measure(variant: Variant, orders: int) -> Measured:
    """Return what was measured, of as many daemons in turn as it takes."""
    found = Measured()
    while len(found.orders) < orders:
        with tempfile.TemporaryDirectory(dir=on_disk()) as folder:
            path = Path(folder)
            async with open_world(path, joint=variant.joint, module=variant.module) as world:
                try:
                    await world.calm(START_S)
                    await _measure(world, variant, found, orders)
                except TimeoutError:
                    raise SystemExit(f"it took too long: {world.last_lines()}") from None
            if variant.module != "bot":
                tell_stages(path, found.orders)
    return found


async def _measure(world: World, variant: Variant, found: Measured, orders: int) -> None:
    markets = world.markets[: variant.joint or MARKETS]
    for market in markets[:WARM_UP]:
        await world.order(market)
    async with httpx.AsyncClient() as client:
        with (world.folder / "page").open("ab", buffering=0) as file:
            for market in markets[WARM_UP : WARM_UP + orders - len(found.orders)]:
                found.orders.append(await world.order(market))
                found.posts.append(await _post(world, client))
                found.syncs.append(_sync(file.fileno()))


async def _post(world: World, client: httpx.AsyncClient) -> float:
    """Return seconds from the call until it has come in; the first connects, and is not it."""
    url = world.sandbox.endpoints.clob.removesuffix("/clob") + ECHO
    await client.post(url, content=BODY)
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    await client.post(url, content=BODY)
    return world.echoed_at - began


def _sync(file: int) -> float:
    os.write(file, PAGE)
    began = time.perf_counter()
    os.fdatasync(file)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Two hundred SIGKILLs of the live daemon, and what they hit: writes its part of ``kills.md``.

Run it with ``python -m benchmarks.live_kills``; ``make soak`` does the same without writing. A
failure names the seed, the life and the kill. The daemon runs on real time, so a kill hits another
instant on each run.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.kills import WHERE, write_part
from tests.truth.kill import Hit
from tests.truth.kills import KILLS_A_LIFE, SOAK_LIVES, SOAK_SEED, run_life

TITLE = "Kills of the live daemon"
AT_ONCE = 3
"""Lives at the same time: most of it is waiting."""
GROUPS = {
    "starting and logging in": ("first request", "/auth/", "chainId", "getCode", "/version"),
    "sending an order": ("POST /clob/order",),
    "redeeming": ("sendRawTransaction", "TransactionReceipt", "TransactionCount", "estimateGas"),
    "reading orders, trades and positions": ("/clob/data/", "/data/"),
    "reading the market": ("/gamma/", "/clob/"),
    "reading the chain": ("eth_",),
}


def main() -> int:
    """Kill, check, write; after each life, so that what was done stands if it ends early."""
    asyncio.run(_live_all())
    print(f"wrote {WHERE}")
    return 0


async def _live_all() -> None:
    began = time.monotonic()
    hits: list[Hit] = []
    places = asyncio.Semaphore(AT_ONCE)

    async def live(life: int) -> None:
        async with places:
            with tempfile.TemporaryDirectory() as folder:
                found = await run_life(
                    Path(folder),
                    seed=SOAK_SEED,
                    life=life,
                    is_session=life % 2 == 0,
                    kills=KILLS_A_LIFE,
                    may_lose=True,
                )
        hits.extend(found)
        seconds = time.monotonic() - began
        print(f"{len(hits)} kills in {seconds:.0f} s, no fault found", flush=True)
        write_part(TITLE, _page(sorted(hits, key=lambda hit: hit.number), seconds))

    async with asyncio.TaskGroup() as lives:
        for life in range(1, SOAK_LIVES + 1):
            lives.create_task(live(life))


def _page(hits: list[Hit], seconds: float) -> Iterable[str]:
    yield (
        f"{len(hits)} times `polyhedge run --live` was killed (SIGKILL) while it traded on a"
        f" rehearsal's venue and chain, and started again in the same folder, {KILLS_A_LIFE} times"
        f" a life: `python -m benchmarks.live_kills` ({seconds:.0f} s). Prices move once or twice a"
        " second, hedges are opened, closed, rolled and settled on both kinds of market. A kill"
        " comes before the venue takes a request (which is lost), after it (the answer is lost),"
        " or some time later. After each kill:\n"
    )
    yield "- SQLite finds the file whole; no order id, client order id or fill stands there twice;"
    yield "- each order arrived at the exchange at most once, and was on disk before it did;"
    yield "- every fill is one that the exchange knows; no order left while its token had one open;"
    yield "- cash, shares and premium, added up from the rows by a second program, are what the"
    yield "  ledger says, to the millionth, and stay within every limit.\n"
    yield "At the end of each life ledger, venue and chain agree to the last unit.\n"
    counts = Counter((_group(hit.at), hit.life) for hit in hits)
    yield "## What they hit\n"
    yield "| what the daemon was at | plain key | session key |"
    yield "|---|---:|---:|"
    for group in (*GROUPS, "other"):
        plain, session = counts[group, "plain key"], counts[group, "session key"]
        if plain or session:
            yield f"| {group} | {plain} | {session} |"
    unsure = sum(hit.open_orders > 0 for hit in hits)
    lost = sum(hit.at == "before POST /clob/order" for hit in hits)
    yield (
        f"\n{unsure} left an order without an end, which the next daemon had to find out about;"
        f" {lost} of these orders had got lost on their way.\n"
    )
    yield f"## Every kill (seed {SOAK_SEED})\n"
    yield "| life | kill | key | planned | came | orders | fills | open orders |"
    yield "|---:|---:|---|---|---|---:|---:|---:|"
    for hit in hits:
        life, number = divmod(hit.number, 100)
        yield (
            f"| {life} | {number} | {hit.life} | {hit.kill} | {_short(hit.at)} |"
            f" {hit.orders} | {hit.fills} | {hit.open_orders} |"
        )


def _group(at: str) -> str:
    return next((group for group, calls in GROUPS.items() if any(c in at for c in calls)), "other")


def _short(at: str) -> str:
    """Return a request without the ids in its path."""
    path, _, last = at.rpartition("/")
    return f"{path}/..." if last.startswith("0x") else at


if __name__ == "__main__":
    sys.exit(main())

"""Two hundred SIGKILLs, and what they hit: writes ``benchmarks/kills.md``.

Run it with ``python -m benchmarks.kills``; ``make soak`` does the same without writing. A failure
names the seed and the kill. Kills by time hit another instant on each run; all others the same.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.engine.kills import DAYS, SOAK_KILLS, SOAK_SEED, Hit, run_kills

WHERE = Path(__file__).with_name("kills.md")
GROUPS = {
    "start": ("start",),
    "reading the market": ("refresh", "find", "market", "watch"),
    "reading orders, fills and balances": ("open_orders", "fills", "balances"),
    "writing the decision": ("record_decision", "record_memories", "the cycle", "record_lifecycle"),
    "signing an order": ("prepare",),
    "writing an order before it leaves": ("record_submitting",),
    "sending an order": ("submit",),
    "writing the answer": ("record_result",),
    "cancelling": ("cancel", "record_cancel"),
    "writing what became of an order": ("record_status",),
    "writing a fill": ("record_fill",),
    "settling a market": ("redeem", "record_settlement"),
    "ending the cycle": ("record_cycle", "record_standing"),
}


def main() -> int:
    """Kill, check, write."""
    began = time.monotonic()
    hits: list[Hit] = []
    with tempfile.TemporaryDirectory() as folder:
        for outlived in (False, True):
            hits += run_kills(Path(folder), kills=SOAK_KILLS, seed=SOAK_SEED, outlived=outlived)
            print(f"{len(hits)} kills in {time.monotonic() - began:.0f} s, no fault found")
    write_part("Kills", _page(hits, time.monotonic() - began))
    print(f"wrote {WHERE}")
    return 0


def write_part(title: str, lines: Iterable[str]) -> None:
    """Write the part of ``kills.md`` under a title; the others stay as they are."""
    parts = WHERE.read_text("utf-8").split("\n# ") if WHERE.exists() else []
    kept = {part.partition("\n")[0].removeprefix("# "): part.removeprefix("# ") for part in parts}
    kept[title] = "\n".join((title, "", *lines)) + "\n"
    WHERE.write_text("\n".join(f"# {part}" for part in kept.values()), encoding="utf-8")


def _page(hits: list[Hit], seconds: float) -> Iterable[str]:
    yield (
        f"{len(hits)} times the daemon was killed (SIGKILL) while it ran the example config on the"
        f" practice market, and started again in the same folder, {DAYS} simulated days a life:"
        " `python -m benchmarks.kills`"
        f" ({seconds:.0f} s). After each kill and at the end of each life all of this held:\n"
    )
    yield "- SQLite finds the file whole; no order id, client order id or fill stands there twice;"
    yield "- every fill belongs to an order; no order left while its token had an open question;"
    yield "- cash, shares, cost and premium, added up from the rows by a second program, are what"
    yield "  the ledger says, to the millionth; what was kept up row by row is what is read anew;"
    yield "- premium, reserved cash and cost stay within every limit of the files.\n"
    yield (
        "In a life *alone* the whole daemon dies, its simulated venue too. In a life *outlived* the"
        " market, the venue and the clock go on in another process: orders arrive and fill after"
        " the daemon's death. There, besides: no order arrived twice, each was on disk before it"
        " arrived, and at the end ledger and venue agree on every fill, on cash and on shares.\n"
    )
    yield from _stages(hits)
    yield f"\n## Every kill (seed {SOAK_SEED})\n"
    yield "| life | number | killed | it was | orders | fills | open orders |"
    yield "|---|---:|---|---|---:|---:|---:|"
    for hit in hits:
        found = hit.found
        yield (
            f"| {hit.life} | {hit.number} | {hit.kill} | {found.stage} |"
            f" {found.orders} | {found.fills} | {found.open_orders} |"
        )


def _stages(hits: list[Hit]) -> Iterable[str]:
    counts = Counter((_group(hit.found.stage), hit.life) for hit in hits)
    yield "## What they hit\n"
    yield "| what the daemon was at | alone | outlived |"
    yield "|---|---:|---:|"
    for group in (*GROUPS, "other"):
        alone, outlived = counts[group, "alone"], counts[group, "outlived"]
        if alone or outlived:
            yield f"| {group} | {alone} | {outlived} |"
    inside = sum(hit.kill.how == "in" for hit in hits)
    unsure = sum(hit.found.open_orders > 0 for hit in hits)
    yield (
        f"\n{inside} of them came in the middle of a call or of a statement of SQLite;"
        f" {unsure} left an order without an end, which the next daemon had to find out about."
    )


def _group(stage: str) -> str:
    call = stage.partition(" ")[2]
    return next((group for group, calls in GROUPS.items() if call in calls), "other")


if __name__ == "__main__":
    sys.exit(main())

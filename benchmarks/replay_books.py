"""Replay of the real recorded books, beside the whole run of other programs on the same books.

From opening the file to the last book, validation included, imports excluded. Each figure is the
median of five processes, taken by turns so that a busy moment hits all alike. Ours is what
``polyhedge replay`` does: the tape, played by ``RecordedMarketData`` to a listener; the tape alone
is printed beside it. The others do nothing with a book either, and must have seen all of them.

Run it with ``make bench``, or ``python -m benchmarks.replay_books``. nautilus_trader is measured
where it is installed (1.221.0 installs on Python 3.11; it is in no lock of ours).
"""

import asyncio
import csv
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.clock import SteppedClock
from bot.model.market import Book, MarketEvent
from bot.venues.recorded.l2_books import L2Books, open_l2_books
from bot.venues.recorded.source import RecordedMarketData

REPO = Path(__file__).resolve().parents[1]
FOLDER = REPO.parent / "shared/data/polymarket_l2_books"
SNAPSHOTS = 27_480
TARGET_PER_S = 200_000
TARGET_RATIO = 12
PROCESSES = 5


def main(arguments: list[str]) -> int:
    """Print the rates side by side; return 1 if ours is lower than it must be."""
    if arguments:
        measure(*arguments)
        return 0
    if not (FOLDER / "books.parquet").is_file():
        print(f"replay_books: skipped, the recorded books are not in {FOLDER}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        write_for_resolvedkit(Path(scratch))
        rates = measure_by_turns(scratch)
    return report(rates)


def measure_by_turns(scratch: str) -> dict[str, list[float]]:
    """Return each program's rates, snapshots per second, one per process."""
    names = [name for name, needs in NEEDS.items() if importlib.util.find_spec(needs)]
    rates: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(PROCESSES):
        for name, each in rates.items():
            command = [sys.executable, "-m", "benchmarks.replay_books", name, scratch]
            done = subprocess.run(command, cwd=REPO, check=True, capture_output=True)  # noqa: S603
            seconds, seen = json.loads(done.stdout.splitlines()[-1])
            if seen != SNAPSHOTS:
                raise SystemExit(f"{name} saw {seen} of {SNAPSHOTS} snapshots: not comparable")
            each.append(seen / seconds)
    return rates


def report(rates: dict[str, list[float]]) -> int:
    """Print the medians; return 1 if ours is lower than it must be."""
    print(f"replay_books: {SNAPSHOTS:,} real books, file open to last book, validation included")
    ours = statistics.median(rates["polyhedge"])
    for name, title in TITLES.items():
        if name not in rates:
            print(f"  {title:<44} not installed here")
            continue
        median, best = statistics.median(rates[name]), max(rates[name])
        times = "" if name in OURS else f"   ours is {ours / median:.1f}x"
        print(f"  {title:<44} {median:>9,.0f}/s (best {best:,.0f}){times}")
    if "resolvedkit" not in rates:
        print("  resolvedkit is needed for the comparison: make bench has it")
    ratio = ours / statistics.median(rates.get("resolvedkit", [ours / TARGET_RATIO]))
    print(f"  must be: {TARGET_PER_S:,}/s and {TARGET_RATIO}x resolvedkit")
    return int(ours < TARGET_PER_S or ratio < TARGET_RATIO)


def measure(name: str, scratch: str) -> None:
    """Print seconds and snapshots of one run in this process."""
    run = {
        "polyhedge": prepare_polyhedge,
        "tape": prepare_tape,
        "resolvedkit": prepare_resolvedkit,
        "nautilus": prepare_nautilus,
        "nautilus_loop": prepare_nautilus_loop,
    }[name](Path(scratch))
    began = time.perf_counter()
    seen, seconds = run()
    print(json.dumps([seconds or time.perf_counter() - began, seen]))


Run = Callable[[], tuple[int, float | None]]
"""Returns how many snapshots it saw, and its own seconds if only a part of it counts."""


def prepare_polyhedge(_: Path) -> Run:
    """Return the replay as the program does it, to a listener that counts."""
    import_parquet()

    async def play() -> int:
        seen = 0

        def count(event: MarketEvent) -> None:
            nonlocal seen
            seen += isinstance(event, Book)

        tape = open_l2_books(FOLDER)
        clock = SteppedClock(start=tape.starts_at - timedelta(seconds=1))
        source = RecordedMarketData(clock=clock, tape=tape)
        source.listen(count)
        await source.start()
        await source.watch(token for market in tape.markets for token in market.token_ids)
        while (due := source.next_event_at()) is not None:
            await clock.advance_to(due + timedelta(minutes=15))
            await source.refresh()
        return seen

    return lambda: (asyncio.run(play()), None)


def prepare_tape(_: Path) -> Run:
    """Return the iteration over the tape alone."""
    import_parquet()
    return lambda: (sum(isinstance(event, Book) for _, event in open_tape().rows()), None)


def open_tape() -> L2Books:
    """Open the recorded books; for other benchmarks too."""
    return open_l2_books(FOLDER)


def import_parquet() -> None:
    """Import what opening the file would import: imports are not measured."""
    import numpy  # noqa: F401
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401


def prepare_resolvedkit(scratch: Path) -> Run:
    """Return its backtester over the same files with a strategy that does nothing."""
    from resolvedkit import Backtester, Context, ParquetSource, Strategy

    import_parquet()

    class Count(Strategy):
        seen = 0

        def on_book(self, _: Context, __: object) -> None:
            self.seen += 1

    def run() -> tuple[int, None]:
        strategy = Count()
        Backtester(ParquetSource(scratch), strategy).run()
        return strategy.seen, None

    return run


def prepare_nautilus(_: Path) -> Run:
    """Return its whole run; the file is read and checked by us, for lack of a reader of its own."""
    from benchmarks.replay_nautilus import prepare

    import_parquet()
    return lambda: (prepare(open_tape())()[0], None)


def prepare_nautilus_loop(_: Path) -> Run:
    """Return its engine's loop alone, its objects made before."""
    from benchmarks.replay_nautilus import prepare

    import_parquet()
    return prepare(open_tape())


def write_for_resolvedkit(scratch: Path) -> None:
    """Lay the same books and markets out as it wants them: both files in Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (FOLDER / "markets.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update({name: int(row[name]) for name in ("start_ts", "end_ts")})
        row.update({name: float(row[name]) for name in ("payout_up", "payout_down")})
    pq.write_table(pa.Table.from_pylist(rows), scratch / "markets.parquet")
    (scratch / "books.parquet").symlink_to(FOLDER / "books.parquet")


NEEDS = {
    "polyhedge": "pyarrow",
    "tape": "pyarrow",
    "resolvedkit": "resolvedkit",
    "nautilus": "nautilus_trader",
    "nautilus_loop": "nautilus_trader",
}
TITLES = {
    "polyhedge": "polyhedge, each book told to a listener",
    "tape": "polyhedge, the tape alone",
    "resolvedkit": "resolvedkit 0.1.0, whole run doing nothing",
    "nautilus": "nautilus_trader, whole run doing nothing",
    "nautilus_loop": "nautilus_trader, its engine loop alone",
}
OURS = ("polyhedge", "tape")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

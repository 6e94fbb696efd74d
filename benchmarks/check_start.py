"""``polyhedge check`` on the example config: from the start of the process to its end.

The installed console command of the environment this runs in. Warm: everything was just read.
Cold: the system's page cache is dropped before each run, which only root may do.

    python -m benchmarks.check_start
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
COMMAND = [str(Path(sys.executable).parent / "polyhedge"), "check", "--config"]
CONFIG = "config.example.yaml"
CACHES = Path("/proc/sys/vm/drop_caches")
RUNS = {"warm": 31, "cold": 11}
MOST_S = {"warm": 0.25, "cold": 0.40}


def main() -> int:
    """Print both medians; return 1 if one is longer than it may be."""
    print(f"check_start: polyhedge check --config {CONFIG}, whole process")
    run()
    missed = False
    for kind, runs in RUNS.items():
        if kind == "cold" and not os.access(CACHES, os.W_OK):
            print("  cold: skipped, only root may drop the page cache")
            continue
        times = [measure(kind) for _ in range(runs)]
        median = statistics.median(times)
        print(
            f"  {kind}: {median:.3f} s, median of {runs} (best {min(times):.3f});"
            f" must be {MOST_S[kind]:.2f}"
        )
        missed |= median > MOST_S[kind]
    return int(missed)


def measure(kind: str) -> float:
    """Return the seconds of one run."""
    if kind == "cold":
        os.sync()
        CACHES.write_text("3")
    return run()


def run() -> float:
    """Run it once; return its seconds."""
    began = time.perf_counter()
    subprocess.run([*COMMAND, CONFIG], cwd=REPO, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())

"""All benchmarks, one after the other: ``make bench``, or ``make bench ARGS="replay_books"``.

Each runs in a process of its own and ends with 1 if a number is not what it must be; so does this.
"""

import os
import subprocess
import sys
import time

BENCHMARKS = (
    "replay_books",
    "decide_books",
    "joint_programme",
    "match_order",
    "differential_fills",
    "ws_books",
    "check_start",
    "prepare_order",
    "message_to_order",
    "memory",
    "forecast_history",
    "policy_contest",
    "fit_books",
    "backtest",
    "sweep",
)

ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
"""As the program itself has it, also where a benchmark imports numpy before it."""


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return 1 if one missed its number."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"{unknown[0]} is not a benchmark; there are: {', '.join(BENCHMARKS)}")
        return 2
    missed = []
    for name in names or BENCHMARKS:
        began = time.perf_counter()
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        code = subprocess.run(command, check=False, env=ONE_THREAD).returncode  # noqa: S603
        print(f"  ({time.perf_counter() - began:.0f} s)\n", flush=True)
        if code:
            missed.append(name)
    if missed:
        print(f"missed: {', '.join(missed)}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Hold each part of bot/ to its coverage bar: python .ci/coverage_bars.py coverage.json.

Lines and branches count together. A part is a package, or a module that is not in one.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

FULL = frozenset({"model", "core", "rules", "strategy"})
"""These decide what is traded: every line and every branch of them is run by a test."""
BAR = 90.0
SHOWN = 20


def part_of(path: str) -> str:
    """Return the part a file belongs to: bot/core/orders.py -> core, bot/app.py -> app."""
    return PurePosixPath(path.replace("\\", "/")).relative_to("bot").parts[0].removesuffix(".py")


def measure(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return (covered, total) lines and branches of each part."""
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for path, file in report["files"].items():
        seen = file["summary"]
        covered, total = sums[part_of(path)]
        sums[part_of(path)] = (
            covered + seen["covered_lines"] + seen.get("covered_branches", 0),
            total + seen["num_statements"] + seen.get("num_branches", 0),
        )
    return dict(sums)


def gaps(report: dict[str, Any], part: str) -> list[str]:
    """Return one line for each file of a part that is not fully covered, naming what is not."""
    lines = []
    for path, file in sorted(report["files"].items()):
        branches = [f"{a}->{b}" for a, b in file.get("missing_branches", [])]
        missing = [str(line) for line in file["missing_lines"]] + branches
        if part_of(path) == part and missing:
            more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
            lines.append(f"  {path}: {', '.join(missing[:SHOWN])}{more}")
    return lines


def main(path: str) -> int:
    """Print the table and what is missing where; return 1 if a part is below its bar."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    below = []
    print(f"{'part of bot/':<16}{'covered':>9}{'bar':>7}")
    for part, (covered, total) in sorted(measure(report).items()):
        if total == 0:
            continue
        percent = 100 * covered / total
        bar = 100.0 if part in FULL else BAR
        reached = covered == total if part in FULL else percent >= bar
        print(f"{part:<16}{percent:>8.1f}%{bar:>6.0f}%{'' if reached else '  below'}")
        if not reached:
            below.append(part)
    for part in below:
        print(f"{part} is below its bar. Not covered (lines, and branches as from->to):")
        print("\n".join(gaps(report, part)))
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

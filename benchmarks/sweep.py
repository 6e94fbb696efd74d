"""How a sweep scales on two cores, and how long all backtests and reports of the docs take.

Eight variants of the technology-heavy portfolio over 27 months, first on one process, then on two;
each worker has started before the clock does. Then the three portfolios on Polymarket's bars and
the one on PredictIt's, each with its report, as a person types them, one after the other. Ends with
1 if a number is not what it must be.

    python -m benchmarks.sweep
"""

import subprocess
import sys
import tempfile
import time
from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path

from bot.app.sweep.grid import read_grid
from bot.app.sweep.pool import open_executor, run_jobs
from bot.app.sweep.variant import Job, make_job

REPO = Path(__file__).resolve().parents[1]
DATA = REPO.parent / "shared/data"
CONFIGS = REPO / "docs/examples/backtest"
GRID = "options: {costs.min_benefit_to_cost: [0.5, 1, 2, 4], costs.max_share_of_depth: [20%, 50%]}"
LEAST_SCALE, MOST_S = 1.8, 30.0
RUNS = (
    ("balanced", "polymarket", "2024-01-01", "2026-03-31"),
    ("technology", "polymarket", "2024-01-01", "2026-03-31"),
    ("crypto", "polymarket", "2024-01-01", "2026-03-31"),
    ("predictit", "predictit", "2015-01-01", "2018-12-31"),
)


def main() -> int:
    """Print the times; return 1 if one is not what it must be."""
    if not DATA.is_dir():
        print("skipped: needs the recorded market data in ../shared/data, which is not here")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        one = sweep(Path(folder), workers=1)
        two = sweep(Path(folder), workers=2)
        scale = one / two
        print(f"sweep of 8 variants: {one:.1f} s on 1 process, {two:.1f} s on 2: {scale:.2f} times")
        print(f"  must be at least {LEAST_SCALE}: {'ok' if scale >= LEAST_SCALE else 'MISSED'}")
        took = all_reports(Path(folder))
    print(f"4 backtests and their reports: {took:.1f} s, must be under {MOST_S:.0f}")
    return int(scale < LEAST_SCALE or took > MOST_S)


def sweep(folder: Path, *, workers: int) -> float:
    """Return seconds of a sweep on so many processes."""
    grid = folder / "grid.yaml"
    grid.write_text(GRID)
    jobs = [
        make_job(
            variant,
            config=CONFIGS / "technology.yaml",
            data=DATA,
            venue="polymarket",
            fees="dated",
            since=datetime(2024, 1, 1, tzinfo=UTC),
            until=datetime(2026, 3, 31, tzinfo=UTC),
        )
        for variant in read_grid(grid, strategies=CONFIGS / "strategies")
    ]
    with open_executor(None, workers=workers) as executor:
        wait([executor.submit(warm_up) for _ in range(workers)])
        began = time.perf_counter()
        run_jobs(jobs, executor=executor, folder=folder / str(workers), done=_ignore)
        return time.perf_counter() - began


def warm_up() -> None:
    """Import what a variant needs, and keep the process busy so that each worker does it."""
    import bot.app.backtest  # noqa: F401

    time.sleep(1.0)


def all_reports(folder: Path) -> float:
    """Return seconds of all backtests and reports, as commands."""
    began = time.perf_counter()
    for name, venue, since, until in RUNS:
        ledger, config = str(folder / f"{name}.db"), str(CONFIGS / f"{name}.yaml")
        span = ["--from", since, "--to", until]
        words = ["--config", config, "--data", str(DATA), "--venue", venue, "--ledger", ledger]
        command("backtest", *words, *span)
        command("report", "--ledger", ledger, "--output", str(folder / f"{name}.html"))
    return time.perf_counter() - began


def command(*words: str) -> None:
    """Run one command; its output is not of interest here."""
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *words], check=True, stdout=subprocess.DEVNULL, cwd=REPO
    )


def _ignore(_job: Job) -> None:
    """Show nothing."""


if __name__ == "__main__":
    sys.exit(main())

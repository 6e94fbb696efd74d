"""Real SIGKILLs: whatever the daemon was at, its books are whole and it goes on from them.

``benchmarks/kills.md`` has the 200 of ``make soak``.
"""

from pathlib import Path

import pytest

from tests.engine.kills import run_kills

SEED = 20_261_123


@pytest.mark.simulation
@pytest.mark.parametrize(("outlived", "kills"), [(False, 7), (True, 8)], ids=["alone", "outlived"])
def test_fifteen_kills_lose_nothing_and_repeat_nothing(
    tmp_path: Path, outlived: bool, kills: int
) -> None:
    hits = run_kills(tmp_path, kills=kills, seed=SEED, outlived=outlived)
    assert len(hits) == kills
    assert hits[-1].found.fills > 0


@pytest.mark.soak
@pytest.mark.parametrize("outlived", [False, True], ids=["alone", "outlived"])
def test_two_hundred_kills_lose_nothing_and_repeat_nothing(tmp_path: Path, outlived: bool) -> None:
    assert len(run_kills(tmp_path, kills=100, seed=SEED + 1, outlived=outlived)) == 100

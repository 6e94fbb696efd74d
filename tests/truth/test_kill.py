"""Real SIGKILLs of the live daemon: whatever it was at, ledger, venue and chain agree in the end.

``benchmarks/kills.md`` has the 200 of ``make soak``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.kills import KILLS_A_LIFE, SOAK_LIVES, SOAK_SEED, run_life

pytestmark = pytest.mark.chain

SEED = 20_261_126


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("is_session", "kills"), [(False, 8), (True, 7)], ids=["plain_key", "session_key"]
)
async def test_fifteen_kills_lose_nothing_and_repeat_nothing(
    tmp_path: Path, is_session: bool, kills: int
) -> None:
    life = 1 + is_session
    hits = await run_life(
        tmp_path, seed=SEED, life=life, is_session=is_session, kills=kills, may_lose=False
    )
    assert len(hits) == kills


@pytest.mark.soak
@pytest.mark.parametrize("life", range(1, SOAK_LIVES + 1))
async def test_two_hundred_kills_lose_nothing_and_repeat_nothing(tmp_path: Path, life: int) -> None:
    hits = await run_life(
        tmp_path,
        seed=SOAK_SEED,
        life=life,
        is_session=life % 2 == 0,
        kills=KILLS_A_LIFE,
        may_lose=True,
    )
    assert len(hits) == KILLS_A_LIFE

"""Kills a live daemon for real, again and again, while it trades at a rehearsal's venue."""

from __future__ import annotations

from pathlib import Path

from tests.truth.kill import Hit, draw
from tests.truth.outliving import open_world

KILLS_A_LIFE = 8
SOAK_SEED = 20_261_125
SOAK_LIVES = 25


async def run_life(
    folder: Path, *, seed: int, life: int, is_session: bool, kills: int, may_lose: bool
) -> list[Hit]:
    """Live once, killed so many times; check the books after each kill, and all in the end.

    Raises:
        AssertionError: Something is wrong with the books; a note names seed, life and kill.
    """
    hits: list[Hit] = []
    where = f"seed {seed}, life {life}"
    try:
        async with open_world(folder, seed=seed + life, is_session=is_session) as world:
            for number in range(1, kills + 1):
                kill = draw(seed, life, number, is_session=is_session, may_lose=may_lose)
                where = f"seed {seed}, life {life}, kill {number}: {kill}"
                await world.act(number)
                hits.append(await world.kill(kill, life=life, number=number))
            where = f"seed {seed}, life {life}, after all kills"
            await world.finish()
    except BaseException as error:
        error.add_note(where)
        raise
    return hits

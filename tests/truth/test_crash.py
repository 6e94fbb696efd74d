"""The live daemon dies after an await; the one after it ends where one ends that never died.

Each life is opened, rolled, closed and settled on the sandbox and the chain. It is cut short once
in each of its three acts, and after each act its money must be what it is without a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.truth.life import Act, Ground, open_ground, open_life
from tests.truth.stage import SETTINGS, Setting

pytestmark = pytest.mark.chain

EVERY = 20
"""Of the calls in cycles that do not trade, and of those that repeat the one before them, as one
fill is written after another. All calls of cycles that trade are taken."""
ACTS = (["submit", "submit"], ["submit", "submit"], ["redeem", "submit"])
"""What the daemon sends in each act, all of it in the act's first cycle."""


@pytest.fixture
def setting() -> Setting:
    """Not used: each test here opens its own."""
    return SETTINGS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """A life without a crash: what each act left, and the calls that were made in it."""

    ends: Sequence[object]
    logs: Sequence[Sequence[str]]
    trading: Sequence[int]

    def points(self, *, all_of_them: bool) -> list[tuple[int | None, ...]]:
        """Return after which call of each act to crash, one tuple a life."""
        found = [
            [
                at
                for at, name in enumerate(log, 1)
                if all_of_them
                or at % EVERY == 0
                or (at <= trading and (at == 1 or name != log[at - 2]))
            ]
            for log, trading in zip(self.logs, self.trading, strict=True)
        ]
        return list(zip_longest(*found))


async def spare(folder: Path, ground: Ground) -> Spared:
    """Live without a crash."""
    ends, logs, trading = [], [], []
    async with open_life(folder, ground) as life:
        for act in Act:
            await life.play(act, crash_at=None)
            await life.check_all()
            ends.append(life.end())
            logs.append(life.wire.log[:])
            trading.append(life.wire.trading)
    return Spared(ends=ends, logs=logs, trading=trading)


async def cut_short(
    folder: Path, ground: Ground, points: Sequence[int | None], spared: Spared
) -> None:
    """Live with a crash in each act, and hold the money after each act."""
    async with open_life(folder, ground) as life:
        for number, (act, crash_at) in enumerate(zip(Act, points, strict=True)):
            try:
                await life.play(act, crash_at=crash_at)
                await life.check_all()
                assert life.end() == spared.ends[number]
                assert crash_at is None or crash_at > spared.trading[number] or life.wire.crashed
            except BaseException as error:
                name = spared.logs[number][crash_at - 1] if crash_at else "nothing"
                error.add_note(f"{ground.setting}, {act.name}: after call {crash_at}, {name}")
                raise


async def try_points(folder: Path, setting: Setting, *, every: slice, all_of_them: bool) -> None:
    """Try some of a setting's points, three in a life."""
    async with open_ground(setting) as ground:
        (folder / "spared").mkdir()
        spared = await spare(folder / "spared", ground)
        for number, points in list(enumerate(spared.points(all_of_them=all_of_them)))[every]:
            (folder / str(number)).mkdir()
            await cut_short(folder / str(number), ground, points, spared)


async def test_the_life_without_a_crash_has_all_acts(tmp_path: Path) -> None:
    async with open_ground(SETTINGS[0]) as ground:
        spared = await spare(tmp_path, ground)
    for log, trading, acts in zip(spared.logs, spared.trading, ACTS, strict=True):
        # Nobody waits for a redeem, so it may end before or after an order.
        assert sorted(name for name in log if name in ("submit", "redeem")) == acts
        assert sorted(name for name in log[:trading] if name in ("submit", "redeem")) == acts


@pytest.mark.simulation
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
async def test_a_crash_loses_nothing_and_repeats_nothing(tmp_path: Path, setting: Setting) -> None:
    """Each point is tried once; the settings take them in turns. `make soak` tries all on all."""
    every = slice(SETTINGS.index(setting), None, len(SETTINGS))
    await try_points(tmp_path, setting, every=every, all_of_them=False)


@pytest.mark.soak
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
async def test_a_crash_after_any_call_loses_nothing_and_repeats_nothing(
    tmp_path: Path, setting: Setting
) -> None:
    await try_points(tmp_path, setting, every=slice(None), all_of_them=True)

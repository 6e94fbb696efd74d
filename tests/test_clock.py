"""The system's time, and time that jumps."""

from datetime import datetime, timedelta

import pytest

from bot.clock import SteppedClock, SystemClock
from tests.fakes import START


async def test_the_system_clock_is_aware_utc_and_moves_on() -> None:
    clock = SystemClock()
    at, mark = clock.now(), clock.monotonic()

    await clock.sleep(0)

    assert at.utcoffset() == timedelta(0)
    assert clock.now() >= at
    assert clock.monotonic() >= mark


def test_a_stepped_clock_needs_an_aware_start() -> None:
    with pytest.raises(ValueError, match="start is a naive datetime; it must be aware UTC"):
        SteppedClock(start=datetime(2026, 1, 1))  # noqa: DTZ001 - the error under test


async def test_a_stepped_clock_stands_still_until_somebody_waits() -> None:
    clock = SteppedClock(start=START)

    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    await clock.sleep(90)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=90), 90.0)


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(seconds=1)])
async def test_a_stepped_clock_never_goes_back(behind: timedelta) -> None:
    clock = SteppedClock(start=START)

    await clock.advance_to(START - behind)

    assert clock.now() == START


async def test_a_pace_changes_no_instant() -> None:
    clock = SteppedClock(start=START, pace=1e9)

    await clock.sleep(3_600)

    assert clock.now() == START + timedelta(hours=1)

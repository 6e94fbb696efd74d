"""Our own requests stay below the venue's limits."""

from __future__ import annotations

import pytest

from bot.venues.polymarket.bucket import Bucket
from tests.fakes import ManualClock


async def test_a_burst_goes_at_once_and_the_rest_is_paced() -> None:
    clock = ManualClock()
    bucket = Bucket(per_s=10, burst=3, clock=clock)
    for _ in range(5):
        await bucket.take()
    assert clock.slept == [pytest.approx(0.1), pytest.approx(0.1)]


async def test_a_quiet_time_gives_the_burst_back_and_no_more() -> None:
    clock = ManualClock()
    bucket = Bucket(per_s=10, burst=3, clock=clock)
    for _ in range(3):
        await bucket.take()
    clock.advance(3600)
    for _ in range(4):
        await bucket.take()
    assert clock.slept == [pytest.approx(0.1)]

"""Regimes: hysteresis and confirmation, on made-up and on real numbers."""

from __future__ import annotations

import csv
import gzip
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.regime import regimes, running_quantiles


def run(numbers: list[float], *, high: float, low: float, confirm: int = 1) -> list[bool]:
    count = len(numbers)
    return list(regimes(numbers, enter=[high] * count, leave=[low] * count, confirm=confirm))


def test_between_the_levels_nothing_changes() -> None:
    assert run([17, 21, 23, 21, 19, 17, 21], high=22, low=18) == [
        False, False, True, True, True, False, False,
    ]  # fmt: skip


def test_a_crossing_must_last() -> None:
    assert run([23, 17, 23, 23, 17, 23, 17, 17], high=22, low=18, confirm=2) == [
        False, False, False, True, True, True, True, False,
    ]  # fmt: skip


def test_hysteresis_and_confirmation_stop_most_of_the_switches_of_the_vix(
    shared_data: Path,
) -> None:
    # HEDGING 2, 2014 to early 2019: one level 63, 22/18 29, with two days 21, 20 with three 23.
    with gzip.open(shared_data / "prices/vix_daily_cboe.csv.gz", "rt") as rows:
        vix = [
            float(row["close"]) for row in csv.DictReader(rows) if "2014" <= row["date"] < "2019-04"
        ]

    def switches(high: float, low: float, confirm: int) -> int:
        found = run(vix, high=high, low=low, confirm=confirm)
        return sum(one != other for one, other in pairwise(found))

    assert switches(20, 20, 1) == pytest.approx(63, abs=4)
    assert switches(22, 18, 1) == pytest.approx(29, abs=2)
    assert switches(22, 18, 2) == pytest.approx(21, abs=2)
    assert switches(20, 20, 3) == pytest.approx(23, abs=2)


@given(
    st.lists(st.floats(-10, 10), min_size=1, max_size=60),
    st.floats(0, 1),
    st.integers(1, 20),
)
def test_running_quantiles_are_those_of_each_window(
    numbers: list[float], share: float, window: int
) -> None:
    found = running_quantiles(numbers, share, window=window)
    for place, quantile in enumerate(found):
        last = numbers[max(place + 1 - window, 0) : place + 1]
        assert quantile == pytest.approx(float(np.quantile(last, share)), abs=1e-9)

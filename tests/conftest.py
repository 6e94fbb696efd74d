"""What all tests share: how many examples hypothesis tries, where the recorded data lies, and where
temporary folders are made."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, settings

import bot  # before numpy: it decides on one thread for linear algebra

REPO = Path(bot.__file__).resolve().parent.parent

# No deadline: how long an example takes says more about the machine than about the code.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=500, deadline=None, derandomize=True, print_blob=True, database=None
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
ROOM = 2 * 1024**3
TRUTH = REPO / "tests" / "truth"
"""Whole lives of the live daemon against a chain."""


def pytest_configure() -> None:
    """Put temporary folders into memory where there is room.

    A ledger waits for its disk at each step; that is half of the time of the crash tests, and a
    killed process loses as little there. Containers often have 64 MB, which is too little.
    """
    if MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of the coverage, which doubles their time, what tries many cases or a whole life.

    Such tests show that the whole holds together; each line must have one that says what it is for.
    """
    for item in items:
        many = item.get_closest_marker("simulation") or is_hypothesis_test(
            getattr(item, "obj", None)
        )
        if many or TRUTH in item.path.parents:
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded market data beside the repository; without it the test is skipped."""
    folder = REPO.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the recorded market data in ../shared/data, which is not here")
    return folder

"""What all tests share: how many examples hypothesis tries, and where the recorded data lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

import bot  # before numpy: it decides on one thread for linear algebra

REPO = Path(bot.__file__).resolve().parent.parent

# No deadline: how long an example takes says more about the machine than about the code.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=500, deadline=None, derandomize=True, print_blob=True, database=None
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded market data beside the repository; without it the test is skipped."""
    folder = REPO.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the recorded market data in ../shared/data, which is not here")
    return folder

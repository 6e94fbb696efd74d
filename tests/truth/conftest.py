"""A stage for each test, on each kind of market and of account; it is checked at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.truth.stage import ACROSS, Setting, Stage, open_stage


@pytest.fixture(params=ACROSS, ids=str)
def setting(request: pytest.FixtureRequest) -> Setting:
    """A plain key on one kind of market, a session key on the other; a module may override it."""
    chosen = request.param
    assert isinstance(chosen, Setting)
    return chosen


@pytest.fixture(autouse=True)
def no_certificates(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let clients load no certificates: nothing here is encrypted, and it takes them long."""
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path_factory.getbasetemp()))


@pytest.fixture
def strategy() -> str:
    """Lines that the strategy file has besides; a module may override this."""
    return ""


@pytest.fixture
async def stage(tmp_path: Path, setting: Setting, strategy: str) -> AsyncIterator[Stage]:
    """A running daemon that has done nothing yet. In the end everything must agree."""
    async with open_stage(tmp_path, setting, strategy=strategy) as stage:
        yield stage
        await stage.check()

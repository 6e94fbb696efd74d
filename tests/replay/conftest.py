"""Each real recording is replayed once; the tests look at what that left behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from tests.replay.worlds import (
    Replayed,
    run_replay,
    write_election,
    write_fed,
    write_fed_dates,
    write_fed_deadlines,
    write_l2_books,
)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands find no ledger of the environment, and leave no log set up behind them."""
    monkeypatch.delenv("POLYHEDGE_LEDGER", raising=False)
    monkeypatch.delenv("POLYHEDGE_STRATEGIES", raising=False)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def recordings(shared_data: Path) -> Path:
    """The recorded data, where it and what reads it are there."""
    pytest.importorskip("pyarrow", reason="needs pyarrow: the recordings are Parquet")
    return shared_data


@pytest.fixture(scope="session")
def l2_books(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """13 bitcoin markets of 15 minutes, books of 20 levels."""
    return _replay(write_l2_books, recordings, tmp_path_factory)


@pytest.fixture(scope="session")
def fed(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """The Fed's decision of December 2025: best prices and depths."""
    return _replay(write_fed, recordings, tmp_path_factory)


@pytest.fixture(scope="session")
def election(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """The autumn of 2024: a price a day, and an equity portfolio at its closes."""
    return _replay(write_election, recordings, tmp_path_factory)


@pytest.fixture(scope="session")
def fed_dates(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Four meetings of the Fed, from September 2024 on, with a market each."""
    return _replay(write_fed_dates, recordings, tmp_path_factory)


@pytest.fixture(scope="session")
def fed_deadlines(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Four meetings of the Fed before October 2024, in markets that each cover all until a day."""
    return _replay(write_fed_deadlines, recordings, tmp_path_factory)


def _replay(
    write: Callable[[Path, Path], Path], recordings: Path, made: pytest.TempPathFactory
) -> Replayed:
    return run_replay(write(recordings, made.mktemp("replay")))

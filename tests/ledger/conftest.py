"""A fresh ledger for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "ledger.db", mode="paper")
    yield opened
    opened.close()

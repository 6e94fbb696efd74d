"""A new user's folder, and a way to type commands in it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from bot.cli import main

Typed = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLYHEDGE_LEDGER", raising=False)
    monkeypatch.delenv("POLYHEDGE_STRATEGIES", raising=False)
    yield tmp_path
    structlog.reset_defaults()


@pytest.fixture
def type_in(here: Path) -> Typed:
    """Types ``polyhedge ...`` in that folder."""

    def typed(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return typed


@pytest.fixture
def started(here: Path, type_in: Typed) -> Path:
    """The folder after `polyhedge init`; practice does not wait, and looks once an hour."""
    assert type_in("init").exit_code == 0
    config = here / "config.yaml"
    text = config.read_text(encoding="utf-8")
    for option, said in (("pace", "3650d"), ("check_every", "1h")):
        text, changed = re.subn(rf"\b{option}: \w+", f"{option}: {said}", text)
        assert changed == 1
    config.write_text(text, encoding="utf-8")
    return here

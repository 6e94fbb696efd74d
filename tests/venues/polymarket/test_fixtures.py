"""The table of real payloads holds, and names each file of the folder."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bot.errors import BadData
from tests.venues.polymarket.fixtures_table import TABLE, NotOurs, Parses, Refused


def _body(folder: Path, name: str) -> bytes:
    raw = (folder / name).read_bytes()
    return gzip.decompress(raw) if name.endswith(".gz") else raw


def test_table_names_each_file_of_the_folder(shared_data: Path) -> None:
    folder = shared_data / "api_fixtures"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert files == set(TABLE)


def test_at_least_60_files_parse() -> None:
    assert sum(isinstance(entry, Parses) for entry in TABLE.values()) >= 60


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row, Parses)])
def test_payload_reads_as_stated(shared_data: Path, name: str) -> None:
    entry = TABLE[name]
    assert isinstance(entry, Parses)

    assert entry.reader(_body(shared_data / "api_fixtures", name)) == entry.facts


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row, Refused)])
def test_payload_is_refused_whole(shared_data: Path, name: str) -> None:
    entry = TABLE[name]
    assert isinstance(entry, Refused)

    with pytest.raises(BadData) as refusal:
        entry.reader(_body(shared_data / "api_fixtures", name))

    assert str(refusal.value) == entry.why


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row, NotOurs)])
def test_what_is_not_ours_says_why(name: str) -> None:
    entry = TABLE[name]

    assert isinstance(entry, NotOurs)
    assert entry.why

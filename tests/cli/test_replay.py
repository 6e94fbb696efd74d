"""`record` writes what `replay` plays."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.cli.test_check import edit


@pytest.fixture
def recorded(started: Path, type_in: Typed) -> Path:
    """A journal of twenty simulated minutes."""
    edit(started / "config.yaml", "check_every: 1h", "check_every: 1m")
    answer = type_in("record", "--for", "20m", "--out", "journal")
    assert answer.exit_code == 0, answer.output
    assert "the journal is in journal" in answer.stdout
    return started


def test_what_was_recorded_can_be_replayed(recorded: Path, type_in: Typed) -> None:
    answer = type_in("replay", "--source", "journal", "--path", "journal", "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    summary = told["summary"]
    assert summary["cycles"] >= 20
    assert float(summary["gap_usd"]) == 0
    assert summary["cash_before_usd"] == "3000"
    assert sum(summary["refused"].values()) > 0
    assert Path(told["ledger"]).exists()


def test_a_replay_ends_at_until_and_shows_its_figures(recorded: Path, type_in: Typed) -> None:
    answer = type_in(
        "replay", "--source", "journal", "--path", "journal",
        "--since", "2026-01-05", "--until", "2026-01-05T00:05:00Z", "--ledger", "new.db",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert "2026-01-05 00:00 UTC to 2026-01-05 00:05 UTC" in answer.stdout
    assert "adds up exactly" in answer.stdout
    assert "everything is in new.db" in answer.stdout


def test_a_replay_never_goes_on_in_an_old_ledger(started: Path, type_in: Typed) -> None:
    (started / "old.db").touch()
    answer = type_in("replay", "--source", "journal", "--path", "j", "--ledger", "old.db")
    assert answer.exit_code == 2
    assert "old.db is there already" in answer.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "names no recording"),
        (("--source", "journal"), "--source and --path belong together"),
        (("--source", "journal", "--path", "nowhere"), "holds no journal"),
        (("--since", "yesterday"), "it must be a time in UTC"),
    ],
)
def test_a_replay_of_nothing_says_what_is_missing(
    started: Path, type_in: Typed, words: tuple[str, ...], message: str
) -> None:
    answer = type_in("replay", *words)
    assert answer.exit_code == 2
    assert message in answer.stderr


@pytest.mark.parametrize(
    "words",
    [("replay", "--source", "journal", "--path", "journal"), ("record", "--out", "journal")],
)
def test_a_broken_strategy_stops_it_before_it_begins(
    started: Path, type_in: Typed, words: tuple[str, ...]
) -> None:
    edit(started / "strategies" / "fed-hike.yaml", "series:", "serie:")
    answer = type_in(*words)
    assert answer.exit_code == 2
    assert "fed-hike.yaml:6" in answer.stderr


def test_what_is_not_found_is_told_at_the_end(started: Path, type_in: Typed) -> None:
    edit(started / "strategies" / "fed-hike.yaml", "fed-decision", "fed-derision")
    answer = type_in("record", "--for", "10s", "--out", "journal")
    assert answer.exit_code == 0
    assert "not recorded: fed-hike: no open market matches" in answer.stderr

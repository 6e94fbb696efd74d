"""The first command: it writes what a newcomer needs, and never over anything."""

from pathlib import Path

from bot.cli.commands.init import find_examples
from tests.cli.conftest import Typed


def test_init_writes_files_that_check_accepts(here: Path, type_in: Typed) -> None:
    first = type_in("init")
    assert first.exit_code == 0
    assert "polyhedge check" in first.output
    assert (here / "strategies" / "strategy.schema.json").exists()
    checked = type_in("check")
    assert checked.exit_code == 0, checked.output
    assert "6 strategies" in checked.output


def test_init_keeps_what_is_there(here: Path, type_in: Typed) -> None:
    (here / "config.yaml").write_text("mine", encoding="utf-8")
    answer = type_in("init")
    assert (here / "config.yaml").read_text(encoding="utf-8") == "mine"
    assert "kept   config.yaml" in answer.output


def test_init_adds_no_example_beside_own_strategies(here: Path, type_in: Typed) -> None:
    (here / "strategies").mkdir()
    (here / "strategies" / "mine.yaml").write_text("mine", encoding="utf-8")
    answer = type_in("init")
    assert sorted(path.name for path in (here / "strategies").iterdir()) == [
        "mine.yaml",
        "strategy.schema.json",
    ]
    assert "no example was added" in answer.output


def test_init_where_it_cannot_write_says_so(here: Path, type_in: Typed) -> None:
    (here / "strategies").write_text("a file, not a folder", encoding="utf-8")
    answer = type_in("init")
    assert answer.exit_code == 2
    assert "cannot be written" in answer.stderr


def test_the_examples_are_the_ones_of_the_repository() -> None:
    assert (find_examples() / "config.example.yaml").exists()

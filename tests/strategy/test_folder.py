"""The folder of strategy files, edited, broken, moved and removed while the program runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.strategy import Strategy
from bot.strategy import Edit, StrategyFolder, load_strategies

GOOD = """\
strategy: NAME
event:
  market: {series: SERIES, outcome: Hike}
  adverse: "Yes"
  horizon: 120d
impact: {sector: {technology: -7%}}
sizing: {rule: coverage, target: 50%}
limits: {max_premium_usd: 400, max_order_usd: 150}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "a.yaml", "fed")
    write(tmp_path, "b.yaml", "tariff")
    return tmp_path


def write(folder: Path, file: str, name: str, series: str = "", *, more: str = "") -> Path:
    path = folder / file
    text = GOOD.replace("NAME", name).replace("SERIES", series or f"{name}-series")
    path.write_text(text + more, encoding="utf-8")
    return path


def opened(folder: Path) -> StrategyFolder:
    files = StrategyFolder(folder=folder, max_quote_age=timedelta(seconds=60))
    files.reload()
    return files


def names(strategies: tuple[Strategy, ...]) -> list[str]:
    return [strategy.event for strategy in strategies]


def test_first_look_tells_every_strategy(folder: Path) -> None:
    changes = StrategyFolder(folder=folder, max_quote_age=timedelta(seconds=60)).reload()
    assert names(changes.strategies) == ["fed", "tariff"]
    assert changes.edits == (
        Edit(event=changes.strategies[0].event, option="strategy", old="", new=f"{folder}/a.yaml"),
        Edit(event=changes.strategies[1].event, option="strategy", old="", new=f"{folder}/b.yaml"),
    )
    assert (changes.broken, changes.removed) == ({}, ())


def test_nothing_new_means_the_same_strategies_and_no_edits(folder: Path) -> None:
    files = opened(folder)
    before, after = files.reload(), files.reload()
    assert after.edits == ()
    assert all(a is b for a, b in zip(before.strategies, after.strategies, strict=True))


def test_touched_file_with_the_same_text_is_no_change(folder: Path) -> None:
    files = opened(folder)
    before = files.reload()
    write(folder, "a.yaml", "fed").touch()
    assert files.reload().strategies[0] is before.strategies[0]


def test_good_change_is_told_with_old_and_new_text(folder: Path) -> None:
    files = opened(folder)
    path = write(folder, "a.yaml", "fed", more="roll: {before_end: 3d}\n")
    path.write_text(path.read_text(encoding="utf-8").replace("150", "90"), encoding="utf-8")
    changes = files.reload()
    assert [(edit.event, edit.option, edit.old, edit.new) for edit in changes.edits] == [
        ("fed", "limits.max_order_usd", "150", "90"),
        ("fed", "roll.before_end", "", "3d"),
    ]
    assert changes.strategies[0].roll.before_end == timedelta(days=3)


def test_dropped_option_is_told(folder: Path) -> None:
    write(folder, "a.yaml", "fed", more="triggers:\n  - resolution: {}\n  - review: {on: friday}\n")
    files = opened(folder)
    write(folder, "a.yaml", "fed")
    assert [(edit.option, edit.old, edit.new) for edit in files.reload().edits] == [
        ("triggers.2.review.on", "friday", "")
    ]


def test_new_comment_changes_no_option(folder: Path) -> None:
    files = opened(folder)
    write(folder, "a.yaml", "fed", more="# a comment\n")
    assert files.reload().edits == ()


def test_broken_file_keeps_its_last_good_version(folder: Path) -> None:
    files = opened(folder)
    (folder / "a.yaml").write_text("strategy: fed\nlimit: 3\n", encoding="utf-8")
    changes = files.reload()
    assert names(changes.strategies) == ["fed", "tariff"]
    assert list(changes.broken) == [f"{folder}/a.yaml"]
    assert f"{folder}/a.yaml:2: limit is not an option" in changes.broken[f"{folder}/a.yaml"]
    assert changes.edits == ()
    assert files.reload().broken == changes.broken


def test_repaired_file_takes_effect(folder: Path) -> None:
    files = opened(folder)
    (folder / "a.yaml").write_text("strategy: fed\n", encoding="utf-8")
    files.reload()
    write(folder, "a.yaml", "fed", more="on_remove: close\n")
    changes = files.reload()
    assert changes.broken == {}
    assert [(edit.option, edit.new) for edit in changes.edits] == [("on_remove", "close")]


def test_removed_file_leaves_its_strategy_marked(folder: Path) -> None:
    files = opened(folder)
    (folder / "a.yaml").unlink()
    changes = files.reload()
    assert (names(changes.strategies), names(changes.removed)) == (["tariff"], ["fed"])
    assert [(e.event, e.old, e.new) for e in changes.edits] == [("fed", f"{folder}/a.yaml", "")]
    assert names(files.reload().removed) == ["fed"]


def test_file_that_comes_back_is_removed_no_more(folder: Path) -> None:
    files = opened(folder)
    (folder / "a.yaml").unlink()
    files.reload()
    write(folder, "a.yaml", "fed")
    changes = files.reload()
    assert (names(changes.strategies), changes.removed) == (["fed", "tariff"], ())


def test_renamed_file_is_not_removed(folder: Path) -> None:
    files = opened(folder)
    (folder / "a.yaml").rename(folder / "z.yaml")
    changes = files.reload()
    assert (names(changes.strategies), changes.removed, changes.broken) == (
        ["fed", "tariff"],
        (),
        {},
    )


def test_renamed_strategy_leaves_the_old_name_removed(folder: Path) -> None:
    files = opened(folder)
    write(folder, "a.yaml", "fed-2", "fed-series")
    changes = files.reload()
    assert (names(changes.strategies), names(changes.removed)) == (["fed-2", "tariff"], ["fed"])


def test_two_files_of_one_name_are_a_clear_error(folder: Path) -> None:
    write(folder, "c.yaml", "fed", "other")
    strategies, errors = load_strategies(folder)
    assert names(strategies) == ["fed", "tariff"]
    assert errors == (
        f"{folder}/c.yaml:1: strategy is fed, and so it is in {folder}/a.yaml:1."
        " Rename one of them.",
    )


def test_two_files_on_one_outcome_are_a_clear_error(folder: Path) -> None:
    write(folder, "c.yaml", "other", "FED-series")
    _, errors = load_strategies(folder)
    assert errors == (
        f"{folder}/c.yaml:3: event.market and event.adverse are those of {folder}/a.yaml:3."
        " One outcome has one strategy: remove one.",
    )


def test_newcomer_never_pushes_out_what_is_in_force(folder: Path) -> None:
    files = opened(folder)
    write(folder, "0.yaml", "fed", "other")
    changes = files.reload()
    assert list(changes.broken) == [f"{folder}/0.yaml"]
    assert changes.strategies[0].path == f"{folder}/a.yaml"


def test_newcomer_is_in_force_once_its_rival_is_gone(folder: Path) -> None:
    files = opened(folder)
    write(folder, "0.yaml", "fed", "other")
    files.reload()
    (folder / "a.yaml").unlink()
    changes = files.reload()
    assert changes.broken == {}
    assert changes.strategies[0].path == f"{folder}/0.yaml"


def test_two_files_may_swap_their_names(folder: Path) -> None:
    files = opened(folder)
    write(folder, "a.yaml", "tariff", "fed-series")
    write(folder, "b.yaml", "fed", "tariff-series")
    changes = files.reload()
    assert (names(changes.strategies), changes.broken) == (["fed", "tariff"], {})


def test_changed_file_whose_name_was_taken_meanwhile_is_out(folder: Path) -> None:
    files = opened(folder)
    write(folder, "a.yaml", "tariff", "fed-series")
    write(folder, "b.yaml", "tariff", more="on_remove: close\n")
    changes = files.reload()
    assert list(changes.broken) == [f"{folder}/b.yaml"]
    assert [strategy.path for strategy in changes.strategies] == [f"{folder}/a.yaml"]


def test_other_files_are_not_looked_at(folder: Path) -> None:
    for name in ("notes.txt", ".a.yaml.swp", ".#a.yaml", "#a.yaml#", "a.yaml~", "schema.json"):
        (folder / name).write_text("strategy: [", encoding="utf-8")
    assert load_strategies(folder)[1] == ()


def test_short_suffix_counts_too(folder: Path) -> None:
    write(folder, "c.yml", "other")
    assert names(load_strategies(folder)[0]) == ["fed", "other", "tariff"]


def test_unreadable_file_keeps_its_last_good_version(folder: Path) -> None:
    files = opened(folder)
    (folder / "a.yaml").unlink()
    (folder / "a.yaml").mkdir()
    changes = files.reload()
    assert names(changes.strategies) == ["fed", "tariff"]
    assert changes.broken == {
        f"{folder}/a.yaml": f"{folder}/a.yaml: cannot be read: Is a directory."
        " Repair it or remove it."
    }


def test_unreadable_folder_is_not_an_empty_one(folder: Path, tmp_path: Path) -> None:
    files = opened(folder)
    away = folder.rename(tmp_path.with_name("away"))
    changes = files.reload()
    assert names(changes.strategies) == ["fed", "tariff"]
    assert changes.removed == ()
    assert changes.broken == {
        str(folder): f"{folder}: the folder of strategies cannot be read: No such file or"
        " directory. Put it back, or name another one as `strategies:` in config.yaml."
    }
    away.rename(folder)
    assert files.reload().broken == {}


def test_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    strategies, errors = load_strategies(tmp_path)
    assert strategies == ()
    assert errors == (
        f"{tmp_path}: holds no strategy (*.yaml). Write one, or let `polyhedge init` write an"
        " example.",
    )


def test_file_that_is_not_utf8_names_the_line(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(b"strategy: fed\nwhy: caf\xe9\n")
    assert load_strategies(folder)[1] == (
        f"{folder}/a.yaml:2: byte 0xe9 is not UTF-8. Save it as UTF-8.",
    )

"""How a name in YAML becomes a rule."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import bot.rules.triggers
from bot.model.rule import Sizing, Trigger
from bot.rules.rule import (
    ReadingRule,
    Rule,
    SignalRule,
    SizingRule,
    TriggerRule,
    find_rule,
    rule_names,
)
from bot.rules.sizing.coverage import Coverage
from bot.rules.triggers.resolution import Resolution
from tests.rules.situations import problem, situation

KINDS: tuple[type[Rule], ...] = (SizingRule, TriggerRule, SignalRule, ReadingRule)


def test_names_are_those_of_the_files() -> None:
    assert rule_names(SizingRule) == ("coverage", "kelly", "min_variance", "utility")
    assert rule_names(TriggerRule) == (
        "correlation",
        "exposure",
        "premium_budget",
        "probability",
        "resolution",
        "review",
        "sentiment",
        "time_to_end",
        "volatility",
    )
    assert rule_names(SignalRule) == ("base_rate", "hazard", "sentiment", "vol_implied")
    assert rule_names(ReadingRule) == ("correlation", "sentiment", "volatility")


def test_rule_is_the_class_of_its_file() -> None:
    assert find_rule(SizingRule, "coverage") is Coverage
    assert find_rule(TriggerRule, "resolution") is Resolution


@pytest.mark.parametrize("name", ["parity", "", "..", "zones", "__init__"])
def test_unknown_name_is_no_rule(name: str) -> None:
    with pytest.raises(LookupError, match="is not a sizing rule"):
        find_rule(SizingRule, name)


def test_rule_of_another_kind_is_not_found() -> None:
    with pytest.raises(LookupError, match="coverage is not a trigger"):
        find_rule(TriggerRule, "coverage")


def test_file_without_a_rule_is_a_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("triggers")
    (folder / "empty.py").write_text('"""Nothing."""\n', encoding="utf-8")
    monkeypatch.setattr(bot.rules.triggers, "__path__", [str(folder)])
    monkeypatch.setitem(sys.modules, "bot.rules.triggers.empty", ModuleType("empty"))
    with pytest.raises(TypeError, match="defines 0 classes of trigger; one is due"):
        find_rule(TriggerRule, "empty")


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_has_a_manual_page_and_describes_its_options(kind: type[Rule]) -> None:
    for name in rule_names(kind):
        rule = find_rule(kind, name)
        assert rule.name() == name
        assert (rule.__doc__ or "").strip()
        for option, field in rule.model_fields.items():
            assert field.description, f"{name}.{option} has no description"


def test_rules_fulfil_the_protocols_of_the_model() -> None:
    sizing: Sizing = Coverage(target=0.5)
    trigger: Trigger = Resolution()
    assert sizing.size(problem()).shares == 2000.0
    assert trigger.fires(situation(), None) == (None, 0.0)


def test_time_makes_no_plain_trigger_fire() -> None:
    assert Resolution().next_at(situation()) is None


def test_rules_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Coverage(target=0.5).target = 0.6  # type: ignore[misc]

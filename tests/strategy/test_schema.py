"""The published schema is what the parser uses, and the shipped strategies fit both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.config import load_settings
from bot.strategy import (
    find_contradictions,
    find_idle_lines,
    load_strategies,
    parse_strategy,
    strategy_schema,
)

REPO = Path(__file__).resolve().parents[2]
SHIPPED = sorted((REPO / "strategies").glob("*.yaml"))
EXAMPLES = [*SHIPPED, *sorted((REPO / "tests/strategy/good").glob("*.yaml"))]


class EditorLoader(yaml.BaseLoader):
    """YAML 1.2 as an editor reads it: numbers are numbers; Yes, 16:30 and dates stay text."""

    yaml_constructors = {**yaml.SafeLoader.yaml_constructors}  # noqa: RUF012 - as the base has it


for tag, pattern in (
    ("int", r"^([-+]?[0-9]+|0x[0-9a-fA-F]+)$"),
    ("float", r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)$"),
):
    EditorLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(pattern), list("-+.0123456789")
    )


def as_editor(text: str) -> Any:
    return yaml.load(text, Loader=EditorLoader)  # noqa: S506 - it makes plain values only


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_good_file_fits_the_schema(path: Path) -> None:
    given = as_editor(path.read_text(encoding="utf-8"))
    jsonschema.validate(given, strategy_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("horizon: 120d", "horizn: 120d"),
        ("horizon: 120d", "horizon: 120"),
        ("technology: -7%", "technology: -7"),
        ("rule: coverage", "rule: utility"),
        ("target: 50%", "fraction: 50%"),
        ("limits:", "triggers: [{review: {every: year}}]\nlimits:"),
        ("limits:", "triggers: [{volatility: {}}]\nlimits:"),
        ("limits:", "triggers: [{}]\nlimits:"),
        ("limits:", "forecast: {signals: [market, weather]}\nlimits:"),
        ("limits:", "forecast: {signals: [market, hazard: {}]}\nlimits:"),
    ],
)
def test_schema_refuses_what_the_parser_refuses(old: str, new: str) -> None:
    text = (REPO / "tests/strategy/good/least.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_editor(text.replace(old, new)), strategy_schema())
    with pytest.raises(Exception, match=r"x\.yaml"):
        parse_strategy(text.replace(old, new), "x.yaml")


def test_schema_itself_is_sound() -> None:
    jsonschema.Draft202012Validator.check_schema(strategy_schema())


def test_published_schema_is_the_parsers() -> None:
    path = REPO / "strategies/strategy.schema.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    assert published == strategy_schema(), "run: polyhedge check --schema > strategies/..."


def test_shipped_strategies_load_and_fit_the_example_portfolio() -> None:
    settings = load_settings(REPO / "config.example.yaml", {})
    strategies, errors = load_strategies(settings.strategies)
    assert errors == ()
    assert len(strategies) == len(SHIPPED) >= 4
    for strategy in strategies:
        assert find_contradictions(strategy, settings.portfolio.holdings) == ()
        assert find_idle_lines(strategy, settings.portfolio.holdings) == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_strategy_is_named_like_its_file(path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first == "# yaml-language-server: $schema=strategy.schema.json"
    assert second == f"strategy: {path.stem}"

"""The JSON Schema that editors check strategy files with, made from what the parser uses."""

from typing import Any

from pydantic import BaseModel

from bot.rules.rule import Rule, SizingRule, TriggerRule, find_rule, rule_names
from bot.strategy.file import StrategyFile

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def strategy_schema() -> dict[str, Any]:
    """Return the schema of a strategy file, JSON Schema 2020-12."""
    definitions: dict[str, Any] = {}
    schema = _schema_of(StrategyFile, definitions)
    sizing = []
    for name in rule_names(SizingRule):
        options = _rule_schema(find_rule(SizingRule, name), definitions)
        options["properties"] = {"rule": {"const": name}} | options["properties"]
        options["required"] = ["rule", *options.get("required", [])]
        sizing.append(options)
    triggers = {
        name: _rule_schema(find_rule(TriggerRule, name), definitions)
        for name in rule_names(TriggerRule)
    }
    schema["properties"]["sizing"] |= {"type": "object", "oneOf": sizing}
    schema["properties"]["triggers"] |= {
        "type": "array",
        "items": {
            "type": "object",
            "properties": triggers,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    }
    return {"$schema": _DRAFT, **schema, "$defs": dict(sorted(definitions.items()))}


def _rule_schema(rule: type[Rule], definitions: dict[str, Any]) -> dict[str, Any]:
    return _schema_of(rule, definitions) | {"title": rule.name()}


def _schema_of(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one class; those it refers to go into ``definitions``."""
    schema = _without_defaults(model.model_json_schema())
    definitions |= schema.pop("$defs", {})
    found: dict[str, Any] = schema
    return found


def _without_defaults(part: Any) -> Any:
    """Leave defaults out: they are numbers in our units, not the text a person writes."""
    if isinstance(part, dict):
        return {k: _without_defaults(v) for k, v in part.items() if k != "default"}
    return [_without_defaults(item) for item in part] if isinstance(part, list) else part

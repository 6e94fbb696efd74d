"""The JSON Schema that editors check strategy files with, made from what the parser uses."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from bot.model.signal import MARKET, OWN_VIEW
from bot.rules.rule import Rule, SignalRule, SizingRule, TriggerRule, find_rule, rule_names
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
    signals = {
        name: _rule_schema(find_rule(SignalRule, name), definitions)
        for name in rule_names(SignalRule)
    }
    schema["properties"]["triggers"] |= {"type": "array", "items": _one_of(triggers)}
    definitions["ForecastFile"]["properties"]["signals"] |= {
        "type": "array",
        "items": {"anyOf": [{"enum": [MARKET, OWN_VIEW]}, _one_of(signals)]},
    }
    return {"$schema": _DRAFT, **schema, "$defs": dict(sorted(definitions.items()))}


def _one_of(rules: dict[str, Any]) -> dict[str, Any]:
    """Return a group of exactly one rule by its name."""
    return {
        "type": "object",
        "properties": rules,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _rule_schema(rule: type[Rule], definitions: dict[str, Any]) -> dict[str, Any]:
    return _schema_of(rule, definitions) | {"title": rule.name()}


class _AsWritten(GenerateJsonSchema):
    """What a person writes: no default (a number in our units), no null, no made-up titles."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - its signature
        return False


def _schema_of(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one class; those it refers to go into ``definitions``."""
    schema = model.model_json_schema(schema_generator=_AsWritten)
    definitions |= schema.pop("$defs", {})
    return schema

"""``sizing``, ``triggers`` and ``forecast.signals`` of a strategy file -> the rules they name."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

from bot.model.signal import MARKET, OWN_VIEW
from bot.rules.rule import Rule, SignalRule, SizingRule, TriggerRule, find_rule, rule_names
from bot.yaml_lines.fields import suggest
from bot.yaml_lines.reader import ListNode, MapNode, Path, Problem, TextNode, line_of
from bot.yaml_lines.rules import read_rule, without_rule

_EXAMPLE = "- review: {every: week}"
_SIGNALS: Path = ("forecast", "signals")
_Named = TypeVar("_Named", bound=Rule)


def read_sizing(top: MapNode, problems: list[Problem]) -> SizingRule | None:
    """Return the sizing rule; None if it cannot be read, with the reasons in ``problems``.

    A file that names none has ``utility``.
    """
    node = top.entries.get("sizing")
    if node is None:
        return find_rule(SizingRule, "utility")()
    rule = node.entries.get("rule") if isinstance(node, MapNode) else None
    if not isinstance(node, MapNode) or not isinstance(rule, TextNode):
        known = ", ".join(rule_names(SizingRule))
        text = f"sizing names no rule. Write sizing: {{rule: ...}}; it can be {known}."
        problems.append(Problem(line_of(top, ("sizing",)), text))
        return None
    return read_rule(SizingRule, rule, without_rule(node), problems, top=top, at=("sizing",))


def read_triggers(top: MapNode, problems: list[Problem]) -> tuple[tuple[str, TriggerRule], ...]:
    """Return the triggers with their keys; those that cannot be read go into ``problems``."""
    node = top.entries["triggers"]
    if not isinstance(node, ListNode):
        text = f"triggers must be a list. Write each on a line of its own: {_EXAMPLE}"
        problems.append(Problem(line_of(top, ("triggers",)), text))
        return ()
    return tuple(_with_keys(_triggers(node, problems, top=top)))


def read_signals(top: MapNode, problems: list[Problem]) -> tuple[tuple[str, SignalRule], ...]:
    """Return the signals that are rules, with their keys, and check the two names that are none.

    What cannot be read goes into ``problems``.
    """
    forecast = top.entries.get("forecast")
    if not isinstance(forecast, MapNode) or "signals" not in forecast.entries:
        return ()
    node = forecast.entries["signals"]
    if not isinstance(node, ListNode):
        text = "forecast.signals must be a list. Write signals: [market, own_view]"
        problems.append(Problem(line_of(top, _SIGNALS), text))
        return ()
    plain = [item for item in node.items if isinstance(item, TextNode)]
    for item in plain:
        if item.text not in (MARKET, OWN_VIEW):
            text = _not_a_name(item.text)
            problems.append(Problem(item.line, text))
    names = [item.text for item in plain]
    wrong = _contradiction(names, has_own_view="own_view" in forecast.entries)
    if wrong and node.items:
        problems.append(Problem(line_of(top, ("forecast",)), f"forecast {wrong}"))
    return tuple(_with_keys(_signals(node, problems, top=top)))


def _not_a_name(text: str) -> str:
    if text in rule_names(SignalRule):
        return f"forecast.signals: {text} needs its options. Write - {text}: {{...}}"
    hint = suggest(text, (MARKET, OWN_VIEW, *rule_names(SignalRule)))
    return f"forecast.signals is {text!r}, which is not known. {hint}"


def _contradiction(names: list[str], *, has_own_view: bool) -> str:
    """Return what the names may be but together may not; empty if nothing."""
    if MARKET not in names:
        return "has signals without market. Add it: the market is always heard."
    if len(set(names)) != len(names):
        return "names a signal twice. Remove one of them."
    if (OWN_VIEW in names) != has_own_view:
        missing = "own_view: {probability: 12%, weight: 10%}" if not has_own_view else ""
        remedy = f"Write {missing}" if missing else "Add own_view to the signals"
        return f"names own_view in only one of two places. {remedy}."
    return ""


def _signals(node: ListNode, problems: list[Problem], *, top: MapNode) -> Iterator[SignalRule]:
    for place, item in enumerate(node.items):
        if isinstance(item, TextNode):
            continue
        if not isinstance(item, MapNode) or len(item.entries) != 1:
            text = "a signal is one name with its options. Write - hazard: {happened: 3, years: 40}"
            problems.append(Problem(item.line, text))
            continue
        ((name, options),) = item.entries.items()
        named = TextNode(text=name, line=item.key_lines[name])
        at: Path = (*_SIGNALS, place, name)
        rule = read_rule(SignalRule, named, options, problems, top=top, at=at)
        if rule is not None:
            yield rule


def _triggers(node: ListNode, problems: list[Problem], *, top: MapNode) -> Iterator[TriggerRule]:
    for place, item in enumerate(node.items):
        if not isinstance(item, MapNode) or len(item.entries) != 1:
            text = f"a trigger is one name with its options. Write {_EXAMPLE}"
            problems.append(Problem(item.line, text))
            continue
        ((name, options),) = item.entries.items()
        named = TextNode(text=name, line=item.key_lines[name])
        at: Path = ("triggers", place, name)
        rule = read_rule(TriggerRule, named, options, problems, top=top, at=at)
        if rule is not None:
            yield rule


def _with_keys(rules: Iterable[_Named]) -> Iterator[tuple[str, _Named]]:
    """Name each rule so that it finds its state or record again: ``review``, ``review-2``."""
    seen: Counter[str] = Counter()
    for rule in rules:
        name = rule.name()
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), rule

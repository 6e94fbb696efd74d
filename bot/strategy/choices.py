"""``sizing`` and ``triggers`` of a strategy file -> the rules they name."""

from collections import Counter
from collections.abc import Iterable, Iterator

from bot.rules.rule import Kind, SizingRule, TriggerRule, find_rule, rule_names
from bot.yaml_lines.fields import check_fields, dotted, suggest
from bot.yaml_lines.reader import ListNode, MapNode, Node, Path, Problem, TextNode, line_of

_EXAMPLE = "- review: {every: week}"


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
    options = MapNode(
        entries={name: option for name, option in node.entries.items() if name != "rule"},
        key_lines=node.key_lines,
        line=node.line,
    )
    return _rule(SizingRule, rule, options, problems, top=top, at=("sizing",))


def read_triggers(top: MapNode, problems: list[Problem]) -> tuple[tuple[str, TriggerRule], ...]:
    """Return the triggers with their keys; those that cannot be read go into ``problems``."""
    node = top.entries["triggers"]
    if not isinstance(node, ListNode):
        text = f"triggers must be a list. Write each on a line of its own: {_EXAMPLE}"
        problems.append(Problem(line_of(top, ("triggers",)), text))
        return ()
    return tuple(_with_keys(_triggers(node, problems, top=top)))


def _triggers(node: ListNode, problems: list[Problem], *, top: MapNode) -> Iterator[TriggerRule]:
    for place, item in enumerate(node.items):
        if not isinstance(item, MapNode) or len(item.entries) != 1:
            text = f"a trigger is one name with its options. Write {_EXAMPLE}"
            problems.append(Problem(item.line, text))
            continue
        ((name, options),) = item.entries.items()
        named = TextNode(text=name, line=item.key_lines[name])
        at: Path = ("triggers", place, name)
        rule = _rule(TriggerRule, named, options, problems, top=top, at=at)
        if rule is not None:
            yield rule


def _with_keys(triggers: Iterable[TriggerRule]) -> Iterator[tuple[str, TriggerRule]]:
    """Name each trigger so that it finds its state again: ``review``, ``review-2``."""
    seen: Counter[str] = Counter()
    for trigger in triggers:
        name = trigger.name()
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), trigger


def _rule(
    kind: type[Kind],
    named: TextNode,
    options: Node,
    problems: list[Problem],
    *,
    top: MapNode,
    at: Path,
) -> Kind | None:
    try:
        rule = find_rule(kind, named.text)
    except LookupError:
        hint = suggest(named.text, rule_names(kind))
        text = f"{dotted(at[:1])}: '{named.text}' is not a {kind.kind}. {hint}"
        problems.append(Problem(named.line, text))
        return None
    owner = f"{kind.kind} '{named.text}'"
    return check_fields(rule, options, problems, top=top, at=at, owner=owner)

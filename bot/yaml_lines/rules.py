"""A rule that a file names, with its options -> the rule, or what is wrong with it."""

from bot.rules.rule import Kind, find_rule, rule_names
from bot.yaml_lines.fields import check_fields, dotted, suggest
from bot.yaml_lines.reader import MapNode, Node, Path, Problem, TextNode


def read_rule(
    kind: type[Kind],
    named: TextNode,
    options: Node,
    problems: list[Problem],
    *,
    top: MapNode,
    at: Path,
) -> Kind | None:
    """Return the rule of this name; None if it cannot be read, with the reasons in ``problems``.

    Args:
        kind: Of rule.
        named: Its name as it stands in the file.
        options: What stands below it.
        problems: Where the reasons go.
        top: The whole file, for lines.
        at: Where ``options`` stands in ``top``.
    """
    try:
        rule = find_rule(kind, named.text)
    except LookupError:
        hint = suggest(named.text, rule_names(kind))
        where = dotted(at[:-1]) or dotted(at)
        text = f"{where}: '{named.text}' is not a {kind.kind}. {hint}"
        problems.append(Problem(named.line, text))
        return None
    owner = f"{kind.kind} '{named.text}'"
    return check_fields(rule, options, problems, top=top, at=at, owner=owner)


def without_rule(node: MapNode) -> MapNode:
    """Return the options of a group that names its rule as ``rule: NAME``."""
    return MapNode(
        entries={name: option for name, option in node.entries.items() if name != "rule"},
        key_lines=node.key_lines,
        line=node.line,
    )

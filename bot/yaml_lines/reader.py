"""YAML as nodes that keep their lines; the only importer of ``yaml``.

Nothing is guessed: ``No``, ``0.1``, ``16:30`` and an unquoted condition id stay the text that
stands in the file. What makes a file hard to trust is refused: doubled keys, anchors, merge keys,
tags, several documents, tabs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bot.errors import UserError

_MOST_LEVELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNode:
    """A scalar, exactly as written, without its quotes."""

    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    """A list."""

    items: tuple["Node", ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A group of options, in the order of the file."""

    entries: Mapping[str, "Node"]
    key_lines: Mapping[str, int]
    line: int


Node = TextNode | ListNode | MapNode
Path = tuple[str | int, ...]
"""Keys and list positions from the top of a file to an option."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing the user must change, and where."""

    line: int
    text: str


def report(path: str, problems: Iterable[Problem]) -> str:
    """Return all problems of one file, a line each, in the order of the file."""
    return "\n".join(f"{path}:{p.line}: {p.text}" for p in sorted(set(problems)))


def read_yaml(raw: bytes, *, path: str) -> MapNode:
    """Read one YAML document whose top is a group of options.

    Args:
        raw: The file's bytes, UTF-8.
        path: How the file is called in messages.

    Raises:
        UserError: the file cannot be used; the message holds every problem found, with its line.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = Problem(line, f"byte 0x{raw[error.start]:02x} is not UTF-8. Save it as UTF-8.")
        raise UserError(report(path, [found])) from None
    problems = [
        Problem(number, "is indented with a tab. Use spaces.")
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r" *\t", line)
    ]
    top = None if problems else _read_text(text, problems)
    if problems or top is None:
        raise UserError(report(path, problems))
    return top


def _read_text(text: str, problems: list[Problem]) -> MapNode | None:
    """Return the top of the only document; None if there is none, with the problem added."""
    builder = _Builder(yaml.parse(text, Loader=yaml.CBaseLoader), problems)
    try:
        top = builder.document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        remedy = "Check the indentation, the colon and the quotes here and in the line above."
        problems.append(Problem(line, f"cannot be read as YAML: {error.problem}. {remedy}"))
        return None
    except yaml.YAMLError as error:
        problems.append(Problem(1, f"cannot be read as YAML: {error}. Save it as plain text."))
        return None
    if isinstance(top, MapNode):
        return top
    line = top.line if top else 1
    is_what = "the file is empty" if top is None else "the file does not begin with an option"
    problems.append(Problem(line, f"{is_what}. Write options as 'name: what it is'."))
    return None


class _Builder:
    """Turns the events of the YAML parser into nodes, adding to ``problems`` as it goes."""

    def __init__(self, events: Iterable[Any], problems: list[Problem]) -> None:
        self._events: Iterator[Any] = iter(events)
        self._problems = problems

    def document(self) -> Node | None:
        """Return the top node; None for a file without any."""
        next(self._events)  # start of stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        top = self._node(next(self._events), name="", level=0)
        next(self._events)  # end of document
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            self._refuse(after, "a second document begins here. Put it into a file of its own.")
        is_nothing = isinstance(top, TextNode) and not top.text
        return None if is_nothing else top

    def _refuse(self, event: Any, text: str) -> None:
        self._problems.append(Problem(event.start_mark.line + 1, text))

    def _node(self, event: Any, *, name: str, level: int) -> Node:
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None) is not None:
            self._refuse(event, "uses an anchor (& or *). Write the text out where it is used.")
        elif getattr(event, "tag", None) is not None:
            self._refuse(event, f"{event.tag} is a tag. Remove it: every option knows its type.")
        if level > _MOST_LEVELS:
            raise yaml.MarkedYAMLError(
                problem=f"it is nested deeper than {_MOST_LEVELS} levels",
                problem_mark=event.start_mark,
            )
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(line, level=level)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(line, name=name, level=level)
        if isinstance(event, yaml.AliasEvent):
            return TextNode(text="", line=line)
        if name and not event.value and not event.style and event.anchor is None:
            self._refuse(event, f"{name} is empty. Write what it is, or remove the line.")
        return TextNode(text=event.value, line=line)

    def _list(self, line: int, *, name: str, level: int) -> ListNode:
        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, name=f"an item of {name}", level=level + 1))
        return ListNode(items=tuple(items), line=line)

    def _map(self, line: int, *, level: int) -> MapNode:
        entries: dict[str, Node] = {}
        key_lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, name="", level=level + 1)
            name = key.text if isinstance(key, TextNode) else ""
            if name == "<<":
                self._refuse(event, "<< merges keys. Write the options out.")
            elif not name and not isinstance(event, yaml.AliasEvent):
                self._refuse(event, "the name of an option must be a text.")
            elif name in entries:
                first = key_lines[name]
                self._refuse(event, f"{name} stands here and in line {first}. Remove one of them.")
            child = self._node(next(self._events), name=name, level=level + 1)
            if name not in entries:
                entries[name], key_lines[name] = child, key.line
        return MapNode(entries=entries, key_lines=key_lines, line=line)


def plain(node: Node) -> Any:
    """Return a node as text, lists and dicts."""
    if isinstance(node, TextNode):
        return node.text
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(child) for key, child in node.entries.items()}


def line_of(node: Node, path: Path) -> int:
    """Return the line of the option at ``path``, or of the last part of the path that exists."""
    line = node.line
    for part in path:
        if isinstance(node, MapNode) and part in node.entries:
            line = node.key_lines[str(part)]
            node = node.entries[str(part)]
        elif isinstance(node, ListNode) and isinstance(part, int):
            node = node.items[part]
            line = node.line
    return line


def flatten(node: Node, *, prefix: str = "") -> dict[str, str]:
    """Return every scalar by its dotted name, list items counted from 1."""
    if isinstance(node, TextNode):
        return {prefix: node.text}
    if isinstance(node, ListNode):
        numbered = {str(place): item for place, item in enumerate(node.items, 1)}
    else:
        numbered = dict(node.entries)
    found: dict[str, str] = {}
    for key, child in numbered.items():
        found |= flatten(child, prefix=f"{prefix}.{key}" if prefix else key)
    return found

"""The grid of a sweep: a YAML file of options -> the strategy files of each variant."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from bot.errors import ConfigError, UserError
from bot.strategy.folder import strategy_files
from bot.yaml_lines.reader import ListNode, MapNode, Node, TextNode, read_yaml

MOST = 10_000
"""Variants; more are a mistake, and would deflate every result to nothing."""
_EXAMPLE = "options: {costs.min_benefit_to_cost: [0.5, 1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One choice of every option in the grid."""

    options: tuple[tuple[str, str], ...]
    """Dotted option and what it says, in the order of the file."""
    files: tuple[tuple[str, str], ...]
    """Name and text of each strategy file with these options in it."""

    @property
    def name(self) -> str:
        """The options in words."""
        return ", ".join(f"{option} {said}" for option, said in self.options)


def read_grid(path: Path, *, strategies: Path) -> tuple[Variant, ...]:
    """Return all variants, in the order of the file.

    Args:
        path: With ``options``: each a dotted option of a strategy file and a list of what to try.
        strategies: Folder of the strategy files; each variant sets its options in all of them.

    Raises:
        ConfigError: The file cannot be used; the message says where and what to write.
    """
    options = _read_options(path)
    count = 1
    for _, choices in options:
        count *= len(choices)
    if count > MOST:
        raise ConfigError(f"{path}: {count:,} variants are more than {MOST:,}. Try fewer.")
    try:
        files = [
            (file.name, _plain(read_yaml(file.read_bytes(), path=str(file))))
            for file in strategy_files(strategies)
        ]
    except OSError as error:
        raise ConfigError(f"{strategies}: cannot be read ({error.strerror}).") from None
    if not files:
        raise ConfigError(f"{strategies} has no strategy files. Name another folder.")
    names = [option for option, _ in options]
    return tuple(
        _vary(files, tuple(zip(names, chosen, strict=True)))
        for chosen in product(*(choices for _, choices in options))
    )


def _read_options(path: Path) -> list[tuple[str, list[str]]]:
    try:
        top = read_yaml(path.read_bytes(), path=str(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Name another.") from None
    except UserError as error:
        raise ConfigError(str(error)) from None
    unknown = [name for name in top.entries if name != "options"]
    if unknown:
        line = top.key_lines[unknown[0]]
        raise ConfigError(f"{path}:{line}: {unknown[0]} is unknown; a grid has options only.")
    node = top.entries.get("options")
    if not isinstance(node, MapNode) or not node.entries:
        raise ConfigError(f"{path}: names no options. Write {_EXAMPLE}")
    return [
        (option, list(_choices(path, option, choices))) for option, choices in node.entries.items()
    ]


def _choices(path: Path, option: str, node: Node) -> Iterator[str]:
    if not isinstance(node, ListNode) or not node.items:
        raise ConfigError(f"{path}:{node.line}: {option} must be a list. Write {_EXAMPLE}")
    seen = set()
    for item in node.items:
        if not isinstance(item, TextNode):
            raise ConfigError(f"{path}:{item.line}: {option} must list single words or numbers.")
        if item.text in seen:
            raise ConfigError(f"{path}:{item.line}: {option} has {item.text} twice. Remove one.")
        seen.add(item.text)
        yield item.text


def _vary(files: Sequence[tuple[str, Any]], options: tuple[tuple[str, str], ...]) -> Variant:
    made = []
    for name, text in files:
        changed = text
        for option, said in options:
            changed = _with(changed, option.split("."), said)
        # JSON is YAML: the file is read as a strategy like any other.
        made.append((name, json.dumps(changed, indent=1, ensure_ascii=False)))
    return Variant(options=options, files=tuple(made))


def _with(group: object, path: Sequence[str], said: str) -> Mapping[str, object]:
    """Return a group of options with one of them set; groups on the way are made."""
    before = dict(group) if isinstance(group, Mapping) else {}
    first, rest = path[0], path[1:]
    return before | {first: _with(before.get(first), rest, said) if rest else said}


def _plain(node: Node) -> Any:
    match node:
        case TextNode():
            return node.text
        case ListNode():
            return [_plain(item) for item in node.items]
        case MapNode():
            return {key: _plain(entry) for key, entry in node.entries.items()}

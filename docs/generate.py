"""Rewrites the generated parts of the documentation from the code they describe.

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``.
``make docs`` runs this; with ``--check`` it changes nothing and fails if a part is old.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from importlib import import_module
from inspect import cleandoc, getdoc
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from bot.cli.program import COMMANDS  # noqa: E402 - the repository's, not an installed one
from bot.config.file import ConfigFile  # noqa: E402
from bot.config.texts import Budget  # noqa: E402
from bot.log import EVENTS  # noqa: E402
from bot.model.text import show  # noqa: E402
from bot.rules.rule import (  # noqa: E402
    ReadingRule,
    Rule,
    SignalRule,
    SizingRule,
    TriggerRule,
    find_rule,
    rule_names,
)
from bot.strategy.file import StrategyFile  # noqa: E402
from bot.strategy.parse import DEFAULT_TRIGGERS  # noqa: E402

NOTHING = "-"
BAR = r"\|"
_COMMON = ("config", "as_json")
"""Options that many commands have: named in the table, explained above it."""
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def pages() -> tuple[Path, ...]:
    """Return the pages that may hold generated parts."""
    return (REPO / "README.md", REPO / "AGENTS.md", *sorted((REPO / "docs").rglob("*.md")))


def rewrite(text: str) -> str:
    """Return a page with its generated parts made anew.

    Raises:
        KeyError: It names a part that this program does not make.
    """
    return _PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]().strip()}\n{found[3]}", text)


def settings() -> str:
    """Return the table of ``config.yaml``."""
    return table(("setting", "what it is", "default"), option_rows(ConfigFile))


def strategy_options() -> str:
    """Return the table of a strategy file, without the options of its rules."""
    return table(("option", "what it is", "default"), option_rows(StrategyFile))


def sizing_rules() -> str:
    """Return a section for each sizing rule."""
    return "\n\n".join(_rule_section(SizingRule, name) for name in rule_names(SizingRule))


def triggers() -> str:
    """Return a section for each trigger."""
    return "\n\n".join(_rule_section(TriggerRule, name) for name in rule_names(TriggerRule))


def signals() -> str:
    """Return a section for each signal."""
    return "\n\n".join(_rule_section(SignalRule, name) for name in rule_names(SignalRule))


def readings() -> str:
    """Return a section for each computed reading."""
    return "\n\n".join(_rule_section(ReadingRule, name) for name in rule_names(ReadingRule))


def default_triggers() -> str:
    """Return what a strategy without ``triggers`` has."""
    return f"```yaml\n{DEFAULT_TRIGGERS.decode().strip()}\n```"


def commands() -> str:
    """Return the table of the commands of ``polyhedge``."""
    head = ("command", "what it does", "options")
    rows = (row for name in COMMANDS for row in _command_rows(name, _command(name)))
    return table(head, rows)


def log_events() -> str:
    """Return the table of log events."""
    rows = ((f"`{name}`", event.level, event.meaning) for name, event in EVENTS.items())
    return table(("event", "level", "what it tells"), rows)


PARTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "settings": settings,
        "strategy-options": strategy_options,
        "sizing-rules": sizing_rules,
        "triggers": triggers,
        "signals": signals,
        "readings": readings,
        "default-triggers": default_triggers,
        "commands": commands,
        "log-events": log_events,
    }
)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |" for row in lines)


def option_rows(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield name, meaning and default of each option, groups unfolded with dotted names."""
    for name, field in model.model_fields.items():
        group, is_list = _group_of(field.annotation)
        yield f"`{above}{name}`", field.description or "", _default(field)
        if group is not None:
            yield from option_rows(group, f"{above}{name}{'[]' if is_list else ''}.")


def _group_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the class of an option that is a group, and whether it is a list of them."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind, get_origin(annotation) is tuple
    return None, False


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    given = field.default
    if given is None or given in ("", (), {}) or isinstance(given, BaseModel):
        return NOTHING
    return f"`{as_written(given, _pattern(field))}`"


def _pattern(field: FieldInfo) -> str:
    """Return the pattern an editor checks the text with: it holds the unit."""
    schemas = (getattr(item, "json_schema", None) or {} for item in field.metadata)
    return next((str(schema["pattern"]) for schema in schemas if "pattern" in schema), "")


def as_written(given: object, pattern: str) -> str:
    """Return a default as a person writes it in YAML.

    Args:
        given: The default, in the units of the program.
        pattern: Of its text.

    Raises:
        TypeError: Of a kind that no option had so far.
    """
    if isinstance(given, Budget):
        return f"{given.usd}usd" if given.share is None else _percent(given.share)
    if isinstance(given, bool):
        return "on" if given else "off"
    if isinstance(given, timedelta):
        return _duration(given)
    if isinstance(given, int | float | Decimal):
        number = Decimal(str(given))
        return _percent(number) if "%" in pattern else _price(number, pattern)
    for kind, write in _TEXTS.items():
        if isinstance(given, kind):
            return write(given)
    raise TypeError(f"{given!r} is a default of a new kind; teach docs/generate.py to write it")


_TEXTS: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        Enum: lambda given: str(given.value),
        datetime: lambda given: f"{given.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        time: lambda given: f"{given:%H:%M}",
        ZoneInfo: lambda given: str(given.key),
        str: str,
    }
)


def _percent(fraction: float | Decimal) -> str:
    return f"{show(Decimal(str(fraction)) * 100)}%"


def _price(number: Decimal, pattern: str) -> str:
    return f"{show(number * 100)}c" if "(c|usd)" in pattern else show(number)


def _duration(span: timedelta) -> str:
    if span and span < timedelta(seconds=1):
        return f"{span / timedelta(milliseconds=1):g}ms"
    seconds = int(span.total_seconds())
    unit, size = next((each for each in _UNITS if seconds % each[1] == 0), _UNITS[-1])
    return f"{seconds // size}{unit}"


def _rule_section(kind: type[Rule], name: str) -> str:
    rule = find_rule(kind, name)
    parts = [f"### `{name}`", cleandoc(getdoc(rule) or "").replace("``", "`")]
    rows = list(option_rows(rule))
    if rows:
        parts.append(table(("option", "what it is", "default"), rows))
    parts.append(f"```yaml\n{example_of(kind, name)}\n```")
    return "\n\n".join(parts)


def example_of(kind: type[Rule], name: str) -> str:
    """Return the richest use of a rule in the shipped strategies, else in the tests' good files.

    A reading's is in the tests' good config.

    Raises:
        LookupError: Nobody uses it.
    """
    first = r"sizing:" if kind is SizingRule else rf" *- {name}:"
    if kind is ReadingRule:
        path = REPO / "tests/config/good.yaml"
        blocks = _blocks(path.read_text(encoding="utf-8").splitlines(), r" *[a-z_]+: \{rule:")
        found = [block for block in blocks if re.search(rf"rule: {name}\b", block)]
        return _under_computed(found, name)
    for folder in ("strategies", "tests/strategy/good"):
        found: list[str] = []
        for path in sorted((REPO / folder).glob("*.yaml")):
            # A signal and a trigger may have one name: signals stand above the triggers.
            above, _, below = path.read_text(encoding="utf-8").partition("\ntriggers:\n")
            found += _blocks((below if kind is TriggerRule else above).splitlines(), first)
        if kind is SizingRule:
            found = [block for block in found if re.search(rf"rule: {name}\b", block)]
        if found:
            richest = max(found, key=len)
            return _under_signals(richest) if kind is SignalRule else richest
    raise LookupError(
        f"no example of {kind.kind} '{name}'. Use it in a file under tests/strategy/good"
    )


def _under_signals(block: str) -> str:
    """Return a signal as it stands in a strategy."""
    return f"forecast:\n  signals:\n    - market\n    {block}"


def _under_computed(blocks: list[str], name: str) -> str:
    """Return a reading as it stands in a config.

    Raises:
        LookupError: Nobody uses it.
    """
    if not blocks:
        raise LookupError(f"no example of reading '{name}'. Use it in tests/config/good.yaml")
    head = "portfolio:\n  holdings: [{symbol: QQQ, value: 1000}]\n  computed:\n"
    return f"{head}    {blocks[0]}"


def _blocks(lines: list[str], first: str) -> Iterator[str]:
    """Yield each line that begins with ``first``, with the deeper ones below it."""
    for number, line in enumerate(lines):
        if not re.match(first, line):
            continue
        depth = len(line) - len(line.lstrip())
        block = [line]
        for later in lines[number + 1 :]:
            if not later.strip() or len(later) - len(later.lstrip()) <= depth:
                break
            block.append(later)
        yield "\n".join(row[depth:] for row in block)


def _command(name: str) -> click.Command:
    command: click.Command = import_module(f"bot.cli.commands.{name}").command
    return command


def _command_rows(name: str, command: click.Command) -> Iterator[tuple[str, str, str]]:
    """Yield a row for a command, or one for each of a group's commands."""
    if not isinstance(command, click.Group):
        yield _command_row(name, command)
        return
    for below, each in command.commands.items():
        yield from _command_rows(f"{name} {below}", each)


def _command_row(name: str, command: click.Command) -> tuple[str, str, str]:
    context = click.Context(command, info_name=name)
    arguments = (param for param in command.params if isinstance(param, click.Argument))
    usage = " ".join(["polyhedge", name, *(each.make_metavar(context) for each in arguments)])
    options = (param for param in command.params if isinstance(param, click.Option))
    meaning = " ".join(cleandoc(command.help or "").split())
    return f"`{usage}`", meaning, "<br>".join(_option(each, context) for each in options)


def _option(option: click.Option, context: click.Context) -> str:
    names, meaning = option.get_help_record(context) or ("", "")
    return f"`{names}`" if option.name in _COMMON else f"`{names}` {' '.join(meaning.split())}"


def main(arguments: list[str]) -> int:
    """Rewrite the pages, or with ``--check`` say which are old."""
    old = []
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = rewrite(before)
        if after == before:
            continue
        old.append(page.relative_to(REPO).as_posix())
        if "--check" not in arguments:
            page.write_text(after, encoding="utf-8")
    if "--check" in arguments and old:
        print(f"old: {', '.join(old)}. Run `make docs`.", file=sys.stderr)
        return 1
    print(f"rewritten: {', '.join(old)}" if old else "everything generated is up to date")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LookupError as error:
        sys.exit(str(error))

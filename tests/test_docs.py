"""The documentation says what the code does: nothing left out, nothing old, no dead link."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from bot.app.sweep.grid import read_grid
from bot.cli.program import COMMANDS
from bot.config import load_settings
from bot.config.file import ConfigFile
from bot.core import risk
from bot.errors import UserError
from bot.log import EVENTS
from bot.rules.rule import (
    ReadingRule,
    Rule,
    SignalRule,
    SizingRule,
    TriggerRule,
    find_rule,
    rule_names,
)
from bot.strategy import parse_strategy
from bot.strategy.file import StrategyFile

REPO = Path(__file__).resolve().parent.parent
PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
LEAST_STRATEGY = """
strategy: example
event: {market: {series: s, outcome: o}, adverse: "Yes", horizon: 90d}
impact: {asset_class: {equity: -1%}}
sizing: {rule: coverage, target: 50%}
limits: {max_premium_usd: 100, max_order_usd: 50}
"""
LEAST_CONFIG = "portfolio: {holdings: [{symbol: QQQ, value: 1000}]}\n"


def page_id(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def read(name: str) -> str:
    return (REPO / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPO / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_generated_parts_are_up_to_date(page: Path, generator: ModuleType) -> None:
    text = page.read_text(encoding="utf-8")
    assert generator.rewrite(text) == text, f"{page_id(page)} is old: run `make docs`"


def test_every_generated_part_stands_on_a_page(generator: ModuleType) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in generator.pages())
    for part in generator.PARTS:
        assert f"<!-- generated: {part} -->\n" in text


def test_changed_code_makes_a_page_old(generator: ModuleType) -> None:
    page = "<!-- generated: log-events -->\nsomething else\n<!-- end: log-events -->\n"
    assert "`cycle.finished`" in generator.rewrite(page)


@pytest.mark.parametrize("kind", [SizingRule, TriggerRule, SignalRule, ReadingRule])
def test_every_rule_is_documented_with_an_example(kind: type[Rule], generator: ModuleType) -> None:
    page = read("docs/reference.md" if kind is ReadingRule else "docs/strategies.md")
    for name in rule_names(kind):
        assert f"### `{name}`" in page
        assert generator.example_of(kind, name) in page
        for option, field in find_rule(kind, name).model_fields.items():
            assert field.description, f"{name}.{option} has no description"


def test_every_option_and_setting_is_documented(generator: ModuleType) -> None:
    for model, page in (
        (StrategyFile, "docs/strategies.md"),
        (ConfigFile, "docs/reference.md"),
    ):
        text = read(page)
        for name, meaning, _ in generator.option_rows(model):
            assert meaning, f"{name} has no description"
            assert f"| {name} |" in text


def test_every_command_is_documented() -> None:
    page = read("docs/reference.md")
    found = {path.stem for path in (REPO / "bot/cli/commands").glob("*.py")} - {"__init__"}
    assert found == set(COMMANDS)
    for name in COMMANDS:
        assert re.search(rf"`polyhedge {name}\b", page)
        assert import_module(f"bot.cli.commands.{name}").command.help


def test_every_log_event_is_documented() -> None:
    page = read("docs/reference.md")
    for name in EVENTS:
        assert f"| `{name}` |" in page


def test_every_reason_is_documented() -> None:
    page = read("docs/reference.md")
    source = "".join(path.read_text("utf-8") for path in (REPO / "bot/core").glob("*.py"))
    reasons = set(re.findall(r"Reason\(\s*code=(.*?)(?:,\s*text|$)", source, re.MULTILINE))
    codes = {code for each in reasons for code in re.findall(r'"([A-Z_]+)"', each)}
    controls = Path(str(risk.__file__)).read_text("utf-8")
    codes |= set(re.findall(r'"([A-Z]+_[A-Z_]+)"', controls))
    assert len(codes) > 40
    assert {code for code in codes if f"`{code}`" not in page} == set()


def yaml_blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, found in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8"))):
            yield f"{page_id(page)}-{number}", found[1]


def completed(block: str) -> str:
    """Return a block with what it leaves out, so that the real readers can read it."""
    given = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only
    if isinstance(given, list):
        return completed("triggers:\n" + "".join(f"  {row}\n" for row in block.splitlines()))
    least = LEAST_CONFIG if is_config(given) else LEAST_STRATEGY
    rest = (line for line in least.splitlines() if line and line.split(":")[0] not in given)
    return block + "\n" + "\n".join(rest) + "\n"


def is_grid(block: str) -> bool:
    given = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only
    return isinstance(given, dict) and given.keys() == {"options"}


def is_config(given: dict[str, object]) -> bool:
    return given.keys() <= ConfigFile.model_fields.keys()


BLOCKS = list(yaml_blocks())


@pytest.mark.parametrize("block", [text for _, text in BLOCKS], ids=[name for name, _ in BLOCKS])
def test_every_yaml_block_can_be_used(block: str, tmp_path: Path) -> None:
    if is_grid(block):
        (tmp_path / "grid.yaml").write_text(block, encoding="utf-8")
        for variant in read_grid(tmp_path / "grid.yaml", strategies=REPO / "strategies"):
            for name, changed in variant.files:
                parse_strategy(changed, name)
        return
    text = completed(block)
    if is_config(yaml.load(text, Loader=yaml.BaseLoader)):  # noqa: S506 - as above
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        load_settings(path, {})
    else:
        parse_strategy(text, "block.yaml")


def test_block_that_cannot_be_used_is_found() -> None:
    with pytest.raises(UserError, match="no unit"):
        parse_strategy(completed("costs: {max_spread: 4}"), "block.yaml")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_relative_link_resolves(page: Path) -> None:
    for target in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{page_id(page)}: {target} leads nowhere"
        assert linked.is_relative_to(REPO)
        if anchor:
            assert anchor in anchors(linked), f"{page_id(page)}: no heading for {target}"


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors that headings get: lower case, no punctuation, hyphens for spaces."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_decision_is_listed() -> None:
    listed = read("docs/adr/README.md")
    for page in (REPO / "docs/adr").glob("[0-9]*.md"):
        assert f"({page.name})" in listed
        for part in ("Context", "Decision", "Consequences", "What would change our mind"):
            assert f"\n## {part}\n" in page.read_text(encoding="utf-8")

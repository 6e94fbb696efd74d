"""What every rule is, and how a name in YAML becomes one.

A rule is a frozen record: its fields are its YAML options, its docstring is its manual page, the
name of its file is its name in YAML. There is no list of rules to edit.
"""

from abc import abstractmethod
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from bot.model.rule import EventProblem, Firing, Situation, Sized


class Rule(BaseModel):
    """A choice that a strategy file can name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: ClassVar[str]
    """Where rules of this kind stand under ``bot/rules``."""
    kind: ClassVar[str]
    """What a person calls them."""

    @classmethod
    def name(cls) -> str:
        """Return its name in YAML."""
        return cls.__module__.rpartition(".")[2]


class SizingRule(Rule):
    """Says how many shares to hold; fulfils ``bot.model.rule.Sizing``."""

    folder: ClassVar[str] = "sizing"
    kind: ClassVar[str] = "sizing rule"

    @property
    def is_joint(self) -> bool:
        """Whether all events with this rule are decided together."""
        return False

    @abstractmethod
    def size(self, problem: EventProblem) -> Sized:
        """Return the target."""


class TriggerRule(Rule):
    """Says when to plan again; fulfils ``bot.model.rule.Trigger``."""

    folder: ClassVar[str] = "triggers"
    kind: ClassVar[str] = "trigger"

    @abstractmethod
    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Return the firing, if any, and the state to hand in next time."""

    def next_at(self, situation: Situation) -> datetime | None:  # noqa: ARG002 - the protocol's
        """Return when time alone makes it fire; None: time cannot."""
        return None

    def firing(self, text: str, *, reading: float, threshold: float) -> Firing:
        """Return a firing in this rule's name."""
        return Firing(trigger=self.name(), text=text, reading=reading, threshold=threshold)


Kind = TypeVar("Kind", bound=Rule)


def rule_names(kind: type[Rule]) -> tuple[str, ...]:
    """Return the names of all rules of a kind, sorted."""
    package = import_module(f"bot.rules.{kind.folder}")
    return _modules_in(tuple(package.__path__))


@cache
def _modules_in(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return what stands in folders of the program; looked up once, not for each trigger."""
    return tuple(sorted(module.name for module in iter_modules(folders)))


def find_rule(kind: type[Kind], name: str) -> type[Kind]:
    """Return the one rule that ``bot/rules/<folder>/<name>.py`` defines.

    Raises:
        LookupError: there is no such file; ``rule_names`` has those there are.
        TypeError: the file does not define exactly one rule of this kind.
    """
    if name not in rule_names(kind):
        raise LookupError(f"{name} is not a {kind.kind}")
    module = import_module(f"bot.rules.{kind.folder}.{name}")
    found = [
        defined
        for defined in vars(module).values()
        if isinstance(defined, type)
        and issubclass(defined, kind)
        and defined.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise TypeError(
            f"{module.__name__} defines {len(found)} classes of {kind.kind}; one is due"
        )
    return found[0]

"""What every rule is, and how a name in YAML becomes one.

A rule is a frozen record: its fields are its YAML options, its docstring is its manual page, the
name of its file is its name in YAML. There is no list of rules to edit.
"""

from abc import abstractmethod
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from bot.core.rounding import round_estimate
from bot.model.portfolio import Reading
from bot.model.rule import EventProblem, Firing, Situation, Sized
from bot.model.signal import Estimate, Get, Outlook, Raw


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

    def pause(self) -> timedelta:
        """Return how long it is not asked again after it fired."""
        return timedelta(0)

    def firing(
        self, text: str, *, reading: float, threshold: float, hysteresis: float = 0.0
    ) -> Firing:
        """Return a firing in this rule's name."""
        return Firing(
            trigger=self.name(),
            text=text,
            reading=reading,
            threshold=threshold,
            hysteresis=hysteresis,
            cooldown_s=self.pause().total_seconds(),
        )


class SignalRule(Rule):
    """Says how probable the adverse outcome is; fulfils ``bot.model.signal.Signal``."""

    folder: ClassVar[str] = "signals"
    kind: ClassVar[str] = "signal"

    @abstractmethod
    async def fetch(self, get: Get) -> Raw:
        """Return what the estimate is made from."""

    @abstractmethod
    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:
        """Return the estimate."""

    def said(self, probability: float, *, as_of: datetime, source: str, note: str) -> Estimate:
        """Return an estimate in this rule's name, in digits that every machine agrees on."""
        return Estimate(
            signal=self.name(),
            probability=round_estimate(probability),
            as_of=as_of,
            source=source,
            note=note,
        )


class ReadingRule(Rule):
    """Computes readings from recorded series; fulfils ``bot.model.signal.ReadingRule``."""

    folder: ClassVar[str] = "readings"
    kind: ClassVar[str] = "reading"

    @abstractmethod
    async def fetch(self, get: Get) -> tuple[Raw, ...]:
        """Return the series it needs."""

    @abstractmethod
    def read(self, raw: tuple[Raw, ...], name: str, now: datetime) -> tuple[Reading, ...]:
        """Return the readings; the first one is called ``name``."""


def level_and_stress(
    name: str, level: float, *, stress: bool, as_of: datetime
) -> tuple[Reading, ...]:
    """Return a reading, and beside it 1 in stress and 0 in calm."""
    return (
        Reading(name=name, number=round_estimate(level), as_of=as_of),
        Reading(name=f"{name}.stress", number=float(stress), as_of=as_of),
    )


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

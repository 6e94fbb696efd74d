"""The folder of strategy files, read again at each cycle.

A good change takes effect and is told with old and new text; a bad file keeps its last good
version; a file that is gone leaves its strategy behind, marked as removed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from bot.errors import StrategyError
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.strategy.parse import DEFAULT_MAX_QUOTE_AGE, parse_strategy
from bot.yaml_lines.reader import flatten, line_of, read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One option of one strategy that changed while the program runs."""

    event: EventId
    option: str
    """Dotted name; ``strategy`` for a file that came or came back."""
    old: str
    """As it stood in the file; empty if the option is new."""
    new: str
    """Empty if the option is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the folder says now, and what is different from last time."""

    strategies: tuple[Strategy, ...]
    """All in force, by name; for a broken file its last good version."""
    edits: tuple[Edit, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    """Path -> every error in it; here until it is repaired or removed."""
    removed: tuple[Strategy, ...] = ()
    """Whose files went away since the start; here until they come back."""


_Stamp = tuple[int, int, int]
"""Inode, size and time of change: if all are the same, the file was not touched."""


@dataclass(slots=True, kw_only=True)
class _File:
    """What is known of one file."""

    stamp: _Stamp
    digest: str
    parsed: Strategy | None
    """What stands in it now; None if that cannot be used."""
    problem: str
    """Why not."""
    good: Strategy | None
    """Its last version that was in force."""


def load_strategies(
    folder: Path, *, max_quote_age: timedelta = DEFAULT_MAX_QUOTE_AGE
) -> tuple[tuple[Strategy, ...], tuple[str, ...]]:
    """Return the strategies of a folder and one report for each file that cannot be used."""
    changes = StrategyFolder(folder=folder, max_quote_age=max_quote_age).reload()
    return changes.strategies, tuple(changes.broken.values())


def strategy_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are strategies, by name.

    Raises:
        OSError: The folder cannot be read.
    """
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in {".yaml", ".yml"} and not path.name.startswith((".", "#"))
    )


class StrategyFolder:
    """Keeps the strategies of one folder.

    Args:
        folder: Every ``*.yaml`` and ``*.yml`` in it counts, but for hidden files.
        max_quote_age: For files that do not say.
    """

    def __init__(self, *, folder: Path, max_quote_age: timedelta) -> None:
        self._folder = folder
        self._max_quote_age = max_quote_age
        self._files: dict[str, _File] = {}
        self._last = Changes(strategies=())

    def reload(self) -> Changes:
        """Read what has changed on disk.

        A folder that cannot be read is not an empty one: everything stays in force.
        """
        try:
            paths = strategy_files(self._folder)
        except OSError as error:
            reason = (
                f"{self._folder}: the folder of strategies cannot be read: {error.strerror}. Put it"
                " back, or name another one as `strategies:` in config.yaml."
            )
            broken = {**self._last.broken, str(self._folder): reason}
            return Changes(
                strategies=self._last.strategies, broken=broken, removed=self._last.removed
            )
        gone = self._files.keys() - {str(path) for path in paths}
        for name in gone:
            del self._files[name]
        touched = [self._read(path) for path in paths]
        if gone or any(touched) or not paths:
            self._last = self._settle()
            return self._last
        return replace(self._last, edits=())

    def _read(self, path: Path) -> bool:
        """Bring what is known of one file up to date; say whether anything is new."""
        name, known = str(path), self._files.get(str(path))
        good = known.good if known else None
        try:
            found = path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if known and known.stamp == stamp:
                return False
            raw = path.read_bytes()
        except OSError as error:
            problem = f"{name}: cannot be read: {error.strerror}. Repair it or remove it."
            self._files[name] = _File(
                stamp=(0, 0, 0), digest="", parsed=None, problem=problem, good=good
            )
            return True
        digest = sha256(raw).hexdigest()
        if known and known.digest == digest:
            known.stamp = stamp
            return False
        parsed, problem = None, ""
        try:
            parsed = parse_strategy(raw, name, max_quote_age=self._max_quote_age)
        except StrategyError as error:
            problem = str(error)
        self._files[name] = _File(
            stamp=stamp, digest=digest, parsed=parsed, problem=problem, good=good
        )
        return True

    def _settle(self) -> Changes:
        """Decide which version of which file is in force; no two may hedge the same."""
        before = {strategy.event: strategy for strategy in self._last.strategies}
        in_force: list[Strategy] = []
        broken: dict[str, str] = {}
        if not self._files:
            text = (
                "holds no strategy (*.yaml). Write one, or let `polyhedge init` write an example."
            )
            broken[str(self._folder)] = f"{self._folder}: {text}"
        # What was in force already goes first: a newcomer never pushes it out.
        for name, file in sorted(self._files.items(), key=lambda item: (_is_new(item[1]), item[0])):
            clash = _clash(file.parsed, in_force) if file.parsed else file.problem
            accepted = file.good if clash else file.parsed
            if clash:
                broken[name] = clash
            if accepted and not _clash(accepted, in_force):
                file.good = accepted
                in_force.append(accepted)
        in_force.sort(key=lambda strategy: strategy.event)
        now = {strategy.event: strategy for strategy in in_force}
        left = {strategy.event: strategy for strategy in self._last.removed} | before
        return Changes(
            strategies=tuple(in_force),
            edits=tuple(_edits(before, now)),
            broken=broken,
            removed=tuple(left[event] for event in sorted(left.keys() - now.keys())),
        )


def _is_new(file: _File) -> bool:
    return file.parsed is not None and file.parsed is not file.good


def _clash(strategy: Strategy, others: Iterable[Strategy]) -> str:
    """Return why ``strategy`` cannot be in force beside ``others``; empty if it can."""
    for other in others:
        if other.event == strategy.event:
            return (
                f"{_at(strategy, 'strategy')}: strategy is {strategy.event}, and so it is in"
                f" {_at(other, 'strategy')}. Rename one of them."
            )
        if _hedged(other) == _hedged(strategy):
            return (
                f"{_at(strategy, 'event', 'market')}: event.market and event.adverse are those of"
                f" {_at(other, 'event', 'market')}. One outcome has one strategy: remove one."
            )
    return ""


def _hedged(strategy: Strategy) -> tuple[str, ...]:
    market = strategy.market
    names = (market.slug, market.condition_id, market.series, market.match, strategy.adverse)
    return tuple(name.casefold() for name in names)


def _at(strategy: Strategy, *option: str) -> str:
    top = read_yaml(strategy.text.encode(), path=strategy.path)
    return f"{strategy.path}:{line_of(top, option)}"


def _edits(before: Mapping[EventId, Strategy], now: Mapping[EventId, Strategy]) -> Iterator[Edit]:
    for event in sorted(before.keys() | now.keys()):
        old, new = before.get(event), now.get(event)
        if old is None or new is None:
            came, went = (new.path if new else ""), (old.path if old else "")
            yield Edit(event=event, option="strategy", old=went, new=came)
        elif old.digest != new.digest:
            was, stands = _options(old), _options(new)
            for option in [*was, *(name for name in stands if name not in was)]:
                if was.get(option) != stands.get(option):
                    yield Edit(
                        event=event,
                        option=option,
                        old=was.get(option, ""),
                        new=stands.get(option, ""),
                    )


def _options(strategy: Strategy) -> dict[str, str]:
    return flatten(read_yaml(strategy.text.encode(), path=strategy.path))

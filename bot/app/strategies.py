"""The strategies in force: those of the folder, and those that only the ledger remembers."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.config import Settings
from bot.errors import StrategyError
from bot.ledger.questions import Questions
from bot.model.portfolio import Holding
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.strategy import Changes, StrategyFolder, find_contradictions, parse_strategy


class KnownStrategies:
    """Reads the folder; what changed in it while the daemon was down is told by the ledger.

    A file that cannot be used keeps its last good version over a restart too; a hedge whose file
    went while the daemon was down keeps its rules as a removed one.

    Impact lines that contradict each other for what is owned make a file one that cannot be used.

    Args:
        settings: Names the folder.
        ledger: Kept the text of every strategy that it decided with.
        holdings: Returns what is owned now.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        ledger: Questions,
        holdings: Callable[[], tuple[Holding, ...]],
    ) -> None:
        self._folder = StrategyFolder(
            folder=settings.strategies, max_quote_age=settings.max_quote_age
        )
        self._settings = settings
        self._ledger = ledger
        self._holdings = holdings
        self._remembered: tuple[Strategy, ...] | None = None
        self._sound: dict[EventId, Strategy] = {}
        self._contradictions: dict[str, str] = {}
        self._looked_at: tuple[tuple[Strategy, ...], tuple[Holding, ...]] = ((), ())

    def reload(self) -> Changes:
        """Return what is in force now; among the removed ones are those gone while down."""
        changes = self._without_contradictions(self._folder.reload())
        if self._remembered is None:
            self._remembered = tuple(self._remember())
        known = {strategy.event for strategy in (*changes.strategies, *changes.removed)}
        missing = [strategy for strategy in self._remembered if strategy.event not in known]
        if not missing:
            return changes
        # A folder that cannot be read is not an empty one.
        readable = os.access(self._settings.strategies, os.R_OK)
        broken = [s for s in missing if s.path in changes.broken or not readable]
        held = self._held()
        removed = [s for s in missing if s not in broken and s.event in held]
        in_force = sorted((*changes.strategies, *broken), key=lambda strategy: strategy.event)
        return replace(changes, strategies=tuple(in_force), removed=(*changes.removed, *removed))

    def _without_contradictions(self, changes: Changes) -> Changes:
        """Put the last sound version in the place of a strategy that contradicts itself."""
        looked_at = (changes.strategies, self._holdings())
        if looked_at != self._looked_at:
            self._looked_at = looked_at
            self._contradictions = {
                strategy.path: "\n".join(found)
                for strategy in changes.strategies
                if (found := find_contradictions(strategy, looked_at[1]))
            }
            for strategy in changes.strategies:
                if strategy.path not in self._contradictions:
                    self._sound[strategy.event] = strategy
        if not self._contradictions:
            return changes
        refused = {s.event for s in changes.strategies if s.path in self._contradictions}
        in_force = (
            self._sound.get(strategy.event) if strategy.path in self._contradictions else strategy
            for strategy in changes.strategies
        )
        return replace(
            changes,
            strategies=tuple(strategy for strategy in in_force if strategy is not None),
            edits=tuple(edit for edit in changes.edits if edit.event not in refused),
            broken={**changes.broken, **self._contradictions},
        )

    def _remember(self) -> Iterator[Strategy]:
        """Yield the strategies of the last decision, as their files were then."""
        last = self._ledger.last_decision_cycle()
        for file in self._ledger.decision(last).strategies if last is not None else ():
            try:
                yield parse_strategy(
                    file.text.encode(), file.path, max_quote_age=self._settings.max_quote_age
                )
            except StrategyError:
                continue  # an older program wrote it; its positions run to their market's end

    def _held(self) -> set[EventId]:
        last = self._ledger.last_cycle()
        if last is None:
            return set()
        account = self._ledger.account(last[1])
        return {item.event for item in account.positions} | {item.event for item in account.orders}

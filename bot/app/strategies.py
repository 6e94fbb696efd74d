"""The strategies in force: those of the folder, and those that only the ledger remembers."""

import os
from collections.abc import Iterator
from dataclasses import replace

from bot.config import Settings
from bot.errors import StrategyError
from bot.ledger.questions import Questions
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.strategy import Changes, StrategyFolder, parse_strategy


class KnownStrategies:
    """Reads the folder; what changed in it while the daemon was down is told by the ledger.

    A file that cannot be used keeps its last good version over a restart too; a hedge whose file
    went while the daemon was down keeps its rules as a removed one.

    Args:
        settings: Names the folder.
        ledger: Kept the text of every strategy that it decided with.
    """

    def __init__(self, *, settings: Settings, ledger: Questions) -> None:
        self._folder = StrategyFolder(
            folder=settings.strategies, max_quote_age=settings.max_quote_age
        )
        self._settings = settings
        self._ledger = ledger
        self._remembered: tuple[Strategy, ...] | None = None

    def reload(self) -> Changes:
        """Return what is in force now; among the removed ones are those gone while down."""
        changes = self._folder.reload()
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

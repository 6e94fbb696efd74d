"""The strategies in force: those of the folder, and those that only the ledger remembers."""

from dataclasses import replace

from bot.config import Settings
from bot.errors import StrategyError
from bot.ledger.questions import Questions
from bot.model.strategy import Strategy
from bot.strategy import Changes, StrategyFolder, parse_strategy


class KnownStrategies:
    """Reads the folder; a hedge whose file went while the daemon was down keeps its rules.

    Args:
        settings: Names the folder.
        ledger: Kept the text of every strategy it traded for.
    """

    def __init__(self, *, settings: Settings, ledger: Questions) -> None:
        self._folder = StrategyFolder(
            folder=settings.strategies, max_quote_age=settings.max_quote_age
        )
        self._settings = settings
        self._ledger = ledger
        self._orphans: tuple[Strategy, ...] | None = None

    def reload(self) -> Changes:
        """Return what is in force now, with orphaned hedges among the removed ones."""
        changes = self._folder.reload()
        if self._orphans is None:
            self._orphans = self._find_orphans(changes)
        back = {strategy.event for strategy in (*changes.strategies, *changes.removed)}
        orphans = tuple(orphan for orphan in self._orphans if orphan.event not in back)
        return replace(changes, removed=(*changes.removed, *orphans))

    def _find_orphans(self, changes: Changes) -> tuple[Strategy, ...]:
        known = {strategy.event for strategy in changes.strategies}
        orphans: list[Strategy] = []
        for event, memory in self._ledger.memories().items():
            text = None if event in known else self._ledger.strategy_text(memory.strategy_digest)
            if text is None:
                continue
            try:
                orphan = parse_strategy(
                    text.encode(),
                    f"{self._settings.strategies}/{event}.yaml",
                    max_quote_age=self._settings.max_quote_age,
                )
            except StrategyError:
                continue  # an older program wrote it; its positions run to their market's end
            orphans.append(orphan)
        return tuple(orphans)

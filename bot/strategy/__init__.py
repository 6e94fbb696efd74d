"""Strategy files -> ``Strategy``, with messages a user can act on; nothing after sees YAML."""

from bot.strategy.folder import Changes, Edit, StrategyFolder, load_strategies
from bot.strategy.holdings import find_contradictions, find_idle_lines, find_idle_tags
from bot.strategy.parse import DEFAULT_MAX_QUOTE_AGE, parse_strategy
from bot.strategy.schema import strategy_schema

__all__ = [
    "DEFAULT_MAX_QUOTE_AGE",
    "Changes",
    "Edit",
    "StrategyFolder",
    "find_contradictions",
    "find_idle_lines",
    "find_idle_tags",
    "load_strategies",
    "parse_strategy",
    "strategy_schema",
]

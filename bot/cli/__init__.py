"""The commands of `polyhedge`, what they print and how they exit; nothing else prints."""

from bot.cli.program import main

__all__ = ["main"]

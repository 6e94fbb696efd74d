"""What a terminal would show."""

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType

from bot.app.sheet import EventSheet, make_sheets
from bot.core.decide import decide
from bot.model.decision import Decision
from bot.model.strategy import Strategy
from bot.model.view import View


def printed(*parts: RenderableType, width: int = 100) -> str:
    """Return what a terminal of this width would show."""
    console = Console(file=io.StringIO(), width=width)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def words_of(parts: Iterable[RenderableType]) -> str:
    """Return what is shown with its line breaks and columns taken out."""
    return " ".join(printed(*parts).split())


def sheets_for(view: View, strategy: Strategy) -> tuple[EventSheet, Decision]:
    decision = decide(view, [strategy])
    (sheet,) = make_sheets(view, decision, {strategy.event: strategy})
    return sheet, decision

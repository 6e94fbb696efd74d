"""A recorded decision in words, and whether it comes out the same today."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bot.cli.show.words import instant
from bot.engine.explain import Explained
from bot.ledger import Recorded

_MOST_LINES = 60


def render_recorded(recorded: Recorded) -> Text:
    """Return when and by which program it was decided."""
    decision = recorded.decision
    head = Text.assemble((f"cycle {decision.cycle}", "bold"), f" at {instant(decision.at)}")
    head.append(f" · decided by polyhedge {recorded.version}")
    if recorded.view is None:
        head.append(f"\nits view was dropped because of its age; hash {recorded.view_digest}")
    return head


def render_again(explained: Explained, *, version: str) -> Iterator[RenderableType]:
    """Yield whether the same came out, and the difference if not."""
    recorded = explained.recorded
    if explained.same_bytes:
        size = len(recorded.decision_bytes)
        yield Text(f"Decided again: the same, byte for byte ({size:,} bytes).", "green")
        return
    if recorded.version == version:
        yield Text("Decided again by the same program: NOT the same. Report this.", "bold red")
    else:
        yield Text(
            f"Decided again by polyhedge {version} (recorded by {recorded.version}): not the same."
            " - is recorded, + is today's:",
            "yellow",
        )
    for line in explained.difference[:_MOST_LINES]:
        yield Text(f"  {line}")
    if len(explained.difference) > _MOST_LINES:
        yield Text(f"  {len(explained.difference) - _MOST_LINES} lines more: use --json", "dim")

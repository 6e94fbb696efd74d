"""Runs a recorded decision again, from what it knew, and says whether the same comes out."""

from dataclasses import dataclass
from difflib import unified_diff

from bot.core.decide import decide
from bot.errors import LedgerError
from bot.ledger.codec import encode_decision
from bot.ledger.questions import Recorded
from bot.model.decision import Decision
from bot.strategy import parse_strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A recorded decision beside the same decision made today."""

    recorded: Recorded
    again: Decision
    same_bytes: bool
    difference: tuple[str, ...]
    """Lines of a unified diff of the two, empty if the bytes are the same."""


def explain(recorded: Recorded) -> Explained:
    """Decide again on the recorded view with the recorded strategy files.

    Raises:
        LedgerError: The view was dropped because of its age.
        StrategyError: This version of the program cannot read a recorded strategy file.
    """
    view = recorded.view
    if view is None:
        raise LedgerError(
            f"the view of cycle {recorded.decision.cycle} was dropped because of its age"
            " (ledger setting keep_views); its decision and the hash of its view are kept"
        )
    strategies = [
        parse_strategy(text.text.encode(), text.path, max_quote_age=view.limits.max_quote_age)
        for text in recorded.strategies
    ]
    again = decide(view, strategies)
    body = encode_decision(again)
    same = body == recorded.decision_bytes
    return Explained(
        recorded=recorded,
        again=again,
        same_bytes=same,
        difference=() if same else _difference(recorded.decision_bytes, body),
    )


def _difference(before: bytes, after: bytes) -> tuple[str, ...]:
    return tuple(
        unified_diff(_lines(before), _lines(after), "recorded", "decided again", lineterm="", n=1)
    )


def _lines(body: bytes) -> list[str]:
    import json

    return json.dumps(json.loads(body), indent=1).splitlines()

"""The track record as a person asks for it: what is forecast now, and how good that was so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.forecast import find_weaknesses
from bot.ledger.questions import Questions
from bot.ledger.record import Awaited
from bot.model.signal import MARKET, OWN_VIEW, Estimate, Learned
from bot.model.units import EventId

if TYPE_CHECKING:
    from bot.core.track import SourceScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """All that is known of our forecasts."""

    awaited: tuple[Awaited, ...]
    """Markets whose outcome is not known yet, with their newest forecast."""
    resolved: int
    """Markets that were forecast and have resolved."""
    scores: "tuple[SourceScore, ...]"
    learned: Learned

    @property
    def weaknesses(self) -> Mapping[EventId, tuple[str, ...]]:
        """What makes the newest forecast of each event weak; its signals weigh the same here."""
        found = {each.event: _weaknesses(each, self.learned) for each in self.awaited}
        return {event: notes for event, notes in found.items() if notes}


def _weaknesses(awaited: Awaited, learned: Learned) -> tuple[str, ...]:
    signals = [
        Estimate(signal=name, probability=said, as_of=awaited.at, source=name, note="")
        for name, said in awaited.estimates.items()
        if name != OWN_VIEW
    ]
    names = [MARKET, *awaited.estimates]
    return find_weaknesses(names, signals, [1.0] * len(signals), learned)


def read_track(ledger: Questions) -> Track:
    """Return the track record of a ledger."""
    with ledger.snapshot():
        awaited, scored, learned = ledger.awaited(), ledger.scored(), ledger.learned()
    if not scored:
        return Track(awaited=awaited, resolved=0, scores=(), learned=learned)
    from bot.core.track import score_track

    return Track(
        awaited=awaited,
        resolved=len({each.token_id for each in scored}),
        scores=score_track(scored),
        learned=learned,
    )

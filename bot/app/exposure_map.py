"""The exposure map: what the portfolio is made of, and what each event does to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.app.preview import Preview
from bot.app.sheet import EventSheet, make_sheets
from bot.core.exposure import ExposureLine
from bot.model.portfolio import Tags
from bot.model.strategy import Strategy
from bot.model.units import EventId, UsdEst

GROUPS: Mapping[str, Callable[[Tags], str]] = {
    "sector": lambda tags: tags.sector,
    "region": lambda tags: tags.region,
    "cluster": lambda tags: tags.cluster,
    "asset class": lambda tags: tags.asset_class,
}
UNTAGGED = "(no tag)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one tag has of the portfolio and of an event's change; or of the portfolio alone."""

    group: str
    name: str
    usd_est: UsdEst


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMap:
    """What one event does to the portfolio; changes are USD, negative hurts."""

    event: EventId
    why: str
    adverse: str
    """The outcome that hurts us."""
    probability: float | None
    """The market's; None if it is not known."""
    difference_usd_est: UsdEst | None
    """Worth if it happens minus worth if it does not; None if it needs what is not known."""
    if_it_happens_usd_est: UsdEst | None
    """Against today's worth, which already holds the probability."""
    if_it_does_not_usd_est: UsdEst | None
    lines: tuple[ExposureLine, ...]
    parts: tuple[Part, ...]
    """Of the difference, by tag."""
    problem: str
    """Why the probability is not known; empty if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureMap:
    """The whole map at one instant."""

    at: datetime
    portfolio_usd_est: UsdEst
    prices_as_of: datetime
    unpriced: tuple[str, ...]
    """Holdings that are left out because nothing says what they are worth."""
    parts: tuple[Part, ...]
    events: tuple[EventMap, ...]


def draw_map(seen: Preview) -> ExposureMap:
    """Return the map behind a preview, the event that hurts most first."""
    portfolio = seen.view.portfolio
    sheets = make_sheets(seen.view, seen.decision, seen.strategies)
    left_out = bool(portfolio.unpriced)
    events = [
        _map_event(sheet, seen.strategies[sheet.decision.event], left_out=left_out)
        for sheet in sheets
    ]
    return ExposureMap(
        at=seen.view.now,
        portfolio_usd_est=portfolio.usd_est,
        prices_as_of=portfolio.as_of,
        unpriced=portfolio.unpriced,
        parts=_parts((holding.tags, holding.usd_est) for holding in portfolio.holdings),
        events=tuple(sorted(events, key=lambda event: event.difference_usd_est or 0.0)),
    )


def _map_event(sheet: EventSheet, strategy: Strategy, *, left_out: bool) -> EventMap:
    """Return what one event does; where something is left out, what touches nothing is not known.

    Today's worth is ``(1 - p) * worth if not + p * worth if``, so against today it is
    ``(1 - p) * difference`` if the event happens and ``-p * difference`` if not.
    """
    exposure, forecast = sheet.exposure, sheet.decision.forecast
    p = forecast.market if forecast else None
    lines = exposure.lines if exposure else ()
    is_known = exposure is not None and (lines or not left_out)
    difference = 0.0 - exposure.loss_usd_est if exposure and is_known else None
    return EventMap(
        event=strategy.event,
        why=strategy.why,
        adverse=strategy.adverse,
        probability=p,
        difference_usd_est=None if difference is None else UsdEst(difference),
        if_it_happens_usd_est=_times(difference, None if p is None else 1.0 - p),
        if_it_does_not_usd_est=_times(difference, None if p is None else 0.0 - p),
        lines=lines,
        parts=_parts((line.tags, line.change_usd_est) for line in lines),
        problem="" if forecast else _first_reason(sheet),
    )


def _times(difference: float | None, factor: float | None) -> UsdEst | None:
    if difference is None or factor is None:
        return None
    return UsdEst(difference * factor)


def _first_reason(sheet: EventSheet) -> str:
    reasons = sheet.decision.reasons
    return reasons[0].text if reasons else "no market was read"


def _parts(tagged: Iterable[tuple[Tags, UsdEst]]) -> tuple[Part, ...]:
    """Return the sums by tag, the largest of each group first."""
    rows = tuple(tagged)
    found: list[Part] = []
    for group, name_of in GROUPS.items():
        sums: dict[str, float] = {}
        for tags, usd in rows:
            name = name_of(tags) or UNTAGGED
            sums[name] = sums.get(name, 0.0) + usd
        largest_first = sorted(sums.items(), key=lambda item: -abs(item[1]))
        found.extend(Part(group=group, name=n, usd_est=UsdEst(usd)) for n, usd in largest_first)
    return tuple(found)

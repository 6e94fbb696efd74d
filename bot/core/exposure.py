"""What the portfolio loses or gains if an event happens, holding by holding.

**Source:** HEDGING section 1.1: with event impact ``theta`` (a difference between the two
outcomes' worth), ``V(event) - V(no event) = sum(v_i * theta_i)``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from bot.model.portfolio import PricedHolding, Tags
from bot.model.strategy import Impact, ImpactBasis, ImpactKey, ImpactLine, Strategy
from bot.model.units import EventId, UsdEst
from bot.model.view import EventView, View

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLine:
    """One holding's part in an event's exposure."""

    symbol: str
    worth_usd_est: UsdEst
    change_usd_est: UsdEst
    """Worth if it happens minus worth if it does not, USD; negative hurts."""
    because: str
    """What the figure comes from: an impact line or the holding's own tag, with ``file:line``."""
    tags: Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What an event does to the whole portfolio."""

    event: EventId
    loss_usd_est: UsdEst
    """USD lost if it happens, against if it does not; negative is a gain."""
    lines: tuple[ExposureLine, ...]
    """Touched holdings only, the largest loss first."""


def measure_exposure(
    holdings: Sequence[PricedHolding], *, event: EventId, impact: Impact, probability: float
) -> Exposure:
    """Return what ``event`` does to ``holdings``, holding by holding.

    Args:
        holdings: In USD; shorts are negative and gain where longs lose.
        event: Whose ``events`` tags on holdings count before any impact line.
        impact: Lines of the strategy. A symbol beats tags; among tags the first of
            ``ImpactKey``'s order that matches.
        probability: Market probability of the event, used when the impact is measured from
            today's price, which already holds that probability:
            ``theta = change / (1 - probability)``.
    """
    scale = _scale(impact, probability)
    changes = _changes(holdings, event=event, impact=impact)
    loss = (0.0 - sum(change.usd for change in changes)) * scale
    lines = [
        ExposureLine(
            symbol=change.holding.symbol,
            worth_usd_est=change.holding.usd_est,
            change_usd_est=UsdEst(change.usd * scale),
            because=_say_because(change, event=event),
            tags=change.holding.tags,
        )
        for change in changes
    ]
    lines.sort(key=lambda line: line.change_usd_est)
    return Exposure(event=event, loss_usd_est=UsdEst(loss), lines=tuple(lines))


def measure_loss(
    holdings: Sequence[PricedHolding], *, event: EventId, impact: Impact, probability: float
) -> UsdEst:
    """Return ``measure_exposure(...).loss_usd_est`` without the words: each cycle asks for it."""
    return UsdEst(_loss(_Same(holdings), event, _Same(impact)) * _scale(impact, probability))


def measure_impacts(
    holdings: Sequence[PricedHolding], *, event: EventId, impact: Impact, probability: float
) -> list[float]:
    """Return what ``event`` does to each holding, in their order, as a fraction of its worth.

    Args:
        holdings: As in `measure_exposure`, and so the rest.
        event: Whose tags count.
        impact: Lines of the strategy.
        probability: Market probability of the event.
    """
    scale = _scale(impact, probability)
    changed = {
        id(change.holding): change.usd * scale / change.holding.usd_est
        for change in _changes(holdings, event=event, impact=impact)
        if change.holding.usd_est
    }
    return [changed.get(id(holding), 0.0) for holding in holdings]


class _Same(Generic[_T]):
    """Stands for a record that is equal to itself only: far quicker than comparing holdings."""

    __slots__ = ("record",)

    def __init__(self, record: _T) -> None:
        self.record = record

    def __hash__(self) -> int:
        return id(self.record)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.record is other.record


@lru_cache(maxsize=256)
def _loss(holdings: _Same[Sequence[PricedHolding]], event: EventId, impact: _Same[Impact]) -> float:
    """Return the loss before the scale of the basis, USD.

    Remembered, because only books change between two readings of the portfolio. What is remembered
    holds the records themselves, so that no other record can take their place.
    """
    changes = _changes(holdings.record, event=event, impact=impact.record)
    return 0.0 - sum(change.usd for change in changes)


class _Change(NamedTuple):
    """What happens to one holding, USD before the scale of the basis."""

    holding: PricedHolding
    line: ImpactLine | None
    """None: the holding's own tag says it."""
    usd: float
    part: float
    """Of a line in USD: the holding's part in it; else 1."""


PRICED_IN = 0.9
"""An impact measured from today's price is not scaled up past this probability: once the market is
nearly sure, today's price holds nearly all of it, and what is left cannot be ten times as much."""


def _scale(impact: Impact, probability: float) -> float:
    if impact.basis is ImpactBasis.DIFFERENCE:
        return 1.0
    return 1.0 / (1.0 - min(probability, PRICED_IN))


_NameOf = Callable[[PricedHolding], str]

_NAME_UNDER: dict[ImpactKey, _NameOf] = {
    ImpactKey.SYMBOL: attrgetter("symbol"),
    ImpactKey.CLUSTER: attrgetter("tags.cluster"),
    ImpactKey.SECTOR: attrgetter("tags.sector"),
    ImpactKey.ASSET_CLASS: attrgetter("tags.asset_class"),
    ImpactKey.REGION: attrgetter("tags.region"),
}
"""In ``ImpactKey``'s order: the first that matches a holding counts."""


def _changes(holdings: Sequence[PricedHolding], *, event: EventId, impact: Impact) -> list[_Change]:
    """Return what happens to each holding that the event touches, in their order."""
    lines = _lines_by_name(impact)
    found: list[_Change] = []
    shared: dict[ImpactLine, float] = {}
    for holding in holdings:
        own = holding.tags.events.get(event)
        if own is not None:
            found.append(_Change(holding, None, holding.usd_est * own, 1.0))
            continue
        for name_of, by_name in lines:
            line = by_name.get(name_of(holding).casefold())
            if line is None:
                continue
            if line.usd is not None:
                shared[line] = shared.get(line, 0.0) + abs(holding.usd_est)
            found.append(_Change(holding, line, holding.usd_est * (line.fraction or 0.0), 1.0))
            break
    return [_share(change, shared) for change in found] if shared else found


def _lines_by_name(impact: Impact) -> list[tuple[_NameOf, dict[str, ImpactLine]]]:
    """Return for each kind of name what it says by name, in the order in which they count."""
    by_key: dict[ImpactKey, dict[str, ImpactLine]] = {}
    for line in impact.lines:
        by_key.setdefault(line.key, {}).setdefault(line.name.casefold(), line)
    return [(name_of, by_key[key]) for key, name_of in _NAME_UNDER.items() if key in by_key]


def _share(change: _Change, shared: Mapping[ImpactLine, float]) -> _Change:
    """Give a holding under a line in USD its part, by absolute worth."""
    line = change.line
    if line is None or line.usd is None:
        return change
    whole = shared[line]
    part = abs(change.holding.usd_est) / whole if whole else 0.0
    return change._replace(usd=line.usd * part, part=part)


def _say_because(change: _Change, *, event: EventId) -> str:
    line = change.line
    if line is None:
        own = change.holding.tags.events[event]
        return f"{own:+.2%} by the holding's own tag ({change.holding.source})"
    where = f"by {line.key} {line.name} ({line.source})"
    if line.usd is None:
        return f"{line.fraction:+.2%} {where}"
    return f"{change.part:.0%} of {line.usd:+,.0f} USD {where}"


def cover_from_outside(view: View, event: EventView, strategy: Strategy) -> float:
    """Return what shares from outside pay if the event happens, less if it does not, USD."""
    foreign = view.account.foreign
    if not foreign:
        return 0.0
    cover = 0.0
    for market in {shown.market.condition_id: shown.market for shown in event.markets}.values():
        index = market.index_of(strategy.adverse)
        if index is not None and market.payouts is None:
            ours, other = market.token_ids[index], market.token_ids[1 - index]
            cover += float(foreign.get(ours, 0)) - float(foreign.get(other, 0))
    return cover

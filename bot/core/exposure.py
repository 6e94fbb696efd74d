"""What the portfolio loses or gains if an event happens, holding by holding.

**Source:** HEDGING section 1.1: with event impact ``theta`` (a difference between the two
outcomes' worth), ``V(event) - V(no event) = sum(v_i * theta_i)``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model.portfolio import PricedHolding, Tags
from bot.model.strategy import Impact, ImpactBasis, ImpactKey, ImpactLine
from bot.model.units import EventId, UsdEst


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
    holdings: Iterable[PricedHolding], *, event: EventId, impact: Impact, probability: float
) -> Exposure:
    """Return what ``event`` does to ``holdings``.

    Args:
        holdings: In USD; shorts are negative and gain where longs lose.
        event: Whose ``events`` tags on holdings count before any impact line.
        impact: Lines of the strategy. A symbol beats tags; among tags the first of
            ``ImpactKey``'s order that matches.
        probability: Market probability of the event, used when the impact is measured from
            today's price, which already holds that probability:
            ``theta = change / (1 - probability)``.
    """
    scale = 1.0
    if impact.basis is ImpactBasis.FROM_TODAY:
        scale = 1.0 / max(1.0 - probability, 1e-6)
    held = tuple(holdings)
    matched = [(holding, _line_for(holding, impact.lines)) for holding in held]
    shared = _worth_by_line(matched, event=event)
    lines: list[ExposureLine] = []
    for holding, line in matched:
        found = _change(holding, line, event=event, shared=shared)
        if found is None:
            continue
        change, because = found
        lines.append(
            ExposureLine(
                symbol=holding.symbol,
                worth_usd_est=holding.usd_est,
                change_usd_est=UsdEst(change * scale),
                because=because,
                tags=holding.tags,
            )
        )
    lines.sort(key=lambda line: line.change_usd_est)
    loss = -sum(line.change_usd_est for line in lines)
    return Exposure(event=event, loss_usd_est=UsdEst(loss), lines=tuple(lines))


def _line_for(holding: PricedHolding, lines: tuple[ImpactLine, ...]) -> ImpactLine | None:
    found: ImpactLine | None = None
    for line in lines:
        if _name_under(holding, line.key).casefold() != line.name.casefold():
            continue
        if found is None or _RANK[line.key] < _RANK[found.key]:
            found = line
    return found


_RANK = {key: rank for rank, key in enumerate(ImpactKey)}


def _name_under(holding: PricedHolding, key: ImpactKey) -> str:
    match key:
        case ImpactKey.SYMBOL:
            return holding.symbol
        case ImpactKey.CLUSTER:
            return holding.tags.cluster
        case ImpactKey.SECTOR:
            return holding.tags.sector
        case ImpactKey.ASSET_CLASS:
            return holding.tags.asset_class
        case ImpactKey.REGION:
            return holding.tags.region


def _worth_by_line(
    matched: list[tuple[PricedHolding, ImpactLine | None]], *, event: EventId
) -> Mapping[ImpactLine, float]:
    """Return the absolute worth that each USD line is shared over."""
    worth: dict[ImpactLine, float] = {}
    for holding, line in matched:
        if line is not None and line.usd is not None and event not in holding.tags.events:
            worth[line] = worth.get(line, 0.0) + abs(holding.usd_est)
    return worth


def _change(
    holding: PricedHolding,
    line: ImpactLine | None,
    *,
    event: EventId,
    shared: Mapping[ImpactLine, float],
) -> tuple[float, str] | None:
    own = holding.tags.events.get(event)
    if own is not None:
        return holding.usd_est * own, f"{own:+.2%} by the holding's own tag ({holding.source})"
    if line is None:
        return None
    if line.fraction is not None:
        because = f"{line.fraction:+.2%} by {line.key} {line.name} ({line.source})"
        return holding.usd_est * line.fraction, because
    usd = line.usd or 0.0
    whole = shared[line]
    part = abs(holding.usd_est) / whole if whole else 0.0
    return usd * part, f"{part:.0%} of {usd:+,.0f} USD by {line.key} {line.name} ({line.source})"

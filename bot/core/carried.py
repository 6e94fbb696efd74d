"""What each hedge cost over all the markets that carried it, by the day it covered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.core.lot import Lot
from bot.model.units import ZERO_USD, ConditionId, EventId, Shares, TokenId, Usd, UsdEst, from_e6

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A hedge in one market, from the first share to the last."""

    condition_id: ConditionId
    token_id: TokenId
    opened_at: datetime
    closed_at: datetime | None
    """When the last share left; None if some are held."""
    shares: Shares
    """All that were bought."""
    premium_usd: Usd
    """Paid for them, fees included."""
    sold_usd: Usd
    """Brought by sales before the resolution, fees paid."""
    payout_usd: Usd
    """Paid by the resolution."""

    cost_usd: Usd
    """What the cover cost: premium less what sales gave back. A payout is no discount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One event's hedge over all its markets."""

    event: EventId
    legs: tuple[Leg, ...]
    """In the order of their opening."""
    covered_days: float
    """Days on which at least one was held."""

    cost_usd: Usd
    """Of all legs."""
    payout_usd: Usd
    """Of all legs."""
    cost_per_day_usd_est: UsdEst | None
    """Of a covered day; None if no time has passed."""


def carry_over(lots: Iterable[tuple[TokenId, Lot]], now: datetime) -> tuple[Carried, ...]:
    """Return what each event's hedges cost up to now, in the order of the events' names."""
    legs: dict[EventId, list[Leg]] = {}
    for token_id, lot in lots:
        if lot.moves:
            legs.setdefault(lot.event, []).append(_leg(token_id, lot))
    return tuple(_carried(event, mine, now) for event, mine in sorted(legs.items()))


def _carried(event: EventId, legs: list[Leg], now: datetime) -> Carried:
    days = _covered_days(legs, now)
    cost = Usd(sum((leg.cost_usd for leg in legs), ZERO_USD))
    return Carried(
        event=event,
        legs=tuple(sorted(legs, key=lambda leg: (leg.opened_at, leg.token_id))),
        covered_days=days,
        cost_usd=cost,
        payout_usd=Usd(sum((leg.payout_usd for leg in legs), ZERO_USD)),
        cost_per_day_usd_est=UsdEst(float(cost) / days) if days > 0.0 else None,
    )


def _leg(token_id: TokenId, lot: Lot) -> Leg:
    trades = [move for move in lot.moves if move.is_premium]
    payouts = [move for move in lot.moves if not move.is_premium]
    paid = _sum(-move.cash_e6 for move in trades if move.cash_e6 < 0)
    sold = _sum(move.cash_e6 for move in trades if move.cash_e6 > 0)
    return Leg(
        condition_id=lot.condition_id,
        token_id=token_id,
        opened_at=lot.moves[0].at,
        closed_at=None if lot.shares_e6 > 0 else lot.moves[-1].at,
        shares=Shares(_sum(move.shares_e6 for move in lot.moves if move.shares_e6 > 0)),
        premium_usd=Usd(paid),
        sold_usd=Usd(sold),
        cost_usd=Usd(paid - sold),
        payout_usd=Usd(_sum(move.cash_e6 for move in payouts)),
    )


def _sum(numbers_e6: Iterable[int]) -> Decimal:
    return from_e6(sum(numbers_e6))


def _covered_days(legs: Iterable[Leg], now: datetime) -> float:
    """Return the days on which at least one leg was held; two at once count once."""
    days, until = 0.0, None
    for leg in sorted(legs, key=lambda leg: leg.opened_at):
        end = leg.closed_at or now
        start = leg.opened_at if until is None else max(leg.opened_at, until)
        if end > start:
            days += (end - start).total_seconds() / _DAY_S
            until = end
    return days

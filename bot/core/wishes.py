"""What an event's plan wants traded, before shared money and rounding have their say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.case import Case
from bot.core.hedge import Trade
from bot.core.orders import Wish
from bot.model.decision import Certificate, Reason, Verdict
from bot.model.orders import OrderType, Purpose, Side
from bot.model.rule import Sized
from bot.model.strategy import ExecutionStyle
from bot.model.view import MarketView

SHORTEST_REST = timedelta(seconds=150)
"""The venue takes no resting order that ends within 120 s; the rest is margin.
**Source:** POLYMARKET 4.4, ``bot.core.venue_rules``."""

_BUYS = frozenset({Purpose.OPEN, Purpose.ADD, Purpose.ROLL_IN, Purpose.MERGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The trades wanted for one event, before shared money and rounding."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    wishes: tuple[Wish, ...] = ()
    sized: Sized | None = None
    buy: Trade | None = None
    """The purchase looked at, wanted or not; None if none was."""
    reservation_price: float = 0.0
    ask: float = 0.0
    remembered: Mapping[str, float] = field(default_factory=dict)
    """For the event's memory."""
    again_at: datetime | None = None
    """When what makes it wait has passed; None if nothing does."""
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the programme says to one event."""

    buy: Trade
    sell: Trade
    worth: float
    """Reservation price of one more share before the plan, USD."""
    note: str
    """By how much the cost of a change is multiplied, and why; in words."""
    certificate: Certificate


def rests_first(case: Case) -> bool:
    """Whether the purchase is first offered at the bid, before it takes.

    A roll always takes: its old leg is sold at once, and the new one must not be in doubt.
    """
    rests = case.strategy.execution.style is ExecutionStyle.REST_THEN_TAKE
    return rests and case.event.memory.rested_at is None and not case.choice.rolls


def make_wish(
    case: Case, market: MarketView, trade: Trade, purpose: Purpose, *, unit: str = ""
) -> Wish:
    """Return ``trade`` with all that an order needs."""
    side = Side.BUY if purpose in _BUYS else Side.SELL
    rests = side is Side.BUY and purpose is not Purpose.MERGE and rests_first(case)
    life = max(case.strategy.execution.rest_for, SHORTEST_REST)
    return Wish(
        event=case.event.event,
        market=market.market,
        token_id=market.token_id,
        side=side,
        purpose=purpose,
        trade=trade,
        cycle=case.view.cycle,
        order_type=OrderType.GTD if rests else OrderType.FAK,
        expires_at=case.view.now + life if rests else None,
        unit=unit,
    )

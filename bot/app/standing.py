"""How the daemon stands, told from its ledger alone: it may be running or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.app.build import DEADLINE
from bot.config import MarketDataName, Settings
from bot.core.accounting import mark
from bot.core.premium import decay_of, premium_per_day
from bot.ledger import LedgerReader
from bot.model.market import Book
from bot.model.orders import LiveOrder
from bot.model.units import EventId, Shares, TokenId, Usd, UsdEst
from bot.model.view import Account, MarketView, Position, View

LIFECYCLE = ("opened", "rolled", "closed", "settled", "refused")
"""What is counted, whether it happened yet or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A position, with what it would fetch where that is known."""

    event: EventId
    market: str
    """Slug; empty if no kept view names the market."""
    question: str
    outcome: str
    token_id: TokenId
    shares: Shares
    cost_usd: Usd
    worth_usd_est: UsdEst | None
    """At the best bid of the last kept view; None if that has no book of it."""
    ends_at: datetime | None
    premium_per_day_usd_est: UsdEst | None
    """What it cost for each day that it covers; None if its end is not known."""
    decay_usd_est: UsdEst | None
    """What it loses in a day without news; None if its price or end is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything `status` tells."""

    mode: str
    market_data: str
    ledger: str
    cycle: int | None
    """Of the last cycle; None before the first."""
    cycle_at: datetime | None
    """On the daemon's clock, which is simulated in practice."""
    written_s_ago: float
    """Real seconds since the ledger was last written."""
    halted: str
    halted_at: datetime | None
    cash_usd: Usd
    held: tuple[Held, ...]
    worth_at: datetime | None
    """When the books that ``worth_usd_est`` goes by were seen."""
    orders: tuple[LiveOrder, ...]
    premium_used_usd: Usd
    """In 365 days, resting and unknown buys counted as spent."""
    premium_budget_usd: Usd | None
    """None before the first decision."""
    premium_left_usd: Usd | None
    """Of the budget; below 0 if the budget has become smaller."""
    total_usd: Usd
    """Cost of all that is held or being bought."""
    max_total_usd: Usd | None
    amiss: Mapping[str, str]
    lifecycle: Mapping[str, int]


def read_standing(settings: Settings, reader: LedgerReader, *, now: datetime) -> Standing:
    """Return how the daemon stands.

    Args:
        settings: Name the sources.
        reader: Its ledger.
        now: The machine's time.
    """
    with reader.snapshot():
        last = reader.last_cycle()
        view = _last_view(reader)
        account = reader.account(last[1] if last else now)
        cost = sum((position.cost_usd for position in account.positions), Decimal(0))
        reserved = sum((order.reserved_usd for order in account.orders), Decimal(0))
        counts = reader.lifecycle_counts()
        used = Usd(account.premium_used_usd + reserved)
        budget = view.limits.premium_budget_usd if view else None
        dated = {event: memory.is_dated for event, memory in reader.memories().items()}
        return Standing(
            mode=reader.mode,
            market_data=str(settings.market_data),
            ledger=str(reader.path),
            cycle=last[0] if last else None,
            cycle_at=last[1] if last else None,
            written_s_ago=max((now - reader.written_at()).total_seconds(), 0.0),
            halted=reader.halted(),
            halted_at=reader.halted_at(),
            cash_usd=account.cash_usd,
            held=_held(account, view, dated),
            worth_at=view.now if view else None,
            orders=account.orders,
            premium_used_usd=used,
            premium_budget_usd=budget,
            premium_left_usd=None if budget is None else Usd(budget - used),
            total_usd=Usd(cost + reserved),
            max_total_usd=view.limits.max_total_usd if view else None,
            amiss=reader.standing(),
            lifecycle={kind: counts.get(kind, 0) for kind in LIFECYCLE},
        )


def longest_silence(settings: Settings) -> timedelta:
    """Return how long a running daemon may write nothing, in real time.

    Two cycles may be missed, and one may take as long as it is allowed to.
    """
    every = settings.check_every
    if settings.market_data is MarketDataName.PRACTICE:
        every = timedelta(seconds=every / settings.practice.pace)
    return 3 * every + DEADLINE


def _last_view(reader: LedgerReader) -> View | None:
    cycle = reader.last_decision_cycle()
    return None if cycle is None else reader.decision(cycle).view


def _held(account: Account, view: View | None, dated: Mapping[EventId, bool]) -> tuple[Held, ...]:
    markets: dict[TokenId, MarketView] = {}
    for event in view.events if view else ():
        markets |= {market.token_id: market for market in event.markets}
    return tuple(
        _describe(
            position,
            markets.get(position.token_id),
            now=view.now if view else None,
            dated=dated.get(position.event, False),
        )
        for position in account.positions
    )


def _describe(
    position: Position, seen: MarketView | None, *, now: datetime | None, dated: bool
) -> Held:
    book: Book | None = seen.quote.book if seen and seen.quote else None
    ends_at = seen.market.ends_at if seen else None
    return Held(
        event=position.event,
        market=seen.market.slug if seen else "",
        question=seen.market.question if seen else "",
        outcome=seen.market.outcomes[seen.adverse_index] if seen else "",
        token_id=position.token_id,
        shares=position.shares,
        cost_usd=position.cost_usd,
        worth_usd_est=mark(position, book),
        ends_at=ends_at,
        premium_per_day_usd_est=premium_per_day(position, ends_at),
        decay_usd_est=None
        if now is None
        else decay_of(position, book, ends_at=ends_at, now=now, dated=dated),
    )

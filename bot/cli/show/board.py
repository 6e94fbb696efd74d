"""What `run` knows of each event: the last plan, and where the hedge stands now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.cli.show.words import cents, code_words, day, shares, span
from bot.core.orders import say_bargain
from bot.model.decision import EventDecision, Forecast, Reason, Verdict
from bot.model.strategy import Strategy
from bot.model.units import EventId, Usd, UsdEst
from bot.model.view import Account, EventView, MarketView, View

_PLAIN = frozenset({"IN_BAND", "WORTH_IT", "MARKET"})
"""Reasons that need no words beside a hedge that is held."""
_SHORT = {
    "BELOW_MINIMUM": "below the venue's smallest order",
    "BUDGET_SPENT": "no money left for it",
    "COOLING_DOWN": "changed a short while ago",
    "CORRELATION_LOW": "hardly moves with the loss",
    "CUT": "cut to the money left",
    "EXIT_WAITS": "leaving, waits for a better bid",
    "EXPIRED": "the strategy has expired",
    "EXPOSURE_GONE": "left, too little to lose",
    "EXPOSURE_SMALL": "too little to lose",
    "GROUP_UNDER_ONE": "prices contradict each other",
    "HELD_LONG_ENOUGH": "left, held long enough",
    "KEEP_EXCESS": "too many, but worth keeping",
    "LOSS_OVER_WEALTH": "the loss leaves nothing",
    "MERGE_EXIT": "leaving, by its complement",
    "MERGE_WAITS": "pairs wait to be merged",
    "NOT_CERTIFIED": "no plan could be proved",
    "NOT_RAKED": "the scenarios are not exact",
    "NO_BOOK": "no book yet",
    "NO_LOSS": "nothing to lose",
    "NO_MARKET": "no open market matches",
    "NO_MID": "the book has one side only",
    "NO_NEXT_MARKET": "no later market to roll into",
    "NOT_WORTH_IT": "benefit below its cost",
    "OTHER_INSTRUMENT": "another instrument fits better",
    "OTHER_SIDE": "what is held is the other outcome",
    "PAIR_UNDER_ONE": "prices contradict each other",
    "PAST_CHASE": "the ask ran away while it rested",
    "PROBABILITY_GONE": "left, became too unlikely",
    "PROBABILITY_SMALL": "too unlikely",
    "REMOVED": "its file was removed",
    "ROLL_REFUSED": "the next market is refused",
    "RUIN": "the impacts leave nothing",
    "RULES_MISMATCH": "its rules ask something else",
    "SIZING_ZERO": "the sizing rule wants none",
    "STALE_BOOK": "the book is old",
    "STALE_PRICES": "portfolio prices are old",
    "TERM_STRUCTURE": "its deadlines' prices contradict",
    "TOKEN_SHARED": "another strategy has its token",
    "TOO_THIN": "too little on offer near the mid",
    "TOO_WIDE": "the spread is too wide",
    "TURNOVER_SPENT": "traded enough for a year",
    "UNCONFIRMED": "waits to be confirmed",
    "UNKNOWN_ORDER": "an order's fate is not known",
    "WAITS_FOR_RESOLUTION": "waits for the resolution",
    "WITHDRAWN": "withdraws what rests, then plans",
    "WRONG_DATE": "no market within the horizon",
}
"""Reasons in a few words; `polyhedge plan` and `explain` have all of them in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event as it stands."""

    event: EventId
    loss_usd_est: UsdEst | None
    """If it happens; positive hurts. None if it could not be measured yet."""
    coverage: float | None
    """Payout of what is held by the loss; None without a loss."""
    forecast: Forecast | None
    premium_usd: Usd
    next: str
    is_held: bool
    is_amiss: bool


class Board:
    """Remembers each event's last plan: a quiet cycle says nothing new about it."""

    def __init__(self) -> None:
        self._plans: dict[EventId, EventDecision] = {}
        self._seen: dict[EventId, EventDecision] = {}
        self._views: dict[EventId, EventView] = {}
        self._strategies: dict[EventId, Strategy] = {}

    def take(
        self, view: View, events: Iterable[EventDecision], strategies: Iterable[Strategy]
    ) -> None:
        """Take in what a cycle concluded."""
        self._seen = {event.event: event for event in events}
        self._views = {event.event: event for event in view.events}
        self._strategies = {strategy.event: strategy for strategy in strategies}
        for event in self._seen.values():
            if event.verdict is not Verdict.QUIET:
                self._plans[event.event] = event

    def rows(self, account: Account, now: datetime) -> tuple[Row, ...]:
        """Return a row for each event of the last cycle, the largest loss first."""
        rows = [self._row(event, account, now) for event in self._seen.values()]
        return tuple(sorted(rows, key=lambda row: -(row.loss_usd_est or 0.0)))

    def _row(self, seen: EventDecision, account: Account, now: datetime) -> Row:
        event, loss = seen.event, seen.exposure_usd_est
        held = sum((p.shares for p in account.positions if p.event == event), Decimal(0))
        return Row(
            event=event,
            loss_usd_est=loss if loss or seen.forecast else None,
            coverage=float(held) / loss if loss > 0 else None,
            forecast=seen.forecast,
            premium_usd=account.premium_by_event.get(event, Usd(Decimal(0))),
            next=self._say_next(seen, account, now),
            is_held=held > 0,
            is_amiss=seen.verdict is Verdict.FROZEN,
        )

    def _say_next(self, seen: EventDecision, account: Account, now: datetime) -> str:
        if seen.verdict is Verdict.FROZEN:
            return f"frozen: {say_short(seen.reasons[0])}"
        for order in account.orders:
            if order.event == seen.event:
                size = shares(order.open_shares)
                ordered = f"{order.side} of {size} at {cents(order.limit)}: {order.status}"
                return f"{ordered}; {say_bargain(order)}"
        held = self._held_market(seen.event, account)
        if held is None:
            return f"no hedge: {self._say_why(seen)}"
        when = say_end(held, self._strategies[seen.event], now)
        plan = self._plans.get(seen.event)
        if plan is None or plan.verdict is not Verdict.HOLD or plan.reasons[0].code in _PLAIN:
            return when
        return f"{when}; {say_short(plan.reasons[0])}"

    def _say_why(self, seen: EventDecision) -> str:
        plan = self._plans.get(seen.event)
        if plan is not None and plan.reasons:
            return say_short(plan.reasons[0])
        return code_words(seen.memory.verdict.partition(":")[2]) or "not planned yet"

    def _held_market(self, event: EventId, account: Account) -> MarketView | None:
        """Return the latest market in which something is held for the event."""
        held = {p.token_id for p in account.positions if p.event == event and p.shares > 0}
        markets = [view for view in self._views[event].markets if view.token_id in held]
        return markets[-1] if markets else None


def say_short(reason: Reason) -> str:
    """Return a reason in a few words."""
    if reason.code == "TOO_DEAR":
        return f"too dear ({reason.text.removesuffix(' with fee')})"
    if reason.code == "SOURCE":
        return reason.text
    return _SHORT.get(reason.code) or code_words(reason.code)


def say_end(held: MarketView, strategy: Strategy, now: datetime) -> str:
    """Return when a held market is left: rolled, ended, or waiting for its resolution."""
    ends_at = held.market.ends_at
    if ends_at is None:
        return "runs until it is decided"
    if held.market.closed or now >= ends_at:
        return f"ended {day(ends_at)}, waits for its resolution"
    if strategy.market.series and strategy.roll.before_end:
        roll_at = ends_at - strategy.roll.before_end
        if roll_at > now:
            return f"ends {day(ends_at)}, rolls in {span(roll_at - now)}"
    return f"ends {day(ends_at)}, in {span(ends_at - now)}"

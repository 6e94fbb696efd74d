"""Everything a person may want to know of each event behind one decision, put side by side."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.app.compared import (
    Instruments,
    RuleFigures,
    Uncovered,
    compare_instruments,
    compare_rules,
    find_uncovered,
)
from bot.core.exposure import Exposure, measure_exposure
from bot.core.hedge import DEPTH_WINDOW
from bot.errors import StrategyError
from bot.ledger import Recorded
from bot.model.decision import Decision, Denial, EventDecision
from bot.model.market import Book, Market
from bot.model.orders import OrderIntent
from bot.model.strategy import ImpactBasis, Strategy
from bot.model.units import MILLION, EventId, TokenId
from bot.model.view import EventView, View
from bot.strategy import parse_strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFigures:
    """What the book of one outcome token offers; None where a side is empty or unknown."""

    market: str
    """Slug."""
    question: str
    outcome: str
    token_id: TokenId
    ends_at: datetime | None
    bid: float | None
    """USD per share, without fee, as all prices here."""
    ask: float | None
    spread: float | None
    bid_depth_shares: float | None
    """Within 3 cents of the mid; None unless both sides stand."""
    ask_depth_shares: float | None
    confirmed_at: datetime | None
    """None if the book was never seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSheet:
    """One event: what it costs us, what the market says, what was concluded."""

    why: str
    """The user's own words; empty if the strategy could not be read."""
    decision: EventDecision
    exposure: Exposure | None
    """Holding by holding; None where it needs a probability and there is none."""
    books: tuple[BookFigures, ...]
    """Candidates and held markets, soonest end first."""
    orders: tuple[OrderIntent, ...]
    denials: tuple[Denial, ...]
    uncovered: tuple[Uncovered, ...] = ()
    rules: tuple[RuleFigures, ...] = ()
    """This plan and the popular rules; empty without a price."""
    instruments: Instruments | None = None
    """Others for the same loss; None unless asked for, and where nothing loses."""

    @property
    def loss_usd_est(self) -> float | None:
        """What was decided on; for an event that could not be decided what is known now."""
        return loss_of(self.decision, self.exposure)


def loss_of(decision: EventDecision, exposure: Exposure | None) -> float | None:
    """Return the loss that was decided on, else the one that is known now; None if neither is."""
    if decision.exposure_usd_est or exposure is None:
        return decision.exposure_usd_est or None
    return exposure.loss_usd_est


def make_sheets(
    view: View,
    decision: Decision,
    strategies: Mapping[EventId, Strategy],
    *,
    instruments: bool = False,
) -> tuple[EventSheet, ...]:
    """Return a sheet for each event of a decision, the largest loss first.

    Args:
        view: What was known.
        decision: What was concluded.
        strategies: By event; one that cannot be read is missing.
        instruments: Whether to compare other instruments too.
    """
    events = {event.event: event for event in view.events}
    sheets = [
        _make_sheet(
            view, events[concluded.event], concluded, decision, strategies, instruments=instruments
        )
        for concluded in decision.events
        if concluded.event in events
    ]
    return tuple(sorted(sheets, key=lambda sheet: -sheet.decision.exposure_usd_est))


def _make_sheet(
    view: View,
    event: EventView,
    concluded: EventDecision,
    decision: Decision,
    strategies: Mapping[EventId, Strategy],
    *,
    instruments: bool,
) -> EventSheet:
    strategy = strategies.get(event.event)
    exposure = _exposure(view, event, concluded, strategy) if strategy else None
    wealth = view.portfolio.usd_est + float(view.account.cash_usd)
    others = None
    if instruments and strategy is not None:
        others = compare_instruments(view, event, concluded, strategy)
    return EventSheet(
        why=strategy.why if strategy else "",
        decision=concluded,
        exposure=exposure,
        books=tuple(read_books(event)),
        orders=tuple(o for o in decision.approved if o.event == event.event),
        denials=tuple(d for d in decision.denials if d.intent.event == event.event),
        uncovered=find_uncovered(concluded, loss_of(concluded, exposure) or 0.0),
        rules=compare_rules(concluded, wealth=wealth),
        instruments=others,
    )


def _exposure(
    view: View, event: EventView, concluded: EventDecision, strategy: Strategy
) -> Exposure | None:
    known = concluded.forecast is not None
    if not known and strategy.impact.basis is not ImpactBasis.DIFFERENCE:
        return None
    return measure_exposure(
        view.portfolio.holdings,
        event=event.event,
        impact=strategy.impact,
        probability=concluded.forecast.market if concluded.forecast else 0.0,
    )


def read_books(event: EventView) -> Iterator[BookFigures]:
    """Yield the figures of the adverse outcome's book in each market of an event."""
    for seen in event.markets:
        quote = seen.quote
        yield read_book(
            seen.market,
            index=seen.adverse_index,
            book=quote.book if quote else None,
            confirmed_at=quote.confirmed_at if quote else None,
        )


def read_book(
    market: Market, *, index: int, book: Book | None, confirmed_at: datetime | None
) -> BookFigures:
    """Return the figures of one book.

    Args:
        market: Whose book it is.
        index: Which outcome, 0 or 1.
        book: None if it was never confirmed.
        confirmed_at: When it was last known to be true.
    """
    bid = book.bid_prices[0] / MILLION if book and book.bid_prices else None
    ask = book.ask_prices[0] / MILLION if book and book.ask_prices else None
    mid = book.mid if book else None
    return BookFigures(
        market=market.slug,
        question=market.question,
        outcome=market.outcomes[index],
        token_id=market.token_ids[index],
        ends_at=market.ends_at,
        bid=bid,
        ask=ask,
        spread=book.spread if book else None,
        bid_depth_shares=_depth(book.bid_prices, book.bid_sizes, mid) if book else None,
        ask_depth_shares=_depth(book.ask_prices, book.ask_sizes, mid) if book else None,
        confirmed_at=confirmed_at,
    )


def _depth(prices: Sequence[int], sizes: Sequence[int], mid: float | None) -> float | None:
    if mid is None:
        return None
    near = (
        size
        for price, size in zip(prices, sizes, strict=True)
        if abs(price / MILLION - mid) <= DEPTH_WINDOW + 1e-9
    )
    return sum(near) / MILLION


def sheets_of(recorded: Recorded) -> tuple[EventSheet, ...]:
    """Return the sheets of a recorded decision; without its view only what was concluded."""
    view, decision = recorded.view, recorded.decision
    if view is None:
        return tuple(
            EventSheet(
                why="",
                decision=event,
                exposure=None,
                books=(),
                orders=tuple(o for o in decision.approved if o.event == event.event),
                denials=tuple(d for d in decision.denials if d.intent.event == event.event),
            )
            for event in decision.events
        )
    strategies: dict[EventId, Strategy] = {}
    for text in recorded.strategies:
        with suppress(StrategyError):  # written for another version of the program
            strategy = parse_strategy(
                text.text.encode(), text.path, max_quote_age=view.limits.max_quote_age
            )
            strategies[strategy.event] = strategy
    return make_sheets(view, decision, strategies)

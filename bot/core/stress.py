"""What a stress leaves of today's wealth, with hedges and without, by the books that are there.

A hedge without a book that can be trusted is not worth nothing: what it brings is unknown, and so
is all that would need it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bot.core.case import stale_prices
from bot.core.known import Known, know_all
from bot.core.matching import match_order
from bot.core.roll import has_deadlines
from bot.core.worlds import worth_by_scenario
from bot.model.market import Book, FeeSchedule, Market
from bot.model.orders import Side
from bot.model.strategy import Strategy
from bot.model.units import MILLION, EventId, Shares, TokenId, UsdEst, to_e6
from bot.model.view import EventView, MarketView, Position, View


class Hedge(NamedTuple):
    """One position, as a stress looks at it."""

    event: EventId
    token_id: TokenId
    shares: Shares
    cost: float
    """USD."""
    market: Market | None
    book: Book | None
    """None where it is missing, old or crossed."""
    paid: float | None
    """USD per share, where the market is resolved already."""
    if_event: float | None
    """USD per share if the event happens tomorrow; None: this market would not end with it."""


class Today(NamedTuple):
    """The world before any stress."""

    view: View
    known: Mapping[EventId, Known]
    unknown: tuple[EventId, ...]
    """Events of which neither now nor earlier anything was known."""
    hedges: tuple[Hedge, ...]
    stale: str
    """Why the portfolio's worth is not known; empty if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stressed:
    """What one stress leaves; None is not known, for the reasons in ``unknown``."""

    code: str
    name: str
    unhedged_usd_est: UsdEst | None
    """Portfolio and cash, had the hedges that are held never been bought."""
    hedged_usd_est: UsdEst | None
    """Portfolio, cash and what the hedges bring, late money included."""
    brings_usd_est: UsdEst | None
    """Payouts, and sales of the rest into the bids, fees paid: what is cash at once."""
    late_usd_est: UsdEst | None
    """What is ours and cannot be had in time: a payout in dispute, a sale with nobody to take it.
    Less what the wait costs."""
    exit_cost_usd_est: UsdEst | None
    """What all is worth at the mid less what its sale brings: spread, fees, and shares for which
    there is no bid; of late money what the wait costs."""
    uncovered_usd_est: UsdEst | None
    """Loss of the known events, if they happen against if not, that no hedge pays: of those that
    happened; where none did, of all."""
    worst_usd_est: UsdEst | None = None
    """Wealth with hedges if none of them pays; only where it is open whether they do."""
    unsold_shares: float = 0.0
    """For which the books shown have no bids; they bring nothing here."""
    sentence: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """One stress: what is different from today."""

    code: str
    """Never changes its meaning."""
    name: str
    say: Callable[[Stressed, Stressed], str]
    """One sentence from what it leaves and from today."""
    chances: Mapping[EventId, float] = field(default_factory=dict)
    """Other probabilities; 1 and 0: the event has happened, or can no longer."""
    pays: Mapping[EventId, float] = field(default_factory=dict)
    """USD a share pays instead of 1 if its event happens."""
    spread: int = 1
    """Times today's."""
    thinner: int = 1
    """Part of today's depth that is left: one of so many shares."""
    fee: int = 1
    """Times today's."""
    late_days: float = 0.0
    """So much later payouts come."""
    down: bool = False
    """Nothing can be sold."""
    lapsed: frozenset[TokenId] = frozenset()
    """Hedges that end meanwhile and cover nothing afterwards."""
    may_fail: bool = False
    """Whether hedges may pay nothing at all though their event happens."""


class _Fetched(NamedTuple):
    """What one hedge brings, USD; None is not known."""

    at_once: float | None
    late: float | None = 0.0
    cost: float | None = 0.0
    unsold: float = 0.0


_UNKNOWN = _Fetched(None, 0.0, None)


def see_today(view: View, strategies: Mapping[EventId, Strategy]) -> Today:
    """Return what a stress starts from.

    Args:
        view: What is known now.
        strategies: By event.
    """
    known = {each.event: each for each in know_all(view, strategies)}
    events = {event.event: event for event in view.events}
    return Today(
        view=view,
        known=known,
        unknown=tuple(event for event in events if event in strategies and event not in known),
        hedges=tuple(
            _look_at(view, position, events.get(position.event), strategies.get(position.event))
            for position in view.account.positions
            if position.shares > 0
        ),
        stale=stale_prices(view),
    )


def apply(today: Today, shock: Shock) -> Stressed:
    """Return what a stress leaves, without its sentence."""
    fetched = [_fetch(today, shock, hedge) for hedge in today.hedges]
    at_once = _sum(each.at_once for each in fetched)
    late = _sum(each.late for each in fetched)
    portfolio = _portfolio(today, shock.chances)
    account = today.view.account
    sure = float(account.cash_usd) + sum(float(due.payout_usd) for due in account.redeemable)
    spent = sum(hedge.cost for hedge in today.hedges)
    worst = None
    if shock.may_fail:
        none = replace(shock, pays=dict.fromkeys(today.known, 0.0), may_fail=False)
        worst = apply(today, none).hedged_usd_est
    return Stressed(
        code=shock.code,
        name=shock.name,
        unhedged_usd_est=_add(portfolio, sure, spent),
        hedged_usd_est=_add(portfolio, sure, at_once, late),
        brings_usd_est=_add(at_once),
        late_usd_est=_add(late),
        exit_cost_usd_est=_add(_sum(each.cost for each in fetched)),
        uncovered_usd_est=_uncovered(today, shock),
        worst_usd_est=worst,
        unsold_shares=sum(each.unsold for each in fetched),
        unknown=tuple(_say_unknown(today, shock, fetched)),
    )


def _look_at(
    view: View, position: Position, event: EventView | None, strategy: Strategy | None
) -> Hedge:
    shown = event.markets if event is not None else ()
    seen = next((each for each in shown if each.token_id == position.token_id), None)
    market = seen.market if seen is not None else None
    paid = None
    if market is not None and market.payouts is not None:
        paid = float(market.payouts[market.token_ids.index(position.token_id)])
    return Hedge(
        event=position.event,
        token_id=position.token_id,
        shares=position.shares,
        cost=float(position.cost_usd),
        market=market,
        book=_recent_book(view, seen),
        paid=paid,
        if_event=_if_event(view, position, shown, strategy),
    )


def _recent_book(view: View, seen: MarketView | None) -> Book | None:
    quote = seen.quote if seen is not None else None
    if quote is None or view.now - quote.confirmed_at > view.limits.max_price_age:
        return None
    return None if quote.book.is_crossed else quote.book


def _if_event(
    view: View, position: Position, shown: Sequence[MarketView], strategy: Strategy | None
) -> float | None:
    """Return what a share pays if the event happens tomorrow; None if that does not end its market.

    Of markets that each ask about one date only the first that is held is about tomorrow.
    """
    if strategy is None:
        return None
    held = {each.token_id for each in view.account.positions if each.event == position.event}
    pays: dict[TokenId, float] = {}
    for each in shown:
        index = each.market.index_of(strategy.adverse)
        if (
            index is None
            or each.market.payouts is not None
            or held.isdisjoint(each.market.token_ids)
        ):
            continue
        tokens = each.market.token_ids
        pays |= {tokens[index]: 1.0, tokens[1 - index]: 0.0}
        if not has_deadlines(strategy):
            break
    return pays.get(position.token_id)


def _portfolio(today: Today, chances: Mapping[EventId, float]) -> float | None:
    """Return what the portfolio is worth where events have other probabilities, USD.

    ``sum(v * prod(1 + impact * (chance - priced in)))``. **Source:** HEDGING section 1.1.
    """
    import numpy as np

    if today.stale or any(chances.get(event) == 1.0 for event in today.unknown):
        return None
    moved = [each for each in today.known.values() if each.event in chances]
    worth = np.array([holding.usd_est for holding in today.view.portfolio.holdings])
    shown = [each for each in moved if each.impacts]
    impacts = np.array([each.impacts for each in shown]).reshape(len(shown), len(worth)).T
    total = worth_by_scenario(
        worth=worth,
        impacts=impacts,
        # Where nothing happens a holding stands at 1 - impact * priced in: here 1 + impact * move.
        priced_in=np.array([each.priced_in - chances[each.event] for each in shown]),
        happens=np.zeros((1, len(shown))),
    )[0]
    for each in moved:
        seen = -float(worth @ np.array(each.impacts)) if each.impacts else 0.0
        total += (each.loss - seen) * (each.priced_in - chances[each.event])
    return float(total)


def _fetch(today: Today, shock: Shock, hedge: Hedge) -> _Fetched:
    """Return what a hedge brings under a stress."""
    shares = float(hedge.shares)
    if hedge.paid is not None:
        return _Fetched(hedge.paid * shares)
    pays = _payout(shock, hedge)
    if pays is not None:
        wait = today.view.limits.funding_rate * shock.late_days / 365.0
        owed = pays * shares
        if shock.late_days:
            return _Fetched(0.0, owed * (1.0 - wait), owed * wait)
        return _Fetched(owed)
    sold = _sell(today, shock, hedge)
    if shock.down:
        return _Fetched(0.0, sold.at_once)
    return sold


def _payout(shock: Shock, hedge: Hedge) -> float | None:
    """Return what a share pays under a stress; None where its market is not decided by it."""
    chance = shock.chances.get(hedge.event)
    if hedge.if_event is None or chance not in (0.0, 1.0):
        return None
    covers = shock.pays.get(hedge.event, 1.0) if chance == 1.0 else 0.0
    return covers if hedge.if_event == 1.0 else 1.0 - covers


def _sell(today: Today, shock: Shock, hedge: Hedge) -> _Fetched:
    """Return what the sale of a whole position brings, by the fill engine of paper trading."""
    if hedge.market is None or hedge.book is None:
        return _UNKNOWN
    move = _move(today, shock, hedge)
    book = _shaken(hedge.book, shock, move=move, step=to_e6(hedge.market.tick))
    if book is None:
        return _UNKNOWN
    fee = hedge.market.fee
    match = match_order(
        side=Side.SELL,
        size_e6=to_e6(hedge.shares),
        limit_e6=0,
        book=book,
        fee=FeeSchedule(rate=fee.rate * shock.fee, exponent=fee.exponent),
    )
    cash = (match.notional_e6 - match.fee_e6) / MILLION
    unsold = match.open_e6 / MILLION
    mid = hedge.book.mid
    if mid is None:
        return _Fetched(cash, 0.0, None, unsold)
    at_mid = float(hedge.shares) * min(max(mid + move / MILLION, 0.0), 1.0)
    return _Fetched(cash, 0.0, at_mid - cash, unsold)


def _move(today: Today, shock: Shock, hedge: Hedge) -> int:
    """Return by how much the prices of a hedge move with its event's probability, millionths."""
    known, chance = today.known.get(hedge.event), shock.chances.get(hedge.event)
    if known is None or chance is None or hedge.if_event is None:
        return 0
    move = round((chance - known.priced_in) * MILLION)
    return move if hedge.if_event == 1.0 else -move


def _shaken(book: Book, shock: Shock, *, move: int, step: int) -> Book | None:
    """Return a book under a stress; None where its spread is needed and not known."""
    wider = 0
    if shock.spread > 1 and book.bid_prices:
        if book.spread is None:
            return None
        wider = (shock.spread - 1) * (book.ask_prices[0] - book.bid_prices[0]) // 2

    def side(prices: Sequence[int], sizes: Sequence[int], by: int) -> tuple[tuple[int, ...], ...]:
        levels = [
            (min(price + by, MILLION - step), size // shock.thinner)
            for price, size in zip(prices, sizes, strict=True)
            if price + by >= step
        ]
        return tuple(price for price, _ in levels), tuple(size for _, size in levels)

    bids, bid_sizes = side(book.bid_prices, book.bid_sizes, move - wider)
    asks, ask_sizes = side(book.ask_prices, book.ask_sizes, move + wider)
    return Book(book.token_id, book.as_of_ms, bids, bid_sizes, asks, ask_sizes)


def _uncovered(today: Today, shock: Shock) -> UsdEst | None:
    happened = [event for event, chance in shock.chances.items() if chance == 1.0]
    if any(event not in today.known for event in happened):
        return None
    total = 0.0
    for event in happened or today.known:
        paid = sum(
            float(hedge.shares) * shock.pays.get(event, 1.0)
            for hedge in today.hedges
            if hedge.event == event and hedge.if_event == 1.0 and hedge.token_id not in shock.lapsed
        )
        total += max(today.known[event].loss - paid, 0.0)
    return UsdEst(total)


def _say_unknown(today: Today, shock: Shock, fetched: Sequence[_Fetched]) -> Iterator[str]:
    if today.stale:
        yield f"what the portfolio is worth: {today.stale}"
    for event in today.unknown:
        if shock.chances.get(event) == 1.0:
            yield f"what {event} costs: no market or price of it is known"
    for hedge, each in zip(today.hedges, fetched, strict=True):
        if each.at_once is None or each.late is None:
            name = hedge.market.slug if hedge.market is not None else hedge.token_id
            yield f"what {hedge.shares:,f} shares of {name} bring: it has no book to go by"


def _sum(parts: Iterator[float | None]) -> float | None:
    total = 0.0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def _add(*parts: float | None) -> UsdEst | None:
    total = _sum(iter(parts))
    return None if total is None else UsdEst(total)

"""What a stress leaves of today's wealth, with hedges and without, by the books that are there.

A hedge without a book that can be trusted is not worth nothing: what it brings is unknown, and so
is all that would need it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bot.core.matching import match_order
from bot.core.today import Hedge, Today
from bot.core.worlds import worth_by_scenario
from bot.model.market import Book, FeeSchedule
from bot.model.orders import Side
from bot.model.units import MILLION, EventId, TokenId, UsdEst, to_e6


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
    there is no bid, where the mid is known; of late money what the wait costs."""
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
        return _Fetched(cash, 0.0, None if book.bid_prices else 0.0, unsold)
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
        name = hedge.market.slug if hedge.market is not None else hedge.token_id
        if each.at_once is None or each.late is None:
            yield f"what {hedge.shares:,f} shares of {name} bring: it has no book to go by"
        elif each.cost is None:
            yield f"what it costs to sell {name}: its book has no asks, so no mid"


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

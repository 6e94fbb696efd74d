"""Which of several deadlines covers a day cheapest, and whether their prices can all be right.

Of markets that ask whether something happens by their day, each later one includes all earlier
ones. **Source:** HEDGING section 2.2.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.core.fees import fee_per_share
from bot.core.hazard import cost_of_cover, implied_hazard
from bot.model.decision import Reason
from bot.model.market import Book
from bot.model.strategy import Strategy
from bot.model.units import MILLION
from bot.model.view import MarketView

Chance = Callable[[MarketView], float | None]
"""Our probability by a market's day; None if its book says none."""
_DAY_S = 86_400.0


class Maturity(NamedTuple):
    """What one deadline's cover costs."""

    market: MarketView
    days: float
    """Covered: to its end, or to the end of the exposure if that is sooner."""
    cost_per_day: float
    """USD a day for each USD of loss, fee included."""
    hazard: float
    """Expected, a day."""
    dearness: float
    """Cost of a covered day in times the loss expected on it."""


def cheapest_cover(
    fit: Sequence[MarketView], *, strategy: Strategy, now: datetime, chance: Chance
) -> tuple[MarketView, str]:
    """Return the market whose cover is cheapest for what it insures, and why in words.

    The soonest while its book is not known or says no price: it is waited for.

    Args:
        fit: Markets that could be held, soonest end first; at least one.
        strategy: Says when the exposure ends.
        now: Instant of the decision.
        chance: Our probability by a market's day.
    """
    first = fit[0]
    known = [found for view in fit if (found := _measure(view, strategy, now, chance)) is not None]
    if not known or known[0].market is not first:
        return first, f"soonest market that fits: {first.market.slug}"
    known.sort(key=lambda each: each.dearness)
    best, others = known[0], known[1:]
    text = (
        f"{best.market.market.slug} covers {best.days:.0f} days for"
        f" {best.cost_per_day * 100:.3f}c a day and USD of loss,"
        f" {best.dearness:.2f} times the {best.hazard:.3%} expected a day"
    )
    if others:
        said = (f"{each.market.market.slug} {each.dearness:.2f}" for each in others)
        text += f"; of the others {', '.join(said)}"
    return best.market, text


def _measure(
    view: MarketView, strategy: Strategy, now: datetime, chance: Chance
) -> Maturity | None:
    ends_at, probability = view.market.ends_at, chance(view)
    if ends_at is None or probability is None or view.quote is None:
        return None
    until = min(ends_at, strategy.expires_at or ends_at)
    days, covered = ((at - now).total_seconds() / _DAY_S for at in (ends_at, until))
    if covered <= 0.0:
        return None
    ask = view.quote.book.ask_prices[0] / MILLION
    unit, hazard = ask + fee_per_share(ask, view.market.fee), implied_hazard(probability, days)
    dearness = cost_of_cover(unit, days=covered, hazard=hazard)
    return Maturity(view, covered, unit / covered, hazard, dearness)


def find_contradiction(
    markets: Sequence[MarketView], *, strategy: Strategy, now: datetime
) -> Reason | None:
    """Return which two deadlines' prices contradict each other; None if all may be right.

    A later day that costs less than an earlier one fetches is a fault of the prices or a
    difference of the rules, not a bargain. Within their spreads nothing contradicts.

    Args:
        markets: Of the event, soonest end first.
        strategy: Says how old a book may be.
        now: Instant of the decision.
    """
    dearest: tuple[float, MarketView] | None = None
    for view in markets:
        book = _fresh(view, strategy, now)
        if book is None or not view.named or view.market.ends_at is None:
            continue
        ask, bid = book.ask_prices[0] / MILLION, book.bid_prices[0] / MILLION
        if dearest is not None and ask < dearest[0]:
            text = (
                f"{view.market.slug} costs {ask * 100:.1f}c and {dearest[1].market.slug} fetches"
                f" {dearest[0] * 100:.1f}c, although the later day includes the earlier: a fault of"
                " the prices or different rules; nothing is bought or rolled on them"
            )
            return Reason(code="TERM_STRUCTURE", text=text)
        if dearest is None or bid > dearest[0]:
            dearest = bid, view
    return None


def _fresh(view: MarketView, strategy: Strategy, now: datetime) -> Book | None:
    quote = view.quote
    if quote is None or now - quote.confirmed_at > strategy.max_quote_age:
        return None
    return quote.book if quote.book.mid is not None else None

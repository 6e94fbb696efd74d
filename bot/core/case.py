"""One event of one view, with everything its decision looks at gathered in one place."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from bot.core.exposure import cover_from_outside, measure_loss
from bot.core.faults import find_fault, say_crossed
from bot.core.fees import fee_per_share
from bot.core.forecast import days_until, pool_forecast, prior_weight
from bot.core.nervous import nervous_scale
from bot.core.orders import MINIMUM_MARKETABLE_USD, say_until
from bot.core.pairs import book_of_complement, find_waiting
from bot.core.roll import RUNS_ON, MarketChoice, choose_market, is_tradable
from bot.core.rounding import round_estimate
from bot.core.smoothing import smooth
from bot.core.utility import TwoState
from bot.model.decision import Forecast, Reason
from bot.model.market import Book, FeeSchedule
from bot.model.orders import LiveOrder, OrderStatus
from bot.model.rule import Situation
from bot.model.strategy import Strategy
from bot.model.units import MILLION, UsdEst
from bot.model.view import EventView, MarketView, Position, View


class Case(NamedTuple):
    """An event that can be decided: its market, book, forecast and exposure are known.

    Made for each book that is decided on, so a tuple: a third of the time of a frozen dataclass.
    """

    view: View
    event: EventView
    strategy: Strategy
    choice: MarketChoice
    market: MarketView
    """Where the hedge belongs; the held one if there is no other."""
    book: Book
    """Of ``market``'s adverse token, fresh and with both sides."""
    orders: tuple[LiveOrder, ...]
    forecast: Forecast
    exposure_usd_est: UsdEst
    stale: str
    """Why the portfolio's prices are too old for new premium; empty if they are not."""
    only_exits: Reason | None = None
    """Why nothing but an exit may be planned: the token has no bids, so ``book`` is that of its
    complement, seen from this side; None if its own is there."""

    @property
    def held_shares(self) -> float:
        """Shares held in the market where the hedge belongs."""
        held = self.choice.held_position
        return float(held.shares) if held is not None and not self.choice.rolls else 0.0

    @property
    def is_dust(self) -> bool:
        """Whether the hedge held is too little for the venue's smallest sale: it is left."""
        held, position = self.choice.held, self.choice.held_position
        return held is not None and position is not None and _is_dust(held, position)

    @property
    def old_legs(self) -> tuple[tuple[MarketView, Position], ...]:
        """What rolls have left in markets that still trade and could be sold.

        Not what was left to run to its end, as long as the strategy names its market.
        """
        by_token = {view.token_id: view for view in self.event.markets}
        runs = self.event.memory.rule_state.get(RUNS_ON, 0.0) > 0.0
        legs = [(by_token[position.token_id], position) for position in self.choice.others]
        return tuple(
            leg
            for leg in legs
            if is_tradable(leg[0].market) and not _is_dust(*leg) and not (runs and leg[0].named)
        )

    def situation(self) -> Situation:
        """Return what the triggers may look at."""
        memory = self.event.memory
        first = memory.run_at is None
        return Situation(
            now=self.view.now,
            event=self.event.event,
            probability=self.forecast.probability,
            exposure_usd_est=self.exposure_usd_est,
            ends_at=self.market.market.ends_at,
            resolved=_planned_market_resolved(self.event),
            readings=self.view.portfolio.readings,
            last_run_at=memory.run_at or self.view.now,
            last_probability=self.forecast.probability if first else memory.probability,
            last_exposure_usd_est=self.exposure_usd_est if first else memory.exposure_usd_est,
            premium_used=_premium_used(self.view),
        )

    @property
    def days_left(self) -> float:
        """Days to the end of the event's market; the horizon if it has none."""
        ends_at = self.market.market.ends_at
        left = self.strategy.horizon if ends_at is None else ends_at - self.view.now
        return max(left.total_seconds() / 86_400.0, 0.0)

    @property
    def wealth_if_not_usd_est(self) -> UsdEst:
        """Wealth if the event does not happen, USD.

        Today's worth lies between the two states by the market's probability:
        ``V(not) = V + pi L``. **Source:** HEDGING section 1.1, with the event fully priced in.
        Hedges of other events count at what they cost, in both states; payouts that are owed count.
        """
        account = self.view.account
        owed = sum([float(item.payout_usd) for item in account.redeemable])
        today = self.view.portfolio.usd_est + float(account.cash_usd) + owed
        for position in account.positions:
            if position.event != self.event.event:
                today += float(position.cost_usd)
        return UsdEst(today + self.forecast.market * self.exposure_usd_est)

    def two_state(self, *, held: float) -> TwoState | None:
        """Return wealth in both states with ``held`` shares; None if a loss leaves none."""
        if_not = self.wealth_if_not_usd_est
        if_event = if_not - self.exposure_usd_est + held
        if min(if_not, if_event) <= 0.0:
            return None
        gamma = self.view.limits.risk_aversion
        return TwoState(self.forecast.probability, if_event, if_not, gamma)


def _premium_used(view: View) -> float:
    budget = float(view.limits.premium_budget_usd)
    return float(view.account.premium_used_usd) / budget if budget > 0.0 else 0.0


def _is_dust(view: MarketView, position: Position) -> bool:
    bids = view.quote.book.bid_prices if view.quote is not None else ()
    return bool(bids) and position.shares * bids[0] < MINIMUM_MARKETABLE_USD * MILLION


def _planned_market_resolved(event: EventView) -> bool:
    """Return whether the market of the last plan has resolved; the hedge is elsewhere by now."""
    token = event.memory.token_id
    return any(
        view.market.payouts is not None and token in view.market.token_ids for view in event.markets
    )


def fee_at(schedule: FeeSchedule) -> Callable[[float], float]:
    """Return the taker's fee per share as a function of the price, both USD."""

    def fee(price: float) -> float:
        return fee_per_share(price, schedule)

    return fee


def open_case(view: View, event: EventView, strategy: Strategy) -> Case | Reason:
    """Return the case, or why this event cannot be decided now: it is frozen."""
    orders = tuple([order for order in view.account.orders if order.event == event.event])
    unsure = _unsure(event, orders) or find_waiting(view, event)
    if unsure is not None:
        return unsure
    choice = choose_market(
        event,
        _positions(view, event),
        strategy=strategy,
        now=view.now,
        chance=partial(_chance, view, strategy),
    )
    market = choice.target or choice.held
    if market is None:
        return choice.reason
    book = trusted_book(market, strategy=strategy, now=view.now)
    only_exits = book if isinstance(book, Reason) else choice.fault
    only_exits = only_exits or find_fault(view, market, max_quote_age=strategy.max_quote_age)
    if isinstance(book, Reason):
        seen = book_of_complement(view, market, strategy=strategy)
        if seen is None:
            return book
        book = seen
    mid = book.mid or 0.0
    forecast = _forecast(view, market, strategy, book)
    stale = stale_prices(view)
    if stale and event.memory.run_at is None:
        return Reason(code="STALE_PRICES", text=f"{stale}; there is no earlier exposure to go by")
    return Case(
        view=view,
        event=event,
        strategy=strategy,
        choice=choice,
        market=market,
        book=book,
        orders=orders,
        forecast=smooth(forecast, strategy.own_view, event.memory.rule_state, view.now),
        exposure_usd_est=exposure_at(view, event, strategy, mid, stale=stale),
        stale=stale,
        only_exits=only_exits,
    )


def _forecast(view: View, market: MarketView, strategy: Strategy, book: Book) -> Forecast:
    mid = book.mid or 0.0
    if not market.estimates:
        return pool_forecast(mid, strategy.own_view)
    return pool_forecast(
        mid,
        strategy.own_view,
        market.estimates,
        learned=view.learned,
        category=strategy.category,
        days_left=days_until(market.market.ends_at, view.now),
        weight=prior_weight(book),
    )


def _chance(view: View, strategy: Strategy, market: MarketView) -> float | None:
    """Return our probability by a market's day; None if its book says none."""
    book = trusted_book(market, strategy=strategy, now=view.now)
    if isinstance(book, Reason):
        return None
    return _forecast(view, market, strategy, book).probability


def stale_prices(view: View) -> str:
    """Return why the portfolio's prices are too old to spend premium on; empty if they are not."""
    portfolio = view.portfolio
    if portfolio.unpriced:
        return f"no price for {', '.join(portfolio.unpriced)}"
    age = view.now - portfolio.as_of
    if age <= view.limits.max_price_age:
        return ""
    days = age.total_seconds() / 86_400
    most = view.limits.max_price_age.total_seconds() / 86_400
    return f"the oldest portfolio price is {days:.1f} days old; max_price_age is {most:g} days"


def _positions(view: View, event: EventView) -> tuple[Position, ...]:
    """Return this event's positions but those whose market has resolved.

    A fill that failed on chain after its shares were sold leaves less than none: that is no hedge.
    """
    mine = [p for p in view.account.positions if p.event == event.event and p.shares > 0]
    if not mine:
        return ()
    resolved = {market.token_id for market in event.markets if market.market.payouts is not None}
    return tuple([position for position in mine if position.token_id not in resolved])


def _unsure(event: EventView, orders: tuple[LiveOrder, ...]) -> Reason | None:
    if event.problem:
        return Reason(code="SOURCE", text=event.problem)
    for order in orders:
        if order.status is not OrderStatus.OPEN:
            return Reason(
                code="UNKNOWN_ORDER",
                text=f"order {order.order_id} was sent {order.sent_at:%Y-%m-%d %H:%M:%S} UTC and"
                f" its fate is not known; it is not sent again{say_until(order)}",
            )
    return None


def trusted_book(market: MarketView, *, strategy: Strategy, now: datetime) -> Book | Reason:
    """Return the adverse token's book if it may be traded on, or why not."""
    quote = market.quote
    if quote is None:
        return Reason(code="NO_BOOK", text=f"{_name_book(market)} was never confirmed")
    age = now - quote.confirmed_at
    if age > strategy.max_quote_age:
        seconds = f"{age.total_seconds():.0f} s"
        return Reason(
            code="STALE_BOOK",
            text=f"{_name_book(market)} was last confirmed {seconds} ago; the limit is"
            f" {strategy.max_quote_age.total_seconds():.0f} s ({strategy.path}: max_quote_age)",
        )
    book = quote.book
    if book.mid is None:
        if book.is_crossed:
            return say_crossed(book, _name_book(market))
        text = f"{_name_book(market)} is one-sided or empty, so it says no probability"
        return Reason(code="NO_MID", text=text)
    return book


def exposure_at(
    view: View, event: EventView, strategy: Strategy, mid: float, *, stale: str
) -> UsdEst:
    """Return the loss at a mid; where prices are ``stale``, that of the last plan."""
    if stale:
        return event.memory.exposure_usd_est
    loss = measure_loss(
        view.portfolio.holdings, event=event.event, impact=strategy.impact, probability=mid
    )
    loss = UsdEst(loss * nervous_scale(view))
    return UsdEst(round_estimate(loss - cover_from_outside(view, event, strategy)))


def _name_book(view: MarketView) -> str:
    token = view.token_id
    short = token if len(token) <= 10 else f"{token[:6]}..{token[-4:]}"
    return f"the book of {view.market.slug} ({short})"

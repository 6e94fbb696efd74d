"""Which market of an event to hold: the one we have, the next of its series, or none."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.core.maturity import Chance, cheapest_cover, find_contradiction
from bot.model.decision import Reason
from bot.model.market import Market
from bot.model.strategy import SeriesOf, Strategy
from bot.model.view import EventView, MarketView, Position

RUNS_ON = "roll.runs_on"
"""In an event's memory: above 0 if the last roll left the old leg to run to its market's end."""


REOPEN = 1.25
"""A hedge closed for a small probability or exposure opens again only this far above the line."""


class MarketChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What is held and what should be."""

    target: MarketView | None
    """Market to hold from now on; None if none fits."""
    reason: Reason
    """Why this target, or why none."""
    held: MarketView | None = None
    """Market of the hedge we hold; None if we hold none."""
    held_position: Position | None = None
    others: tuple[Position, ...] = ()
    """Older positions of this event: what a roll left, or what waits for a resolution."""
    is_forced: bool = False
    """Whether what is held must be left whatever that costs."""
    fault: Reason | None = None
    """Why its markets' prices contradict each other: nothing but an exit may be planned."""

    @property
    def rolls(self) -> bool:
        """Whether the hedge should move to another market."""
        return (
            self.held is not None
            and self.target is not None
            and self.held.token_id != self.target.token_id
        )


def choose_market(
    event: EventView,
    positions: Sequence[Position],
    *,
    strategy: Strategy,
    now: datetime,
    chance: Chance,
) -> MarketChoice:
    """Return the market this event's hedge belongs in.

    Args:
        event: Candidates and held markets, soonest end first.
        positions: Ours for this event, resolved markets left out.
        strategy: Horizon and roll rule.
        now: Instant of the decision.
        chance: Our probability by a market's day.
    """
    fault = None
    if has_deadlines(strategy) and len(event.markets) > 1:
        fault = find_contradiction(event.markets, strategy=strategy, now=now)
    by_token = {view.token_id: view for view in event.markets} if positions else {}
    mine = [position for position in positions if position.token_id in by_token]
    tradable = [p for p in mine if is_tradable(by_token[p.token_id].market)]
    if not tradable:
        target, reason = _open_in(event, mine, strategy=strategy, now=now, chance=chance)
        return MarketChoice(target=target, others=tuple(mine), reason=reason, fault=fault)
    main = _main(tradable, event)
    held = by_token[main.token_id]
    target, reason = _stay_or_leave(held, event, strategy=strategy, now=now, chance=chance)
    return MarketChoice(
        target=target,
        held=held,
        held_position=main,
        others=tuple(position for position in mine if position is not main),
        reason=reason,
        is_forced=not held.named,
        fault=fault,
    )


def has_deadlines(strategy: Strategy) -> bool:
    """Whether the strategy's markets ask about all days up to their ends, each later one more."""
    return bool(strategy.market.series) and strategy.roll.series_of is SeriesOf.DEADLINES


def least_chance(strategy: Strategy) -> float:
    """Return the probability that a market's forecast must be above for a hedge to be opened."""
    return strategy.close.when_probability_below * REOPEN


def _open_in(
    event: EventView,
    waiting: Sequence[Position],
    *,
    strategy: Strategy,
    now: datetime,
    chance: Chance,
) -> tuple[MarketView | None, Reason]:
    """Return where a new hedge belongs, or why nowhere."""
    fit = _fitting(event, strategy=strategy, now=now, after=_earliest(strategy, now))
    if not fit:
        return None, _why_none(event.markets, waiting, strategy=strategy, now=now)
    target, text = _best(fit, strategy=strategy, now=now, chance=chance)
    return target, Reason(code="MARKET", text=text)


def _best(
    fit: Sequence[MarketView], *, strategy: Strategy, now: datetime, chance: Chance
) -> tuple[MarketView, str]:
    """Return the market to hold of those that fit: of deadlines the cheapest cover, else the next.

    A date has a market of its own, so there is nothing to choose, except that one which is near,
    where the next would come beside it anyway, leaves the place to the next if it is as good as
    decided or too wide to be bought.
    """
    if has_deadlines(strategy) and len(fit) > 1:
        return cheapest_cover(fit, strategy=strategy, now=now, chance=chance)
    best = fit[0]
    if len(fit) > 1 and best.market.ends_at is not None:
        near = best.market.ends_at - now <= strategy.roll.before_end
        if near and _leaves_the_place(best, strategy, chance(best)):
            best = fit[1]
    return best, f"soonest market that fits: {best.market.slug}"


def _leaves_the_place(view: MarketView, strategy: Strategy, likely: float | None) -> bool:
    """Return whether nothing of a market would be bought; an unknown chance is waited for."""
    if likely is None or view.quote is None:
        return False
    wide = (view.quote.book.spread or 0.0) > float(strategy.costs.max_spread)
    return wide or likely <= least_chance(strategy)


def _stay_or_leave(
    held: MarketView, event: EventView, *, strategy: Strategy, now: datetime, chance: Chance
) -> tuple[MarketView | None, Reason]:
    text = _must_leave(held, strategy=strategy, now=now)
    if not text:
        return held, Reason(code="MARKET", text=f"held: {held.market.slug}")
    after = max(held.market.ends_at or now, _earliest(strategy, now)) if held.named else now
    fit = _fitting(event, strategy=strategy, now=now, after=after)  # what is left does not fit
    if fit:
        target, why = _best(fit, strategy=strategy, now=now, chance=chance)
        return target, Reason(code="ROLL_DUE", text=f"{text}; {why}" if len(fit) > 1 else text)
    return None, Reason(code="NO_NEXT_MARKET", text=f"{text}, and no later market is listed")


def _main(positions: Sequence[Position], event: EventView) -> Position:
    """Return the position the last plan went for, else the one whose market ends last."""
    for position in positions:
        if position.token_id == event.memory.token_id:
            return position
    order = [view.token_id for view in event.markets]
    return max(positions, key=lambda position: order.index(position.token_id))


def _earliest(strategy: Strategy, now: datetime) -> datetime:
    """Return after when a market must end to be opened in.

    The days before a date are as good as any to cover it; the last days of a deadline are not.
    """
    return now + strategy.roll.before_end if has_deadlines(strategy) else now


def _fitting(
    event: EventView, *, strategy: Strategy, now: datetime, after: datetime
) -> list[MarketView]:
    until = now + strategy.horizon
    fit = [view for view in event.markets if _fits(view, strategy, after=after, until=until)]
    return sorted(fit, key=_has_no_price) if len(fit) > 1 else fit


def is_tradable(market: Market) -> bool:
    """Return whether the venue takes orders for the market."""
    return market.accepting_orders and not market.closed and market.payouts is None


def _has_no_price(view: MarketView) -> bool:
    """Whether its book is known and one-sided: nobody pays for it any more, so a later one counts.

    A book that is not known yet is waited for.
    """
    if view.quote is None:
        return False
    book = view.quote.book
    return book.mid is None and not book.is_crossed


def _fits(view: MarketView, strategy: Strategy, *, after: datetime, until: datetime) -> bool:
    market = view.market
    if not view.named or not is_tradable(market):
        return False
    if market.ends_at is None:
        return not strategy.market.series
    return after < market.ends_at <= until


def _must_leave(held: MarketView, *, strategy: Strategy, now: datetime) -> str:
    """Return why the hedge should move out of ``held``; empty if it should stay."""
    if not held.named:
        return "the strategy names another market now"
    ends_at = held.market.ends_at
    rolls = strategy.market.series and strategy.roll.before_end
    if not rolls or ends_at is None:
        return ""
    left = ends_at - now
    if left > strategy.roll.before_end:
        return ""
    if strategy.expires_at is not None and strategy.expires_at <= ends_at:
        return ""  # there is nothing to cover after it
    return f"{held.market.slug} ends in {left.total_seconds() / 86_400:.1f} days"


def _why_none(
    markets: Sequence[MarketView],
    waiting: Sequence[Position],
    *,
    strategy: Strategy,
    now: datetime,
) -> Reason:
    if waiting:
        text = f"{waiting[0].shares} shares wait for the resolution of their closed market"
        return Reason(code="WAITS_FOR_RESOLUTION", text=text)
    if not markets:
        text = (
            f"the venue lists no open market with {_say_market(strategy)} ({strategy.path});"
            " `polyhedge markets` finds its name"
        )
        return Reason(code="NO_MARKET", text=text)
    ends = [view.market.ends_at for view in markets if view.market.ends_at is not None]
    days = ", ".join(f"{(end - now).total_seconds() / 86_400:.0f}" for end in ends[:4])
    text = f"no market ends within the horizon of {strategy.horizon.days} days"
    if has_deadlines(strategy):
        text += (
            f" and later than the roll date ({strategy.roll.before_end.days} days before its end)"
        )
    text += f"; those listed end in {days or 'unknown'} days"
    return Reason(code="WRONG_DATE", text=text)


def _say_market(strategy: Strategy) -> str:
    """Return the options by which the strategy names its market, as they stand in its file."""
    market = strategy.market
    if market.series:
        return f"series {market.series} and outcome {market.match}"
    return f"slug {market.slug}" if market.slug else f"condition_id {market.condition_id}"

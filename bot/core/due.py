"""Whether an event's plan must be made again now, and when time alone may ask for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.case import Case, exposure_at, trusted_book
from bot.core.patience import WAITING
from bot.model.decision import Reason, Verdict
from bot.model.rule import Firing, Situation
from bot.model.strategy import OnRemove
from bot.model.units import UsdEst
from bot.model.view import EventMemory, MarketView, Position

REVIEW_EVERY = timedelta(days=7)
"""Every plan is looked at this often even if no trigger is named."""


def find_closing(case: Case) -> Reason | None:
    """Return why the hedge held has lost its reason; None if none is held or it has not."""
    held, position = case.choice.held, case.choice.held_position
    if held is None or position is None:
        return None
    if case.is_dust:
        return _other_side(case, held)
    return find_lost_reason(case, held, position)


def find_lost_reason(case: Case, held: MarketView, position: Position) -> Reason | None:
    """Return why what is held in one market has lost its reason; None if it has not.

    It is never judged by another market's book: that one's chance is of another day. What a roll
    leaves, or is about to, is not judged by its chance at all, as it runs to its end or is sold.
    """
    rule = case.strategy.close
    if (other_side := _other_side(case, held)) is not None:
        return other_side
    if case.event.removed and case.strategy.on_remove is OnRemove.CLOSE:
        return Reason(code="REMOVED", text=f"{case.strategy.path} was removed (on_remove: close)")
    loss = _loss_in(case, held)
    if loss is not None and (loss <= 0.0 or loss < rule.when_exposure_below_usd):
        text = f"exposure {loss:,.0f} USD, below {rule.when_exposure_below_usd:,.0f} USD"
        return Reason(code="EXPOSURE_GONE", text=text)
    p = case.forecast.probability
    if held.token_id == case.market.token_id and p < rule.when_probability_below:
        text = f"forecast {p:.2%}, below {rule.when_probability_below:.2%}"
        return Reason(code="PROBABILITY_GONE", text=text)
    if rule.after is not None and case.view.now >= position.opened_at + rule.after:
        text = f"held since {position.opened_at:%Y-%m-%d %H:%M}, longer than close.after"
        return Reason(code="HELD_LONG_ENOUGH", text=text)
    return None


def remember_opened(case: Case) -> Mapping[str, float]:
    """Return what the event's memory keeps of a hedge that is closed by ``close.after``."""
    position = case.choice.held_position
    return {} if position is None else {_opened(position): position.opened_at.timestamp()}


def was_held_long_enough(case: Case) -> Reason | None:
    """Return that the market's hedge was closed by ``close.after``, so it is not opened again."""
    after, opened = (
        case.strategy.close.after,
        case.event.memory.rule_state.get(_opened(case.market)),
    )
    if (
        after is None
        or opened is None
        or case.view.now.timestamp() < opened + after.total_seconds()
    ):
        return None
    text = f"{case.market.market.slug} was held as long as close.after says; it is not bought again"
    return Reason(code="HELD_LONG_ENOUGH", text=text)


def _opened(where: Position | MarketView) -> str:
    return f"close.opened.{where.token_id}"


def _loss_in(case: Case, held: MarketView) -> UsdEst | None:
    """Return what is lost by a market's own price; None if that is not known now."""
    if held.token_id == case.market.token_id:
        return case.exposure_usd_est
    book = trusted_book(held, strategy=case.strategy, now=case.view.now)
    if isinstance(book, Reason) or case.stale:
        return None
    return exposure_at(case.view, case.event, case.strategy, book.mid or 0.0, stale="")


def _other_side(case: Case, held: MarketView) -> Reason | None:
    """Return that the hedge held pays when the event does not happen; None if that is not so.

    The two outcomes are never held at once, so the old one is sold before the new one is bought.
    """
    market, adverse = held.market, case.strategy.adverse
    if market.index_of(adverse) in (None, held.adverse_index):
        return None  # an old market whose outcomes have other names is left as an old market
    text = f"{case.strategy.path} names {adverse} as adverse, and what is held pays for"
    return Reason(code="OTHER_SIDE", text=f"{text} {market.outcomes[held.adverse_index]}")


def look_at_triggers(
    case: Case, situation: Situation
) -> tuple[tuple[Firing, ...], dict[str, float]]:
    """Return the triggers that fire, and what each remembers.

    A trigger that fired is not asked again during its pause. What it remembers stays as it is, so
    it fires afterwards if what it watches is still elsewhere.
    """
    kept = case.event.memory.rule_state
    firings: list[Firing] = []
    state: dict[str, float] = {}
    for key, trigger in case.strategy.triggers:
        pause = trigger.pause()
        if pause and _pauses(kept.get(f"{key}:fired"), pause, situation.now):
            continue
        fired, state[key] = trigger.fires(situation, kept.get(key))
        if fired is not None and case.event.memory.run_at is not None:
            firings.append(fired)
            if pause:
                state[f"{key}:fired"] = situation.now.timestamp()
    return tuple(firings), state


def _pauses(fired: float | None, pause: timedelta, now: datetime) -> bool:
    return fired is not None and now.timestamp() < fired + pause.total_seconds()


def why_plan(case: Case, closing: Reason | None, firings: tuple[Firing, ...]) -> tuple[Firing, ...]:
    """Return why the plan is made again; empty: the last plan stands."""
    memory = case.event.memory
    if memory.run_at is None:
        return (_own("first_look", "no plan was made for this event yet"),)
    if memory.strategy_digest != case.strategy.digest:
        return (_own("strategy_changed", f"{case.strategy.path} was edited"),)
    if case.event.removed and case.orders:
        return (_own("removed", f"{case.strategy.path} was removed, and an order rests"),)
    if firings:
        return firings
    own = _due(case, memory, closing)
    return () if own is None else (own,)


def is_due(memory: EventMemory, now: datetime) -> bool:
    """Return whether a plan that wants another look has waited long enough."""
    return memory.retry_at is None or now >= memory.retry_at


def is_short(case: Case) -> bool:
    """Return whether what is held is not what the last plan went for."""
    target = case.event.memory.target_shares
    return abs(case.held_shares - target) > 0.01 * max(target, 1.0)


def find_wake(case: Case, memory: EventMemory, situation: Situation) -> datetime | None:
    """Return when time alone may change what was concluded: always after now."""
    now = case.view.now
    instants = [trigger.next_at(situation) for _, trigger in case.strategy.triggers]
    instants.append(memory.retry_at)
    instants.append(memory.run_at + REVIEW_EVERY if memory.run_at is not None else None)
    instants.extend(order.expires_at for order in case.orders)
    held, position = case.choice.held, case.choice.held_position
    if held is not None and case.strategy.market.series and held.market.ends_at is not None:
        instants.append(held.market.ends_at - case.strategy.roll.before_end)
    if position is not None and case.strategy.close.after is not None:
        instants.append(position.opened_at + case.strategy.close.after)
    return min([at for at in instants if at is not None and at > now], default=None)


def _due(case: Case, memory: EventMemory, closing: Reason | None) -> Firing | None:
    """Return what is due without a trigger; a plan just made is given time first."""
    due = is_due(memory, case.view.now)
    last = memory.verdict.partition(":")[2]
    if closing is not None:
        return _own("closing", closing.text) if due or last != closing.code else None
    if case.choice.rolls:
        new = last not in ("ROLL_DUE", "ROLL_REFUSED")
        return _own("roll", case.choice.reason.text) if due or new else None
    if _has_ended(case, memory):
        return _own("next_market", f"the hedge ended; now {case.market.market.slug}")
    return _look_again(case, memory, last) if due else None


def _has_ended(case: Case, memory: EventMemory) -> bool:
    moved = case.market.token_id != memory.token_id
    return moved and case.choice.held is None and bool(memory.token_id)


def _look_again(case: Case, memory: EventMemory, last: str) -> Firing | None:
    if case.orders:
        return _own("rested", "what rests has had its time")
    if last in WAITING:
        return _own("looked_again", f"waited before: {last}")
    if memory.verdict.startswith(Verdict.REFUSE) or last == "BUDGET_SPENT":
        return _own("looked_again", f"refused before: {last}")
    half_rolled = case.old_legs and not case.event.removed
    if memory.unfinished or is_short(case) or half_rolled or last == "OTHER_SIDE":
        return _own("unfinished", "the last plan was not completed")
    if last == "REMOVED" and not case.event.removed:
        return _own("returned", f"{case.strategy.path} is back")
    return _lapsed(case, memory)


def _lapsed(case: Case, memory: EventMemory) -> Firing | None:
    """Return that what the last plan held is over, or that it was made long ago."""
    if memory.verdict.startswith(Verdict.HOLD) and case.choice.held is None:
        return _own("next_market", f"what was held has ended; now {case.market.market.slug}")
    if memory.run_at is None or case.view.now - memory.run_at < REVIEW_EVERY:
        return None
    return _own("weekly_review", f"last planned {memory.run_at:%Y-%m-%d %H:%M} UTC")


def _own(trigger: str, text: str) -> Firing:
    return Firing(trigger=trigger, text=text, reading=0.0, threshold=0.0)

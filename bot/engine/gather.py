"""Reads the world into one view. A source that fails freezes its events; it is never "nothing"."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.engine.hear import Hearing
from bot.engine.ports import Sources
from bot.errors import BadData, DataError
from bot.model.market import Market
from bot.model.signal import NOTHING_LEARNED
from bot.model.strategy import Strategy
from bot.model.units import ConditionId, EventId, TokenId
from bot.model.view import Account, EventMemory, EventView, MarketView, View

_LAST = timedelta(days=36_500)
_BUDGET_SPENT = "BUDGET_SPENT"
"""Code of a plan that was worth its price and found no money."""


async def gather(
    ports: Sources,
    *,
    cycle: int,
    strategies: Sequence[Strategy],
    removed: frozenset[EventId],
    can_merge: bool,
) -> View:
    """Return all that one decision may know, at the clock's now.

    Args:
        ports: The world.
        cycle: Number of this cycle.
        strategies: In force, and those whose file is gone.
        removed: Events of the latter.
        can_merge: Whether the venue lets us merge pairs.
    """
    await ports.market_data.refresh()
    now = ports.clock.now()
    portfolio = await ports.portfolio.read(now)
    account = ports.ledger.account(now)
    memories = ports.ledger.memories()
    events = [
        replace(
            await _look_up(ports, strategy, account, memories, now=now),
            removed=strategy.event in removed,
        )
        for strategy in strategies
    ]
    events = _without_doubles(events, account)
    held = _leavable(account, can_merge=can_merge)
    await ports.market_data.watch(_tokens(ports, events, held))
    await ports.market_data.refresh()
    now = ports.clock.now()
    hear = Hearing(portfolio=portfolio, series=ports.portfolio.series, now=now)
    by_event = {strategy.event: strategy for strategy in strategies}
    listens = any(strategy.signals for strategy in strategies)
    return View(
        cycle=cycle,
        now=now,
        mode=ports.terms.mode,
        version=ports.terms.version,
        limits=ports.terms.limits(portfolio),
        portfolio=portfolio,
        account=account,
        events=tuple(
            [await hear.all(by_event[e.event], _with_quotes(ports, e, held)) for e in events]
        ),
        halted=ports.ledger.halted(),
        can_merge=can_merge,
        learned=ports.ledger.learned() if listens else NOTHING_LEARNED,
    )


def look_again(ports: Sources, found: View, *, cycle: int) -> View:
    """Return a view that was kept since the last cycle as it is now; nothing is read over a wire.

    Args:
        ports: The world.
        found: Portfolio, limits and markets stay as they are in it.
        cycle: Number of this cycle.
    """
    now = ports.clock.now()
    account = ports.ledger.account(now)
    held = _leavable(account, can_merge=found.can_merge)
    return replace(
        found,
        cycle=cycle,
        now=now,
        account=account,
        events=tuple(_with_quotes(ports, event, held) for event in found.events),
        halted=ports.ledger.halted(),
    )


async def _look_up(
    ports: Sources,
    strategy: Strategy,
    account: Account,
    memories: dict[EventId, EventMemory],
    *,
    now: datetime,
) -> EventView:
    """Return the event with its markets; a failed read leaves the reason and no markets."""
    event = strategy.event
    memory = _with_new_cash(ports, memories.get(event, EventMemory()))
    try:
        markets = _adverse(strategy, await ports.market_data.find(strategy.market, now=now))
        named = frozenset(view.token_id for view in markets)
        markets += [
            await _held(ports, strategy, token_id, condition_id)
            for token_id, condition_id in _ours(account, event).items()
            if token_id not in named
        ]
    except DataError as error:
        return EventView(event=event, markets=(), memory=memory, problem=str(error))
    markets.sort(key=lambda view: view.market.ends_at or now + _LAST)
    return EventView(event=event, markets=tuple(markets), memory=memory)


def _with_new_cash(ports: Sources, memory: EventMemory) -> EventMemory:
    """Let a plan that had no money be made again as soon as some has come."""
    if memory.run_at is None or not memory.verdict.endswith(f":{_BUDGET_SPENT}"):
        return memory
    came_at = ports.ledger.cash_came_at()
    if came_at is None or came_at <= memory.run_at:
        return memory
    return replace(memory, retry_at=None)


def _ours(account: Account, event: EventId) -> dict[TokenId, ConditionId]:
    """Return the tokens that the event has positions or orders in."""
    ours = [(item.event, item.token_id, item.condition_id) for item in account.positions]
    ours += [(item.event, item.token_id, item.condition_id) for item in account.orders]
    return {token: condition for owner, token, condition in ours if owner == event}


async def _held(
    ports: Sources, strategy: Strategy, token_id: TokenId, condition_id: ConditionId
) -> MarketView:
    """Return the market of a token we have that the strategy's reference did not find.

    It is looked at from that token's side, whatever the strategy calls adverse by now.
    """
    market = await ports.market_data.market(condition_id)
    index = market.token_ids.index(token_id)
    # A closed market of a series is still "named": the series names it until it resolves.
    series = strategy.market.series
    named = bool(series) and market.series_slug == series
    adverse = market.index_of(strategy.adverse) == index
    return MarketView(market=market, adverse_index=index, quote=None, named=named and adverse)


def _adverse(strategy: Strategy, markets: Iterable[Market]) -> list[MarketView]:
    views: list[MarketView] = []
    for market in markets:
        index = market.index_of(strategy.adverse)
        if index is None:
            raise BadData(
                f"{strategy.path}: event.adverse is {strategy.adverse!r}, but the outcomes of"
                f" {market.slug} are {market.outcomes[0]!r} and {market.outcomes[1]!r}."
                " Write one of these"
            )
        views.append(MarketView(market=market, adverse_index=index, quote=None))
    return views


def _without_doubles(events: list[EventView], account: Account) -> list[EventView]:
    """Freeze each event that shares a token with an earlier one: a hedge has one owner."""
    owner: dict[TokenId, EventId] = {item.token_id: item.event for item in account.positions}
    checked: list[EventView] = []
    for event in events:
        clash = ""
        for view in event.markets:
            other = owner.setdefault(view.token_id, event.event)
            if other != event.event:
                clash = (
                    f"{event.event} and {other} both hedge with {view.market.slug}"
                    f" {view.market.outcomes[view.adverse_index]}; one token belongs to one"
                    " strategy: merge the two files or name another market"
                )
        checked.append(replace(event, problem=clash) if clash and not event.problem else event)
    return checked


def _leavable(account: Account, *, can_merge: bool) -> frozenset[TokenId]:
    """Return tokens that could be left by buying their complement and merging the pairs."""
    return frozenset(item.token_id for item in account.positions if can_merge)


def _tokens(ports: Sources, events: Iterable[EventView], held: frozenset[TokenId]) -> list[TokenId]:
    markets = [view for event in events for view in event.markets]
    complements = [_complement(ports, view, held) for view in markets]
    return [*(view.token_id for view in markets), *filter(None, complements)]


def _complement(ports: Sources, view: MarketView, held: frozenset[TokenId]) -> TokenId | None:
    """Return the other token, where what is held has no bids: there may be another way out."""
    quote = ports.market_data.quote(view.token_id)
    if view.token_id not in held or quote is None or quote.book.bid_prices:
        return None
    return view.market.complement_of(view.token_id)


def _with_quotes(ports: Sources, event: EventView, held: frozenset[TokenId]) -> EventView:
    markets: list[MarketView] = []
    for view in event.markets:
        complement = _complement(ports, view, held)
        markets.append(
            replace(
                view,
                quote=ports.market_data.quote(view.token_id),
                complement_quote=ports.market_data.quote(complement) if complement else None,
            )
        )
    return replace(event, markets=tuple(markets))

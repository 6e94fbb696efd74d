"""Writes what the markets of the strategies do to a journal, for `replay` later."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.app.build import make_clock
from bot.app.signals import stop_on_signals
from bot.app.sources import open_market_data
from bot.clock import Clock
from bot.config import Settings
from bot.engine.ports import Report
from bot.errors import DataError, StrategyError
from bot.model.market import Market, MarketEvent
from bot.model.strategy import Strategy
from bot.model.units import ConditionId
from bot.strategy import load_strategies
from bot.venues.ports import MarketData
from bot.venues.recorder import Recorder

_CONFIRM_EVERY_S = 1.0
_LOOK_EVERY = timedelta(minutes=1)
"""How often new markets of a series are looked for."""


@dataclass(slots=True, kw_only=True)
class Recording:
    """How far a recording has come."""

    since: datetime
    markets: dict[ConditionId, Market] = field(default_factory=dict)
    events: int = 0
    """Books, prints and changes of markets written."""
    missing: tuple[str, ...] = ()
    """Strategies whose market was not found at the last look."""


async def record(
    settings: Settings,
    *,
    folder: Path,
    lasting: timedelta | None,
    report: Report,
    seen: Callable[[Recording], None],
) -> Recording:
    """Record until ``lasting`` has passed, or SIGINT or SIGTERM.

    Args:
        settings: Name the market data and the strategies.
        folder: Where the journal goes.
        lasting: None records on.
        report: Told of sources that fail.
        seen: Called about once a second.

    Raises:
        StrategyError: A strategy file cannot be used.
        ConfigError: The folder cannot be written.
        DataError: The market data does not answer at the start.
    """
    strategies, broken = load_strategies(settings.strategies)
    if broken:
        raise StrategyError("\n".join(broken))
    clock = make_clock(settings, last=None)
    recorder = Recorder(folder=folder, clock=clock, source=str(settings.market_data))
    data = open_market_data(settings, clock=clock, report=report)
    state = Recording(since=clock.now())

    def write(event: MarketEvent) -> None:
        state.events += 1
        recorder.tell(event)

    data.listen(write)
    try:
        await data.start()
        stop = asyncio.Event()
        stop_on_signals(stop)
        until = clock.now() + lasting if lasting is not None else None
        look_at = clock.now()
        while not stop.is_set() and (until is None or clock.now() < until):
            if clock.now() >= look_at:
                await _look(data, recorder, strategies, state, now=clock.now())
                look_at = clock.now() + _LOOK_EVERY
            await _confirm(data, recorder, state)
            seen(state)
            await _pause(clock, stop)
    finally:
        await data.close()
        recorder.close()
    return state


async def _look(
    data: MarketData,
    recorder: Recorder,
    strategies: Sequence[Strategy],
    state: Recording,
    *,
    now: datetime,
) -> None:
    """Take up markets that are new; one that was found once is recorded to its end."""
    missing: list[str] = []
    for strategy in strategies:
        try:
            found = await data.find(strategy.market, now=now)
        except DataError as error:
            missing.append(f"{strategy.event}: {error}")
            continue
        if not found:
            missing.append(f"{strategy.event}: no open market matches")
        new = [market for market in found if market.condition_id not in state.markets]
        recorder.list_markets(new)
        state.markets |= {market.condition_id: market for market in new}
    state.missing = tuple(missing)
    await data.watch(token for market in state.markets.values() for token in market.token_ids)


async def _confirm(data: MarketData, recorder: Recorder, state: Recording) -> None:
    await data.refresh()
    tokens = [token for market in state.markets.values() for token in market.token_ids]
    recorder.confirm(quote for quote in map(data.quote, tokens) if quote is not None)


async def _pause(clock: Clock, stop: asyncio.Event) -> None:
    """Wait a second, or less if told to stop."""
    waits = {asyncio.ensure_future(clock.sleep(_CONFIRM_EVERY_S))}
    waits.add(asyncio.ensure_future(_as_none(stop)))
    _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()


async def _as_none(stop: asyncio.Event) -> None:
    await stop.wait()

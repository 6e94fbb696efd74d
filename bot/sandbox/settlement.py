"""What becomes of trades after they matched: carried out on the chain, tried again, or undone.

**Source:** POLYMARKET section 4.8, read 2026-11.
"""

import asyncio
from collections.abc import Callable

from bot.clock import Clock
from bot.sandbox.bank import Bank, NotDone
from bot.sandbox.faults import Fate
from bot.sandbox.trades import Settled, Trade


class Settlement:
    """Settles trades one after the other.

    Args:
        bank: Carries them out.
        clock: For the time of the last change.
        tell: Told after each change of a trade.
    """

    def __init__(self, *, bank: Bank, clock: Clock, tell: Callable[[Trade], None]) -> None:
        self._bank = bank
        self._clock = clock
        self._tell = tell
        self._held: list[Trade] = []
        self._working: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    def begin(self, trade: Trade, fate: Fate) -> None:
        """Let a trade that has just matched go its way."""
        if fate is Fate.HOLD:
            self._held.append(trade)
            return
        task = asyncio.create_task(self._go(trade, fate))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def release(self, fate: Fate) -> None:
        """Let all held trades go on, and wait until they have."""
        held, self._held = self._held, []
        for trade in held:
            self.begin(trade, fate)
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing is being settled."""
        while self._working:
            await asyncio.gather(*self._working)

    async def close(self) -> None:
        """Stop where it is."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _go(self, trade: Trade, fate: Fate) -> None:
        async with self._one_at_a_time:
            if fate in (Fate.RETRY_CONFIRM, Fate.RETRY_FAIL, Fate.HOLD_RETRYING):
                self._change(trade, Settled.RETRYING)
            if fate is Fate.HOLD_RETRYING:
                self._held.append(trade)
            elif fate in (Fate.FAIL, Fate.RETRY_FAIL):
                self._change(trade, Settled.FAILED)
            else:
                await self._carry_out(trade)

    async def _carry_out(self, trade: Trade) -> None:
        try:
            trade.transaction = await self._bank.settle(trade.taker, trade.makers)
        except NotDone:
            self._change(trade, Settled.FAILED)
            return
        self._change(trade, Settled.MINED)
        self._change(trade, Settled.CONFIRMED)

    def _change(self, trade: Trade, status: Settled) -> None:
        trade.status = status
        trade.updated_at = int(self._clock.now().timestamp())
        self._tell(trade)

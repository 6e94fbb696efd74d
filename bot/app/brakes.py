"""What halts live trading besides a command: a file, a signal, too much spent in a day."""

import asyncio
import signal
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bot.clock import Clock
from bot.config import Settings
from bot.ledger import Ledger
from bot.model.orders import Side, TradeSettlement

LOOK_EVERY_S = 1.0
DAY = timedelta(days=1)


class Brakes:
    """Looks once a second; what it finds is a halt in the ledger, which holds until `resume`.

    Args:
        settings: Names the file and the most that a day may cost.
        ledger: Where a halt stands, and what was spent.
        clock: Its time.
        wake: Set on a halt, so that a cycle cancels what rests at once.
    """

    def __init__(
        self, *, settings: Settings, ledger: Ledger, clock: Clock, wake: asyncio.Event
    ) -> None:
        self._file: Path = settings.halt_file
        self._most_usd = settings.live.max_premium_per_day_usd
        self._ledger = ledger
        self._clock = clock
        self._wake = wake

    def listen(self) -> None:
        """Halt on SIGUSR1, for whoever watches the process from outside."""
        loop = asyncio.get_running_loop()
        with suppress(RuntimeError):  # only the main thread hears signals
            loop.add_signal_handler(signal.SIGUSR1, self._halt, "signal USR1")

    async def watch(self) -> None:
        """Look for ever; to be cancelled."""
        while True:
            self.look()
            await self._clock.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Halt if something asks for it."""
        if self._file.exists():
            self._halt(f"the file {self._file} exists; remove it before `polyhedge resume`")
            return
        spent = self.spent_usd(self._clock.now())
        if spent > self._most_usd:
            self._halt(
                f"{spent:.2f} USD were spent in 24 hours; live.max_premium_per_day_usd is"
                f" {self._most_usd}"
            )

    def spent_usd(self, now: datetime) -> Decimal:
        """Return what buys of the last 24 hours took, fees included, USD."""
        since = now - DAY
        return -sum(
            (
                fill.cash_usd
                for fill in self._ledger.fills()
                if fill.side is Side.BUY
                and fill.at > since
                and fill.settlement is not TradeSettlement.FAILED
            ),
            Decimal(0),
        )

    def _halt(self, reason: str) -> None:
        if not self._ledger.halted():
            self._ledger.record_halt(reason, self._clock.now())
            self._wake.set()

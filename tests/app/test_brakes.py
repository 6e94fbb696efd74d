"""A file, a signal and a day that cost too much halt live trading."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.brakes import Brakes
from bot.config import load_settings
from bot.ledger import Ledger
from bot.model.orders import TradeSettlement
from tests.fakes import START, ManualClock
from tests.ledger.make import make_fill, make_prepared, usd

CONFIG = """\
mode: live
market_data: polymarket
live: {max_premium_per_day_usd: 5}
portfolio:
  holdings:
    - {symbol: HOUSE, value: 12000}
"""


class Car:
    """Brakes with all that they look at."""

    def __init__(self, folder: Path) -> None:
        path = folder / "config.yaml"
        path.write_text(CONFIG, encoding="utf-8")
        self.file = folder / "HALT"
        self.clock = ManualClock()
        self.wake = asyncio.Event()
        self.ledger = Ledger.open(folder / "ledger.db", mode="live")
        self.brakes = Brakes(
            settings=load_settings(path, {}),
            ledger=self.ledger,
            clock=self.clock,
            wake=self.wake,
        )

    def buy(self, *, settlement: TradeSettlement = TradeSettlement.MATCHED) -> None:
        """Take 4 USD of premium and more, all within a minute."""
        self.ledger.record_deposit(usd("100"), START, "money")
        for number in (1, 2):
            prepared = make_prepared(number)
            self.ledger.record_submitting(prepared, cycle=number)
            fill = make_fill(number, order=number, settlement=settlement)
            self.ledger.record_fill(fill, START)


@pytest.fixture
def car(tmp_path: Path) -> Iterator[Car]:
    made = Car(tmp_path)
    yield made
    made.ledger.close()


def test_nothing_halts_without_a_cause(car: Car) -> None:
    car.brakes.look()
    assert car.ledger.halted() == ""
    assert not car.wake.is_set()


def test_a_file_halts_once_and_says_what_to_do(car: Car) -> None:
    car.file.touch()
    car.brakes.look()
    assert car.ledger.halted().endswith("HALT exists; remove it before `polyhedge resume`")
    assert car.wake.is_set()
    car.wake.clear()
    car.brakes.look()
    assert not car.wake.is_set()


def test_a_resume_does_not_outlive_the_file(car: Car) -> None:
    car.file.touch()
    car.brakes.look()
    car.ledger.record_resume("too early", START)
    car.brakes.look()
    assert car.ledger.halted()


def test_a_day_that_cost_too_much_halts(car: Car) -> None:
    car.buy()
    car.brakes.look()
    assert car.ledger.halted().startswith("8.20 USD")
    assert "live.max_premium_per_day_usd is 5" in car.ledger.halted()


def test_what_failed_to_settle_was_not_spent(car: Car) -> None:
    car.buy(settlement=TradeSettlement.FAILED)
    car.brakes.look()
    assert car.ledger.halted() == ""


async def test_yesterdays_premium_does_not_count(car: Car) -> None:
    car.buy()
    await car.clock.sleep(timedelta(hours=25).total_seconds())
    car.brakes.look()
    assert car.ledger.halted() == ""


async def test_a_signal_halts(car: Car) -> None:
    car.brakes.listen()
    os.kill(os.getpid(), signal.SIGUSR1)
    async with asyncio.timeout(2):
        await car.wake.wait()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR1)
    assert car.ledger.halted() == "signal USR1"

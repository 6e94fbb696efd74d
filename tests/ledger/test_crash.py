"""A process killed while it writes: the ledger is whole, and no acknowledged row is lost."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path

from bot.ledger import Ledger
from bot.model.orders import Accepted, OrderStatus
from bot.model.units import ClientOrderId, OrderId
from tests.fakes import START
from tests.ledger.make import make_decision, make_fill, make_prepared, make_view, usd

KILLS = 15
STAGES = 4
"""Transactions per order: decided, submitting, accepted, filled."""


def _stage(ledger: Ledger, number: int, stage: int) -> None:
    match stage:
        case 0:
            with ledger.transaction():
                ledger.record_deposit(usd("4.1"), START, "")
                ledger.record_decision(make_view(number), make_decision(number), [])
        case 1:
            ledger.record_submitting(make_prepared(number), cycle=number)
        case 2:
            result = Accepted(order_id=OrderId(f"o{number}"), resting=True)
            ledger.record_result(ClientOrderId(f"c{number}"), result, START)
        case _:
            ledger.record_fill(make_fill(number), START)


def _write_for_ever(path: Path, acknowledge: int, first: int) -> None:
    """Take one stage after the other and tell the parent of each that is done."""
    ledger = Ledger.open(path, mode="paper")
    for step in count(first):
        _stage(ledger, 1 + step // STAGES, step % STAGES)
        os.write(acknowledge, step.to_bytes(4, "big"))


def _fork_writer(path: Path, first: int) -> tuple[int, int]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _write_for_ever(path, writing, first)
        finally:
            os._exit(1)
    os.close(writing)
    return pid, reading


def _acknowledged(reading: int) -> Iterator[int]:
    while len(word := os.read(reading, 4)) == 4:
        yield int.from_bytes(word, "big")


def _kill_after(path: Path, first: int, steps: int) -> int:
    """Kill a writer in the stage after the ``steps``-th; return the last one acknowledged."""
    pid, reading = _fork_writer(path, first)
    done = first - 1
    for done in _acknowledged(reading):
        if done - first + 1 == steps:
            os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(reading)
    return done


def _stages_on_disk(ledger: Ledger) -> int:
    """Return how many stages the ledger holds, counted from what it says of itself."""
    cycle = ledger.last_cycle()
    if cycle is None:
        return 0
    number = cycle[0]
    order = ledger.order(OrderId(f"o{number}"))
    stages = (number - 1) * STAGES + 1
    if order is not None:
        stages += 1 + (order.status is OrderStatus.OPEN) + (order.filled > 0)
    return stages


def test_a_kill_in_the_middle_of_writing_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    first = 0
    for kill in range(KILLS):
        done = _kill_after(path, first, 1 + kill * 7 % 11)
        check = sqlite3.connect(path)
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        check.close()
        ledger = Ledger.open(path, mode="paper")
        stages = _stages_on_disk(ledger)
        assert done + 1 <= stages
        assert stages <= done + 1 + STAGES  # acknowledged, and what the kill came too late for
        _check_sums(ledger, stages)
        ledger.close()
        first = stages


def _check_sums(ledger: Ledger, stages: int) -> None:
    deposits, fills = (stages + STAGES - 1) // STAGES, stages // STAGES
    totals, account = ledger.totals(), ledger.account(START)
    assert totals.gap_usd == 0
    assert totals.deposited_usd == Decimal("4.1") * deposits
    assert totals.cost_usd == account.premium_used_usd == Decimal("4.1") * fills
    assert len(ledger.fills()) == fills
    assert ledger.decision(deposits).view == make_view(deposits)

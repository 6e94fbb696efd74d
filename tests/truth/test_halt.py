"""Halts by command, file, signal and bound: also while the venue is down, and over a restart."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from decimal import Decimal

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.config import load_settings
from bot.model.orders import OrderStatus
from bot.sandbox.faults import Fault, Trading
from tests.truth.stage import MIXED, PLAIN, RESTING, SESSION, Stage

pytestmark = pytest.mark.chain

RESTS = pytest.mark.parametrize("strategy", [RESTING], ids=["rests"])
DOWN = ("/clob", "/data", "/rpc")
Halt = Callable[[Stage], None]


def type_in(stage: Stage, *words: str) -> None:
    done = CliRunner().invoke(main, [*words, "--config", str(stage.settings.path)])
    assert done.exit_code == 0, done.output


def by_command(stage: Stage) -> None:
    type_in(stage, "halt", "the owner wants to look")


def by_file(stage: Stage) -> None:
    stage.settings.halt_file.touch()


def by_signal(_stage: Stage) -> None:
    assert signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL, "nobody listens"
    os.kill(os.getpid(), signal.SIGUSR1)


def by_bound(stage: Stage) -> None:
    """Spend more than a day may cost: 20 shares of what rests are filled."""
    (resting,) = stage.resting()
    stage.meet({resting.order_id: "20"})


WAYS = pytest.mark.parametrize(
    "halt", [by_command, by_file, by_signal], ids=lambda way: way.__name__
)


def go_down(stage: Stage, *paths: str) -> None:
    for path in paths or DOWN:
        stage.sandbox.faults.add(Fault.STATUS, path=path, status=500, text="down")


def go_on(stage: Stage) -> None:
    stage.settings.halt_file.unlink(missing_ok=True)
    type_in(stage, "resume", "looked")


@RESTS
@WAYS
@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_a_halt_holds_while_the_venue_is_down_and_over_a_restart(
    stage: Stage, halt: Halt
) -> None:
    await stage.cycle()
    (resting,) = stage.resting()
    stage.meet({resting.order_id: "20"})
    await stage.settle()
    go_down(stage)
    halt(stage)
    await stage.patient()
    assert stage.ledger.halted()
    assert len(stage.resting()) == 1
    stage.sandbox.faults.clear()
    await stage.restart()
    assert stage.ledger.halted()
    await stage.cycle()
    assert stage.resting() == []
    posted = len(stage.posted)
    await stage.cycles(3600, every=600)
    assert len(stage.posted) == posted
    order = stage.only_order()
    assert order.status is OrderStatus.CANCELLED
    assert (order.filled, stage.held()) == (Decimal(20), Decimal(20))
    go_on(stage)
    await stage.cycle(7200)
    assert len(stage.posted) == posted + 1


@RESTS
@pytest.mark.parametrize("setting", PLAIN[:1], ids=str)
@pytest.mark.parametrize("path", ["/rpc", "/data", "/gamma", "/clob/data"])
async def test_a_halt_cancels_what_rests_while_reads_fail(stage: Stage, path: str) -> None:
    await stage.cycle()
    assert len(stage.resting()) == 1
    go_down(stage, path)
    by_command(stage)
    await stage.patient()
    assert stage.resting() == []
    stage.sandbox.faults.clear()
    await stage.cycles(120)
    assert stage.only_order().status is OrderStatus.CANCELLED
    go_on(stage)


@RESTS
@pytest.mark.parametrize("setting", SESSION[1:], ids=str)
async def test_a_halt_in_cancel_only_mode_cancels(stage: Stage) -> None:
    await stage.cycle()
    stage.sandbox.faults.trading = Trading.CANCEL_ONLY
    by_command(stage)
    await stage.cycle()
    assert stage.resting() == []
    await stage.cycles(120)
    go_on(stage)


@RESTS
@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_too_much_in_a_day_halts(stage: Stage) -> None:
    config = stage.settings.path
    text = config.read_text("utf-8")
    assert "max_premium_per_day_usd: 300" in text
    config.write_text(text.replace("per_day_usd: 300", "per_day_usd: 3"), "utf-8")
    stage.settings = load_settings(config, {})
    await stage.restart()
    await stage.cycle()
    by_bound(stage)
    await stage.cycle()
    await stage.cycle()
    assert "live.max_premium_per_day_usd is 3" in stage.ledger.halted()
    await stage.cycle()
    assert stage.resting() == []
    await stage.calm()
    assert stage.held() == 20
    await stage.jump(86_400)
    go_on(stage)

"""A halt holds until a person resumes, and reaches a daemon that runs."""

import sqlite3
from pathlib import Path

import pytest

from bot.errors import LedgerError
from bot.ledger import Ledger, switch
from bot.model.units import EventId
from tests.fakes import START
from tests.ledger.make import usd


def test_halt_survives_a_restart_and_ends_by_resume(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(path, mode="paper")
    assert (ledger.halted(), ledger.halted_at()) == ("", None)
    ledger.record_halt("420 shares there, 0 here", START)
    ledger.close()
    ledger = Ledger.open(path, mode="paper")
    assert (ledger.halted(), ledger.halted_at()) == ("420 shares there, 0 here", START)
    ledger.record_resume("counted by hand", START)
    assert (ledger.halted(), ledger.halted_at()) == ("", None)
    ledger.close()


def test_halt_and_resume_reach_a_running_daemon(ledger: Ledger) -> None:
    switch.halt(ledger.path, reason="by hand", at=START)
    assert ledger.halted() == "by hand"
    switch.resume(ledger.path, reason="all well", at=START)
    assert ledger.halted() == ""
    ledger.record_deposit(usd("1"), START, "and it goes on")


def test_a_step_keeps_others_from_writing_from_its_start(ledger: Ledger) -> None:
    """Else a halt from outside, between our first read and our first write, would undo the step."""
    other = sqlite3.connect(ledger.path, timeout=0, isolation_level=None)
    with ledger.transaction():
        assert ledger.account(START).cash_usd == 0
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_halt_without_a_ledger_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger at"):
        switch.halt(tmp_path / "ledger.db", reason="", at=START)
    assert not (tmp_path / "ledger.db").exists()


def test_lifecycle_is_counted_and_told_newest_first(ledger: Ledger) -> None:
    assert ledger.lifecycle_counts() == {}
    for kind in ("opened", "opened", "settled"):
        ledger.record_lifecycle(kind, EventId("fed-hike"), START, f"{kind} 420 shares")
    assert ledger.lifecycle_counts() == {"opened": 2, "settled": 1}
    assert [entry.kind for entry in ledger.recent_lifecycle(2)] == ["settled", "opened"]
    assert ledger.recent_lifecycle(1)[0].text == "settled 420 shares"

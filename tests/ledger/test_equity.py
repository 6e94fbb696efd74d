"""What all was worth: a row a day, never changed, the same for every kind of ledger."""

from pathlib import Path

import pytest

from bot.errors import InvariantError
from bot.ledger import Ledger, LedgerReader
from bot.model.view import EventMemory
from tests.ledger.make import EVENT, make_decision, make_view, usd


def test_a_day_has_one_row(ledger: Ledger) -> None:
    ledger.record_deposit(usd("1000"), make_view().now, "start")
    for days in (0.0, 0.1, 1.0):
        ledger.record_equity(make_view(days=days), make_decision(days=days))
    first, second = ledger.equity()
    assert (first.deposited_usd, first.cash_usd) == (usd("1000"), usd("1000.10"))
    assert (first.portfolio_usd_est, first.at_bid_usd_est) == (500.0, 0.0)
    assert first.at == make_view().now
    assert second.at == make_view(days=1).now
    assert [day for day, _ in ledger.covers()] == [
        f"{first.at:%Y-%m-%d}",
        f"{second.at:%Y-%m-%d}",
    ]
    assert {cover.event for _, cover in ledger.covers()} == {EVENT}


def write(ledger: Ledger, days: float = 0.0) -> None:
    ledger.record_equity(make_view(days=days), make_decision(days=days))


def test_a_restart_on_the_same_day_writes_no_second_row(tmp_path: Path) -> None:
    for _ in range(2):
        ledger = Ledger.open(tmp_path / "x.db", mode="paper")
        write(ledger)
        ledger.close()
    reader = LedgerReader.open(tmp_path / "x.db")
    assert len(reader.equity()) == 1
    assert len(reader.covers()) == 1
    assert reader.last_run() is None
    reader.close()


def test_what_was_undone_is_written_again(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction():
            write(ledger)
            write(ledger)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ledger.equity() == ()
    write(ledger)
    assert len(ledger.equity()) == 1


def test_the_last_run_is_told(ledger: Ledger) -> None:
    for number in (1, 2):
        ledger.record_run({"number": number}, make_view().now)
    assert ledger.last_run() == b'{"number":2}'


@pytest.mark.parametrize("table", ["equity", "covers", "runs"])
def test_a_row_is_never_changed(ledger: Ledger, table: str) -> None:
    write(ledger)
    ledger.record_run({}, make_view().now)
    with pytest.raises(InvariantError, match="append-only"), ledger.transaction():
        ledger._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def test_memories_are_those_of_the_rows_also_after_an_undone_step(ledger: Ledger) -> None:
    ledger.record_memories(make_decision())
    before = ledger.memories()

    def fail() -> None:
        with ledger.transaction():
            ledger.record_memories(make_decision(memory=EventMemory(verdict="open")))
            assert ledger.memories() != before
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ledger.memories() == before

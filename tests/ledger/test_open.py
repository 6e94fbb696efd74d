"""A ledger that cannot be used says why and what to do, and one that can has one writer."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.core.decide import decide
from bot.errors import InvariantError, LedgerError
from bot.ledger import Ledger, LedgerReader, is_made, schema, switch
from bot.ledger.connection import tidy
from bot.ledger.steps import STEPS
from tests.core.builders import make_event, make_strategy, make_view
from tests.fakes import START
from tests.ledger.make import EVENT, make_fill, send, usd

if TYPE_CHECKING:
    from sqlite_utils import Database

    Step = Callable[[Database], None]

ROOT = os.geteuid() == 0


def mount(folder: Path, *options: str) -> None:
    """Mount over ``folder``, or skip the test and say why."""
    if not ROOT:
        pytest.skip("mounting needs root")
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.decode().strip()}")


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount(folder, "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    yield folder
    unmount(folder)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder nobody can write, with a ledger in it that was closed properly."""
    folder = tmp_path / "kept"
    folder.mkdir()
    mount(folder, "-t", "tmpfs", "-o", "size=4m", "tmpfs")
    ledger = Ledger.open(folder / "ledger.db", mode="paper")
    ledger.record_deposit(usd("5"), START, "start")
    ledger.close()
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)  # noqa: S603, S607
    yield folder
    unmount(folder)


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "new" / "deep" / "ledger.db", mode="paper")
    ledger.close()
    assert (tmp_path / "new" / "deep" / "ledger.db").exists()


def test_a_read_only_folder_is_named_with_what_to_do(read_only: Path) -> None:
    with pytest.raises(LedgerError, match=r"its folder .*/kept cannot be written \(Read-only"):
        Ledger.open(read_only / "ledger.db", mode="paper")


def test_a_ledger_in_a_read_only_folder_can_be_read(read_only: Path) -> None:
    reader = LedgerReader.open(read_only / "ledger.db")
    assert reader.account(START).cash_usd == usd("5")
    reader.close()


def test_a_folder_that_is_a_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(LedgerError, match=r"its folder .*/data cannot be written.*`ledger:` in"):
        Ledger.open(tmp_path / "data" / "ledger.db", mode="paper")


def test_a_ledger_file_that_is_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.db is a folder\. Name a file"):
        Ledger.open(tmp_path / "ledger.db", mode="paper")
    with pytest.raises(LedgerError, match=r"ledger\.db is a folder\. Name a file"):
        LedgerReader.open(tmp_path / "ledger.db")


def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_space(small_disk: Path) -> None:
    ledger = Ledger.open(small_disk / "ledger.db", mode="paper")
    ledger.record_deposit(usd("100"), START, "start")
    send(ledger)
    written = 0

    def fill_up() -> None:
        nonlocal written
        while True:
            ledger.record_lifecycle("refused", EVENT, START, "x" * 5000)
            written += 1

    with pytest.raises(LedgerError, match=r"the disk is full; nothing was lost\. Free space"):
        fill_up()
    with pytest.raises(LedgerError, match="the disk is full"):
        ledger.record_lifecycle("refused", EVENT, START, "x" * 500_000)
    assert ledger.lifecycle_counts() == {"refused": written}
    assert ledger.account(START).cash_usd == usd("100")
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)  # noqa: S603, S607
    assert ledger.record_fill(make_fill(), START)
    ledger.close()
    again = Ledger.open(small_disk / "ledger.db", mode="paper")
    assert again.account(START).cash_usd == usd("95.9")
    assert again._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    again.close()


def send_with_note(ledger: Ledger, note: str) -> None:
    with ledger.transaction():
        send(ledger)
        ledger.record_lifecycle("opened", EVENT, START, note)


def test_a_ledger_that_cannot_grow_loses_nothing(ledger: Ledger) -> None:
    """As with a full disk, where no disk can be mounted."""
    ledger.record_deposit(usd("100"), START, "start")
    (pages,) = ledger._db.execute("PRAGMA page_count").fetchone()
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match="the disk is full; nothing was lost"):
        send_with_note(ledger, "x" * 100_000)
    assert ledger.orders_without_end() == ()
    ledger._db.execute("PRAGMA max_page_count = 100000")
    send(ledger)
    assert ledger.account(START).cash_usd == usd("100")


def test_a_disk_full_at_opening_is_a_message(small_disk: Path) -> None:
    (small_disk / "stuff").write_bytes(b"x" * (1 << 20))
    with pytest.raises(LedgerError, match=r"ledger\.db.*(Free space|No space left)"):
        Ledger.open(small_disk / "ledger.db", mode="paper")


def test_a_second_writer_is_refused_and_told_who_has_it(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=f"in use by process {os.getpid()}.*kill {os.getpid()}"):
        Ledger.open(ledger.path, mode="paper")
    ledger.record_deposit(usd("1"), START, "the first goes on")


def _hold(path: Path, ready: "multiprocessing.connection.Connection") -> None:
    Ledger.open(path, mode="paper")
    ready.send("open")
    signal.pause()


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    holder = context.Process(target=_hold, args=(path, there))
    holder.start()
    assert here.recv() == "open"
    with pytest.raises(LedgerError, match=f"in use by process {holder.pid}"):
        Ledger.open(path, mode="paper")
    holder.kill()
    holder.join()
    Ledger.open(path, mode="paper").close()


def test_a_closed_ledger_can_be_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        Ledger.open(tmp_path / "ledger.db", mode="paper").close()


def test_modes_are_never_mixed(ledger: Ledger) -> None:
    ledger.close()
    with pytest.raises(LedgerError, match="was made in mode paper and this is mode live"):
        Ledger.open(ledger.path, mode="live")
    Ledger.open(ledger.path, mode="paper").close()


def test_every_table_carries_the_mode(ledger: Ledger) -> None:
    tables = [row["name"] for row in ledger._db.query("SELECT name FROM pragma_table_list")]
    ours = [name for name in tables if not name.startswith(("sqlite_", "_sqlite"))]
    assert len(ours) >= 15
    for table in ours:
        columns = ledger._db.query(f"SELECT name, strict FROM pragma_table_list('{table}')")  # noqa: S608
        assert next(iter(columns))["strict"] == 1
        names = [row["name"] for row in ledger._db.query(f"PRAGMA table_info({table})")]
        assert "mode" in names


def test_writing_waits_for_the_platter(ledger: Ledger) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    found = [ledger._db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert found == ["wal", 2, 1]


def test_what_can_be_made_again_does_not_wait_for_the_platter(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "replay.db", mode="replay", durable=False)
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 0
    ledger.close()


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is not SQLite" * 100)
    with pytest.raises(LedgerError, match="is not a ledger; name another one as `ledger:`"):
        Ledger.open(path, mode="paper")
    with pytest.raises(LedgerError, match="is not a ledger"):
        LedgerReader.open(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (name TEXT)")
    for use in (lambda: Ledger.open(path, mode="paper"), lambda: LedgerReader.open(path)):
        with pytest.raises(LedgerError, match="is a database of another program; name another"):
            use()
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]
    connection.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_ledger_that_lost_its_file_takes_no_order(tmp_path: Path, replaced: bool) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", mode="paper")
    ledger.path.rename(tmp_path / "elsewhere.db")
    if replaced:
        ledger.path.touch()
    with pytest.raises(LedgerError, match="was removed or replaced while it was in use"):
        send(ledger)
    with pytest.raises(LedgerError, match="back in its place, then start again"):
        ledger.record_cycle(1, START, duration_ms=1.0, counts={})
    ledger.close()


def test_a_damaged_ledger_says_so(ledger: Ledger) -> None:
    for number in range(1, 60):
        send(ledger, number)
    path = ledger.path
    ledger.close()
    bytes_ = bytearray(path.read_bytes())
    page = 4096
    for start in range(page, len(bytes_), page):
        bytes_[start : start + 200] = b"\xff" * 200
    path.write_bytes(bytes_)
    with pytest.raises(LedgerError, match="the file is damaged; restore it from a copy"):
        Ledger.open(path, mode="paper")


def test_a_ledger_of_a_newer_program_is_refused(ledger: Ledger) -> None:
    ledger._db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('polyhedge', 'm999_from_the_future', '')"
    )
    ledger.close()
    with pytest.raises(LedgerError, match=r"by a newer polyhedge \(it has step m999_from_the_f"):
        Ledger.open(ledger.path, mode="paper")
    with pytest.raises(LedgerError, match="another version of polyhedge"):
        LedgerReader.open(ledger.path)


def test_who_reads_while_a_ledger_is_made_is_told_that_there_is_nothing_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = tmp_path / "ledger.db", [*STEPS]
    made: list[str] = []

    def read_after(step: "Step") -> "Step":
        def look(db: "Database") -> None:
            step(db)
            made.append(step.__name__)
            with pytest.raises(LedgerError, match="is empty: `polyhedge run` makes its tables"):
                LedgerReader.open(path)

        look.__name__ = step.__name__
        return look

    monkeypatch.setattr(schema, "STEPS", tuple(read_after(step) for step in steps))
    Ledger.open(path, mode="paper").close()
    assert made == [step.__name__ for step in steps]
    LedgerReader.open(path).close()


def test_a_ledger_is_made_once_it_has_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    assert not is_made(path)
    path.touch()
    assert not is_made(path)
    Ledger.open(path, mode="paper").close()
    assert is_made(path)


def make_old(path: Path, *, steps: int) -> sqlite3.Connection:
    """Make a ledger with only the first ``steps`` steps."""
    from sqlite_utils import Database

    connection = sqlite3.connect(path, isolation_level=None)
    names = [step.__name__.strip("_") for step in STEPS]
    schema.migrations().apply(Database(connection), stop_before=names[steps])
    return connection


@pytest.mark.parametrize("done", range(len(STEPS)))
def test_every_old_schema_comes_forward(tmp_path: Path, done: int) -> None:
    path = tmp_path / "ledger.db"
    make_old(path, steps=done).close()
    with pytest.raises(LedgerError, match="`polyhedge run` of this version brings an older one"):
        LedgerReader.open(path)
    Ledger.open(path, mode="paper").close()
    LedgerReader.open(path).close()


OLD_ROWS = """
INSERT INTO origin VALUES ('paper');
INSERT INTO orders VALUES (1, 'c1', 'o1', 1, 'fed-hike', '0xc1', '101', 'buy', 10000000, 400000,
    100000, 'FAK', 'open', 0, NULL, '', 1.0, 1.0, x'7b7d', '2026-11-02T12:00:00.000000Z', 'paper');
INSERT INTO order_events VALUES (1, 'c1', 'open', '2026-11-02T12:00:00.000000Z', '', 'paper');
INSERT INTO journal VALUES (1, 'deposit', '2026-11-02T12:00:00.000000Z',
    '2026-11-02T12:00:00.000000Z', '', '', '', NULL, NULL, 0, 100000000, 0, 0, 0, 'start', 'paper');
INSERT INTO journal VALUES (2, 'fill', '2026-11-02T12:01:00.000000Z',
    '2026-11-02T12:01:00.000000Z', 'fed-hike', '0xc1', '101', 't1', 'o1', 10000000, -4100000,
    400000, 100000, 0, '', 'paper');
INSERT INTO fill_events VALUES (1, 't1', 'o1', 'confirmed', '2026-11-02T12:02:00.000000Z', 'paper');
INSERT INTO journal VALUES (3, 'settlement', '2026-11-03T12:00:00.000000Z',
    '2026-11-03T12:00:00.000000Z', 'fed-hike', '0xc1', '101', NULL, NULL, -4000000, 4000000, 0, 0,
    0, 'payouts 1 and 0 USD a share', 'paper');
"""


def test_what_an_old_ledger_says_is_what_the_new_one_says(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    old = make_old(path, steps=1)
    old.executescript(OLD_ROWS)
    old.close()
    ledger = Ledger.open(path, mode="paper")
    account = ledger.account(START)
    assert account.cash_usd == usd("99.9")
    assert [position.shares for position in account.positions] == [6]
    assert ledger.totals().gap_usd == 0
    assert ledger.fills_not_final() == ()
    assert ledger.chain_span() is None
    assert ledger.comparison() is None
    with pytest.raises(InvariantError, match="journal is append-only"), ledger.transaction():
        ledger._db.execute("DELETE FROM journal")
    assert not ledger.record_fill(ledger.fills()[0], START)
    (row,) = ledger._db.query("SELECT * FROM journal WHERE id = 2")
    again = {name: row[name] for name in row if name not in ("id", "mode")}
    with pytest.raises(InvariantError, match=r"UNIQUE constraint failed: journal\.kind"):
        ledger._insert("journal", **again)
    ledger.close()


def test_a_ledger_of_other_quotes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(path, mode="paper").close()
    for _ in range(2):
        Ledger.open(path, mode="paper", market_data="practice").close()
    with pytest.raises(LedgerError, match="made with market_data practice and this is polymarket"):
        Ledger.open(path, mode="paper", market_data="polymarket")
    Ledger.open(path, mode="paper").close()


def test_only_the_daemon_makes_a_ledger_look_alive(ledger: Ledger) -> None:
    lock = Path(f"{ledger.path}.lock")
    os.utime(lock, (1.0, 1.0))
    switch.halt(ledger.path, reason="x", at=START)
    ledger.record_halt("y", START)
    reader = LedgerReader.open(ledger.path)
    assert reader.written_at().timestamp() == 1.0
    ledger.record_cycle(1, START, duration_ms=1.0, counts={})
    assert reader.written_at().timestamp() > 1_000_000_000
    lock.unlink()
    assert reader.written_at().timestamp() > 1_000_000_000
    reader.close()


def test_reading_a_ledger_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"no ledger at .*start `polyhedge run` first"):
        LedgerReader.open(tmp_path / "ledger.db")


def test_a_reader_never_sees_half_a_step(ledger: Ledger) -> None:
    reader = LedgerReader.open(ledger.path)
    with ledger.transaction():
        ledger.record_deposit(usd("100"), START, "start")
        send(ledger)
        assert reader.account(START).cash_usd == 0
        assert reader.account(START).orders == ()
    assert reader.account(START) == ledger.account(START)
    with reader.snapshot():
        before = reader.account(START)
        ledger.record_deposit(usd("1"), START, "more")
        assert reader.account(START) == before
    assert reader.account(START).cash_usd == usd("101")
    reader.close()


def test_a_reader_cannot_write(ledger: Ledger) -> None:
    reader = LedgerReader.open(ledger.path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("INSERT INTO origin VALUES ('live')")
    reader.close()


def test_opening_does_not_bring_pandas_and_leaves_it_to_others(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bot.ledger import Ledger, LedgerReader;"
        "path = Path(sys.argv[1]);"
        "Ledger.open(path, mode='paper').close(); LedgerReader.open(path).close();"
        "assert 'sqlite_utils' in sys.modules and 'pandas' not in sys.modules;"
        "import pandas;"
        "Ledger.open(path, mode='paper').close(); assert sys.modules['pandas'] is pandas"
    )
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", program, str(tmp_path / "ledger.db")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def commits(ledger: Ledger) -> list[str]:
    """Return a list that shows each commit from now on, and how the disk is asked for it."""
    said: list[str] = []

    def note(sql: str) -> None:
        if sql == "COMMIT" or sql.startswith("PRAGMA synchronous ="):
            said.append(sql)

    ledger._db.conn.set_trace_callback(note)
    return said


def test_a_decision_and_its_order_wait_for_the_disk_once(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", mode="live")
    said = commits(ledger)
    view, strategy = make_view(make_event()), make_strategy()
    ledger.record_decision(view, decide(view, (strategy,)), (strategy,), with_next=True)
    send(ledger)
    assert said[:4] == [
        "PRAGMA synchronous = NORMAL",
        "COMMIT",
        "PRAGMA synchronous = FULL",
        "COMMIT",
    ]
    ledger.close()


def test_no_power_cut_leaves_an_order_without_its_decision(tmp_path: Path) -> None:
    """Whatever part of the log the disk has by then, in whatever order it wrote it."""
    ledger = Ledger.open(tmp_path / "ledger.db", mode="live")
    tidy(ledger._db)
    whole = ledger.path.read_bytes()
    view, strategy = make_view(make_event()), make_strategy()
    ledger.record_decision(view, decide(view, (strategy,)), (strategy,), with_next=True)
    send(ledger)
    log = Path(f"{ledger.path}-wal").read_bytes()
    ledger.close()
    frame = 24 + 4096
    starts = range(32, len(log), frame)
    cuts = [log[:start] for start in starts]
    lost = [log[:start] + bytes(frame) + log[start + frame :] for start in starts]
    found = [left_after(tmp_path / "cut.db", whole, each) for each in (*cuts, *lost)]
    assert {(0, 0), (1, 0)} <= set(found)
    assert (0, 1) not in found
    assert left_after(tmp_path / "cut.db", whole, log) == (1, 1)


def left_after(path: Path, whole: bytes, log: bytes) -> tuple[int, int]:
    """Return how many decisions and orders are read back of a file and a part of its log."""
    path.write_bytes(whole)
    Path(f"{path}-wal").write_bytes(log)
    Path(f"{path}-shm").unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db:
        tables = ("decisions", "orders")
        counts = [db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]  # noqa: S608
    return counts[0], counts[1]


def test_the_next_commit_waits_for_the_disk_also_after_one_that_failed(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", mode="live")
    view, strategy = make_view(make_event()), make_strategy()
    for problem in (nullcontext(), pytest.raises(InvariantError)):
        with problem:
            ledger.record_decision(view, decide(view, (strategy,)), (strategy,), with_next=True)
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    ledger.close()


def test_a_decision_inside_a_transaction_waits_for_the_disk_with_it(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", mode="live")
    said = commits(ledger)
    view, strategy = make_view(make_event()), make_strategy()
    with ledger.transaction():
        ledger.record_decision(view, decide(view, (strategy,)), (strategy,), with_next=True)
    assert said == ["COMMIT"]
    ledger.close()


def test_the_end_of_a_cycle_tidies_the_log(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", mode="live")
    log = tmp_path / "ledger.db-wal"
    for cycle in range(1, 40):
        for _ in range(10):
            ledger.record_halt("x" * 4000, START)
        ledger.record_cycle(cycle, START, duration_ms=1.0, counts={})
    assert log.stat().st_size < 1_000_000 < (tmp_path / "ledger.db").stat().st_size
    ledger.close()

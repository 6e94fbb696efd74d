"""`run` on a real terminal: a table, a clean stop by signal, and a word at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.ledger import Ledger


@contextmanager
def on_terminal(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start `polyhedge ...` with a terminal as its stdout; give the process and its screen."""
    screen, inside = os.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        stdout=inside,
        stderr=inside,
        env={**os.environ, "COLUMNS": "100", "LINES": "35", "TERM": "xterm"},
    )
    os.close(inside)
    try:
        yield process, screen
    finally:
        process.kill()
        process.wait(timeout=20)
        os.close(screen)


def read_all(screen: int) -> str:
    """Return what was written until the program closed its terminal."""
    read = b""
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # Linux says EIO once the other side is closed
            break
        if not chunk:
            break
        read += chunk
    return read.decode()


def read_until(screen: int, words: str) -> str:
    """Return what was written up to these words."""
    read = ""
    while words not in read:
        read += os.read(screen, 65536).decode(errors="replace")
    return read


def test_a_terminal_gets_a_table_and_a_last_word(started: Path) -> None:
    with on_terminal(started, "run", "--for", "2h") as (process, screen):
        shown = read_all(screen)
        assert process.wait(timeout=20) == 0
    assert "practice market (no network, no money)" in shown
    assert '"event"' not in shown
    assert "stopped; everything is in ledger/practice.db" in shown


def test_sigterm_stops_it_cleanly_while_it_waits(started: Path) -> None:
    config = started / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("3650d", "1m"), "utf-8")
    with on_terminal(started, "run") as (process, screen):
        read_until(screen, "fed-hike")
        process.send_signal(signal.SIGTERM)
        shown = read_all(screen)
        assert process.wait(timeout=20) == 0
    assert "stopped; everything is in" in shown
    assert "Traceback" not in shown


def test_a_closed_terminal_stops_it_cleanly_and_halts_nothing(started: Path) -> None:
    config = started / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("3650d", "1m"), "utf-8")
    with on_terminal(started, "run") as (process, screen):
        read_until(screen, "fed-hike")
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, screen)  # closes the screen and keeps its number, to be closed later
        os.close(nothing)
        process.send_signal(signal.SIGHUP)  # the kernel's part, were it the controlling terminal
        assert process.wait(timeout=20) == 3
    assert_stopped_cleanly(started)


def test_a_closed_pipe_stops_it_cleanly_and_halts_nothing(started: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=started,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"app.started" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) == 3
    assert process.stderr.read().decode() == (
        "the output cannot be written (Broken pipe); stopped cleanly. Send it to a file, then start"
        " again\n"
    )
    process.stderr.close()
    assert_stopped_cleanly(started)


def assert_stopped_cleanly(folder: Path) -> None:
    """Check that the ledger is free, and that it is not halted."""
    ledger = Ledger.open(folder / "ledger" / "practice.db", mode="paper")
    try:
        assert ledger.halted() == ""
    finally:
        ledger.close()

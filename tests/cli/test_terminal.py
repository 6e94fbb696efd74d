"""`run` on a real terminal: a table, a clean stop by signal, and a word at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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

"""A person at a terminal: what is typed in secret is asked for, confirmed, and never shown."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.model.account import Secret
from bot.owner import keystore

KEY = "11" * 32
WORD = "correct horse"


@contextmanager
def at_terminal(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start `polyhedge ...` with a terminal on all sides; give the process and its screen."""
    screen, inside = os.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("POLYHEDGE_PASS")},
    )
    os.close(inside)
    try:
        yield process, screen
    finally:
        process.kill()
        process.wait(timeout=20)
        os.close(screen)


def answer(screen: int, question: str, text: str) -> str:
    """Wait for a question, type the answer, and return what was shown so far."""
    shown = ""
    while question not in shown:
        shown += os.read(screen, 65536).decode(errors="replace")
    os.write(screen, f"{text}\n".encode())
    return shown


def rest(screen: int) -> str:
    read = b""
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # Linux says EIO once the other side is closed
            return read.decode()
        if not chunk:
            return read.decode()
        read += chunk


def test_a_new_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with at_terminal(tmp_path, "wallet", "new") as (process, screen):
        shown = answer(screen, "Passphrase for keystore.json: ", WORD)
        shown += answer(screen, "Repeat for confirmation: ", "correct house")
        shown += answer(screen, "Passphrase for keystore.json: ", WORD)
        shown += answer(screen, "Repeat for confirmation: ", WORD)
        shown += rest(screen)
        assert process.wait(timeout=20) == 0
    assert WORD not in shown
    path = tmp_path / "keystore.json"
    key = keystore.load_key(path, passphrase=Secret(WORD))
    assert keystore.address_of(key) in shown


def test_an_imported_key_is_typed_in_and_not_shown(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with at_terminal(tmp_path, "wallet", "import") as (process, screen):
        shown = answer(screen, "Private key (64 hex digits, not shown): ", KEY)
        shown += answer(screen, "Passphrase for keystore.json: ", WORD)
        shown += answer(screen, "Repeat for confirmation: ", WORD)
        shown += rest(screen)
        assert process.wait(timeout=20) == 0
    assert KEY not in shown
    assert keystore.stored_address(tmp_path / "keystore.json") == (
        "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
    )


def test_a_mistyped_key_is_refused_before_a_passphrase_is_asked_for(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with at_terminal(tmp_path, "wallet", "import") as (process, screen):
        answer(screen, "Private key (64 hex digits, not shown): ", KEY[:-1])
        shown = rest(screen)
        assert process.wait(timeout=20) == 2
    assert "The private key was 63 characters that are no key" in shown
    assert KEY[:20] not in shown

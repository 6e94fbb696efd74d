"""Somebody who rehearses: a folder, keys, and the program's own commands run as they are typed."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import BotError
from bot.ledger import LedgerReader

PASSPHRASE = "a rehearsal has no secrets"
COMMAND_S = 60.0
STOP_S = 30.0


class RehearsalFailed(BotError):
    """A step did not come out as it must; the message says which and what was printed."""


@dataclass(slots=True, kw_only=True)
class Actor:
    """One wallet's owner and their daemon."""

    name: str
    folder: Path
    tell: Callable[[str], None] = lambda _: None
    owner_redeems: bool
    """Whether payouts must be fetched by the owner, because the daemon's key may not."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What they export besides the passphrase."""
    wallet: str = ""
    _daemon: Process | None = None

    async def type_in(self, *words: str) -> str:
        """Run a command of the program in the folder; return what it printed.

        Raises:
            RehearsalFailed: it ended with anything but 0.
        """
        self.tell(f"{self.name}: $ polyhedge {' '.join(words)}")
        process = await self._start(*words, output=asyncio.subprocess.PIPE)
        async with asyncio.timeout(COMMAND_S):
            out, _ = await process.communicate()
        text = out.decode()
        if process.returncode != 0:
            raise RehearsalFailed(
                f"{self.name}: polyhedge {' '.join(words)} ended with {process.returncode}: {text}"
            )
        return text

    async def doctor(self) -> list[dict[str, str]]:
        """Return the lines of `polyhedge doctor`, whatever they say."""
        process = await self._start("doctor", "--json", output=asyncio.subprocess.PIPE)
        async with asyncio.timeout(COMMAND_S):
            out, _ = await process.communicate()
        try:
            lines: list[dict[str, str]] = json.loads(out)
        except ValueError:
            raise RehearsalFailed(f"{self.name}: the doctor said {out.decode()}") from None
        return lines

    async def start_daemon(self) -> None:
        """Start `polyhedge run --live`; its log goes to a file in the folder."""
        self.tell(f"{self.name}: $ polyhedge run --live")
        with (self.folder / "run.log").open("ab") as log:
            self._daemon = await self._start("run", "--live", "--yes", output=log.fileno())

    def check_daemon(self) -> None:
        """Raise ``RehearsalFailed`` if the daemon has ended."""
        if self._daemon is None or self._daemon.returncode is not None:
            code = None if self._daemon is None else self._daemon.returncode
            raise RehearsalFailed(f"{self.name}: the daemon ended with {code}: {self.last_lines()}")

    async def kill_daemon(self) -> None:
        """End the daemon as a power cut would."""
        self.check_daemon()
        if self._daemon is not None:
            self._daemon.kill()
            await self._daemon.wait()

    async def stop_daemon(self) -> int:
        """Ask the daemon to end; return its exit code."""
        daemon = self._daemon
        if daemon is None:
            return 0
        if daemon.returncode is None:
            daemon.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                return await daemon.wait()
        except TimeoutError:
            daemon.kill()
            raise RehearsalFailed(f"{self.name}: the daemon did not stop when asked") from None

    @contextmanager
    def ledger(self) -> Iterator[LedgerReader]:
        """Read the daemon's ledger while it writes."""
        reader = LedgerReader.open(self.folder / "ledger.db")
        try:
            yield reader
        finally:
            reader.close()

    def counts(self) -> Mapping[str, int]:
        """Return how often each thing has happened to a hedge; empty before there is a ledger."""
        if not (self.folder / "ledger.db").exists():
            return {}
        with self.ledger() as ledger:
            return ledger.lifecycle_counts()

    async def _start(self, *words: str, output: int) -> Process:
        environment = {**os.environ, "POLYHEDGE_PASSPHRASE": PASSPHRASE, **self.environment}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *words,
            cwd=self.folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )

    def last_lines(self) -> str:
        """Return the end of the daemon's log."""
        log = self.folder / "run.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "no log"

"""The node's process: started on a free port, ended with this program however that ends."""

import ctypes
import os
import re
import signal
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from bot.chain.addresses import CHAIN_ID
from bot.clock import Clock
from bot.errors import SourceDown, UserError

MODULES: Final = Path(__file__).resolve().parents[3] / "node_modules"
_BINARY: Final = MODULES / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
_HARDFORK: Final = "cancun"
_LISTENING: Final = re.compile(rb"Listening on (127\.0\.0\.1:\d+)")
_LONGEST_START_S: Final = 20.0
_STEP_S: Final = 0.005
_PR_SET_PDEATHSIG: Final = 1


class Node:
    """anvil on 127.0.0.1, which mines each transaction at once. Whoever starts it stops it.

    Args:
        clock: For the wait until it listens.
        starts_at: Time of its first block, aware UTC.
    """

    def __init__(self, *, clock: Clock, starts_at: datetime) -> None:
        self._clock = clock
        self._starts_at = starts_at
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._address = ""

    @property
    def rpc_url(self) -> str:
        """Where it answers."""
        return f"http://{self._address}"

    @property
    def pid(self) -> int | None:
        """Its process; None unless it runs."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the process and wait until it listens.

        Raises:
            UserError: the node is not installed.
            SourceDown: it ended, or did not listen in time.
        """
        self._spawn()
        deadline = self._clock.monotonic() + _LONGEST_START_S
        while not self._address:
            said = self._said()
            found = _LISTENING.search(said)
            if found is not None:
                self._address = found[1].decode()
            elif self._has_ended() or self._clock.monotonic() > deadline:
                self.stop()
                raise SourceDown(f"The EVM node did not start; it said: {said[-500:].decode()!r}")
            else:
                await self._clock.sleep(_STEP_S)

    def stop(self) -> None:
        """End the process at once; may be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._output is not None:
            self._output.close()
            self._output = None
        self._address = ""

    def _spawn(self) -> None:
        if not _BINARY.is_file():
            raise UserError(
                "The EVM node is not installed. Run `make node_modules/.installed` in a clone of "
                "the repository; it needs npm and Linux on x86-64"
            )
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - our own pinned binary
            [
                str(_BINARY),
                "--port=0",
                f"--chain-id={CHAIN_ID}",
                f"--timestamp={int(self._starts_at.timestamp())}",
                f"--hardfork={_HARDFORK}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            preexec_fn=_DieWith(parent=os.getpid()),  # noqa: PLW1509 - one system call, no locks
        )

    def _said(self) -> bytes:
        return b"" if self._output is None else os.pread(self._output.fileno(), 1 << 16, 0)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


class _DieWith:
    """Run in the child before anvil: the kernel kills it when the thread that started it ends."""

    def __init__(self, *, parent: int) -> None:
        self._parent = parent
        self._libc = ctypes.CDLL(None)  # loaded here: after the fork it is not safe

    def __call__(self) -> None:
        self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._parent:  # it ended before the kernel was told
            os._exit(1)

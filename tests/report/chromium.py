"""A headless Chromium, spoken to by its own protocol: what a page looks like to a person.

**Source:** Chrome DevTools Protocol, 1.3: Page, Runtime, Network, Emulation, Input.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 60.0


class Tab:
    """One open page; all that it asked for and complained of is kept."""

    def __init__(self, socket: Connection, session: str) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._socket = socket
        self._session = session
        self._sent = 0
        self._seen: set[str] = set()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer to one command."""
        self._sent += 1
        call = {"id": self._sent, "method": method, "params": params, "sessionId": self._session}
        self._socket.send(json.dumps(call))
        while (answer := self._hear()).get("id") != self._sent:
            pass
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def open(self, page: Path, *, width: int, height: int) -> None:
        """Load a file without network and without the page's own scripts."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.ask(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
        self.ask("Emulation.setScriptExecutionDisabled", value=True)
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.ask("Page.navigate", url=page.as_uri())
        while "Page.loadEventFired" not in self._seen:
            self._hear()

    def find(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key."""
        keys = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **keys)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **keys)

    def photograph(self, path: Path) -> None:
        """Write the whole page as PNG, for whoever wants to look at it."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _hear(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE_S))
        method, params = said.get("method", ""), said.get("params", {})
        self._seen.add(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method in {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}:
            self.complaints.append(json.dumps(params))
        return said


@contextmanager
def open_tab(profile: Path) -> Iterator[Tab]:
    """Start a browser with an empty page; without one the test is skipped."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs a browser: apt-get install --no-install-recommends chromium")
    flags = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    flags += ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to start as root otherwise
    with subprocess.Popen(  # noqa: S603 - the browser of this machine, flags of our own
        [program, *flags, "about:blank"], stderr=subprocess.PIPE, text=True
    ) as browser:
        try:
            with connect(_address(browser), max_size=None) as socket:
                yield _attach(socket)
        finally:
            browser.terminate()


def _address(browser: subprocess.Popen[str]) -> str:
    assert browser.stderr is not None
    said = []
    for line in browser.stderr:
        said.append(line)
        if found := re.search(r"ws://\S+", line):
            return found[0]
    raise AssertionError("".join(said))


def _attach(socket: Connection) -> Tab:
    def ask(method: str, **params: Any) -> dict[str, Any]:
        socket.send(json.dumps({"id": 0, "method": method, "params": params}))
        while (answer := json.loads(socket.recv(timeout=PATIENCE_S))).get("id") != 0:
            pass
        found: dict[str, Any] = answer["result"]
        return found

    target = ask("Target.createTarget", url="about:blank")["targetId"]
    session = ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    return Tab(socket, session)

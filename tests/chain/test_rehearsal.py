"""The rehearsal as `make rehearse` plays it, and what it leaves on the disk."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app.rehearsal.scenery import open_scenery
from bot.app.rehearsal.story import OWNER, SESSION, Story
from bot.clock import SystemClock
from bot.model.account import Secret
from bot.owner.keystore import load_key

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("rehearsal")]

PASSPHRASE = "a rehearsal has no secrets"


@asynccontextmanager
async def story(folder: Path) -> AsyncIterator[tuple[Story, list[str]]]:
    told: list[str] = []
    async with open_scenery(SystemClock()) as scenery:
        yield Story(scenery=scenery, folder=folder, tell=told.append), told


@pytest.fixture
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where every process of the rehearsal writes the addresses it connects to."""
    path = tmp_path / "connections"
    guard = Path(__file__).parent / "guard"
    monkeypatch.setenv("PYTHONPATH", str(guard))
    monkeypatch.setenv("CONNECTED_TO", str(path))
    return path


async def test_ledger_venue_and_chain_agree_and_nothing_leaks(
    tmp_path: Path, connections: Path
) -> None:
    folder = tmp_path / "rehearsal"
    async with story(folder) as (played, told):
        rows = await played.play()
        keys = played.scenery.sandbox.accounts
        secrets = {key.secret for key in (*keys.keys.values(), *keys.builder_keys.values())}
        secrets |= {key.passphrase for key in (*keys.keys.values(), *keys.builder_keys.values())}
    assert [row for row in rows if not row.agrees] == []
    assert {row.what for row in rows if row.ledger} == {"pUSD"}, "nothing is held any more"
    assert {row.ledger for row in rows if row.what == "pUSD"} != {500}
    assert sum("rolled 1" in line for line in told) == 2
    assert sum("rolled_out 1" in line for line in told) == 2
    check_nothing_leaks(folder, secrets)
    check_only_loopback(connections)


def check_nothing_leaks(folder: Path, secrets: set[str]) -> None:
    """No private key, API secret or passphrase stands in anything that was written."""
    for path in folder.rglob("*.json"):
        if path.name in (OWNER, SESSION):
            key = load_key(path, passphrase=Secret(PASSPHRASE)).reveal()
            secrets |= {key, key.removeprefix("0x"), str(int(key, 16))}
    secrets.add(PASSPHRASE)
    assert len(secrets) > 8
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {"ledger.db", "run.log", "config.yaml"} <= {path.name for path in written}
    for path in written:
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, f"{path.name} holds a secret"


def check_only_loopback(connections: Path) -> None:
    seen = {ast.literal_eval(line) for line in connections.read_text("utf-8").splitlines()}
    hosts = {address[0] if isinstance(address, tuple) else address for address in seen}
    assert hosts == {"127.0.0.1"}

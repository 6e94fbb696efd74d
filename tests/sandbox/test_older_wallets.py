"""The relayer takes what owners of Safes and proxy wallets signed, once, and nothing else."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.model.account import WalletKind
from bot.sandbox.server import Sandbox
from bot.sandbox.wallets import wallets_of
from tests.sandbox.rig import EOA, OTHER, ManualClock, running, unified

OLDER = pytest.mark.parametrize("kind", [WalletKind.PROXY, WalletKind.SAFE])
SIGNED = {
    WalletKind.SAFE: (
        *("to", "data", "nonce", "signature", "value"),
        *("baseGas", "gasPrice", "gasToken", "operation", "refundReceiver", "safeTxnGas"),
    ),
    WalletKind.PROXY: (
        *("to", "data", "nonce", "signature"),
        *("gasLimit", "gasPrice", "relay", "relayHub", "relayerFee"),
    ),
}
Sent = dict[WalletKind, dict[str, Any]]
ALTERED = [(kind, name) for kind, names in SIGNED.items() for name in names]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running(ManualClock()) as it:
        yield it


async def errand(sandbox: Sandbox, kind: WalletKind, *, calls: int = 1) -> dict[str, Any]:
    """Let the official client send an errand of the wallet; return what it sent."""
    wallet = wallets_of(EOA, kind)[0]
    sandbox.memory.deployed.add(wallet)
    async with unified(sandbox, wallet=wallet) as client:
        from polymarket._internal.actions.relayer.calls import erc20_transfer_call
        from polymarket.types import EvmAddress

        gifts = [
            erc20_transfer_call(
                token_address=EvmAddress(EOA), recipient=EvmAddress(OTHER), amount=number + 1
            )
            for number in range(calls)
        ]
        await (await client.execute_transaction(calls=gifts, metadata="Gifts")).wait()
    return dict(sandbox.relayer.submitted[-1])


@pytest.fixture(scope="module")
def sent() -> Sent:
    """What was sent to another sandbox, once: a log-in takes half a second."""

    async def send(kind: WalletKind) -> dict[str, Any]:
        async with running(ManualClock()) as other:
            return await errand(other, kind)

    return {kind: asyncio.run(send(kind)) for kind in SIGNED}


async def submit(sandbox: Sandbox, payload: dict[str, Any]) -> tuple[int, str]:
    """Send a payload; return status and the venue's words."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{sandbox.endpoints.relayer}/submit",
            json=payload,
            headers={"RELAYER_API_KEY": "relayer"},
        )
    return answer.status_code, answer.json().get("error", "")


def altered(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the payload with another value for one field."""
    payload = copy.deepcopy(payload)
    place = payload if name in (*payload, "value") else payload["signatureParams"]
    text = place.get(name, "0")
    if text.isdecimal():
        place[name] = str(int(text) + 1)
    elif name == "signature":
        place[name] = text[:10] + ("1" if text[10] == "0" else "0") + text[11:]
    elif len(text) == len(OTHER):
        place[name] = OTHER
    else:
        place[name] = text[:-1] + ("1" if text[-1] == "0" else "0")
    assert place[name] != text
    return payload


@OLDER
@pytest.mark.parametrize("calls", [1, 2])
async def test_errands_are_taken_in_turn(sandbox: Sandbox, kind: WalletKind, calls: int) -> None:
    sent = [await errand(sandbox, kind, calls=calls) for _ in range(3)]
    assert [one["nonce"] for one in sent] == ["0", "1", "2"]
    assert {one["type"] for one in sent} == {kind.name}


@OLDER
async def test_an_errand_is_not_taken_twice(sandbox: Sandbox, kind: WalletKind) -> None:
    again = await submit(sandbox, await errand(sandbox, kind))
    assert again == (400, "batch nonce 0 does not match on-chain nonce 1")


@pytest.mark.parametrize(("kind", "name"), ALTERED)
async def test_an_errand_with_another_field_than_was_signed_is_refused(
    sandbox: Sandbox, sent: Sent, kind: WalletKind, name: str
) -> None:
    status, text = await submit(sandbox, altered(sent[kind], name))
    assert status == 400
    assert text == "invalid signature" or name in (*text.split(), "operation")
    assert sandbox.relayer.submitted == []
    assert (await submit(sandbox, sent[kind]))[0] == 200


@OLDER
async def test_an_errand_is_for_its_owners_wallet(
    sandbox: Sandbox, sent: Sent, kind: WalletKind
) -> None:
    strange = sent[kind] | {"proxyWallet": wallets_of(OTHER, kind)[0]}
    assert (await submit(sandbox, strange))[1].endswith(f"is not that of {EOA}")
    strange |= {"from": OTHER}
    assert await submit(sandbox, strange) == (400, "invalid signature")


@OLDER
@pytest.mark.parametrize(
    "change", [{"nonce": "next"}, {"signature": "0x"}, {"data": "0xz"}, {"to": "0x12"}]
)
async def test_an_errand_that_cannot_be_read_is_refused(
    sandbox: Sandbox, sent: Sent, kind: WalletKind, change: dict[str, str]
) -> None:
    status, text = await submit(sandbox, sent[kind] | change)
    assert status == 400
    assert text.startswith("invalid")

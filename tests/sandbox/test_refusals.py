"""What the sandbox refuses, in the venue's words; and logins that prove nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from polymarket import AsyncSecureClient
from polymarket.errors import RequestRejectedError

from bot.model.account import WalletKind
from bot.model.units import MILLION
from bot.sandbox.accounts import ApiKey
from bot.sandbox.auth import sign_request
from bot.sandbox.http import Request
from bot.sandbox.server import Sandbox
from bot.sandbox.wallets import wallets_of
from tests.sandbox.rig import (
    DEPOSIT,
    EOA,
    KEY,
    NO,
    OTHER,
    OTHER_KEY,
    YES,
    ManualClock,
    running,
    unified,
)
from tests.venues.polymarket.rig import V2_IDS


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running(ManualClock()) as it:
        yield it


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AsyncSecureClient]:
    async with unified(sandbox) as it:
        yield it


async def make(client: AsyncSecureClient, **changes: Any) -> Any:
    wanted: dict[str, Any] = {"token_id": YES, "price": "0.52", "size": "10", "side": "BUY"}
    return await client.create_limit_order(**(wanted | changes))


# --- orders -------------------------------------------------------------------------------------

BAD_ORDERS: dict[str, tuple[dict[str, Any], str]] = {
    "off the tick": ({"maker_amount": 5_210_000}, r"Price \(0\.521\) breaks minimum tick"),
    "above the range": ({"maker_amount": 9_950_000}, r"Price \(0\.995\) breaks minimum tick"),
    "under five shares": (
        {"maker_amount": 2_080_000, "taker_amount": 4_000_000},
        r"Size \(4\) lower than the minimum: 5",
    ),
    "too fine": (
        {"order_type": "FAK", "maker_amount": 5_722_600, "taker_amount": 11_005_000},
        "supports a max accuracy of 2 decimals, taker amount a max of 4 decimals",
    ),
    "not signed so": (
        {"order_type": "FAK", "maker_amount": 540_000, "taker_amount": MILLION},
        "sig",
    ),
    "ends too soon": ({"order_type": "GTD", "expiration": 1_793_620_860}, "invalid expiration"),
    "GTC with an end": ({"expiration": 1_793_630_000}, "invalid expiration"),
    "unknown type": ({"order_type": "IOC"}, "Invalid order payload"),
    "for nothing": ({"maker_amount": 0}, "Invalid order payload"),
    "unknown token": ({"token_id": "5"}, "market not found"),
    "another salt": ({"salt": 5}, "invalid signature"),
    "no signature": ({"signature": "0x00"}, "invalid signature"),
    "another maker": ({"maker": OTHER}, "invalid signature"),
    "another kind": ({"signature_type": 1}, "invalid signature"),
    "deposit wallet without one": ({"signature_type": 3}, "invalid signature"),
    "another signer": ({"signer": OTHER, "maker": OTHER}, "the order signer address has to be"),
}


@pytest.mark.parametrize("name", BAD_ORDERS)
async def test_order_that_cannot_be(client: AsyncSecureClient, name: str) -> None:
    changes, words = BAD_ORDERS[name]
    with pytest.raises(RequestRejectedError, match=words):
        await client.post_order(replace(await make(client), **changes))


async def test_taker_is_worth_a_dollar(client: AsyncSecureClient) -> None:
    signed = replace(await make(client, price="0.54", size="1"), order_type="FAK")
    with pytest.raises(RequestRejectedError, match=r"BUY order \(\$0\.54\), min size: \$1"):
        await client.post_order(signed)


async def test_order_of_another_key(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    signed = await make(client)
    async with unified(sandbox, key=OTHER_KEY) as other:
        with pytest.raises(RequestRejectedError, match="the order signer address has to be"):
            await other.post_order(signed)
        with pytest.raises(RequestRejectedError, match="the order owner has to be the owner"):
            await post(sandbox, key_of(sandbox, OTHER), body(signed, owner="somebody"))


async def test_deposit_order_under_the_key_of_another(sandbox: Sandbox) -> None:
    async with unified(sandbox, wallet=DEPOSIT) as owner, unified(sandbox, key=OTHER_KEY) as other:
        with pytest.raises(RequestRejectedError, match="the order signer address has to be"):
            await other.post_order(await make(owner))


async def test_order_signed_for_the_wrong_version(client: AsyncSecureClient) -> None:
    plain = await make(client)
    types = {
        "Order": [
            {"name": name, "type": kind}
            for name, kind in (
                ("salt", "uint256"),
                ("maker", "address"),
                ("signer", "address"),
                ("tokenId", "uint256"),
                ("makerAmount", "uint256"),
                ("takerAmount", "uint256"),
                ("side", "uint8"),
                ("signatureType", "uint8"),
                ("timestamp", "uint256"),
                ("metadata", "bytes32"),
                ("builder", "bytes32"),
            )
        ]
    }
    domain = {
        "name": "Polymarket CTF Exchange",
        "version": "2",
        "chainId": 137,
        "verifyingContract": "0xE111180000d2663C0091e4f400237545B87B996B",
    }
    message = {
        "salt": plain.salt,
        "maker": EOA,
        "signer": EOA,
        "tokenId": int(V2_IDS[0]),
        "makerAmount": plain.maker_amount,
        "takerAmount": plain.taker_amount,
        "side": 0,
        "signatureType": 0,
        "timestamp": plain.timestamp,
        "metadata": bytes(32),
        "builder": bytes(32),
    }
    text = encode_typed_data(domain_data=domain, message_types=types, message_data=message)
    signature = "0x" + Account.sign_message(text, KEY).signature.hex()
    with pytest.raises(RequestRejectedError, match="order_version_mismatch"):
        await client.post_order(replace(plain, token_id=V2_IDS[0], signature=signature))


@pytest.mark.parametrize("kind", [WalletKind.PROXY, WalletKind.SAFE])
async def test_proxy_and_safe_orders_are_taken(sandbox: Sandbox, kind: WalletKind) -> None:
    wallet = wallets_of(EOA, kind)[0]
    sandbox.memory.deployed.add(wallet)
    sandbox.memory.give(wallet, 100 * MILLION)
    async with unified(sandbox, wallet=wallet) as client:
        placed: Any = await client.post_order(await make(client, price="0.60"))
        assert placed.status == "matched"
        handle = await client.approve_erc20(token_address=EOA, spender_address=EOA, amount=1)
        await handle.wait()
    assert [sent["type"] for sent in sandbox.relayer.submitted] == [kind.name]


async def test_post_only_that_would_take(client: AsyncSecureClient) -> None:
    with pytest.raises(RequestRejectedError, match="order crosses book"):
        await client.post_order(await make(client, price="0.54", post_only=True))


async def test_fak_that_finds_nothing(client: AsyncSecureClient) -> None:
    signed = replace(await make(client, size="50"), order_type="FAK")
    with pytest.raises(RequestRejectedError, match="no orders found to match with FAK order"):
        await client.post_order(signed)


async def test_fak_takes_what_is_there(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    signed = replace(await make(client, price="0.54", size="50"), order_type="FAK")
    placed: Any = await client.post_order(signed)
    assert (str(placed.making_amount), str(placed.taking_amount)) == ("16.2", "30")
    assert sandbox.records.open_orders() == []


async def test_batch_is_judged_order_by_order(client: AsyncSecureClient) -> None:
    good, bad = await make(client), replace(await make(client), salt=5)
    first, second = await client.post_orders([good, bad])
    assert (first.ok, second.ok) == (True, False)
    with pytest.raises(RequestRejectedError, match="Too many orders in payload: 16, max"):
        await client._ctx.secure_clob.post_json("/orders", json=[{}] * 16)


async def test_two_accounts_meet_each_other(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    async with unified(sandbox, key=OTHER_KEY) as other:
        rests: Any = await client.post_order(await make(client, price="0.53"))
        signed = await make(other, token_id=NO, price="0.48")
        taken: Any = await other.post_order(signed)
        await sandbox.settle()
    assert (rests.status, taken.status) == ("live", "matched")
    assert sandbox.memory.balances[EOA, YES] == 10 * MILLION
    assert sandbox.memory.balances[OTHER, None] == 100 * MILLION - 4_700_000 - 99_640
    row = sandbox.records.trades[0].row(EOA)
    assert (row["trader_side"], row["price"], row["outcome"]) == ("MAKER", "0.47", "No")


async def test_notifications_tell_of_fills_and_cancels(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    await client.post_order(await make(client, price="0.60"))
    placed: Any = await client.post_order(await make(client, price="0.10"))
    await client.cancel_order(order_id=placed.order_id)
    notes = await client.get_notifications()
    assert [int(note.type) for note in notes] == [2, 1]
    await client.drop_notifications(ids=[notes[0].id])
    assert len(await client.get_notifications()) == 1


async def test_data_api_adds_up(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    await client.post_order(await make(client, price="0.54"))
    await sandbox.settle()
    (position,) = (await client.list_positions(user=EOA).first_page()).items
    assert (str(position.current_size), str(position.avg_price)) == ("10.0", "0.54")
    (trade,) = (await client.list_trades(user=EOA).first_page()).items
    assert (str(trade.size), str(trade.price), trade.side) == ("10.0", "0.54", "BUY")
    value = await client.get_portfolio_value(user=EOA)
    assert "5.2" in str(value)
    (resolution,) = await client.get_resolutions(condition_ids=[position.condition_id])
    assert resolution.payouts is None


# --- logins -------------------------------------------------------------------------------------


def key_of(sandbox: Sandbox, address: str) -> ApiKey:
    return next(key for key in sandbox.accounts.keys.values() if key.address == address)


def body(signed: Any, *, owner: str, **style: Any) -> bytes:
    from polymarket._internal.actions.orders.post import build_post_order_request

    return json.dumps(build_post_order_request(signed, owner_api_key=owner)[1], **style).encode()


async def post(sandbox: Sandbox, key: ApiKey, sent: bytes, *, signed: bytes | None = None) -> Any:
    """Post bytes, signed as they are or as other bytes."""
    asked = Request(
        method="POST",
        path="/clob/order",
        query=(),
        headers={},
        body=sent if signed is None else signed,
    )
    headers = {
        "POLY_ADDRESS": key.address,
        "POLY_API_KEY": key.key,
        "POLY_PASSPHRASE": key.passphrase,
        "POLY_TIMESTAMP": "1793620800",
        "POLY_SIGNATURE": sign_request(key.secret, "1793620800", asked),
    }
    async with httpx.AsyncClient() as plain:
        answer = await plain.post(f"{sandbox.endpoints.clob}/order", content=sent, headers=headers)
    if answer.status_code != 200:
        raise RequestRejectedError(answer.json()["error"], status=answer.status_code)
    return answer.json()


async def test_hmac_is_over_the_bytes_as_sent(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    key, signed = key_of(sandbox, EOA), await make(client)
    spaced = body(signed, owner=key.key, indent=2)
    with pytest.raises(RequestRejectedError, match="Unauthorized/Invalid api key"):
        await post(sandbox, key, spaced, signed=body(signed, owner=key.key))
    assert (await post(sandbox, key, spaced))["status"] == "live"


async def test_clock_that_is_wrong_is_refused_if_asked_for(
    sandbox: Sandbox, client: AsyncSecureClient
) -> None:
    key, signed = key_of(sandbox, EOA), await make(client)
    sandbox.auth.most_skew_s = 10
    assert (await post(sandbox, key, body(signed, owner=key.key)))["success"]
    with pytest.raises(RequestRejectedError, match="Unauthorized/Invalid api key"):
        await client.list_open_orders().first_page()


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("auth/derive-api-key", {}, "Invalid L1 Request headers"),
        ("auth/derive-api-key", {"POLY_NONCE": "x"}, "Invalid L1 Request headers"),
        (
            "auth/derive-api-key",
            {"POLY_ADDRESS": EOA, "POLY_TIMESTAMP": "1", "POLY_SIGNATURE": "0x" + "11" * 65},
            "Invalid L1 Request headers",
        ),
        ("auth/api-keys", {"POLY_API_KEY": "nobody"}, "Unauthorized/Invalid api key"),
    ],
)
async def test_login_that_proves_nothing(
    sandbox: Sandbox, path: str, headers: dict[str, str], words: str
) -> None:
    async with httpx.AsyncClient() as plain:
        answer = await plain.get(f"{sandbox.endpoints.clob}/{path}", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, words)


async def test_relayer_asks_for_a_key(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient() as plain:
        answer = await plain.post(f"{sandbox.endpoints.relayer}/submit", json={"type": "WALLET"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid authorization")


async def test_key_that_was_deleted_is_refused(sandbox: Sandbox, client: AsyncSecureClient) -> None:
    assert await client.get_closed_only_mode() is False
    await client.delete_api_key()
    with pytest.raises(RequestRejectedError, match="Unauthorized/Invalid api key"):
        await client.get_closed_only_mode()

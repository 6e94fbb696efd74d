"""The official client reaches only where we point it, sends once, and never by itself."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from collections.abc import AsyncIterator

import pytest

from bot.chain.addresses import POLYGON
from bot.errors import CredentialError, SourceDown, UserError
from bot.model.account import Secret, WalletKind
from bot.model.orders import OrderType
from bot.model.units import OrderId, TokenId
from bot.sandbox.chain import LocalMarkets
from bot.sandbox.http import Reply
from bot.venues.polymarket.sdk.client import HeartbeatMismatch, Sdk
from bot.venues.polymarket.sdk.setup import (
    account_of,
    check_client,
    deposit_wallet_of,
    environment,
)
from bot.venues.polymarket.settings import PRODUCTION
from tests.venues.polymarket.counter import (
    API_KEY,
    DEPOSIT,
    EOA,
    KEY,
    QUICK,
    Counter,
    local,
    open_counter,
    open_sdk,
    reply,
)
from tests.venues.polymarket.test_order_hash import CTF, vector_order

CTF_TOKEN = LocalMarkets().ctf("fed-cuts").token_ids[0]
V2_TOKEN = LocalMarkets().v2("recession").token_ids[0]
SESSION = Secret("0x" + "22" * 32)


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    async with open_counter() as opened:
        yield opened


def test_every_address_of_the_client_is_replaced() -> None:
    from polymarket._internal.environment import PRODUCTION_CONFIG, get_environment_config

    config = get_environment_config(environment(local("http://127.0.0.1:18900"), QUICK))
    urls = [field.name for field in dataclasses.fields(config) if field.name.endswith("_url")]
    assert len(urls) == 16
    for name in urls:
        url = getattr(config, name)
        assert url.split("/")[2].startswith("127.0.0.1:"), name
        assert url.split(":")[0] in (("ws",) if "_ws_" in name else ("http",)), name
    assert config.standard_exchange == PRODUCTION_CONFIG.standard_exchange
    assert config.clob_url == "http://127.0.0.1:18900/clob"


def test_in_production_only_services_we_use_are_reachable() -> None:
    from polymarket._internal.environment import get_environment_config

    config = get_environment_config(environment(PRODUCTION, QUICK))
    foreign = {
        field.name
        for field in dataclasses.fields(config)
        if field.name.endswith("_url") and "127.0.0.1:9" not in getattr(config, field.name)
    }
    assert foreign == {
        "clob_url",
        "clob_market_ws_url",
        "clob_user_ws_url",
        "relayer_url",
        "gamma_url",
        "data_url",
        "rpc_url",
    }


def test_the_pinned_client_is_accepted() -> None:
    check_client(POLYGON)


def test_another_version_of_the_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.15.0")
    with pytest.raises(UserError, match=r"polymarket-client is 0\.15\.0.*requirements\.lock"):
        check_client(POLYGON)


@pytest.mark.parametrize("name", ["router", "deposit_wallet_beacon", "collateral_adapter"])
def test_a_client_that_means_other_contracts_is_refused(name: str) -> None:
    moved = dataclasses.replace(POLYGON, **{name: POLYGON.usdce})
    with pytest.raises(UserError, match=f"contract {name} is {POLYGON.usdce} here"):
        check_client(moved)


def test_the_kind_of_an_account_follows_from_key_and_wallet() -> None:
    from polymarket._internal.environment import PRODUCTION_CONFIG
    from polymarket._internal.wallet import derive_proxy_wallet_address, derive_safe_wallet_address

    derivation = PRODUCTION_CONFIG.wallet_derivation
    wallets = {
        WalletKind.EOA: EOA.lower(),
        WalletKind.DEPOSIT: deposit_wallet_of(EOA),
        WalletKind.PROXY: derive_proxy_wallet_address(EOA, derivation),
        WalletKind.SAFE: derive_safe_wallet_address(EOA, derivation),
    }
    for kind, wallet in wallets.items():
        account = account_of(key=KEY, wallet=wallet)
        assert (account.kind, account.signer, account.is_session) == (kind, EOA, False)
        assert account.wallet.lower() == wallet.lower()
    session = account_of(key=SESSION, wallet=DEPOSIT)
    assert (session.kind, session.wallet, session.is_session) == (WalletKind.DEPOSIT, DEPOSIT, True)


@pytest.mark.parametrize("text", ["", "0x1234", "zz" * 32, "0x" + "00" * 32, "secret words"])
def test_a_key_that_is_none_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(CredentialError, match="is no private key") as caught:
        account_of(key=Secret(text), wallet=EOA)
    assert not text or text not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_wallet_that_is_no_address_is_refused() -> None:
    with pytest.raises(CredentialError, match="wallet is '0x12'; it must be an address"):
        account_of(key=KEY, wallet="0x12")


@pytest.mark.parametrize(("key", "wallet"), [(KEY, EOA), (KEY, DEPOSIT), (SESSION, DEPOSIT)])
async def test_logging_in_asks_for_the_api_key_and_nothing_else(
    counter: Counter, key: Secret, wallet: str
) -> None:
    async with open_sdk(counter, key=key, wallet=wallet) as sdk:
        assert sdk.api_key.key.reveal() == API_KEY["apiKey"]
        assert "fafa" not in repr(sdk.api_key)
    assert [request.path for request in counter.asked] == ["/clob/auth/api-key"]


async def test_a_known_key_is_derived(counter: Counter) -> None:
    counter.answers["POST /clob/auth/api-key"] = reply(400, {"error": "Could not create api key"})
    counter.answers["GET /clob/auth/derive-api-key"] = reply(200, API_KEY)
    async with open_sdk(counter) as sdk:
        assert sdk.api_key.passphrase.reveal() == API_KEY["passphrase"]


async def test_a_refused_key_is_told(counter: Counter) -> None:
    counter.answers["POST /clob/auth/api-key"] = reply(401, {"error": "Invalid L1 Request headers"})
    with pytest.raises(CredentialError, match=f"Log-in of {EOA}.*HTTP 401 Invalid L1"):
        async with open_sdk(counter):
            pass


async def test_a_venue_that_does_not_answer_is_told() -> None:
    with pytest.raises(SourceDown, match=r"Log-in of .* failed"):
        await Sdk.open(
            key=KEY,
            wallet=EOA,
            endpoints=local("http://127.0.0.1:9"),
            contracts=POLYGON,
            pace=QUICK,
            relayer_key=None,
        )


def signed(sdk: Sdk) -> bytes:
    order = vector_order(CTF, neg_risk=False, maker=EOA)
    return sdk.sign(order, order_type=OrderType.FAK, ends_s=0, post_only=False)


async def test_what_was_prepared_is_what_arrives_and_once(counter: Counter) -> None:
    counter.answers["POST /clob/order"] = reply(200, {"success": True})
    async with open_sdk(counter) as sdk:
        body = signed(sdk)
        answer = await sdk.post(body)
    assert counter.bodies("POST /clob/order") == [body]
    assert json.loads(body)["orderType"] == "FAK"
    assert (answer.status, json.loads(answer.body)) == (200, {"success": True})


@pytest.mark.parametrize(
    ("sent", "body", "wait"),
    [
        (reply(400, {"error": "invalid signature"}), b'{"error": "invalid signature"}', None),
        (reply(425, b"", Retry_After="7"), b"", 7.0),
        (reply(429, b"", Retry_After="3"), b"", 3.0),
        (reply(500, {"error": "order timed out"}), b'{"error": "order timed out"}', None),
        (reply(502, b"<html>", Content_Type="text/html"), b"", None),
        (reply(403, b"<html>", Server="cloudflare", Content_Type="text/html"), b"", None),
    ],
    ids=lambda case: str(case.status) if isinstance(case, Reply) else "",
)
async def test_a_refusal_is_handed_on_once(
    counter: Counter, sent: Reply, body: bytes, wait: float | None
) -> None:
    counter.answers["POST /clob/order"] = sent
    async with open_sdk(counter) as sdk:
        answer = await sdk.post(signed(sdk))
    assert (answer.status, answer.body, answer.retry_after_s) == (sent.status, body, wait)
    assert len(counter.bodies("POST /clob/order")) == 1


async def test_an_unreadable_success_is_handed_on_as_such(counter: Counter) -> None:
    counter.answers["POST /clob/order"] = reply(200, b'{"success":tr')
    async with open_sdk(counter) as sdk:
        answer = await sdk.post(signed(sdk))
    assert answer.status == 200
    assert b"non-JSON" in answer.body


async def test_a_venue_nobody_reaches_was_sent_nothing() -> None:
    async with open_counter() as counter:
        sdk = await Sdk.open(
            key=KEY,
            wallet=EOA,
            endpoints=counter.endpoints,
            contracts=POLYGON,
            pace=QUICK,
            relayer_key=None,
        )
        counter.answers["POST /clob/order"] = reply(200, {}, Connection="close")
        await sdk.post(signed(sdk))
    answer = await sdk.post(signed(sdk))
    await sdk.close()
    assert (answer.status, answer.was_sent) == (0, False)


async def test_a_cancel_names_its_order(counter: Counter) -> None:
    answered = {"canceled": ["0xaa"], "not_canceled": {}}
    counter.answers["DELETE /clob/order"] = reply(200, answered)
    async with open_sdk(counter) as sdk:
        answer = await sdk.cancel(OrderId("0xaa"))
    assert counter.bodies("DELETE /clob/order") == [b'{"orderID":"0xaa"}']
    assert json.loads(answer.body) == answered


@pytest.mark.parametrize(
    ("token", "asked"),
    [
        (None, {"asset_type": "COLLATERAL"}),
        (CTF_TOKEN, {"asset_type": "CONDITIONAL", "token_id": CTF_TOKEN}),
        (V2_TOKEN, {"asset_type": "CONDITIONAL-V2", "token_id": V2_TOKEN}),
    ],
    ids=["cash", "ctf", "v2"],
)
async def test_the_venue_is_told_which_balance_to_read_anew(
    counter: Counter, token: TokenId | None, asked: dict[str, str]
) -> None:
    counter.answers["GET /clob/balance-allowance/update"] = reply(200, "")
    async with open_sdk(counter, wallet=DEPOSIT) as sdk:
        await sdk.reread(token)
    assert dict(counter.asked[-1].query) == {"signature_type": "3", **asked}


async def test_a_heartbeat_that_names_another_id_says_which(counter: Counter) -> None:
    counter.answers["POST /clob/v1/heartbeats"] = reply(
        400, {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": "hb7"}
    )
    async with open_sdk(counter) as sdk:
        with pytest.raises(HeartbeatMismatch) as caught:
            await sdk.beat("hb1")
    assert caught.value.expected == "hb7"

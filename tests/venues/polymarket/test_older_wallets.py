"""What Safes and proxy wallets send through the relayer, field by field, and where they stand.

They are proven by public vectors and by these payloads only, not on a chain.
**Source:** builder-relayer-client ``tests/signatures`` and py-builder-relayer-client
``tests/builder``, read 2026-11, for the vectors of the key that every local node starts with.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from bot.chain.addresses import POLYGON
from bot.errors import VenueError
from bot.model.account import Secret, WalletKind
from bot.model.market import Market
from bot.model.units import Shares, Usd
from bot.owner import calls as owners
from bot.sandbox.chain import LocalMarkets
from bot.sandbox.wallets import wallets_of
from bot.venues.polymarket.sdk.calls import Call, merge_call, redeem_calls
from bot.venues.polymarket.sdk.client import RelayerKey
from bot.venues.polymarket.sdk.setup import account_of
from tests.venues.polymarket.counter import Counter, open_counter, open_sdk, reply

KEY = Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SAFE, PROXY = WalletKind.SAFE, WalletKind.PROXY
WALLETS = {
    PROXY: "0x365f0CA36Ae1f641E02fE3B7743673da42A13A70",
    SAFE: "0xd93B25cb943D14d0d34FBaF01Fc93a0f8b5F6E47",
}
FACTORIES = {
    PROXY: "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052",
    SAFE: "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b",
}
CODE_HASHES = {
    PROXY: "d21df8dc65880a8606f09fe0ce3df9b8869287ab0b058be05aa9e8af6330a00b",
    SAFE: "2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf",
}
RELAY_HUB = "0xD216153c06E857cD7f72665E0aF1d7D82172F494"
RELAY = "0xae700edfd9ab986395f3999fe11177b9903a52f1"
MULTISEND = "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"
NOBODY = "0x" + "00" * 20
GAS = 85_338
KINDS = pytest.mark.parametrize("kind", [PROXY, SAFE])
CTF, NEG_RISK, V2 = (
    LocalMarkets().ctf("plain"),
    LocalMarkets().neg_risk("one-of-many"),
    LocalMarkets().v2("second"),
)


# --- where they stand ---------------------------------------------------------------------------


def create2(owner: str, kind: WalletKind) -> str:
    """Return the address that the factory gives the wallet of an owner."""
    factory, code = bytes.fromhex(FACTORIES[kind][2:]), bytes.fromhex(CODE_HASHES[kind])
    salted = bytes.fromhex(owner[2:]) if kind is PROXY else encode(["address"], [owner])
    return to_checksum_address(keccak(b"\xff" + factory + keccak(salted) + code)[12:])


@pytest.mark.parametrize(
    ("owner", "kind", "wallet"),
    [
        (OWNER, PROXY, WALLETS[PROXY]),
        (OWNER, SAFE, WALLETS[SAFE]),
        # Of real accounts, as the venue's own clients and others tell.
        (
            "0x339a9731D4c1ea6861db006ad592b83E49C9398e",
            PROXY,
            "0xba734a6A711c9f13b8F7366572a4f9817a0dac46",
        ),
        (
            "0x6e0c80c90ea6c15917308F820Eac91Ce2724B5b5",
            SAFE,
            "0x6d8c4e9aDF5748Af82Dabe2C6225207770d6B4fa",
        ),
    ],
)
def test_wallets_stand_where_they_are_known_to_stand(
    owner: str, kind: WalletKind, wallet: str
) -> None:
    assert create2(owner, kind).lower() == wallet.lower()


@given(st.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key) < 2**255))
def test_wallets_of_any_key_are_known_for_what_they_are(raw: bytes) -> None:
    key = Secret("0x" + raw.hex())
    owner = str(Account.from_key(raw).address)
    for kind in (PROXY, SAFE):
        wallet = create2(owner, kind)
        account = account_of(key=key, wallet=wallet)
        assert (account.kind, account.wallet, account.signer) == (kind, wallet, owner)
        assert not account.is_session
        assert wallets_of(owner, kind) == (wallet,)  # the sandbox agrees


# --- what they send -----------------------------------------------------------------------------


@dataclass
class Relayer:
    """A relayer that takes everything."""

    counter: Counter
    nonce: int = 0

    def __post_init__(self) -> None:
        answers = self.counter.answers
        answers["GET /relayer/v1/account/transactions/params"] = lambda _: reply(
            200, {"address": OWNER, "nonce": str(self.nonce)}
        )
        answers["GET /relayer/relay-payload"] = lambda _: reply(
            200, {"address": RELAY, "nonce": str(self.nonce)}
        )
        answers["POST /relayer/submit"] = reply(
            200, {"transactionID": "tx-1", "state": "STATE_NEW", "transactionHash": ""}
        )
        done = {"transaction_id": "tx-1", "state": "STATE_CONFIRMED", "error_msg": ""}
        answers["GET /relayer/v1/account/transactions/tx-1"] = reply(
            200, done | {"transaction_hash": "0xd0"}
        )
        estimated = {"jsonrpc": "2.0", "id": 1, "result": hex(GAS)}
        answers["POST /rpc"] = lambda request: reply(
            200, estimated | {"id": json.loads(request.body)["id"]}
        )

    async def carry(
        self, calls: tuple[Call, ...], kind: WalletKind, *, purpose: str = "Test"
    ) -> dict[str, Any]:
        """Let our code send these calls; return what arrived."""
        relayer_key = RelayerKey(key=Secret("relayer"), address=OWNER)
        async with open_sdk(
            self.counter, wallet=WALLETS[kind], key=KEY, relayer_key=relayer_key
        ) as sdk:
            assert await sdk.relay(calls, purpose=purpose) == "0xd0"
        return dict(json.loads(self.counter.bodies("POST /relayer/submit")[-1]))


@pytest.fixture
async def relayer() -> AsyncIterator[Relayer]:
    async with open_counter() as counter:
        yield Relayer(counter)


APPROVE_CTF = Call(
    to=POLYGON.usdce,
    calldata="0x095ea7b30000000000000000000000004d97dcd97ec945f40cf65f87097ace5ea0476045"
    + "ff" * 32,
)


@pytest.mark.parametrize(
    ("kind", "nonce", "calls", "signature"),
    [
        pytest.param(
            PROXY,
            0,
            1,
            "0x4c18e2d2294a00d686714aff8e7936ab657cb4655dfccb2b556efadcb7e835f8"
            "00dc2fecec69c501e29bb36ecb54b4da6b7c410c4dc740a33af2afde2b77297e1b",
            id="proxy",
        ),
        pytest.param(
            SAFE,
            0,
            1,
            "0xf368488355b0566e99eff3bccc35e98b77d8f3a6e6866176188488c34f0305b0"
            "7e4a4c600c7a1592e4ac1e96b5887ebff2cb26987a3ad501006b39944df098c21f",
            id="safe",
        ),
        pytest.param(
            SAFE,
            8,
            2,
            "0xad62657208a0d885f91bba7490de238741bf7c51eb792f00856171aafc9e0123"
            "73156fb672e55d840733c8bf723ec458545fcd5749aa5e547f808c222e7e117020",
            id="safe, two at once",
        ),
    ],
)
async def test_signatures_are_those_of_the_venues_own_clients(
    relayer: Relayer, kind: WalletKind, nonce: int, calls: int, signature: str
) -> None:
    relayer.nonce = nonce
    payload = await relayer.carry((APPROVE_CTF,) * calls, kind)
    assert payload["signature"] == signature


def called(signature: str, *arguments: Any) -> str:
    """Return calldata, encoded here."""
    types = signature[signature.index("(") + 1 : -1].split(",")
    selector = keccak(text=signature)[:4]
    return "0x" + (selector + encode(types, arguments)).hex()


def short(market: Market) -> bytes:
    """Return the condition id of a V2 market, which has 31 bytes."""
    return bytes.fromhex(market.condition_id[2:64])


def full(market: Market) -> bytes:
    return bytes.fromhex(market.condition_id[2:])


SEVEN = Shares(Decimal(7))
PUSD = POLYGON.collateral
REDEEM = "redeemPositions(address,bytes32,bytes32,uint256[])"
MERGE = "mergePositions(address,bytes32,bytes32,uint256[],uint256)"
ZERO = bytes(32)


def redeems(market: Market) -> tuple[Call, ...]:
    return redeem_calls(market, dict.fromkeys(market.token_ids, SEVEN), POLYGON)


ACTS: dict[str, tuple[tuple[Call, ...], list[tuple[str, str]]]] = {
    "redeem ctf": (
        redeems(CTF),
        [(POLYGON.collateral_adapter, called(REDEEM, PUSD, ZERO, full(CTF), [1, 2]))],
    ),
    "redeem neg-risk": (
        redeems(NEG_RISK),
        [
            (
                POLYGON.neg_risk_collateral_adapter,
                called(REDEEM, PUSD, ZERO, full(NEG_RISK), [1, 2]),
            )
        ],
    ),
    "redeem v2": (
        redeems(V2),
        [
            (POLYGON.router, called("redeem(bytes31,uint256,uint256)", short(V2), side, 7_000_000))
            for side in (0, 1)
        ],
    ),
    "merge ctf": (
        (merge_call(CTF, SEVEN, POLYGON),),
        [(POLYGON.collateral_adapter, called(MERGE, PUSD, ZERO, full(CTF), [1, 2], 7_000_000))],
    ),
    "merge neg-risk": (
        (merge_call(NEG_RISK, SEVEN, POLYGON),),
        [
            (
                POLYGON.neg_risk_collateral_adapter,
                called(MERGE, PUSD, ZERO, full(NEG_RISK), [1, 2], 7_000_000),
            )
        ],
    ),
    "merge v2": (
        (merge_call(V2, SEVEN, POLYGON),),
        [(POLYGON.router, called("merge(bytes31,uint256)", short(V2), 7_000_000))],
    ),
    "allow": (
        (
            owners.allow_sum(token=PUSD, spender=POLYGON.exchange, e6=300_000_000),
            owners.allow_tokens(
                token=POLYGON.conditional_tokens, spender=POLYGON.exchange, is_allowed=True
            ),
        ),
        [
            (PUSD, called("approve(address,uint256)", POLYGON.exchange, 300_000_000)),
            (
                POLYGON.conditional_tokens,
                called("setApprovalForAll(address,bool)", POLYGON.exchange, True),
            ),
        ],
    ),
    "wrap": (
        owners.wrap(Usd(Decimal(5)), asset=POLYGON.usdce, wallet=WALLETS[SAFE], contracts=POLYGON),
        [
            (POLYGON.usdce, called("approve(address,uint256)", POLYGON.onramp, 5_000_000)),
            (
                POLYGON.onramp,
                called("wrap(address,address,uint256)", POLYGON.usdce, WALLETS[SAFE], 5_000_000),
            ),
        ],
    ),
}
EACH = pytest.mark.parametrize(("calls", "wanted"), ACTS.values(), ids=ACTS)


@EACH
async def test_a_safe_sends_what_is_asked_and_signs_it(
    relayer: Relayer, calls: tuple[Call, ...], wanted: list[tuple[str, str]]
) -> None:
    relayer.nonce = 41
    payload = await relayer.carry(calls, SAFE, purpose="Redeem 0x12")
    signature = bytes.fromhex(payload.pop("signature")[2:])
    to, calldata, operation = *wanted[0], 0
    if len(wanted) > 1:
        to, calldata, operation = MULTISEND, many_at_once(wanted), 1
    assert payload == {
        "type": "SAFE",
        "from": OWNER,
        "to": to,
        "proxyWallet": WALLETS[SAFE],
        "data": calldata,
        "nonce": "41",
        "metadata": "Redeem 0x12",
        "signatureParams": {
            "baseGas": "0",
            "gasPrice": "0",
            "gasToken": NOBODY,
            "operation": str(operation),
            "refundReceiver": NOBODY,
            "safeTxnGas": "0",
        },
    }
    digest = safe_hash(to, calldata, operation=operation, nonce=41)
    assert signature[64] in (31, 32)  # a Safe's mark of a personal message
    as_signed = signature[:64] + bytes([signature[64] - 4])
    message = encode_defunct(primitive=digest)
    assert Account.recover_message(message, signature=as_signed) == OWNER
    key = relayer.counter.asked[-2].headers
    assert (key["relayer_api_key"], key["relayer_api_key_address"]) == ("relayer", OWNER)


def many_at_once(calls: list[tuple[str, str]]) -> str:
    """Return the calldata of MultiSend: each call packed, without padding."""
    packed = b"".join(
        bytes(1)
        + bytes.fromhex(to[2:])
        + bytes(32)
        + len(bytes.fromhex(calldata[2:])).to_bytes(32, "big")
        + bytes.fromhex(calldata[2:])
        for to, calldata in calls
    )
    return called("multiSend(bytes)", packed)


def safe_hash(to: str, calldata: str, *, operation: int, nonce: int) -> bytes:
    """Return what a Safe calls the hash of a transaction, by eth-account's own encoder."""
    words = {
        "to": "address",
        "value": "uint256",
        "data": "bytes",
        "operation": "uint8",
        "safeTxGas": "uint256",
        "baseGas": "uint256",
        "gasPrice": "uint256",
        "gasToken": "address",
        "refundReceiver": "address",
        "nonce": "uint256",
    }
    fields = dict.fromkeys(words, 0) | {
        "to": to,
        "data": bytes.fromhex(calldata[2:]),
        "operation": operation,
        "gasToken": NOBODY,
        "refundReceiver": NOBODY,
        "nonce": nonce,
    }
    made = encode_typed_data(
        domain_data={"chainId": 137, "verifyingContract": WALLETS[SAFE]},
        message_types={"SafeTx": [{"name": name, "type": kind} for name, kind in words.items()]},
        message_data=fields,
    )
    return keccak(b"\x19" + made.version + made.header + made.body)


@EACH
async def test_a_proxy_wallet_sends_what_is_asked_and_signs_it(
    relayer: Relayer, calls: tuple[Call, ...], wanted: list[tuple[str, str]]
) -> None:
    relayer.nonce = 41
    payload = await relayer.carry(calls, PROXY, purpose="Merge 0x12")
    signature = bytes.fromhex(payload.pop("signature")[2:])
    rows = [(1, to, 0, bytes.fromhex(calldata[2:])) for to, calldata in wanted]
    batch = "(uint8,address,uint256,bytes)[]"
    calldata = keccak(text=f"proxy({batch})")[:4] + encode([batch], [rows])
    assert payload == {
        "type": "PROXY",
        "from": OWNER,
        "to": FACTORIES[PROXY],
        "proxyWallet": WALLETS[PROXY],
        "data": "0x" + calldata.hex(),
        "nonce": "41",
        "metadata": "Merge 0x12",
        "signatureParams": {
            "gasLimit": str(GAS),
            "gasPrice": "0",
            "relay": RELAY,
            "relayHub": RELAY_HUB,
            "relayerFee": "0",
        },
    }
    numbers = (0, 0, GAS, 41)  # fee, price of gas, gas, nonce
    digest = keccak(
        b"rlx:"
        + bytes.fromhex(OWNER[2:] + FACTORIES[PROXY][2:])
        + calldata
        + b"".join(number.to_bytes(32, "big") for number in numbers)
        + bytes.fromhex(RELAY_HUB[2:] + RELAY[2:])
    )
    assert Account.recover_message(encode_defunct(primitive=digest), signature=signature) == OWNER


@KINDS
async def test_an_errand_that_fails_is_not_said_to_be_done(
    relayer: Relayer, kind: WalletKind
) -> None:
    failed = {"transaction_id": "tx-1", "state": "STATE_FAILED", "error_msg": "GS013"}
    relayer.counter.answers["GET /relayer/v1/account/transactions/tx-1"] = reply(
        200, failed | {"transaction_hash": "0xd0"}
    )
    with pytest.raises(VenueError, match="Test through the relayer failed: GS013"):
        await relayer.carry((APPROVE_CTF,), kind)

"""Order ids and signatures are those of the venue's contracts, on both kinds of market."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot.chain.addresses import POLYGON
from bot.model.account import Secret
from bot.model.orders import OrderType, Side
from bot.model.units import TokenId
from bot.venues.polymarket.l2 import sign_request
from bot.venues.polymarket.order_hash import (
    OrderFields,
    domain_of,
    domain_separator,
    order_id,
    struct_hash,
)
from tests.venues.polymarket.counter import (
    API_SECRET,
    DEPOSIT,
    EOA,
    KEY,
    Counter,
    open_counter,
    open_sdk,
)

CTF = "107505882767731489358349912513945399560393482969656700824895970500493757150417"
V2 = "753854747638777313955540266983645233419726449145324353030771697392992107264"
CONTENTS = "376d1373ce10a5cb4135954c3fcb04e3a18d9bf7595fce281a03cc76fb78f017"
VECTORS = [
    pytest.param(
        CTF,
        False,
        EOA,
        "3264e159346253e26a64e00b69032db0e7d32f94628de3e6eecb50304d7af3d2",
        "b95d300afac648040709aba730d9f8324ef0ab65a585aec86b994fd199a60e1e",
        "bdbdd6c25dd31973b88fae848f2fa02a41d09c8832eeb5bd25827bf4323bfb65447864317cd8e5b240d237"
        "17a30af88499083249842358a0a277f3118ace09a61c",
        id="ctf",
    ),
    pytest.param(
        CTF,
        True,
        EOA,
        "9b858f53327b0bd13af8ec14cfb35234fb9eb7b0504d1a4e61f433840d30e81a",
        "e193dd74605a1bed2303a2335c7c08430e72d65ba663ccbb5e68e53cb6ddd3bf",
        "612eb460cffc5fb0a0e230322063961c56c6569ccbeb7eda76212417afb485e81075ae9f0e3fd6e84310be"
        "48f8bbde44c715afb4cf00571dbd544999bb8801c61b",
        id="neg risk",
    ),
    pytest.param(
        V2,
        False,
        EOA,
        "466c63910185bbd55e8679264200c4e0abdcbb0c6264eb3d41d13326022e095b",
        "bdbd0dd291657f034646c19d62728a358bad2ee39cc167d0fb96449f68f814da",
        "25185e230959d55263a5496af00c57b0694eacb3fec82b99d2dce0a12705a94d793ea555c326e9119b58f0"
        "7ec649f51815c0a7f558df3afaabca2e856bd1c6b81c",
        id="protocol v2",
    ),
    pytest.param(
        CTF,
        False,
        DEPOSIT,
        "3264e159346253e26a64e00b69032db0e7d32f94628de3e6eecb50304d7af3d2",
        "137d24abb668d57ff050fab13e233486a635e63d278bb0ab40f8c30b59428b19",
        "4c0fa28d717b736624c52b11c6fb315b4d4a817ea52129efe93bb027234e16fc0c2ef19537550a8c7342b0"
        "5019f949b786865d52eb6640750f6de5821983d24e1b"
        "3264e159346253e26a64e00b69032db0e7d32f94628de3e6eecb50304d7af3d2" + CONTENTS,
        id="deposit wallet",
    ),
]


def vector_order(token: str, *, neg_risk: bool, maker: str) -> OrderFields:
    token_id = TokenId(token)
    return OrderFields(
        domain=domain_of(token_id, neg_risk=neg_risk, contracts=POLYGON),
        salt=1234567890,
        maker=maker,
        signer=maker,
        token_id=token_id,
        gives_e6=5_200_000,
        gets_e6=10_000_000,
        side=Side.BUY,
        signature_type=0 if maker == EOA else 3,
        made_ms=1_795_000_000_000,
    )


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    async with open_counter() as opened:
        yield opened


@pytest.mark.parametrize(("token", "neg_risk", "maker", "separator", "hashed", "_"), VECTORS)
def test_order_id_is_the_hash_under_its_exchange(
    token: str, neg_risk: bool, maker: str, separator: str, hashed: str, _: str
) -> None:
    order = vector_order(token, neg_risk=neg_risk, maker=maker)
    assert domain_separator(order.domain).hex() == separator
    assert order_id(order) == "0x" + hashed


def test_struct_hash_is_that_of_the_vector() -> None:
    assert struct_hash(vector_order(CTF, neg_risk=False, maker=DEPOSIT)).hex() == CONTENTS


@pytest.mark.parametrize(("token", "neg_risk", "maker", "_", "__", "signature"), VECTORS)
async def test_signature_is_that_of_the_vector(
    counter: Counter, token: str, neg_risk: bool, maker: str, _: str, __: str, signature: str
) -> None:
    order = vector_order(token, neg_risk=neg_risk, maker=maker)
    async with open_sdk(counter, wallet=maker) as sdk:
        body = sdk.sign(order, order_type=OrderType.FAK, ends_s=0, post_only=False)
    found = json.loads(body)["order"]["signature"]
    if maker == DEPOSIT:
        assert len(found) == 2 + 2 * 317
        assert found.endswith("00ba")
        found = found[: 2 + len(signature)]
    assert found == "0x" + signature


@pytest.mark.parametrize(
    ("method", "path", "body", "signature"),
    [
        ("POST", "/order", b'{"a":1}', "Rh_wqiXI0n1XhEG0mcUC5g7aEL_vsxmMmGB0jhR6yXc="),
        ("GET", "/data/orders", b"", "znE9T_MsD8UGYFxa8n9zsk5aIxhEzmq1BW6_LrF8OVE="),
    ],
)
def test_request_signature_is_that_of_the_vector(
    method: str, path: str, body: bytes, signature: str
) -> None:
    found = sign_request(
        Secret(API_SECRET), seconds=1_795_000_000, method=method, path=path, body=body
    )
    assert found == signature


def test_signing_uses_the_fast_backend() -> None:
    from eth_keys.main import KeyAPI

    assert type(KeyAPI().backend).__name__ == "CoinCurveECCBackend"
    assert str(KEY) == repr(KEY) == "***"

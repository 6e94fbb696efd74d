"""What nodes and contracts say, read without believing it: numbers, refusals, logs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from eth_abi.abi import encode

from bot.chain import abi
from bot.chain.addresses import POLYGON
from bot.chain.logs import Log, executions_in, transfers_in
from bot.chain.revert import revert_reason
from bot.errors import BadData

WALLET = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
FILLED = abi.topic(
    "OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
BATCH = abi.topic("TransferBatch(address,address,address,uint256[],uint256[])")
SINGLE = abi.topic("TransferSingle(address,address,address,uint256,uint256)")
ERC20 = abi.topic("Transfer(address,address,uint256)")
TIMES = {7: datetime(2026, 11, 23, tzinfo=UTC)}


def log(address: str, *topics: str, payload: bytes = b"") -> Log:
    return Log(
        block=7,
        block_hash="0x77",
        index=0,
        transaction="0xaa",
        address=address.lower(),
        topics=topics,
        payload="0x" + payload.hex(),
    )


def test_selectors_and_topics_are_those_of_the_standards() -> None:
    assert abi.selector("transfer(address,uint256)").hex() == "a9059cbb"
    assert ERC20 == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert SINGLE == "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
    assert BATCH == "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"


def test_a_call_without_arguments_is_its_selector() -> None:
    assert abi.encode_call("pauseUser()") == "0x" + abi.selector("pauseUser()").hex()


@pytest.mark.parametrize("answer", [None, 3, "", "0x", "0xzz", {}, True])
def test_what_is_no_hex_number_is_refused(answer: object) -> None:
    with pytest.raises(BadData, match=r"block was .*; it must be "):
        abi.number(answer, name="block")


@pytest.mark.parametrize("answer", ["0x", "0xzz", "0x01", "0x" + "ff" * 32, None])
def test_what_is_not_of_the_type_is_refused(answer: object) -> None:
    with pytest.raises(BadData, match=r"answer was .*; it must be "):
        abi.decode(("bool",), answer, name="answer")


@pytest.mark.parametrize("word", ["0x", "0x" + "00" * 20, "0x" + "00" * 33])
def test_what_is_no_word_holds_no_address(word: str) -> None:
    with pytest.raises(BadData, match=r"it must be 32 bytes of hex"):
        abi.address_in(word, name="maker")


def test_an_address_comes_back_from_its_word() -> None:
    assert abi.address_in(abi.word_of(WALLET), name="maker") == WALLET


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("0x08c379a0" + encode(["string"], ["too late"]).hex(), "too late"),
        ("0x4e487b71" + encode(["uint256"], [17]).hex(), "panic 0x11"),
        ("0x8baa579f", "error 0x8baa579f"),
        ("0x08c379a0ff", "execution reverted"),
        ("0x", "execution reverted"),
        (None, "execution reverted"),
        ({"code": 1}, "execution reverted"),
    ],
)
def test_a_refusal_is_told_in_the_contracts_words(payload: object, reason: str) -> None:
    assert revert_reason("execution reverted", payload) == reason


def test_a_side_that_is_none_is_refused() -> None:
    words = (abi.word_of(WALLET),) * 3
    payload = encode(["uint8"] + ["uint256"] * 4 + ["bytes32"] * 2, [2, 1, 1, 1, 0, b"", b""])
    with pytest.raises(BadData, match=r"has side 2; it must be 0 or 1"):
        executions_in([log(POLYGON.exchange, FILLED, *words, payload=payload)], POLYGON)


def test_an_execution_told_by_a_stranger_is_none() -> None:
    assert executions_in([log(WALLET, FILLED)], POLYGON) == ()


def test_an_order_of_somebody_else_explains_no_transfer() -> None:
    word, other = abi.word_of(WALLET), abi.word_of(POLYGON.router)
    payload = encode(["uint8"] + ["uint256"] * 4 + ["bytes32"] * 2, [0, 1, 4, 10, 0, b"", b""])
    paid = log(POLYGON.collateral, ERC20, other, word, payload=encode(["uint256"], [4]))
    filled = log(POLYGON.exchange, FILLED, "0x" + "0e" * 32, other, word, payload=payload)
    logs = [replace(filled, index=1), paid]
    [row] = transfers_in(logs, wallet=WALLET, contracts=POLYGON, times=TIMES)
    assert (row.change_e6, row.order_ids) == (4, ())


@pytest.mark.parametrize("kind", [ERC20, SINGLE, BATCH])
def test_a_transfer_with_too_few_topics_is_refused(kind: str) -> None:
    short = log(POLYGON.collateral, kind, abi.word_of(WALLET))
    with pytest.raises(BadData, match=r"has 2 topics; it must have [34]"):
        transfers_in([short], wallet=WALLET, contracts=POLYGON, times=TIMES)


def test_a_batch_with_a_size_too_few_is_refused() -> None:
    word = abi.word_of(WALLET)
    payload = encode(["uint256[]", "uint256[]"], [[1, 2], [3]])
    lame = log(POLYGON.conditional_tokens, BATCH, word, word, word, payload=payload)
    with pytest.raises(BadData, match=r"has 1 sizes; it must have 2"):
        transfers_in([lame], wallet=WALLET, contracts=POLYGON, times=TIMES)


def test_logs_without_topics_are_no_transfers() -> None:
    bare = log(POLYGON.collateral)
    assert transfers_in([bare], wallet=WALLET, contracts=POLYGON, times=TIMES) == ()

"""Reads transfers and executions from logs.

**Source:** ERC-20 and ERC-1155; ``OrderFilled`` of the three exchanges (LOCAL_PROOF 2,
POLYMARKET 8), read 2026-11.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.chain.abi import address_in, decode, field, hex_text, number, topic, word_of
from bot.chain.addresses import Contracts
from bot.chain.records import Execution
from bot.errors import BadData
from bot.model.orders import Side
from bot.model.transfers import Executed, Transfer
from bot.model.units import OrderId, Shares, TokenId, Usd, from_e6, to_e6

_ERC20 = "Transfer(address,address,uint256)"
_SINGLE = "TransferSingle(address,address,address,uint256,uint256)"
_BATCH = "TransferBatch(address,address,address,uint256[],uint256[])"
_FILLED = (
    "OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
_FILLED_DATA = ("uint8", "uint256", "uint256", "uint256", "uint256", "bytes32", "bytes32")
_SIDES = (Side.BUY, Side.SELL)


@dataclass(frozen=True, slots=True)
class Log:
    """One log with its place."""

    block: int
    block_hash: str
    index: int
    transaction: str
    address: str
    """In small letters."""
    topics: tuple[str, ...]
    payload: str


def read_log(row: object) -> Log:
    """Map one log as a node gives it.

    Raises:
        BadData: a field is missing or of another shape.
    """
    topics = field(row, "topics", name="log")
    if not isinstance(topics, list):
        raise BadData(f"topics of a log were {topics!r:.100}; they must be a list")
    return Log(
        block=number(field(row, "blockNumber", name="log"), name="blockNumber"),
        block_hash=hex_text(field(row, "blockHash", name="log"), name="blockHash"),
        index=number(field(row, "logIndex", name="log"), name="logIndex"),
        transaction=hex_text(field(row, "transactionHash", name="log"), name="transactionHash"),
        address=hex_text(field(row, "address", name="log"), name="address"),
        topics=tuple(hex_text(each, name="topic") for each in topics),
        payload=hex_text(field(row, "data", name="log"), name="data"),
    )


def wallet_filters(wallet: str, contracts: Contracts) -> tuple[dict[str, Any], ...]:
    """Return what to ask ``eth_getLogs`` for: all transfers and executions of a wallet.

    Three questions: the wallet stands as first, second or third topic.
    """
    word = word_of(wallet)
    tokens = [contracts.conditional_tokens, contracts.position_manager]
    single, batch, erc20, filled = topic(_SINGLE), topic(_BATCH), topic(_ERC20), topic(_FILLED)
    everything = [contracts.collateral, *tokens, *exchanges(contracts)]
    return (
        {"address": [contracts.collateral], "topics": [erc20, word]},
        {"address": everything, "topics": [[erc20, single, batch, filled], None, word]},
        {"address": tokens, "topics": [[single, batch], None, None, word]},
    )


def exchanges(contracts: Contracts) -> tuple[str, str, str]:
    """Return the addresses that emit ``OrderFilled``."""
    return contracts.exchange, contracts.neg_risk_exchange, contracts.exchange_v3


def executions_in(logs: Iterable[Log], contracts: Contracts) -> tuple[Execution, ...]:
    """Return the executions among logs, in their order; other logs are left out.

    Raises:
        BadData: a log of an exchange cannot be read.
    """
    venues = {address.lower() for address in exchanges(contracts)}
    filled = topic(_FILLED)
    return tuple(
        _execution(log) for log in logs if log.address in venues and log.topics[:1] == (filled,)
    )


def executed_in(logs: Iterable[Log], *, wallet: str, contracts: Contracts) -> tuple[Executed, ...]:
    """Return what each order of a wallet got out of its transactions.

    Raises:
        BadData: a log of an exchange cannot be read.
    """
    unique = {(log.block, log.index): log for log in logs}
    return tuple(
        Executed(
            transaction=one.transaction,
            order_id=one.order_id,
            token_id=one.token_id,
            shares_e6=to_e6(one.shares) if one.side is Side.BUY else -to_e6(one.shares),
            cash_e6=(-to_e6(one.usd) if one.side is Side.BUY else to_e6(one.usd))
            - to_e6(one.fee_usd),
        )
        for one in executions_in((unique[place] for place in sorted(unique)), contracts)
        if one.maker.lower() == wallet.lower()
    )


def transfers_in(
    logs: Sequence[Log], *, wallet: str, contracts: Contracts, times: Mapping[int, datetime]
) -> tuple[Transfer, ...]:
    """Return a wallet's transfers among logs, with the orders that the same transaction executed.

    Args:
        logs: All of the wallet's logs of the transactions in them; doubles are left out.
        wallet: Whose.
        contracts: Where the tokens stand.
        times: When each block was made.

    Raises:
        BadData: a log cannot be read.
    """
    ordered = sorted({(log.block, log.index): log for log in logs}.items())
    orders: defaultdict[str, list[OrderId]] = defaultdict(list)
    for execution in executions_in((log for _, log in ordered), contracts):
        if execution.maker.lower() == wallet.lower():
            orders[execution.transaction].append(execution.order_id)
    # Rows are counted within their transaction: a reorg changes a log's index, not this number.
    counted: defaultdict[str, int] = defaultdict(int)
    rows = []
    for _, log in ordered:
        for token_id, change in _changes(log, wallet):
            place = counted[log.transaction]
            counted[log.transaction] += 1
            rows.append(
                Transfer(
                    transfer_id=f"{log.transaction}/{place}",
                    at=times[log.block],
                    transaction=log.transaction,
                    token_id=token_id,
                    change_e6=change,
                    order_ids=tuple(dict.fromkeys(orders[log.transaction])),
                    block=log.block,
                )
            )
    return tuple(rows)


def _execution(log: Log) -> Execution:
    _, order_id, maker, _ = _topics(log, 4)
    number, token, made, taken, fee, *_ = decode(_FILLED_DATA, log.payload, name="OrderFilled")
    if number >= len(_SIDES):
        raise BadData(f"OrderFilled in {log.transaction} has side {number}; it must be 0 or 1")
    side = _SIDES[number]
    usd, shares = (made, taken) if side is Side.BUY else (taken, made)
    return Execution(
        order_id=OrderId(order_id),
        maker=address_in(maker, name="maker"),
        token_id=TokenId(str(token)),
        side=side,
        shares=Shares(from_e6(shares)),
        usd=Usd(from_e6(usd)),
        fee_usd=Usd(from_e6(fee)),
        transaction=log.transaction,
    )


def _changes(log: Log, wallet: str) -> Iterator[tuple[TokenId | None, int]]:
    """Yield what a log did to a wallet; nothing if it is no transfer or changed nothing."""
    kind = log.topics[0] if log.topics else ""
    if kind == topic(_ERC20):
        _, sender, receiver = _topics(log, 3)
        (size,) = decode(("uint256",), log.payload, name="Transfer")
        moves: Iterable[tuple[TokenId | None, int]] = [(None, size)]
    elif kind in (topic(_SINGLE), topic(_BATCH)):
        _, _, sender, receiver = _topics(log, 4)
        moves = _moves(log, is_batch=kind == topic(_BATCH))
    else:
        return
    word = word_of(wallet)
    for token_id, size in moves:
        change = size * ((receiver == word) - (sender == word))
        if change:
            yield token_id, change


def _moves(log: Log, *, is_batch: bool) -> list[tuple[TokenId | None, int]]:
    if not is_batch:
        token, size = decode(("uint256", "uint256"), log.payload, name="TransferSingle")
        return [(TokenId(str(token)), size)]
    tokens, sizes = decode(("uint256[]", "uint256[]"), log.payload, name="TransferBatch")
    if len(tokens) != len(sizes):
        raise BadData(
            f"TransferBatch in {log.transaction} has {len(sizes)} sizes; it must have {len(tokens)}"
        )
    return [(TokenId(str(token)), size) for token, size in zip(tokens, sizes, strict=True)]


def _topics(log: Log, count: int) -> tuple[str, ...]:
    if len(log.topics) != count:
        raise BadData(
            f"A log of {log.address} in {log.transaction} has {len(log.topics)} topics; "
            f"it must have {count}"
        )
    return log.topics

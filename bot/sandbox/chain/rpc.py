"""Calls to the local node: JSON-RPC over HTTP, and Solidity's way of packing arguments."""

import json
from collections.abc import Sequence
from typing import Any, Final

import httpx

from bot.errors import BotError, SourceDown

_TIMEOUT_S: Final = 20.0
_TEXT_ERROR: Final = "0x08c379a0"  # Error(string): its text stands in the message
_SHORTEST: Final = 10


class Reverted(BotError):
    """The chain refused a call or a transaction; ``reason`` is its text or 4-byte error."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Rpc:
    """One connection to a node. Open it with ``async with``.

    Args:
        url: Where the node answers.
    """

    def __init__(self, *, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_S, trust_env=False)
        self._number = 0

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()

    async def ask(self, method: str, params: Sequence[object] = ()) -> Any:
        """Return what the node answers.

        Raises:
            Reverted: the chain refuses it.
            SourceDown: no answer.
        """
        (answer,) = await self.ask_all([(method, params)])
        return answer

    async def ask_all(self, questions: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """Return the answers to several questions, asked in one request and in their order."""
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in enumerate(questions)
        ]
        try:
            reply = await self._client.post("/", json=body)
        except httpx.HTTPError as error:
            raise SourceDown(f"The EVM node does not answer: {error!r}") from error
        answers = sorted(reply.json(), key=lambda answer: answer["id"])
        return [
            _result(method, answer) for (method, _), answer in zip(questions, answers, strict=True)
        ]


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" not in answer:
        return answer["result"]
    error = answer["error"]
    said = str(error.get("message", ""))
    hexed = error.get("data")
    reason = said.partition("execution reverted: ")[2]
    if isinstance(hexed, str) and len(hexed) >= _SHORTEST and not hexed.startswith(_TEXT_ERROR):
        reason = hexed[:_SHORTEST]
    raise Reverted(f"{method} was refused: {said} {json.dumps(hexed)}", reason=reason)


def pack(signature: str, *arguments: object) -> str:
    """Return the hex of a call.

    Args:
        signature: As in ``transfer(address,uint256)``; tuples are written out in brackets.
        arguments: As eth_abi takes them: addresses as text, bytes as ``bytes``.
    """
    from eth_abi.abi import encode  # loads web3's type grammar: only where a chain is

    return "0x" + selector(signature).hex() + encode(_types(signature), arguments).hex()


def selector(signature: str) -> bytes:
    """Return the four bytes that name a function."""
    from eth_hash.auto import keccak

    return keccak(signature.encode())[:4]


def unpack(types: Sequence[str], answer: str) -> tuple[Any, ...]:
    """Return what the hex of an answer holds."""
    from eth_abi.abi import decode

    return decode(types, bytes.fromhex(answer.removeprefix("0x")))


def _types(signature: str) -> list[str]:
    inside = signature[signature.index("(") + 1 : -1]
    types, depth, start = [], 0, 0
    for at, letter in enumerate(inside + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            types.append(inside[start:at])
            start = at + 1
    return [each for each in types if each]

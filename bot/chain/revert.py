"""Finds the words in a contract's refusal."""

from bot.chain.abi import decode
from bot.errors import BadData

_ERROR = "0x08c379a0"
_PANIC = "0x4e487b71"


def revert_reason(words: str, payload: object) -> str:
    """Return why a contract refused.

    Args:
        words: The node's message.
        payload: What came along: ``Error(string)``, ``Panic(uint256)`` or the contract's own
            error; None and anything unreadable leave the message.
    """
    if not isinstance(payload, str) or payload in ("", "0x"):
        return words
    try:
        if payload.startswith(_ERROR):
            return str(decode(["string"], "0x" + payload[len(_ERROR) :], name="revert")[0])
        if payload.startswith(_PANIC):
            code = decode(["uint256"], "0x" + payload[len(_PANIC) :], name="panic")[0]
            return f"panic {code:#04x}"
    except BadData:
        return words
    return f"error {payload[:138]}"

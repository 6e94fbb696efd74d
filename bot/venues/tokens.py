"""Ids in the venue's two forms, for markets that have none of their own."""

from hashlib import sha256

from bot.model.units import ConditionId, TokenId

_DIGITS = 77


def ctf_token_ids(condition_id: ConditionId) -> tuple[TokenId, TokenId]:
    """Return two token ids of 77 digits, as ``clobTokenIds`` mostly are."""
    lowest = 10 ** (_DIGITS - 1)
    first, second = (
        lowest + int.from_bytes(_digest(f"{condition_id}/{index}")) % (9 * lowest)
        for index in (0, 1)
    )
    return TokenId(str(first)), TokenId(str(second))


def ctf_condition_id(name: str) -> ConditionId:
    """Return a condition id of 64 hex digits."""
    return ConditionId("0x" + _digest(name).hex())


def v2_condition_id(name: str, *, neg_risk: bool) -> ConditionId:
    """Return a condition id of 62 hex digits: a module, 18 bytes, 8 zero bytes, 4 bytes.

    **Source:** POLYMARKET 1 (module 1 binary, 2 neg risk; bits 40 to 103 of a position id are
    zero), read 2026-11.
    """
    digest = _digest(name)
    module = 2 if neg_risk else 1
    return ConditionId("0x" + (bytes([module]) + digest[:18] + bytes(8) + digest[18:22]).hex())


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()

"""Tells of a refusal that passes only when a person does something about the account."""

from bot.engine.ports import Ports

_TOPIC = "account"
"""What it concerns, for ``status``."""
_BY_PERSON = frozenset(
    {
        "banned",
        "closed_only",
        "invalid_signature",
        "maker_not_allowed",
        "not_enough_allowance",
        "order_version_mismatch",
        "refused",
        "unauthorized",
    }
)


def say_refused(ports: Ports) -> dict[str, str]:
    """Return that the venue refuses us, as ``status`` shows it; empty if it took the last order.

    It is logged when it begins.

    A session key that has ended is an invalid signature, a place where nobody may trade is
    "refused": the venue has no code of its own for either.
    """
    code, _, said = ports.ledger.last_refusal().partition(": ")
    if code not in _BY_PERSON:
        return {}
    text = f"the venue refused the last order ({said}); `polyhedge doctor` tells what to do"
    if ports.ledger.standing().get(_TOPIC) != text:
        ports.report("account.refused", problem=text)
    return {_TOPIC: text}

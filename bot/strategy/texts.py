"""Texts that only a strategy file has: its name, a condition id, an impact."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import WithJsonSchema

from bot.model.text import read_fraction, show, text_of

_NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
_CONDITION_ID = r"0x([0-9a-f]{64}|[0-9a-f]{62})"
_CHANGE_USD = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) ?usd", re.IGNORECASE)
_BARE = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")


def _read_name(text: str) -> str:
    if re.fullmatch(_NAME, text) is None:
        raise ValueError(f"is {text!r}; use lower-case letters, digits and hyphens: fed-hike.")
    return text


def _read_condition_id(text: str) -> str:
    if re.fullmatch(_CONDITION_ID, text.lower()) is None:
        raise ValueError(
            f"is {text!r}, which is no condition id. It is 0x and 64 hex digits, or 62 for"
            " Protocol V2; `polyhedge markets` shows it."
        )
    return text.lower()


@dataclass(frozen=True, slots=True)
class ImpactChange:
    """``-7%`` or ``-700usd``; exactly one is given."""

    fraction: float | None
    usd: float | None


def _read_impact(text: str) -> ImpactChange:
    usd = _CHANGE_USD.fullmatch(text)
    if usd is not None:
        return ImpactChange(None, float(usd[1]))
    if _BARE.fullmatch(text):
        number = Decimal(text)
        readings = (
            f"{show(number * 100)}% (of value) or {show(number)}%"
            if abs(number) < 1
            else f"{text}% (of value) or {text}usd"
        )
        raise ValueError(f"is {text}, which has no unit. Write {readings}.")
    fraction = read_fraction(text)
    if fraction < -1.0:
        raise ValueError(f"is {text}, more than there is. It must be -100% or above.")
    return ImpactChange(fraction, None)


Name = Annotated[
    str, text_of(_read_name, "a name"), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})
]
ConditionIdText = Annotated[
    str,
    text_of(_read_condition_id, "a condition id"),
    WithJsonSchema({"type": ["string", "integer"]}),
]
Impacts = dict[
    str,
    Annotated[
        ImpactChange,
        text_of(_read_impact, "a change such as -7% or -700usd"),
        WithJsonSchema({"type": "string", "pattern": r"^[+-]?[0-9.]+ ?(%|bp|bps|usd)$"}),
    ],
]

"""Texts that only a config file has: the mode, a budget, an address, a currency."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import WithJsonSchema

from bot.core.utility import aversion_of
from bot.model.text import read_fraction, read_number, read_ratio, read_share, read_usd, text_of

_MOST = 10**15
_WORDS = re.compile(r"(\S+) of ever losing (\S+)")
_BARE = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)")


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit in USD, or as a share of what the portfolio is worth; exactly one is given."""

    share: float | None = None
    usd: Decimal | None = None


def _read_aversion(text: str) -> float:
    """Read relative risk aversion, or what it means: ``10% of ever losing 50%``.

    Outside its range powers of wealth lose all their digits.
    """
    words = _WORDS.fullmatch(text)
    number = _aversion_in_words(*words.groups()) if words else read_ratio(text)
    if not 0.1 <= number <= 100.0:
        raise ValueError(f"is {text}; it must lie from 0.1 to 100. 4.3 is a good choice.")
    return number


def _aversion_in_words(chance: str, loss: str) -> float:
    parts = read_share(chance), read_share(loss)
    if min(parts) <= 0.0 or max(parts) >= 1.0:
        raise ValueError(f"is {chance} of ever losing {loss}; both lie between 0% and 100%.")
    return aversion_of(chance=parts[0], loss=parts[1])


def _read_part(text: str) -> float:
    part = read_share(text)
    if part >= 1.0:
        raise ValueError(f"is {text}; it must be under 100%.")
    return part


def _read_mode(text: str) -> str:
    if text not in ("paper", "live"):
        raise ValueError(f"is {text!r}; it must be paper or live. Write mode: paper.")
    return text


def _read_wallet(text: str) -> str:
    if re.fullmatch("0x[0-9a-fA-F]{40}", text) is None:
        raise ValueError(f"is {text!r}; it must be 0x and 40 hexadecimal digits.")
    return text


def _read_switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"is {text!r}; it must be on or off.")
    return text == "on"


def _read_budget(text: str) -> Budget:
    if _BARE.fullmatch(text):
        raise ValueError(
            f"is {text}, which has no unit. Write {text}% (of the portfolio) or {text}usd."
        )
    if text.endswith("%"):
        share = read_fraction(text)
        if share < 0:
            raise ValueError(f"is {text}; it must not be negative.")
        return Budget(share=share)
    return Budget(usd=read_usd(text))


def _read_web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(f"is {text!r}; it must begin with https:// or http://.")
    return text


def _read_template(text: str) -> str:
    named = re.findall(r"\{[^}]*\}?", _read_web_address(text))
    if wrong := [name for name in named if name != "{symbol}"]:
        raise ValueError(f"has {wrong[0]}; only {{symbol}} is replaced. Write {{symbol}}.")
    return text


def _read_socket_address(text: str) -> str:
    if not text.startswith(("wss://", "ws://")):
        raise ValueError(f"is {text!r}; it must begin with wss:// or ws://.")
    return text


def _read_currency(text: str) -> str:
    if re.fullmatch("[A-Z]{3}", text) is None:
        raise ValueError(f"is {text!r}; it must be three capital letters, such as USD or EUR.")
    return text


def _read_signed(text: str) -> Decimal:
    number = read_number(text)
    if number == 0:
        raise ValueError("is 0. Remove the holding.")
    return _worldly(number, text)


def _read_price(text: str) -> Decimal:
    number = read_number(text)
    if number <= 0:
        raise ValueError(f"is {text}; a price is above 0.")
    return _worldly(number, text)


def _worldly(number: Decimal, text: str) -> Decimal:
    """Refuse what nobody owns and nothing costs: a slip of the keys that no table could show."""
    if abs(number) > _MOST:
        raise ValueError(f"is {text}; it must lie from -{_MOST} to {_MOST}.")
    return number


ModeText = Annotated[str, text_of(_read_mode, "paper or live")]
WalletAddress = Annotated[str, text_of(_read_wallet, "an address such as 0x81b9..")]
Switch = Annotated[bool, text_of(_read_switch, "on or off")]
BudgetText = Annotated[Budget, text_of(_read_budget, "1.5% (of the portfolio) or 1200usd")]
UrlTemplate = Annotated[str, text_of(_read_template, "a web address")]
WebAddress = Annotated[str, text_of(_read_web_address, "a web address")]
SocketAddress = Annotated[str, text_of(_read_socket_address, "an address of a WebSocket")]
Currency = Annotated[str, text_of(_read_currency, "a currency such as EUR")]
Signed = Annotated[Decimal, text_of(_read_signed, "a number; negative for a short")]
PriceText = Annotated[Decimal, text_of(_read_price, "a price")]
PartText = Annotated[
    float,
    text_of(_read_part, "a part such as 30%"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9.]+ ?(%|bp|bps)$"}),
]
RiskAversion = Annotated[float, text_of(_read_aversion, "a number from 0.1 to 100")]

"""What a match costs: the venue's taker fee, exact in millionths for cash, a float for decisions.

Makers pay nothing. A buy pays the fee on top of its notional, a sell has it deducted.
"""

from typing import NamedTuple

from bot.model.market import FeeSchedule
from bot.model.orders import Side
from bot.model.units import MILLION

FEE_STEP_E6 = 10
"""Fees are charged in steps of 0.00001 USD."""


class FeeTerms(NamedTuple):
    """A schedule in integers, made once per order: fee = size * shape * rate / (2 * half)."""

    rate: int
    exponent: int
    half: int
    """Half a fee step in the scale of ``size * shape * rate``."""


def fee_terms(fee: FeeSchedule) -> FeeTerms:
    """Return ``fee`` in integers, for `charge_e6`."""
    rate, divisor = fee.rate.as_integer_ratio()
    scale: int = divisor * (MILLION * MILLION) ** fee.exponent * FEE_STEP_E6
    return FeeTerms(2 * rate, fee.exponent, scale)


def charge_e6(size_e6: int, price_e6: int, terms: FeeTerms) -> int:
    """Return the taker fee of one match in millionths of a USD.

    ``size * rate * (p * (1 - p)) ** exponent``, rounded half up to 5 decimals. A fee under
    0.000005 USD is therefore nothing; the smallest that is charged is 0.00001.

    Source: POLYMARKET 4.12 (docs.polymarket.com/trading/fees), read 2026-11. The page names the
    5 decimals and the smallest fee but no rule for halves; half up is the dearer reading of it.
    """
    rate, exponent, half = terms
    shape = price_e6 * (MILLION - price_e6)
    if exponent != 1:
        shape **= exponent
    return (size_e6 * shape * rate + half) // (2 * half) * FEE_STEP_E6


def taker_fee_e6(size_e6: int, price_e6: int, fee: FeeSchedule) -> int:
    """Return the taker fee of one match, millionths of a USD, rounded as `charge_e6` does."""
    return charge_e6(size_e6, price_e6, fee_terms(fee))


def fee_per_share(price: float, fee: FeeSchedule) -> float:
    """Return the taker fee of one share, USD, not rounded: for decisions, never for cash."""
    return float(fee.rate) * float(price * (1.0 - price)) ** fee.exponent


def all_in_price(price: float, fee: FeeSchedule, side: Side = Side.BUY) -> float:
    """Return what a taker pays for a share, or gets for it: price and fee, USD, not rounded."""
    per_share = fee_per_share(price, fee)
    return price + per_share if side is Side.BUY else price - per_share

"""How numbers, times and reasons are written for people: one way each."""

from datetime import datetime, timedelta
from decimal import Decimal

from bot.model.decision import Reason

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def usd(number: Decimal | float) -> str:
    """Return whole dollars from 100 USD on, cents below: ``4,310 USD``, ``-0.41 USD``."""
    if abs(float(number)) < 0.005:
        return "0 USD"  # never "-0 USD"
    whole = abs(float(number)) >= 100
    return f"{number:,.0f} USD" if whole else f"{number:,.2f} USD"


def usd_exact(number: Decimal) -> str:
    """Return all digits there are, at least cents: ``2,812.50 USD``."""
    digits = max(2, -int(number.normalize().as_tuple().exponent))
    return f"{number:,.{digits}f} USD"


def cents(price: Decimal | float) -> str:
    """Return a price per share in cents: ``12.6c``."""
    in_cents = float(price) * 100
    return f"{in_cents:.2f}c" if abs(in_cents) < 1 else f"{in_cents:.1f}c"


def percent(fraction: float) -> str:
    """Return a probability or a share: ``11.9%``."""
    return f"{fraction:.1%}"


def shares(number: Decimal | float) -> str:
    """Return a number of shares, parts of one only where there are some: ``420``, ``5.25``."""
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def instant(at: datetime) -> str:
    """Return ``2026-01-12 14:00 UTC``."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def day(at: datetime) -> str:
    """Return ``Mar 18``."""
    return f"{at:%b} {at.day}"


def moment(at: datetime) -> str:
    """Return ``Jan 12 14:00``, where the year is plain from elsewhere."""
    return f"{at:%b} {at.day:>2} {at:%H:%M}"


def span(length: timedelta) -> str:
    """Return the largest unit that says it well: ``5 d``, ``3 h``, ``12 min``, ``40 s``."""
    seconds = abs(length.total_seconds())
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * size or (size == _DAY and seconds >= size):
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def code_words(code: str) -> str:
    """Return a reason's code as words: ``TOO_DEAR`` -> ``too dear``."""
    return code.lower().replace("_", " ")


def reason_words(reason: Reason) -> str:
    """Return a reason with its code in front: ``too dear: ceiling 8.0c, ask 10.3c``."""
    return f"{code_words(reason.code)}: {reason.text}"


def about(name: str, why: str) -> str:
    """Return what is amiss with what; a message that begins with its file says that once."""
    return why if why.startswith(name) else f"{name}: {why}"


def short_id(identifier: str) -> str:
    """Return enough of a long id to tell it from others: ``0x7a41..93f0``."""
    return identifier if len(identifier) <= 14 else f"{identifier[:6]}..{identifier[-4:]}"

"""Which series a recorded question belongs to, told from its own words alone.

The recordings have no series. A question's words are known from its first day on; tags and groups
were edited later, so they are not used.
"""

import re
from typing import NamedTuple


class Series(NamedTuple):
    """A family of questions that follow each other in time."""

    slug: str
    label: str
    """What a strategy names as ``outcome``; ``{0}`` is what the pattern captured, in words."""
    pattern: re.Pattern[str]


def _series(slug: str, label: str, pattern: str) -> Series:
    return Series(slug, label, re.compile(pattern, re.IGNORECASE))


_SERIES = (
    _series("fed-decision", "25 bps increase", r"fed increases interest rates by 25\+? bps after"),
    _series("fed-decision", "{0} bps decrease", r"fed decreases interest rates by (\d+\+?) bps af"),
    _series("fed-decision", "No change", r"no change in fed interest rates after"),
    _series("us-recession", "Recession", r"us recession in \d{4}\?"),
    _series("government-shutdown", "Shutdown", r".*government shutdown (by|in|before)\b.*"),
    _series("tariff-increase", "Tariff increase", r"will trump impose .*tariff"),
    _series("btc-price", "BTC below {0}k", r"will bitcoin dip (?:to|below) \$(\d+)(?:,000|k)\b"),
    _series("us-president", "Republican", r"will donald trump win the \d{4} us presidential elec"),
    _series("china-taiwan", "Invasion", r"will china invade taiwan (in|by|before)"),
    _series(
        "us-strikes-iran",
        "Strike",
        r"(us strikes iran by|us military action against iran before|another us military action"
        r" against iran before|will us or israel strike iran by)",
    ),
    _series("iran-hormuz", "Closed", r"will iran close the strait of hormuz"),
    _series("iran-leader", "Out", r"khamenei out as supreme leader of iran (in|by)"),
    _series("fed-chair", "Powell out", r"jerome powell out as fed chair (in|by)"),
    _series("mstr-sells", "Sale", r"microstrategy sells any bitcoin (in|by)"),
    _series("russia-ukraine", "Ceasefire", r"russia x ukraine ceasefire (in|by|before)"),
)


def find_series(question: str) -> tuple[str, str]:
    """Return series slug and label of a question; both empty if it belongs to none."""
    for series in _SERIES:
        found = series.pattern.match(question)
        if found is not None:
            return series.slug, series.label.format(*found.groups())
    return "", ""

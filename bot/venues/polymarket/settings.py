"""Where the venue is and how patiently it is asked; and who is told when a source fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Report = Callable[[str, str], None]
"""Told (source, problem) at a source's first failure, and (source, "") when it is well again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Every address this program may reach, without a slash at the end: all or none are local."""

    gamma: str
    clob: str
    data: str
    relayer: str
    rpc: str
    """A Polygon node."""
    geoblock: str
    market_stream: str
    user_stream: str


PRODUCTION = Endpoints(
    gamma="https://gamma-api.polymarket.com",
    clob="https://clob.polymarket.com",
    data="https://data-api.polymarket.com",
    relayer="https://relayer-v2.polymarket.com",
    rpc="https://polygon.drpc.org",
    geoblock="https://polymarket.com/api/geoblock",
    market_stream="wss://ws-subscriptions-clob.polymarket.com/ws/market",
    user_stream="wss://ws-subscriptions-clob.polymarket.com/ws/user",
)
"""**Source:** polymarket-client 0.14.0 ``environments.py``, POLYMARKET section 2, read 2026-11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Waits and sizes of reading; seconds unless said otherwise.

    **Source:** the venue's limits and keepalive, POLYMARKET sections 5.2 and 10, read 2026-11.
    """

    timeout: float = 5.0
    """Longest wait for one answer."""
    tries: int = 3
    first_wait: float = 0.5
    """Before the second try; doubles up to ``longest_wait``."""
    longest_wait: float = 10.0
    """A source that asks for a longer pause is down for now; so is, for this long, a silent one."""
    confirm_every: float = 10.0
    """A book not compared with a snapshot for this long is asked for again."""
    stream_proves_for: float = 30.0
    """How long after a comparison the stream alone may keep a book confirmed."""
    look_every: float = 2.0
    """Between looks for books in doubt or due."""
    markets_every: float = 60.0
    """Between reads of a market's own state and of what a series lists."""
    ping_every: float = 10.0
    pong_stale: float = 30.0
    owed_for: float = 5.0
    """A stream that has not brought what a snapshot showed within this is opened anew."""
    tokens_per_stream: int = 200
    books_per_request: int = 100
    page_size: int = 100
    most_pages: int = 50


class Health:
    """Remembers which sources fail, so that each failure and each recovery is told once."""

    def __init__(self, *, report: Report) -> None:
        self._report = report
        self._problems: dict[str, str] = {}

    def failed(self, source: str, problem: str) -> None:
        """Note a failure; only the first is told."""
        if source not in self._problems:
            self._report(source, problem)
        self._problems[source] = problem

    def well(self, source: str) -> None:
        """Note a success; told if it ends a failure."""
        if self._problems.pop(source, None) is not None:
            self._report(source, "")

    @property
    def problems(self) -> Mapping[str, str]:
        """Present problems by source."""
        return dict(self._problems)

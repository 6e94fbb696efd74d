"""Three services of daily closes on this machine, well or ill, as the tests ask for."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from bot.history.closes import PriceHosts

NEW_YORK = ZoneInfo("America/New_York")
VIX_PATH = "/api/global/us_indices/daily_prices/VIX_History.csv"
Rows = dict[str, float]
"""Close by day."""


def rows(first: str, last: str, *, weekends: bool = False, price: float = 100.0) -> Rows:
    """Return a close for each day of these, rising by a tenth each."""
    day, end, found = date.fromisoformat(first), date.fromisoformat(last), Rows()
    while day <= end:
        if weekends or day.weekday() < 5:
            found[day.isoformat()] = round(price + len(found) / 10, 2)
        day += timedelta(days=1)
    return found


@dataclass(frozen=True, kw_only=True)
class Ill:
    """One answer that is not as it should be."""

    status: int = 200
    body: bytes | None = None
    """None: the true one."""
    change: Callable[[bytes], bytes] = field(default=lambda body: body)
    headers: tuple[tuple[str, str], ...] = ()
    missing_bytes: int = 0
    """Promised in Content-Length and never sent."""
    hangs: bool = False


class Hosts:
    """What the services know, what they were asked, and which answers go wrong."""

    def __init__(self, *, last: str) -> None:
        self.shares: dict[str, Rows] = {"SPY": rows("2026-09-01", last, price=500.0)}
        self.adjusted: dict[str, Rows] = {}
        """Where dividends were paid; else the closes themselves."""
        self.meta: dict[str, Any] = {}
        self.vix: Rows = rows("2026-09-01", last, price=15.0)
        self.coins: dict[str, Rows] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.ill: dict[str, list[Ill]] = {}
        """Answers in their order, by a part of the path."""
        self.hangs, self.let_go = Event(), Event()

    def answer(self, target: str) -> tuple[int, bytes]:
        """Return what the services say when they are well."""
        path, question = unquote(urlsplit(target).path), parse_qs(urlsplit(target).query)
        if path == VIX_PATH:
            return 200, self._vix_file()
        if path.startswith("/v8/finance/chart/"):
            symbol = path.rpartition("/")[2]
            known = symbol in self.shares
            return (200, self._chart(symbol)) if known else (404, b'{"chart":{"result":null}}')
        product = path.removeprefix("/products/").removesuffix("/candles")
        if product not in self.coins:
            return 404, b'{"message":"NotFound"}'
        return 200, self._candles(product, question["start"][0], question["end"][0])

    def take_ill(self, target: str) -> Ill | None:
        """Return what goes wrong with this request, once."""
        for part, left in self.ill.items():
            if part in target and left:
                return left.pop(0)
        return None

    def _chart(self, symbol: str) -> bytes:
        closes = self.shares[symbol]
        adjusted = self.adjusted.get(symbol, closes)
        opens = [datetime.fromisoformat(f"{day}T09:30").replace(tzinfo=NEW_YORK) for day in closes]
        meta = {
            "symbol": symbol,
            "currency": "USD",
            "exchangeTimezoneName": "America/New_York",
            "dataGranularity": "1d",
            "regularMarketPrice": 1.0,
        }
        result = {
            "meta": meta | self.meta,
            "timestamp": [int(at.timestamp()) for at in opens],
            "indicators": {
                "quote": [{"close": list(closes.values()), "volume": [1] * len(closes)}],
                "adjclose": [{"adjclose": list(adjusted.values())}],
            },
        }
        return json.dumps({"chart": {"result": [result], "error": None}}).encode()

    def _vix_file(self) -> bytes:
        lines = [
            f"{date.fromisoformat(day):%m/%d/%Y},1.0,2.0,0.5,{close:.6f}"
            for day, close in self.vix.items()
        ]
        return "\r\n".join(["DATE,OPEN,HIGH,LOW,CLOSE", *lines, ""]).encode()

    def _candles(self, product: str, start: str, end: str) -> bytes:
        first = date.fromisoformat(start[:10]) - timedelta(days=1)  # rows may precede the start
        last = min(date.fromisoformat(end[:10]), first + timedelta(days=300))
        found = [
            [_midnight(day), close - 1, close + 1, close, close, 9.5]
            for day, close in self.coins[product].items()
            if first <= date.fromisoformat(day) <= last
        ]
        return json.dumps(found[::-1]).encode()


def _midnight(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True, kw_only=True)
class Served:
    """The services while they run."""

    hosts: Hosts
    url: str

    @property
    def places(self) -> PriceHosts:
        return PriceHosts(shares=self.url, vix=self.url, crypto=self.url)


@contextmanager
def serve(hosts: Hosts) -> Iterator[Served]:
    """Serve on a free port of this machine, in threads."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.asked.append(self.path)
            hosts.agents.add(self.headers["User-Agent"])
            ill = hosts.take_ill(self.path) or Ill()
            if ill.hangs:
                hosts.hangs.set()
                hosts.let_go.wait(20)
                return
            status, body = hosts.answer(self.path)
            body = ill.change(body if ill.body is None else ill.body)
            self.send_response(ill.status if ill.status != 200 else status)
            self.send_header("Content-Length", str(len(body) + ill.missing_bytes))
            for name, text in ill.headers:
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Served(hosts=hosts, url=f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        hosts.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join(10)

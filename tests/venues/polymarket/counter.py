"""A stand-in for the venue's private half: a loopback server whose answers a test writes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.chain.addresses import POLYGON
from bot.model.account import Secret
from bot.sandbox.http import HttpServer, Reply, Request
from bot.venues.polymarket.sdk.client import RelayerKey, Sdk
from bot.venues.polymarket.settings import PRODUCTION, Endpoints, Pace

KEY = Secret("0x" + "11" * 32)
EOA = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
DEPOSIT = "0x8154deDBDAAA46c07453E47b5b6C0Ff60B8542b9"
API_SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
API_KEY = {"apiKey": "11111111-2222", "secret": API_SECRET, "passphrase": "fa" * 32}
QUICK = replace(Pace(), first_wait=0.001, longest_wait=0.01, timeout=1.0)

Answer = Reply | Callable[[Request], Reply]


def reply(status: int, body: object, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status=status, body=raw, headers=names)


@dataclass
class Counter:
    """What came in, and what is answered by method and path."""

    endpoints: Endpoints
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    async def handle(self, request: Request) -> Reply:
        self.asked.append(request)
        answer = self.answers.get(f"{request.method} {request.path}")
        if answer is None:
            return reply(404, {"error": f"no answer for {request.method} {request.path}"})
        return answer(request) if callable(answer) else answer

    def bodies(self, question: str) -> list[bytes]:
        """Return the bodies that came with this method and path."""
        return [one.body for one in self.asked if f"{one.method} {one.path}" == question]


def local(address: str, *, streams: str = "ws://127.0.0.1:9") -> Endpoints:
    """Return endpoints that lead to this address; every service has its own prefix."""
    return Endpoints(
        gamma=f"{address}/gamma",
        clob=f"{address}/clob",
        data=f"{address}/data",
        relayer=f"{address}/relayer",
        rpc=f"{address}/rpc",
        geoblock=f"{address}/geoblock",
        market_stream=f"{streams}/ws/market",
        user_stream=f"{streams}/ws/user",
    )


@asynccontextmanager
async def open_counter() -> AsyncIterator[Counter]:
    """Serve a counter that knows how to log a key in."""
    counter = Counter(endpoints=PRODUCTION)
    server = HttpServer(handle=counter.handle)
    counter.endpoints = local(f"http://127.0.0.1:{await server.start()}")
    counter.answers["POST /clob/auth/api-key"] = reply(200, API_KEY)
    try:
        yield counter
    finally:
        await server.close()


@asynccontextmanager
async def open_sdk(
    counter: Counter,
    *,
    wallet: str = EOA,
    key: Secret = KEY,
    relayer_key: RelayerKey | None = None,
) -> AsyncIterator[Sdk]:
    """Log in at the counter."""
    sdk = await Sdk.open(
        key=key,
        wallet=wallet,
        endpoints=counter.endpoints,
        contracts=POLYGON,
        pace=QUICK,
        relayer_key=relayer_key,
    )
    try:
        yield sdk
    finally:
        await sdk.close()

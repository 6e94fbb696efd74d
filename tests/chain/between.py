"""A node on loopback that passes everything on to the real one, and fails as a test tells it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web

Call = dict[str, Any]
Reply = dict[str, Any]
Spoil = Callable[[Call, Reply], Reply | None]
"""Told the question and the real answer, returns the answer to give; None: as it is."""


class Between:
    """The way between us and the node."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.url = ""
        self.asked: list[str] = []
        """Methods, in the order in which they came."""
        self.requests: list[int] = []
        """How many calls each request held."""
        self.spoil: Spoil = lambda _call, _reply: None
        self.body: str | None = None
        """Given instead of any answer."""
        self.status = 200
        self.cut: Callable[[str], bool] = lambda _method: False
        """Methods after which the line is cut, when the node has already done its part."""
        self.most_calls = 100
        self.hangs = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        question = json.loads(await request.text())
        calls = question if isinstance(question, list) else [question]
        self.asked += [call["method"] for call in calls]
        self.requests.append(len(calls))
        if self.hangs:
            await asyncio.Event().wait()
        if self.body is not None or self.status != 200 or len(calls) > self.most_calls:
            status = self.status if len(calls) <= self.most_calls else 500
            return web.Response(status=status, text=self.body or "")
        async with ClientSession() as session, session.post(self._target, json=calls) as answer:
            replies = await answer.json()
        if any(self.cut(call["method"]) for call in calls) and request.transport is not None:
            request.transport.abort()
        spoiled = [
            self.spoil(call, reply) or reply for call, reply in zip(calls, replies, strict=True)
        ]
        return web.json_response(spoiled if isinstance(question, list) else spoiled[0])


@asynccontextmanager
async def between(target: str) -> AsyncIterator[Between]:
    """Serve on a free port of loopback."""
    way = Between(target)
    app = web.Application()
    app.router.add_post("/{key:.*}", way.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    way.url = f"http://127.0.0.1:{port}/s3cret-key"
    try:
        yield way
    finally:
        await runner.cleanup()

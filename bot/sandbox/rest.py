"""Answers every REST request: finds the route, and lets go wrong what is switched to go wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Fault, Faults, RestFault
from bot.sandbox.http import Reply, Request, as_json
from bot.sandbox.refusals import Refusal
from bot.sandbox.spoiling import instead, spoil

Payload = object
Route = Callable[[Request, str], Payload | Awaitable[Payload]]
"""Answers a request, given what follows the route's prefix; None means 404. Raises ``Refusal``."""
Routes = Mapping[str, Route]
"""Method and path -> route. A path that ends with a slash stands for all that begin with it."""

NULL = Reply(status=200, body=b"null")
"""An answer that says nothing, with success."""


class Rest:
    """Answers REST requests.

    Args:
        routes: All of them.
        exchange: What is true, for stale books.
        faults: What goes wrong.
        pass_time: Called before each request: what has ended by now has ended.
    """

    def __init__(
        self,
        *,
        routes: Routes,
        exchange: Exchange,
        faults: Faults,
        pass_time: Callable[[], None],
    ) -> None:
        self._routes = routes
        self._exchange = exchange
        self._faults = faults
        self._pass_time = pass_time
        self.asked: list[str] = []
        """Method and path of each request so far."""

    async def handle(self, request: Request) -> Reply | None:
        """Answer one request, wrongly if a fault is due; None: the connection breaks."""
        self.asked.append(f"{request.method} {request.path}")
        self._pass_time()
        fault = self._faults.due(request.path, request.method)
        if fault is None:
            return await self._answer(request, None)
        done = await self._answer(request, fault) if fault.after else None
        if fault.fault is Fault.HANG:
            await asyncio.Event().wait()
        if fault.fault is Fault.LATE:
            await self._faults.gone_on.wait()
        if fault.fault is Fault.DROP:
            return None
        reply = instead(request, fault) or done or await self._answer(request, fault)
        if fault.fault is Fault.CUT:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return reply

    async def _answer(self, request: Request, fault: RestFault | None) -> Reply:
        try:
            payload = await self._ask(request)
        except Refusal as refusal:
            body = as_json({"error": refusal.text, **refusal.more})
            return Reply(status=refusal.status, body=body, headers=refusal.headers)
        if isinstance(payload, Reply):
            return payload
        if payload is None:
            return Reply(status=404, body=b'{"error":"not found"}')
        return Reply(status=200, body=spoil(payload, fault, self._exchange))

    async def _ask(self, request: Request) -> Payload:
        asked = f"{request.method} {request.path}"
        for prefix, route in self._routes.items():
            if asked == prefix or (prefix.endswith("/") and asked.startswith(prefix)):
                payload = route(request, asked.removeprefix(prefix))
                return await payload if isinstance(payload, Awaitable) else payload
        return None

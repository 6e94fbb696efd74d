"""The Polygon node that clients see: it passes everything on to the local one.

Without a chain it answers the three questions that a client's start may hold.
"""

import json

from bot.clock import Clock
from bot.sandbox.http import Reply, Request, as_json
from bot.sandbox.rest import Payload
from bot.sandbox.writing import Json

_TIMEOUT_S = 30.0


class NodeProxy:
    """Serves ``/rpc``.

    Args:
        url: Where the local node is; empty: there is none.
        clock: For the time of the newest block, without a chain.
    """

    def __init__(self, *, url: str, clock: Clock) -> None:
        import httpx

        self._url = url
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False)
        self.asked: list[str] = []
        """Methods so far."""

    async def close(self) -> None:
        """Let go of the node."""
        await self._client.aclose()

    async def answer(self, request: Request, _rest: str) -> Payload:
        """Answer one call or a batch."""
        calls = json.loads(request.body)
        batch = calls if isinstance(calls, list) else [calls]
        self.asked += [call["method"] for call in batch]
        if self._url:
            head = {"Content-Type": "application/json"}
            said = await self._client.post(self._url, content=request.body, headers=head)
            return Reply(status=said.status_code, body=said.content)
        answers = [self._alone(call) for call in batch]
        return Reply(status=200, body=as_json(answers if isinstance(calls, list) else answers[0]))

    def _alone(self, call: Json) -> Json:
        now = hex(int(self._clock.now().timestamp()))
        known: Json = {
            "eth_chainId": "0x89",
            "eth_blockNumber": "0x1",
            "eth_getBlockByNumber": {"number": "0x1", "timestamp": now},
        }
        answer: Json = {"jsonrpc": "2.0", "id": call["id"]}
        method = str(call["method"])
        if method in known:
            return {**answer, "result": known[method]}
        return {**answer, "error": {"code": -32601, "message": f"{method}: there is no chain"}}

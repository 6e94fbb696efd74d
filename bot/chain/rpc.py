"""Asks one node over HTTP: bounded retries for reads, every failure told by what is known."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from bot.chain.abi import number
from bot.chain.addresses import CHAIN_ID
from bot.chain.revert import revert_reason
from bot.chain.settings import ChainPace
from bot.clock import Clock
from bot.errors import BadData, DataError, SourceDown

if TYPE_CHECKING:
    from web3 import AsyncHTTPProvider

Question = tuple[str, tuple[Any, ...]]
"""A method of the node and its parameters."""

_T = TypeVar("_T")
_REVERTED = 3


class NodeError(SourceDown):
    """The node answered, but with an error.

    Attributes:
        words: What it said.
        is_refusal: It was the node that spoke, not something before it.
    """

    def __init__(self, message: str, *, words: str, is_refusal: bool) -> None:
        super().__init__(message)
        self.words = words
        self.is_refusal = is_refusal


class Reverted(BadData):
    """A contract refused the call.

    Attributes:
        reason: Its words, or its error in hex.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Rpc:
    """One node. Its address may hold a key, so that messages show the host alone.

    Args:
        url: HTTP address of a Polygon node.
        clock: For the waits between tries.
        pace: Time-out, tries and portions.
    """

    def __init__(self, *, url: str, clock: Clock, pace: ChainPace) -> None:
        self._url = url
        self._clock = clock
        self._pace = pace
        self._provider: AsyncHTTPProvider | None = None
        self._opening = asyncio.Lock()
        self.host = urlsplit(url).netloc.rpartition("@")[2]

    async def close(self) -> None:
        """Let go of the connections; may be called twice."""
        provider, self._provider = self._provider, None
        if provider is not None:
            await provider.disconnect()

    async def check_chain(self) -> None:
        """Make sure that this is Polygon.

        Raises:
            SourceDown: no answer.
            BadData: it is another chain.
        """
        chain = number(await self.ask("eth_chainId"), name="eth_chainId")
        if chain != CHAIN_ID:
            raise BadData(
                f"The node at {self.host} is on chain {chain}; it must be on {CHAIN_ID} "
                "(Polygon). Set another node"
            )

    async def ask(self, method: str, *parameters: object) -> Any:
        """Return a node's answer to a question that changes nothing.

        Raises:
            SourceDown: no answer after all tries (``NodeError``: an error was the answer).
            BadData: not JSON-RPC; ``Reverted``: a contract refused.
        """
        return (await self.ask_all([(method, parameters)]))[0]

    async def ask_all(
        self, questions: Sequence[Question], *, upto_block: int | None = None
    ) -> list[Any]:
        """Return the answers to several questions, in their order, all of them or none.

        Args:
            questions: Asked in portions of ``calls_per_request``.
            upto_block: Refuse an answer from a node that has not seen this block: a node that
                lags leaves out logs without saying so.

        Raises:
            SourceDown: as ``ask``.
            BadData: as ``ask``.
        """
        head: list[Question] = [] if upto_block is None else [("eth_blockNumber", ())]
        size = max(1, self._pace.calls_per_request - len(head))
        answers: list[Any] = []
        for start in range(0, len(questions), size):
            portion = [*head, *questions[start : start + size]]
            answers += await self._retried(partial(self._read, portion, upto_block))
        return answers

    async def send_raw(self, raw: str) -> None:
        """Hand a signed transaction to the node, once.

        Raises:
            SourceDown: it may have been taken or not (``NodeError``: what the node said).
            BadData: the same, the answer could not be read.
        """
        await self._post([("eth_sendRawTransaction", (raw,))])

    async def _read(self, questions: Sequence[Question], upto_block: int | None) -> list[Any]:
        answers = await self._post(questions)
        if upto_block is None:
            return answers
        seen = number(answers[0], name="eth_blockNumber")
        if seen < upto_block:
            raise SourceDown(
                f"The node at {self.host} is at block {seen}; it must have seen {upto_block}"
            )
        return answers[1:]

    async def _retried(self, read: Callable[[], Awaitable[_T]]) -> _T:
        wait = self._pace.first_wait
        for _ in range(self._pace.tries - 1):
            try:
                return await read()
            except Reverted:
                raise
            except DataError:
                await self._clock.sleep(wait)
                wait *= 2
        return await read()

    async def _post(self, questions: Sequence[Question]) -> list[Any]:
        # `from None`: the errors below show the whole address, key included.
        from aiohttp import ClientError, ClientResponseError
        from web3.types import RPCEndpoint

        requests = [(RPCEndpoint(method), list(parameters)) for method, parameters in questions]
        provider = await self._open()
        try:
            if len(requests) == 1:
                responses: Any = [await provider.make_request(*requests[0])]
            else:
                responses = await provider.make_batch_request(requests)
        except ClientResponseError as error:
            words = f"HTTP {error.status} {error.message}".strip()
            raise NodeError(
                f"The node at {self.host} answered {words}", words=words, is_refusal=False
            ) from None
        except TimeoutError:
            raise SourceDown(
                f"The node at {self.host} did not answer within {self._pace.timeout:g} s"
            ) from None
        except (ClientError, OSError) as error:
            problem = type(error).__name__
            raise SourceDown(f"The node at {self.host} cannot be reached ({problem})") from None
        except (ValueError, TypeError, AttributeError):
            raise BadData(f"The node at {self.host} answered with no JSON-RPC") from None
        return self._results(questions, responses)

    def _results(self, questions: Sequence[Question], responses: object) -> list[Any]:
        if isinstance(responses, dict):  # one error for the whole portion
            responses = [responses] * len(questions)
        if not isinstance(responses, list) or len(responses) != len(questions):
            raise BadData(
                f"The node at {self.host} answered {responses!r:.100}; it must be "
                f"{len(questions)} answers"
            )
        return [
            self._result(method, response)
            for (method, _), response in zip(questions, responses, strict=True)
        ]

    def _result(self, method: str, response: object) -> Any:
        if isinstance(response, dict) and isinstance(response.get("error"), dict):
            raise self._problem(method, response["error"])
        if not isinstance(response, dict) or "result" not in response:
            raise BadData(
                f"The node at {self.host} answered {method} with {response!r:.100}; it must be "
                "an object with a result"
            )
        return response["result"]

    def _problem(self, method: str, error: dict[str, Any]) -> DataError:
        words = str(error.get("message", ""))[:200]
        if error.get("code") == _REVERTED or "revert" in words.lower():
            reason = revert_reason(words, error.get("data"))
            return Reverted(f"The contract refused {method}: {reason}", reason=reason)
        return NodeError(
            f"The node at {self.host} refused {method}: {words}", words=words, is_refusal=True
        )

    async def _open(self) -> "AsyncHTTPProvider":
        async with self._opening:  # questions that come together must not open a session each
            if self._provider is None:
                self._provider = await self._make_provider()
            return self._provider

    async def _make_provider(self) -> "AsyncHTTPProvider":
        from aiohttp import ClientSession, ClientTimeout
        from web3 import AsyncHTTPProvider

        provider = AsyncHTTPProvider(
            self._url,
            request_kwargs={"timeout": ClientTimeout(total=self._pace.timeout)},
            exception_retry_configuration=None,
        )
        # Its own session opens a connection for every request.
        await provider.cache_async_session(ClientSession())
        return provider

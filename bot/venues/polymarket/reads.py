"""Asks the venue's REST interfaces: bounded tries, then an error; never an empty answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.errors import BadData, SourceDown
from bot.venues.polymarket.bucket import Bucket
from bot.venues.polymarket.settings import Pace

if TYPE_CHECKING:
    import httpx

Params = Sequence[tuple[str, str]]

Sign = Callable[[str, str, bytes | None], Mapping[str, str]]
"""Makes the headers that authenticate (method, path, body)."""


class Reads:
    """One base address. Reads only: everything here may be asked twice.

    An address that gives no answer at all is then left alone for ``longest_wait``, and asked once
    at a time until it answers: else each question of a cycle would wait out all its tries. One
    that names a longer pause is left alone for that long.

    Args:
        base_url: Without a slash at the end.
        clock: For the waits between tries.
        pace: How long and how often.
        sign: Makes the headers of a private interface, anew for each try; None: it is public.
        bucket: Paces the requests; None: they are few.
    """

    def __init__(
        self,
        *,
        base_url: str,
        clock: Clock,
        pace: Pace,
        sign: Sign | None = None,
        bucket: Bucket | None = None,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._pace = pace
        self._sign = sign
        self._bucket = bucket
        self._client: httpx.AsyncClient | None = None
        self._is_silent = False
        self._left_alone_until = 0.0
        self._problem = ""

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(self, path: str, params: Params = ()) -> bytes | None:
        """Return the body, or None if the venue says that there is no such thing (404).

        Raises:
            SourceDown: no usable answer after all tries.
            BadData: the venue refuses the question.
        """
        return await self._ask("GET", path, params, None)

    async def post(self, path: str, body: bytes) -> bytes | None:
        """Ask a question that is too long for an address; as ``get``."""
        return await self._ask("POST", path, (), body)

    async def _ask(
        self, method: str, path: str, params: Params, body: bytes | None
    ) -> bytes | None:
        question = f"{method} {self._base_url}{path}"
        self._check_pause(question)
        wait = self._pace.first_wait
        problem, is_answered = "", False
        tries = 1 if self._is_silent else self._pace.tries
        for attempt in range(tries):
            if attempt:
                await self._clock.sleep(wait)
            wait = min(self._pace.first_wait * 2**attempt, self._pace.longest_wait)
            answer = await self._send(method, path, params, body)
            if isinstance(answer, str):
                problem = answer
                continue
            is_answered, self._is_silent = True, False
            if answer.status_code in (200, 404):
                return answer.content if answer.status_code == 200 else None
            problem = f"HTTP {answer.status_code}"
            wait = max(wait, self._pause(answer, question))
        times = "" if tries == 1 else f" {tries} times, last"
        text = f"{question} failed{times}: {problem}"
        if not is_answered:
            self._is_silent = True
            self._leave_alone(self._pace.longest_wait, text)
        raise SourceDown(text)

    def _check_pause(self, question: str) -> None:
        left = self._left_alone_until - self._clock.monotonic()
        if left > 0:
            raise SourceDown(f"{question} waits {left:.0f} s, because {self._problem}")

    def _leave_alone(self, seconds: float, problem: str) -> None:
        self._left_alone_until = self._clock.monotonic() + seconds
        self._problem = problem

    async def _send(
        self, method: str, path: str, params: Params, body: bytes | None
    ) -> "httpx.Response | str":
        """Return the answer, or why there is none."""
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._pace.timeout)
        if self._bucket is not None:
            await self._bucket.take()
        headers = dict(self._sign(method, path, body)) if self._sign is not None else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return await self._client.request(
                method,
                f"{self._base_url}{path}",
                params=list(params),
                content=body,
                headers=headers,
            )
        except httpx.RequestError as error:
            return f"{type(error).__name__} {error}".strip()

    def _pause(self, answer: "httpx.Response", question: str) -> float:
        """Return how long the venue asks us to wait. Raises if it is no use to ask again."""
        status = answer.status_code
        if not (status in (408, 425, 429) or status >= 500):
            raise BadData(f"{question} was refused: HTTP {status} {answer.text[:200]}")
        text = answer.headers.get("Retry-After", "")
        pause = float(text) if text.isdecimal() else 0.0
        if pause > self._pace.longest_wait:
            text = f"{question}: HTTP {status}, to be asked again in {pause:g} s"
            self._leave_alone(pause, text)
            raise SourceDown(text)
        return pause

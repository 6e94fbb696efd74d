"""What the local exchange does wrong at present; every switch can be turned while it runs."""

import asyncio
from collections import deque
from dataclasses import dataclass, field, fields
from enum import StrEnum

from bot.sandbox.writing import Json


class Fault(StrEnum):
    """One way in which an answer goes wrong."""

    STATUS = "status"
    """Answers with another status."""
    HANG = "hang"
    """Never answers."""
    LATE = "late"
    """Answers only when `Faults.let_go` is called."""
    DROP = "drop"
    """Breaks the connection without an answer."""
    CLOUDFLARE = "cloudflare"
    """Answers 403 with a page for people, as the network in front of the venue does."""
    CUT = "cut"
    """The body ends in the middle."""
    NULL = "null"
    """Answers 200 with ``null``."""
    RPC_ERROR = "rpc_error"
    """Answers each JSON-RPC call with an error."""
    EMPTY_ID = "empty_id"
    """An order is answered with success and an empty id; it was not taken."""
    NO_CURSOR = "no_cursor"
    """The page ends properly but does not say that there is more."""
    EXTRA_FIELDS = "extra_fields"
    """Rows have fields nobody knows: to be ignored."""
    SPOILED_ROW = "spoiled_row"
    """One row has a field of the wrong kind."""
    STALE_BOOK = "stale_book"
    """Books are those before the last change."""
    CROSSED_BOOK = "crossed_book"
    """The best bid stands above the best ask."""


class Silence(StrEnum):
    """What an open stream still says."""

    NONE = "none"
    PONG_ONLY = "pong_only"
    """Pings are answered, nothing else comes: what happens meanwhile is lost."""
    DEAD = "dead"


class Trading(StrEnum):
    """What the matching engine takes."""

    OPEN = "open"
    RESTARTING = "restarting"
    """425 to orders and cancels."""
    POST_ONLY = "post_only"
    """503 to orders that could take: the minutes after a restart."""
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"


class Unmatched(StrEnum):
    """What an order that could take is told."""

    NEVER = "never"
    PLACED = "placed"
    """``unmatched``, and it rests in the book."""
    GONE = "gone"
    """``unmatched``, and nothing of it exists."""


class Fate(StrEnum):
    """How the settlement of a trade goes."""

    CONFIRM = "confirm"
    FAIL = "fail"
    RETRY_CONFIRM = "retry_confirm"
    RETRY_FAIL = "retry_fail"
    HOLD = "hold"
    """It stays MATCHED until `Sandbox.settle` decides."""
    HOLD_RETRYING = "hold_retrying"
    """It stays RETRYING until `Sandbox.settle` decides."""


@dataclass(slots=True, kw_only=True)
class RestFault:
    """A fault of the answers under a path."""

    fault: Fault
    path: str
    times: int | None
    """How often it still happens; None until cleared."""
    method: str = ""
    """Only of this method; empty: of all."""
    after: bool = False
    """The request is carried out first; only its answer goes wrong."""
    status: int = 503
    text: str = "not now"
    retry_after: int | None = None


@dataclass(slots=True, kw_only=True)
class StreamFaults:
    """The switches of one stream."""

    silence: Silence = Silence.NONE
    lose_messages: int = 0
    """How many of the next messages are not sent."""
    repeat_messages: int = 0
    """How many of the next messages are sent twice."""
    spoil_messages: int = 0
    """How many of the next messages cannot be read."""

    def loses(self) -> bool:
        """Whether the next message is lost, counting it."""
        if self.silence is Silence.NONE and self.lose_messages:
            self.lose_messages -= 1
            return True
        return self.silence is not Silence.NONE

    def messages(self, message: Json) -> list[Json]:
        """Return what becomes of a message: nothing, itself, itself twice, something spoiled."""
        if self.loses():
            return []
        if self.spoil_messages:
            self.spoil_messages -= 1
            return [{**message, "timestamp": None}]
        if self.repeat_messages:
            self.repeat_messages -= 1
            return [message, message]
        return [message]


@dataclass(slots=True, kw_only=True)
class Faults(StreamFaults):
    """The switches of one exchange; those it has as a stream are the market channel's."""

    user: StreamFaults = field(default_factory=StreamFaults)
    """Of the user channel."""
    odd_shapes: bool = False
    """The user channel writes times as the venue was also seen to: milliseconds and ISO."""
    trading: Trading = Trading.OPEN
    unmatched: Unmatched = Unmatched.NEVER
    fates: deque[Fate] = field(default_factory=deque)
    """Of the next trades; without one a trade is confirmed."""
    cancel_races: deque[int] = field(default_factory=deque)
    """Millionths of a share that somebody takes of the order just before each next cancel."""
    stale_balances: bool = False
    """The venue believes the balances it last read, until it is told to read again."""
    geoblocked: bool = False
    gone_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when late answers may leave."""
    _rest: list[RestFault] = field(default_factory=list)

    def add(
        self,
        fault: Fault,
        *,
        path: str,
        method: str = "",
        times: int | None = None,
        after: bool = False,
        status: int = 503,
        text: str = "not now",
        retry_after: int | None = None,
    ) -> None:
        """Let answers under ``path`` go wrong, ``times`` times or until cleared.

        Args:
            fault: In which way.
            path: Beginning of the path, such as ``/clob/order``.
            method: Only of this method; empty: of all.
            times: How often; None: until cleared.
            after: Whether the request is carried out before its answer goes wrong.
            status: Of ``Fault.STATUS``.
            text: The venue's words with that status, and of ``Fault.RPC_ERROR``.
            retry_after: Seconds named with that status.
        """
        self._rest.append(
            RestFault(
                fault=fault,
                path=path,
                method=method,
                times=times,
                after=after,
                status=status,
                text=text,
                retry_after=retry_after,
            )
        )

    def let_go(self) -> None:
        """Let all answers leave that are late at present."""
        self.gone_on.set()
        self.gone_on = asyncio.Event()

    def clear(self) -> None:
        """Behave from now on."""
        self.let_go()
        user = self.user  # the channel holds on to it
        _reset(user, StreamFaults())
        _reset(self, Faults())
        self.user = user

    def due(self, path: str, method: str) -> RestFault | None:
        """Return the fault that befalls this request, counting it."""
        for rest in self._rest:
            if path.startswith(rest.path) and rest.method in ("", method):
                if rest.times is not None:
                    rest.times -= 1
                    if rest.times == 0:
                        self._rest.remove(rest)
                return rest
        return None

    def next_fate(self) -> Fate:
        """Return how the next trade settles, counting it."""
        return self.fates.popleft() if self.fates else Fate.CONFIRM


def _reset(switches: StreamFaults, fresh: StreamFaults) -> None:
    for one in fields(fresh):
        setattr(switches, one.name, getattr(fresh, one.name))

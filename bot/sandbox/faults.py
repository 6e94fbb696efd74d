"""What the local exchange does wrong at present; every switch can be turned while it runs."""

from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.writing import Json


class Fault(StrEnum):
    """One way in which a REST answer goes wrong."""

    STATUS = "status"
    """Answers with another status."""
    HANG = "hang"
    """Never answers."""
    CUT = "cut"
    """The body ends in the middle."""
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


@dataclass(slots=True, kw_only=True)
class RestFault:
    """A fault of the answers under a path."""

    fault: Fault
    path: str
    times: int | None
    """How often it still happens; None until cleared."""
    status: int = 503
    retry_after: int | None = None


class Faults:
    """The switches of one exchange."""

    def __init__(self) -> None:
        self.silence = Silence.NONE
        self.lose_messages = 0
        """How many of the next stream messages are not sent."""
        self.spoil_messages = 0
        """How many of the next stream messages cannot be read."""
        self._rest: list[RestFault] = []

    def add(
        self,
        fault: Fault,
        *,
        path: str,
        times: int | None = None,
        status: int = 503,
        retry_after: int | None = None,
    ) -> None:
        """Let answers under ``path`` go wrong, ``times`` times or until cleared."""
        self._rest.append(
            RestFault(fault=fault, path=path, times=times, status=status, retry_after=retry_after)
        )

    def clear(self) -> None:
        """Behave from now on."""
        self.silence = Silence.NONE
        self.lose_messages = self.spoil_messages = 0
        self._rest.clear()

    def due(self, path: str) -> RestFault | None:
        """Return the fault that befalls this request, counting it."""
        for rest in self._rest:
            if path.startswith(rest.path):
                if rest.times is not None:
                    rest.times -= 1
                    if rest.times == 0:
                        self._rest.remove(rest)
                return rest
        return None

    def loses(self) -> bool:
        """Whether the next stream message is lost, counting it."""
        if self.silence is Silence.NONE and self.lose_messages:
            self.lose_messages -= 1
            return True
        return self.silence is not Silence.NONE

    def message(self, message: Json) -> Json | None:
        """Return what becomes of a stream message; None if it is lost."""
        if self.loses():
            return None
        if self.spoil_messages:
            self.spoil_messages -= 1
            return {**message, "timestamp": None}
        return message

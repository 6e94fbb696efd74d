"""What every recording is turned into: one stream of rows in the order they became known."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.model.market import MarketChanged, MarketEvent
from bot.model.units import TokenId

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Confirmation(NamedTuple):
    """The last books of these tokens were still true."""

    token_ids: tuple[TokenId, ...]
    at_ms: int
    """When they were seen to be true, epoch milliseconds."""


TapeRow = tuple[int, MarketEvent | Confirmation]
"""When it became known, epoch milliseconds, and what. A book's own time may be earlier."""


class Tape(Protocol):
    """A recording. A market exists from its first ``MarketChanged`` on, and not before."""

    @property
    def starts_at(self) -> datetime:
        """When the first row became known."""
        ...

    @property
    def note(self) -> str:
        """What in it is assumed, not recorded; empty if nothing is."""
        ...

    def rows(self) -> Iterator[TapeRow]:
        """Return the rows from the first on. Raises ``BadData`` at a row that cannot be read."""
        ...


def merge_changes(
    changes: Sequence[tuple[int, MarketChanged]],
    books: Callable[[int, int], Iterable[TapeRow]],
    times: "NDArray[np.int64]",
) -> Iterator[TapeRow]:
    """Return rows of books with the changes of their markets between them.

    Args:
        changes: When each became known, epoch milliseconds, in order; of the same instant as a
            book it comes first.
        books: Returns the rows from one index to before another.
        times: When each of these rows became known, in order, (rows,).
    """
    start = 0
    for at_ms, change in changes:
        stop = int(times.searchsorted(at_ms))
        yield from books(start, stop)
        yield at_ms, change
        start = stop
    yield from books(start, len(times))

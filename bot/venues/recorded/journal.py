"""Reads what ``polyhedge record`` wrote: numbered files of gzipped JSON lines, one row each.

A file is written once and never appended to, so only its last row can be torn, by a crash.
Each file can be read without the ones before it: it starts with what stood when it was opened.
Every row is ``[tag, at_ms, ...]``, at_ms being when the recorder heard of it, never going back.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from bot.errors import BadData, ConfigError
from bot.model.market import Book, MarketChanged, MarketEvent, Print
from bot.model.units import MILLION, ConditionId, TokenId
from bot.venues.books import from_epoch_ms
from bot.venues.recorded.tape import Confirmation, TapeRow

FORMAT = 1
SUFFIX = ".jsonl.gz"
GZIP = 31
"""zlib's window bits for a gzip container, which ``zcat`` reads."""
_CHUNK = 1 << 16


class HeaderRow(msgspec.Struct, tag="journal", array_like=True, frozen=True):
    """First row of each file."""

    at_ms: int
    format: int
    source: str
    """Where the events came from, in the user's words."""


class EventRow(msgspec.Struct, tag="event", array_like=True, frozen=True):
    """A book (an array of 6) or a change of a market (an object)."""

    at_ms: int
    event: Book | MarketChanged


class StandingRow(msgspec.Struct, tag="standing", array_like=True, frozen=True):
    """What stood when the file was opened; news only to who has not read the file before."""

    at_ms: int
    event: Book | MarketChanged


class PrintRow(msgspec.Struct, tag="print", array_like=True, frozen=True):
    """A trade."""

    at_ms: int
    print: Print


class ConfirmationRow(msgspec.Struct, tag="confirmed", array_like=True, frozen=True):
    """Books seen to be still true."""

    at_ms: int
    confirmation: Confirmation


JournalRow = HeaderRow | EventRow | StandingRow | PrintRow | ConfirmationRow


def open_journal(path: Path) -> "Journal":
    """Open a journal folder, or one file of it.

    Raises:
        ConfigError: there is no journal at ``path``.
        BadData: the first row cannot be read.
    """
    files = tuple(sorted(path.glob(f"*{SUFFIX}"))) if path.is_dir() else (path,)
    if not files or not files[0].is_file():
        raise ConfigError(
            f"{path} holds no journal (files ending in {SUFFIX}). Write one: polyhedge record"
        )
    return Journal(files=files)


class Journal:
    """The tape of one or more journal files, in the order they were written.

    Args:
        files: At least one.
    """

    note = ""

    def __init__(self, *, files: tuple[Path, ...]) -> None:
        self._files = files
        first = next(self.rows(), None)
        if first is None:
            raise BadData(f"{files[0]} holds no complete row; nothing was recorded")
        self._starts_at = from_epoch_ms(first[0])

    @property
    def starts_at(self) -> datetime:
        """Time of the first row."""
        return self._starts_at

    def rows(self) -> Iterator[TapeRow]:
        """Return all rows; ``BadData``, naming file and line, at one that cannot be read."""
        known: dict[TokenId | ConditionId, Book | MarketChanged] = {}
        for path in self._files:
            for row in _read_rows(path):
                if isinstance(row, PrintRow):
                    yield row.at_ms, row.print
                elif isinstance(row, ConfirmationRow):
                    yield row.at_ms, row.confirmation
                elif isinstance(row, EventRow) or known.get(standing_key(row.event)) != row.event:
                    known[standing_key(row.event)] = row.event
                    yield row.at_ms, row.event


def standing_key(event: Book | MarketChanged) -> TokenId | ConditionId:
    """Return what a later event with the same key replaces this one in."""
    return event.token_id if isinstance(event, Book) else event.market.condition_id


def _read_rows(path: Path) -> Iterator[EventRow | StandingRow | PrintRow | ConfirmationRow]:
    decoder = msgspec.json.Decoder(JournalRow)
    for number, line in enumerate(_read_lines(path), start=1):
        try:
            row = decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise BadData(f"{path}:{number}: the row cannot be read: {error}") from None
        if isinstance(row, HeaderRow) is not (number == 1):
            raise BadData(f"{path}:{number}: a journal has one header and it is the first row")
        if isinstance(row, HeaderRow):
            if row.format != FORMAT:
                raise BadData(
                    f"{path}: the journal's format is {row.format}; this program reads {FORMAT}. "
                    "Read it with the version of polyhedge that wrote it"
                )
            continue
        fault = None if isinstance(row, ConfirmationRow) else _fault(_event_of(row))
        if fault is not None:
            raise BadData(f"{path}:{number}: {fault}")
        yield row


def _read_lines(path: Path) -> Iterator[bytes]:
    """Return the complete lines of a file; a torn last one is left out, with a warning."""
    unzip = zlib.decompressobj(wbits=GZIP)
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                *lines, rest = (rest + unzip.decompress(chunk)).split(b"\n")
            except zlib.error as error:
                raise BadData(
                    f"{path}: damaged within the {len(chunk)} bytes before byte {file.tell()} "
                    f"({error}); take this file out of the folder to read the others"
                ) from None
            yield from lines
    if unzip.unused_data or (unzip.eof and rest):
        raise BadData(f"{path}: something was appended to it; a journal file is written once")
    if not unzip.eof:
        structlog.get_logger().warning(
            "source.failed",
            source=str(path),
            reason="the recorder did not close this file; a torn last row is left out",
            torn_bytes=len(rest),
        )


def _event_of(row: EventRow | StandingRow | PrintRow) -> MarketEvent:
    return row.print if isinstance(row, PrintRow) else row.event


def _fault(event: MarketEvent) -> str | None:
    """Return what is wrong with a row that has the right form; None if nothing is."""
    if isinstance(event, Print):
        good = 0 < event.price_e6 < MILLION and event.size_e6 > 0
        return None if good else "a print's price lies between 0 and 1, its size above 0"
    if isinstance(event, Book):
        for prices, sizes in (
            (event.bid_prices, event.bid_sizes),
            (tuple(MILLION - price for price in event.ask_prices), event.ask_sizes),
        ):
            if len(prices) != len(sizes) or not all(size > 0 for size in sizes):
                return "a book has one size above 0 for each price"
            if list(prices) != sorted(set(prices), reverse=True):
                return "a book's prices stand best first, each once"
            if prices and not 0 < prices[-1] <= prices[0] < MILLION:
                return "a book's prices lie strictly between 0 and 1"
    return None

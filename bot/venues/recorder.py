"""Writes market events to a journal that ``bot.venues.recorded.journal`` plays back."""

import os
import zlib
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.clock import Clock
from bot.errors import ConfigError
from bot.model.market import Book, Market, MarketChanged, MarketEvent, Print, Quote
from bot.model.units import ConditionId, TokenId
from bot.venues.books import epoch_ms, from_epoch_ms
from bot.venues.recorded.journal import (
    FORMAT,
    GZIP,
    SUFFIX,
    ConfirmationRow,
    EventRow,
    HeaderRow,
    JournalRow,
    PrintRow,
    StandingRow,
    standing_key,
)
from bot.venues.recorded.tape import Confirmation

_SYNC_EVERY = timedelta(seconds=60)


class Recorder:
    """Appends events to numbered files in a folder: a new one at each start and each UTC day.

    ``confirm`` hands all rows to the operating system, so a killed process loses nothing before
    it; rows are forced to the disk once a minute, at each new file and on ``close``, so a power
    cut loses at most a minute.

    Args:
        folder: Where the files go; made if it is not there.
        clock: Stamps the rows.
        source: Where the events come from, in the user's words.
    """

    def __init__(self, *, folder: Path, clock: Clock, source: str) -> None:
        self._folder = folder
        self._clock = clock
        self._source = source
        self._encoder = msgspec.json.Encoder()
        self._standing: dict[TokenId | ConditionId, Book | MarketChanged] = {}
        self._confirmed: dict[TokenId, datetime] = {}
        self._file: BinaryIO | None = None
        self._zip = zlib.compressobj(wbits=GZIP)
        self._day: date | None = None
        self._synced_at = clock.now()
        self._last_ms = 0

    def list_markets(self, markets: Iterable[Market]) -> None:
        """Write the markets that will be recorded; a market must be known before its books."""
        for market in markets:
            self.tell(MarketChanged(market=market, at=self._clock.now()))

    def tell(self, event: MarketEvent) -> None:
        """Write one event; hand this to ``MarketData.listen``.

        Raises:
            ConfigError: the folder cannot be written to, or the disk is full.
        """
        if isinstance(event, Print):
            self._write(PrintRow(at_ms=self._now_ms(), print=event))
            return
        self._write(EventRow(at_ms=self._now_ms(), event=event))
        self._standing[standing_key(event)] = event

    def confirm(self, quotes: Iterable[Quote]) -> None:
        """Write which of these quotes were confirmed since the last call, after each refresh.

        Raises:
            ConfigError: the folder cannot be written to, or the disk is full.
        """
        tokens_at: defaultdict[datetime, list[TokenId]] = defaultdict(list)
        for quote in quotes:
            token = quote.book.token_id
            if self._confirmed.get(token) != quote.confirmed_at:
                self._confirmed[token] = quote.confirmed_at
                tokens_at[quote.confirmed_at].append(token)
        for at, tokens in tokens_at.items():
            confirmation = Confirmation(tuple(tokens), epoch_ms(at))
            self._write(ConfirmationRow(at_ms=self._now_ms(), confirmation=confirmation))
        if self._file is not None:
            sync = self._clock.now() - self._synced_at >= _SYNC_EVERY
            self._put(self._file, self._zip.flush(zlib.Z_SYNC_FLUSH), flush=True, sync=sync)

    def close(self) -> None:
        """End the file; may be called twice."""
        if self._file is not None:
            self._put(self._file, self._zip.flush(zlib.Z_FINISH), sync=True)
            self._file.close()
            self._file = None

    def _now_ms(self) -> int:
        # The machine's clock may be set back; the rows of a journal never go back.
        self._last_ms = max(self._last_ms, epoch_ms(self._clock.now()))
        return self._last_ms

    def _write(self, row: JournalRow) -> None:
        today = from_epoch_ms(row.at_ms).date()
        if self._file is None or today != self._day:
            self.close()
            self._file, self._day = self._open_next(today), today
            self._zip = zlib.compressobj(wbits=GZIP)
            opening: list[JournalRow] = [
                HeaderRow(at_ms=row.at_ms, format=FORMAT, source=self._source),
                *(StandingRow(at_ms=row.at_ms, event=e) for e in self._standing.values()),
            ]
            for first in opening:
                self._put(self._file, self._pack(first))
        self._put(self._file, self._pack(row))

    def _pack(self, row: JournalRow) -> bytes:
        return self._zip.compress(self._encoder.encode(row) + b"\n")

    def _open_next(self, today: date) -> BinaryIO:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            names = [path.name for path in self._folder.glob(f"*{SUFFIX}")]
            number = 1 + max((int(name.split("-")[0]) for name in names), default=0)
            # "x": two recorders in one folder must not write into each other's file.
            return (self._folder / f"{number:06}-{today}{SUFFIX}").open("xb")
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the journal folder {self._folder} cannot be used: {error}. It must be writable "
                f"and hold no other files ending in {SUFFIX}"
            ) from None

    def _put(
        self, file: BinaryIO, packed: bytes, *, flush: bool = False, sync: bool = False
    ) -> None:
        try:
            file.write(packed)
            if flush or sync:
                file.flush()
            if sync:
                os.fsync(file.fileno())
                self._synced_at = self._clock.now()
        except OSError as error:
            # What was written is torn now: the next row begins a new file.
            self._file = None
            with suppress(OSError):
                file.close()
            raise ConfigError(
                f"the journal in {self._folder} cannot be written: {error}. "
                "Free some space or choose another folder"
            ) from None

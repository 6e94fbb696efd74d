"""Keeps what many views share under numbers, once a day and when it changes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.ledger.codec import digest, pack, unpack

if TYPE_CHECKING:
    from sqlite_utils import Database


class Parts:
    """The table ``parts``: a view refers to parts of its own day, so a day is dropped whole."""

    def __init__(self, db: "Database", *, mode: str) -> None:
        self._db = db
        self._mode = mode
        self._day = ""
        self._last: dict[str, tuple[object, bytes, int]] = {}

    def begin(self, day: str) -> None:
        """Store from here on under this day, ``2026-11-23``."""
        if day != self._day:
            self._day = day
            self._last.clear()

    def intern(self, name: str, part: object, encoded: Callable[[], bytes]) -> int:
        """Return the number of a part; store it only if it differs from the last of its name."""
        last = self._last.get(name)
        if last is not None and last[0] is part:
            return last[2]
        body = encoded()
        number = last[2] if last is not None and last[1] == body else self._number(body)
        self._last[name] = (part, body, number)
        return number

    def forget(self) -> None:
        """Trust no number any more: the transaction that stored some was undone."""
        self._last.clear()

    def load(self, number: int) -> bytes:
        """Return the bytes stored under a number."""
        row = self._db.execute("SELECT body FROM parts WHERE id = ?", [number]).fetchone()
        return unpack(row[0])

    def _number(self, body: bytes) -> int:
        key = bytes.fromhex(digest(body))
        found = self._db.execute(
            "SELECT id FROM parts WHERE day = ? AND digest = ?", [self._day, key]
        ).fetchone()
        if found is not None:
            return int(found[0])
        cursor = self._db.execute(
            "INSERT INTO parts (day, digest, body, mode) VALUES (?, ?, ?, ?)",
            [self._day, key, pack(body), self._mode],
        )
        return int(cursor.lastrowid or 0)

"""Opens the SQLite file behind a ledger, keeps a second daemon out, and explains its errors."""

import fcntl
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import InvariantError, LedgerError

if TYPE_CHECKING:
    from sqlite_utils import Database

_BUSY_S = 5.0
_FULL, _NORMAL = "synchronous = FULL", "synchronous = NORMAL"
_IS_FULL = 2
_WAL_PAGES = 10_000
"""How long the log of a durable ledger may get, 40 MB, if nobody tidies it."""
_REMEDIES = {
    sqlite3.SQLITE_FULL: "the disk is full; nothing was lost. Free space there, then start again",
    sqlite3.SQLITE_IOERR: "the disk fails to read or write; check it (dmesg), then start again",
    sqlite3.SQLITE_READONLY: "it cannot be written; make file and folder writable for this user",
    sqlite3.SQLITE_PERM: "it cannot be written; make file and folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; make the folder readable and writable",
    sqlite3.SQLITE_BUSY: "another program has held it for 5 s; close that program",
    sqlite3.SQLITE_LOCKED: "another program has held it for 5 s; close that program",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a copy (docs/operations.md)",
    sqlite3.SQLITE_NOTADB: "the file is not a ledger; name another one as `ledger:` in config.yaml",
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a ``LedgerError`` with a remedy.

    Raises:
        LedgerError: The file or the disk fails us; what was committed is still there.
        InvariantError: A constraint was broken: a fault of this program.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise InvariantError(f"ledger {path} refused a row: {error}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        remedy = _REMEDIES.get(code, "keep the file and report this")
        raise LedgerError(f"ledger {path}: {remedy} (SQLite: {error})") from error


class WriterLock:
    """Lets one writer at a time have a ledger; it ends with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside ``path``, making its folder if there is none.

        Raises:
            LedgerError: Another process has it, or the folder cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LedgerError(
                f"ledger {path}: its folder {path.parent} cannot be written ({error.strerror})."
                " Make it writable, or name another file as `ledger:` in config.yaml"
            ) from error
        self._take(path)

    def _take(self, path: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except BlockingIOError:
            pid = os.pread(self._file, 20, 0).decode(errors="replace") or "unknown"
            self.release()
            raise LedgerError(
                f"ledger {path} is in use by process {pid}: two daemons on one ledger would trade"
                f" twice. Stop that one (kill {pid}), or name another file as `ledger:` in"
                " config.yaml"
            ) from None
        except OSError as error:
            self.release()
            raise LedgerError(
                f"ledger {path}: {path}.lock cannot be written ({error.strerror}). Free space"
                " there, then start again"
            ) from error

    def beat(self) -> None:
        """Show that the writer is alive: the lock file's time is the machine's own."""
        os.utime(self._file)

    def release(self) -> None:
        """Let the next writer in; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class FileInPlace:
    """Notices when an open ledger was removed or replaced: all that is written then is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = path.stat().st_ino

    def check(self) -> None:
        """Refuse to go on with a file that has lost its name.

        Raises:
            LedgerError: It is not there, or another one stands in its place.
        """
        try:
            in_place = self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            in_place = False
        if not in_place:
            raise LedgerError(
                f"ledger {self._path} was removed or replaced while it was in use; nothing more is"
                " sent. Put the file, or a copy of it, back in its place, then start again"
            )


def refuse_folder(path: Path) -> None:
    """Refuse a path that no file can be made of; SQLite would speak of a broken disk.

    Raises:
        LedgerError: It is a folder.
    """
    if path.is_dir():
        raise LedgerError(
            f"ledger {path} is a folder. Name a file as `ledger:` in config.yaml, such as"
            f" {path / 'polyhedge.db'}"
        )


@contextmanager
def without_pandas() -> Iterator[None]:
    """Hide pandas from what is imported inside.

    sqlite-utils takes it in wherever it is installed, to know one more column type that no ledger
    has: 0.6 s and 60 MB of a start, for which the extra ``volatility`` is no reason.
    """
    if "pandas" in sys.modules:  # paid for already
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]  # what makes an import fail
    try:
        yield
    finally:
        del sys.modules["pandas"]


def open_for_writing(path: Path, *, durable: bool = True) -> "Database":
    """Return a connection that commits to the platter: WAL, synchronous FULL, foreign keys on.

    Args:
        path: The file.
        durable: False hands commits to the operating system only.

    Raises:
        LedgerError: It is a folder.
        sqlite3.Error: It is no database, or it cannot be written.
    """
    with without_pandas():
        from sqlite_utils import Database

    refuse_folder(path)
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    db = Database(connection, execute_plugins=False)
    pragmas = ["journal_mode = WAL", "foreign_keys = ON"]
    # A checkpoint inside the commit of an order would hold it up: ``tidy`` makes it in time.
    pragmas += [_FULL, f"wal_autocheckpoint = {_WAL_PAGES}"] if durable else ["synchronous = OFF"]
    for pragma in pragmas:
        db.execute(f"PRAGMA {pragma}").fetchone()
    with immediate(db):  # a file that can only be read says so here, not at the first order
        pass
    return db


def open_for_reading(path: Path) -> "Database":
    """Return a connection that cannot write and needs no lock.

    Raises:
        LedgerError: There is no such file, or it is a folder.
        sqlite3.Error: It is no database.
    """
    with without_pandas():
        from sqlite_utils import Database

    refuse_folder(path)
    if not path.exists():
        raise LedgerError(f"no ledger at {path}: start `polyhedge run` first, it makes one")
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
        uri += "&immutable=1"  # SQLite could make no -shm file here, and nobody is writing
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)
    return Database(connection, execute_plugins=False)


@contextmanager
def immediate(db: "Database") -> Iterator[None]:
    """Run one atomic transaction that holds the write lock from its start; nested: a savepoint."""
    if db.conn.in_transaction:
        with db.atomic():
            yield
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


@contextmanager
def unsynced(db: "Database") -> Iterator[None]:
    """Let transactions inside reach the platter with the next one outside, or not at all.

    SQLite writes one log in order, and a sync is of all of it: what is synced later holds only if
    everything before it does. A killed process loses nothing either way.
    """
    if not _commits_are_synced(db):
        yield
        return
    db.execute(f"PRAGMA {_NORMAL}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA {_FULL}")


def tidy(db: "Database") -> None:
    """Move what the log holds into the file, so that no later commit has to; waits for nobody."""
    if _commits_are_synced(db):
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _commits_are_synced(db: "Database") -> bool:
    """Whether the end of this connection's next transaction waits for the disk."""
    mode = db.execute("PRAGMA synchronous").fetchone()[0]
    return bool(mode == _IS_FULL and not db.conn.in_transaction)


@contextmanager
def snapshot(db: "Database") -> Iterator[None]:
    """Let all reads inside see the same instant of the ledger."""
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()

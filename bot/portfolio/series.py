"""Recorded series in files, as far as they were known at an instant."""

from bisect import bisect_right
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import BadData, SourceDown
from bot.model.portfolio import PriceColumns
from bot.model.signal import Get, Raw
from bot.portfolio.prices import History, parse_csv
from bot.portfolio.table import decode

_ONLY = "series"
"""What a series is called in a file that holds no other."""
_Key = tuple[str, str, bool]


class SeriesReader:
    """Reads CSV files of a time and a number, parsed again when they change.

    Args:
        folder: What the names of files are relative to.
    """

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._known: dict[_Key, tuple[tuple[int, int], History]] = {}

    def at(self, now: datetime) -> Get:
        """Return the door through which nothing is seen that was not known at ``now``."""

        async def get(file: str, *, column: str, symbol: str, lag: timedelta) -> Raw:
            history = self._read(file, column, has_symbols=bool(symbol))
            if symbol and symbol not in history:
                raise BadData(
                    f"{self._folder / file}: has no rows of {symbol};"
                    f" it has {', '.join(sorted(history)[:5]) or 'none at all'}"
                )
            rows = history.get(symbol or _ONLY, ())
            return rows[: bisect_right(rows, now - lag, key=lambda row: row.as_of)]

        return get

    def _read(self, file: str, column: str, *, has_symbols: bool) -> History:
        path = self._folder / file
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._known.get((file, column, has_symbols))
            if known is not None and known[0] == stamp:
                return known[1]
            text = decode(path.read_bytes())
        except OSError as error:
            raise SourceDown(f"{path}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise BadData(f"{path}: is not UTF-8 text ({error})") from error
        history = parse_csv(
            text,
            name=str(path),
            columns=PriceColumns(price=column),
            symbol="" if has_symbols else _ONLY,
            signed=True,
        )
        self._known[file, column, has_symbols] = (stamp, history)
        return history

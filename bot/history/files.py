"""Writes files that are there whole or not at all, so that nobody reads half of one."""

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

from bot.errors import ConfigError


def make_folder(path: Path) -> None:
    """Make a folder, and those above it.

    Raises:
        ConfigError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be made: {error.strerror}") from None


def write_whole(path: Path, body: bytes) -> None:
    """Write a file beside its place and move it there at once.

    Raises:
        ConfigError: It cannot be written; what was there before still is.
    """
    temporary = path.with_name(f"{path.name}.new")
    try:
        temporary.write_bytes(body)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def write_csv_gz(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows as compressed CSV; the same rows are the same bytes at any time."""
    body = BytesIO()
    with (
        gzip.GzipFile(fileobj=body, mode="wb", filename="", mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(rows)
    write_whole(path, body.getvalue())


def write_parquet(path: Path, columns: Mapping[str, tuple[str, Sequence[Any]]]) -> None:
    """Write columns of the named Arrow types as Parquet.

    Raises:
        ConfigError: pyarrow is not installed, or the file cannot be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ConfigError(
            f"{path} is a Parquet file and pyarrow is not installed. "
            "Install it beside this program: pip install pyarrow"
        ) from None
    table = {
        name: pa.array(entries, pa.type_for_alias(kind))
        for name, (kind, entries) in columns.items()
    }
    body = BytesIO()
    pq.write_table(pa.table(table), body)
    write_whole(path, body.getvalue())

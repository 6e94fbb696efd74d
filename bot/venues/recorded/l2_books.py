"""The tape of a folder with ``books.parquet`` and ``markets.csv``: books of up to 20 levels.

**Source:** the layout of PyPI resolvedkit 0.1.0 (``market_id, ts, side, bid_px[], bid_sz[],
ask_px[], ask_sz[]``, best first, one row per snapshot of one token), read 2026-11.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING

from bot.errors import BadData, ConfigError
from bot.model.market import Book, FeeSchedule, Market, MarketChanged, MarketKind
from bot.model.units import ConditionId, Price, Shares, TokenId, parse_decimal
from bot.venues.books import epoch_ms, from_epoch_ms
from bot.venues.recorded.columns import Ladder, ParquetColumns, are_multiples
from bot.venues.recorded.tape import TapeRow, merge_changes
from bot.venues.tokens import ctf_token_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIDES = ("UP", "DOWN")
_CENT_E6 = 10_000
_COARSE, _FINE = Price(Decimal("0.01")), Price(Decimal("0.001"))
_CRYPTO_FEE = FeeSchedule(rate=Decimal("0.07"))
"""**Source:** POLYMARKET 4.12 (docs.polymarket.com/trading/fees), read 2026-11."""


def open_l2_books(folder: Path) -> "L2Books":
    """Read and check the recording in ``folder``.

    Raises:
        ConfigError: a file is missing, or pyarrow is.
        BadData: a column is missing, or a row cannot be right. Crossed, locked and one-sided
            books are right: they were seen, and are told as they were.
    """
    columns = ParquetColumns(folder / "books.parquet")
    listed = _read_markets(folder / "markets.csv")
    return L2Books(columns=columns, listed=listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    market: Market
    closes_ms: int
    payouts: tuple[Decimal, Decimal]


class L2Books:
    """Books as they were recorded, merged with each market's listing, tick change and end.

    Args:
        columns: The open books file.
        listed: Its markets by condition id.
    """

    note = (
        "token ids are stand-ins (the recording has none); a market counts as listed at its first "
        "book, and as closed and paid at its scheduled end; fee rate 0.07"
    )

    def __init__(self, *, columns: ParquetColumns, listed: dict[str, _Listed]) -> None:
        import numpy as np

        self.markets = tuple(entry.market for entry in listed.values())
        """As first listed, in the order of the file."""
        self._times = columns.integers("ts")
        self._bids = columns.ladder("bid_px", "bid_sz", descending=True)
        self._asks = columns.ladder("ask_px", "ask_sz", descending=False)
        # Rows of one market follow each other in the file, and markets overlap in time.
        self._order = np.argsort(self._times, kind="stable")
        self._tokens, self._token_of_row = _tokens_of_rows(columns, listed)
        deepest = max(int(side.counts.max(initial=0)) for side in (self._bids, self._asks))
        # By number of levels: bytes to a tuple of integers in one call.
        self._unpackers = [Struct(f"{count}q").unpack_from for count in range(deepest + 1)]
        self._changes = self._list_changes(listed)

    @property
    def starts_at(self) -> datetime:
        """Time of the first book."""
        return from_epoch_ms(self._changes[0][0])

    def rows(self) -> Iterator[TapeRow]:
        """Return the books in the order of time, with the changes of their markets between."""
        return merge_changes(self._changes, self._books, self._times[self._order])

    def _books(self, start: int, stop: int) -> Iterator[tuple[int, Book]]:
        # A row is unpacked when it is reached: faster than whole columns, and nothing is held.
        rows = self._order[start:stop]
        bids, asks, tokens, unpackers = self._bids, self._asks, self._tokens, self._unpackers
        for at_ms, token, bid, bid_count, ask, ask_count in zip(
            self._times[rows].tolist(),
            self._token_of_row[rows].tolist(),
            (bids.starts[rows] * 8).tolist(),
            bids.counts[rows].tolist(),
            (asks.starts[rows] * 8).tolist(),
            asks.counts[rows].tolist(),
            strict=True,
        ):
            of_bids, of_asks = unpackers[bid_count], unpackers[ask_count]
            yield (
                at_ms,
                Book(
                    tokens[token],
                    at_ms,
                    of_bids(bids.prices, bid),
                    of_bids(bids.sizes, bid),
                    of_asks(asks.prices, ask),
                    of_asks(asks.sizes, ask),
                ),
            )

    def _list_changes(self, listed: dict[str, _Listed]) -> list[tuple[int, MarketChanged]]:
        """Return listing, change to the finer tick, and end of each market, in order of time."""
        changes = []
        market_of_row = self._token_of_row // 2
        fine = _has_fine_price(self._bids) | _has_fine_price(self._asks)
        for index, entry in enumerate(listed.values()):
            own = market_of_row == index
            if not own.any():
                raise BadData(f"market {entry.market.condition_id} has no book in the recording")
            state = entry.market
            changes.append((int(self._times[own].min()), state))
            if (own & fine).any():
                state = replace(state, tick=_FINE)
                changes.append((int(self._times[own & fine].min()), state))
            ended = replace(state, accepting_orders=False, closed=True, payouts=entry.payouts)
            changes.append((entry.closes_ms, ended))
        changes.sort(key=lambda change: change[0])
        return [
            (at_ms, MarketChanged(market=state, at=from_epoch_ms(at_ms)))
            for at_ms, state in changes
        ]


def _tokens_of_rows(
    columns: ParquetColumns, listed: dict[str, _Listed]
) -> tuple[tuple[TokenId, ...], "NDArray[np.int64]"]:
    """Return all token ids, two per market, and each row's index into them."""
    import numpy as np

    order = {condition_id: index for index, condition_id in enumerate(listed)}
    ids, market_of_row = columns.texts("market_id")
    sides, side_of_row = columns.texts("side")
    unknown = [text for text in ids if text not in order] + [s for s in sides if s not in _SIDES]
    if unknown:
        raise BadData(
            f"{columns.path} names {unknown[0]!r}, which is neither a market of markets.csv "
            f"nor one of the sides {' and '.join(_SIDES)}"
        )
    market_index = np.array([order[text] for text in ids])[market_of_row]
    side_index = np.array([_SIDES.index(text) for text in sides])[side_of_row]
    tokens = tuple(token for entry in listed.values() for token in entry.market.token_ids)
    return tokens, market_index * 2 + side_index


def _has_fine_price(ladder: Ladder) -> "NDArray[np.bool_]":
    """Return which rows hold a price between the cents, (rows,)."""
    import numpy as np

    before = np.zeros(len(ladder.prices) + 1, dtype=np.int32)
    np.cumsum(~are_multiples(ladder.prices, _CENT_E6), out=before[1:])
    return np.diff(before[ladder.starts]) > 0


def _read_markets(path: Path) -> dict[str, _Listed]:
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; it names the markets of the books") from None
    try:
        return {row["market_id"]: _listed(row) for row in rows}
    except KeyError as error:
        raise BadData(f"{path} has no column {error}") from None


def _listed(row: dict[str, str]) -> _Listed:
    condition_id = ConditionId(row["market_id"])
    ends_at = from_epoch_ms(int(row["end_ts"]))
    market = Market(
        condition_id=condition_id,
        kind=MarketKind.CTF,
        question=row["question"],
        slug=row["slug"],
        outcomes=(row["outcome_up"], row["outcome_down"]),
        token_ids=ctf_token_ids(condition_id),
        tick=_COARSE,
        minimum_shares=Shares(Decimal(5)),
        neg_risk=False,
        fee=_CRYPTO_FEE,
        event_slug=row["slug"],
        series_slug=row["slug"].rsplit("-", 1)[0],
        ends_at=ends_at,
    )
    payouts = (
        parse_decimal(row["payout_up"], name="payout_up"),
        parse_decimal(row["payout_down"], name="payout_down"),
    )
    return _Listed(market=market, closes_ms=epoch_ms(ends_at), payouts=payouts)

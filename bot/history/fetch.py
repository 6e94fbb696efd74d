"""Fetches a person's own history from the public endpoints, in the layout a backtest reads.

Each market is a file of its own until all are there, so that a fetch goes on where it was cut off.
What a market resolved to is final: it is not asked for again. **Source:** POLYMARKET 5.1, 6, 10.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bot.clock import Clock
from bot.errors import BadData, DataError
from bot.history.files import make_folder, write_csv_gz, write_parquet, write_whole
from bot.model.market import Market
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId
from bot.venues.polymarket import clob, gamma, wire
from bot.venues.polymarket.bucket import Bucket
from bot.venues.polymarket.directory import Question
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.settings import Endpoints, Pace

_PER_S = 10.0
"""A tenth of what the venue allows for prices-history and Gamma."""
_NEAR_MIDNIGHT = timedelta(minutes=10)
"""A daily point later than this in its day is not the price at its midnight."""
_COLUMNS = (
    "mkt", "condition_id", "token0", "token1", "label0", "label1", "question", "slug",
    "event_slug", "topic", "series", "group_title", "sched_end", "payout0", "resolved_at",
    "first_bar",
)  # fmt: skip
_PARTS = "fetched"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One market as fetched: its row of ``markets.csv.gz``, and its bars."""

    row: dict[str, str]
    bars: list[tuple[str, float]]
    """UTC day and price of token 0 at its 00:00."""
    is_final: bool
    """It is resolved: nothing of it can change."""


@dataclass(slots=True, kw_only=True)
class Fetched:
    """How far a fetch has come."""

    markets: int = 0
    """Found so far."""
    done: int = 0
    kept: int = 0
    """Of these, fetched before and final."""
    bars: int = 0
    missing: tuple[str, ...] = ()
    """What could not be had, and why."""


class Fetcher:
    """Asks Gamma for markets and the CLOB for their prices, below the venue's limits.

    Args:
        endpoints: Where the venue is.
        clock: For the waits.
        pace: How long and how often; also how large a page is.
        folder: Where the files go.
    """

    def __init__(self, *, endpoints: Endpoints, clock: Clock, pace: Pace, folder: Path) -> None:
        bucket = Bucket(per_s=_PER_S, burst=int(_PER_S), clock=clock)
        self._gamma = Reads(base_url=endpoints.gamma, clock=clock, pace=pace, bucket=bucket)
        self._clob = Reads(base_url=endpoints.clob, clock=clock, pace=pace, bucket=bucket)
        self._pace = pace
        self._folder = folder
        self._parts = folder / _PARTS

    async def fetch(self, refs: Iterable[MarketRef], seen: Callable[[Fetched], None]) -> Fetched:
        """Fetch the markets that these name, closed ones included, and write the files anew.

        Args:
            refs: What strategies name.
            seen: Called after each market.

        Raises:
            ConfigError: The folder cannot be written, or pyarrow is not installed.
            DataError: A list of markets cannot be had; what was fetched before is kept.
        """
        make_folder(self._parts)
        state = Fetched()
        try:
            found: dict[ConditionId, tuple[Market, str]] = {}
            for ref in refs:
                named = {each[0].condition_id: each async for each in self._named(ref)}
                found |= named
                if not named:
                    name = ref.series or ref.slug or ref.condition_id
                    state.missing += (f"{name}: the venue lists no such market",)
            state.markets = len(found)
            for market, closed_at in found.values():
                await self._one(market, closed_at, state)
                seen(state)
        finally:
            await self._gamma.close()
            await self._clob.close()
        self._assemble()
        return state

    async def _one(self, market: Market, closed_at: str, state: Fetched) -> None:
        path = self._parts / f"{market.condition_id}.json"
        part = _read_part(path)
        if part is not None and part.is_final:
            state.kept += 1
        else:
            try:
                part = await self._ask(market, closed_at)
            except DataError as error:
                state.missing += (f"{market.slug}: {error}",)
                return
            write_whole(path, msgspec.json.encode(part))
        state.done += 1
        state.bars += len(part.bars)
        if not part.bars:
            state.missing += (f"{market.slug}: the venue has no daily price of it",)

    async def _ask(self, market: Market, closed_at: str) -> Part:
        token = market.token_ids[0]
        question = [("market", str(token)), ("interval", "max"), ("fidelity", "1440")]
        body = await self._clob.get("/prices-history", question)
        what = f"prices-history of {market.slug}"
        points = () if body is None else clob.read_history(body, what=what)
        bars = list(_bars(points))
        return Part(row=_row(market, closed_at, bars), bars=bars, is_final=bool(market.payouts))

    async def _named(self, ref: MarketRef) -> AsyncIterator[tuple[Market, str]]:
        """Yield each market and when it closed, in the venue's words."""
        if ref.slug:
            body = await self._gamma.get(f"/markets/slug/{ref.slug}")
            market = gamma.read_market(body, what=f"Gamma market {ref.slug}") if body else None
            if body is not None and market is not None:
                yield market, _closings(body).get(market.condition_id, "")
            return
        path, read = "/markets/keyset", gamma.read_markets
        question = [("condition_ids", ref.condition_id)]
        if ref.series:
            path, read = "/events/keyset", gamma.read_events
            question = [("series_id", await self._series_id(ref.series))]
        for closed in ("true", "false") if question[0][1] else ():
            async for body in self._pages(path, [*question, ("closed", closed)]):
                times = _closings(body)
                for market in read(body, what=f"Gamma {path}").markets:
                    yield market, times.get(market.condition_id, "")

    async def _series_id(self, slug: str) -> str:
        body = await self._gamma.get("/series", [("slug", slug)])
        rows = gamma.read_series(body or b"[]", what=f"Gamma series {slug}")
        return next((row.id for row in rows if row.slug == slug), "")

    async def _pages(self, path: str, question: Question) -> AsyncIterator[bytes]:
        cursor: str | None = None
        for _ in range(self._pace.most_pages):
            at = [("after_cursor", cursor)] if cursor else []
            asked = [*question, ("limit", str(self._pace.page_size)), *at]
            body = await self._gamma.get(path, asked)
            if body is None:
                raise BadData(f"Gamma {path} is not found, but it lists what there is")
            yield body
            cursor = wire.next_cursor(msgspec.json.decode(body).get("next_cursor"))
            if cursor is None:
                return
        raise BadData(f"Gamma {path} has more than {self._pace.most_pages} pages")

    def _assemble(self) -> None:
        """Write the two files out of all parts, these and earlier ones."""
        paths = sorted(self._parts.glob("*.json"))
        parts = [part for path in paths if (part := _read_part(path)) is not None and part.bars]
        if not parts:
            return
        home = self._folder / "polymarket_daily"
        make_folder(home)
        _write_bars(home / "prices.parquet", parts)
        rows = (part.row | {"mkt": str(number)} for number, part in enumerate(parts, start=1))
        write_csv_gz(home / "markets.csv.gz", _COLUMNS, rows)


def _read_part(path: Path) -> Part | None:
    """Return a part; None if it is not there or was cut off, which makes it be fetched again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Part)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _write_bars(path: Path, parts: list[Part]) -> None:
    rows = [
        (number, datetime.fromisoformat(day).date(), price)
        for number, part in enumerate(parts, start=1)
        for day, price in part.bars
    ]
    marks, days, prices = zip(*rows, strict=True)
    columns = {"mkt": ("int32", marks), "date": ("date32", days), "p": ("float", prices)}
    write_parquet(path, columns)


def _bars(points: Iterable[tuple[datetime, float]]) -> Iterator[tuple[str, float]]:
    """Yield day and price of the points at midnight; the one appended for "now" is none."""
    last = ""
    for at, price in points:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        day = f"{midnight:%Y-%m-%d}"
        if at - midnight <= _NEAR_MIDNIGHT and day != last:
            last = day
            yield day, price


def _row(market: Market, closed_at: str, bars: list[tuple[str, float]]) -> dict[str, str]:
    resolved = ""
    if market.payouts is not None and closed_at:
        resolved = datetime.fromisoformat(closed_at).astimezone(UTC).isoformat()
    return dict.fromkeys(_COLUMNS, "") | {
        "condition_id": market.condition_id,
        "token0": market.token_ids[0],
        "token1": market.token_ids[1],
        "label0": market.outcomes[0],
        "label1": market.outcomes[1],
        "question": market.question,
        "slug": market.slug,
        "event_slug": market.event_slug,
        "series": market.series_slug,
        "group_title": market.group_title,
        "sched_end": f"{market.ends_at:%Y-%m-%d}" if market.ends_at else "",
        "payout0": f"{market.payouts[0]:f}" if resolved and market.payouts else "",
        "resolved_at": resolved,
        "first_bar": bars[0][0] if bars else "",
    }


def _closings(body: bytes) -> dict[str, str]:
    """Return when each market in an answer closed, wherever in it the market stands."""
    found: dict[str, str] = {}
    left: list[Any] = [json.loads(body)]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            if isinstance(node.get("conditionId"), str) and isinstance(node.get("closedTime"), str):
                found[node["conditionId"]] = node["closedTime"]
            left += [child for child in node.values() if isinstance(child, list | dict)]
    return found

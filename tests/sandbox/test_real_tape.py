"""Recorded books go through the sandbox and come out of the live reader as they were."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from bot.model.market import Book, Market, MarketChanged
from bot.sandbox.server import Sandbox
from bot.venues.books import mirror
from bot.venues.polymarket.market_data import PolymarketData
from bot.venues.polymarket.settings import Pace
from bot.venues.recorded.l2_books import open_l2_books
from tests.venues.polymarket.rig import HeldClock, until

ROWS = 400


def first_rows(folder: Path) -> Iterator[tuple[Market, Book]]:
    """The first recorded books with their markets."""
    markets: dict[str, Market] = {}
    for _, event in open_l2_books(folder).rows():
        if isinstance(event, MarketChanged):
            markets.update(dict.fromkeys(event.market.token_ids, event.market))
        elif isinstance(event, Book):
            yield markets[event.token_id], event


async def test_each_recorded_book_is_read_as_it_was(shared_data: Path) -> None:
    pytest.importorskip("pyarrow")
    rows = list(islice(first_rows(shared_data / "polymarket_l2_books"), ROWS))
    markets = {market.condition_id: market for market, _ in rows}
    clock = HeldClock()
    async with Sandbox(markets=markets.values(), clock=clock) as sandbox:
        data = PolymarketData(
            endpoints=sandbox.endpoints,
            pace=Pace(),
            clock=clock,
            report=lambda _source, _problem: None,
        )
        heard: list[object] = []
        data.listen(heard.append)

        def shows(wanted: Book) -> bool:
            quote = data.quote(wanted.token_id)
            return quote is not None and quote.book[2:] == wanted[2:]

        try:
            await data.watch(token for market in markets.values() for token in market.token_ids)
            await until(lambda: bool(sandbox.channel.subscribed))
            known: set[str] = set()
            for market, book in rows:
                sandbox.tell(book)
                if market.condition_id not in known:
                    known.add(market.condition_id)
                    await data.refresh()
                await until(partial(shows, book))
        finally:
            await data.close()
    seen = [event for event in heard if isinstance(event, Book)]
    assert len(seen) > ROWS / 2
    told = {(book.token_id, *book[2:]) for _, book in rows}
    told |= {mirrored[:1] + mirrored[2:] for mirrored in map(_complement, rows)}
    assert {(book.token_id, *book[2:]) for book in seen} <= told


def _complement(row: tuple[Market, Book]) -> Book:
    market, book = row
    return mirror(book, market.complement_of(book.token_id))

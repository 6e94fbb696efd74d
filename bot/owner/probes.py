"""The questions of `doctor --public`: one of each public payload that this program reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from bot.model.units import TokenId
from bot.venues.polymarket import clob, data_api, gamma
from bot.venues.polymarket.reads import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question, the model of its answer, and the reader that the program uses."""

    name: str
    path: str
    shape: object
    read: Callable[[bytes], object]
    params: Params = ()
    post: bytes = b""
    is_personal: bool = False


TIME = Probe(
    name="CLOB time", path="/time", shape=int, read=lambda body: clob.read_time(body, what="time")
)


def positions(address: str) -> Probe:
    """Ask what an address holds; the answer stays out of the report."""
    return Probe(
        name="Data positions",
        path="/v2/positions",
        params=(("user", address), ("limit", "20")),
        shape=data_api.PositionsPage,
        read=lambda body: data_api.read_positions(body, what="positions"),
        is_personal=True,
    )


def open_markets(version: str) -> Probe:
    """Ask for the busiest open markets of a protocol version."""
    return Probe(
        name=f"Gamma markets {version}",
        path="/markets/keyset",
        params=(
            ("closed", "false"),
            ("version", version),
            ("order", "volumeNum"),
            ("ascending", "false"),
            ("limit", "20"),
        ),
        shape=gamma.MarketsPage,
        read=lambda body: gamma.read_markets(body, what="markets"),
    )


def first_of(version: str, body: bytes | None) -> gamma.MarketRow | None:
    """Return the first open market of a version that has a book; None if none can be read."""
    try:
        rows = msgspec.json.decode(body or b"", type=gamma.MarketsPage).markets
    except msgspec.DecodeError:
        return None
    fitting = (row for row in rows if (row.version or "v1") == version)
    return next((row for row in fitting if row.enable_order_book and tokens_of(row)), None)


def tokens_of(row: gamma.MarketRow) -> tuple[TokenId, ...]:
    """Return what the row names as its outcome tokens, unchecked."""
    raw = row.position_ids if row.version == "v2" else row.clob_token_ids
    if isinstance(raw, str):
        try:
            raw = msgspec.json.decode(raw, type=list[str])
        except msgspec.DecodeError:
            return ()
    return tuple(TokenId(text) for text in raw or ())


def gamma_probes(version: str, row: gamma.MarketRow) -> Iterator[Probe]:
    """Yield what Gamma is asked about one market: itself, its words, its event, its series."""
    yield Probe(
        name=f"Gamma market {version}",
        path=f"/markets/slug/{row.slug}",
        shape=gamma.MarketRow,
        read=lambda body: gamma.read_market(body, what="market"),
    )
    yield Probe(
        name=f"Gamma search {version}",
        path="/public-search",
        params=(("q", row.question), ("limit_per_type", "5"), ("events_status", "active")),
        shape=gamma.EventsPage,
        read=lambda body: gamma.read_events(body, what="search"),
    )
    event = row.events[0] if row.events else None
    if event is None:
        return
    yield Probe(
        name=f"Gamma event {version}",
        path=f"/events/slug/{event.slug}",
        shape=gamma.EventRow,
        read=lambda body: gamma.read_events(body, what="event"),
    )
    if event.series_name:
        yield Probe(
            name=f"Gamma series {version}",
            path="/series",
            params=(("slug", event.series_name),),
            shape=list[gamma.SeriesRow],
            read=lambda body: gamma.read_series(body, what="series"),
        )


def clob_probes(version: str, row: gamma.MarketRow, tokens: Sequence[TokenId]) -> Iterator[Probe]:
    """Yield what the CLOB is asked about one market: its books, its terms, its prices."""
    numbers = clob.numbers()
    books = msgspec.json.encode([{"token_id": token} for token in tokens])
    market = row.condition_id
    yield Probe(
        name=f"CLOB book {version}",
        path="/book",
        params=(("token_id", tokens[0]),),
        shape=clob.BookRow,
        read=lambda body: clob.read_book(body, numbers, what="book"),
    )
    yield Probe(
        name=f"CLOB books {version}",
        path="/books",
        post=books,
        shape=list[clob.BookRow],
        read=lambda body: [
            clob.read_book(one, numbers, what="book")
            for one in clob.split_books(body, what="books")
        ],
    )
    yield Probe(
        name=f"CLOB terms {version}",
        path=f"/clob-markets/{market}",
        shape=clob.Terms,
        read=lambda body: clob.read_terms(body, what="terms"),
    )
    yield Probe(
        name=f"CLOB market {version}",
        path=f"/markets/{market}",
        shape=clob.ClobMarket,
        read=lambda body: clob.read_clob_market(body, what="market"),
    )
    yield Probe(
        name=f"CLOB prices {version}",
        path="/prices-history",
        params=(("market", tokens[0]), ("interval", "1d"), ("fidelity", "60")),
        shape=clob.History,
        read=lambda body: clob.read_history(body, what="prices"),
    )

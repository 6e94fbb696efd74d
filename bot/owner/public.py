"""Fetches one of each public payload and holds it against our wire models: no key, no orders."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from bot.clock import Clock
from bot.errors import BadData, BotError
from bot.model.units import TokenId
from bot.owner.shapes import FieldFit, Fit, compare, decode
from bot.venues.polymarket import clob, data_api, gamma
from bot.venues.polymarket.reads import Params, Reads
from bot.venues.polymarket.settings import Endpoints, Pace

_MOST_BODY = 20_000
"""Characters of a payload that go into the report."""
_VERSIONS = ("v1", "v2")
_BROKEN = (Fit.MISSING, Fit.OTHER_KIND)


class Verdict(StrEnum):
    """What became of a payload."""

    READ = "read"
    UNREADABLE = "unreadable"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One payload and how it meets our model."""

    name: str
    asked: str
    verdict: Verdict
    problem: str = ""
    fields: tuple[FieldFit, ...] = ()
    body: str = ""
    """The beginning of what came; empty for payloads about one address."""

    def count(self, fit: Fit) -> int:
        """Return how many fields are so."""
        return sum(each.fit is fit for each in self.fields)


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


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What was fetched so far; later questions need names from earlier answers."""

    seen: list[Seen] = field(default_factory=list)
    tokens: list[TokenId] = field(default_factory=list)


class PublicLook:
    """Asks the public interfaces, one question after the other.

    Args:
        endpoints: Where they are.
        clock: For waits between tries.
        pace: How patiently.
    """

    def __init__(self, *, endpoints: Endpoints, clock: Clock, pace: Pace) -> None:
        self._gamma = Reads(base_url=endpoints.gamma, clock=clock, pace=pace)
        self._clob = Reads(base_url=endpoints.clob, clock=clock, pace=pace)
        self._data = Reads(base_url=endpoints.data, clock=clock, pace=pace)

    async def look(self, *, address: str | None) -> Fetched:
        """Ask everything; what fails is part of the answer.

        Args:
            address: A public address whose positions are read too; None leaves them out.
        """
        fetched = Fetched()
        await self._ask(self._clob, _TIME, fetched)
        for version in _VERSIONS:
            await self._look_at_kind(version, fetched)
        if address is not None:
            await self._ask(self._data, _positions(address), fetched)
        return fetched

    async def close(self) -> None:
        """Let go of the connections."""
        for reads in (self._gamma, self._clob, self._data):
            await reads.close()

    async def _look_at_kind(self, version: str, fetched: Fetched) -> None:
        """Look at all that belongs to one open market of a protocol version."""
        body = await self._ask(self._gamma, _open_markets(version), fetched)
        row = _first_of(version, body)
        if row is None:
            if body is not None:
                problem = f"it lists no open {version} market with an order book"
                name = f"Gamma market {version}"
                fetched.seen.append(
                    Seen(name=name, asked="", verdict=Verdict.NO_ANSWER, problem=problem)
                )
            return
        for probe in _gamma_probes(version, row):
            await self._ask(self._gamma, probe, fetched)
        tokens = _tokens(row)
        fetched.tokens.extend(tokens)
        for probe in _clob_probes(version, row, tokens):
            await self._ask(self._clob, probe, fetched)

    async def _ask(self, reads: Reads, probe: Probe, fetched: Fetched) -> bytes | None:
        try:
            body = await (
                reads.post(probe.path, probe.post)
                if probe.post
                else reads.get(probe.path, probe.params)
            )
        except BotError as error:
            fetched.seen.append(_unanswered(probe, str(error)))
            return None
        if body is None:
            fetched.seen.append(_unanswered(probe, "HTTP 404: there is no such thing"))
            return None
        fetched.seen.append(judge(probe, body))
        return body


def judge(probe: Probe, body: bytes) -> Seen:
    """Hold one payload against its model, and let the program's reader try it."""
    try:
        fields = compare(decode(body), probe.shape)
    except msgspec.DecodeError as error:
        problem, fields = f"it is not JSON: {error}", ()
    else:
        problem = _problem(probe, body)
    return Seen(
        name=probe.name,
        asked=_asked(probe),
        verdict=Verdict.UNREADABLE if problem else Verdict.READ,
        problem=problem,
        fields=fields,
        body="" if probe.is_personal else body.decode(errors="replace")[:_MOST_BODY],
    )


def broken_fields(seen: Seen) -> tuple[FieldFit, ...]:
    """Return the fields that our model cannot do with."""
    return tuple(each for each in seen.fields if each.fit in _BROKEN)


def _problem(probe: Probe, body: bytes) -> str:
    try:
        probe.read(body)
    except BadData as error:
        return str(error)
    return ""


def _asked(probe: Probe) -> str:
    if probe.is_personal:
        return f"GET {probe.path}"
    query = "&".join(f"{name}={said}" for name, said in probe.params)
    return f"{'POST' if probe.post else 'GET'} {probe.path}{'?' if query else ''}{query}"


def _unanswered(probe: Probe, problem: str) -> Seen:
    return Seen(name=probe.name, asked=_asked(probe), verdict=Verdict.NO_ANSWER, problem=problem)


_TIME = Probe(
    name="CLOB time", path="/time", shape=int, read=lambda body: clob.read_time(body, what="time")
)


def _positions(address: str) -> Probe:
    return Probe(
        name="Data positions",
        path="/v2/positions",
        params=(("user", address), ("limit", "20")),
        shape=data_api.PositionsPage,
        read=lambda body: data_api.read_positions(body, what="positions"),
        is_personal=True,
    )


def _open_markets(version: str) -> Probe:
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


def _first_of(version: str, body: bytes | None) -> gamma.MarketRow | None:
    """Return the first open market of a version that has a book; None if none can be read."""
    try:
        rows = msgspec.json.decode(body or b"", type=gamma.MarketsPage).markets
    except msgspec.DecodeError:
        return None
    fitting = (row for row in rows if (row.version or "v1") == version)
    return next((row for row in fitting if row.enable_order_book and _tokens(row)), None)


def _tokens(row: gamma.MarketRow) -> tuple[TokenId, ...]:
    """Return what the row names as its outcome tokens, unchecked."""
    raw = row.position_ids if row.version == "v2" else row.clob_token_ids
    if isinstance(raw, str):
        try:
            raw = msgspec.json.decode(raw, type=list[str])
        except msgspec.DecodeError:
            return ()
    return tuple(TokenId(text) for text in raw or ())


def _gamma_probes(version: str, row: gamma.MarketRow) -> Iterator[Probe]:
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


def _clob_probes(version: str, row: gamma.MarketRow, tokens: Sequence[TokenId]) -> Iterator[Probe]:
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

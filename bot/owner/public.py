"""Fetches one of each public payload and holds it against our wire models: no key, no orders."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from bot.clock import Clock
from bot.errors import BadData, BotError
from bot.model.units import TokenId
from bot.owner.probes import (
    TIME,
    Probe,
    clob_probes,
    first_of,
    gamma_probes,
    open_markets,
    positions,
    tokens_of,
)
from bot.owner.shapes import FieldFit, Fit, compare, decode
from bot.venues.polymarket.reads import Reads
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
        await self._ask(self._clob, TIME, fetched)
        for version in _VERSIONS:
            await self._look_at_kind(version, fetched)
        if address is not None:
            await self._ask(self._data, positions(address), fetched)
        return fetched

    async def close(self) -> None:
        """Let go of the connections."""
        for reads in (self._gamma, self._clob, self._data):
            await reads.close()

    async def _look_at_kind(self, version: str, fetched: Fetched) -> None:
        """Look at all that belongs to one open market of a protocol version."""
        body = await self._ask(self._gamma, open_markets(version), fetched)
        row = first_of(version, body)
        if row is None:
            if body is not None:
                problem = f"it lists no open {version} market with an order book"
                name = f"Gamma market {version}"
                fetched.seen.append(
                    Seen(name=name, asked="", verdict=Verdict.NO_ANSWER, problem=problem)
                )
            return
        for probe in gamma_probes(version, row):
            await self._ask(self._gamma, probe, fetched)
        tokens = tokens_of(row)
        fetched.tokens.extend(tokens)
        for probe in clob_probes(version, row, tokens):
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

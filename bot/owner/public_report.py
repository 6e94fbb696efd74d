"""`polyhedge doctor --public` as a whole: ask, listen, and write what we would like to be sent."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

import bot
from bot.clock import Clock
from bot.errors import ConfigError
from bot.owner.first_frames import look_at_frames
from bot.owner.public import PublicLook, Seen, Verdict
from bot.venues.polymarket.settings import Endpoints, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReport:
    """What the public interfaces answer, and how it meets our models."""

    program: str
    at: datetime
    seen: tuple[Seen, ...]

    @property
    def is_well(self) -> bool:
        """Whether everything was answered and can be read."""
        return all(each.verdict is Verdict.READ for each in self.seen)


async def look_at_public(
    *, endpoints: Endpoints, clock: Clock, pace: Pace, address: str | None, listen_s: float
) -> PublicReport:
    """Ask one of each; nothing is sent but questions, and no key is used.

    Args:
        endpoints: Where to ask.
        clock: For waits.
        pace: How patiently.
        address: Whose positions are read too; None leaves them out.
        listen_s: How long to listen to the market channel.
    """
    look = PublicLook(endpoints=endpoints, clock=clock, pace=pace)
    try:
        fetched = await look.look(address=address)
    finally:
        await look.close()
    frames = await look_at_frames(
        url=endpoints.market_stream,
        clock=clock,
        pace=pace,
        tokens=fetched.tokens,
        seconds=listen_s,
    )
    return PublicReport(program=bot.__version__, at=clock.now(), seen=(*fetched.seen, *frames))


def write_report(report: PublicReport, path: Path) -> None:
    """Write the report as JSON. Raises ``ConfigError`` if the file cannot be written."""
    body = msgspec.json.format(msgspec.json.encode(report, order="deterministic"), indent=1)
    try:
        path.write_bytes(body + b"\n")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror}. Name another file with --report."
        ) from None

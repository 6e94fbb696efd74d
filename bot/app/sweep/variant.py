"""One variant of a sweep: a backtest of its own in a process of its own; ends in a small record."""

import asyncio
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bot import __version__
from bot.app.sweep.grid import Variant

PRICES_KEPT = 6
"""Decimal places of USD in a result: the same bytes from each machine."""


class Job(msgspec.Struct, frozen=True):
    """All that a process needs to run a variant; paths must mean the same where it runs."""

    name: str
    options: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    config: str
    """Path of the config file."""
    settings: str
    """Its text: another text is another sweep."""
    data: str
    venue: str
    fees: str
    since: datetime
    until: datetime
    version: str = __version__

    @property
    def digest(self) -> str:
        """Names the result: the same question has the same name."""
        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:24]


class Result(msgspec.Struct, frozen=True):
    """What came of a variant."""

    name: str
    options: tuple[tuple[str, str], ...]
    days: tuple[str, ...]
    alone: tuple[float, ...]
    hedged: tuple[float, ...]
    premium_usd: float
    brought_usd: float
    """By payouts and sales."""
    hedges: int


def make_job(
    variant: Variant,
    *,
    config: Path,
    data: Path,
    venue: str,
    fees: str,
    since: datetime,
    until: datetime,
) -> Job:
    """Return the job of a variant; paths are made absolute."""
    return Job(
        name=variant.name,
        options=variant.options,
        files=variant.files,
        config=str(config.resolve()),
        settings=config.read_text(encoding="utf-8"),
        data=str(data.resolve()),
        venue=venue,
        fees=fees,
        since=since,
        until=until,
    )


def run_variant(job: Job) -> bytes:
    """Run a variant; return its ``Result`` as JSON, the same bytes each time.

    Raises:
        BotError: As `backtest` does.
    """
    from bot.app.backtest import Span, backtest
    from bot.config import load_settings
    from bot.history.fees import FeeRegime
    from bot.history.open import PRICES, VenueName, open_archive

    data = Path(job.data)
    with TemporaryDirectory(prefix="polyhedge-sweep-") as folder:
        strategies = write_files(Path(folder), job.files)
        settings = load_settings(Path(job.config), {})
        settings = replace(settings, ledger=Path(folder) / "variant.db", strategies=strategies)
        asyncio.run(
            backtest(
                settings,
                archive=open_archive(data, VenueName(job.venue), fees=FeeRegime(job.fees)),
                prices=data / PRICES,
                span=Span(since=job.since, until=job.until),
                report=_ignore,
                seen=_ignore_cycle,
            )
        )
        result = _read(job, settings.ledger)
    return msgspec.json.encode(result, order="deterministic")


def write_files(folder: Path, files: tuple[tuple[str, str], ...]) -> Path:
    """Write the strategy files of a variant; return their folder."""
    strategies = folder / "strategies"
    strategies.mkdir()
    for name, text in files:
        (strategies / name).write_text(text, encoding="utf-8")
    return strategies


def _read(job: Job, ledger: Path) -> Result:
    from bot.ledger import LedgerReader
    from bot.report.evidence import gather

    reader = LedgerReader.open(ledger)
    try:
        evidence = gather(reader, now=job.until)
    finally:
        reader.close()
    wealth, legs = evidence.wealth, [life.leg for life in evidence.lives]
    return Result(
        name=job.name,
        options=job.options,
        days=tuple(str(day) for day in wealth.days),
        alone=tuple(round(float(usd), PRICES_KEPT) for usd in wealth.alone),
        hedged=tuple(round(float(usd), PRICES_KEPT) for usd in wealth.hedged),
        premium_usd=float(sum(leg.premium_usd for leg in legs)),
        brought_usd=float(sum(leg.payout_usd + leg.sold_usd for leg in legs)),
        hedges=len(legs),
    )


def _ignore(_name: str, **_keys: object) -> None:
    """Log nothing: thousands of runs would say the same."""


def _ignore_cycle(_result: object) -> None:
    """Show nothing: progress is counted in variants."""

"""Historical episodes: what they did to the portfolio, and its hedges where there were markets."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.backtest import Span, backtest
from bot.config import Settings
from bot.core.carried import Leg
from bot.engine.cycle import CycleResult
from bot.errors import DataError, UserError
from bot.history.archive import Archive
from bot.history.fees import FeeRegime
from bot.history.open import PRICES, VenueName, open_archive
from bot.ledger import LedgerReader
from bot.report.evidence import Evidence, gather
from bot.report.metrics import max_drawdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time in which markets fell, from before the fall until after it."""

    name: str
    since: datetime
    until: datetime


def _period(name: str, since: str, until: str) -> Period:
    first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (since, until))
    return Period(name=name, since=first, until=last)


PERIODS = (
    _period("2020-03", "2020-02-01", "2020-04-30"),
    _period("2022", "2022-01-01", "2022-12-31"),
    _period("2024-08", "2024-07-01", "2024-08-31"),
    _period("2025-04", "2025-02-01", "2025-05-31"),
)
"""The pandemic, the rise of rates, the fall of August 2024 and the tariffs of April 2025."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What a period did to today's holdings; None is not known."""

    name: str
    since: datetime
    until: datetime
    drawdown: float | None
    """Deepest fall of portfolio and the cash set aside, a fraction."""
    drawdown_usd_est: float | None
    hedged_drawdown: float | None
    """With hedges at the bid; None where no hedge was bought."""
    hedges: int
    premium_usd: float
    brought_usd: float
    """Sales and payouts until the end."""
    sentence: str


def run_episodes(
    settings: Settings, folder: Path, *, seen: Callable[[Period], None]
) -> tuple[Episode, ...]:
    """Run the strategies through each period, by the engine of the backtest.

    Args:
        settings: What the user wants; its ledger is not touched.
        folder: Of recordings.
        seen: Called before each period, for whoever shows the progress.

    Raises:
        ConfigError: There are no recordings in the folder.
        BadData: A recorded row cannot be right.
    """
    archive = open_archive(folder, VenueName.POLYMARKET, fees=FeeRegime.DATED)
    return tuple(_run_all(settings, archive, folder / PRICES, seen))


def _run_all(
    settings: Settings, archive: Archive, prices: Path, seen: Callable[[Period], None]
) -> Iterator[Episode]:
    for period in PERIODS:
        seen(period)
        with TemporaryDirectory(prefix="polyhedge-stress-") as scratch:
            own = replace(settings, ledger=Path(scratch) / "episode.db")
            try:
                yield _run(own, archive, prices, period)
            except (UserError, DataError) as error:  # one that cannot be run hides no other
                yield _unknown(period, str(error))


def _run(settings: Settings, archive: Archive, prices: Path, period: Period) -> Episode:
    def report(_name: str, **_keys: object) -> None:
        """Log nothing: the episode's ledger is thrown away."""

    def decided(_: CycleResult) -> None:
        """Show nothing: an episode takes a second or two."""

    found = asyncio.run(
        backtest(
            settings,
            archive=archive,
            prices=prices,
            span=Span(since=period.since, until=period.until),
            report=report,
            seen=decided,
        )
    )
    reader = LedgerReader.open(found.ledger)
    try:
        evidence = gather(reader, now=found.run.until)
    finally:
        reader.close()
    return _sum_up(period, evidence, found.run.holes)


def _sum_up(period: Period, evidence: Evidence, holes: tuple[str, ...]) -> Episode:
    wealth, legs = evidence.wealth, [life.leg for life in evidence.lives]
    if len(wealth.days) < 2:
        return _unknown(period, "the portfolio has no two recorded prices in this time")
    alone, hedged = max_drawdown(wealth.alone), max_drawdown(wealth.hedged)
    premium = sum(float(leg.premium_usd) for leg in legs)
    brought = sum(float(leg.sold_usd + leg.payout_usd) for leg in legs)
    if legs:
        sentence = (
            f"{_count(legs)} cost {premium:,.0f} USD and brought {brought:,.0f} USD until"
            f" {period.until:%Y-%m-%d}; the deepest fall was {hedged:.1%} instead of {alone:.1%}."
        )
    elif holes:
        sentence = f"{holes[0]}: what hedges would have done then is not known."
    else:
        sentence = "There were event prices, but none of these strategies bought a hedge."
        sentence += _say_why(evidence)
    return Episode(
        name=period.name,
        since=period.since,
        until=period.until,
        drawdown=alone,
        drawdown_usd_est=_deepest_usd(evidence),
        hedged_drawdown=hedged if legs else None,
        hedges=len(legs),
        premium_usd=premium,
        brought_usd=brought,
        sentence=sentence,
    )


def _count(legs: Sequence[Leg]) -> str:
    return f"{len(legs)} hedge{'' if len(legs) == 1 else 's'}"


def _say_why(evidence: Evidence) -> str:
    reasons = [
        f"{each.code.lower().replace('_', ' ')} on {each.days} days"
        for each in evidence.refusals[:2]
    ]
    return f" Most often: {', '.join(reasons)}." if reasons else ""


def _deepest_usd(evidence: Evidence) -> float:
    import numpy as np

    alone = evidence.wealth.alone
    return float(np.max(np.maximum.accumulate(alone) - alone))


def _unknown(period: Period, why: str) -> Episode:
    return Episode(
        name=period.name,
        since=period.since,
        until=period.until,
        drawdown=None,
        drawdown_usd_est=None,
        hedged_drawdown=None,
        hedges=0,
        premium_usd=0.0,
        brought_usd=0.0,
        sentence=f"Not known: {why}.",
    )

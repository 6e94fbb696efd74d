"""What a ledger says of its hedges, in the shape in which a report measures and draws it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import msgspec
import numpy as np

from bot.core.carried import Carried, Leg
from bot.core.track import SourceScore, score_track
from bot.ledger import LedgerReader
from bot.ledger.questions import LifecycleEntry
from bot.model.decision import Verdict
from bot.model.equity import Equity
from bot.model.units import EventId
from bot.report.metrics import Days, Floats


class CarryRow(msgspec.Struct, frozen=True):
    """Interest, rewards and a venue's own fees up to the start of a day, USD."""

    day: str
    financing_usd_est: float = 0.0
    rewards_usd_est: float = 0.0
    venue_usd_est: float = 0.0

    @property
    def total(self) -> float:
        """What is added to the hedged side."""
        return self.financing_usd_est + self.rewards_usd_est + self.venue_usd_est


class VenueRow(msgspec.Struct, frozen=True):
    """The venue of a backtest."""

    name: str
    is_tradable: bool
    assumed: str = ""


class RunRow(msgspec.Struct, frozen=True):
    """What a backtest wrote of itself; more may stand there than is read here."""

    since: datetime
    until: datetime
    venue: VenueRow
    faults: tuple[str, ...] = ()
    holes: tuple[str, ...] = ()
    carry: tuple[CarryRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wealth:
    """Daily wealth on the days on which the portfolio had a new price, USD."""

    days: Days
    alone: Floats
    hedged: Floats
    """Hedges at the bid: what they would have brought."""
    at_mid: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverDay:
    """How much of the loss of all events was covered on a day."""

    day: date
    exposure_usd_est: float
    payout_usd_est: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One hedge in one market, from its first share to its last."""

    event: EventId
    leg: Leg
    story: tuple[LifecycleEntry, ...]
    """What happened to the event's hedges in that time."""

    @property
    def hit(self) -> bool | None:
        """Whether it paid; None if that is not known yet or it was sold before."""
        if self.leg.closed_at is None:
            return None
        if self.leg.payout_usd > 0:
            return True
        return None if self.leg.sold_usd > 0 else False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why hedges were refused, and how often."""

    code: str
    days: int
    """Days and events on which it was the answer."""
    events: tuple[EventId, ...]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known; nothing here is estimated beyond what the ledger estimated."""

    mode: str
    run: RunRow | None
    """None for paper and live ledgers."""
    wealth: Wealth
    left_out: int
    """Days without a known price of the portfolio or of a position: not drawn, not filled."""
    covers: tuple[CoverDay, ...]
    carried: tuple[Carried, ...]
    lives: tuple[Life, ...]
    refusals: tuple[Refusal, ...]
    scores: tuple[SourceScore, ...]
    premium_budget_usd: float | None
    """For 365 days, as it stood in the last decision."""
    deposited_usd: float


def gather(reader: LedgerReader, *, now: datetime) -> Evidence:
    """Return what a ledger holds.

    Args:
        reader: Of the ledger.
        now: To which hedges that are still held are counted; of the run's clock.

    Raises:
        LedgerError: It cannot be read.
    """
    body = reader.last_run()
    run = None if body is None else msgspec.json.decode(body, type=RunRow)
    equity = reader.equity()
    story = reader.recent_lifecycle(1_000_000)[::-1]
    carried = reader.carried(now)
    wealth, left_out = _wealth(equity, run.carry if run else ())
    return Evidence(
        mode=reader.mode,
        run=run,
        wealth=wealth,
        left_out=left_out,
        covers=tuple(_cover_days(reader)),
        carried=carried,
        lives=tuple(_lives(carried, story, now)),
        refusals=tuple(_refusals(reader)),
        scores=score_track(reader.scored()),
        premium_budget_usd=_budget(reader),
        deposited_usd=float(equity[-1].deposited_usd) if equity else 0.0,
    )


def last_instant(reader: LedgerReader) -> datetime | None:
    """Return the time of the run's own clock at its last cycle; None before the first."""
    last = reader.last_cycle()
    return None if last is None else last[1]


def _wealth(equity: Sequence[Equity], carry: Sequence[CarryRow]) -> tuple[Wealth, int]:
    extra = {row.day: row.total for row in carry}
    # A day on which the market of the portfolio was closed says nothing new of it.
    fresh = [
        new for old, new in pairwise([None, *equity]) if new is not None and _is_fresh(old, new)
    ]
    rows = []
    for each in fresh:
        if each.portfolio_usd_est is None or each.at_bid_usd_est is None:
            continue
        portfolio = float(each.portfolio_usd_est)
        held = float(each.cash_usd + each.owed_usd) + extra.get(each.at.date().isoformat(), 0.0)
        mid = each.at_bid_usd_est if each.at_mid_usd_est is None else each.at_mid_usd_est
        rows.append(
            (
                np.datetime64(each.at.date(), "D"),
                portfolio + float(each.deposited_usd),
                portfolio + held + each.at_bid_usd_est,
                portfolio + held + mid,
            )
        )
    days, alone, hedged, at_mid = zip(*rows, strict=True) if rows else ((), (), (), ())
    wealth = Wealth(
        days=np.array(days, dtype="datetime64[D]"),
        alone=np.array(alone, dtype=float),
        hedged=np.array(hedged, dtype=float),
        at_mid=np.array(at_mid, dtype=float),
    )
    return wealth, len(fresh) - len(rows)


def _is_fresh(old: Equity | None, new: Equity) -> bool:
    return old is None or new.portfolio_as_of > old.portfolio_as_of


def _cover_days(reader: LedgerReader) -> Iterator[CoverDay]:
    sums: dict[str, tuple[float, float]] = {}
    for day, cover in reader.covers():
        exposure, payout = sums.get(day, (0.0, 0.0))
        loss = max(float(cover.exposure_usd_est), 0.0)
        sums[day] = exposure + loss, payout + min(float(cover.payout_usd_est), loss)
    for day, (exposure, payout) in sums.items():
        yield CoverDay(
            day=date.fromisoformat(day), exposure_usd_est=exposure, payout_usd_est=payout
        )


def _lives(
    carried: Iterable[Carried], story: Sequence[LifecycleEntry], now: datetime
) -> Iterator[Life]:
    for hedge in carried:
        for leg in hedge.legs:
            until = leg.closed_at or now
            mine = [
                entry
                for entry in story
                if entry.event == hedge.event
                and leg.opened_at <= entry.at <= until
                and entry.kind != Verdict.REFUSE
            ]
            yield Life(event=hedge.event, leg=leg, story=tuple(mine))


def _refusals(reader: LedgerReader) -> Iterator[Refusal]:
    days: Counter[str] = Counter()
    told: dict[str, str] = {}
    events: dict[str, dict[EventId, None]] = {}
    last: dict[EventId, str] = {}
    for _, cover in reader.covers():
        if cover.verdict != Verdict.QUIET:  # while it is quiet, the last verdict stands
            last[cover.event] = cover.code if cover.verdict == Verdict.REFUSE else ""
        code = last.get(cover.event)
        if code:
            days[code] += 1
            events.setdefault(code, {})[cover.event] = None
            told.setdefault(code, cover.said)
    for code in sorted(days, key=lambda each: (-days[each], each)):
        yield Refusal(code=code, days=days[code], events=tuple(events[code]), example=told[code])


def _budget(reader: LedgerReader) -> float | None:
    cycle = reader.last_decision_cycle()
    if cycle is None:
        return None
    view = reader.decision(cycle).view
    return None if view is None else float(view.limits.premium_budget_usd)

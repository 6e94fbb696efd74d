"""Runs the daemon over a recording as fast as it goes, and sums up what came of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.app.build import Daemon, open_daemon
from bot.app.daemon import run_daemon
from bot.app.sources import open_tape
from bot.config import Settings
from bot.core.accounting import mark
from bot.core.carried import Carried
from bot.engine.cycle import CycleResult
from bot.engine.ports import Report
from bot.ledger.questions import Questions
from bot.model.decision import Decision, Verdict
from bot.model.orders import Fill, OrderStatus, TradeSettlement
from bot.model.units import ConditionId, EventId, Shares, TokenId, Usd, UsdEst
from bot.model.view import View

_DUST = Decimal("0.01")
"""Shares that an order may miss and still count as full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A position that the recording does not see the end of."""

    event: EventId
    token_id: TokenId
    shares: Shares
    cost_usd: Usd
    worth_usd_est: UsdEst | None
    """At the last best bid; None if there was no book of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What came of a replay."""

    since: datetime
    until: datetime
    assumed: str
    """What in the recording is assumed, not recorded; empty if nothing is."""
    cycles: int
    skipped: int
    decisions: int
    """Recorded: those that planned, cancelled or were denied something."""
    orders: int
    fills: int
    partly_filled: int
    """Orders that ended, or still rest, with some but not all of their shares."""
    refused: Mapping[str, int]
    """Plans that ended in "no suitable hedge", by code."""
    frozen: Mapping[str, int]
    """Looks at an event that could not be decided, by code."""
    denied: Mapping[str, int]
    """Orders that a control stopped, by code."""
    rejected: Mapping[str, int]
    """Orders that the venue refused, by code."""
    lifecycle: Mapping[str, int]
    settled: int
    left: tuple[Left, ...]
    cash_before_usd: Usd
    cash_after_usd: Usd
    fees_usd: Usd
    realised_usd: Usd
    """Won (negative: lost) by sales and payouts, fees paid."""
    gap_usd: Usd
    """What does not add up: 0."""
    halted: str
    carried: tuple[Carried, ...] = ()
    """What each event's hedges cost by the day they covered."""
    markets: Mapping[ConditionId, str] = field(default_factory=dict)
    """Slugs of the markets that were looked at."""


@dataclass(slots=True)
class Tally:
    """Counts while a replay or a backtest runs."""

    cycles: int = 0
    skipped: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    frozen: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    markets: dict[ConditionId, str] = field(default_factory=dict)

    def see(self, view: View) -> None:
        """Remember what the markets of a view are called."""
        for event in view.events:
            for seen in event.markets:
                self.markets[seen.market.condition_id] = seen.market.slug

    def hear(self, name: str, keys: Mapping[str, Any]) -> None:
        """Count what was reported."""
        if name == "cycle.skipped":
            self.skipped += 1
        elif name == "order.rejected":
            self.rejected[str(keys["code"])] += 1

    def take(self, decision: Decision) -> None:
        """Count what was decided."""
        self.cycles += 1
        for event in decision.events:
            if event.reasons and event.verdict is Verdict.REFUSE:
                self.refused[event.reasons[0].code] += 1
            elif event.reasons and event.verdict is Verdict.FROZEN:
                self.frozen[event.reasons[0].code] += 1
        self.denied.update(denial.code for denial in decision.denials)


async def replay(
    settings: Settings, *, report: Report, seen: Callable[[CycleResult], None]
) -> Summary:
    """Run to the end of the recording.

    Args:
        settings: Of mode replay, with a recording and a ledger that is not there yet.
        report: Logs one event.
        seen: Called after each decision, for whoever shows the progress.

    Raises:
        ConfigError: There is no such recording.
        DataError: A row of it cannot be right.
        LedgerError: The ledger cannot be written.
    """
    tally = Tally()

    def hear(name: str, **keys: Any) -> None:
        tally.hear(name, keys)
        report(name, **keys)

    def decided(result: CycleResult) -> None:
        if result.decision is not None:
            tally.take(result.decision)
        if result.view is not None:
            tally.see(result.view)
        seen(result)

    note = open_tape(settings).note
    async with open_daemon(settings, report=hear, decided=decided) as daemon:
        since = daemon.ports.clock.now()
        until = settings.recorded.until if settings.recorded else None
        await run_daemon(daemon, lasting=until - since if until else None)
        return sum_up(daemon, tally, since=since, note=note)


def sum_up(daemon: Daemon, tally: Tally, *, since: datetime, note: str) -> Summary:
    """Return what came of the run up to the daemon's now.

    Args:
        daemon: Still open.
        tally: What was counted while it ran.
        since: When it began.
        note: What is assumed, not recorded.
    """
    ledger = daemon.ports.ledger
    totals, lifecycle = ledger.totals(), ledger.lifecycle_counts()
    fills = [f for f in ledger.fills() if f.settlement is not TradeSettlement.FAILED]
    return Summary(
        since=since,
        until=daemon.ports.clock.now(),
        assumed=note,
        cycles=tally.cycles + tally.skipped,
        skipped=tally.skipped,
        decisions=ledger.decision_count(),
        orders=len(ledger.orders()),
        fills=len(fills),
        partly_filled=_partly_filled(ledger),
        refused=tally.refused,
        frozen=tally.frozen,
        denied=tally.denied,
        rejected=tally.rejected,
        lifecycle=lifecycle,
        settled=lifecycle.get("settled", 0),
        left=_left(daemon),
        cash_before_usd=totals.deposited_usd,
        cash_after_usd=totals.cash_usd,
        fees_usd=_fees(fills),
        realised_usd=totals.realised_usd,
        gap_usd=totals.gap_usd,
        halted=ledger.halted(),
        carried=ledger.carried(daemon.ports.clock.now()),
        markets=tally.markets,
    )


def _partly_filled(ledger: Questions) -> int:
    return sum(
        0 < order.filled < order.size - _DUST and order.status is not OrderStatus.REJECTED
        for order in ledger.orders()
    )


def _fees(fills: list[Fill]) -> Usd:
    return Usd(sum((fill.fee_usd for fill in fills), Decimal(0)))


def _left(daemon: Daemon) -> tuple[Left, ...]:
    ports = daemon.ports
    found: list[Left] = []
    for position in ports.ledger.account(ports.clock.now()).positions:
        quote = ports.market_data.quote(position.token_id)
        found.append(
            Left(
                event=position.event,
                token_id=position.token_id,
                shares=position.shares,
                cost_usd=position.cost_usd,
                worth_usd_est=mark(position, quote.book if quote else None),
            )
        )
    return tuple(found)

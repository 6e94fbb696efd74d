"""One cycle: reconcile, gather, decide, record, act, reconcile.

If a book woke it while ledger and venue agreed, it first acts on that book.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from msgspec import structs

from bot.core.decide import decide, is_quiet
from bot.engine.act import act, cancel_all
from bot.engine.gather import gather
from bot.engine.left import due_at_once, interrupted_orders, is_partial
from bot.engine.lookout import Finding, decide_again
from bot.engine.outcomes import Outcomes
from bot.engine.ports import Ports
from bot.engine.reconcile import Reconciler
from bot.engine.refused import say_refused
from bot.engine.tell import report_decision, tell_refusals
from bot.engine.watch import ClockWatch
from bot.errors import BotError, InvariantError, LedgerError, VenueError
from bot.model.decision import Decision, Verdict
from bot.model.strategy import Strategy
from bot.model.units import EventId
from bot.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What one cycle did."""

    cycle: int
    at: datetime
    view: View | None
    """None if the cycle was skipped."""
    decision: Decision | None
    strategies: tuple[Strategy, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    """Strategy files that cannot be used, and why."""
    skipped: str = ""
    """Why nothing was decided; empty if it was."""
    look_again_at: datetime | None = None
    """When something that is open should be looked at again; None: the next cycle will do."""


class Engine:
    """Runs cycles one at a time.

    Args:
        ports: The world.
        decided: Called after each decision is on disk, for whoever shows it.
    """

    def __init__(self, *, ports: Ports, decided: Callable[[CycleResult], None]) -> None:
        self._ports = ports
        self._decided = decided
        self._reconciler = Reconciler(ports)
        last = ports.ledger.last_cycle()
        self._cycle = last[0] if last is not None else 0
        self._interrupted = interrupted_orders(ports)
        self._broken: Mapping[str, str] = {}
        """Strategy files that could not be used in the last cycle, and why."""
        self._is_partial = is_partial(ports)
        """Whether the last decision on disk is of some events only: the next one is recorded."""
        self._in_force: tuple[Strategy, ...] = ()
        """Strategies of the last cycle that was decided."""
        self._frozen: Mapping[EventId, str] = {}
        """Why each event was frozen in the last cycle: a reason code."""
        self._outcomes = Outcomes(ports)
        self._watch = ClockWatch(clock=ports.clock, last=last[1] if last is not None else None)

    async def run_cycle(self, found: Finding | None = None) -> CycleResult:
        """Run one cycle and return what it did.

        Args:
            found: What a look-out found that woke this cycle, if nobody has heard of anything else
                since the last one.

        Raises:
            InvariantError: our books do not add up; trading is halted on disk already.
            LedgerError: the ledger cannot be written; nothing was sent after that.
        """
        ports = self._ports
        self._cycle += 1
        at, started = ports.clock.now(), ports.clock.monotonic()
        try:
            self._watch.check()
            async with asyncio.timeout(ports.terms.deadline.total_seconds()):
                if found is not None and self._reconciler.agrees() and not self._interrupted:
                    await self._act_at_once(found)
                result = await self._run(self._cycle, at)
        except InvariantError as error:
            self._break(error)
            await self._withdraw()
            raise
        except LedgerError:
            raise
        except (BotError, TimeoutError) as error:
            result = self._skip(at, str(error) or "the cycle took longer than its deadline")
        except Exception as error:  # noqa: BLE001 - the one edge: nothing more is sent, trading halts
            text = f"unexpected {type(error).__name__}: {error}"
            ports.ledger.record_halt(text, ports.clock.now())  # first: to report it may fail too
            ports.report("cycle.skipped", cycle=self._cycle, error=text, unexpected=True)
            result = self._skip(at, text)
        if result.skipped and ports.ledger.halted():  # a cancel needs none of what cannot be read
            await self._withdraw()
        result = replace(result, look_again_at=self._reconciler.look_again_at)
        self._finish(result, started)
        return result

    async def reconcile(self) -> datetime | None:
        """Compare ledger and venue between two cycles, never during one; decide nothing.

        Returns:
            When to do it again; None: the next cycle will do.

        Raises:
            InvariantError: our books do not add up; trading is halted on disk already.
            VenueError: a read failed; nothing is concluded from it.
        """
        try:
            async with asyncio.timeout(self._ports.terms.deadline.total_seconds()):
                await self._reconciler.run()
        except InvariantError as error:
            self._break(error)
            await self._withdraw()
            raise
        except TimeoutError:
            raise VenueError("the comparison took longer than a cycle may") from None
        return self._reconciler.look_again_at

    async def stop(self) -> None:
        """Cancel what rests, so that nothing fills while nobody looks."""
        await self._withdraw()
        await self._reconciler.errand.leave()

    async def _act_at_once(self, found: Finding) -> None:
        """Send what a look-out found, in a cycle of its own; the one that follows reads everything.

        Nothing is read before, as nothing can have moved; what moves by this is read right after.
        """
        ports = self._ports
        view, decision = decide_again(ports, found, self._in_force, cycle=self._cycle)
        if view.halted or decision.cancels or not decision.approved:
            return
        # On disk with the first order or what keeps it back: nothing leaves before that.
        ports.ledger.record_decision(view, decision, self._in_force, with_next=True)
        self._is_partial = True
        self._cycle += 1
        result = CycleResult(cycle=view.cycle, at=view.now, view=view, decision=decision)
        try:
            await act(ports, view, decision)
        finally:  # no order waits for a log or a screen
            self._decided(replace(result, strategies=self._in_force))
            report_decision(ports, decision)

    async def _run(self, cycle: int, at: datetime) -> CycleResult:
        ports = self._ports
        files = ports.strategies.reload()
        for edit in files.edits:
            said = {"option": edit.option, "old": edit.old, "new": edit.new}
            ports.report("strategy.loaded", risk_event=edit.event, **said)
        self._tell_broken(files.broken)
        strategies = (*files.strategies, *files.removed)
        await ports.market_data.refresh()
        await self._reconciler.run()
        self._in_force = strategies
        removed = frozenset(strategy.event for strategy in files.removed)
        view = await gather(
            ports,
            cycle=cycle,
            strategies=strategies,
            removed=removed,
            can_merge=ports.venue.can_redeem,
        )
        self._reconciler.markets = tuple(m.market for e in view.events for m in e.markets)
        stop = self._reconciler.stop
        if not view.halted and not stop:
            view = due_at_once(view, self._interrupted)
            self._interrupted = {}
        decision = decide(view, strategies)
        self._record(view, decision, strategies)
        result = CycleResult(
            cycle=cycle,
            at=at,
            view=view,
            decision=decision,
            strategies=strategies,
            broken=files.broken,
        )
        self._decided(result)
        ports.ledger.track_record.write(view, decision, strategies)
        ports.ledger.record_equity(view, decision)
        if view.halted or stop:  # due at once when trading goes on
            self._interrupted |= {intent.event: intent for intent in decision.approved}
        if view.halted:
            for intent in decision.approved:
                ports.ledger.record_withheld(intent, ports.clock.now(), f"halted: {view.halted}")
            await self._withdraw()
        elif decision.cancels or decision.approved:
            await act(ports, view, decision, stop=stop)
            await ports.market_data.refresh()
            await self._reconciler.run()
        await self._outcomes.look(view)
        return result

    def _record(self, view: View, decision: Decision, strategies: Sequence[Strategy]) -> None:
        """Write down and tell what was decided, if anything is new in it.

        An event may stay frozen for days; `status` says so all the time.
        """
        ledger = self._ports.ledger
        frozen = _frozen(decision)
        known = dict(frozen.items() & self._frozen.items())
        rest = tuple(event for event in decision.events if event.event not in known)
        news = self._is_partial or not is_quiet(structs.replace(decision, events=rest))
        with ledger.transaction():
            tell_refusals(self._ports, decision)
            if news:
                ledger.record_decision(view, decision, strategies)
            else:
                ledger.record_memories(decision)
        self._frozen, self._is_partial = frozen, False
        if news:
            report_decision(self._ports, decision)

    def _break(self, error: InvariantError) -> None:
        """Halt, on disk first: to report it may fail too."""
        self._ports.ledger.record_halt(str(error), self._ports.clock.now())
        self._ports.report("invariant.broken", cycle=self._cycle, error=str(error))

    async def _withdraw(self) -> None:
        try:
            if await cancel_all(self._ports):
                await self._reconciler.run()
        except BotError as error:
            if isinstance(error, InvariantError):
                self._ports.ledger.record_halt(str(error), self._ports.clock.now())
            self._ports.report("cycle.skipped", cycle=self._cycle, error=f"cancelling: {error}")

    def _skip(self, at: datetime, why: str) -> CycleResult:
        self._ports.report("cycle.skipped", cycle=self._cycle, error=why)
        return CycleResult(cycle=self._cycle, at=at, view=None, decision=None, skipped=why)

    def _finish(self, result: CycleResult, started: float) -> None:
        ports = self._ports
        decision = result.decision
        duration = ports.clock.monotonic() - started
        counts = {
            "intents": len(decision.approved) if decision else 0,
            "denials": len(decision.denials) if decision else 0,
            "cancels": len(decision.cancels) if decision else 0,
            "skipped": int(bool(result.skipped)),
        }
        ports.ledger.record_cycle(
            result.cycle, result.at, duration_ms=round(duration * 1000, 3), counts=counts
        )
        amiss = _amiss(result) | dict(ports.portfolio.failing) | self._reconciler.amiss()
        amiss |= say_refused(ports)
        ports.ledger.record_standing(amiss, result.at)
        if decision is None:
            return
        ports.report(
            "cycle.finished", cycle=result.cycle, duration_ms=int(duration * 1000), **counts
        )

    def _tell_broken(self, broken: Mapping[str, str]) -> None:
        """Report each strategy file that cannot be used, once."""
        for path, why in broken.items():
            if self._broken.get(path) != why:
                self._ports.report("strategy.loaded", path=path, problem=why)
        self._broken = broken


def _frozen(decision: Decision) -> dict[EventId, str]:
    """Return the code of the reason for which each frozen event is."""
    return {
        event.event: event.reasons[0].code
        for event in decision.events
        if event.verdict is Verdict.FROZEN
    }


def _amiss(result: CycleResult) -> dict[str, str]:
    """Return what a person should look at: what it concerns -> why."""
    amiss = dict(result.broken)
    if result.skipped:
        amiss["cycle"] = result.skipped
    if result.decision is None:
        return amiss
    for event in result.decision.events:
        if event.verdict is Verdict.FROZEN and event.reasons:
            amiss[event.event] = event.reasons[0].text
    for note in result.decision.notes:
        amiss[note.code.lower()] = note.text
    return amiss

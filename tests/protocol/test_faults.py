"""Hedges live through everything the venue does wrong: one daemon, one exchange, fault by fault."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from bot.engine.cycle import CycleResult
from bot.model.decision import Verdict
from bot.model.orders import OrderStatus
from bot.model.units import EventId
from bot.sandbox.faults import Fault, Silence
from tests.protocol.books import Shelf, recorded, self_made
from tests.protocol.stage import (
    BITCOIN,
    CALM,
    CENT,
    FED,
    MARKET_OF,
    RECESSION,
    TENTH,
    Stage,
    staged,
)

pytestmark = pytest.mark.simulation


@pytest.fixture(params=["self-made", "recorded"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """Books to show; the recorded ones are skipped where the recording is absent."""
    if request.param == "self-made":
        return self_made
    pytest.importorskip("pyarrow")
    folder: Path = request.getfixturevalue("shared_data")
    return recorded(folder / "polymarket_l2_books")


def is_frozen(stage: Stage, event: EventId, code: str) -> Callable[[CycleResult], bool]:
    """Whether the event was frozen for this reason."""

    def holds(result: CycleResult) -> bool:
        return stage.said(result, event).verdict is Verdict.FROZEN and code in stage.codes(
            result, event
        )

    return holds


def is_verdict(stage: Stage, event: EventId, verdict: Verdict) -> Callable[[CycleResult], bool]:
    return lambda result: stage.said(result, event).verdict is verdict


async def test_hedges_live_through_every_fault(tmp_path: Path, shelf: Shelf) -> None:
    async with staged(tmp_path, shelf) as stage:
        await hedges_open(stage)
        await socket_drops(stage)
        await socket_falls_silent(stage)
        await tick_changes(stage)
        await books_are_rate_limited(stage)
        await directory_fails(stage)
        await pages_are_cut(stage)
        await reason_goes_away(stage)
        await markets_close_and_resolve(stage)

        totals = stage.running.ports.ledger.totals()
        assert totals.gap_usd == 0
        assert stage.orders_checked >= 8


async def hedges_open(stage: Stage) -> None:
    """Both kinds of market are found and hedged; one order rests."""
    await stage.cycles_until(lambda _: min(stage.held(FED), stage.held(RECESSION)) > 0)
    await stage.cycles_until(lambda _: len(stage.resting()) == 1)
    assert stage.held(BITCOIN) == 0
    await stage.until(lambda: len(stage.sandbox.channel.subscribed) == 3)


async def socket_drops(stage: Stage) -> None:
    """What changes meanwhile is read over REST, and acted on; the stream comes back."""
    before = stage.held(FED)
    stage.sandbox.channel.drop_sockets()
    await stage.until(lambda: stage.told("source.failed", "stream") == 1)
    stage.move(FED, 46)
    result = await stage.cycles_until(is_verdict(stage, FED, Verdict.ADD))
    assert stage.codes(result, FED) == {"WORTH_IT"}
    assert stage.held(FED) > before
    await stage.until(lambda: len(stage.sandbox.channel.subscribed) == 3)
    stage.move(FED, 47)
    await stage.until(lambda: stage.told("source.recovered", "stream") == 1)


async def socket_falls_silent(stage: Stage) -> None:
    """Pings are answered, nothing else comes: a snapshot finds out, and the stream is renewed."""
    before, opened = stage.held(RECESSION), stage.sandbox.channel.opened
    stage.sandbox.faults.silence = Silence.PONG_ONLY
    stage.move(RECESSION, 45)
    await stage.cycles_until(is_verdict(stage, RECESSION, Verdict.ADD))
    assert stage.held(RECESSION) > before
    await stage.until(lambda: stage.sandbox.channel.opened > opened)
    await stage.until(lambda: stage.told("source.failed", "silent") >= 1)
    stage.sandbox.faults.clear()
    stage.sandbox.channel.drop_sockets()
    await stage.until(lambda: len(stage.sandbox.channel.subscribed) == 3)


async def tick_changes(stage: Stage) -> None:
    """A coarser tick ends the order that rests off it; a finer one is used at once."""
    (order_id,) = stage.resting()
    stage.change(BITCOIN, tick=CENT)
    stage.move(BITCOIN, 30)
    await stage.cycles_until(lambda _: not stage.resting())
    ended = stage.running.ports.ledger.order(order_id)
    assert ended is not None
    assert ended.limit % CENT != 0
    assert ended.status is OrderStatus.CANCELLED
    assert stage.held(BITCOIN) == 0
    stage.move(BITCOIN, 22)  # it has rested; now it takes
    await stage.cycles_until(is_verdict(stage, BITCOIN, Verdict.OPEN))
    assert stage.held(BITCOIN) > 0

    before = stage.held(FED)
    stage.change(FED, tick=TENTH)
    await stage.cycles_until(lambda result: stage.seen_tick(result, FED) == TENTH)
    stage.move(FED, 63)
    await stage.cycles_until(is_verdict(stage, FED, Verdict.ADD))
    assert stage.held(FED) > before


async def books_are_rate_limited(stage: Stage) -> None:
    """With a silent stream and 429 nobody vouches for the books: all freeze, none is traded."""
    before = stage.held(RECESSION)
    stage.sandbox.faults.silence = Silence.DEAD
    stage.sandbox.faults.add(Fault.STATUS, path="/clob/books", status=429, retry_after=0)
    stage.move(RECESSION, 65)
    result = await stage.cycles_until(is_frozen(stage, RECESSION, "STALE_BOOK"))
    assert "max_quote_age" in stage.said(result, RECESSION).reasons[0].text
    await stage.cycles_until(is_frozen(stage, FED, "STALE_BOOK"))
    assert stage.held(RECESSION) == before

    stage.sandbox.faults.clear()
    await stage.cycles_until(is_verdict(stage, RECESSION, Verdict.ADD))
    assert stage.held(RECESSION) > before


async def directory_fails(stage: Stage) -> None:
    """5xx from the directory freezes each event, once what it last said of its market is old."""
    stage.sandbox.faults.add(Fault.STATUS, path="/gamma", status=503)
    result = await stage.cycles_until(is_frozen(stage, BITCOIN, "SOURCE"))
    assert "HTTP 503" in stage.said(result, BITCOIN).reasons[0].text
    stage.move(BITCOIN, 46)
    assert is_frozen(stage, BITCOIN, "SOURCE")(await stage.cycle())
    assert not stage.resting()

    stage.sandbox.faults.clear()
    await stage.cycles_until(is_verdict(stage, BITCOIN, Verdict.ADD))
    assert len(stage.resting()) == 1


async def pages_are_cut(stage: Stage) -> None:
    """A page that ends early, or hides that there is more, is refused whole."""
    before = stage.held(FED)
    for fault, words in ((Fault.CUT, "Gamma"), (Fault.NO_CURSOR, "cannot be told from a page")):
        stage.sandbox.faults.add(fault, path="/gamma/events/keyset")
        result = await stage.cycles_until(is_frozen(stage, FED, "SOURCE"))
        assert words in stage.said(result, FED).reasons[0].text
        stage.sandbox.faults.clear()
        await stage.cycles_until(is_verdict(stage, FED, Verdict.QUIET))
    stage.sandbox.faults.add(Fault.CUT, path="/gamma/markets/keyset")
    await stage.cycles_until(is_frozen(stage, BITCOIN, "SOURCE"))
    await stage.cycles_until(lambda _: not stage.resting())  # nobody watches it: withdrawn
    stage.sandbox.faults.clear()

    stage.sandbox.faults.silence = Silence.DEAD
    stage.sandbox.faults.add(Fault.CUT, path="/clob/books")
    stage.move(FED, 54)
    await stage.cycles_until(is_frozen(stage, FED, "STALE_BOOK"))
    stage.sandbox.faults.clear()
    await stage.cycles_until(is_verdict(stage, FED, Verdict.HOLD))
    assert stage.held(FED) == before


async def reason_goes_away(stage: Stage) -> None:
    """A small probability closes the hedge at the book that shows it; another's trouble waits."""
    await stage.cycles_until(is_verdict(stage, BITCOIN, Verdict.QUIET))
    stage.sandbox.faults.add(Fault.NO_CURSOR, path="/gamma/events/keyset")
    await stage.cycles_until(is_frozen(stage, FED, "SOURCE"))
    stage.move(BITCOIN, 8)
    result = await stage.cycles_until(is_verdict(stage, BITCOIN, Verdict.CLOSE))
    assert "PROBABILITY_GONE" in stage.codes(result, BITCOIN)
    assert stage.said(result, FED).verdict is Verdict.FROZEN
    assert stage.held(BITCOIN) == 0
    assert stage.counts["closed"] == 1
    stage.sandbox.faults.clear()


async def markets_close_and_resolve(stage: Stage) -> None:
    """A closed market waits; a resolved one is paid: 1 USD a share, or half."""
    ledger = stage.running.ports.ledger
    for event, payout in ((FED, Decimal(1)), (RECESSION, Decimal("0.5"))):
        shares, cash = stage.held(event), ledger.totals().cash_usd
        stage.change(event, closed=True, accepting_orders=False)
        result = await stage.cycles_until(is_verdict(stage, event, Verdict.HOLD))
        assert "WAITS_FOR_RESOLUTION" in stage.codes(result, event)
        stage.change(event, payouts=(payout, 1 - payout))
        await stage.cycles_until(lambda _, event=event: stage.held(event) == 0)  # type: ignore[misc]
        assert ledger.totals().cash_usd == cash + shares * payout
    assert stage.counts["settled"] == 2


async def test_quiet_cycle_asks_nothing_that_was_just_answered(tmp_path: Path) -> None:
    async with staged(tmp_path, self_made, CALM) as stage:
        await stage.cycle()
        first = stage.asked("/gamma")
        assert len(first) == 5  # the list of a series has two pages, and its number is asked for
        await stage.cycle()
        assert stage.asked("/gamma") == first


async def test_silent_directory_does_not_hold_up_cycle_after_cycle(tmp_path: Path) -> None:
    async with staged(tmp_path, self_made) as stage:
        await stage.cycle()
        stage.sandbox.faults.add(Fault.HANG, path="/gamma")
        await stage.cycles_until(is_frozen(stage, FED, "SOURCE"))
        before = len(stage.asked("/gamma"))
        result = await stage.cycle()

        assert {stage.said(result, event).verdict for event in MARKET_OF} == {Verdict.FROZEN}
        assert len(stage.asked("/gamma")) <= before + 2  # one try at a time until it answers
        stage.sandbox.faults.clear()
        await stage.cycles_until(is_verdict(stage, FED, Verdict.QUIET))

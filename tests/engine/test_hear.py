"""Signals in a cycle: asked, frozen when silent, scored when their markets resolve."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BadData, SourceDown
from bot.ledger.record import Awaited
from bot.model.decision import Verdict
from bot.model.portfolio import Reading
from bot.model.signal import Estimate, Get, Outlook, Raw
from bot.model.units import ConditionId
from tests.core.builders import make_holding, make_portfolio
from tests.engine.world import World, make_strategy
from tests.fakes import make_market


class Spoken:
    """A signal that says what a test sets."""

    def __init__(self) -> None:
        self.says: float | Exception = 0.3
        self.asked: list[Outlook] = []

    async def fetch(self, get: Get) -> Raw:
        if isinstance(self.says, Exception):
            raise self.says
        return ()

    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:
        self.asked.append(outlook)
        assert isinstance(self.says, float)
        return Estimate(
            signal="spoken", probability=self.says, as_of=outlook.now, source="test", note="said"
        )


def make_world(folder: Path, signal: Spoken) -> World:
    strategy = replace(make_strategy(), signals=(("spoken", signal), ("spoken-2", signal)))
    world = World(folder, strategies=(strategy,))
    world.portfolio.portfolio = make_portfolio(
        make_holding(usd=50_000.0),
        make_holding("TLT", 150_000.0, sector="bonds"),
        readings={"VIX": Reading(name="VIX", number=20.0, as_of=world.clock.now())},
    )
    world.show()
    return world


def resolved(payout: str = "1", **named: Any) -> Any:
    other = "0" if payout == "1" else "1"
    return make_market(closed=True, accepting_orders=False, payouts=(payout, other), **named)


async def test_signals_are_heard_and_recorded_by_their_keys(tmp_path: Path) -> None:
    signal = Spoken()
    world = make_world(tmp_path, signal)
    result = await world.cycle()

    assert result.decision is not None
    forecast = result.decision.events[0].forecast
    assert forecast is not None
    assert [each.signal for each in forecast.estimates] == ["spoken", "spoken-2"]
    assert forecast.notes == ("2 signals count as 1.0: they hang together",)
    outlook = signal.asked[0]
    assert outlook.market == pytest.approx(0.115)
    assert outlook.readings["VIX"].number == 20.0
    (awaited,) = world.ledger.awaited()
    assert awaited.estimates == {"spoken": 0.3, "spoken-2": 0.3}


async def test_a_recorded_decision_with_signals_comes_out_the_same(tmp_path: Path) -> None:
    world = make_world(tmp_path, Spoken())
    result = await world.cycle()
    recorded = world.ledger.decision(result.cycle)
    assert recorded.view == result.view
    assert recorded.decision == result.decision


@pytest.mark.parametrize("error", [BadData("too short"), SourceDown("not there")])
async def test_a_signal_that_cannot_speak_freezes_its_event(
    tmp_path: Path, error: Exception
) -> None:
    signal = Spoken()
    signal.says = error
    world = make_world(tmp_path, signal)
    result = await world.cycle()

    assert result.decision is not None
    assert result.decision.events[0].verdict is Verdict.FROZEN
    assert result.decision.events[0].reasons[0].text == str(error)
    assert result.decision.approved == ()


async def test_a_closed_market_is_not_asked_about(tmp_path: Path) -> None:
    signal = Spoken()
    world = make_world(tmp_path, signal)
    world.market_data.change(resolved())
    await world.cycle()
    assert signal.asked == []


async def test_what_a_forecast_market_came_to_is_recorded_within_the_hour(tmp_path: Path) -> None:
    world = make_world(tmp_path, Spoken())
    await world.cycle()
    world.market_data.change(resolved())
    for seconds, count in ((300, 0), (3600, 1), (3600, 1)):
        world.clock.advance(seconds)
        world.show()
        await world.cycle()
        assert len(world.ledger.scored()) == count
    assert world.ledger.scored()[0].payout == 1.0


async def test_a_disputed_outcome_is_not_one_yet(tmp_path: Path) -> None:
    world = make_world(tmp_path, Spoken())
    await world.cycle()
    world.market_data.change(resolved(disputed=True))
    world.clock.advance(3700)
    await world.cycle()
    assert world.ledger.scored() == ()


async def test_a_market_that_left_the_view_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, Spoken())
    await world.cycle()
    (awaited,) = world.ledger.awaited()
    elsewhere = awaited._replace(token_id=resolved().token_ids[1])
    asked: list[ConditionId] = []
    down = True

    async def market(condition_id: ConditionId) -> Any:
        asked.append(condition_id)
        if down:
            raise SourceDown("gamma does not answer")
        return resolved()

    def gone() -> tuple[Awaited, ...]:
        return () if world.ledger.scored() else (elsewhere,)

    monkeypatch.setattr(world.market_data, "market", market)
    monkeypatch.setattr(world.ledger, "awaited", gone)
    for seconds in (3700, 3700):
        world.clock.advance(seconds)
        world.show()
        await world.cycle()
    down = False
    world.clock.advance(3700)
    world.show()
    await world.cycle()

    assert len(asked) >= 3
    assert [keys["error"] for keys in world.said("source.failed")] == ["gamma does not answer"]
    rows = world.ledger._db.execute("SELECT token_id, payout FROM outcomes").fetchall()
    assert [tuple(row) for row in rows] == [(elsewhere.token_id, 0.0)]


async def test_what_was_learned_is_used_in_the_next_cycle(tmp_path: Path) -> None:
    world = make_world(tmp_path, Spoken())
    first = await world.cycle()
    assert first.view is not None
    assert first.view.learned.signals == {}
    world.ledger.track_record.write_outcome(
        world.ledger.awaited()[0].token_id, 1.0, world.clock.now()
    )
    world.clock.advance(300)
    world.show()
    second = await world.cycle()
    assert second.view is not None
    assert set(second.view.learned.signals) == {"spoken", "spoken-2"}
    assert isinstance(second.at, datetime)
    assert second.at - first.at >= timedelta(seconds=300)

"""The track record: one forecast a day and market, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.decide import decide
from bot.errors import InvariantError
from bot.ledger import Ledger, LedgerReader
from bot.model.signal import Estimate
from bot.model.strategy import OwnView, Strategy
from bot.model.units import TokenId
from bot.model.view import View
from tests.core.builders import make_event, make_market_view, make_strategy, make_view
from tests.fakes import START, YES


def seen(*, hours: float = 0.0, said: float = 0.3) -> View:
    """Return a view of the one event with one signal."""
    at = START + timedelta(hours=hours)
    estimate = Estimate(signal="hazard", probability=said, as_of=at, source="past", note="")
    market = replace(make_market_view(confirmed_at=at), estimates=(estimate,))
    return make_view(make_event(market), now=at)


def remember(ledger: Ledger, view: View, strategy: Strategy | None = None) -> None:
    strategies = (strategy or make_strategy(),)
    ledger.track_record.write(view, decide(view, strategies), strategies)


def test_a_day_has_one_forecast_of_a_market(ledger: Ledger) -> None:
    for hours, said in ((0, 0.3), (5, 0.4), (24, 0.5)):
        remember(ledger, seen(hours=hours, said=said))
    ledger.track_record.forget()  # as after a restart
    remember(ledger, seen(hours=25, said=0.6))

    (awaited,) = ledger.awaited()
    assert awaited.token_id == YES
    assert awaited.estimates == {"hazard": 0.5}
    assert ledger.scored() == ()

    ledger.track_record.write_outcome(TokenId(YES), 1.0, START + timedelta(days=30))
    assert ledger.awaited() == ()
    assert [each.estimates["hazard"] for each in ledger.scored()] == [0.3, 0.5]


def test_a_scored_forecast_has_all_that_can_be_learned_from(ledger: Ledger) -> None:
    strategy = replace(make_strategy(own_view=OwnView(probability=0.2, weight=0.1)), category="fed")
    view = seen()
    remember(ledger, view, strategy)
    ledger.track_record.write_outcome(TokenId(YES), 0.5, START + timedelta(days=30))

    (found,) = ledger.scored()
    forecast = decide(view, (strategy,)).events[0].forecast
    assert forecast is not None
    assert (found.event, found.category, found.payout) == (strategy.event, "fed", 0.5)
    assert (found.at, found.ends_at) == (START, view.events[0].markets[0].market.ends_at)
    assert (found.market, found.probability) == (forecast.market, forecast.probability)
    assert found.estimates == {"hazard": 0.3, "own_view": 0.2}
    assert found.prior_weight == forecast.prior_weight > 0


def test_a_frozen_event_has_no_forecast_to_record(ledger: Ledger) -> None:
    view = make_view(make_event(make_market_view(quoted=False)))
    remember(ledger, view)
    assert ledger.awaited() == ()


def test_a_market_without_an_end_is_recorded_too(ledger: Ledger) -> None:
    view = make_view()
    market = view.events[0].markets[0]
    endless = replace(market, market=replace(market.market, ends_at=None))
    remember(ledger, replace(view, events=(replace(view.events[0], markets=(endless,)),)))
    assert [each.ends_at for each in ledger.awaited()] == [None]


def test_a_record_is_never_changed(ledger: Ledger) -> None:
    remember(ledger, seen())
    ledger.track_record.write_outcome(TokenId(YES), 1.0, START)
    for statement in ("UPDATE forecasts SET market = 0.1", "DELETE FROM outcomes"):
        with pytest.raises(InvariantError, match="append-only"), ledger.transaction():
            ledger._db.execute(statement)


def test_what_was_undone_is_written_again(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction():
            remember(ledger, seen())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ledger.awaited() == ()
    remember(ledger, seen())
    assert len(ledger.awaited()) == 1


def test_a_reader_sees_the_record(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "x.db", mode="paper")
    remember(ledger, seen())
    ledger.close()
    reader = LedgerReader.open(tmp_path / "x.db")
    assert len(reader.awaited()) == 1
    reader.close()

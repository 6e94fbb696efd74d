"""`polyhedge forecast`: the track record in words, in JSON and as a plot."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.app.track import Track, read_track
from bot.cli.show.forecast import render_track
from bot.cli.show.reliability import draw_reliability
from bot.core.track import score_track
from bot.errors import LedgerError
from bot.ledger import Ledger, LedgerReader
from bot.ledger.record import Awaited
from bot.model.signal import (
    NOTHING_LEARNED,
    Calibration,
    Learned,
    Scored,
    SignalLesson,
)
from bot.model.units import ConditionId, EventId, TokenId
from tests.cli.conftest import Typed
from tests.cli.printing import words_of
from tests.fakes import START
from tests.rules.series import walk

START_OF_PRACTICE = datetime(2026, 1, 5, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def scored(count: int = 6) -> list[Scored]:
    return [
        Scored(
            event=f"e{place % 3}",
            token_id=f"t{place}",
            category="",
            at=START,
            ends_at=START + timedelta(days=8),
            market=0.1 + 0.1 * place,
            probability=0.15 + 0.1 * place,
            estimates={"hazard": 0.3},
            prior_weight=0.05,
            payout=float(place % 2),
        )
        for place in range(count)
    ]


def awaited(**estimates: float) -> Awaited:
    return Awaited(
        event=EventId("fed-hike"),
        condition_id=ConditionId("0x01"),
        token_id=TokenId("1"),
        at=START,
        ends_at=None if not estimates else START + timedelta(days=20),
        market=0.2,
        probability=0.25,
        estimates=estimates,
    )


def track(**changes: object) -> Track:
    plain: dict[str, object] = {
        "awaited": (awaited(hazard=0.31),),
        "resolved": 6,
        "scores": score_track(scored()),
        "learned": NOTHING_LEARNED,
    }
    return Track(**(plain | changes))  # type: ignore[arg-type]


def test_without_any_forecast_it_says_where_they_come_from() -> None:
    said = words_of(render_track(track(awaited=(), resolved=0, scores=()), width=100))
    assert said == "No forecast is recorded yet; `polyhedge run` records one a day and market."


def test_a_forecast_of_few_sources_or_of_signals_that_hang_together_says_so() -> None:
    few = words_of(render_track(track(awaited=(awaited(own_view=0.3),)), width=100))
    assert "fed-hike: only 2 of 3 sources: market, own_view" in few
    signals = awaited(hazard=0.3, base_rate=0.3)
    alike = Learned(correlations={"base_rate|hazard": 0.9}, calibrations={}, signals={})
    said = words_of(render_track(track(awaited=(signals,), learned=alike), width=100))
    assert "fed-hike: 2 signals count as 1.1: they hang together" in said
    apart = Learned(correlations={"base_rate|hazard": 0.0}, calibrations={}, signals={})
    said = words_of(render_track(track(awaited=(signals,), learned=apart), width=100))
    assert "fed-hike:" not in said


def test_forecasts_without_a_resolution_have_no_score() -> None:
    said = words_of(render_track(track(awaited=(awaited(),), resolved=0, scores=()), width=100))
    assert "fed-hike" in said
    assert "20.0% 25.0% -" in said
    assert "None of them has resolved yet: there is no score." in said


def test_each_source_stands_beside_the_market() -> None:
    said = words_of(render_track(track(), width=100))
    assert "hazard 31.0%" in said
    for source in ("market first 6 3", "forecast 7 d 6 3", "hazard 1 d 6 3"):
        assert source in said
    assert "6 resolved markets prove nothing yet: some 100 are needed." in said


def test_what_was_learned_is_said() -> None:
    learned = Learned(
        calibrations={
            "": Calibration(intercept=0.1, slope_change=-0.05, events=120),
            "fed": Calibration(intercept=0.0, slope_change=0.2, events=30),
        },
        signals={"hazard": SignalLesson(weight_change=-0.02, events=40)},
    )
    said = words_of(render_track(track(learned=learned, resolved=150), width=100))
    assert "prove nothing" not in said
    assert "learned of the market: log-odds +0.100 and slope -0.050, from 120 markets" in said
    assert "learned of the market, category fed: log-odds +0.000 and slope +0.200" in said
    assert "learned of hazard: weight -0.020, from 40 markets" in said


def test_one_event_has_no_interval() -> None:
    alone = [each for each in scored() if each.event == "e0"]
    said = words_of(render_track(track(scores=score_track(alone)), width=100))
    assert "(one event)" in said


def test_the_plot_has_a_circle_for_each_bin_of_market_and_forecast() -> None:
    drawn = ET.fromstring(draw_reliability(score_track(scored())))  # noqa: S314 - our own
    titles = [found.text or "" for found in drawn.iter(f"{SVG}title")]
    assert len(titles) == 12
    assert titles[0] == "market: said 10.0%, happened 0.0%, 1 times"
    assert not any("hazard" in title for title in titles)


def test_a_plot_without_scores_has_its_axes() -> None:
    drawn = ET.fromstring(draw_reliability(()))  # noqa: S314 - our own
    assert [found.get("class") for found in drawn.iter(f"{SVG}circle")] == ["legend", "legend"]
    assert list(drawn.iter(f"{SVG}title")) == []
    assert "said (no market has resolved yet)" in [t.text for t in drawn.iter(f"{SVG}text")]


def test_a_circle_has_the_line_of_what_chance_alone_would_do() -> None:
    """Wilson's interval of 1 in 1: from 20.7% to 100%."""
    (one,) = [each for each in scored() if each.token_id == "t1"]
    drawn = ET.fromstring(draw_reliability(score_track([one])))  # noqa: S314 - our own
    line = [path.get("d") for path in drawn.iter(f"{SVG}path")][-1]
    assert line is not None
    low, high = (float(part) for part in line.split(" ")[1].split("V"))
    assert (384.0 - low) / 328.0 == pytest.approx(0.2065, abs=1e-3)
    assert high == 56.0


def test_a_ledger_is_read_whole(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "x.db", mode="paper")
    assert read_track(ledger) == Track(awaited=(), resolved=0, scores=(), learned=NOTHING_LEARNED)
    ledger.close()


def test_practice_leaves_a_record_that_can_be_shown(started: Path, type_in: Typed) -> None:
    assert type_in("run", "--for", "45d").exit_code == 0
    shown = type_in("forecast", "--plot", "r.svg")
    assert shown.exit_code == 0, shown.output
    assert "recession" in shown.output
    assert (started / "r.svg").read_text(encoding="utf-8").startswith("<svg")

    found = json.loads(type_in("forecast", "--json").output)
    assert found["resolved"] > 0
    assert {each["source"] for each in found["scores"]} >= {"market", "forecast", "own_view"}
    assert found["awaited"]
    assert found["weaknesses"]["recession"] == ["only 1 of 3 sources: market"]


def test_a_plot_that_cannot_be_written_is_the_users_to_fix(started: Path, type_in: Typed) -> None:
    assert type_in("run", "--for", "1d").exit_code == 0
    failed = type_in("forecast", "--plot", "nowhere/r.svg")
    assert failed.exit_code == 2
    assert "nowhere/r.svg: cannot be written" in failed.output
    assert "Name another file with --plot." in failed.output


def test_a_strategy_with_signals_and_watching_triggers_runs_from_file_to_explain(
    started: Path, type_in: Typed
) -> None:
    (started / "prices").mkdir()
    before = [reading.number for reading in walk(450, start=95_000.0)]
    closes = [*before, 95_500.0, 94_800.0, 95_100.0, 70_000.0, 70_300.0, *[70_000.0] * 20]
    first = START_OF_PRACTICE - timedelta(days=450)
    rows = "".join(
        f"{first + timedelta(days=day):%Y-%m-%d},{close:.2f}\n" for day, close in enumerate(closes)
    )
    (started / "prices/BTC.csv").write_text(f"as_of,price\n{rows}", encoding="utf-8")
    config = started / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace(
            "  readings: [VIX]\n",
            "  readings: [VIX]\n  computed: {btc_vol: {rule: volatility, file: prices/BTC.csv}}\n",
        ),
        encoding="utf-8",
    )
    strategy = started / "strategies/btc-below-60k.yaml"
    text = strategy.read_text(encoding="utf-8")
    assert "  signals: [market, own_view]\n" in text
    watching = "{reading: btc_vol, above: 90, until: 80, cooldown: 2d}"
    strategy.write_text(
        f"{text}triggers:\n  - volatility: {watching}\n".replace(
            "  signals: [market, own_view]\n",
            "  signals:\n    - market\n    - own_view\n"
            "    - vol_implied: {file: prices/BTC.csv, below: 60000, when: any_time}\n",
        ),
        encoding="utf-8",
    )
    for file in (started / "strategies").glob("*.yaml"):
        if file != strategy:
            file.unlink()

    assert type_in("check").exit_code == 0
    assert type_in("run", "--for", "10d").exit_code == 0
    explained = type_in("explain", str(cycle_of("volatility", started / "ledger"))).output
    said = " ".join(explained.split())
    assert "volatility: btc_vol passed to" in said
    assert "threshold 90, hysteresis 10, then not before 48 h)" in said
    assert "vol_implied" in said
    assert "touches below 60,000 from 70,000 in" in said
    assert "Decided again: the same, byte for byte" in said
    assert "vol_implied" in type_in("forecast").output


def cycle_of(trigger: str, folder: Path) -> int:
    """Return the first cycle whose plan was made because of this trigger."""
    reader = LedgerReader.open(folder / "practice.db")
    try:
        last = reader.last_decision_cycle() or 0
        for cycle in range(1, last + 1):
            with suppress(LedgerError):
                decision = reader.decision(cycle).decision
                if any(f.trigger == trigger for e in decision.events for f in e.firings):
                    return cycle
    finally:
        reader.close()
    raise AssertionError(f"{trigger} never fired")

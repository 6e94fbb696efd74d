"""`polyhedge stress` from files to words: hedges held now, falls of the past, and gaps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import bot.app.stress as episodes
from bot.app.stress import Episode, Period, run_episodes
from bot.config import Settings
from bot.ledger import LedgerReader
from tests.cli.conftest import Typed, here, started, type_in
from tests.history.worlds import CONFIG, Recorded, at, days, make_row, write_config

__all__ = ["here", "started", "type_in"]

SPRING = Period(name="spring", since=at("02-28"), until=at("03-25"))
FALLING = [(day, 500.0) for day in days("2024-02-20", 20)] + [
    (day, 400.0 + number) for number, day in enumerate(days("2024-03-11", 20))
]


def run_one(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, period: Period = SPRING
) -> Episode:
    monkeypatch.setattr(episodes, "PERIODS", (period,))
    told: list[Period] = []
    (found,) = run_episodes(settings, folder, seen=told.append)
    assert told == [period]
    return found


def test_hedges_of_an_episode_are_those_of_a_backtest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Recorded(closes={"SPY": FALLING}).write(tmp_path / "data")
    settings = write_config(tmp_path)

    found = run_one(settings, data, monkeypatch)

    # 100,000 USD fall to 80,000 beside 4,000 USD of cash.
    assert found.drawdown == pytest.approx(20_000 / 104_000)
    assert found.drawdown_usd_est == pytest.approx(20_000)
    assert found.hedges == 1
    assert found.premium_usd > 0
    assert found.brought_usd > 2 * found.premium_usd  # bought at 21c to 23c, paid out at 1 USD
    assert found.hedged_drawdown is not None
    assert found.hedged_drawdown != found.drawdown
    assert "1 hedge cost" in found.sentence
    assert not Path(settings.ledger).exists()


def test_where_no_usable_prices_were_nothing_is_said_of_hedges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes = {"SPY": [(f"2020{day[4:]}", close) for day, close in FALLING]}
    data = Recorded(closes=closes).write(tmp_path / "data")
    covid = Period(
        name="2020", since=at("02-28").replace(year=2020), until=at("03-25").replace(year=2020)
    )

    found = run_one(write_config(tmp_path), data, monkeypatch, covid)

    assert found.drawdown == pytest.approx(20_000 / 104_000)
    assert found.hedged_drawdown is None
    assert found.hedges == 0
    assert "no usable event prices here" in found.sentence
    assert "not known" in found.sentence


def test_prices_without_a_hedge_are_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = [(1, day, 0.6) for day in days("2024-03-01", 19)]
    data = Recorded(rows=[make_row(slug="another")], bars=bars).write(tmp_path / "data")

    found = run_one(write_config(tmp_path), data, monkeypatch)

    assert found.hedged_drawdown is None
    assert found.sentence.startswith("There were event prices, but none of these strategies")


def test_a_holding_without_prices_makes_an_episode_unknown_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Recorded(closes={"SPY": FALLING}).write(tmp_path / "data")
    before = Period(name="before", since=at("01-02"), until=at("02-10"))
    monkeypatch.setattr(episodes, "PERIODS", (before, SPRING))

    unknown, known = run_episodes(write_config(tmp_path), data, seen=lambda _: None)

    assert unknown.drawdown is None
    assert unknown.sentence.startswith("Not known: ")
    assert known.drawdown is not None


def test_a_day_is_too_short_for_a_fall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Recorded().write(tmp_path / "data")
    day = Period(name="day", since=at("03-05"), until=at("03-05"))
    found = run_one(write_config(tmp_path), data, monkeypatch, day)
    assert found.sentence == "Not known: the portfolio has no two recorded prices in this time."


def test_before_the_first_start_there_is_no_ledger_and_none_is_made(
    started: Path, type_in: Typed
) -> None:
    said = type_in("stress")

    assert said.exit_code == 0, said.output
    assert "No hedge is held" in said.stdout
    assert "name their folder with --data" in said.stdout
    assert not (started / "ledger").exists()


def held_in(folder: Path) -> int:
    reader = LedgerReader.open(folder / "ledger" / "practice.db")
    try:
        return len(reader.account(reader.last_cycle()[1]).positions)  # type: ignore[index]
    finally:
        reader.close()


def scenarios_of(said: str) -> Mapping[str, Mapping[str, object]]:
    return {each["code"]: each for each in json.loads(said)["scenarios"]}


def test_stresses_of_a_ledger_are_told_in_words_and_in_json(started: Path, type_in: Typed) -> None:
    assert type_in("run", "--for", "20d").exit_code == 0
    before = (started / "ledger" / "practice.db").read_bytes()

    words, asked = type_in("stress"), type_in("stress", "--json")

    assert words.exit_code == asked.exit_code == 0, words.output + asked.output
    assert (started / "ledger" / "practice.db").read_bytes() == before
    held = held_in(started)
    assert held > 0
    assert f"{held} hedges held" in words.stdout
    assert max(len(line) for line in words.stdout.splitlines()) <= 100
    told = json.loads(asked.stdout)
    assert told["hedges"] == held
    assert told["episodes"] is None
    found = scenarios_of(asked.stdout)
    assert "fed-hike happens" in words.stdout
    brings = {code: float(str(each["brings_usd_est"])) for code, each in found.items()}
    assert brings["SPREADS_TRIPLE"] < brings["TODAY"]
    assert 0 < brings["CORRELATION_FALLS"] < brings["ALL_HAPPEN"]
    assert all(str(each["sentence"]).endswith(".") for each in found.values())


def test_a_holding_without_a_price_is_named(here: Path, type_in: Typed) -> None:
    config = CONFIG.replace(
        "{holdings: [{symbol: SPY, value: 100000, asset_class: equity}]}",
        "{holdings: [{symbol: SPY, quantity: 10, asset_class: equity}], prices: {file: p.csv}}",
    )
    write_config(here, config)
    (here / "p.csv").write_text("symbol,price,as_of\nQQQ,1,2026-01-05\n")

    said = type_in("stress")

    assert said.exit_code == 0, said.output
    assert "not known" in said.stdout
    assert "Not known: what the portfolio is worth: no price for SPY" in said.stdout
    assert "it-happens: nothing is known of it" in said.stdout


def test_episodes_stand_in_a_table_and_a_wrong_folder_is_refused(
    here: Path, type_in: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(here)
    Recorded(closes={"SPY": FALLING}).write(here / "data")
    early = Period(name="early", since=at("01-02"), until=at("02-10"))
    monkeypatch.setattr(episodes, "PERIODS", (early, SPRING))

    said = type_in("stress", "--data", "data")
    wrong = type_in("stress", "--data", "nowhere")

    assert said.exit_code == 0, said.output
    assert "running spring" in said.stderr
    assert "19.2%" in said.stdout
    assert "20,000 USD" in said.stdout
    assert wrong.exit_code == 2
    assert "nowhere is not a folder" in wrong.stderr


def test_a_broken_strategy_is_told_and_the_others_are_stressed(
    started: Path, type_in: Typed
) -> None:
    (started / "strategies" / "fed-hike.yaml").write_text("strategy: fed-hike\n")

    said = type_in("stress", "--json")

    assert said.exit_code == 0, said.output
    assert "fed-hike.yaml" in said.stderr
    assert "EVENT_HAPPENS" in scenarios_of(said.stdout)

"""`plan`, `explain`, `exposure` and `markets` on the practice market."""

import json
from pathlib import Path

import pytest

from bot.ledger import Ledger, LedgerReader
from bot.strategy import parse_strategy
from tests.cli.conftest import Typed
from tests.cli.test_check import edit


def test_plan_before_the_first_start_sends_and_keeps_nothing(started: Path, type_in: Typed) -> None:
    answer = type_in("plan")
    assert answer.exit_code == 0, answer.output
    assert "fed-hike" in answer.stdout
    assert "Nothing was sent" in answer.stdout
    assert not (started / "ledger").exists()


def test_plan_runs_beside_a_daemon_that_has_the_ledger(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "2h")
    daemon = Ledger.open(started / "ledger" / "practice.db", mode="paper")
    try:
        answer = type_in("plan", "--json")
    finally:
        daemon.close()
    assert answer.exit_code == 0, answer.output
    plan = json.loads(answer.stdout)
    assert len(plan["events"]) == 6
    assert {event["decision"]["verdict"] for event in plan["events"]} & {"refuse", "open", "hold"}
    assert all(event["decision"]["verdict"] != "quiet" for event in plan["events"])


def test_plan_compares_other_instruments(started: Path, type_in: Typed) -> None:
    said = " ".join(type_in("plan", "--alternatives").stdout.split())
    assert "full cover by now a year per USD of cover traded here" in said
    assert "a put spread 100/" in said
    assert "volatility 45% (impact.volatility)" in said
    assert "would send" not in said
    plan = json.loads(type_in("plan", "--alternatives", "--json").stdout)
    names = {row["name"] for row in plan["events"][0]["instruments"]["rows"]}
    assert {"selling what loses", "calls on the VIX", "currencies"} < names
    assert json.loads(type_in("plan", "--json").stdout)["events"][0]["instruments"] is None


def test_plan_tells_of_a_broken_file_and_plans_the_others(started: Path, type_in: Typed) -> None:
    edit(started / "strategies" / "fed-hike.yaml", "series:", "serie:")
    answer = type_in("plan")
    assert answer.exit_code == 2  # somebody has something to mend
    assert "fed-hike.yaml:6" in answer.stderr
    assert "us-election" in answer.stdout
    answer = type_in("plan", "--json")
    assert answer.exit_code == 2
    assert len(json.loads(answer.stdout)["events"]) == 5


def test_explain_decides_the_same_again(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "2h")
    answer = type_in("explain", "1")
    assert answer.exit_code == 0, answer.output
    assert "cycle 1 at 2026-01-05 00:00 UTC" in answer.stdout
    assert "first look" in answer.stdout
    assert "the same, byte for byte" in answer.stdout


def test_explain_without_a_number_takes_the_latest(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "1d")
    reader = LedgerReader.open(started / "ledger" / "practice.db")
    last = reader.last_decision_cycle()
    reader.close()
    told = json.loads(type_in("explain", "--json").stdout)
    assert told["cycle"] == last
    assert told["same_bytes"] is True
    assert told["again"] == told["decision"]


def test_explain_of_a_cycle_that_is_not_there_says_which_are(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "1h")
    answer = type_in("explain", "99")
    assert answer.exit_code == 3
    assert "not of 99" in answer.stderr


def test_explain_before_any_decision_is_a_message(started: Path, type_in: Typed) -> None:
    Ledger.open(started / "ledger" / "practice.db", mode="paper").close()
    answer = type_in("explain")
    assert answer.exit_code == 3
    assert "no cycle has decided anything yet" in answer.stderr


def test_the_parts_of_the_map_add_up_to_the_whole(started: Path, type_in: Typed) -> None:
    answer = type_in("exposure", "--json")
    assert answer.exit_code == 0, answer.output
    drawn = json.loads(answer.stdout)
    for group in ("sector", "region", "cluster", "asset class"):
        parts = [part["usd_est"] for part in drawn["parts"] if part["group"] == group]
        assert sum(parts) == pytest.approx(drawn["portfolio_usd_est"])
    for event in drawn["events"]:
        lines = sum(line["change_usd_est"] for line in event["lines"])
        assert lines == pytest.approx(event["difference_usd_est"])
        if event["probability"] is not None:
            yes, no = event["if_it_happens_usd_est"], event["if_it_does_not_usd_est"]
            assert yes - no == pytest.approx(event["difference_usd_est"])
            p = event["probability"]
            assert p * yes + (1 - p) * no == pytest.approx(0.0, abs=1e-6)


def test_the_map_names_the_line_behind_each_figure(started: Path, type_in: Typed) -> None:
    shown = type_in("exposure").stdout
    assert "-7.00% by sector technology (strategies/fed-hike.yaml:" in shown


def test_a_search_prints_a_strategy_that_can_be_read(started: Path, type_in: Typed) -> None:
    found = json.loads(type_in("markets", "fed", "--json").stdout)
    assert found["found"] == len(found["shown"]) > 0
    strategy = parse_strategy(found["snippet"], "strategies/fed-decision.yaml")
    assert strategy.market.series == "fed-decision"
    shown = type_in("markets", "fed").stdout
    assert found["best"]["market"]["question"].split()[0] in shown
    assert "save it as strategies/fed-decision.yaml" in shown


def test_a_search_that_finds_nothing_says_so(started: Path, type_in: Typed) -> None:
    answer = type_in("markets", "no", "such", "thing")
    assert answer.exit_code == 0
    assert "No open market holds all of: no such thing" in answer.stdout

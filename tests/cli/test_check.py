"""`check` finds all that is wrong in all files at once."""

import json
from pathlib import Path

from tests.cli.conftest import Typed


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_errors_of_config_and_of_two_strategies_stand_in_one_report(
    started: Path, type_in: Typed
) -> None:
    edit(started / "config.yaml", "mode: paper", "mode: papr")
    edit(started / "strategies" / "fed-hike.yaml", "series:", "serie:")
    edit(started / "strategies" / "us-election.yaml", "limits:", "limit:")
    answer = type_in("check")
    assert answer.exit_code == 2
    assert "config.yaml:3: mode is 'papr'" in answer.stderr
    assert "fed-hike.yaml:6: event.market.serie is not an option" in answer.stderr
    assert "us-election.yaml" in answer.stderr
    assert "ok" not in answer.stdout


def test_two_lines_that_contradict_each_other_are_an_error(started: Path, type_in: Typed) -> None:
    edit(
        started / "strategies" / "us-election.yaml",
        "impact:",
        "impact:\n  sector: {technology: -9%}",
    )
    answer = type_in("check")
    assert answer.exit_code == 2
    assert "says -9.00% for QQQ" in answer.stderr


def test_a_line_that_matches_nothing_is_a_note(started: Path, type_in: Typed) -> None:
    edit(started / "strategies" / "fed-hike.yaml", "technology: -7%", "technolgy: -7%")
    answer = type_in("check")
    assert answer.exit_code == 0
    assert "note" in answer.stdout
    assert "Did you mean 'technology'?" in answer.stdout


def test_a_missing_file_of_holdings_is_named(started: Path, type_in: Typed) -> None:
    config = started / "config.yaml"
    config.write_text("portfolio: {file: holdings.csv}\n", encoding="utf-8")
    answer = type_in("check")
    assert answer.exit_code == 2
    assert "holdings.csv: cannot be read" in answer.stderr


def test_a_holding_without_a_price_in_the_file_is_an_error(started: Path, type_in: Typed) -> None:
    (started / "config.yaml").write_text(
        "portfolio: {file: holdings.csv, prices: {file: prices.csv}}\n", encoding="utf-8"
    )
    (started / "holdings.csv").write_text(
        "symbol,quantity,advisor\nQQQ,4,Ann\nXYZ,1,Ann\n", encoding="utf-8"
    )
    (started / "prices.csv").write_text(
        "symbol,price,as_of\nQQQ,500,2026-01-05\n", encoding="utf-8"
    )
    answer = type_in("check")
    assert answer.exit_code == 2
    assert "portfolio.prices has no figure for XYZ" in answer.stderr
    assert "XYZ cannot be priced" in answer.stderr
    assert "not read: advisor" in answer.stdout


def test_json_has_errors_and_notes_apart(started: Path, type_in: Typed) -> None:
    edit(started / "strategies" / "fed-hike.yaml", "series:", "serie:")
    answer = type_in("check", "--json")
    found = json.loads(answer.stdout)
    assert answer.exit_code == 2
    assert found["holdings"] == 8
    assert len(found["errors"]) == 1
    assert "us-election" in found["strategies"]


def test_the_schema_is_the_one_beside_the_strategies(started: Path, type_in: Typed) -> None:
    stored = json.loads((started / "strategies" / "strategy.schema.json").read_text("utf-8"))
    assert json.loads(type_in("check", "--schema").output) == stored


def test_a_file_that_a_signal_or_a_reading_needs_and_is_not_there_is_a_note(
    started: Path, type_in: Typed
) -> None:
    strategy = started / "strategies" / "btc-below-60k.yaml"
    signals = (
        "own_view, {vol_implied: {file: btc.csv, below: 60000}}, {sentiment: {reading: mood}}]"
    )
    edit(strategy, "own_view]", signals)
    edit(
        started / "config.yaml",
        "readings: [VIX]",
        "computed: {mood: {rule: sentiment, file: news.csv}, v: {rule: volatility, file: v.csv}}",
    )
    (started / "v.csv").write_text("as_of,price\n2026-01-05,5\n", encoding="utf-8")
    edit(started / "strategies" / "us-election.yaml", "triggers:\n", _TRIGGERS)

    answer = type_in("check")

    assert answer.exit_code == 0, answer.output
    notes = [line for line in answer.stdout.splitlines() if line.startswith("note")]
    said = "\n".join(notes)
    assert "computed.mood has nothing to go by: news.csv: cannot be read" in said
    assert "btc-below-60k.yaml: vol_implied has nothing to go by: btc.csv: cannot be" in said
    assert "v.csv" not in said
    unknown = [note for note in notes if "nothing gives the reading" in note]
    assert ["recession.yaml" in note and "VIX" in note for note in unknown] == [True]


_TRIGGERS = """triggers:
  - volatility: {reading: v.ratio, above: 2, until: 1}
  - sentiment: {reading: mood}
"""

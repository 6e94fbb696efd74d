"""`polyhedge backtest`: what a person types, and what is said when it cannot be done."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.history.worlds import CONFIG, STRATEGY, Recorded, make_row, write_config

SPAN = ("--from", "2024-02-28", "--to", "2024-03-25")


@pytest.fixture
def folder(here: Path) -> Path:
    """A config with one strategy, and recordings beside it."""
    Recorded().write(here / "data")
    write_config(here)
    return here


def test_figures_and_faults_are_shown(folder: Path, type_in: Typed) -> None:
    Recorded(rows=[make_row(payout0="")]).write(folder / "data")
    answer = type_in("backtest", "--data", "data", *SPAN, "--ledger", "new.db")
    assert answer.exit_code == 0, answer.output
    assert "2024-02-28 00:00 UTC to 2024-03-25 00:00 UTC" in answer.stdout
    assert "adds up exactly" in answer.stdout
    assert "Assumed, not recorded" in answer.stdout
    assert "1 markets have no recorded resolution" in answer.stdout
    assert "another venue" not in answer.stdout
    assert "everything is in new.db" in answer.stdout


def test_programs_get_the_same_as_json(folder: Path, type_in: Typed) -> None:
    answer = type_in("backtest", "--data", "data", *SPAN, "--json", "--fees", "none")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["run"]["venue"]["name"] == "Polymarket"
    assert told["summary"]["settled"] == 1
    assert len(told["run"]["carry"]) == 27
    assert Path(told["ledger"]).exists()


def test_years_without_prices_are_named(folder: Path, type_in: Typed) -> None:
    closes = {"SPY": [("2020-03-02", 300.0)]}
    Recorded(closes=closes).write(folder / "data")
    answer = type_in("backtest", "--data", "data", "--from", "2020-03-03", "--to", "2020-03-09")
    assert answer.exit_code == 0, answer.output
    assert "2020-03-03 to 2020-03-09: no usable event prices here" in answer.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--data", "nowhere", *SPAN), 2, "nowhere is not a folder"),
        (("--data", "data", "--from", "2024-06-01", "--to", "2024-07-01"), 2, "has no price from"),
        (("--data", "data", "--from", "2024-03-09", "--to", "2024-03-01"), 2, "has no price from"),
        (("--data", "data", *SPAN, "--ledger", "config.yaml"), 2, "is there already; a backtest"),
        (("--data", "data", *SPAN, "--venue", "predictit"), 2, "does not exist"),
        (SPAN, 2, "Missing option '--data'"),
        (("--data", "data", "--from", "march", "--to", "2024-03-01"), 2, "must be a time in UTC"),
    ],
)
def test_what_cannot_be_tested_is_named(
    folder: Path, type_in: Typed, words: tuple[str, ...], code: int, message: str
) -> None:
    answer = type_in("backtest", *words)
    assert answer.exit_code == code
    assert message in answer.stderr
    assert "Traceback" not in answer.output


def test_price_outside_its_bounds_is_the_recordings_fault(folder: Path, type_in: Typed) -> None:
    Recorded(bars=[(1, "2024-03-01", 1.5)]).write(folder / "data")
    answer = type_in("backtest", "--data", "data", *SPAN)
    assert answer.exit_code == 3
    assert "has a price of 1.5 on 2024-03-01; a price lies from 0 to 1" in answer.stderr


def test_strategy_that_cannot_be_used_stops_it(folder: Path, type_in: Typed) -> None:
    (folder / "strategies" / "bad.yaml").write_text(STRATEGY.replace("50%", "50"))
    answer = type_in("backtest", "--data", "data", *SPAN)
    assert answer.exit_code == 2
    assert "bad.yaml" in answer.stderr


def test_portfolio_that_begins_later_than_the_test_is_named(folder: Path, type_in: Typed) -> None:
    closes = {"SPY": [("2024-03-05", 500.0)]}
    Recorded(closes=closes).write(folder / "data")
    answer = type_in("backtest", "--data", "data", *SPAN)
    assert answer.exit_code == 2
    assert "SPY has prices from 2024-03-05 on and the backtest begins 2024-02-28" in answer.stderr


def test_other_venue_is_marked(folder: Path, type_in: Typed) -> None:
    from tests.history.test_carry import write_predictit

    bars = [("NVSEN16", "Republican", f"2016-10-{day:02}", 0.4) for day in range(1, 20)]
    write_predictit(folder / "other", bars)
    (folder / "strategies" / "it-happens.yaml").write_text(STRATEGY.replace("1500", "850"))
    (folder / "config.yaml").write_text(CONFIG)
    span = ("--from", "2016-10-01", "--to", "2016-11-01")
    answer = type_in("backtest", "--data", "other", *span, "--venue", "predictit")
    assert answer.exit_code == 0, answer.output
    assert "PredictIt is another venue and cannot be traded by this program" in answer.stdout

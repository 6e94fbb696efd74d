"""`run`, and what can be asked while it runs and afterwards."""

import io
import json
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from bot.app.build import open_daemon
from bot.app.daemon import run_daemon
from bot.cli.live_run import LiveRun, say_where
from bot.cli.options import read_settings
from bot.ledger import Ledger
from tests.cli.conftest import Typed
from tests.cli.test_check import edit

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*")


def test_off_a_terminal_every_line_is_json(started: Path, type_in: Typed) -> None:
    answer = type_in("run", "--for", "3h")
    assert answer.exit_code == 0
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert lines[0]["event"] == "app.started"
    assert lines[-1]["event"] == "app.stopped"
    cycles = [line["cycle"] for line in lines if line["event"] == "cycle.finished"]
    assert len(cycles) >= 3
    assert cycles == list(range(1, len(cycles) + 1))


def test_log_lines_for_people_can_be_had_anywhere(started: Path, type_in: Typed) -> None:
    (started / "config.yaml").write_text(
        (started / "config.yaml").read_text("utf-8") + "\nlog_format: console\n", "utf-8"
    )
    answer = type_in("run", "--for", "1h")
    assert "app.started" in answer.stdout
    assert not answer.stdout.startswith("{")


def test_a_duration_without_a_unit_is_refused(started: Path, type_in: Typed) -> None:
    answer = type_in("run", "--for", "5")
    assert answer.exit_code == 2
    assert "5s, 5m, 5h or 5d" in answer.stderr


def test_a_recording_is_not_run_but_replayed(started: Path, type_in: Typed) -> None:
    edit(
        started / "config.yaml",
        "market_data: practice",
        "market_data: recorded\nrecorded: {source: journal, path: j}",
    )
    answer = type_in("run")
    assert answer.exit_code == 2
    assert "polyhedge replay" in answer.stderr


def test_a_second_daemon_on_one_ledger_is_refused(started: Path, type_in: Typed) -> None:
    first = Ledger.open(started / "ledger" / "practice.db", mode="paper")
    try:
        answer = type_in("run", "--for", "1h")
    finally:
        first.close()
    assert answer.exit_code == 3
    assert "is in use by process" in answer.stderr


def test_status_counts_the_five_things_that_happen_to_hedges(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "1d")
    answer = type_in("status", "--json")
    assert answer.exit_code == 0
    standing = json.loads(answer.stdout)
    assert set(standing["lifecycle"]) == {"opened", "rolled", "closed", "settled", "refused"}
    assert standing["lifecycle"]["refused"] > 0
    assert standing["cycle"] >= 24
    assert standing["mode"] == "paper"


def test_status_tells_what_hedges_cost_by_the_day(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "8d")
    standing = json.loads(type_in("status", "--json").stdout)
    held = {each["event"]: each for each in standing["held"]}
    assert held["fed-hike"]["decay_usd_est"] == 0.0  # of a date
    assert held["recession"]["decay_usd_est"] > 0.0
    assert all(each["premium_per_day_usd_est"] > 0.0 for each in held.values())
    budget, used = (Decimal(standing[f"premium_{name}_usd"]) for name in ("budget", "used"))
    assert Decimal(standing["premium_left_usd"]) == budget - used
    said = type_in("status").stdout
    assert "fed-hike: " in said
    assert "of premium a covered day; a day without news costs nothing" in said


def test_status_before_the_first_start_says_what_to_do(started: Path, type_in: Typed) -> None:
    answer = type_in("status")
    assert answer.exit_code == 3
    assert "start `polyhedge run` first" in answer.stderr


def test_a_halt_shows_first_and_stops_orders_until_resumed(started: Path, type_in: Typed) -> None:
    type_in("run", "--for", "1h")
    assert type_in("halt", "looks odd").exit_code == 0
    shown = type_in("status").stdout
    assert shown.startswith("HALTED since")
    assert "looks odd" in shown
    assert type_in("resume", "was nothing").exit_code == 0
    assert "HALTED" not in type_in("status").stdout


def test_a_halt_needs_a_reason(started: Path, type_in: Typed) -> None:
    answer = type_in("halt", " ")
    assert answer.exit_code == 2
    assert "Write why" in answer.stderr


def test_a_halt_without_a_ledger_is_a_message(started: Path, type_in: Typed) -> None:
    answer = type_in("halt", "why")
    assert answer.exit_code == 3
    assert "no ledger at" in answer.stderr


def test_health_goes_by_when_the_ledger_was_written(started: Path, type_in: Typed) -> None:
    assert type_in("health").exit_code == 3
    type_in("run", "--for", "1h")
    assert type_in("health").exit_code == 0
    os.utime(started / "ledger" / "practice.db.lock", (1, 1))
    old = type_in("health")
    assert old.exit_code == 3
    assert "not alive" in old.stderr


async def test_the_live_table_is_drawn_after_each_cycle(started: Path) -> None:
    settings = read_settings(Path("config.yaml"))
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=35)
    with Live(console=console, auto_refresh=False) as live:
        shown = LiveRun(settings=settings, live=live)
        async with open_daemon(settings, report=shown.report, decided=shown.decided) as daemon:
            shown.draw(now=True)  # before the first cycle there is nothing to show
            shown.watch(daemon)
            await run_daemon(daemon, lasting=timedelta(hours=2))
            shown.report("source.failed", source="https://prices.test", error="no answer")
            shown.draw(now=True)
            failing = text_of(console)
            shown.report("source.recovered", source="https://prices.test")
            shown.report("account.refused", topic="region", problem="at the start: blocked")
            shown.draw(now=True)
            last = text_of(console)
    assert "practice market (no network, no money)" in last
    assert "fed-hike" in last
    assert "refused" in last
    assert "https://prices.test: no answer" in failing
    assert "prices.test" not in last
    assert "region: at the start: blocked" in last


def text_of(console: Console) -> str:
    """Return what was drawn since the last call."""
    assert isinstance(console.file, io.StringIO)
    drawn = console.file.getvalue()
    console.file.seek(0)
    console.file.truncate()
    return drawn


def test_the_heading_of_the_table_says_whether_money_is_at_stake(started: Path) -> None:
    config = started / "config.yaml"
    assert "no money" in say_where(read_settings(config))
    edit(config, "market_data: practice", "market_data: polymarket")
    assert say_where(read_settings(config)).endswith("(play money)")
    edit(config, "mode: paper", "mode: live")
    assert say_where(read_settings(config)) == (
        "LIVE on Polymarket, with real money · at most 100 USD in all hedges"
    )

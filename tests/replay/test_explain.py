"""`polyhedge explain` decides again, and the same comes out, byte for byte."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.app.build import program_version
from bot.cli import main
from bot.config import Settings
from bot.engine.explain import explain
from bot.errors import LedgerError
from bot.ledger import Ledger, codec
from bot.ledger.questions import Recorded
from bot.model.decision import Verdict
from tests.replay.lives import REPO, live_quietly, live_roughly
from tests.replay.rows import read_decisions, read_rows
from tests.replay.worlds import Replayed

# On one worker: what is replayed once is looked at by many tests.
pytestmark = [pytest.mark.simulation, pytest.mark.xdist_group("replay")]

OTHER = "0.0.9+0123456789ab"


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return live_quietly(tmp_path_factory.mktemp("quiet"), seed=7)


@pytest.fixture(scope="session")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return live_roughly(tmp_path_factory.mktemp("rough"), seed=11)


def check_all(ledger: Path) -> list[Recorded]:
    """Decide all of a ledger's decisions again; return them."""
    recorded = list(read_decisions(ledger))
    assert {each.version for each in recorded} == {program_version()}
    for each in recorded:
        assert each.view is not None
        assert codec.digest(codec.encode(each.view)) == each.view_digest
        explained = explain(each)
        assert explained.difference == ()
        assert explained.same_bytes
        assert explained.again == each.decision
    return recorded


@pytest.mark.parametrize("name", ["l2_books", "fed", "election"])
def test_every_decision_of_a_replay_comes_out_again(
    name: str, request: pytest.FixtureRequest
) -> None:
    replayed: Replayed = request.getfixturevalue(name)
    assert len(check_all(replayed.ledger)) == replayed.summary.decisions


def test_every_decision_of_thirty_days_comes_out_again(quiet: Settings) -> None:
    recorded = check_all(quiet.ledger)
    verdicts = {event.verdict for each in recorded for event in each.decision.events}
    assert {Verdict.OPEN, Verdict.ADD, Verdict.ROLL, Verdict.CLOSE, Verdict.REFUSE} <= verdicts


def test_another_process_decides_the_same(quiet: Settings) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.engine.explain import explain;"
        " from tests.replay.rows import read_decisions;"
        " print(sum(explain(each).same_bytes for each in read_decisions(Path(sys.argv[1]))))"
    )
    # Another seed of hashes, so that sets come in another order than in this process.
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(REPO)}
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, str(quiet.ledger)],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(told.stdout) == len(list(read_decisions(quiet.ledger)))


def test_it_comes_out_again_after_a_kill_edits_and_removed_files(rough: Settings) -> None:
    recorded = check_all(rough.ledger)
    events = [event for each in recorded if each.view for event in each.view.events]
    assert any(event.removed for event in events)
    # The plan that a kill kept from sending its orders was made again at once.
    assert any(event.memory.run_at and event.memory.retry_at is None for event in events)
    limits = [each.view.limits for each in recorded if each.view]
    assert {limit.max_quote_age for limit in limits} == {
        timedelta(seconds=60),
        timedelta(seconds=45),
    }
    digests = {text.digest for each in recorded for text in each.strategies}
    assert len(digests) == 7  # six files, of which one was edited


def test_what_led_to_an_order_can_be_explained_for_ever(quiet: Settings, tmp_path: Path) -> None:
    ledger = tmp_path / "old.db"
    copy_ledger(quiet.ledger, ledger)
    last = read_rows(ledger, "SELECT max(at) AS at FROM decisions")[0]["at"]
    writer = Ledger.open(ledger, mode="paper")
    dropped = writer.prune(datetime.fromisoformat(last) + timedelta(days=2), timedelta(days=1))
    writer.close()
    kept = [each for each in read_decisions(ledger) if each.view is not None]
    sent = {row["cycle"] for row in read_rows(ledger, "SELECT DISTINCT cycle FROM orders")}
    assert {each.decision.cycle for each in kept} == sent
    assert all(explain(each).same_bytes for each in kept)
    gone = [each for each in read_decisions(ledger) if each.view is None]
    assert len(gone) == dropped > 0
    with pytest.raises(LedgerError, match="was dropped because of its age"):
        explain(gone[0])


def test_what_another_version_decided_is_shown_beside_todays(
    quiet: Settings, tmp_path: Path
) -> None:
    ledger = tmp_path / "other.db"
    copy_ledger(quiet.ledger, ledger)
    cycle, benefit = rewrite_a_benefit(ledger, said=1234.5, version=OTHER)
    words = ["explain", str(cycle), "--config", str(quiet.path)]
    runner = CliRunner(env={"POLYHEDGE_LEDGER": str(ledger)})

    told = json.loads(runner.invoke(main, [*words, "--json"]).stdout)
    assert (told["version"], told["version_now"]) == (OTHER, program_version())
    assert told["same_bytes"] is False
    benefits = [
        [event["benefit_usd_est"] for event in told[which]["events"]]
        for which in ("decision", "again")
    ]
    assert (1234.5 in benefits[0], benefit in benefits[0]) == (True, False)
    assert (1234.5 in benefits[1], benefit in benefits[1]) == (False, True)

    shown = runner.invoke(main, words)
    assert shown.exit_code == 0
    lines = [line.strip() for line in shown.stdout.splitlines()]
    assert '-   "benefit_usd_est": 1234.5,' in lines
    assert f'+   "benefit_usd_est": {benefit!r},' in lines
    assert len([line for line in lines if line.startswith(("- ", "+ "))]) == 2
    text = " ".join(lines)
    assert f"decided by polyhedge {OTHER}" in text
    assert f"Decided again by polyhedge {program_version()} (recorded by {OTHER})" in text


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a ledger that nobody writes."""
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()


def rewrite_a_benefit(ledger: Path, *, said: float, version: str) -> tuple[int, float]:
    """Let a decision say another benefit, as another version could; return cycle and benefit."""
    cycle, benefit, body = next(
        (each.decision.cycle, event.benefit_usd_est, each.decision_bytes)
        for each in read_decisions(ledger)
        for event in each.decision.events
        if event.verdict is Verdict.OPEN
    )
    old, new = (f'"benefit_usd_est":{number!r},'.encode() for number in (float(benefit), said))
    assert old in body
    with sqlite3.connect(ledger) as db:
        db.execute("DROP TRIGGER decisions_no_update")
        db.execute(
            "UPDATE decisions SET version = ?, body = ? WHERE cycle = ?",
            [version, codec.pack(body.replace(old, new, 1)), cycle],
        )
    db.close()
    return cycle, benefit

"""What every command has in common: help, exit codes, and a start without heavy libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.program import COMMANDS, exit_code
from bot.errors import (
    BadData,
    BotError,
    ConfigError,
    CredentialError,
    InvariantError,
    LedgerError,
    SourceDown,
    StrategyError,
    VenueError,
)
from tests.cli.conftest import Typed

REPO = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "scipy", "web3", "httpx", "websockets", "sqlite_utils", "rich", "asyncio")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for(type_in: Typed, name: str) -> None:
    answer = type_in(name, "--help")
    assert answer.exit_code == 0
    assert f"main {name}" in answer.output


def test_the_list_of_commands_is_in_the_order_of_use(type_in: Typed) -> None:
    listed = type_in("--help").output.partition("Commands:")[2].split("\n")
    assert tuple(line.split()[0] for line in listed if line.strip()) == COMMANDS


def test_a_misspelt_command_is_answered_with_the_closest_one(type_in: Typed) -> None:
    answer = type_in("stats")
    assert answer.exit_code == 2
    assert "'stats' is not a command. Did you mean 'status'?" in answer.stderr


def test_a_word_that_is_close_to_nothing_is_answered_with_all_commands(type_in: Typed) -> None:
    assert "There are: init, check" in type_in("xyzzy").stderr


@pytest.mark.parametrize("name", ["check", "plan", "run", "status", "explain", "exposure"])
def test_without_a_config_the_message_names_init(type_in: Typed, name: str) -> None:
    answer = type_in(name)
    assert answer.exit_code == 2
    assert "polyhedge init" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(), 2),
        (StrategyError(), 2),
        (CredentialError(), 2),
        (LedgerError(), 3),
        (BadData(), 3),
        (SourceDown(), 3),
        (VenueError(), 3),
        (InvariantError(), 1),
        (BotError(), 1),
    ],
)
def test_the_exit_code_says_whose_fault_it_is(error: BotError, code: int) -> None:
    assert exit_code(error) == code


def test_a_venue_that_cannot_be_reached_is_told_with_what_to_do(
    started: Path, type_in: Typed
) -> None:
    config = started / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("data: practice", "data: polymarket")
    nobody = "polymarket: {clob_url: http://127.0.0.1:9, gamma_url: http://127.0.0.1:9}\n"
    config.write_text(text + nobody, encoding="utf-8")

    answer = type_in("plan")

    assert answer.exit_code == 3
    assert answer.stderr.startswith("GET http://127.0.0.1:9/time failed 3 times, last: ")
    assert answer.stderr.endswith(". Is the network up? Starting again is safe\n")


def test_ctrl_c_is_neither_a_traceback_nor_our_fault(
    type_in: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.cli.commands import init

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(init.command, "callback", interrupted)
    answer = type_in("init")

    assert (answer.exit_code, answer.stderr) == (130, "stopped\n")


def test_check_needs_no_heavy_library() -> None:
    """Its time is judged: 0.25 s; any one of these costs a good part of that."""
    program = (
        "import sys\n"
        "from bot.cli import main\n"
        "main(['check', '--config', 'config.example.yaml'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"

"""The repository itself: locks, pins, the image, file sizes, and nothing of one machine in it."""

from __future__ import annotations

import importlib.util
import json
import re
import runpy
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import SocketConnectBlockedError

import bot

REPO = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
ALL_LOCKS = (*LOCKS, "requirements-build.lock")
MOST_LINES = 300


def read(name: str) -> str:
    return (REPO / name).read_text(encoding="utf-8")


def pyproject() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


def pins(lock: str) -> dict[str, set[str]]:
    """Return the versions of each package; more than one where Python versions differ."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", read(lock), re.MULTILINE):
        found.setdefault(name.lower(), set()).add(version)
    return found


def tracked_files() -> list[Path]:
    """Return the files that git holds, or all but the environments where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the developer has
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        return [REPO / name for name in names if (REPO / name).is_file()]
    skipped = {".venv", ".venv-bench", "node_modules"}
    return [p for p in REPO.rglob("*") if p.is_file() and not skipped & set(p.parts)]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


# --- locks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", ALL_LOCKS)
def test_lock_names_no_host_and_no_path(lock: str) -> None:
    for token in (":" + "//", "file" + ":", "/wo" + "rk", "--find-links", "index-url"):
        assert token not in read(lock), f"{lock} holds {token}"


@pytest.mark.parametrize("lock", ALL_LOCKS)
def test_every_requirement_of_a_lock_is_pinned_and_hashed(lock: str) -> None:
    requirements = re.split(r"\n(?=\S)", read(lock).strip())
    assert len(requirements) > 5
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+==", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_lock_holds_the_run_time_lock_at_the_same_versions(lock: str) -> None:
    other = pins(lock)
    assert {name: other.get(name) for name in pins("requirements.lock")} == pins(
        "requirements.lock"
    )


def test_node_lock_names_no_host() -> None:
    lock = REPO / "package-lock.json"
    if not lock.exists():
        return  # the project has no node packages
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_pandas_comes_with_an_extra_only() -> None:
    for lock in LOCKS:
        wanted = lock == "requirements-dev.lock"  # for the extra `volatility`
        assert ("pandas" in pins(lock)) is wanted, f"{lock}: pandas is 100 MB of an extra"


def test_locks_hold_what_pyproject_asks_for() -> None:
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    for wanted, lock in (
        (project["dependencies"], "requirements.lock"),
        (extras["dev"], "requirements-dev.lock"),
        (extras["bench"], "requirements-bench.lock"),
    ):
        names = {re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower() for line in wanted}
        assert names - {"polyhedge"} <= set(pins(lock)), f"run make lock: {lock} is old"


# --- project -----------------------------------------------------------------------------------


def test_sdk_is_pinned_to_the_version_whose_private_parts_are_used() -> None:
    assert "polymarket-client==0.14.0" in pyproject()["project"]["dependencies"]


def test_version_is_the_same_everywhere() -> None:
    assert pyproject()["project"]["version"] == bot.__version__


def test_command_and_module_run_the_same_function() -> None:
    assert pyproject()["project"]["scripts"] == {"polyhedge": "bot.cli:main"}
    assert "from bot.cli import main" in read("bot/__main__.py")


def test_module_imports_without_running() -> None:
    if importlib.util.find_spec("bot.cli") is None:
        pytest.skip("bot.cli is not written yet")
    main = runpy.run_module("bot", run_name="bot.__main__")["main"]
    assert callable(main)


def test_files_of_the_bot_are_short() -> None:
    lengths = {p.relative_to(REPO): len(text_of(p).splitlines()) for p in REPO.glob("bot/**/*.py")}
    assert {str(p): n for p, n in lengths.items() if n >= MOST_LINES} == {}


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    path = "/wo" + "rk/"
    assert [str(p.relative_to(REPO)) for p in tracked_files() if path in text_of(p)] == []


def test_make_installs_only_from_locks_with_hashes() -> None:
    lines = [line for line in read("Makefile").splitlines() if "install --quiet" in line]
    assert len(lines) == 4
    for line in lines:
        assert "--require-hashes" in line or "--no-deps" in line or line.endswith("\\"), line


# --- image -------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile in order, continued lines joined."""
    joined = re.sub(r"\\\n", " ", read("Dockerfile"))
    lines = [line.strip() for line in joined.splitlines()]
    pairs = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(word.upper(), " ".join(rest)) for word, *rest in pairs]


def last(word: str) -> str:
    return [rest for name, rest in instructions() if name == word][-1]


def test_image_passes_hadolint() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(  # noqa: S603 - a tool of the development lock
        [hadolint, "--no-color", "Dockerfile"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_image_runs_as_a_user_without_rights() -> None:
    assert last("USER") == "10001:10001"
    assert [name for name, _ in instructions()].index("USER") > 0


def test_image_installs_only_what_the_locks_name() -> None:
    installs = [
        part for _, rest in instructions() for part in rest.split("&&") if "install" in part
    ]
    pip = [part for part in installs if "pip install" in part]
    assert pip
    for part in pip:
        assert "--require-hashes" in part or "--no-deps" in part, part


def test_image_starts_the_daemon_and_tells_its_health() -> None:
    assert json.loads(last("ENTRYPOINT"))[-1].endswith("polyhedge")
    assert json.loads(last("CMD"))[0] == "run"
    assert '"polyhedge", "health"' in last("HEALTHCHECK")


def test_image_keeps_ledger_and_strategies_outside() -> None:
    assert set(json.loads(last("VOLUME"))) == {"/data", "/strategies"}


def test_image_holds_no_secret_and_no_tests() -> None:
    ignored = read(".dockerignore").split()
    assert ignored[0] == "*", "everything is left out; what the image needs is named"
    assert not any("KEY" in rest or "SECRET" in rest for _, rest in instructions())


# --- tests -------------------------------------------------------------------------------------


def test_tests_reach_nothing_but_this_machine() -> None:
    # pytest-socket warns before it raises, and warnings are errors here.
    blocked = (SocketConnectBlockedError, UserWarning)
    with socket.socket() as client, pytest.raises(blocked, match="tried to use socket"):
        client.connect(("192.0.2.1", 9))


def test_tests_reach_a_server_on_this_machine() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


# --- coverage bars -----------------------------------------------------------------------------


def coverage_of(path: str, *, covered: int, missing: tuple[int, ...] = ()) -> dict[str, Any]:
    summary = {"covered_lines": covered, "num_statements": covered + len(missing)}
    return {path: {"summary": summary, "missing_lines": list(missing)}}


def check_bars(files: dict[str, Any], tmp_path: Path) -> int:
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files}), encoding="utf-8")
    main = runpy.run_path(str(REPO / ".ci" / "coverage_bars.py"), run_name="bars")["main"]
    return int(main(str(report)))


def test_one_line_of_the_core_without_a_test_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = coverage_of("bot/core/orders.py", covered=999, missing=(7,))
    assert check_bars(files, tmp_path) == 1
    assert "bot/core/orders.py: 7" in capsys.readouterr().out


def test_other_parts_must_reach_nine_tenths(tmp_path: Path) -> None:
    assert check_bars(coverage_of("bot/app.py", covered=9, missing=(3,)), tmp_path) == 0
    assert check_bars(coverage_of("bot/app.py", covered=8, missing=(3,)), tmp_path) == 1


def test_files_of_a_package_are_one_part(tmp_path: Path) -> None:
    files = coverage_of("bot/venues/a.py", covered=19) | coverage_of(
        "bot/venues/b.py", covered=0, missing=(1, 2)
    )
    assert check_bars(files, tmp_path) == 0

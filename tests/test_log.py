"""The log: one JSON object a line, listed names, the mode on each, and never a secret."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.log import EVENTS, Report, open_log
from bot.model.decision import Verdict
from tests.fakes import START

REPO = Path(__file__).resolve().parent.parent

CONVENTION = """
  app.started app.stopped strategy.loaded cycle.finished cycle.skipped source.failed
  source.recovered plan.made hedge.decided order.submitted order.rejected
  account.refused order.unknown order.cancelled fill.recorded risk.denied transfer.recorded
  transfer.undone redeem.sent redeem.failed merge.sent merge.failed reconcile.finished
  reconcile.mismatched invariant.broken
"""


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> Iterator[StringIO]:
    yield StringIO()
    structlog.reset_defaults()


def open_strict(stream: StringIO, level: str = "info") -> Report:
    return open_log(mode="paper", now=lambda: START, stream=stream, level=level, strict=True)


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_and_mode(stream: StringIO) -> None:
    open_strict(stream)("cycle.finished", cycle=7, duration_ms=12.5)
    assert lines(stream) == [
        {
            "at": "2026-11-02T12:00:00Z",
            "level": "info",
            "event": "cycle.finished",
            "mode": "paper",
            "cycle": 7,
            "duration_ms": 12.5,
        }
    ]


def test_the_events_are_those_of_the_conventions() -> None:
    assert list(EVENTS) == CONVENTION.split()


def test_every_event_says_what_it_means() -> None:
    for name, event in EVENTS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z]+", name)
        assert event.level in ("debug", "info", "warning", "error")
        assert event.meaning.endswith(".")


def test_the_program_reports_only_listed_events() -> None:
    literal = re.compile(r'\breport\(\s*"([a-z]+\.[a-z_]+)"')
    found = {
        name: path
        for path in (REPO / "bot").rglob("*.py")
        for name in literal.findall(path.read_text())
    }
    assert {name: path for name, path in found.items() if name not in EVENTS} == {}
    assert found


def test_an_unlisted_event_is_refused_in_tests_and_told_as_a_warning_otherwise(
    stream: StringIO,
) -> None:
    with pytest.raises(ValueError, match=r"log event 'order.vanished' is not listed"):
        open_strict(stream)("order.vanished")
    open_log(mode="paper", now=lambda: START, stream=stream)("order.vanished")
    assert [line["level"] for line in lines(stream)] == ["warning"]


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "api_secret",
        "apiKey",
        "api_key",
        "POLY_API_KEY",
        "key",
        "private_key",
        "privateKey",
        "passphrase",
        "password",
        "passwd",
        "mnemonic",
        "seed_phrase",
        "signature",
        "authorization",
        "Authorization",
        "bearer",
        "bot_token",
        "token",
        "auth",
        "cookie",
        "credentials",
        "webhook_url",
        "keystore",
    ],
)
def test_a_key_that_looks_like_a_secret_is_dropped(stream: StringIO, key: str) -> None:
    told = {key: "s3cret"}
    deep = ({"rows": [told, (told,)], **told},)
    open_strict(stream)("source.failed", source="gamma", detail=deep, **told)
    assert "s3cret" not in stream.getvalue()
    assert lines(stream)[0]["source"] == "gamma"


@pytest.mark.parametrize(
    "key", ["token_id", "condition_id", "order_id", "client_order_id", "seed", "monkey"]
)
def test_a_public_key_is_kept(stream: StringIO, key: str) -> None:
    open_strict(stream)("order.submitted", **{key: "8123"})
    assert lines(stream)[0][key] == "8123"


def test_values_are_plain(stream: StringIO) -> None:
    open_strict(stream)(
        "hedge.decided",
        limit_usd=Decimal("1E+2"),
        at_most=START,
        waits=timedelta(minutes=1.5),
        verdict=Verdict.HOLD,
        path=Path("a/b"),
        rows=[{"size_shares": Decimal("0.10")}],
        nothing=None,
        ok=True,
    )
    (line,) = lines(stream)
    assert line["limit_usd"] == "100"
    assert line["at_most"] == "2026-11-02T12:00:00Z"
    assert line["waits"] == "90 s"
    assert line["verdict"] == "hold"
    assert line["path"] == "a/b"
    assert line["rows"] == [{"size_shares": "0.10"}]
    assert line["nothing"] is None
    assert line["ok"] is True


def test_the_real_world_event_has_a_key_of_its_own(stream: StringIO) -> None:
    open_strict(stream)("hedge.decided", event="fed-hike")
    (line,) = lines(stream)
    assert (line["event"], line["risk_event"]) == ("hedge.decided", "fed-hike")


def test_lines_below_the_level_are_left_out(stream: StringIO) -> None:
    report = open_strict(stream, level="warning")
    report("cycle.finished")
    report("source.failed", source="gamma")
    report("invariant.broken", error="x")
    assert [line["level"] for line in lines(stream)] == ["warning", "error"]


def test_a_library_that_logs_by_itself_is_stamped_and_stripped_too(stream: StringIO) -> None:
    open_log(mode="paper", now=lambda: START, stream=stream)
    structlog.get_logger().warning("source.failed", api_key="s3cret")
    (line,) = lines(stream)
    assert set(line) == {"at", "level", "mode", "event"}


def test_a_terminal_gets_lines_for_a_person() -> None:
    terminal = Terminal()
    open_strict(terminal)("cycle.finished", cycle=7)
    structlog.reset_defaults()
    text = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert re.search(r"info.*cycle\.finished.*cycle=7.*mode=paper", text)
    assert not text.startswith("{")

"""`doctor --public`: what the venue says is held against our models, and nothing is smoothed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.cli.show.doctor import say_problems
from bot.clock import SystemClock
from bot.errors import ConfigError
from bot.owner.first_frames import look_at_frames
from bot.owner.probes import Probe
from bot.owner.public import Seen, Verdict, judge
from bot.owner.public_report import PublicReport, look_at_public, write_report
from bot.owner.shapes import Fit, compare
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.venues.polymarket import gamma
from bot.venues.polymarket.settings import Pace
from tests.fakes import START, ManualClock, make_book
from tests.venues.polymarket.rig import CTF_IDS, V2_IDS, ctf_market, v2_market

QUICK = Pace(timeout=2, tries=1, first_wait=0.01, longest_wait=0.01)
WALLET = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


class Leaf(msgspec.Struct):
    size: str
    note: str | None = None


class Tree(msgspec.Struct):
    name: str
    leaves: list[Leaf]
    age: int = 0


def fits(payload: object, shape: object = Tree) -> dict[str, str]:
    return {each.path: each.fit.value for each in compare(payload, shape)}


def test_each_field_is_as_expected_new_left_out_missing_or_of_another_kind() -> None:
    payload = {"age": "old", "leaves": [{"size": "1", "note": None, "colour": 3}]}
    assert fits(payload) == {
        "name": "missing",
        "age": "other kind",
        "leaves": "as expected",
        "leaves[]": "as expected",
        "leaves[].size": "as expected",
        "leaves[].note": "as expected",
        "leaves[].colour": "new",
    }


def test_the_worst_row_of_a_list_counts() -> None:
    rows = [{"size": "1"}, {"size": 1}, {"size": "2"}]
    assert fits({"name": "", "leaves": rows})["leaves[].size"] == "other kind"


def test_a_bool_is_no_number() -> None:
    assert fits({"name": "a", "leaves": [], "age": True})["age"] == "other kind"


def test_a_payload_that_is_not_even_an_object_is_told() -> None:
    (only,) = compare([], Tree)
    assert (only.path, only.fit, only.expected, only.was) == (
        "", Fit.OTHER_KIND, "object", "list",
    )  # fmt: skip


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(markets=[ctf_market(), v2_market()], clock=ManualClock()) as running:
        for token in (CTF_IDS[0], V2_IDS[0]):
            book = make_book(token, bids=[("0.50", "40")], asks=[("0.54", "30")], at=START)
            running.tell(book)
        yield running


async def look(sandbox: Sandbox, *, address: str | None = None) -> PublicReport:
    return await look_at_public(
        endpoints=sandbox.endpoints,
        clock=SystemClock(),
        pace=QUICK,
        address=address,
        listen_s=0.2,
    )


def named(report: PublicReport) -> dict[str, Seen]:
    return {each.name: each for each in report.seen}


async def test_both_kinds_of_market_are_looked_at_from_list_to_stream(sandbox: Sandbox) -> None:
    seen = named(await look(sandbox))
    for version in ("v1", "v2"):
        for name in (
            "Gamma markets", "Gamma market", "Gamma event", "Gamma search",
            "CLOB book", "CLOB books", "CLOB terms", "CLOB market", "CLOB prices",
        ):  # fmt: skip
            each = seen[f"{name} {version}"]
            assert (each.verdict, each.problem) == (Verdict.READ, ""), each.name
            assert each.count(Fit.AS_EXPECTED) > 1
            assert each.count(Fit.MISSING) == each.count(Fit.OTHER_KIND) == 0
    assert seen["CLOB time"].verdict is Verdict.READ
    assert seen["stream book"].verdict is Verdict.READ


async def test_only_questions_are_sent(sandbox: Sandbox) -> None:
    await look(sandbox, address=WALLET)
    asked = {line.split()[0] + " " + line.split()[1].split("?")[0] for line in sandbox.rest.asked}
    assert {line for line in asked if not line.startswith("GET ")} == {"POST /clob/books"}


async def test_a_silent_interface_is_told_and_the_others_are_still_asked(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault.STATUS, path="/clob/book", times=9, status=503)
    seen = named(await look(sandbox))
    assert seen["CLOB book v1"].verdict is Verdict.NO_ANSWER
    assert "503" in seen["CLOB book v1"].problem
    assert seen["CLOB terms v2"].verdict is Verdict.READ


async def test_a_stream_that_cannot_be_reached_is_told(sandbox: Sandbox) -> None:
    nobody = replace(sandbox.endpoints, market_stream="ws://127.0.0.1:9/ws/market")
    (seen,) = await look_at_frames(
        url=nobody.market_stream, clock=SystemClock(), pace=QUICK, tokens=[], seconds=0.2
    )
    assert seen.verdict is Verdict.NO_ANSWER
    assert "refused" in seen.problem.lower()


MARKET = Probe(
    name="market",
    path="/m",
    shape=gamma.MarketRow,
    read=lambda body: gamma.read_market(body, what="market"),
)


def market_with(**changes: Any) -> bytes:
    row: dict[str, object] = {
        "conditionId": "0x" + "1" * 64, "question": "?", "slug": "s", "outcomes": '["Yes", "No"]',
        "clobTokenIds": json.dumps(CTF_IDS), "orderPriceMinTickSize": 0.01, "orderMinSize": 5,
        "enableOrderBook": True,
    }  # fmt: skip
    return json.dumps({**row, **changes}).encode()


def test_what_our_reader_refuses_is_unreadable_with_its_reason() -> None:
    seen = judge(MARKET, market_with(version="v9"))
    assert seen.verdict is Verdict.UNREADABLE
    assert "only v1 and v2 are known" in seen.problem


def test_a_field_of_another_kind_is_unreadable_and_named() -> None:
    seen = judge(MARKET, market_with(slug=7))
    assert seen.verdict is Verdict.UNREADABLE
    assert [each.path for each in seen.fields if each.fit is Fit.OTHER_KIND] == ["slug"]


def test_problems_are_told_in_words_below_the_table() -> None:
    (told, fields) = say_problems([judge(MARKET, market_with(slug=7))])
    assert told.startswith("market: market cannot be read: Expected `str`")
    assert fields == "market: slug is number, must be text"


def test_what_is_no_json_is_said_to_be_none() -> None:
    seen = judge(MARKET, b"<html>")
    assert seen.verdict is Verdict.UNREADABLE
    assert "not JSON" in seen.problem


async def test_the_report_names_fields_and_bodies_but_not_the_address(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    write_report(await look(sandbox, address=WALLET), path)
    text = path.read_text("utf-8")
    assert WALLET.lower() not in text.lower()
    assert any(each["body"] for each in json.loads(text)["seen"])


def test_a_report_that_cannot_be_written_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--report"):
        write_report(PublicReport(program="", at=START, seen=()), tmp_path / "no" / "file")

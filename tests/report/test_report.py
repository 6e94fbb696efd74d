"""The hedge report from a ledger that an engine wrote: what it says, and what it does not."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from bot.core.carried import Leg
from bot.ledger import LedgerReader
from bot.model.units import ConditionId, EventId, Shares, TokenId, Usd
from bot.report.attainable import ROWS, nearest_row
from bot.report.evidence import Evidence, Life, Wealth, gather, last_instant
from bot.report.findings import measure
from bot.report.words import ended, percent
from tests.cli.conftest import Typed, here, type_in
from tests.history.worlds import Recorded, at, days, make_row, write_config

__all__ = ["here", "type_in"]

SPAN = ("--from", "2024-02-28", "--to", "2024-12-20")
HOSTILE = "<script>alert(1)</script> & sons"


def wave(day: str) -> float:
    """Return a price that falls and comes back, by a rule."""
    number = (date.fromisoformat(day) - date(2024, 2, 20)).days
    return 500.0 + 60.0 * math.sin(number / 20.0) + 0.2 * number


@pytest.fixture
def folder(here: Path, type_in: Typed) -> Path:
    """A finished backtest in ``new.db``: one hedge that paid."""
    weekdays = [day for day in days("2024-02-20", 310) if date.fromisoformat(day).weekday() < 5]
    closes = {"SPY": [(day, wave(day)) for day in weekdays]}
    rows = [make_row(question=HOSTILE)]
    Recorded(rows=rows, closes=closes).write(here / "data")
    write_config(here)
    answer = type_in("backtest", "--data", "data", *SPAN, "--ledger", "new.db")
    assert answer.exit_code == 0, answer.output
    return here


@pytest.fixture
def evidence(folder: Path) -> Evidence:
    reader = LedgerReader.open(folder / "new.db")
    now = last_instant(reader)
    assert now is not None
    found = gather(reader, now=now)
    reader.close()
    return found


def figures_of(evidence: Evidence) -> dict[str, float | None]:
    return {each.name: each.figure for each in measure(evidence, variants=1).figures}


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [said or "" for name, said in attrs if name in {"src", "href", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_wealth_is_that_of_days_with_a_new_price(evidence: Evidence) -> None:
    wealth = evidence.wealth
    # A close is known from 16:00 in New York: the row of a day holds the close of the one before.
    assert evidence.left_out == 0
    assert all(day.astype(object).weekday() not in (6, 0) for day in wealth.days[1:])
    alone = dict(zip(wealth.days.astype(str), wealth.alone, strict=True))
    before = (date(2024, 6, 5) - timedelta(days=1)).isoformat()
    held = 100_000 / wave("2024-02-27")
    assert alone["2024-06-05"] == pytest.approx(4000 + held * wave(before))


def test_hedged_wealth_ends_with_what_the_hedge_brought(evidence: Evidence) -> None:
    (life,) = evidence.lives
    assert life.hit is True
    assert evidence.run is not None
    gained = float(life.leg.payout_usd - life.leg.premium_usd) + evidence.run.carry[-1].total
    wealth = evidence.wealth
    assert wealth.hedged[-1] - wealth.alone[-1] == pytest.approx(gained)
    # While it is held, the bid is below the mid.
    assert (wealth.hedged <= wealth.at_mid + 1e-9).all()
    assert (wealth.hedged < wealth.at_mid).any()


def test_figures_of_money_are_those_of_the_ledger(evidence: Evidence) -> None:
    (life,), figures = evidence.lives, figures_of(evidence)
    assert figures["Premium paid"] == pytest.approx(float(life.leg.premium_usd))
    assert figures["Paid out"] == pytest.approx(float(life.leg.payout_usd))
    assert figures["Payout ratio"] == pytest.approx(
        float(life.leg.payout_usd / life.leg.premium_usd)
    )
    (hedge,) = evidence.carried
    cost = float(life.leg.premium_usd) / hedge.covered_days
    assert figures["Cost a covered day"] == pytest.approx(cost)


def test_coverage_never_counts_more_than_is_at_stake(evidence: Evidence) -> None:
    covered = [each for each in evidence.covers if each.payout_usd_est > 0.0]
    assert covered
    assert all(each.payout_usd_est <= each.exposure_usd_est for each in covered)
    # Half of the loss is the target; all of it lies within an order's and the premium's limit.
    assert max(each.payout_usd_est / each.exposure_usd_est for each in covered) == pytest.approx(
        0.5, abs=0.05
    )


def rewritten(path: Path, *statements: tuple[str, tuple[object, ...]]) -> Evidence:
    """Return the evidence of a ledger in which rows were changed, which it forbids itself."""
    with closing(sqlite3.connect(path)) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            db.execute(statement, values)
    reader = LedgerReader.open(path)
    found = gather(reader, now=at("12-20"))
    reader.close()
    return found


def test_what_pays_more_than_the_loss_covers_the_loss_once(
    folder: Path, evidence: Evidence
) -> None:
    more = ("UPDATE covers SET payout_usd_est = 3 * exposure_usd_est", ())
    covers = rewritten(folder / "new.db", more).covers
    assert [each.payout_usd_est for each in covers] == [
        each.exposure_usd_est for each in evidence.covers
    ]


def test_interest_and_rewards_are_in_the_hedged_wealth_alone(
    folder: Path, evidence: Evidence
) -> None:
    body = {
        "since": "2024-02-28T00:00:00Z",
        "until": "2024-12-20T00:00:00Z",
        "venue": {"name": "Polymarket", "is_tradable": True},
        "carry": [
            {
                "day": str(day),
                "financing_usd_est": -7.0,
                "rewards_usd_est": 2.0,
                "venue_usd_est": -1.0,
            }
            for day in evidence.wealth.days
        ],
    }
    assert evidence.run is not None
    before = {row.day: row.total for row in evidence.run.carry}
    wealth = rewritten(folder / "new.db", ("UPDATE runs SET body = ?", (json.dumps(body),))).wealth
    kept = np.array([before.get(str(day), 0.0) for day in wealth.days])
    assert wealth.hedged - (evidence.wealth.hedged - kept) == pytest.approx(-6.0)
    assert (wealth.alone == evidence.wealth.alone).all()


def test_after_the_end_the_market_is_refused_each_day(evidence: Evidence) -> None:
    refused = {each.code: each for each in evidence.refusals}
    assert refused["NO_MARKET"].days > 200
    assert refused["NO_MARKET"].events == ("it-happens",)
    assert "lists no open market" in refused["NO_MARKET"].example


def test_claims_are_held_against_their_intervals(evidence: Evidence) -> None:
    found = measure(evidence, variants=3)
    cut, drag = found.claims
    assert cut.finding.interval is not None
    assert cut.met == "no"
    assert drag.met in {"yes", "no", "not shown"}
    assert found.events == found.hits == 1
    assert "it does not show an edge" in found.power
    assert "luckiest of 3 worthless variants" in next(
        each.note for each in found.figures if each.name == "Deflated Sharpe probability"
    )


def test_page_is_one_file_that_asks_nothing_of_the_network(folder: Path, type_in: Typed) -> None:
    answer = type_in("report", "--ledger", "new.db", "--output", "page.html")
    assert answer.exit_code == 0, answer.output
    page = Page((folder / "page.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.tags.count("svg") == 5
    # Parts of one drawing refer to each other; nothing else is referred to.
    assert {link[:1] for link in page.links} <= {"#"}
    for words in (
        "What is promised of such hedging",
        "it does not show an edge",
        "Assumed, not recorded",
        "What hedging can attain at best",
        "the event happened: it paid",
        "lists no open market",
    ):
        assert words in page.text


def test_the_same_ledger_gives_the_same_page(folder: Path, type_in: Typed) -> None:
    for name in ("one.html", "two.html"):
        assert type_in("report", "--ledger", "new.db", "--output", name).exit_code == 0
    assert (folder / "one.html").read_bytes() == (folder / "two.html").read_bytes()


def test_terminal_and_json_say_the_same(folder: Path, type_in: Typed) -> None:
    told = type_in("report", "--ledger", "new.db").stdout
    figures = json.loads(type_in("report", "--ledger", "new.db", "--json").stdout)["findings"]
    assert "The page is report.html" in told
    assert "Drawdown down by 30-50%" in told
    cut = next(each for each in figures["figures"] if each["name"] == "Drawdown reduction")
    assert percent(cut["figure"]) in told


def test_what_cannot_be_reported_is_named(folder: Path, type_in: Typed) -> None:
    answer = type_in("report", "--ledger", "none.db")
    assert answer.exit_code != 0
    assert "none.db" in answer.stderr
    answer = type_in("report", "--ledger", "new.db", "--output", "no/such/page.html")
    assert answer.exit_code == 2
    assert "Name another file with --output" in answer.stderr


def test_a_page_about_another_venue_says_so(folder: Path, evidence: Evidence) -> None:
    from dataclasses import replace

    from bot.report.evidence import VenueRow
    from bot.report.page import draw_page

    assert evidence.run is not None
    import msgspec

    venue = VenueRow(name=HOSTILE, is_tradable=False)
    other = replace(evidence, run=msgspec.structs.replace(evidence.run, venue=venue))
    page = Page(draw_page(other, measure(other, variants=1), now=at("12-20")))
    assert "cannot be traded by this program" in page.text
    assert HOSTILE in page.text
    assert "script" not in page.tags


def bare(count: int) -> Evidence:
    """A ledger that has hardly begun."""
    line = np.linspace(100.0, 101.0, count)
    day = np.datetime64("2024-01-01") + np.arange(count)
    return Evidence(
        mode="paper",
        run=None,
        wealth=Wealth(days=day, alone=line, hedged=line, at_mid=line),
        left_out=0,
        covers=(),
        carried=(),
        lives=(),
        refusals=(),
        scores=(),
        premium_budget_usd=None,
        deposited_usd=0.0,
    )


@pytest.mark.parametrize("count", [0, 1, 19, 40, 300])
def test_what_is_not_known_is_said_to_be(count: int) -> None:
    from bot.report.page import draw_page

    evidence = bare(count)
    found = measure(evidence, variants=1)
    page = Page(draw_page(evidence, found, now=at("01-02")))
    known = {each.name: each for each in found.figures}
    assert known["Drawdown reduction"].figure is None
    assert known["Payout ratio"].figure is None
    assert "No hedge was bought" in page.text
    assert "nothing here says what hedges are worth" in page.text
    assert "nan" not in page.text.lower()
    assert all(claim.met == "not shown" for claim in found.claims)


def test_a_hedge_sold_early_neither_hit_nor_missed() -> None:
    leg = Leg(
        condition_id=ConditionId("0x1"),
        token_id=TokenId("1"),
        opened_at=at("01-01"),
        closed_at=at("01-09"),
        shares=Shares(Decimal(10)),
        premium_usd=Usd(Decimal(2)),
        sold_usd=Usd(Decimal(1)),
        payout_usd=Usd(Decimal(0)),
        cost_usd=Usd(Decimal(1)),
    )
    life = Life(event=EventId("e"), leg=leg, story=())
    assert life.hit is None
    assert ended(life) == "sold before the end"


def test_table_of_the_attainable_is_whole() -> None:
    assert {len(row.at_fair) for row in ROWS} == {len(row.at_usual) for row in ROWS} == {6}
    assert nearest_row(0.11).volatility == 0.12
    assert nearest_row(0.4).volatility == 0.16

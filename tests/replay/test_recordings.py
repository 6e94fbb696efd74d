"""`polyhedge replay` over the real recordings, with exact counts.

A replay is deterministic, so the counts are asserted as they are. What changes them lawfully: the
config and strategies in ``worlds.py``; how triggers, sizing, utility, rounding, fees or matching
decide or fill; latency, or how often cycles run. Nothing else does: not the machine, the day,
the order of tests or the number of runs.
"""

import csv
import gzip
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from bot.app.sources import open_tape
from bot.cli import main
from bot.cli.show.replay import render_summary
from bot.model.decision import EventDecision, Verdict
from bot.model.units import ConditionId
from bot.venues.tokens import ctf_token_ids
from tests.engine.audit import audit
from tests.replay.rows import MILLION, ShownBooks, read_decisions, read_rows, recount_cash_e6
from tests.replay.worlds import HELD, Replayed, read_closes, write_election

# On one worker: what is replayed once is looked at by many tests.
pytestmark = [pytest.mark.simulation, pytest.mark.xdist_group("replay")]

FORESEEABLE = (
    "tick", "decimals", "minimum", "balance", "post_only", "closed", "expiration", "no_book",
)  # fmt: skip
"""Words of a venue's refusals that planning must make impossible. What is left is a book that
was not there any more when the order arrived."""


@pytest.mark.parametrize("name", ["l2_books", "fed", "election"])
def test_every_order_is_one_the_venue_takes(name: str, request: pytest.FixtureRequest) -> None:
    replayed: Replayed = request.getfixturevalue(name)
    assert set(replayed.summary.rejected) <= {"fak_not_filled"}
    assert replayed.summary.denied == {}
    assert replayed.summary.skipped == 0
    assert replayed.summary.halted == ""
    assert replayed.wrong == ()
    details = read_rows(
        replayed.ledger, "SELECT detail FROM order_events WHERE status = 'rejected'"
    )
    assert not [d for d in details for word in FORESEEABLE if word in d["detail"].casefold()]


@pytest.mark.parametrize("name", ["l2_books", "fed", "election"])
def test_every_ledger_balances_to_the_last_millionth(
    name: str, request: pytest.FixtureRequest
) -> None:
    replayed: Replayed = request.getfixturevalue(name)
    summary = replayed.summary
    assert summary.gap_usd == 0
    audit(replayed.ledger, replayed.bounds)
    cash_e6 = recount_cash_e6(replayed.ledger, payouts_of(replayed))
    assert Decimal(cash_e6) / MILLION == summary.cash_after_usd
    cost = sum((left.cost_usd for left in summary.left), Decimal(0))
    assert summary.cash_after_usd + cost == summary.cash_before_usd + summary.realised_usd


@pytest.mark.parametrize("name", ["l2_books", "fed", "election"])
def test_every_fill_stood_in_the_recorded_book(name: str, request: pytest.FixtureRequest) -> None:
    replayed: Replayed = request.getfixturevalue(name)
    fills = read_rows(replayed.ledger, "SELECT * FROM journal WHERE kind = 'fill'")
    assert len(fills) == replayed.summary.fills
    shown = ShownBooks(open_tape(replayed.settings), {fill["token_id"] for fill in fills})
    for fill in fills:
        at = datetime.fromisoformat(fill["at"])
        book = shown.last_before(fill["token_id"], round(at.timestamp() * 1000))
        asks = dict(zip(book.ask_prices, book.ask_sizes, strict=True))
        bids = dict(zip(book.bid_prices, book.bid_sizes, strict=True))
        side = asks if fill["shares_e6"] > 0 else bids
        assert abs(fill["shares_e6"]) <= side[fill["price_e6"]]


def payouts_of(replayed: Replayed) -> Mapping[str, Decimal]:
    """Return what the recording's own files say each token paid."""
    recorded, folder = replayed.settings.recorded, replayed.settings.recorded_path
    assert recorded is not None
    assert folder is not None
    paid: dict[str, Decimal] = {}
    if recorded.source == "l2_books":
        for row in csv.DictReader((folder / "markets.csv").read_text().splitlines()):
            up, down = ctf_token_ids(ConditionId(row["market_id"]))
            paid |= {up: Decimal(row["payout_up"]), down: Decimal(row["payout_down"])}
    elif recorded.source == "daily":
        with gzip.open(folder / "markets.csv.gz", "rt", newline="") as file:
            for row in csv.DictReader(file):
                first = Decimal(row["payout0"])
                paid |= {row["token0"]: first, row["token1"]: 1 - first}
    return paid


# --- 13 bitcoin markets of 15 minutes, books of 20 levels


def test_books_of_twenty_levels_are_walked_refused_and_settled(l2_books: Replayed) -> None:
    summary = l2_books.summary
    assert (summary.orders, summary.fills, summary.partly_filled) == (85, 83, 3)
    assert summary.rejected == {"fak_not_filled": 2}
    assert summary.lifecycle == {"opened": 13, "added": 70, "settled": 13, "refused": 26}
    # No market: before it is listed and after its end. Wrong date: it ends at this very instant.
    refused = {"NO_MARKET": 26, "NOT_WORTH_IT": 2, "WRONG_DATE": 2, "BELOW_MINIMUM": 2}
    assert summary.refused == refused
    assert summary.frozen == {"NO_MID": 127, "PAIR_UNDER_ONE": 1, "STALE_BOOK": 91}
    assert summary.left == ()
    assert summary.cash_before_usd == Decimal(3000)
    assert summary.cash_after_usd == Decimal("3347.91311")


def test_every_market_of_fifteen_minutes_is_settled_at_its_payout(l2_books: Replayed) -> None:
    rows = read_rows(l2_books.ledger, "SELECT * FROM journal WHERE kind = 'settlement'")
    paid = payouts_of(l2_books)
    assert len({row["condition_id"] for row in rows}) == 13
    assert all(row["cash_e6"] == -row["shares_e6"] * paid[row["token_id"]] for row in rows)
    assert {paid[row["token_id"]] for row in rows} == {0, 1}


def test_an_order_gets_only_what_is_left_when_it_arrives(l2_books: Replayed) -> None:
    rows = read_rows(
        l2_books.ledger,
        "SELECT o.size_e6, sum(j.shares_e6) AS filled_e6 FROM orders o JOIN journal j"
        " USING (order_id) GROUP BY o.id HAVING filled_e6 < o.size_e6 - 10000",
    )
    assert len(rows) == l2_books.summary.partly_filled
    assert all(0 < row["filled_e6"] < row["size_e6"] for row in rows)


def test_too_little_depth_is_refused_with_both_numbers(l2_books: Replayed) -> None:
    thin = [event for event in decided(l2_books) if is_limited_by_depth(event)]
    refused = [event for event in thin if event.verdict is Verdict.REFUSE]
    assert len(refused) == l2_books.summary.refused["BELOW_MINIMUM"]
    for event in thin:
        assert event.planned_shares == event.held_shares
        assert "smallest order that takes is 1 USD" in event.reasons[0].text


NO_PRICE = ("NO_MID", "PAIR_UNDER_ONE")


def test_a_one_sided_book_is_skipped(l2_books: Replayed) -> None:
    seen = Counter[str]()
    for cycle in l2_books.cycles:
        assert cycle.view is not None
        assert cycle.decision is not None
        books = {
            event.event: view.quote.book
            for event in cycle.view.events
            for view in event.markets
            if view.quote is not None
        }
        sent = {intent.event for intent in cycle.decision.approved}
        for event in cycle.decision.events:
            if event.verdict is Verdict.FROZEN and event.reasons[0].code in NO_PRICE:
                book = books[event.event]
                seen["two sides" if book.bid_prices and book.ask_prices else "one side"] += 1
                seen["crossed"] += book.is_crossed
                assert event.event not in sent
    assert seen == {"one side": 127, "two sides": 1, "crossed": 1}


def decided(replayed: Replayed) -> list[EventDecision]:
    return [event for each in read_decisions(replayed.ledger) for event in each.decision.events]


def is_limited_by_depth(event: EventDecision) -> bool:
    """Whether nothing was sent because the share of the depth it may take is below the minimum."""
    codes = [reason.code for reason in event.reasons]
    return codes == ["BELOW_MINIMUM", "WORTH_IT"] and event.reasons[1].text.endswith("depth")


# --- the Fed's decision of December 2025


def test_the_fed_is_hedged_on_the_depth_shown(fed: Replayed) -> None:
    summary = fed.summary
    assert (summary.orders, summary.fills, summary.partly_filled) == (14, 12, 1)
    # What we took at a level stays taken until the book shows more there, and so it is refused.
    assert summary.rejected == {"fak_not_filled": 2}
    assert summary.lifecycle == {"opened": 2, "added": 10, "refused": 2}
    assert summary.settled == 0
    # A look in each hour of a hole in the recording finds an old book, or no market yet.
    assert summary.refused == {"NO_MARKET": 130}
    assert summary.frozen == {"STALE_BOOK": 1017}
    assert summary.cash_after_usd == Decimal("2129.79661")


def test_what_the_recording_does_not_end_is_left_at_the_last_bid(fed: Replayed) -> None:
    left = {str(position.event): position for position in fed.summary.left}
    assert {event: position.shares for event, position in left.items()} == {
        "fed-does-not-cut": Decimal("1799.45"),
        "fed-keeps": Decimal(2870),
    }
    # The last recorded bids: 35c for No on 2025-10-31 23:57, 7c for Yes on 2025-12-07 04:30 UTC.
    for event, bid in (("fed-does-not-cut", "0.35"), ("fed-keeps", "0.07")):
        worth = left[event].worth_usd_est
        assert worth is not None
        assert worth == pytest.approx(float(left[event].shares * Decimal(bid)), abs=1e-9)
    shown = StringIO()
    console = Console(file=shown, width=100)
    for part in render_summary(fed.summary, width=100):
        console.print(part)
    assert "at the last bid" in shown.getvalue()
    assert "630 USD" in shown.getvalue()
    assert "201 USD" in shown.getvalue()
    assert "Assumed, not recorded" in shown.getvalue()


def test_nothing_is_traded_while_the_recording_has_a_hole(fed: Replayed) -> None:
    hole = (datetime(2025, 11, 1, 2, tzinfo=UTC), datetime(2025, 11, 16, 6, tzinfo=UTC))
    times = [
        datetime.fromisoformat(row["made_at"])
        for row in read_rows(fed.ledger, "SELECT made_at FROM orders")
    ]
    assert [at for at in times if hole[0] < at < hole[1]] == []
    assert min(times) < hole[0] < hole[1] < max(times)


# --- the election of 2024, a price a day


def test_the_election_hedge_opens_adjusts_and_settles(election: Replayed) -> None:
    summary = election.summary
    assert (summary.orders, summary.fills) == (3, 3)
    assert summary.lifecycle == {"opened": 1, "added": 2, "settled": 1, "refused": 1}
    assert summary.rejected == {}
    assert summary.left == ()
    assert summary.cash_after_usd == Decimal("4366.11241")
    assert "half-spread 0.01 USD (0.005 under 5 cents" in summary.assumed
    assert "depth 2,000 shares per cent" in summary.assumed


def test_the_election_pays_when_and_what_was_recorded(election: Replayed) -> None:
    fills = read_rows(election.ledger, "SELECT * FROM journal WHERE kind = 'fill'")
    (payout,) = read_rows(election.ledger, "SELECT * FROM journal WHERE kind = 'settlement'")
    resolved_at = datetime(2024, 11, 6, 15, 17, 41, tzinfo=UTC)
    paid_at = datetime.fromisoformat(payout["at"])
    assert resolved_at <= paid_at <= resolved_at + election.settings.check_every
    assert payout["cash_e6"] == -payout["shares_e6"] == sum(fill["shares_e6"] for fill in fills)
    assert max(datetime.fromisoformat(fill["at"]) for fill in fills) < resolved_at


def test_no_price_is_used_before_it_was_known(election: Replayed, recordings: Path) -> None:
    closes = read_closes(recordings)
    days = {symbol: [known_at(day) for day in closes[symbol]] for symbol in HELD}
    looked = 0
    for recorded in read_decisions(election.ledger):
        view = recorded.view
        assert view is not None
        for holding in view.portfolio.holdings:
            assert holding.as_of <= view.now
            last = bisect_right(days[holding.symbol], view.now) - 1
            owned = next(
                h for h in election.settings.portfolio.holdings if h.symbol == holding.symbol
            )
            close = list(closes[holding.symbol].values())[last]
            assert holding.usd_est == pytest.approx(close * float(owned.quantity or 0))
            looked += 1
        for event in view.events:
            for market in event.markets:
                assert market.quote is not None
                midnight = view.now.replace(hour=0, minute=0, second=0, microsecond=0)
                assert market.quote.confirmed_at == midnight
    assert looked == election.summary.decisions * len(HELD)


def known_at(day: str) -> datetime:
    """Return when New York had closed for sure on that day."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=21)


def test_the_command_says_the_same_each_time(
    election: Replayed, recordings: Path, tmp_path: Path
) -> None:
    config, ledger = write_election(recordings, tmp_path), tmp_path / "again.db"
    words = ["replay", "--config", str(config), "--ledger", str(ledger), "--json"]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["ledger"] == str(ledger)
    expected = asdict(election.summary)
    assert told["summary"]["lifecycle"] == expected["lifecycle"]
    assert told["summary"]["cash_after_usd"] == str(expected["cash_after_usd"])
    # Reasons name the strategy file, and the two runs have a folder each.
    first, again = (
        [
            recorded.decision_bytes.replace(str(path.parent).encode(), b"here")
            for recorded in read_decisions(path)
        ]
        for path in (election.ledger, ledger)
    )
    assert again == first

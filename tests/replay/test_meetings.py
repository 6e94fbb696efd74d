"""A hedge carried over four meetings of the Fed, on real prices, with exact counts and cents.

Twice: in markets of one meeting each, where the old leg runs to its date, and in deadlines, where
the old leg is sold for the later one. What changes the figures lawfully: see ``test_recordings``.
"""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from bot.cli.show.replay import render_summary
from bot.core.carried import Carried, Leg
from tests.engine.audit import audit
from tests.replay.rows import MILLION, read_decisions, read_rows, recount_cash_e6
from tests.replay.test_recordings import payouts_of
from tests.replay.worlds import Replayed

pytestmark = [pytest.mark.simulation, pytest.mark.xdist_group("replay")]

MEETINGS = (date(2024, 9, 18), date(2024, 11, 7), date(2024, 12, 18), date(2025, 1, 29))
UNITS = (
    "SELECT o.*, sum(j.shares_e6) AS filled_e6 FROM orders o JOIN journal j USING (order_id)"
    " WHERE o.unit != '' GROUP BY o.id"
)
"""Orders of units, in their order, with what was filled of each."""
EARLIER = (date(2024, 5, 1), date(2024, 6, 12), date(2024, 7, 31), date(2024, 9, 18))


@pytest.mark.parametrize("name", ["fed_dates", "fed_deadlines"])
def test_a_hedge_over_four_meetings_adds_up(name: str, request: pytest.FixtureRequest) -> None:
    replayed: Replayed = request.getfixturevalue(name)
    summary = replayed.summary
    assert summary.gap_usd == 0
    assert (summary.left, summary.halted, replayed.wrong) == ((), "", ())
    assert (summary.denied, summary.rejected, summary.partly_filled) == ({}, {}, 0)
    audit(replayed.ledger, replayed.bounds)
    cash_e6 = recount_cash_e6(replayed.ledger, payouts_of(replayed))
    assert Decimal(cash_e6) / MILLION == summary.cash_after_usd
    (hedge,) = summary.carried
    assert hedge.payout_usd - hedge.cost_usd == summary.realised_usd


def days_of(hedge: Carried) -> list[tuple[date, date]]:
    """Return the first and the last day of each leg."""
    return [(leg.opened_at.date(), leg.closed_at.date()) for leg in hedge.legs if leg.closed_at]


def slugs_of(replayed: Replayed) -> list[str]:
    (hedge,) = replayed.summary.carried
    return [replayed.summary.markets[leg.condition_id] for leg in hedge.legs]


# --- a market for each meeting


def test_four_meetings_are_covered_by_a_leg_each(fed_dates: Replayed) -> None:
    (hedge,) = fed_dates.summary.carried
    assert [
        slug.removeprefix("no-change-in-fed-interest-rates-after-") for slug in slugs_of(fed_dates)
    ] == [
        "2024-september-meeting",
        "2024-november-meeting",
        "december-2024-meeting",
        "january-2025-meeting",
    ]
    assert len(hedge.legs) == len(MEETINGS) == 4
    for meeting, (opened, closed) in zip(MEETINGS, days_of(hedge), strict=True):
        assert opened < meeting <= closed
    assert fed_dates.summary.lifecycle == {
        "opened": 1, "added": 3, "rolled": 3, "settled": 4, "refused": 1,
    }  # fmt: skip


def test_each_roll_to_the_next_meeting_leaves_the_old_leg_to_its_date(fed_dates: Replayed) -> None:
    orders = read_rows(fed_dates.ledger, "SELECT * FROM orders")
    assert {row["side"] for row in orders} == {"buy"}
    rolls = [row for row in orders if row["purpose"] == "roll_in"]
    assert [row["token_id"] for row in rolls] == [leg.token_id for leg in legs_of(fed_dates)][1:]
    # Ten days before the date of the one before it, which settles at its own payout.
    assert [row["made_at"][:10] for row in rolls] == ["2024-09-09", "2024-10-29", "2024-12-09"]
    settled = read_rows(fed_dates.ledger, "SELECT * FROM journal WHERE kind = 'settlement'")
    assert [row["token_id"] for row in settled] == [leg.token_id for leg in legs_of(fed_dates)]
    assert [-row["shares_e6"] for row in settled] == [
        leg.shares * MILLION for leg in legs_of(fed_dates)
    ]


def legs_of(replayed: Replayed) -> tuple[Leg, ...]:
    (hedge,) = replayed.summary.carried
    return hedge.legs


def test_what_four_meetings_cost_by_the_covered_day(fed_dates: Replayed) -> None:
    (hedge,) = fed_dates.summary.carried
    assert [leg.cost_usd for leg in hedge.legs] == [
        Decimal("982.8626"),
        Decimal("596.96366"),
        Decimal("1763.66039"),
        Decimal("4601.23531"),
    ]
    # Three cuts, then rates stayed.
    assert [leg.payout_usd for leg in hedge.legs] == [0, 0, 0, Decimal("7226.48")]
    assert hedge.covered_days == pytest.approx(182.083, abs=0.001)
    assert hedge.cost_per_day_usd_est == pytest.approx(43.63, abs=0.005)


# --- deadlines, each of which covers what the one before it does


def test_a_deadline_is_sold_for_the_next_as_one_unit(fed_deadlines: Replayed) -> None:
    assert slugs_of(fed_deadlines) == [
        "fed-rate-cut-by-june-12",
        "fed-rate-cut-by-july-31",
        "fed-rate-cut-by-september-18",
    ]
    assert fed_deadlines.summary.lifecycle == {
        "opened": 1, "added": 1, "rolled": 2, "rolled_out": 2, "settled": 1, "refused": 1,
    }  # fmt: skip
    legs = legs_of(fed_deadlines)
    rows = read_rows(fed_deadlines.ledger, UNITS)
    assert len(rows) == 4
    for number, (out, into) in enumerate(zip(rows[::2], rows[1::2], strict=True)):
        assert (out["purpose"], into["purpose"]) == ("roll_out", "roll_in")
        assert out["unit"] == into["unit"]
        assert (out["token_id"], into["token_id"]) == (
            legs[number].token_id, legs[number + 1].token_id,
        )  # fmt: skip
        assert -out["filled_e6"] == out["size_e6"] == legs[number].shares * MILLION
        assert into["filled_e6"] == into["size_e6"]
    assert [row["made_at"][:10] for row in rows[::2]] == ["2024-06-03", "2024-07-22"]


def test_every_meeting_before_the_cut_falls_into_a_covered_day(fed_deadlines: Replayed) -> None:
    (hedge,) = fed_deadlines.summary.carried
    spans = days_of(hedge)
    for meeting in EARLIER:
        assert [True for opened, closed in spans if opened <= meeting <= closed]
    # One leg ends where the next begins.
    assert [closed for _, closed in spans[:-1]] == [opened for opened, _ in spans[1:]]


def test_what_the_deadlines_cost_by_the_covered_day(fed_deadlines: Replayed) -> None:
    (hedge,) = fed_deadlines.summary.carried
    assert [leg.cost_usd for leg in hedge.legs] == [
        Decimal("1099.90304"),
        Decimal("416.48588"),
        Decimal("4428.81127"),
    ]
    assert [leg.sold_usd > 0 for leg in hedge.legs] == [True, True, False]
    assert [leg.payout_usd for leg in hedge.legs] == [0, 0, 5195]
    assert hedge.covered_days == pytest.approx(157.042, abs=0.001)
    assert hedge.cost_per_day_usd_est == pytest.approx(37.86, abs=0.005)


def test_a_roll_says_what_is_new_and_what_both_legs_cost(fed_deadlines: Replayed) -> None:
    said = [
        reason.text
        for recorded in read_decisions(fed_deadlines.ledger)
        for event in recorded.decision.events
        if event.verdict == "roll"
        for reason in event.reasons
        if reason.code == "WORTH_IT"
    ]
    assert len(said) == 2
    assert "78% of its cover is new, for a chance of 8.1% after the present end" in said[0]
    assert "93% of its cover is new, for a chance of 82.7% after the present end" in said[1]


def test_the_replay_prints_what_a_covered_day_cost(fed_deadlines: Replayed) -> None:
    shown = StringIO()
    console = Console(file=shown, width=140)
    for part in render_summary(fed_deadlines.summary, width=140):
        console.print(part)
    words = " ".join(shown.getvalue().split())
    assert "hedge covered days cost a covered day paid out in" in words
    assert "fed-cuts 157.0 5,945.20019 USD 37.86 USD 5,195.00 USD" in words
    assert "1,099.90304 USD 0.00 USD Apr 15 to Jun 3: fed-rate-cut-by-june-12" in words

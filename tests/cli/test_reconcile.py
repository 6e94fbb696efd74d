"""`polyhedge reconcile` shows both sides and why they differ; `adopt` makes foreign shares ours."""

import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from bot.cli.show.reconcile import render_comparison
from bot.ledger import Ledger, LedgerReader
from bot.model.comparison import Compared, Comparison, Explanation, Sought
from bot.model.orders import OrderStatus, Side
from bot.model.transfers import Entry, EntryKind, Transfer
from bot.model.units import EventId, OrderId, Shares, TokenId, Usd
from tests.cli.conftest import Typed
from tests.fakes import START


def shown(comparison: Comparison, *, halted: str = "") -> str:
    console = Console(file=io.StringIO(), width=130)
    for part in render_comparison(comparison, halted=halted, width=console.width):
        console.print(part)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return re.sub(r" +", " ", text)


def row(token: str, ledger: str, venue: str, explanation: Explanation) -> Compared:
    return Compared(
        token_id=TokenId(token) if token else None,
        event=EventId("fed-hike" if token else ""),
        ledger=Decimal(ledger),
        venue=Decimal(venue),
        explanation=explanation,
    )


def test_each_line_says_both_sides_and_why_they_differ() -> None:
    text = shown(
        Comparison(
            at=START,
            rows=(
                row("", "100.5", "96.400001", Explanation.NOT_FINAL),
                row("101", "10", "10", Explanation.NONE),
                row("201", "3", "4", Explanation.UNEXPLAINED),
            ),
            sought=(
                Sought(
                    order_id=OrderId("0x7a41"),
                    event=EventId("fed-hike"),
                    token_id=TokenId("101"),
                    side=Side.BUY,
                    size=Shares(Decimal(50)),
                    status=OrderStatus.UNKNOWN,
                    sent_at=START,
                    looks=4,
                    next_look_at=START + timedelta(minutes=2),
                ),
            ),
            redeemable_usd=Usd(Decimal("12.5")),
            stop="an order of somebody else",
        ),
        halted="the books differ",
    )
    assert "HALTED: the books differ. Nothing trades." in text
    assert "NOTHING IS SENT: an order of somebody else" in text
    assert "ledger and venue differ in 2 of 3 lines" in text
    assert "cash - 100.5 USD 96.400001 USD -4.099999 USD not final" in text
    assert "101 fed-hike 10 10 0 -" in text
    assert "201 fed-hike 3 4 1 unexplained" in text
    assert "12.50 USD of resolved hedges are redeemable and not cash yet" in text
    assert (
        "UNKNOWN order 0x7a41 (fed-hike, buy 50): sent 2026-11-02 12:00 UTC, looked for 4 times in"
        " vain, next 2026-11-02 12:02 UTC"
    ) in text


def test_before_the_first_cycle_there_is_nothing_to_show(started: Path, type_in: Typed) -> None:
    Ledger.open(started / "ledger" / "practice.db", mode="paper").close()
    answer = type_in("reconcile")
    assert answer.exit_code == 3
    assert "holds no comparison yet" in answer.stderr


def test_a_comparison_is_made_now_without_trading(started: Path, type_in: Typed) -> None:
    answer = type_in("reconcile", "--now")
    assert answer.exit_code == 0, answer.stderr
    assert "ledger and venue agree" in answer.stdout
    reader = LedgerReader.open(started / "ledger" / "practice.db")
    assert reader.last_cycle() is None
    assert reader.orders() == ()
    reader.close()


def test_the_last_comparison_of_the_daemon_is_shown_with_its_time(
    started: Path, type_in: Typed
) -> None:
    type_in("run", "--for", "1d")
    reader = LedgerReader.open(started / "ledger" / "practice.db")
    last = reader.comparison()
    reader.close()
    assert last is not None
    assert f"compared {last.at:%Y-%m-%d %H:%M} UTC" in type_in("reconcile").stdout
    told = json.loads(type_in("reconcile", "--json").stdout)
    assert told["halted"] == ""
    assert [line["venue"] for line in told["comparison"]["rows"]] == [
        str(line.venue) for line in last.rows
    ]


def receive(path: Path, token: str) -> None:
    """Let the chain have shown 7 shares that came from outside."""
    transfer = Transfer(
        transfer_id="0xt/0",
        at=START,
        transaction="0xt",
        token_id=TokenId(token),
        change_e6=7_000_000,
        block=5,
    )
    entry = Entry(
        kind=EntryKind.EXTERNAL, transfer=transfer, token_id=TokenId(token), shares_e6=7_000_000
    )
    ledger = Ledger.open(path, mode="paper")
    ledger.record_entries([entry], START)
    ledger.close()


def test_shares_from_outside_become_a_hedge_only_of_what_they_pay_for(
    started: Path, type_in: Typed
) -> None:
    path = started / "ledger" / "practice.db"
    answer = type_in("adopt", "1", "--event", "fed-hike")
    assert answer.exit_code == 3
    assert "no ledger at" in answer.stderr
    type_in("run", "--for", "1d")
    reader = LedgerReader.open(path)
    cycle = reader.last_decision_cycle()
    assert cycle is not None
    view = reader.decision(cycle).view
    assert view is not None
    event = next(shown for shown in view.events if shown.markets)
    market = event.markets[0]
    before = {p.token_id: p.shares for p in reader.account(START).positions}
    reader.close()
    receive(path, market.token_id)
    unknown = type_in("adopt", market.token_id, "--event", event.event + "x")
    assert unknown.exit_code == 2
    assert f"Did you mean {event.event}?" in unknown.stderr
    other = market.market.complement_of(market.token_id)
    wrong = type_in("adopt", other, "--event", event.event)
    assert wrong.exit_code == 2
    assert f"does not hedge with token {other}" in wrong.stderr
    done = type_in("adopt", market.token_id, "--event", event.event)
    assert done.stdout == (
        f"adopted 7 shares; from the next cycle on they are a hedge of {event.event}\n"
    )
    reader = LedgerReader.open(path)
    after = {p.token_id: p.shares for p in reader.account(START).positions}
    reader.close()
    assert after[market.token_id] == before.get(market.token_id, Decimal(0)) + 7
    none = type_in("adopt", market.token_id, "--event", event.event)
    assert none.exit_code == 3
    assert "knows of no shares" in none.stderr

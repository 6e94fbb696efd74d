"""What a cycle knew and concluded can be had again, and does not fill the disk."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import LedgerError
from bot.ledger import Ledger, LedgerReader, StrategyText, codec
from bot.model.market import Book
from bot.model.rule import EventProblem, Sized
from bot.model.strategy import (
    CloseRule,
    Costs,
    Execution,
    Impact,
    ImpactBasis,
    Limits,
    MarketRef,
    OnRemove,
    RollRule,
    Strategy,
)
from bot.model.units import TokenId
from bot.model.view import EventMemory
from tests.fakes import START
from tests.ledger.make import (
    EVENT,
    make_decision,
    make_fill,
    make_view,
    send,
    usd,
)


class NoHedge:
    """A sizing rule that wants nothing."""

    @property
    def is_joint(self) -> bool:
        return False

    def size(self, problem: EventProblem) -> Sized:
        return Sized(shares=0.0, state=0.0, note="")


def make_strategy(
    text: str = "strategy: fed-hike\n", path: str = "strategies/fed.yaml"
) -> Strategy:
    return Strategy(
        event=EVENT,
        why="",
        market=MarketRef(slug="fed"),
        adverse="Yes",
        horizon=timedelta(days=120),
        impact=Impact(basis=ImpactBasis.DIFFERENCE, lines=()),
        own_view=None,
        sizing=NoHedge(),
        triggers=(),
        execution=Execution(),
        costs=Costs(),
        limits=Limits(max_order_usd=usd("150"), max_premium_usd=usd("400")),
        roll=RollRule(),
        close=CloseRule(),
        max_quote_age=timedelta(seconds=30),
        on_remove=OnRemove.CLOSE,
        expires_at=None,
        path=path,
        text=text,
        digest=codec.digest(text.encode()),
    )


def count(ledger: Ledger, table: str) -> int:
    return int(ledger._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def many_books(number: int) -> tuple[Book, ...]:
    sides = ((tuple(range(n, n + 20)), tuple(range(1, 21))) for n in range(1, number + 1))
    return tuple(Book(TokenId(f"8{n}"), 0, *bids, *bids) for n, bids in enumerate(sides, start=100))


def test_a_decision_comes_back_with_all_it_knew(ledger: Ledger) -> None:
    view, decision, strategy = make_view(), make_decision(), make_strategy()
    ledger.record_decision(view, decision, [strategy])
    recorded = ledger.decision(1)
    assert recorded.view == view
    assert recorded.decision == decision
    assert recorded.decision_bytes == codec.encode_decision(decision)
    assert recorded.version == "0.1.0"
    assert recorded.view_digest == codec.digest(codec.encode(view))
    assert recorded.strategies == (
        StrategyText(path=strategy.path, digest=strategy.digest, text=strategy.text),
    )


def test_a_reader_sees_the_same_decision(ledger: Ledger) -> None:
    ledger.record_decision(make_view(), make_decision(), [make_strategy()])
    reader = LedgerReader.open(ledger.path)
    assert reader.decision(1) == ledger.decision(1)
    reader.close()


def test_a_strategy_text_is_stored_once(ledger: Ledger) -> None:
    for cycle in (1, 2):
        ledger.record_decision(make_view(cycle), make_decision(cycle), [make_strategy()])
    changed = make_strategy("strategy: fed-hike # changed\n")
    ledger.record_decision(make_view(3), make_decision(3), [changed])
    assert count(ledger, "strategies") == 2
    assert ledger.decision(2).strategies[0].text == "strategy: fed-hike\n"
    assert ledger.decision(3).strategies[0].text == changed.text


@pytest.mark.parametrize(
    ("cycles", "message"),
    [((), "holds no decision yet"), ((3, 5), "holds decisions of cycles 3 to 5, not of 4")],
    ids=["none", "some"],
)
def test_a_decision_that_was_not_recorded_is_a_message(
    ledger: Ledger, cycles: tuple[int, ...], message: str
) -> None:
    for cycle in cycles:
        ledger.record_decision(make_view(cycle), make_decision(cycle), [])
    with pytest.raises(LedgerError, match=message):
        ledger.decision(4)


def test_memories_are_the_last_of_each_event(ledger: Ledger) -> None:
    assert ledger.memories() == {}
    first, second = EventMemory(probability=0.1), EventMemory(probability=0.2)
    ledger.record_decision(make_view(1), make_decision(1, memory=first), [])
    ledger.record_decision(make_view(2), make_decision(2, memory=second), [])
    assert ledger.memories() == {EVENT: second}


def test_a_memory_that_did_not_change_is_not_stored_again(ledger: Ledger) -> None:
    memory = EventMemory(probability=0.1, rule_state={"sizing": 0.5})
    ledger.record_decision(make_view(1), make_decision(1, memory=memory), [])
    ledger.record_memories(make_decision(2, memory=memory))
    assert count(ledger, "memories") == 1
    ledger.record_memories(make_decision(3, memory=replace(memory, probability=0.3)))
    assert ledger.memories()[EVENT].probability == 0.3


def test_the_last_cycle_is_known_although_it_never_finished(ledger: Ledger) -> None:
    assert ledger.last_cycle() is None
    ledger.record_cycle(1, START, duration_ms=3.5, counts={"intents": 1})
    assert ledger.last_cycle() == (1, START)
    ledger.record_decision(make_view(2, days=1), make_decision(2, days=1), [])
    assert ledger.last_cycle() == (2, START + timedelta(days=1))


def test_only_changed_books_are_stored(ledger: Ledger) -> None:
    books = many_books(200)
    ledger.record_decision(make_view(1, books=books), make_decision(1), [])
    before = count(ledger, "parts")
    assert before == 401  # the portfolio, and a market and its levels each
    moved = books[7]._replace(as_of_ms=9, bid_prices=(5,), bid_sizes=(5,))
    later = (*(book._replace(as_of_ms=9) for book in books[:7]), moved, *books[8:])
    view = make_view(2, books=later, days=0.1, price=501.0)
    ledger.record_decision(view, make_decision(2), [])
    assert count(ledger, "parts") == before + 2  # one book, and the portfolio
    assert ledger.decision(2).view == view


def test_a_cycle_over_200_quiet_markets_takes_little_room(ledger: Ledger) -> None:
    books = many_books(200)
    for cycle in (1, 2):
        view = make_view(cycle, books=books, days=cycle / 10)
        ledger.record_decision(view, make_decision(cycle), [])
    (size,) = ledger._db.execute("SELECT length(body) FROM views WHERE cycle = 2").fetchone()
    assert size < 10_000


def test_a_part_stored_by_an_undone_step_is_stored_again(ledger: Ledger) -> None:
    view = make_view(1)

    def stumble() -> None:
        with ledger.transaction():
            ledger.record_decision(view, make_decision(1), [make_strategy()])
            raise KeyError

    with pytest.raises(KeyError):
        stumble()
    assert ledger.last_cycle() is None
    ledger.record_decision(view, make_decision(1), [make_strategy()])
    assert ledger.decision(1).view == view
    assert ledger.decision(1).strategies[0].text


def test_a_restart_finds_the_parts_of_its_day(tmp_path: Path) -> None:
    for cycle in (1, 2):
        ledger = Ledger.open(tmp_path / "ledger.db", mode="paper")
        ledger.record_decision(make_view(cycle), make_decision(cycle), [make_strategy()])
        assert count(ledger, "parts") == 3
        ledger.close()


DAYS = {1: 1.0, 2: 2.0, 3: 2.1, 4: 4.0}
"""Cycle -> days after the start."""


@pytest.fixture
def aged(ledger: Ledger) -> Ledger:
    """A ledger with cycles 1 to 4 on three days; the second led to an order."""
    for cycle, days in DAYS.items():
        view = make_view(cycle, days=days, price=500.0 + cycle)
        ledger.record_decision(view, make_decision(cycle, days=days), [make_strategy()])
    send(ledger, 2)
    ledger.record_fill(make_fill(2), START)
    return ledger


def test_old_views_go_unless_they_led_to_an_order(aged: Ledger) -> None:
    views = {cycle: aged.decision(cycle).view for cycle in (1, 2, 3, 4)}
    assert aged.prune(START + timedelta(days=94), timedelta(days=90)) == 2
    for cycle in (1, 3):
        recorded = aged.decision(cycle)
        assert recorded.view is None
        assert recorded.decision == make_decision(cycle, days=DAYS[cycle])
        assert recorded.view_digest == codec.digest(codec.encode(views[cycle]))
    for cycle in (2, 4):
        assert aged.decision(cycle).view == views[cycle]
    assert count(aged, "parts") == 6  # three each of the days 2 and 4
    assert aged.account(START).positions[0].shares == Decimal(10)
    assert aged.prune(START + timedelta(days=94), timedelta(days=90)) == 0


def test_a_view_after_pruning_is_whole(aged: Ledger) -> None:
    aged.prune(START + timedelta(days=1000), timedelta(days=90))
    view = make_view(5, days=4)
    aged.record_decision(view, make_decision(5), [])
    assert aged.decision(5).view == view


def test_what_stands_amiss_is_written_when_it_changes(ledger: Ledger) -> None:
    assert ledger.standing() == {}
    for amiss in ({}, {"QQQ": "no price"}, {"QQQ": "no price"}, {}):
        ledger.record_standing(amiss, START)
        assert ledger.standing() == amiss
    assert count(ledger, "standing") == 2

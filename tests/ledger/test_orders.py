"""An order is on disk before it leaves, once, and its end is an end."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.errors import InvariantError
from bot.ledger import Ledger
from bot.model.orders import (
    Accepted,
    CancelResult,
    OrderStatus,
    PreparedOrder,
    Rejected,
    SubmitResult,
    TradeSettlement,
    Unknown,
)
from bot.model.units import ClientOrderId, OrderId, TokenId
from tests.fakes import START, YES
from tests.ledger.make import EVENT, make_fill, make_intent, make_prepared, send, usd


def status_of(ledger: Ledger, number: int = 1) -> OrderStatus:
    order = ledger.order(OrderId(f"o{number}"))
    assert order is not None
    return order.status


def test_an_order_that_is_about_to_leave_counts_as_live(ledger: Ledger) -> None:
    prepared = make_prepared()
    ledger.record_submitting(prepared, cycle=1)
    (order,) = ledger.orders_without_end()
    assert order.status is OrderStatus.SUBMITTING
    assert (order.client_order_id, order.order_id) == ("c1", "o1")
    assert (order.size, order.limit, order.fee_usd) == (Decimal(10), Decimal("0.4"), usd("0.1"))
    assert (order.sent_at, order.expires_at) == (prepared.made_at, START + timedelta(minutes=10))
    assert ledger.account(START).orders == (order,)
    assert ledger.event_of(TokenId(YES)) == EVENT
    assert ledger.event_of(TokenId("5")) is None


def test_the_exact_bytes_of_an_order_are_on_disk(ledger: Ledger) -> None:
    ledger.record_submitting(make_prepared(), cycle=1)
    (row,) = ledger._db.query("SELECT body, cycle, mode FROM orders")
    assert row == {"body": b'{"signed": 1}', "cycle": 1, "mode": "paper"}


@pytest.mark.parametrize(
    "twin",
    [
        replace(make_prepared(1), order_id=OrderId("o2")),
        replace(make_prepared(2), order_id=OrderId("o1")),
    ],
    ids=["client order id", "order id"],
)
def test_an_order_is_never_written_twice(ledger: Ledger, twin: PreparedOrder) -> None:
    send(ledger, 1)
    with pytest.raises(InvariantError, match="must not be sent a second time"):
        ledger.record_submitting(twin, cycle=2)
    assert len(ledger.orders_without_end()) == 1


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (Accepted(order_id=OrderId("o1"), resting=True), OrderStatus.OPEN),
        (Rejected(code="TICK", detail="not on tick"), OrderStatus.REJECTED),
        (Unknown(detail="no answer in 5 s"), OrderStatus.UNKNOWN),
    ],
    ids=["accepted", "rejected", "unknown"],
)
def test_the_answer_to_a_submit_is_the_status(
    ledger: Ledger, result: SubmitResult, status: OrderStatus
) -> None:
    ledger.record_submitting(make_prepared(), cycle=1)
    ledger.record_result(ClientOrderId("c1"), result, START)
    assert status_of(ledger) is status
    assert len(ledger.orders_without_end()) == (0 if status.is_terminal else 1)


def test_the_same_status_again_writes_nothing(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_status(ClientOrderId("c1"), OrderStatus.OPEN, START, "still there")
    assert [row["status"] for row in ledger._db.query("SELECT status FROM order_events")] == [
        "submitting",
        "open",
    ]


def test_an_ended_order_stays_ended(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_status(ClientOrderId("c1"), OrderStatus.CANCELLED, START, "we asked")
    assert ledger.orders_without_end() == ()
    with pytest.raises(InvariantError, match="has ended as cancelled; it cannot become filled"):
        ledger.record_status(ClientOrderId("c1"), OrderStatus.FILLED, START, "")
    with pytest.raises(InvariantError, match="unless it is opened again with a reason"):
        ledger.record_status(ClientOrderId("c1"), OrderStatus.OPEN, START, "")


def test_an_ended_order_opens_again_only_with_a_reason(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_status(ClientOrderId("c1"), OrderStatus.CANCELLED, START, "we asked")
    ledger.record_status(ClientOrderId("c1"), OrderStatus.OPEN, START, "the venue shows it")
    assert status_of(ledger) is OrderStatus.OPEN


def test_a_fill_of_a_dead_order_opens_it_again(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_status(ClientOrderId("c1"), OrderStatus.DEAD, START, "never shown")
    assert ledger.record_fill(make_fill(size="4"), START)
    (order,) = ledger.orders_without_end()
    assert order.open_shares == Decimal(6)


@pytest.mark.parametrize("ended", [OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.DEAD])
def test_a_late_fill_of_an_ended_order_counts_and_opens_it_again(
    ledger: Ledger, ended: OrderStatus
) -> None:
    send(ledger)
    ledger.record_status(ClientOrderId("c1"), ended, START, "over")
    assert ledger.record_fill(make_fill(size="4"), START)
    assert status_of(ledger) is OrderStatus.OPEN
    assert len(ledger.account(START).positions) == 1


def test_a_late_fill_that_failed_opens_nothing(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_status(ClientOrderId("c1"), OrderStatus.CANCELLED, START, "we asked")
    assert ledger.record_fill(make_fill(settlement=TradeSettlement.FAILED), START)
    assert status_of(ledger) is OrderStatus.CANCELLED


def test_the_last_crumbs_of_a_full_order_leave_it_full(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(size="9.995"), START)
    ledger.record_status(ClientOrderId("c1"), OrderStatus.FILLED, START, "full")
    assert ledger.record_fill(make_fill(2, order=1, size="0.005"), START)
    assert status_of(ledger) is OrderStatus.FILLED


def test_a_status_of_an_order_not_ours_breaks_the_invariant(ledger: Ledger) -> None:
    with pytest.raises(InvariantError, match="no order with client order id c7"):
        ledger.record_status(ClientOrderId("c7"), OrderStatus.OPEN, START, "")
    assert ledger.order(OrderId("o7")) is None


def test_cancels_are_written_with_what_is_known(ledger: Ledger) -> None:
    order_id = OrderId("o1")
    ledger.record_cancel(order_id, CancelResult(order_id=order_id, cancelled=True), START)
    refused = CancelResult(order_id=order_id, cancelled=False, detail="matched")
    ledger.record_cancel(order_id, refused, START)
    ledger.record_cancel(order_id, "no answer", START)
    rows = ledger._db.query("SELECT outcome, detail FROM cancels")
    assert [tuple(row.values()) for row in rows] == [
        ("cancelled", ""),
        ("refused", "matched"),
        ("unknown", "no answer"),
    ]


def test_a_withheld_intent_is_written_with_its_reason(ledger: Ledger) -> None:
    ledger.record_withheld(make_intent(), START, "halted: by hand")
    (row,) = ledger._db.query("SELECT client_order_id, size_e6, limit_e6, reason FROM withheld")
    assert tuple(row.values()) == ("c1", 10_000_000, 400_000, "halted: by hand")
    assert ledger.orders_without_end() == ()

"""Fills, settlements and deposits: counted once, never changed, the same after a restart."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import InvariantError
from bot.ledger import Ledger, LedgerReader
from bot.model.orders import Fill, Side, TradeSettlement
from bot.model.units import OrderId, Price, TokenId
from tests.fakes import START
from tests.ledger.make import EVENT, make_fill, send, settle, sums, usd

NOTHING = (Decimal(0), Decimal(0))


def test_a_fill_moves_cash_and_shares(ledger: Ledger) -> None:
    ledger.record_deposit(usd("100"), START, "start")
    send(ledger)
    assert ledger.record_fill(make_fill(size="4"), START)
    account = ledger.account(START)
    assert account.cash_usd == usd("98.3")
    assert account.positions[0].shares == Decimal(4)
    assert account.orders[0].filled == Decimal(4)
    assert account.premium_by_event == {EVENT: usd("1.7")}
    assert ledger.last_fill_seen_at() == make_fill().at


def test_nothing_was_filled_in_a_new_ledger(ledger: Ledger) -> None:
    assert ledger.last_fill_seen_at() is None
    assert ledger.fills() == ()
    assert ledger.account(START).cash_usd == 0


def test_a_fill_seen_again_is_no_news(ledger: Ledger) -> None:
    send(ledger)
    assert ledger.record_fill(make_fill(), START)
    before = ledger.account(START)
    assert not ledger.record_fill(make_fill(), START)
    assert ledger.account(START) == before


def test_a_fill_comes_further_and_never_back(ledger: Ledger) -> None:
    send(ledger)
    steps = [TradeSettlement.MATCHED, TradeSettlement.MINED, TradeSettlement.MATCHED]
    steps += [TradeSettlement.RETRYING, TradeSettlement.CONFIRMED, TradeSettlement.MINED]
    news = [ledger.record_fill(make_fill(settlement=step), START) for step in steps]
    assert news == [True, True, False, True, True, False]
    assert ledger.fills() == (make_fill(settlement=TradeSettlement.CONFIRMED),)
    assert ledger.fills_not_final() == ()


def test_a_failed_fill_is_taken_back_by_a_new_row(ledger: Ledger) -> None:
    ledger.record_deposit(usd("100"), START, "start")
    send(ledger)
    ledger.record_fill(make_fill(), START)
    assert ledger.fills_not_final() == (make_fill(),)
    assert ledger.record_fill(make_fill(settlement=TradeSettlement.FAILED), START)
    account = ledger.account(START)
    assert (account.cash_usd, account.positions) == (usd("100"), ())
    assert account.premium_used_usd == 0
    assert account.orders[0].filled == 0
    kinds = [row["kind"] for row in ledger._db.query("SELECT kind FROM journal ORDER BY id")]
    assert kinds == ["deposit", "fill", "reversal"]
    assert sums(ledger) == (Decimal(100), Decimal(0))
    assert not ledger.record_fill(make_fill(settlement=TradeSettlement.FAILED), START)


def test_a_fill_first_seen_as_failed_moves_nothing(ledger: Ledger) -> None:
    send(ledger)
    assert ledger.record_fill(make_fill(settlement=TradeSettlement.FAILED), START)
    assert ledger.account(START).cash_usd == 0
    assert not ledger.record_fill(make_fill(), START)


def test_two_different_ends_of_a_fill_break_the_invariant(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(settlement=TradeSettlement.CONFIRMED), START)
    with pytest.raises(InvariantError, match="was confirmed and is now failed; both are final"):
        ledger.record_fill(make_fill(settlement=TradeSettlement.FAILED), START)


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (make_fill(2), "which this ledger never sent"),
        (make_fill(side=Side.SELL), "sells token 101, but order o1 was to buy token 101"),
        (
            replace(make_fill(), token_id=TokenId("7")),
            "buys token 7, but order o1 was to buy token 101",
        ),
        (make_fill(size="10.02"), r"fills 10\.02 shares of order o1, of whose 10 shares 0 are"),
    ],
    ids=["not ours", "side", "token", "size"],
)
def test_a_fill_that_does_not_fit_breaks_the_invariant(
    ledger: Ledger, fill: Fill, message: str
) -> None:
    send(ledger)
    with pytest.raises(InvariantError, match=message):
        ledger.record_fill(fill, START)
    assert ledger.fills() == ()
    assert sums(ledger) == NOTHING


def kinds(ledger: Ledger) -> list[str]:
    return [row["kind"] for row in ledger._db.query("SELECT kind FROM journal ORDER BY id")]


def test_what_the_chain_says_of_a_fill_is_booked_by_a_row_of_its_own(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(), START)
    exact = replace(
        make_fill(fee="0.12", settlement=TradeSettlement.CONFIRMED), notional_usd=usd("3.999999")
    )
    assert ledger.record_fill(exact, START)
    assert kinds(ledger) == ["fill", "correction"]
    assert ledger.fills() == (exact,)
    assert ledger.fills_not_final() == ()
    assert sums(ledger) == (Decimal("-4.119999"), Decimal(10))
    assert ledger.totals().gap_usd == 0
    assert not ledger.record_fill(exact, START)
    assert not ledger.record_fill(make_fill(), START), "the estimate again is no news"
    reader = LedgerReader.open(ledger.path)
    assert reader.fills() == ledger.fills()
    assert reader.account(START) == ledger.account(START)
    reader.close()


def test_a_confirmed_fill_may_be_corrected_once_more(ledger: Ledger) -> None:
    """Two trades of one transaction: what one of them got is exact when both are known."""
    send(ledger)
    ledger.record_fill(make_fill(settlement=TradeSettlement.CONFIRMED), START)
    assert ledger.record_fill(make_fill(size="9", settlement=TradeSettlement.CONFIRMED), START)
    assert ledger.account(START).positions[0].shares == Decimal(9)
    assert kinds(ledger) == ["fill", "correction"]
    assert ledger.fills_not_final() == ()


def test_what_a_failed_fill_would_have_been_is_no_news(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(settlement=TradeSettlement.FAILED), START)
    assert not ledger.record_fill(make_fill(size="9", settlement=TradeSettlement.FAILED), START)


def test_a_smaller_fill_leaves_more_of_its_order_open(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(), START)
    assert ledger.record_fill(make_fill(size="9.5", settlement=TradeSettlement.MINED), START)
    assert ledger.account(START).orders[0].open_shares == Decimal("0.5")
    assert ledger.account(START).positions[0].shares == Decimal("9.5")
    with pytest.raises(InvariantError, match="fills 11 shares of order o1, of whose 10 shares 0"):
        ledger.record_fill(make_fill(size="11", settlement=TradeSettlement.MINED), START)


def test_a_corrected_sale_and_a_failed_one_leave_what_is_true(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(), START)
    send(ledger, 2, side=Side.SELL)
    sale = make_fill(2, side=Side.SELL, price="0.5")
    ledger.record_fill(sale, START)
    ledger.record_fill(replace(sale, fee_usd=usd("0.3")), START)
    assert list(ledger._db.query("SELECT * FROM fill_events")) == [], "it has come no further"
    assert ledger.account(START).cash_usd == usd("-4.1") + usd("4.7")
    ledger.record_fill(replace(sale, settlement=TradeSettlement.FAILED), START)
    assert ledger.account(START).cash_usd == usd("-4.1")
    assert sums(ledger) == (Decimal("-4.1"), Decimal(10))
    assert kinds(ledger) == ["fill", "fill", "correction", "reversal"]


def test_a_price_finer_than_a_millionth_is_rounded_and_its_cash_is_exact(ledger: Ledger) -> None:
    send(ledger)
    third = replace(
        make_fill(size="3", fee="0"),
        price=Price(Decimal(1) / 3),
        notional_usd=usd("1"),
        settlement=TradeSettlement.CONFIRMED,
    )
    assert ledger.record_fill(third, START)
    assert ledger.account(START).cash_usd == usd("-1")
    assert not ledger.record_fill(third, START)


def test_two_orders_of_ours_in_one_trade_are_two_fills(ledger: Ledger) -> None:
    send(ledger, 1)
    send(ledger, 2)
    assert ledger.record_fill(make_fill(7, order=1, size="4"), START)
    assert ledger.record_fill(make_fill(7, order=2, size="6"), START)
    assert not ledger.record_fill(make_fill(7, order=1, size="4"), START)
    ledger.record_fill(make_fill(7, order=1, size="4", settlement=TradeSettlement.FAILED), START)
    assert ledger.account(START).positions[0].shares == Decimal(6)


def test_a_fill_may_exceed_its_order_by_dust(ledger: Ledger) -> None:
    send(ledger)
    assert ledger.record_fill(make_fill(size="10.01"), START)


def test_a_sale_of_shares_not_held_is_refused_whole(ledger: Ledger) -> None:
    send(ledger, side=Side.SELL)
    with pytest.raises(InvariantError, match="sells 10 shares of token 101, but the ledger holds"):
        ledger.record_fill(make_fill(side=Side.SELL), START)
    assert sums(ledger) == NOTHING
    assert ledger.account(START).cash_usd == 0


def test_a_payout_closes_the_position(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(), START)
    settle(ledger, "10", "10")
    assert ledger.account(START).positions == ()
    assert ledger.totals().realised_usd == usd("5.9")
    with pytest.raises(InvariantError, match="takes 10 shares"):
        settle(ledger, "10", "10")


def test_half_a_payout_of_an_odd_millionth_is_rounded_down(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(size="3.000001"), START)
    settle(ledger, "3.000001", "1.5000005")
    assert ledger.totals().cash_usd == usd("0.2") - usd("0.000001")


def test_money_finer_than_a_millionth_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="not a whole number of millionths"):
        ledger.record_deposit(usd("0.0000001"), START, "dust")


@pytest.mark.parametrize("table", ["journal", "orders", "order_events", "decisions", "halts"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET mode = 'live'", "DELETE FROM {}"])
def test_rows_of_money_cannot_be_changed(ledger: Ledger, table: str, verb: str) -> None:
    (row,) = ledger._db.query(
        "SELECT group_concat(sql, ' ') AS sql FROM sqlite_master"
        " WHERE type = 'trigger' AND tbl_name = ?",
        [table],
    )
    assert row["sql"].count("is append-only") == 2
    if table in ("journal", "halts"):
        ledger.record_deposit(usd("1"), START, "")
        ledger.record_halt("x", START)
        with (
            pytest.raises(InvariantError, match=f"{table} is append-only"),
            ledger.transaction(),
        ):
            ledger._db.execute(verb.format(table))


def test_a_naive_instant_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="naive datetime"):
        ledger.record_halt("x", START.replace(tzinfo=None))


def test_what_belongs_together_is_undone_together(ledger: Ledger) -> None:
    ledger.record_deposit(usd("100"), START, "start")

    def write_and_stumble() -> None:
        with ledger.transaction():
            send(ledger)
            ledger.record_fill(make_fill(), START)
            assert ledger.account(START).cash_usd == usd("95.9")
            raise KeyError

    with pytest.raises(KeyError):
        write_and_stumble()
    assert ledger.account(START).cash_usd == usd("100")
    assert ledger.account(START).orders == ()
    send(ledger)
    assert ledger.record_fill(make_fill(), START)


def test_a_step_undone_inside_another_leaves_the_other(ledger: Ledger) -> None:
    def stumble() -> None:
        with ledger.transaction():
            ledger.record_deposit(usd("7"), START, "undone")
            raise KeyError

    with ledger.transaction():
        ledger.record_deposit(usd("100"), START, "start")
        with pytest.raises(KeyError):
            stumble()
        ledger.record_deposit(usd("1"), START, "more")
    assert ledger.account(START).cash_usd == usd("101")


def test_tampered_cash_is_noticed_at_opening(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(path, mode="paper")
    send(ledger)
    ledger.record_fill(make_fill(), START)
    ledger._db.execute("DROP TRIGGER journal_no_update")
    ledger._db.execute("UPDATE journal SET cash_e6 = cash_e6 + 1")
    ledger.close()
    with pytest.raises(InvariantError, match=r"journal row 1 moves -4\.099999 USD"):
        Ledger.open(path, mode="paper")


def test_a_row_nobody_writes_is_noticed(ledger: Ledger) -> None:
    ledger._db.execute("PRAGMA ignore_check_constraints = ON")
    ledger._db.execute(
        "INSERT INTO journal SELECT NULL, 'gift', ?, ?, '', '', '', NULL, NULL, 0, 0, 0, 0, 0, '',"
        " 'paper', NULL, NULL, NULL",
        ["2026-01-01T00:00:00Z"] * 2,
    )
    with pytest.raises(InvariantError, match="journal row 1 is a 'gift', which nobody writes"):
        ledger.account(START)


def test_the_account_is_the_same_object_until_something_changes(ledger: Ledger) -> None:
    first = ledger.account(START)
    assert ledger.account(START) is first
    ledger.record_deposit(usd("1"), START, "")
    second = ledger.account(START)
    assert second is not first
    assert ledger.account(START - timedelta(days=1)) == second


def test_the_account_is_made_anew_when_premium_leaves_the_window(ledger: Ledger) -> None:
    send(ledger)
    ledger.record_fill(make_fill(), START)
    assert ledger.account(START).premium_used_usd == usd("4.1")
    assert ledger.account(make_fill().at + timedelta(days=365)).premium_used_usd == 0


def test_price_and_order_id_of_a_fill_survive_the_disk(ledger: Ledger) -> None:
    send(ledger)
    fill = replace(make_fill(price="0.123456", size="1.234567"), order_id=OrderId("o1"))
    ledger.record_fill(fill, START)
    reader = LedgerReader.open(ledger.path)
    assert reader.fills() == (fill,)
    assert reader.fills()[0].price == Price(Decimal("0.123456"))
    reader.close()

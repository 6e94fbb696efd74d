"""What the chain shows and no order explains: written once, taken back if its block is undone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import InvariantError, LedgerError
from bot.ledger import Ledger, LedgerReader, switch
from bot.model.comparison import Compared, Comparison, Explanation
from bot.model.transfers import Entry, EntryKind, MergeReason, Transfer
from bot.model.units import ConditionId, EventId, Shares, TokenId
from tests.fakes import NO, START, YES, make_market
from tests.ledger.make import EVENT, make_fill, send, sums, usd

TOKEN = TokenId(YES)
CONDITION = ConditionId("0xc1")


def entry(
    kind: EntryKind,
    *,
    token: TokenId | None = None,
    shares: int = 0,
    cash: int = 0,
    tx: str = "0xt",
    index: int = 1,
) -> Entry:
    """Return an entry in whole shares and USD."""
    transfer = Transfer(
        transfer_id=f"{tx}/{index}",
        at=START,
        transaction=tx,
        token_id=token,
        change_e6=(shares or cash) * 1_000_000,
        block=7,
    )
    ours = kind is not EntryKind.EXTERNAL
    return Entry(
        kind=kind,
        transfer=transfer,
        token_id=token,
        event=EVENT if ours else EventId(""),
        condition_id=CONDITION if ours else ConditionId(""),
        shares_e6=shares * 1_000_000,
        cash_e6=cash * 1_000_000,
    )


@pytest.fixture
def held(ledger: Ledger) -> Ledger:
    """100 USD came in and 10 shares were bought for 4.10."""
    ledger.record_deposit(usd("100"), START, "start")
    send(ledger)
    ledger.record_fill(make_fill(), START)
    return ledger


def same_again(ledger: Ledger) -> None:
    """The rows alone say the same, and SQL adds them up to the same."""
    reader = LedgerReader.open(ledger.path)
    account = ledger.account(START)
    assert reader.account(START) == account
    assert reader.totals() == ledger.totals()
    assert reader.transactions() == ledger.transactions()
    reader.close()
    assert ledger.totals().gap_usd == 0
    shares = sum((p.shares for p in account.positions), Decimal(0))
    shares += sum(account.foreign.values(), Decimal(0))
    shares += sum((r.shares for r in account.redeemable), Decimal(0))
    assert sums(ledger) == (account.cash_usd, shares)


def test_cash_and_shares_from_outside(held: Ledger) -> None:
    held.record_entries(
        [
            entry(EntryKind.EXTERNAL, cash=50),
            entry(EntryKind.EXTERNAL, token=TokenId("9"), shares=3, index=2),
        ],
        START,
    )
    account = held.account(START)
    assert account.cash_usd == usd("145.9")
    assert account.foreign == {TokenId("9"): Decimal(3)}
    assert held.totals().deposited_usd == usd("150")
    assert held.transactions() == {"0xt": 7}
    same_again(held)


def test_what_was_undone_is_as_if_it_had_never_been(held: Ledger) -> None:
    before = held.account(START)
    entries = [
        entry(EntryKind.EXTERNAL, cash=50),
        entry(EntryKind.EXTERNAL, token=TokenId("9"), shares=3, index=2),
        entry(EntryKind.SETTLEMENT, token=TOKEN, shares=-4, cash=4, index=3),
    ]
    held.record_entries(entries, START)
    assert held.account(START).positions[0].shares == Decimal(6)
    held.record_undone("0xt", START)
    assert held.account(START) == before
    assert held.transactions() == {}
    same_again(held)
    held.record_entries(entries, START)
    assert held.transactions() == {"0xt": 7}
    same_again(held)


def test_a_resolved_position_is_paid_when_the_chain_shows_it(held: Ledger) -> None:
    held.record_resolution(held.account(START).positions[0], START, Decimal("0.5"))
    account = held.account(START)
    assert account.positions == ()
    assert account.redeemable[0].shares == Decimal(10)
    assert account.redeemable[0].payout_usd == usd("5")
    same_again(held)
    held.record_entries([entry(EntryKind.REDEMPTION, token=TOKEN, shares=-10, cash=5)], START)
    account = held.account(START)
    assert (account.cash_usd, account.redeemable) == (usd("100.9"), ())
    same_again(held)
    held.record_undone("0xt", START)
    assert held.account(START).redeemable[0].payout_usd == usd("5")
    same_again(held)


def test_more_shares_than_are_held_cannot_leave(held: Ledger) -> None:
    with pytest.raises(InvariantError, match="takes 11 shares"):
        held.record_entries([entry(EntryKind.SETTLEMENT, token=TOKEN, shares=-11)], START)
    same_again(held)


def test_how_far_the_chain_was_read_is_remembered(ledger: Ledger) -> None:
    assert ledger.chain_span() is None
    assert not ledger.moved()
    ledger.record_block(5, START)
    ledger.record_block(9, START)
    assert ledger.chain_span() == (5, 9)
    ledger.record_deposit(usd("1"), START, "")
    assert ledger.moved()


def test_a_redeem_is_written_before_it_leaves(ledger: Ledger) -> None:
    assert ledger.redeem_tries(CONDITION) == ()
    ledger.record_redeem(CONDITION, "sent", START)
    ledger.record_redeem(CONDITION, "failed", START, "wallet busy")
    assert ledger.redeem_tries(CONDITION) == (("failed", START), ("sent", START))
    assert ledger.redeem_tries(ConditionId("0xother")) == ()


def test_a_merge_is_written_before_it_leaves_and_says_why(ledger: Ledger) -> None:
    market = make_market(condition_id=CONDITION)
    pairs, at = Shares(Decimal("2.5")), START
    ledger.record_merge(market, pairs, MergeReason.UNIT, "sent", at=at)
    ledger.record_merge(market, pairs, MergeReason.UNIT, "failed", at=at, detail="wallet busy")
    assert ledger.merge_tries(CONDITION) == (("failed", START), ("sent", START))
    assert ledger.merge_tries(ConditionId("0xother")) == ()
    assert ledger.merges_sent(START) == ((YES, NO),)
    assert ledger.merges_sent(START + timedelta(seconds=1)) == ()
    with pytest.raises(InvariantError, match="merges is append-only"), ledger.transaction():
        ledger._db.execute("DELETE FROM merges")


def test_a_merge_of_ours_is_premium_that_came_back(held: Ledger) -> None:
    before = held.account(START).premium_used_usd
    held.record_entries([entry(EntryKind.MERGE, token=TOKEN, shares=-4, cash=2)], START)
    account = held.account(START)
    assert account.premium_used_usd == before - 2
    assert account.positions[0].shares == 6
    same_again(held)
    held.record_undone("0xt", START)
    assert held.account(START).premium_used_usd == before
    same_again(held)


def test_a_merge_without_a_chain_is_booked_for_both_sides(held: Ledger) -> None:
    (position,) = held.account(START).positions
    other = replace(position, token_id=TokenId(NO))
    with pytest.raises(InvariantError, match="holds 0"):
        held.record_merged((position, other), Shares(Decimal(3)), START)
    same_again(held)


def test_only_the_last_comparison_is_kept(ledger: Ledger) -> None:
    row = Compared(
        token_id=None,
        event=EventId(""),
        ledger=Decimal("1.5"),
        venue=Decimal("2.5"),
        explanation=Explanation.NOT_FINAL,
    )
    for stop in ("first", ""):
        ledger.record_comparison(
            Comparison(at=START, rows=(row,), redeemable_usd=usd("0"), stop=stop)
        )
    reader = LedgerReader.open(ledger.path)
    found = reader.comparison()
    reader.close()
    assert found == Comparison(at=START, rows=(row,), redeemable_usd=usd("0"))
    assert found.differences[0].difference == 1


def test_shares_from_outside_are_adopted_beside_a_running_daemon(held: Ledger) -> None:
    held.record_entries([entry(EntryKind.EXTERNAL, token=TokenId("9"), shares=3)], START)
    adopted = switch.adopt(held.path, TokenId("9"), event=EVENT, condition_id=CONDITION, at=START)
    assert adopted == Shares(Decimal(3))
    account = held.account(START)
    assert account.foreign == {}
    adopted_position = account.positions[1]
    assert (adopted_position.token_id, adopted_position.event) == (TokenId("9"), EVENT)
    assert adopted_position.cost_usd == 0
    assert held.event_of(TokenId("9")) == EVENT
    same_again(held)


def test_what_is_not_there_cannot_be_adopted(held: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"came from outside; it knows of none at all"):
        switch.adopt(held.path, TOKEN, event=EVENT, condition_id=CONDITION, at=START)
    held.record_entries([entry(EntryKind.EXTERNAL, token=TokenId("9"), shares=3)], START)
    with pytest.raises(LedgerError, match=r"it knows of 3 of 9"):
        switch.adopt(held.path, TOKEN, event=EVENT, condition_id=CONDITION, at=START)


def test_nothing_is_adopted_without_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"start `polyhedge run` first"):
        switch.adopt(tmp_path / "x.db", TOKEN, event=EVENT, condition_id=CONDITION, at=START)

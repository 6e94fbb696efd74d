"""What a resolution pays, to the last millionth."""

from decimal import Decimal

import pytest

from bot.ledger import Ledger
from bot.model.units import ConditionId, Shares, TokenId, Usd
from bot.venues.ports import Redemption
from tests.fakes import CONDITION, START, YES
from tests.ledger.make import EVENT, make_fill, send, usd


@pytest.mark.parametrize(("size", "paid"), [("9.000003", "4.500001"), ("9.000005", "4.500002")])
def test_half_of_an_odd_millionth_is_never_paid(ledger: Ledger, size: str, paid: str) -> None:
    ledger.record_deposit(usd("100"), START, "play money")
    send(ledger)
    ledger.record_fill(make_fill(size=size), START)
    before = ledger.account(START).cash_usd
    half = Decimal("0.5")
    shares = Shares(Decimal(size))
    ledger.record_settlement(
        Redemption(token_id=TokenId(YES), shares=shares, payout_usd=Usd(shares * half)),
        event=EVENT,
        condition_id=ConditionId(CONDITION),
        at=START,
        payouts=(half, half),
    )
    assert ledger.account(START).cash_usd - before == Decimal(paid)
    assert ledger.totals().gap_usd == 0

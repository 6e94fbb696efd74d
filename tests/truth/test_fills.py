"""What is believed of fills until the chain has them: counted once, and given back if it fails."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.model.comparison import Explanation
from bot.model.orders import OrderStatus, Side, TradeSettlement
from bot.sandbox.faults import Fate
from tests.truth.stage import MONEY_USD, Stage

pytestmark = pytest.mark.chain

RETRY_S = 900.0
"""After this a plan that its orders did not complete is made again."""


def settlements(stage: Stage) -> list[TradeSettlement]:
    return [fill.settlement for fill in stage.ledger.fills()]


async def open_held(stage: Stage, fate: Fate = Fate.HOLD) -> Decimal:
    """Let a hedge be bought whose settlement does not go on; return its shares."""
    stage.sandbox.faults.fates.extend([fate] * 9)
    await stage.cycle()
    stage.sandbox.faults.fates.clear()
    order = stage.only_order()
    assert order.status is OrderStatus.FILLED
    return order.size


async def test_a_matched_fill_counts_at_once_and_is_declared_as_not_final(stage: Stage) -> None:
    size = await open_held(stage)
    await stage.cycles(120)
    assert stage.held() == size
    assert stage.account.cash_usd < MONEY_USD
    assert await stage.chain.cash(stage.wallet) == MONEY_USD
    assert {row.explanation for row in stage.comparison.differences} == {Explanation.NOT_FINAL}
    assert len(stage.comparison.differences) == 2
    assert len(stage.posted) == 1
    await stage.sandbox.settle()
    await stage.calm()
    assert set(settlements(stage)) == {TradeSettlement.CONFIRMED}


async def test_a_fill_that_fails_is_given_back_and_bought_anew(stage: Stage) -> None:
    await open_held(stage)
    await stage.sandbox.settle(Fate.FAIL)
    await stage.calm()
    assert set(settlements(stage)) == {TradeSettlement.FAILED}
    assert stage.held() == 0
    assert stage.account.cash_usd == MONEY_USD
    await stage.jump(RETRY_S)
    await stage.cycle()
    await stage.calm()
    assert stage.held() == stage.ledger.orders()[-1].size
    assert len(stage.posted) == 2


async def test_of_two_trades_of_one_order_the_one_that_fails_is_given_back(stage: Stage) -> None:
    stage.show([("0.29", "4000")], [("0.31", "100"), ("0.32", "4000")])
    stage.sandbox.faults.fates.extend([Fate.CONFIRM, Fate.FAIL])
    await stage.cycle()
    await stage.calm()
    fills = stage.ledger.fills()
    assert sorted(settlements(stage)) == [TradeSettlement.CONFIRMED, TradeSettlement.FAILED]
    kept = [fill for fill in fills if fill.settlement is TradeSettlement.CONFIRMED]
    assert stage.held() == sum(fill.size for fill in kept) == 100


async def test_a_fill_that_fails_while_the_daemon_is_dead_is_given_back(stage: Stage) -> None:
    await open_held(stage)
    await stage.restart()
    await stage.sandbox.settle(Fate.FAIL)
    await stage.calm()
    assert stage.held() == 0
    assert stage.account.cash_usd == MONEY_USD


async def test_a_fill_that_is_tried_again_stays_provisional_until_confirmed(stage: Stage) -> None:
    size = await open_held(stage, Fate.HOLD_RETRYING)
    await stage.cycles(60)
    assert set(settlements(stage)) == {TradeSettlement.RETRYING}
    assert stage.held() == size
    await stage.sandbox.settle(Fate.CONFIRM)
    await stage.calm()
    assert set(settlements(stage)) == {TradeSettlement.CONFIRMED}
    assert stage.held() == size
    assert len(stage.posted) == 1


async def test_a_fill_that_is_tried_again_in_vain_is_given_back(stage: Stage) -> None:
    await open_held(stage, Fate.HOLD_RETRYING)
    await stage.cycles(60)
    await stage.sandbox.settle(Fate.FAIL)
    await stage.calm()
    assert set(settlements(stage)) == {TradeSettlement.FAILED}
    assert stage.held() == 0


async def test_an_exit_is_not_blocked_by_a_copy_of_our_balance_that_lags(stage: Stage) -> None:
    await open_held(stage, Fate.CONFIRM)
    await stage.calm()
    stage.sandbox.faults.stale_balances = True
    stage.show_at(6)
    await stage.cycle()
    await stage.calm()
    sale = stage.ledger.orders()[-1]
    assert (sale.side, sale.status) == (Side.SELL, OrderStatus.FILLED)
    assert stage.held() == 0


async def test_cash_that_the_venue_has_not_seen_yet_delays_one_order(stage: Stage) -> None:
    stage.sandbox.faults.stale_balances = True
    await stage.cycle()
    assert stage.only_order().status is OrderStatus.REJECTED
    await stage.jump(RETRY_S)
    await stage.cycle()
    await stage.calm()
    assert stage.ledger.orders()[-1].status is OrderStatus.FILLED


async def test_an_exit_is_tried_while_the_fill_is_only_matched(stage: Stage) -> None:
    await open_held(stage)
    stage.show_at(6)
    await stage.cycle()
    sale = stage.ledger.orders()[-1]
    assert (sale.side, sale.status) == (Side.SELL, OrderStatus.REJECTED)
    await stage.sandbox.settle()
    await stage.jump(RETRY_S)
    await stage.cycle()
    await stage.calm()
    assert stage.ledger.orders()[-1].status is OrderStatus.FILLED
    assert stage.held() == 0

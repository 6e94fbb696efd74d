"""What happens without the daemon: money, trades by hand, a second program, a wrong market."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.app.rehearsal.files import RECESSION
from bot.chain.addresses import POLYGON
from bot.chain.token_ids import is_v2
from bot.ledger.switch import adopt
from bot.model.comparison import Explanation
from bot.model.orders import OrderStatus, Side
from bot.model.units import TokenId, Usd
from bot.sandbox.chain.orders import address_of
from tests.truth.person import someone
from tests.truth.stage import MIXED, RESTING, Stage

pytestmark = pytest.mark.chain

ELSEWHERE = 9
"""Which of the chain's accounts is neither ours nor the house's."""


async def hedged(stage: Stage) -> Decimal:
    await stage.cycle()
    await stage.calm()
    shares = stage.held()
    assert shares > 0
    return shares


async def send_shares(stage: Stage, token: TokenId, shares: Decimal) -> None:
    """Let the wallet's owner give shares away."""
    tokens = POLYGON.position_manager if is_v2(token) else POLYGON.conditional_tokens
    to = address_of(stage.chain.accounts[ELSEWHERE])
    move = "safeTransferFrom(address,address,uint256,uint256,bytes)"
    e6 = int(shares * 1_000_000)
    await stage.chain.send(stage.wallet, tokens, move, stage.wallet, to, int(token), e6, b"")


@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_a_deposit_and_a_withdrawal_change_cash_once(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.chain.mint(stage.wallet, Usd(Decimal(50)))
    await stage.cycles(30)
    assert stage.account.cash_usd == before + 50
    to = address_of(stage.chain.accounts[ELSEWHERE])
    transfer = "transfer(address,uint256)"
    await stage.chain.send(stage.wallet, POLYGON.collateral, transfer, to, 120_000_001)
    await stage.cycles(30)
    assert stage.account.cash_usd == before - Decimal("70.000001")
    assert stage.held() == shares
    assert [row["kind"] for row in stage.events("transfer.recorded")] == ["external"] * 3


@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_money_that_moves_during_a_trade_is_not_taken_for_it(stage: Stage) -> None:
    await stage.cycle()
    await stage.chain.mint(stage.wallet, Usd(Decimal(50)))
    await stage.calm()
    assert stage.held() > 0
    spent = -sum(fill.cash_usd for fill in stage.ledger.fills())
    assert stage.account.cash_usd == 550 - spent


async def test_shares_bought_by_hand_count_and_are_sold_only_when_adopted(stage: Stage) -> None:
    shares = await hedged(stage)
    async with someone(stage) as person:
        await person.trade(Side.BUY, "40", price="0.35")
    await stage.cycles(60)
    assert stage.account.foreign == {stage.yes: 40}
    assert stage.held() == shares
    assert Explanation.EXTERNAL in {row.explanation for row in stage.comparison.rows}
    stage.show_at(6)
    await stage.cycle()
    await stage.calm()
    assert stage.held() == 0
    assert await stage.chain.shares(stage.wallet, stage.yes) == 40
    adopt(
        stage.settings.ledger,
        stage.yes,
        event=RECESSION,
        condition_id=stage.condition_id,
        at=stage.clock.now(),
    )
    await stage.cycle(3600)
    await stage.calm()
    assert stage.held() == 0
    assert await stage.chain.shares(stage.wallet, stage.yes) == 0


@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_a_hedge_sold_by_hand_is_gone_for_what_it_brought(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    async with someone(stage) as person:
        await person.trade(Side.SELL, f"{shares:f}", price="0.25")
    await stage.settle()
    brought = await stage.chain.cash(stage.wallet) - before
    assert brought > 0
    posted = len(stage.posted)
    await stage.cycle()
    assert stage.held() == 0
    assert stage.account.cash_usd == before + brought
    await stage.calm()
    bought_again = [body for body in stage.posted[posted:] if body not in stage.others]
    assert len(bought_again) <= 1


@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_shares_given_away_by_hand_are_gone(stage: Stage) -> None:
    shares = await hedged(stage)
    await send_shares(stage, stage.yes, shares / 2)
    before = stage.account.cash_usd
    await stage.cycle()
    assert stage.held() >= shares / 2
    assert stage.account.foreign == {}
    assert stage.ledger.totals().cash_usd <= before
    await stage.calm()


async def test_a_second_program_s_open_order_stops_trading_until_it_is_gone(stage: Stage) -> None:
    async with someone(stage) as person:
        order_id = await person.rest(Side.BUY, "10", price="0.10")
        await stage.cycles(60)
        assert stage.ledger.orders() == ()
        assert order_id in stage.comparison.stop
        assert stage.ledger.standing()["orders"].startswith("nothing is sent: the venue shows open")
        warnings = [
            text
            for row in stage.events("reconcile.mismatched")
            for text in row["differences"]
            if order_id in text
        ]
        assert len(warnings) == 1
        assert [order.order_id for order in stage.resting()] == [order_id]
        await person.cancel(order_id)
    await stage.cycle()
    await stage.calm()
    assert stage.held() > 0
    assert "orders" not in stage.ledger.standing()


@pytest.mark.parametrize("setting", MIXED, ids=str)
@pytest.mark.parametrize("strategy", [RESTING], ids=["rests"])
async def test_one_trade_fills_our_order_and_a_second_program_s(stage: Stage) -> None:
    await stage.cycle()
    (ours,) = stage.resting()
    async with someone(stage) as person:
        theirs = await person.rest(Side.BUY, "10", price="0.10")
        await stage.cycles(60)
        stage.meet({ours.order_id: "20", theirs: "10"})
        await stage.settle()
        await stage.cycles(300)
    assert stage.only_order().filled == 20
    assert stage.held() == 20
    assert stage.account.foreign == {stage.yes: 10}


@pytest.mark.parametrize("setting", MIXED, ids=str)
async def test_what_a_second_program_has_filled_is_no_fill_of_ours(stage: Stage) -> None:
    await stage.cycle()
    async with someone(stage) as person:
        await person.trade(Side.BUY, "15", price="0.35", outcome=0)
        await person.trade(Side.BUY, "5", price="0.75", outcome=1)
    await stage.settle()
    await stage.calm()
    order = stage.only_order()
    assert order.status is OrderStatus.FILLED
    assert stage.held() == order.size
    yes, no = stage.market.token_ids
    assert stage.account.foreign == {yes: 15, no: 5}


async def test_nothing_is_signed_for_tokens_that_are_not_the_question_s(stage: Stage) -> None:
    yes, no = stage.market.token_ids
    stage.change(token_ids=(no, yes))
    stage.show_at(30)
    await stage.cycles(60)
    assert stage.posted == []
    assert stage.ledger.orders() == ()
    skipped = {row["error"] for row in stage.events("cycle.skipped")}
    assert any("Nothing is signed" in text for text in skipped), skipped
    stage.change(token_ids=(yes, no))
    stage.show_at(30)
    await stage.restart()
    await stage.cycle(3600)
    await stage.calm()
    assert stage.held() > 0

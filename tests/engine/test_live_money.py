"""What moves our money without an order of ours, payouts, and blocks that are undone."""

import itertools
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import SourceDown
from bot.ledger import switch
from bot.model.comparison import Explanation
from bot.model.units import ConditionId, EventId, TokenId
from bot.strategy import Changes
from tests.engine.live_world import LiveWorld, make_live
from tests.engine.world import CASH, make_strategy
from tests.fakes import CONDITION, NO, YES


async def hold(folder: Path) -> LiveWorld:
    """A hedge is held, and everything about it is final."""
    world = make_live(folder)
    await world.run(300)
    assert world.account().positions[0].shares > 0
    return world


def lines(world: LiveWorld) -> dict[str, Explanation]:
    comparison = world.ledger.comparison()
    assert comparison is not None
    return {row.token_id or "cash": row.explanation for row in comparison.rows}


async def test_what_was_there_before_us_came_from_outside(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.move("0xbefore", (None, "-1000"), ("9", "70"))
    await world.run(300)
    assert world.journal()[:2] == ["external", "external"]
    assert world.ledger.totals().deposited_usd == 9000
    assert world.account().foreign == {"9": Decimal(70)}
    assert lines(world)["9"] is Explanation.EXTERNAL
    world.agree()


async def test_money_that_moves_while_it_is_counted_is_counted_again(tmp_path: Path) -> None:
    world = make_live(tmp_path)

    async def balances(tokens: object = ()) -> object:
        found = await world.live.balances()
        world.clock.advance(2)
        world.live.move(f"0x{world.clock.now():%M%S}", (None, "5"))
        return found

    class Moving:
        """A wallet into which a deposit falls during each count."""

        def __getattr__(self, name: str) -> object:
            return balances if name == "balances" else getattr(world.live, name)

    world.venue = Moving()
    world.engine = world._start()
    assert "moves while it is counted" in (await world.cycle()).skipped
    assert world.journal() == []
    world.venue = world.live
    world.engine = world._start()
    await world.run(300)
    assert world.ledger.totals().deposited_usd == 10_015
    world.agree()


async def test_deposits_and_withdrawals_change_cash_once(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    before = world.account().cash_usd
    world.live.move("0xin", (None, "500"))
    await world.run(60)
    world.live.move("0xout", (None, "-200.25"))
    world.restart()
    await world.run(60)
    assert world.account().cash_usd - before == Decimal("299.75")
    assert world.journal().count("external") == 3
    world.agree()


async def test_a_second_program_on_the_wallet_is_external(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    held = world.account().positions[0].shares
    bought = (YES, "40"), (None, "-4.8")
    world.live.move("0xmanual", *bought, orders=("0xsomebody",))
    await world.run(60)
    assert world.account().foreign == {YES: Decimal(40)}
    assert world.account().positions[0].shares == held
    assert lines(world)[YES] is Explanation.EXTERNAL
    world.agree()


async def test_shares_from_outside_count_and_are_sold_only_when_adopted(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    held = world.account().positions[0].shares
    world.live.move("0xgift", (YES, "40"))
    await world.run(30)
    world.strategies.changes = Changes(strategies=(), removed=(make_strategy(),))
    await world.run(120)
    assert world.account().positions == ()
    assert world.account().foreign == {YES: Decimal(40)}
    assert world.ledger.fills()[-1].size == held
    adopted = switch.adopt(
        world.path,
        TokenId(YES),
        event=EventId("fed-hike"),
        condition_id=ConditionId(CONDITION),
        at=world.clock.now(),
    )
    assert adopted == 40
    await world.run(8 * 3600, every=1800)
    assert world.account().positions == ()
    assert world.account().foreign == {}
    assert world.live.figures()["shares"] == {}
    world.agree()


async def test_a_hedge_that_somebody_sold_by_hand_is_gone_for_what_it_brought(
    tmp_path: Path,
) -> None:
    world = await hold(tmp_path)
    held = world.account().positions[0].shares
    world.strategies.changes = Changes(strategies=())
    world.live.move("0xhand", (YES, str(-held)), (None, "321"), orders=("0xhand-made",))
    await world.run(60)
    assert world.account().positions == ()
    cost = -world.ledger.fills()[0].cash_usd
    assert world.ledger.totals().realised_usd == Decimal(321) - cost
    assert world.ledger.totals().deposited_usd == 10_000
    world.agree()


async def test_a_merge_by_hand_takes_the_foreign_side_and_ours(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.live.can_redeem = False
    world.strategies.changes = Changes(strategies=())
    world.live.move("0xno", (NO, "10"))
    await world.run(30)
    world.live.move("0xmerge", (YES, "-10"), (NO, "-10"), (None, "10"))
    await world.run(60)
    assert world.account().foreign == {}
    world.agree()


async def test_shares_that_leave_before_their_purchase_is_known_are_waited_for(
    tmp_path: Path,
) -> None:
    world = make_live(tmp_path)
    world.live.trades_lag_s = 100.0
    await world.run(30)
    world.strategies.changes = Changes(strategies=())
    bought = world.live.trades[0].fill.size
    world.live.move("0xquick", (YES, str(-bought)))
    await world.run(60)
    assert world.outside().waiting == {"0xquick"}
    await world.run(180)
    assert world.account().positions == ()
    world.agree()


async def test_what_is_waited_for_is_not_forgotten_however_long_it_takes(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.live.trades_lag_s = 1500.0
    await world.run(30)
    world.strategies.changes = Changes(strategies=())
    world.live.move("0xquick", (YES, str(-world.live.trades[0].fill.size)))
    await world.run(1800, every=60)
    assert world.account().positions == ()
    world.agree()


async def test_a_ledger_that_has_its_money_already_opens_with_none(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.ledger.record_deposit(CASH, world.clock.now(), "by hand")
    await world.run(300)
    assert world.ledger.totals().deposited_usd == 10_000
    world.agree()


async def test_a_market_that_cannot_be_read_is_settled_and_redeemed_later(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.resolve()
    down = SourceDown("gamma did not answer in 5 s")
    world.source_down(down)
    await world.run(60)
    assert len(world.account().positions) == 1
    world.market_data.broken = None
    world.live.redeems_fail = 1
    await world.run(15)
    world.source_down(down)
    await world.run(120)
    assert world.live.redeems == 1
    world.market_data.broken = None
    await world.run(60)
    assert world.account().redeemable == ()
    world.agree()


@pytest.mark.parametrize("payout", ["1", "0", "0.5"])
async def test_a_resolved_hedge_is_owed_redeemed_and_then_cash(tmp_path: Path, payout: str) -> None:
    world = await hold(tmp_path)
    held, before = world.account().positions[0].shares, world.account().cash_usd
    world.resolve(payout, str(1 - Decimal(payout)))
    world.live.redeems_show_after_s = 40.0
    await world.run(15)
    assert world.account().positions == ()
    owed = world.account().redeemable[0]
    assert owed.payout_usd == held * Decimal(payout)
    assert world.account().cash_usd == before, "owed is not cash"
    assert lines(world)[YES] is Explanation.REDEEMABLE
    await world.run(60)
    assert world.account().cash_usd == before + held * Decimal(payout)
    assert world.live.redeems == (0 if payout == "0" else 1)
    assert world.ledger.lifecycle_counts()["settled"] == 1
    world.agree()


async def test_a_disputed_market_is_not_settled(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.resolve(disputed=True)
    await world.run(60)
    assert world.account().redeemable == ()
    world.resolve()
    await world.run(60)
    assert world.account().redeemable == ()
    assert world.live.redeems == 1
    world.agree()


async def test_a_redeem_that_fails_is_tried_again_later_and_later(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.resolve()
    world.live.redeems_fail = 3
    await world.run(600)
    condition = ConditionId(CONDITION)
    tries = world.ledger.redeem_tries(condition)
    assert [outcome for outcome, _ in reversed(tries)] == ["sent", "failed"] * 3 + ["sent", "done"]
    at = [instant for outcome, instant in reversed(tries) if outcome == "sent"]
    waits = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(at)]
    assert waits == [30, 60, 120]
    assert len(world.said("redeem.failed")) == 3
    assert world.account().redeemable == ()
    world.agree()


async def test_a_redeem_that_brings_nothing_is_sent_again(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.resolve()
    world.live.redeems_show_after_s = 1e6
    await world.run(60)
    assert world.live.redeems == 1
    world.live.chain = [tx for tx in world.live.chain if not tx.name.startswith("0xredeem")]
    world.live.redeems_show_after_s = 0.0
    await world.run(400)
    assert world.live.redeems == 2
    world.agree()


async def test_a_session_key_waits_for_somebody_who_may_redeem(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.live.can_redeem = False
    before = world.account().cash_usd
    world.resolve()
    await world.run(3600, every=300)
    assert world.live.redeems == 0
    assert world.account().cash_usd == before
    assert (
        "are redeemable and not cash yet; `polyhedge owner"
        in (world.ledger.standing()["redeemable"])
    )
    comparison = world.ledger.comparison()
    assert comparison is not None
    assert comparison.redeemable_usd == world.account().redeemable[0].payout_usd > 0
    assert comparison.stop == ""
    world.live.pay(await world.market_data.market(ConditionId(CONDITION)))
    await world.run(60)
    assert world.account().redeemable == ()
    assert world.account().cash_usd > before
    assert "redeemable" not in world.ledger.standing()
    world.agree()


async def test_somebody_redeems_before_the_resolution_is_known(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    held, before = world.account().positions[0].shares, world.account().cash_usd
    won = replace(
        await world.market_data.market(ConditionId(CONDITION)), payouts=(Decimal(1), Decimal(0))
    )
    world.live.pay(won)
    world.strategies.changes = Changes(strategies=())
    await world.run(60)
    assert world.account().positions == ()
    assert world.account().cash_usd == before + held
    assert world.ledger.totals().deposited_usd == 10_000
    world.resolve()
    await world.run(60)
    assert world.live.redeems == 0
    world.agree()


async def test_a_payout_whose_block_is_undone_is_owed_and_fetched_again(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.resolve()
    await world.run(30)
    paid = world.account().cash_usd
    (redeem,) = [tx.name for tx in world.live.chain if tx.name.startswith("0xredeem")]
    world.live.reorg(redeem)
    world.show()
    await world.cycle()
    assert world.account().cash_usd < paid
    assert world.account().redeemable
    assert world.said("transfer.undone")[0]["transaction"] == redeem
    await world.run(400)
    assert world.account().cash_usd == paid
    assert world.live.redeems == 2
    world.agree()


async def test_a_deposit_whose_block_is_undone_is_taken_back_and_may_come_again(
    tmp_path: Path,
) -> None:
    world = await hold(tmp_path)
    before = world.account().cash_usd
    world.live.move("0xin", (None, "500"))
    await world.run(30)
    world.live.reorg("0xin")
    await world.run(30)
    assert world.account().cash_usd == before
    world.live.move("0xin", (None, "500"))
    await world.run(30)
    assert world.account().cash_usd == before + 500
    assert world.journal()[-3:] == ["external", "undone", "external"]
    world.agree()


async def test_a_node_that_lags_behind_undoes_nothing(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.live.move("0xin", (None, "500"))
    await world.run(30)
    now = world.clock.now()

    async def transfers(*, since_block: int | None) -> object:
        world.clock.set(now.replace(minute=now.minute - 1))
        found = await world.live.transfers(since_block=since_block)
        world.clock.set(now)
        return found

    class Behind:
        def __getattr__(self, name: str) -> object:
            return transfers if name == "transfers" else getattr(world.live, name)

    world.venue = Behind()
    world.engine = world._start()
    await world.engine.reconcile()
    assert "undone" not in world.journal()
    world.agree()


async def test_how_far_the_chain_was_read_takes_a_row_now_and_then(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    (before,) = world.ledger._db.execute("SELECT count(*) FROM chain_reads").fetchone()
    await world.run(3600, every=60)
    (after,) = world.ledger._db.execute("SELECT count(*) FROM chain_reads").fetchone()
    assert 0 < after - before < 10

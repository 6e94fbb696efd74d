"""Pairs are merged whatever made them; the exit that makes some on purpose survives any crash."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.model.orders import Purpose, Side, TradeSettlement
from bot.model.units import ConditionId, TokenId
from bot.strategy import Changes
from tests.core.builders import make_holding, make_portfolio
from tests.engine.live_world import SOON, LiveWorld, make_live
from tests.engine.test_live_money import hold
from tests.engine.world import Crash, World, make_strategy
from tests.fakes import CONDITION, NO, YES, Levels, make_market

FAILED = (TradeSettlement.MATCHED, TradeSettlement.RETRYING, TradeSettlement.FAILED)
NO_ASKS: Levels = (("0.94", "50000"),)
GAINS = make_portfolio(make_holding(usd=-50_000.0), make_holding("TLT", 150_000.0, sector="bonds"))
"""A portfolio to which the event is welcome: a hedge has lost its reason."""


def merges(world: World) -> list[tuple[str, str]]:
    """Return reason and outcome of each row of ``merges``."""
    rows = world.ledger._db.query("SELECT reason, outcome FROM merges ORDER BY id")
    return [(row["reason"], row["outcome"]) for row in rows]


def show_no_bids(world: World, *, asks: Levels = NO_ASKS) -> None:
    """Nobody bids for what is held; its complement is on offer."""
    world.show(bids=(), asks=(("0.07", "50000"),))
    world.show(NO, bids=(("0.93", "50000"),), asks=asks)


async def run_without_bids(world: World, seconds: float, **shown: Any) -> None:
    for _ in range(int(seconds / SOON)):
        show_no_bids(world, **shown)
        await world.cycle()
        world.clock.advance(SOON)


async def stuck(folder: Path) -> LiveWorld:
    """A hedge is held whose reason is gone."""
    world = await hold(folder)
    world.portfolio.portfolio = GAINS
    return world


async def test_a_complement_from_outside_is_merged_with_what_is_held(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    before, held = world.account().cash_usd, world.account().positions[0].shares
    premium = world.account().premium_used_usd
    world.strategies.changes = Changes(strategies=(make_strategy(sizing=Keep()),))
    world.live.move("0xgift", (NO, "40.000001"))
    world.live.merges_show_after_s = 40.0
    await world.run(15)
    assert world.account().foreign == {NO: Decimal("40.000001")}
    await world.run(120)
    assert world.live.merges == [Decimal("40.000001")]
    assert merges(world) == [("outside", "sent"), ("outside", "done")]
    account = world.account()
    assert account.foreign == {}
    assert account.positions[0].shares == held - Decimal("40.000001")
    assert account.cash_usd == before + Decimal("40.000001")
    assert account.premium_used_usd == premium - Decimal("20.000000"), "half the cash is its part"
    assert world.ledger.lifecycle_counts()["merged"] == 1
    assert world.journal()[-3:] == ["merge", "external", "external"]
    world.restart()
    await world.run(30)
    world.agree()


class Keep:
    """Sizing: what is held is right."""

    is_joint = False

    def size(self, problem: Any) -> Any:
        from bot.model.rule import Sized

        return Sized(shares=10_000.0, state=0.0, note="kept")


async def test_a_pair_of_which_nothing_is_ours_is_merged_too(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    world.portfolio.portfolio = GAINS
    await world.run(60)
    world.live.move("0xsplit", (None, "-25"), (YES, "25"), (NO, "25"))
    await world.run(60)
    assert merges(world) == [("outside", "sent"), ("outside", "done")]
    assert world.account().foreign == {}
    assert world.account().cash_usd == 10_000
    assert world.ledger.totals().realised_usd == 0
    world.agree()


async def test_dust_from_outside_costs_no_gas(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.live.move("0xdust", (NO, "0.99"))
    await world.run(60)
    assert world.live.merges == []
    world.agree()


async def test_a_sale_that_failed_after_the_other_side_was_bought_leaves_pairs_to_merge(
    tmp_path: Path,
) -> None:
    world = await hold(tmp_path)
    turned = replace(make_strategy(digest="d2"), adverse="No", impact=gains())
    world.strategies.changes = Changes(strategies=(turned,))
    world.live.steps = FAILED
    while len(world.live.trades) < 4 and len(world.decided) < 300:
        world.show()
        world.show(NO, bids=(("0.10", "50000"),), asks=(("0.11", "50000"),))
        await world.cycle()
        if len(world.live.trades) == 2:  # the sale, of which only the end fails
            world.live.trades[1].step_s = 1000.0
            world.live.steps = (TradeSettlement.MATCHED, TradeSettlement.CONFIRMED)
        if world.live.merges:
            break
        world.clock.advance(SOON)
    await world.run(120)
    assert merges(world)[:2] == [("failed_settlement", "sent"), ("failed_settlement", "done")]
    world.agree()


def gains() -> Any:
    from tests.core.builders import make_line

    return replace(make_strategy().impact, lines=(make_line(fraction=-0.3),))


async def test_an_exit_without_bids_buys_and_merges_until_nothing_is_held(tmp_path: Path) -> None:
    world = await stuck(tmp_path)
    world.live.move("0xout", (None, "-6000"))
    held, premium = world.account().positions[0].shares, world.account().premium_used_usd
    await run_without_bids(world, 7200)
    account = world.account()
    assert sum(position.shares for position in account.positions) < 12
    bought = [order for order in world.ledger.orders() if order.purpose is Purpose.MERGE]
    assert len(bought) > 1, "cash is short, so it takes several"
    assert {order.token_id for order in bought} == {NO}
    assert {order.side for order in bought} == {Side.BUY}
    assert sum(world.live.merges) > held - 12
    assert set(merges(world)) == {("unit", "sent"), ("unit", "done")}
    assert account.premium_used_usd < premium, "what came back is no premium any more"
    assert world.ledger.lifecycle_counts()["complement_bought"] == len(bought)
    world.agree()


async def test_a_purchase_that_found_little_is_merged_and_the_rest_is_tried_again(
    tmp_path: Path,
) -> None:
    world = await stuck(tmp_path)
    held = world.account().positions[0].shares
    world.live.takes_at_most = Decimal(25)
    await run_without_bids(world, 600)
    assert world.live.merges == [Decimal(25)]
    assert [position.shares for position in world.account().positions] == [held - 25]
    await run_without_bids(world, 1200)
    assert set(world.live.merges) == {Decimal(25)}
    assert len(world.live.merges) > 1
    world.agree()


async def test_a_purchase_that_fails_to_settle_merges_nothing_and_is_tried_again(
    tmp_path: Path,
) -> None:
    world = await stuck(tmp_path)
    held = world.account().positions[0].shares
    world.live.steps = FAILED
    await run_without_bids(world, 120)
    assert world.live.merges == []
    assert [position.shares for position in world.account().positions] == [held]
    world.live.steps = (TradeSettlement.MATCHED, TradeSettlement.CONFIRMED)
    await run_without_bids(world, 1800)
    assert world.live.merges
    world.agree()


async def test_while_the_purchase_may_still_fail_nothing_is_merged_or_sent(tmp_path: Path) -> None:
    world = await stuck(tmp_path)
    world.live.steps = (TradeSettlement.MATCHED, TradeSettlement.CONFIRMED)
    show_no_bids(world)
    await world.cycle()
    world.live.trades[-1].step_s = 600.0
    await run_without_bids(world, 540)
    assert world.live.merges == []
    assert len(world.live.sent) == 2
    decision = world.decided[-1].decision
    assert decision is not None
    assert decision.events[0].reasons[0].code == "MERGE_WAITS"
    await run_without_bids(world, 300)
    assert len(world.live.merges) == 1
    world.agree()


async def test_under_a_session_key_no_pair_is_made_and_none_is_merged(tmp_path: Path) -> None:
    world = await stuck(tmp_path)
    world.live.can_redeem = False
    world.live.move("0xgift", (NO, "40"))
    await run_without_bids(world, 300)
    assert len(world.live.sent) == 1
    assert world.live.merges == []
    assert NO not in world.market_data.watched
    world.agree()


async def test_a_merge_that_fails_is_tried_again_later_and_later(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.strategies.changes = Changes(strategies=(make_strategy(sizing=Keep()),))
    world.live.merges_fail = 2
    world.live.move("0xgift", (NO, "40"))
    await world.run(30)
    assert len(world.live.merges) == 1
    assert [kind for _, kind in merges(world)] == ["sent", "failed"]
    await world.run(600)
    assert [kind for _, kind in merges(world)] == ["sent", "failed"] * 2 + ["sent", "done"]
    assert len(world.said("merge.failed")) == 2
    assert world.said("merge.sent")[0]["reason"] == "outside"
    world.agree()


async def test_a_merge_that_never_shows_is_sent_again(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.strategies.changes = Changes(strategies=(make_strategy(sizing=Keep()),))
    world.live.merges_show_after_s = 1e6
    world.live.move("0xgift", (NO, "40"))
    await world.run(120)
    assert len(world.live.merges) == 1
    world.live.chain = [tx for tx in world.live.chain if not tx.name.startswith("0xmerge")]
    world.live.merges_show_after_s = 0.0
    await world.run(400)
    assert len(world.live.merges) == 2
    assert world.account().foreign == {}
    world.agree()


async def test_nothing_is_sold_that_a_merge_under_way_may_take(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.live.merges_show_after_s = 100.0
    world.live.move("0xgift", (NO, "40"))
    await world.run(30)
    assert len(world.live.merges) == 1
    world.strategies.changes = Changes(strategies=(), removed=(make_strategy(),))
    await world.run(15)
    assert len(world.live.sent) == 1
    assert "a merge of its token is under way" in world.withheld()
    await world.run(3600, every=300)
    assert world.account().positions == ()
    world.agree()


async def test_a_halted_daemon_merges_nothing(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.live.move("0xgift", (NO, "40"))
    world.ledger.record_halt("by hand", world.clock.now())
    await world.run(60)
    assert world.live.merges == []
    world.ledger.record_resume("looked at", world.clock.now())
    await world.run(60)
    assert len(world.live.merges) == 1
    world.agree()


async def test_a_merge_whose_block_is_undone_is_taken_back_and_sent_again(tmp_path: Path) -> None:
    world = await hold(tmp_path)
    world.strategies.changes = Changes(strategies=(make_strategy(sizing=Keep()),))
    before = world.account().cash_usd
    world.live.move("0xgift", (NO, "40"))
    await world.run(60)
    assert world.account().cash_usd == before + 40
    (undone,) = [tx.name for tx in world.live.chain if tx.name.startswith("0xmerge")]
    world.live.reorg(undone)
    await world.run(15)
    assert world.account().cash_usd == before
    await world.run(400)
    assert world.account().cash_usd == before + 40
    world.agree()


async def test_a_market_that_cannot_be_read_is_merged_later(tmp_path: Path) -> None:
    from bot.errors import SourceDown

    world = await hold(tmp_path)
    world.live.move("0xgift", (NO, "40"))
    world.source_down(SourceDown("gamma did not answer in 5 s"))
    await world.run(30)
    assert world.live.merges == []
    world.market_data.broken = None
    await world.run(60)
    assert world.live.merges == [Decimal(40)]
    world.agree()


async def test_a_resolution_before_the_merge_pays_both_sides(tmp_path: Path) -> None:
    world = await stuck(tmp_path)
    show_no_bids(world)
    world.live.steps = (TradeSettlement.MATCHED, TradeSettlement.CONFIRMED)
    await world.cycle()
    world.resolve("0", "1")
    await world.run(600)
    assert world.live.merges == []
    assert world.live.redeems == 1
    assert world.account().positions == ()
    world.agree()


async def live_through(world: LiveWorld, *, crash_at: int | None = None, after: bool = True) -> int:
    """Hold, get a gift, lose the reason, leave without bids; a crash is followed by a restart.

    Returns how many calls were made until the gift came.
    """
    begun = 0
    world.wire.crash_at, world.wire.crash_after = crash_at, after
    world.live.merges_show_after_s = 20.0
    for number in range(26 + 130):
        if number == 10:
            begun = world.wire.calls
            world.live.move("0xgift", (NO, "33"))
        if number == 20:
            world.live.merges_fail = 1
            world.portfolio.portfolio = GAINS
        if number < 20:
            world.show()
        else:
            show_no_bids(world)
        try:
            await world.cycle()
        except Crash:
            world.restart()
            await world.cycle()
        world.clock.advance(SOON)
    return begun


def check_end(world: LiveWorld, where: str) -> None:
    try:
        world.agree()
        account = world.account()
        assert account.foreign == {}
        assert NO not in {position.token_id for position in account.positions}, "no pair is left"
        assert "unit" in {reason for reason, _ in merges(world)}
        assert world.ledger.orders_without_end() == ()
        bought = sum(fill.size for fill in world.ledger.fills() if fill.token_id == NO)
        shown = sum(
            -by for tx in world.live.chain for token, by in tx.changes if _merged(tx, token)
        )
        assert Decimal(shown) / 10**6 == bought + 33, "each pair is paid once"
    except AssertionError as error:
        error.add_note(where)
        raise


def _merged(tx: Any, token: TokenId | None) -> bool:
    return bool(token == NO and tx.name.startswith("0xmerge"))


async def test_a_life_with_an_exit_without_bids_ends_in_agreement(tmp_path: Path) -> None:
    world = make_live(tmp_path)
    await live_through(world)
    check_end(world, "no crash")


@pytest.mark.simulation
@pytest.mark.parametrize("part", range(2))
async def test_no_crash_in_the_unit_leaves_a_pair_or_pays_one_twice(
    tmp_path: Path, part: int
) -> None:
    (tmp_path / "whole").mkdir()
    whole = make_live(tmp_path / "whole")
    begun = await live_through(whole)
    log = whole.wire.log
    acts = {at for at, name in enumerate(log, 1) if name in ("submit", "merge")}
    near = {at + step for at in acts for step in range(-2, 6)}
    points = [
        (at, after)
        for at in range(begun, len(log) + 1)
        for after in (True, False)
        if at in near or at % 100 == 0
    ]
    for at, after in points[part::2]:
        folder = tmp_path / f"{at}-{after}"
        folder.mkdir()
        world = make_live(folder)
        await live_through(world, crash_at=at, after=after)
        check_end(world, f"{'after' if after else 'before'} call {at}, {log[at - 1]}")
        world.ledger.close()
    whole.ledger.close()


async def test_the_simulated_venue_merges_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.portfolio.portfolio = make_portfolio(
        make_holding(usd=50_000.0), make_holding("TLT", 150_000.0, sector="bonds")
    )
    world.show()
    await world.cycle()
    world.clock.advance(60)
    world.portfolio.portfolio = GAINS
    held = world.ledger.account(world.clock.now()).positions[0].shares
    await run_without_bids(world, 7200)
    account = world.ledger.account(world.clock.now())
    assert sum(position.shares for position in account.positions) < held
    assert ("unit", "done") in merges(world)
    assert world.ledger.totals().gap_usd == 0
    assert world.ledger.lifecycle_counts()["merged"] >= 2
    balances = await world.venue.balances()
    assert balances.cash_usd == account.cash_usd
    assert world.ledger.merge_tries(ConditionId(CONDITION))[0][0] == "done"
    assert make_market().condition_id == CONDITION

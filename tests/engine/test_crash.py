"""A crash at every await of a hedge's life: the restarted daemon ends where the other one does."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.budget import measure_usage
from bot.model.strategy import Execution, ExecutionStyle
from bot.model.view import View
from tests.core.builders import make_event, make_holding, make_portfolio, make_view
from tests.engine.world import BIDS, CASH, Crash, World, make_strategy
from tests.fakes import START, make_market

CYCLES = 40
"""Three hours and twenty minutes: long enough for an order declared dead to be replaced."""

SECOND = make_market(
    condition_id="0x" + "c2" * 32, token_ids=("201", "202"), slug="recession", question="Recession?"
)


def make_world(folder: Path) -> World:
    """Two events: one takes, one rests first."""
    resting = replace(
        make_strategy(
            event="recession",
            execution=Execution(
                style=ExecutionStyle.REST_THEN_TAKE, rest_for=timedelta(minutes=10)
            ),
            digest="d2",
        ),
        market=replace(make_strategy().market, slug="recession"),
        path="strategies/recession.yaml",
        text="strategy: recession",
    )
    world = World(folder, strategies=(make_strategy(), resting), markets=(make_market(), SECOND))
    world.portfolio.portfolio = make_portfolio(make_holding(), make_holding("TLT", sector="bonds"))
    return world


def script(world: World, *, hit: bool) -> Callable[[int], None]:
    """What the outside does: books stand, one market resolves Yes; a resting order may be hit."""

    def move(number: int) -> None:
        world.show("101")
        world.show("201")
        if number == 1 and hit:
            ahead = Decimal(BIDS[0][1])
            world.market_data.trade("201", BIDS[0][0], str(ahead + 4000), taker_buys=False)
        if number == 30:
            won = replace(
                make_market(), closed=True, accepting_orders=False, payouts=(Decimal(1), Decimal(0))
            )
            world.market_data.change(won)

    return move


async def live(world: World, *, hit: bool, crash_at: int | None = None, after: bool = True) -> int:
    """Live through the script; return how many calls were made. A crash is followed by a restart.

    The restarted daemon runs its cycle at once: a supervisor starts it again.
    """
    world.wire.crash_at, world.wire.crash_after = crash_at, after
    move = script(world, hit=hit)
    for number in range(CYCLES):
        move(number)
        try:
            await world.cycle()
        except Crash:
            world.restart()
            await world.cycle()
        world.clock.advance(300.0)
    return world.wire.calls


def end_of(world: World) -> dict[str, object]:
    """Return all of our money that must not depend on a crash."""
    account = world.ledger.account(world.clock.now())
    view: View = make_view(make_event(), account=account)
    usage = measure_usage(view)
    return {
        "cash": account.cash_usd,
        "shares": {item.token_id: item.shares for item in account.positions},
        "cost": {item.token_id: item.cost_usd for item in account.positions},
        "premium": account.premium_used_usd,
        "by_event": {key: usd for key, usd in usage.by_event.items() if usd},
        "total": usage.total,
        "live": [order.order_id for order in account.orders],
    }


@pytest.mark.simulation
@pytest.mark.parametrize("hit", [False, True], ids=["rests_in_vain", "resting_is_hit"])
async def test_every_crash_point_ends_in_the_state_of_no_crash(tmp_path: Path, hit: bool) -> None:
    (tmp_path / "whole").mkdir()
    whole = make_world(tmp_path / "whole")
    calls = await live(whole, hit=hit)
    expected = end_of(whole)
    assert expected["shares"], "the script must leave a position"
    assert whole.ledger.lifecycle_counts()["settled"] == 1
    points = [(at, after) for at in range(1, calls + 1) for after in (True, False)]
    busy = _points_worth_trying(points, whole.wire.log)
    for at, after in busy:
        folder = tmp_path / f"{at}-{after}"
        folder.mkdir()
        world = make_world(folder)
        await live(world, hit=hit, crash_at=at, after=after)
        name = whole.wire.log[at - 1]
        where = f"{'after' if after else 'before'} call {at}, {name}"
        # A resting order that never left cannot be hit: the money differs, and must only add up.
        if not (hit and name == "submit" and not after):
            assert end_of(world) == expected, where
        await _hold_the_books(world, where)
        world.ledger.close()
    whole.ledger.close()


def _points_worth_trying(points: list[tuple[int, bool]], log: list[str]) -> list[tuple[int, bool]]:
    """All points of the first four cycles, which trade, and those around each later act.

    In the cycles between, nothing happens that a crash could lose; every fortieth call stands in.
    """
    reads = [number for number, name in enumerate(log) if name == "read"]
    busy = reads[4]
    acts = {at for at, name in enumerate(log, 1) if name in ("submit", "cancel", "redeem")}
    return [
        (at, after)
        for at, after in points
        if at <= busy or at % 40 == 0 or {at - 1, at, at + 1} & acts
    ]


async def _hold_the_books(world: World, where: str) -> None:
    """No order twice, no fill lost or counted twice, cash conserved to the millionth."""
    fills = world.ledger.fills()
    keys = Counter((fill.trade_id, fill.order_id) for fill in fills)
    assert max(keys.values()) == 1, where
    there = await world.venue.fills(since=START)
    assert set(keys) == {(fill.trade_id, fill.order_id) for fill in there}, where
    balances = await world.venue.balances()
    account = world.ledger.account(world.clock.now())
    assert balances.cash_usd == account.cash_usd, where
    paid = sum((fill.cash_usd for fill in fills), Decimal(0))
    settled = Decimal(account.cash_usd) - Decimal(CASH) - paid
    assert settled >= 0, where
    assert world.ledger.halted() == "", where


@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
async def test_a_submit_that_crashed_is_never_sent_again(tmp_path: Path, after: bool) -> None:
    world = make_world(tmp_path)
    world.show("101")
    world.show("201")
    await world.cycle()
    first = world.wire.log.index("submit") + 1
    world.ledger.close()
    (tmp_path / "again").mkdir()
    world = make_world(tmp_path / "again")
    world.show("101")
    world.show("201")
    world.wire.crash_at, world.wire.crash_after = first, after
    with pytest.raises(Crash):
        await world.cycle()
    (order, *_) = world.ledger.orders_without_end()
    world.restart()
    world.wire.log.clear()
    await world.cycle()
    sent_again = [
        item for item in world.ledger.orders_without_end() if item.order_id != order.order_id
    ]
    assert all(item.token_id != order.token_id for item in sent_again)

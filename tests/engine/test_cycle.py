"""What a cycle does when the world misbehaves: it does not trade, and says why."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.core.orders import say_bargain
from bot.errors import InvariantError, SourceDown, VenueError
from bot.model.orders import OrderStatus, SubmitResult, Unknown
from bot.model.strategy import Execution, ExecutionStyle
from bot.model.units import TokenId, Usd
from bot.strategy import Changes
from bot.venues.ports import Balances
from tests.core.builders import make_holding, make_portfolio
from tests.engine.world import BIDS, World, make_strategy
from tests.fakes import START, make_market

SECOND = make_market(
    condition_id="0x" + "c2" * 32, token_ids=("201", "202"), slug="recession", question="Recession?"
)


def make_world(folder: Path, **named: Any) -> World:
    """One event worth hedging: a loss of 15,000 of 200,000 USD."""
    world = World(folder, **named)
    world.portfolio.portfolio = make_portfolio(
        make_holding(usd=50_000.0), make_holding("TLT", 150_000.0, sector="bonds")
    )
    return world


def two_events() -> tuple[Any, Any]:
    second = replace(
        make_strategy(event="recession", digest="d2"),
        market=replace(make_strategy().market, slug="recession"),
        text="strategy: recession",
    )
    return make_strategy(), second


def resting() -> Execution:
    return Execution(style=ExecutionStyle.REST_THEN_TAKE, rest_for=timedelta(minutes=20))


async def test_a_hedge_is_opened_and_the_next_cycle_is_quiet(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    account = world.ledger.account(world.clock.now())
    assert account.positions[0].shares > 0
    assert account.orders == ()
    assert world.ledger.lifecycle_counts() == {"opened": 1}
    world.clock.advance(300)
    world.show()
    result = await world.cycle()
    assert result.decision is not None
    assert result.decision.approved == ()


async def test_an_order_is_told_with_benefit_cost_and_ratio_wherever_it_is_told(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    world.show()
    result = await world.cycle()
    assert result.decision is not None
    (intent,) = result.decision.approved
    bargain = say_bargain(intent)

    assert "ratio" in bargain
    (plan,) = world.said("plan.made")
    assert plan["orders"] == [f"fed-hike open {intent.size} at {intent.limit}: {bargain}"]
    (sent,) = world.said("order.submitted")
    assert sent["benefit_usd_est"] == round(intent.benefit_usd_est, 2)
    assert sent["cost_usd_est"] == round(intent.cost_usd_est, 2)
    assert sent["bargain"] == bargain
    (told,) = world.ledger.recent_lifecycle(5)
    assert f"; {bargain}; fee " in told.text


@pytest.mark.parametrize("name", ["balances", "open_orders", "fills"])
async def test_a_failed_read_of_our_own_money_ends_the_cycle(tmp_path: Path, name: str) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    before = world.ledger.account(world.clock.now())
    world.fail(name, error=VenueError("the venue did not answer in 5 s"))
    world.clock.advance(300)
    world.show()
    result = await world.cycle()
    assert result.decision is None
    assert "did not answer" in result.skipped
    assert world.ledger.account(world.clock.now()).positions == before.positions
    assert world.ledger.standing() == {"cycle": "the venue did not answer in 5 s"}


async def test_an_unconfirmed_book_never_trades(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    world.clock.advance(121)
    result = await world.cycle()
    assert result.decision is not None
    assert result.decision.approved == ()
    assert "last confirmed 121 s ago" in world.ledger.standing()["fed-hike"]


async def test_a_source_that_is_down_freezes_its_event_and_nothing_else(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    world.source_down(SourceDown("gamma did not answer in 5 s"))
    result = await world.cycle()
    assert result.decision is not None
    assert result.decision.events[0].reasons[0].code == "SOURCE"
    assert world.ledger.orders_without_end() == ()


async def test_a_failed_cancel_never_leads_to_a_second_order_on_its_token(tmp_path: Path) -> None:
    world = make_world(tmp_path, strategies=(make_strategy(execution=resting()),))
    world.show()
    await world.cycle()
    (order,) = world.ledger.orders_without_end()
    world.fail("cancel", error=VenueError("cancel timed out"))
    for number in range(3):
        world.clock.advance(60)
        world.show()
        edited = make_strategy(execution=resting(), digest=f"e{number}")
        world.strategies.changes = Changes(strategies=(edited,))
        await world.cycle()
        assert [item.order_id for item in world.ledger.orders_without_end()] == [order.order_id]


async def test_a_halt_during_the_sends_withholds_the_rest(tmp_path: Path) -> None:
    world = make_world(
        tmp_path, strategies=two_events(), markets=(make_market(), SECOND), budget_usd="9000"
    )
    world.show("101")
    world.show("201")

    class HaltsAfterFirst:
        """A person types `polyhedge halt` while the first order is on its way."""

        def __init__(self, venue: Any) -> None:
            self._venue = venue
            self.sent = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._venue, name)

        async def submit(self, prepared: Any) -> SubmitResult:
            self.sent += 1
            world.ledger.record_halt("stop it", world.clock.now())
            answer: SubmitResult = await self._venue.submit(prepared)
            return answer

    world.venue = halting = HaltsAfterFirst(world.venue)
    world.engine = world._start()
    result = await world.cycle()
    assert result.decision is not None
    assert len(result.decision.approved) == 2
    assert halting.sent == 1
    assert len(world.ledger.account(world.clock.now()).positions) == 1


async def test_a_halt_stops_orders_and_withdraws_what_rests_until_resumed(tmp_path: Path) -> None:
    world = make_world(tmp_path, strategies=(make_strategy(execution=resting()),))
    world.show()
    await world.cycle()
    assert len(world.ledger.orders_without_end()) == 1
    world.ledger.record_halt("I am on holiday", world.clock.now())
    world.restart()
    world.clock.advance(60)
    world.show()
    await world.cycle()
    assert world.ledger.orders_without_end() == ()
    world.clock.advance(3600)
    world.show()
    await world.cycle()
    assert world.ledger.orders_without_end() == ()
    world.ledger.record_resume("back", world.clock.now())
    world.clock.advance(3600)
    world.show()
    await world.cycle()
    assert len(world.ledger.orders_without_end()) == 1


class Lost:
    """A venue that takes the order and whose answer never arrives."""

    def __init__(self, venue: Any, *, takes: bool) -> None:
        self._venue = venue
        self._takes = takes
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, prepared: Any) -> SubmitResult:
        self.sent.append(prepared.order_id)
        if self._takes:
            await self._venue.submit(prepared)
        return Unknown(detail="no answer in 10 s")


async def test_a_lost_answer_is_found_by_its_fills_and_not_sent_again(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.venue = lost = Lost(world.venue, takes=True)
    world.engine = world._start()
    world.show()
    await world.cycle()
    assert world.ledger.account(world.clock.now()).positions[0].shares > 0
    for _ in range(5):
        world.clock.advance(300)
        world.show()
        await world.cycle()
    assert len(lost.sent) == 1


async def test_an_order_that_never_was_is_dead_only_after_three_looks_and_its_time(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    world.venue = Lost(world.venue, takes=False)
    world.engine = world._start()
    world.show()
    await world.cycle()
    statuses = []
    for _ in range(6):
        world.clock.advance(60)
        world.show()
        result = await world.cycle()
        assert result.decision is not None
        alive = world.ledger.orders_without_end()
        statuses.append(alive[0].status if alive else None)
        if alive:
            assert result.decision.approved == ()
            assert result.decision.events[0].reasons[0].code == "UNKNOWN_ORDER"
    assert statuses[0] is OrderStatus.UNKNOWN
    assert statuses[-1] is None


async def test_cash_that_differs_halts_and_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path)

    class Poorer:
        """A venue from which a dollar went missing."""

        def __init__(self, venue: Any) -> None:
            self._venue = venue

        def __getattr__(self, name: str) -> Any:
            return getattr(self._venue, name)

        async def balances(self, tokens: Collection[TokenId] = ()) -> Balances:
            true: Balances = await self._venue.balances()
            return replace(true, cash_usd=Usd(true.cash_usd - 1))

    world.venue = Poorer(world.venue)
    world.engine = world._start()
    world.show()
    with pytest.raises(InvariantError, match="9999 USD of cash and the ledger 10000"):
        await world.cycle()
    assert "9999 USD" in world.ledger.halted()


async def test_an_unexpected_error_ends_the_cycle_and_halts(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.fail("prepare", error=KeyError("surprise"))
    world.show()
    result = await world.cycle()
    assert result.decision is None
    assert "unexpected KeyError" in world.ledger.halted()
    assert world.ledger.orders_without_end() == ()


@pytest.mark.parametrize(("jump_s", "way"), [(7200, "ahead"), (-7200, "back")])
async def test_a_clock_that_jumps_costs_a_cycle_and_says_so(
    tmp_path: Path, jump_s: int, way: str
) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    ticks = world.clock.monotonic()
    world.clock.set(world.clock.now() + timedelta(seconds=jump_s))
    world.clock.monotonic = lambda: ticks + 1.0  # type: ignore[method-assign]
    result = await world.cycle()
    assert result.decision is None
    assert f"the clock jumped {way} by" in result.skipped


async def test_a_clock_behind_the_ledger_refuses_until_it_is_past_it(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    world.clock.set(START - timedelta(hours=1))
    world.restart()
    result = await world.cycle()
    assert "the ledger was last written 2026-11-02 12:00:00 UTC" in result.skipped
    assert result.decision is None


async def test_two_strategies_on_one_token_freeze_the_second(tmp_path: Path) -> None:
    twin = replace(make_strategy(event="fed-again", digest="d2"), text="strategy: fed-again")
    world = make_world(tmp_path, strategies=(make_strategy(), twin))
    world.show()
    result = await world.cycle()
    assert result.decision is not None
    assert [intent.event for intent in result.decision.approved] == ["fed-hike"]
    assert "both hedge with fed-hike-dec" in world.ledger.standing()["fed-again"]


async def test_an_outcome_name_that_does_not_match_names_both(tmp_path: Path) -> None:
    world = make_world(tmp_path, strategies=(replace(make_strategy(), adverse="Up"),))
    world.show()
    await world.cycle()
    text = world.ledger.standing()["fed-hike"]
    assert "event.adverse is 'Up', but the outcomes of fed-hike-dec are 'Yes' and 'No'" in text


@pytest.mark.parametrize(
    ("payout", "cash"), [("1", "1"), ("0", "0"), ("0.5", "0.5")], ids=["yes", "no", "half"]
)
async def test_a_resolved_market_pays_its_payout(tmp_path: Path, payout: str, cash: str) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    (position,) = world.ledger.account(world.clock.now()).positions
    before = world.ledger.account(world.clock.now()).cash_usd
    other = str(1 - Decimal(payout))
    world.market_data.change(
        make_market(closed=True, accepting_orders=False, payouts=(payout, other))
    )
    world.clock.advance(300)
    await world.cycle()
    account = world.ledger.account(world.clock.now())
    assert account.positions == ()
    assert account.cash_usd - before == position.shares * Decimal(cash)
    assert world.ledger.lifecycle_counts()["settled"] == 1


async def test_a_disputed_market_waits(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.show()
    await world.cycle()
    disputed = make_market(closed=True, accepting_orders=False, payouts=("1", "0"), disputed=True)
    world.market_data.change(disputed)
    world.clock.advance(300)
    await world.cycle()
    assert world.ledger.account(world.clock.now()).positions


async def test_a_failed_settlement_gives_the_money_back_and_the_hedge_is_bought_again(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path, settlement_failures=1.0)
    world.show()
    await world.cycle()
    assert world.ledger.account(world.clock.now()).positions
    world.clock.advance(60)
    world.show()
    await world.cycle()
    account = world.ledger.account(world.clock.now())
    assert account.positions == ()
    assert account.cash_usd == Decimal(10_000)
    assert account.premium_used_usd == 0


async def test_stopping_cancels_what_rests(tmp_path: Path) -> None:
    world = make_world(tmp_path, strategies=(make_strategy(execution=resting()),))
    world.show(bids=BIDS)
    await world.cycle()
    assert len(world.ledger.orders_without_end()) == 1
    await world.engine.stop()
    assert world.ledger.orders_without_end() == ()


async def test_a_cycle_that_hangs_is_ended(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    never = asyncio.Event()

    class Hangs:
        def __init__(self, venue: Any) -> None:
            self._venue = venue

        def __getattr__(self, name: str) -> Any:
            return getattr(self._venue, name)

        async def fills(self, **_: Any) -> Any:
            await never.wait()

    world.venue = Hangs(world.venue)
    terms = world.terms()
    world.terms = lambda: replace(terms, deadline=timedelta(milliseconds=20))  # type: ignore[method-assign]
    world.engine = world._start()
    result = await world.cycle()
    assert "longer than its deadline" in result.skipped


async def test_edits_are_logged_with_old_and_new(tmp_path: Path) -> None:
    from bot.model.units import EventId
    from bot.strategy import Edit

    world = make_world(tmp_path)
    world.show()
    edit = Edit(event=EventId("fed-hike"), option="sizing.target", old="50%", new="60%")
    world.strategies.changes = Changes(
        strategies=(make_strategy(),), edits=(edit,), broken={"strategies/x.yaml": "x.yaml:3: bad"}
    )
    await world.cycle()
    assert world.said("strategy.loaded")[0]["old"] == "50%"
    assert world.ledger.standing()["strategies/x.yaml"] == "x.yaml:3: bad"

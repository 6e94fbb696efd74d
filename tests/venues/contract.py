"""What every venue must do: the same cases for the simulated venue and for the live one.

A test module derives a class from `VenueContract` and gives it a ``stage`` fixture: a venue with
1,000 USD and 100 shares of YES in ``stage.market``, on books that a test can show.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from bot.model.market import Market
from bot.model.orders import (
    Accepted,
    Fill,
    OrderIntent,
    OrderType,
    Rejected,
    Side,
    SubmitResult,
    TradeSettlement,
)
from bot.model.units import OrderId
from bot.venues.ports import Balances, Venue
from tests.fakes import Levels, make_intent

BIDS: Levels = (("0.50", "40"), ("0.49", "100"))
ASKS: Levels = (("0.54", "30"), ("0.55", "20"))
GTD, FAK, FOK = OrderType.GTD, OrderType.FAK, OrderType.FOK


class Stage(Protocol):
    """A venue and the hands that move the world around it."""

    @property
    def venue(self) -> Venue: ...

    @property
    def market(self) -> Market: ...

    def now(self) -> datetime: ...

    async def show(self, *, bids: Levels, asks: Levels) -> None:
        """Let other people's orders for YES be these, and NO their mirror."""
        ...

    async def sell_to_bids(self, price: str, size: str) -> None:
        """Let somebody sell YES to whoever bids this price."""
        ...

    async def settle(self) -> None:
        """Let the settlement of all fills so far become final."""
        ...

    async def resolve(self, yes: str, no: str) -> Market:
        """Close and resolve the market; return it with its payouts."""
        ...


def owned(balances: Balances) -> dict[str, Decimal]:
    """Return the shares by token, as plain numbers."""
    return {str(token): Decimal(shares) for token, shares in balances.shares.items()}


class VenueContract:
    """The cases."""

    async def send(self, stage: Stage, intent: OrderIntent) -> SubmitResult:
        return await stage.venue.submit(await stage.venue.prepare(intent))

    async def accept(self, stage: Stage, intent: OrderIntent) -> Accepted:
        result = await self.send(stage, intent)
        assert isinstance(result, Accepted), result
        return result

    async def refuse(self, stage: Stage, intent: OrderIntent) -> Rejected:
        before = await stage.venue.balances()
        result = await self.send(stage, intent)
        assert isinstance(result, Rejected), result
        assert result.detail
        assert await stage.venue.balances() == before
        assert await stage.venue.fills(since=stage.now() - timedelta(days=1)) == ()
        assert await stage.venue.open_orders() == ()
        return result

    async def fills(self, stage: Stage) -> tuple[Fill, ...]:
        return await stage.venue.fills(since=stage.now() - timedelta(days=1))

    def take(
        self,
        stage: Stage,
        side: Side,
        size: str,
        limit: str,
        *,
        order_type: OrderType = FAK,
        outcome: int = 0,
    ) -> OrderIntent:
        return make_intent(
            side,
            size,
            limit,
            order_type=order_type,
            token_id=stage.market.token_ids[outcome],
            condition_id=stage.market.condition_id,
        )

    def rest(self, stage: Stage, side: Side, size: str, limit: str) -> OrderIntent:
        ends = stage.now() + timedelta(minutes=10)
        return replace(self.take(stage, side, size, limit, order_type=GTD), expires_at=ends)

    async def test_the_same_intent_twice_has_two_order_ids(self, stage: Stage) -> None:
        intent = self.take(stage, Side.BUY, "10", "0.54")
        first, second = await stage.venue.prepare(intent), await stage.venue.prepare(intent)
        assert first.order_id != second.order_id
        assert {len(first.order_id), len(second.order_id)} == {66}
        assert int(first.order_id, 16) != int(second.order_id, 16)

    async def test_preparing_sends_nothing(self, stage: Stage) -> None:
        await stage.venue.prepare(self.take(stage, Side.BUY, "10", "0.54"))
        assert await stage.venue.open_orders() == ()
        assert await self.fills(stage) == ()

    async def test_a_fak_takes_level_by_level_and_the_rest_is_killed(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        accepted = await self.accept(stage, self.take(stage, Side.BUY, "100", "0.55"))
        assert not accepted.resting
        assert await stage.venue.open_orders() == ()
        fills = await self.fills(stage)
        assert {fill.order_id for fill in fills} == {accepted.order_id}
        assert {fill.side for fill in fills} == {Side.BUY}
        assert not any(fill.is_maker for fill in fills)
        assert sum(fill.size for fill in fills) == 50
        # 30 @ .54 and 20 @ .55; fees 30*.04*.2484 = .29808 and 20*.04*.2475 = .198
        cash = Decimal("1000") - Decimal("16.2") - Decimal(11) - Decimal("0.49608")
        assert sum(fill.cash_usd for fill in fills) == cash - 1000
        await stage.settle()
        balances = await stage.venue.balances()
        assert balances.cash_usd == cash
        assert owned(balances) == {stage.market.token_ids[0]: 150}

    async def test_a_sell_takes_the_bids_and_pays_the_fee_from_its_proceeds(
        self, stage: Stage
    ) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.accept(stage, self.take(stage, Side.SELL, "50", "0.49"))
        # 40 @ .50 and 10 @ .49; fees 40*.04*.25 = .4 and 10*.04*.2499 = .09996
        await stage.settle()
        balances = await stage.venue.balances()
        assert balances.cash_usd == Decimal(1000) + 20 + Decimal("4.9") - Decimal("0.49996")
        assert owned(balances) == {stage.market.token_ids[0]: 50}

    async def test_the_other_token_trades_on_the_mirrored_book(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.accept(stage, self.take(stage, Side.BUY, "10", "0.50", outcome=1))
        (fill,) = await self.fills(stage)
        assert (fill.token_id, fill.side) == (stage.market.token_ids[1], Side.BUY)
        assert fill.size == 10
        assert fill.price == Decimal("0.5")

    async def test_a_fak_that_finds_nothing_is_refused(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        refusal = await self.refuse(stage, self.take(stage, Side.BUY, "10", "0.53"))
        assert refusal.code == "fak_not_filled"

    async def test_a_fok_is_filled_whole_or_refused(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        too_large = self.take(stage, Side.SELL, "50", "0.50", order_type=FOK)
        refusal = await self.refuse(stage, too_large)
        assert refusal.code == "fok_not_filled"
        await self.accept(stage, self.take(stage, Side.SELL, "40", "0.50", order_type=FOK))
        assert sum(fill.size for fill in await self.fills(stage)) == 40

    async def test_a_post_only_order_rests_until_it_is_cancelled(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        accepted = await self.accept(stage, self.rest(stage, Side.BUY, "10", "0.52"))
        assert accepted.resting
        (order,) = await stage.venue.open_orders()
        assert (order.order_id, order.token_id, order.side) == (
            accepted.order_id,
            stage.market.token_ids[0],
            Side.BUY,
        )
        assert order.size == 10
        assert order.filled == 0
        assert order.limit == Decimal("0.52")
        assert (await stage.venue.cancel(accepted.order_id)).cancelled
        assert await stage.venue.open_orders() == ()
        again = await stage.venue.cancel(accepted.order_id)
        assert not again.cancelled
        assert again.detail

    async def test_cancelling_an_order_that_never_was_is_answered_with_no(
        self, stage: Stage
    ) -> None:
        never = OrderId("0x" + "00" * 31 + "01")
        answer = await stage.venue.cancel(never)
        assert (answer.order_id, answer.cancelled) == (never, False)
        assert answer.detail

    async def test_a_post_only_order_that_crosses_is_refused(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        refusal = await self.refuse(stage, self.rest(stage, Side.BUY, "10", "0.54"))
        assert refusal.code == "post_only_would_cross"

    async def test_what_breaks_a_rule_of_size_or_price_is_refused(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.refuse(stage, self.take(stage, Side.BUY, "10", "0.545"))
        await self.refuse(stage, self.take(stage, Side.BUY, "1", "0.54"))
        await self.refuse(stage, self.rest(stage, Side.BUY, "4", "0.52"))
        await self.refuse(stage, self.take(stage, Side.BUY, "10.01", "0.55"))

    async def test_what_cannot_be_paid_is_refused(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        dear = await self.refuse(stage, self.take(stage, Side.BUY, "2000", "0.55"))
        assert dear.code == "not_enough_balance"
        short = await self.refuse(stage, self.take(stage, Side.SELL, "100.01", "0.50"))
        assert short.code == "not_enough_balance"

    async def test_resting_orders_reserve_what_they_may_need(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.accept(stage, self.rest(stage, Side.BUY, "1900", "0.52"))
        await self.accept(stage, self.rest(stage, Side.SELL, "80", "0.60"))
        # 1,000 - 988 = 12 USD and 100 - 80 = 20 shares are left
        dear = await self.send(stage, self.rest(stage, Side.BUY, "25", "0.49"))
        assert isinstance(dear, Rejected)
        short = await self.send(stage, self.take(stage, Side.SELL, "20.01", "0.50"))
        assert isinstance(short, Rejected)
        await self.accept(stage, self.take(stage, Side.SELL, "20", "0.50"))

    async def test_a_resting_order_fills_at_its_own_price_without_fee(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        accepted = await self.accept(stage, self.rest(stage, Side.BUY, "10", "0.52"))
        await stage.sell_to_bids("0.52", "4")
        (fill,) = await self.fills(stage)
        assert (fill.order_id, fill.side, fill.is_maker) == (accepted.order_id, Side.BUY, True)
        assert fill.size == 4
        assert fill.price == Decimal("0.52")
        assert fill.fee_usd == 0
        (order,) = await stage.venue.open_orders()
        assert order.filled == 4
        await stage.sell_to_bids("0.52", "6")
        assert await stage.venue.open_orders() == ()
        first, second = await self.fills(stage)
        assert first.trade_id != second.trade_id

    async def test_one_prepared_order_never_becomes_two(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        prepared = await stage.venue.prepare(self.take(stage, Side.BUY, "10", "0.54"))
        assert isinstance(await stage.venue.submit(prepared), Accepted)
        again = await stage.venue.submit(prepared)
        assert not isinstance(again, Accepted | Rejected)
        assert sum(fill.size for fill in await self.fills(stage)) == 10

    async def test_a_fill_is_matched_first_and_confirmed_later(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.accept(stage, self.take(stage, Side.BUY, "10", "0.54"))
        (matched,) = await self.fills(stage)
        assert matched.settlement is TradeSettlement.MATCHED
        asked_at = stage.now()
        await stage.settle()
        (confirmed,) = await stage.venue.fills(since=asked_at)
        assert confirmed.trade_id == matched.trade_id
        assert confirmed.settlement is TradeSettlement.CONFIRMED

    async def test_fills_before_the_asked_time_are_left_out(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.accept(stage, self.take(stage, Side.BUY, "10", "0.54"))
        await stage.settle()
        assert await stage.venue.fills(since=stage.now() + timedelta(seconds=1)) == ()

    async def test_a_resolved_market_ends_orders_and_pays(self, stage: Stage) -> None:
        await stage.show(bids=BIDS, asks=ASKS)
        await self.accept(stage, self.rest(stage, Side.BUY, "10", "0.52"))
        market = await stage.resolve("1", "0")
        assert await stage.venue.open_orders() == ()
        (paid,) = await stage.venue.redeem(market)
        assert paid.token_id == stage.market.token_ids[0]
        assert paid.shares == 100
        assert paid.payout_usd == 100
        balances = await stage.venue.balances()
        assert balances.cash_usd == 1100
        assert owned(balances) == {}
        assert await stage.venue.redeem(market) == ()

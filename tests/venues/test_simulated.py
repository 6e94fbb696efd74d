"""The simulated venue: the contract, and what only it does: latency, queue, settlement, restart."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvariantError, SourceDown, VenueError
from bot.model.market import Market, MarketChanged
from bot.model.orders import (
    Accepted,
    Fill,
    LiveOrder,
    OrderIntent,
    OrderStatus,
    OrderType,
    Rejected,
    Side,
    SubmitResult,
    TradeSettlement,
    Unknown,
)
from bot.model.units import Price, Shares, TokenId, TradeId, Usd
from bot.venues.ports import MarketData, Venue
from bot.venues.simulated import SimulatedStart, SimulatedVenue
from bot.venues.simulated.wallet import Wallet
from tests.fakes import (
    NO,
    START,
    YES,
    FakeMarketData,
    Levels,
    ManualClock,
    make_book,
    make_intent,
    make_market,
    mirror_book,
)
from tests.venues.contract import VenueContract, owned

BIDS: Levels = (("0.50", "40"), ("0.49", "100"))
ASKS: Levels = (("0.54", "30"), ("0.55", "20"))
GTD, FAK, FOK = OrderType.GTD, OrderType.FAK, OrderType.FOK
START_WITH = SimulatedStart(
    cash_usd=Usd(Decimal(1000)), shares={TokenId(YES): Shares(Decimal(100))}
)


@dataclass
class World:
    """A simulated venue on fake market data."""

    market: Market = field(default_factory=make_market)
    start: SimulatedStart = START_WITH
    latency_s: float = 0.25
    settlement_delay_s: float = 5.0
    settlement_failures: float = 0.0
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.data = FakeMarketData(clock=self.clock, markets=[self.market])
        self.venue = self.reopen(self.start)

    def reopen(self, start: SimulatedStart) -> SimulatedVenue:
        """Begin anew from what a ledger would know."""
        data: MarketData = self.data
        self.venue = SimulatedVenue(
            market_data=data,
            clock=self.clock,
            latency_s=self.latency_s,
            settlement_delay_s=self.settlement_delay_s,
            settlement_failures=self.settlement_failures,
            start=start,
        )
        return self.venue

    def now(self) -> datetime:
        return self.clock.now()

    async def show(self, *, bids: Levels = BIDS, asks: Levels = ASKS) -> None:
        book = make_book(bids=bids, asks=asks, at=self.now())
        self.data.emit(book)
        self.data.emit(mirror_book(book, token_id=NO))

    async def sell_to_bids(self, price: str, size: str) -> None:
        self.data.trade(YES, price, size)

    async def settle(self) -> None:
        self.clock.advance(self.settlement_delay_s)

    async def resolve(self, yes: str, no: str) -> Market:
        await self.settle()
        self.market = replace(
            self.market, closed=True, accepting_orders=False, payouts=(Decimal(yes), Decimal(no))
        )
        self.data.change(self.market)
        return self.market

    async def send(self, intent: OrderIntent) -> SubmitResult:
        return await self.venue.submit(await self.venue.prepare(intent))

    async def rest(
        self, side: Side = Side.BUY, size: str = "20", limit: str = "0.50", token_id: str = YES
    ) -> Accepted:
        ends = self.now() + timedelta(minutes=10)
        result = await self.send(
            make_intent(side, size, limit, order_type=GTD, token_id=token_id, expires_at=ends)
        )
        assert isinstance(result, Accepted), result
        assert result.resting
        return result

    async def filled(self) -> list[tuple[str, str]]:
        """Return price and size of all fills so far."""
        fills = await self.venue.fills(since=START - timedelta(days=1))
        return [(f"{fill.price.normalize():f}", f"{fill.size.normalize():f}") for fill in fills]


class TestSimulatedVenueContract(VenueContract):
    @pytest.fixture
    def stage(self) -> World:
        return World()


@pytest.fixture
def world() -> World:
    return World()


def test_it_fulfils_the_venue_protocol(world: World) -> None:
    venue: Venue = world.venue
    assert venue is world.venue


# --- latency -------------------------------------------------------------------------------------


async def test_an_order_meets_the_book_of_its_arrival_not_of_its_sending(world: World) -> None:
    await world.show()
    world.data.emit_at(START + timedelta(seconds=0.2), make_book(bids=BIDS, asks=[("0.60", "500")]))
    result = await world.send(make_intent(Side.BUY, "100", "0.54"))
    assert isinstance(result, Rejected)
    assert result.code == "fak_not_filled"
    assert world.now() == START + timedelta(seconds=0.25)


async def test_what_happens_after_the_arrival_is_not_seen(world: World) -> None:
    await world.show()
    world.data.emit_at(START + timedelta(seconds=0.3), make_book(bids=BIDS, asks=[("0.60", "500")]))
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert await world.filled() == [("0.54", "10")]


@pytest.mark.parametrize(("order_type", "waited"), [(FAK, 3.25), (GTD, 0.25)])
async def test_the_taker_delay_holds_orders_that_may_take(
    order_type: OrderType, waited: float
) -> None:
    world = World(market=make_market(taker_delay_s=3.0))
    await world.show()
    result = await world.send(make_intent(Side.SELL, "10", "0.53", order_type=order_type))
    assert result is not None
    assert world.clock.slept == [waited]


# --- books ---------------------------------------------------------------------------------------


async def test_without_a_book_nothing_fills(world: World) -> None:
    result = await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert isinstance(result, Rejected)
    assert (result.code, result.detail) == (
        "no_book",
        "no book of token 101 to match against: it was never shown",
    )


async def test_a_book_that_is_not_confirmed_is_none(world: World) -> None:
    await world.show()
    world.clock.advance(60)
    result = await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert isinstance(result, Rejected)
    assert (result.code, result.detail) == (
        "no_book",
        "no book of token 101 to match against: it was last confirmed 60 s ago; the limit is 60 s",
    )
    world.data.confirm(YES)
    assert isinstance(await world.send(make_intent(Side.BUY, "10", "0.54")), Accepted)


async def test_a_crossed_book_is_none(world: World) -> None:
    await world.show(bids=[("0.56", "10")], asks=[("0.54", "10")])
    result = await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert isinstance(result, Rejected)
    assert result.code == "no_book"


async def test_a_silent_source_refuses_orders_but_not_cancels(world: World) -> None:
    await world.show()
    accepted = await world.rest()
    world.data.broken = SourceDown("no answer")
    result = await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert isinstance(result, Rejected)
    assert result.detail == "no book of token 101 to match against: no answer"
    assert (await world.venue.cancel(accepted.order_id)).cancelled


# --- taken liquidity -----------------------------------------------------------------------------


async def test_what_we_took_is_gone_while_the_venue_shows_the_same_book(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "20", "0.54"))
    world.clock.advance(600)
    await world.show()
    await world.send(make_intent(Side.BUY, "100", "0.55"))
    assert await world.filled() == [("0.54", "20"), ("0.54", "10"), ("0.55", "20")]


async def test_what_we_took_of_yes_is_gone_from_no(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.SELL, "30", "0.50"))
    # NO offers 40 @ .50 and 100 @ .51: the 30 are the YES bids just taken.
    await world.send(make_intent(Side.BUY, "100", "0.50", token_id=NO))
    assert await world.filled() == [("0.5", "30"), ("0.5", "10")]


@pytest.mark.parametrize(("after_s", "again"), [(59.0, False), (61.0, True)])
async def test_a_larger_size_gives_it_back_after_a_minute(
    world: World, after_s: float, again: bool
) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "30", "0.54"))
    world.clock.advance(1)
    await world.show(asks=[("0.54", "31")])
    world.clock.advance(after_s - 1.25)
    world.data.confirm(YES)
    result = await world.send(make_intent(Side.BUY, "30", "0.54"))
    assert isinstance(result, Accepted)
    assert await world.filled() == [("0.54", "30"), ("0.54", "30" if again else "1")]


async def test_a_trade_told_for_no_gives_a_yes_level_back(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "30", "0.54"))
    world.clock.advance(61)
    world.data.trade(NO, "0.46", "3")
    await world.show()
    await world.send(make_intent(Side.BUY, "30", "0.54"))
    assert await world.filled() == [("0.54", "30"), ("0.54", "30")]


# --- resting orders ------------------------------------------------------------------------------


async def test_a_resting_order_waits_behind_the_size_shown_before_it(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    world.data.trade(YES, "0.50", "45")
    assert await world.filled() == [("0.5", "5")]


async def test_a_trade_told_for_the_other_token_counts(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    world.data.trade(NO, "0.50", "45")
    assert await world.filled() == [("0.5", "5")]


async def test_one_trade_told_for_both_tokens_counts_once(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    world.data.trade(YES, "0.50", "30")
    world.data.trade(NO, "0.50", "30")
    assert await world.filled() == []
    world.data.trade(NO, "0.50", "30")
    assert await world.filled() == [("0.5", "20")]


async def test_an_order_for_no_rests_on_the_same_ladder(world: World) -> None:
    await world.show()
    # A bid for NO at .46 is an ask for YES at .54, behind 30.
    await world.rest(Side.BUY, "20", "0.46", token_id=NO)
    world.data.trade(YES, "0.54", "32")
    assert await world.filled() == [("0.46", "2")]
    balances = await world.venue.balances()
    assert owned(balances) == {YES: 100, NO: 2}
    assert balances.cash_usd == Decimal("999.08")


async def test_without_trades_it_fills_when_the_price_trades_through(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    await world.show(bids=[("0.48", "10")], asks=[("0.50", "100")])
    assert await world.filled() == []
    await world.show(bids=[("0.48", "10")], asks=[("0.49", "12")])
    assert await world.filled() == [("0.5", "12")]


async def test_a_crossed_book_fills_nothing(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.50")
    await world.show(bids=[("0.50", "40")], asks=[("0.49", "12")])
    assert await world.filled() == []


async def test_events_of_other_markets_change_nothing(world: World) -> None:
    await world.show()
    await world.rest()
    world.data.emit(make_book("999", asks=[("0.01", "9")]))
    world.data.change(make_market(condition_id="0x" + "dd" * 32, closed=True))
    assert len(await world.venue.open_orders()) == 1


async def test_a_gtd_that_crosses_takes_first_and_rests_the_rest(world: World) -> None:
    await world.show()
    result = await world.send(make_intent(Side.BUY, "50", "0.54", order_type=GTD, post_only=False))
    assert isinstance(result, Accepted)
    assert (result.resting, result.detail) == (True, "matched 30 of 50 shares")
    (order,) = await world.venue.open_orders()
    assert order.filled == 30


async def test_a_filled_order_cannot_be_cancelled(world: World) -> None:
    await world.show()
    accepted = await world.rest(Side.BUY, "20", "0.51")
    world.data.trade(YES, "0.51", "20")
    answer = await world.venue.cancel(accepted.order_id)
    assert (answer.cancelled, answer.detail) == (False, "Order already matched")


async def test_an_order_can_fill_while_its_cancel_travels(world: World) -> None:
    await world.show()
    accepted = await world.rest(Side.BUY, "20", "0.51")
    world.data.emit_at(
        world.now() + timedelta(seconds=0.1),
        make_book(
            bids=[("0.48", "1")], asks=[("0.50", "5")], at=world.now() + timedelta(seconds=0.1)
        ),
    )
    assert (await world.venue.cancel(accepted.order_id)).cancelled
    assert await world.filled() == [("0.51", "5")]


# --- how orders end ------------------------------------------------------------------------------


async def test_a_gtd_ends_at_its_time(world: World) -> None:
    await world.show()
    accepted = await world.rest()
    world.clock.advance(599.75)
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(accepted.order_id)
    assert (answer.cancelled, answer.detail) == (False, "CANCELED_EXPIRED_ORDER")


async def test_a_trade_after_the_end_of_an_order_is_not_its_fill(world: World) -> None:
    await world.show()
    await world.rest(Side.BUY, "20", "0.51")
    world.clock.advance(600)
    world.data.trade(YES, "0.51", "100")
    assert await world.filled() == []


async def test_a_new_tick_cancels_orders_off_it(world: World) -> None:
    world = World(market=make_market(tick="0.001"))
    await world.show()
    off = await world.rest(Side.BUY, "20", "0.505")
    on = await world.rest(Side.BUY, "20", "0.51")
    world.data.change(make_market(tick="0.01"))
    assert [order.order_id for order in await world.venue.open_orders()] == [on.order_id]
    answer = await world.venue.cancel(off.order_id)
    assert answer.detail == "CANCELED_TICK_SIZE_CHANGED"


@pytest.mark.parametrize(
    "change",
    [
        make_market(closed=True),
        make_market(accepting_orders=False),
        make_market(payouts=("0", "1")),
    ],
)
async def test_the_end_of_a_market_ends_its_orders(world: World, change: Market) -> None:
    await world.show()
    accepted = await world.rest()
    world.data.emit(MarketChanged(market=change, at=world.now()))
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(accepted.order_id)
    assert answer.detail == "CANCELED_MARKET_RESOLVED"


async def test_in_the_window_after_a_restart_nothing_takes(world: World) -> None:
    await world.show()
    world.venue.open_post_only_window(until=START + timedelta(seconds=120))
    result = await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert isinstance(result, Rejected)
    assert result.code == "post_only_mode"
    await world.rest()
    world.clock.set(START + timedelta(seconds=120))
    await world.show()
    assert isinstance(await world.send(make_intent(Side.BUY, "10", "0.54")), Accepted)


# --- money ---------------------------------------------------------------------------------------


async def test_a_failed_settlement_gives_back_cash_and_shares() -> None:
    world = World(settlement_failures=1.0)
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    assert (await world.venue.balances()).cash_usd == Decimal("994.50064")
    asked_at = world.now()
    await world.settle()
    (fill,) = await world.venue.fills(since=asked_at)
    assert fill.settlement is TradeSettlement.FAILED
    balances = await world.venue.balances()
    assert balances.cash_usd == 1000
    assert owned(balances) == {YES: 100}


async def test_which_fills_fail_is_fixed_and_follows_the_share() -> None:
    ends = []
    for _ in range(2):
        world = World(settlement_failures=0.3)
        await world.show(bids=[], asks=[("0.10", "100000")])
        for number in range(100):
            await world.send(make_intent(Side.BUY, "10", "0.10", client_order_id=f"c{number}"))
        await world.settle()
        fills = await world.venue.fills(since=START)
        ends.append([fill.settlement for fill in fills])
    assert ends[0] == ends[1]
    # 30 of 100 expected; 15 and 45 are more than three standard deviations away
    assert 15 < ends[0].count(TradeSettlement.FAILED) < 45


async def test_what_has_not_settled_cannot_be_used(world: World) -> None:
    world = World(start=SimulatedStart(cash_usd=Usd(Decimal(6)), shares={}))
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    early = await world.send(make_intent(Side.SELL, "10", "0.50"))
    assert isinstance(early, Rejected)
    assert early.code == "not_enough_balance"
    await world.settle()
    assert isinstance(await world.send(make_intent(Side.SELL, "10", "0.50")), Accepted)
    # .50064 USD were left; the proceeds of 4.9 are not there yet
    early = await world.send(make_intent(Side.BUY, "2", "0.54"))
    assert isinstance(early, Rejected)
    assert early.code == "not_enough_balance"
    await world.settle()
    assert isinstance(await world.send(make_intent(Side.BUY, "2", "0.54")), Accepted)


@pytest.mark.parametrize(
    ("yes", "no", "paid"),
    [("1", "0", ["100", "0"]), ("0", "1", ["0", "20"]), ("0.5", "0.5", ["50", "10"])],
)
async def test_each_share_pays_its_payout_and_losing_ones_vanish(
    yes: str, no: str, paid: list[str]
) -> None:
    world = World(
        start=SimulatedStart(
            cash_usd=Usd(Decimal(7)),
            shares={TokenId(YES): Shares(Decimal(100)), TokenId(NO): Shares(Decimal(20))},
        )
    )
    market = await world.resolve(yes, no)
    redeemed = await world.venue.redeem(market)
    assert [redemption.payout_usd for redemption in redeemed] == [Decimal(usd) for usd in paid]
    balances = await world.venue.balances()
    assert balances.cash_usd == 7 + sum(Decimal(usd) for usd in paid)
    assert owned(balances) == {}


async def test_an_odd_millionth_of_a_half_payout_is_not_paid() -> None:
    shares = {TokenId(YES): Shares(Decimal("3.000001"))}
    world = World(start=SimulatedStart(cash_usd=Usd(Decimal(0)), shares=shares))
    (redemption,) = await world.venue.redeem(await world.resolve("0.5", "0.5"))
    assert redemption.payout_usd == Decimal("1.5")


async def test_unsettled_shares_are_redeemed_later(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    market = make_market(closed=True, payouts=("1", "0"))
    (first,) = await world.venue.redeem(market)
    assert first.shares == 100
    await world.settle()
    (second,) = await world.venue.redeem(market)
    assert second.shares == 10


async def test_a_market_without_payouts_cannot_be_redeemed(world: World) -> None:
    with pytest.raises(VenueError, match="fed-hike-dec\\) is not resolved"):
        await world.venue.redeem(world.market)


@pytest.mark.parametrize(
    ("usd", "left"), [("1.001013", None), ("1.001014", Decimal(0)), ("1.001010", None)]
)
async def test_fees_rounded_up_per_level_never_make_cash_negative(
    usd: str, left: Decimal | None
) -> None:
    # 2 shares at the limit: 1 USD and a fee of 2 * .00201 * .25 = .001005 -> .00101.
    # As matched: .01 @ .4997, .4998 and .4999 save .000006, but each pays a fee of
    # .01 * .00201 * .25 = .000005025 -> .00001, and 1.97 @ .50 one of .000989925 -> .00099.
    world = World(
        market=make_market(tick="0.0001", fee_rate="0.00201"),
        start=SimulatedStart(cash_usd=Usd(Decimal(usd)), shares={}),
    )
    asks = [("0.4997", "0.01"), ("0.4998", "0.01"), ("0.4999", "0.01"), ("0.5", "9")]
    await world.show(bids=[], asks=asks)
    result = await world.send(make_intent(Side.BUY, "2", "0.50"))
    if left is None:
        assert isinstance(result, Rejected)
        assert result.code == "not_enough_balance"
        left = Decimal(usd)
    assert (await world.venue.balances()).cash_usd == left


# --- what always holds -----------------------------------------------------------------------

Action = tuple[str, int, int, int]


async def act(world: World, action: Action, number: int) -> None:
    kind, price, size, token = action
    token_id, limit = (YES, NO)[token], f"{price / 100:.2f}"
    match kind:
        case "show":
            await world.show(
                bids=[(f"{(price - 1) / 100:.2f}", f"{size}")], asks=[(limit, f"{size}.37")]
            )
        case "trade":
            world.data.trade(token_id, limit, f"{size}.123456")
        case "wait":
            world.clock.advance(size / 3)
        case "buy" | "sell":
            side = Side.BUY if kind == "buy" else Side.SELL
            intent = make_intent(
                side, f"{size}", limit, token_id=token_id, client_order_id=f"c{number}"
            )
            await world.send(intent)
        case _:
            side = Side.BUY if kind == "rest" else Side.SELL
            ends = world.now() + timedelta(seconds=130)
            intent = make_intent(
                side, f"{size}", limit, order_type=GTD, token_id=token_id, expires_at=ends
            )
            await world.send(intent)


@given(
    actions=st.lists(
        st.tuples(
            st.sampled_from(["show", "show", "trade", "wait", "buy", "sell", "rest", "offer"]),
            st.integers(44, 58),
            st.integers(1, 120),
            st.integers(0, 1),
        ),
        max_size=40,
    ),
    failures=st.sampled_from([0.0, 0.3, 1.0]),
)
async def test_cash_and_shares_are_what_the_fills_say(
    actions: list[Action], failures: float
) -> None:
    world = World(settlement_failures=failures)
    await world.show()
    for number, action in enumerate(actions):
        await act(world, action, number)
        await check_account(world)
    world.clock.advance(3600)
    await check_account(world)
    assert await world.venue.open_orders() == ()


async def check_account(world: World) -> None:
    fills = await world.venue.fills(since=START)
    assert len({fill.trade_id for fill in fills}) == len(fills)
    kept = [fill for fill in fills if fill.settlement is not TradeSettlement.FAILED]
    balances = await world.venue.balances()
    assert balances.cash_usd == 1000 + sum(fill.cash_usd for fill in kept)
    assert balances.cash_usd >= 0
    for token_id, at_start in ((YES, 100), (NO, 0)):
        shares = at_start + sum(
            fill.size if fill.side is Side.BUY else -fill.size
            for fill in kept
            if fill.token_id == token_id
        )
        assert shares >= 0
        assert owned(balances).get(token_id, 0) == shares
    for order in await world.venue.open_orders():
        matched = sum(fill.size for fill in fills if fill.order_id == order.order_id)
        assert order.filled == matched < order.size
        assert all(
            fill.price <= order.limit if order.side is Side.BUY else fill.price >= order.limit
            for fill in fills
            if fill.order_id == order.order_id
        )


# --- restart -------------------------------------------------------------------------------------


def live_order(order_id: str, **changes: object) -> LiveOrder:
    intent = make_intent(Side.BUY, "20", "0.50", order_type=GTD)
    order = LiveOrder(
        client_order_id=intent.client_order_id,
        order_id=order_id,  # type: ignore[arg-type]
        event=intent.event,
        condition_id=intent.condition_id,
        token_id=intent.token_id,
        side=intent.side,
        size=intent.size,
        filled=Shares(Decimal(5)),
        limit=intent.limit,
        order_type=GTD,
        purpose=intent.purpose,
        status=OrderStatus.OPEN,
        sent_at=START,
        expires_at=START + timedelta(minutes=10),
    )
    return replace(order, **changes)  # type: ignore[arg-type]


async def test_open_orders_go_on_at_the_back_of_the_queue() -> None:
    start = replace(START_WITH, orders=(live_order("0xa"),))
    world = World(start=start)
    (order,) = await world.venue.open_orders()
    assert order.order_id == "0xa"
    assert order.filled == 5
    world.data.trade(YES, "0.50", "900")
    await world.show()
    assert await world.filled() == []
    world.data.trade(YES, "0.50", "90")
    assert await world.filled() == [("0.5", "15")]
    assert await world.venue.open_orders() == ()


async def test_only_open_gtd_orders_go_on() -> None:
    orders = (
        live_order("0xa", status=OrderStatus.SUBMITTING),
        live_order("0xb", status=OrderStatus.UNKNOWN),
        live_order("0xc", order_type=FAK),
    )
    world = World(start=replace(START_WITH, orders=orders))
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(orders[0].order_id)
    assert (answer.cancelled, answer.detail) == (False, "Order not found or already canceled")


async def test_an_order_of_a_silent_market_goes_on_and_reserves_and_can_be_cancelled() -> None:
    world = World(
        start=replace(START_WITH, orders=(live_order("0xa", size=Shares(Decimal(1900))),))
    )
    world.data.broken = SourceDown("no answer")
    assert len(await world.venue.open_orders()) == 1
    assert (await world.venue.cancel(live_order("0xa").order_id)).cancelled
    assert await world.venue.open_orders() == ()


async def test_an_order_of_a_silent_market_ends_at_its_time() -> None:
    world = World(start=replace(START_WITH, orders=(live_order("0xa"),)))
    world.data.broken = SourceDown("no answer")
    world.clock.advance(600)
    assert await world.venue.open_orders() == ()
    answer = await world.venue.cancel(live_order("0xa").order_id)
    assert answer.detail == "CANCELED_EXPIRED_ORDER"


async def test_unsettled_fills_settle_after_a_restart(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    unsettled = await world.venue.fills(since=START)
    balances = await world.venue.balances()
    again = world.reopen(
        SimulatedStart(cash_usd=balances.cash_usd, shares=balances.shares, unsettled=unsettled)
    )
    assert [fill.settlement for fill in await again.fills(since=START)] == [TradeSettlement.MATCHED]
    asked_at = world.now()
    await world.settle()
    (fill,) = await again.fills(since=asked_at)
    assert fill.settlement is TradeSettlement.CONFIRMED
    assert await again.balances() == balances


async def test_trade_ids_differ_after_a_restart() -> None:
    trade_ids = set()
    world = World()
    for _ in range(3):
        world.reopen(replace(START_WITH, orders=(live_order("0xa"),)))
        await world.venue.open_orders()
        await world.show()
        world.clock.advance(1)
        world.data.trade(YES, "0.50", "90")
        (fill,) = await world.venue.fills(since=world.now())
        trade_ids.add(fill.trade_id)
    assert len(trade_ids) == 3


async def test_a_known_order_sent_again_is_neither_taken_nor_refused(world: World) -> None:
    await world.show()
    prepared = await world.venue.prepare(make_intent(Side.BUY, "10", "0.54"))
    await world.venue.submit(prepared)
    world.reopen(replace(START_WITH, orders=(live_order(prepared.order_id),)))
    result = await world.venue.submit(prepared)
    assert isinstance(result, Unknown)
    assert result.detail == f"order {prepared.order_id} is invalid. Duplicated."


async def test_a_clock_set_back_hides_no_change(world: World) -> None:
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54"))
    asked_at = world.now()
    world.clock.set(START - timedelta(hours=1))
    await world.show()
    await world.send(make_intent(Side.BUY, "10", "0.54", client_order_id="c2"))
    assert len(await world.venue.fills(since=asked_at)) == 2


def a_fill() -> Fill:
    return Fill(
        trade_id=TradeId("t"),
        order_id=live_order("0xa").order_id,
        token_id=TokenId(YES),
        side=Side.BUY,
        size=Shares(Decimal(10)),
        price=Price(Decimal("0.5")),
        fee_usd=Usd(Decimal(0)),
        is_maker=False,
        at=START,
    )


async def test_a_start_that_does_not_add_up_is_an_invariant_error() -> None:
    start = SimulatedStart(cash_usd=Usd(Decimal(1)), shares={}, unsettled=(a_fill(),))
    world = World(start=start, settlement_failures=1.0)
    await world.settle()
    with pytest.raises(InvariantError, match="-10 shares"):
        await world.venue.balances()


def test_a_trade_id_that_comes_twice_is_an_invariant_error() -> None:
    wallet = Wallet(start=START_WITH, settlement_delay_s=5.0, settlement_failures=0.0)
    wallet.book(a_fill(), now=START)
    with pytest.raises(InvariantError, match="trade t was matched twice"):
        wallet.book(a_fill(), now=START)
    assert wallet.balances().cash_usd == 995

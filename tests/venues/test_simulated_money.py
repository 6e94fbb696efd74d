"""Money at the simulated venue: settlement, payouts, and that cash is conserved."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvariantError, VenueError
from bot.model.orders import (
    Accepted,
    Fill,
    Rejected,
    Side,
    TradeSettlement,
)
from bot.model.units import Price, Shares, TokenId, TradeId, Usd
from bot.venues.simulated import SimulatedStart
from bot.venues.simulated.wallet import Wallet
from tests.fakes import (
    NO,
    START,
    YES,
    make_intent,
    make_market,
)
from tests.venues.contract import owned
from tests.venues.simulated_world import GTD, START_WITH, World, live_order


@pytest.fixture
def world() -> World:
    return World()


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


async def test_what_has_not_settled_cannot_be_used() -> None:
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


async def test_pairs_merge_into_cash_as_far_as_they_are_settled(world: World) -> None:
    await world.show()
    before = (await world.venue.balances()).cash_usd
    assert isinstance(await world.send(make_intent(Side.BUY, "10", "0.50", token_id=NO)), Accepted)
    await world.venue.merge(world.market, Shares(Decimal(10)))
    assert (await world.venue.balances()).cash_usd < before, "what may still fail is not merged"
    await world.settle()
    paid = (await world.venue.balances()).cash_usd
    await world.venue.merge(world.market, Shares(Decimal(4)))
    await world.venue.merge(world.market, Shares(Decimal(10)))
    await world.venue.merge(world.market, Shares(Decimal(10)))
    balances = await world.venue.balances()
    assert balances.cash_usd == paid + 10
    assert owned(balances) == {YES: Decimal(90)}


async def test_a_resolved_market_is_redeemed_and_not_merged(world: World) -> None:
    with pytest.raises(VenueError, match="is resolved; its tokens are redeemed, not merged"):
        await world.venue.merge(await world.resolve("1", "0"), Shares(Decimal(1)))


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

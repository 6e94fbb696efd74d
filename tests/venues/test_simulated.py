"""The simulated venue: the contract, latency, books it trusts, and liquidity that stays taken."""

from datetime import timedelta

import pytest

from bot.errors import SourceDown
from bot.model.orders import (
    Accepted,
    OrderType,
    Rejected,
    Side,
)
from bot.venues.ports import Venue
from tests.fakes import (
    NO,
    START,
    YES,
    make_book,
    make_intent,
    make_market,
)
from tests.venues.contract import VenueContract
from tests.venues.simulated_world import BIDS, FAK, GTD, World


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

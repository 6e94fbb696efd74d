"""What hedges cost over the markets that carried them, by the day they covered."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.core.accounting import Books
from bot.core.carried import Carried
from bot.model.orders import Fill, Side
from bot.model.units import (
    ConditionId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
)
from tests.fakes import START

DAY = timedelta(days=1)
ONE, TWO = TokenId("101"), TokenId("201")


class Told:
    """Books that are told of trades by the day."""

    def __init__(self) -> None:
        self.books = Books()
        self.books.deposit(Usd(Decimal(1000)))
        self._trades = 0

    def trade(self, side: Side, day: float, token: TokenId = ONE, *, price: str = "0.10") -> None:
        """Trade 100 shares with a fee of 1 USD."""
        self._trades += 1
        fill = Fill(
            trade_id=TradeId(f"t{self._trades}"),
            order_id=OrderId(f"o{self._trades}"),
            token_id=token,
            side=side,
            price=Price(Decimal(price)),
            size=Shares(Decimal(100)),
            fee_usd=Usd(Decimal(1)),
            at=at(day),
            is_maker=False,
        )
        self.books.apply_fill(fill, event=EventId("fed"), condition_id=ConditionId(f"0x{token}"))

    def settle(self, day: float, token: TokenId, *, payout: int) -> None:
        self.books.settle(
            token,
            event=EventId("fed"),
            condition_id=ConditionId(f"0x{token}"),
            shares=Shares(Decimal(100)),
            payout_usd=Usd(Decimal(payout)),
            at=at(day),
        )

    def carried(self, day: float) -> Carried:
        (found,) = self.books.carried(at(day))
        return found


def usd(*numbers: int) -> list[Decimal]:
    return [Decimal(number) for number in numbers]


def at(day: float) -> datetime:
    return START + day * DAY


def test_a_hedge_over_two_markets_costs_what_both_did_by_the_day() -> None:
    told = Told()
    told.trade(Side.BUY, 0)
    told.trade(Side.SELL, 10, price="0.05")
    told.trade(Side.BUY, 10, TWO)
    told.settle(30, TWO, payout=100)

    hedge = told.carried(40)

    first, second = hedge.legs
    assert (first.token_id, first.opened_at, first.closed_at) == (ONE, at(0), at(10))
    assert [first.premium_usd, first.sold_usd, first.cost_usd] == usd(11, 4, 7)
    assert [second.cost_usd, second.payout_usd, second.shares] == usd(11, 100, 100)
    assert [hedge.cost_usd, hedge.payout_usd] == usd(18, 100)  # a payout is no discount
    assert hedge.covered_days == 30.0
    assert hedge.cost_per_day_usd_est == pytest.approx(0.6)


def test_a_day_covered_twice_counts_once_and_one_without_cover_not_at_all() -> None:
    told = Told()
    told.trade(Side.BUY, 0)
    told.trade(Side.BUY, 5, TWO)
    told.settle(8, TWO, payout=0)
    told.settle(10, ONE, payout=0)
    told.trade(Side.BUY, 20, TokenId("301"))

    hedge = told.carried(24)

    assert hedge.covered_days == 14.0
    assert hedge.legs[2].closed_at is None


def test_a_hedge_of_this_instant_has_no_cost_by_the_day_yet() -> None:
    told = Told()
    told.trade(Side.BUY, 3)

    assert told.carried(3).cost_per_day_usd_est is None


def test_a_purchase_that_failed_on_chain_never_was() -> None:
    told = Told()
    told.trade(Side.BUY, 0)
    told.books.reverse_fill((TradeId("t1"), OrderId("o1")))

    assert told.books.carried(at(1)) == ()

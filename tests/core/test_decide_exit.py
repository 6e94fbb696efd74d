"""When a hedge is reduced or closed, and when what is left of it stays."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.decide import decide
from bot.model.decision import Decision, Verdict
from bot.model.market import Quote
from bot.model.orders import OrderType, Purpose, Side
from bot.model.rule import Sizing
from bot.model.strategy import CloseRule, OnRemove, Strategy
from bot.model.units import ZERO_USD, Usd
from bot.model.view import EventView, MarketView, View
from tests.core.builders import (
    All,
    Cover,
    codes,
    make_account,
    make_event,
    make_holding,
    make_limits,
    make_market_view,
    make_memory,
    make_order,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import NO, START, YES, Levels, make_market, mirror_book


def held_view(
    shares: str = "15000",
    *,
    market: MarketView | None = None,
    removed: bool = False,
    usd: float = 50_000.0,
) -> View:
    """Return a view that holds a hedge whose plan was made an hour ago."""
    memory = make_memory(shares=float(shares))
    event = make_event(market or make_market_view(), memory=memory, removed=removed)
    return make_view(
        event,
        portfolio=make_portfolio(make_holding(usd=usd), make_holding("TLT", 5e4, sector="bonds")),
        account=make_account(
            positions=(make_position(shares, opened_at=START - timedelta(days=40)),)
        ),
    )


def assert_closes(decision: Decision, code: str) -> None:
    (intent,) = decision.approved
    event = the_event(decision)
    assert event.verdict is Verdict.CLOSE
    assert codes(event)[0] == code
    assert (intent.side, intent.purpose, intent.size) == (Side.SELL, Purpose.CLOSE, Decimal(15_000))
    assert intent.order_type is OrderType.FAK
    assert event.planned_shares == 0.0


BOTH = pytest.mark.parametrize("sizing", [Cover(), All()], ids=["alone", "jointly"])
"""A rule that decides alone, and the joint programme."""


@BOTH
@pytest.mark.parametrize("usd", [0.0, -50_000.0, 40_000.0])
def test_a_hedge_is_closed_when_its_exposure_is_gone(usd: float, sizing: Sizing) -> None:
    strategy = make_strategy(close=CloseRule(when_exposure_below_usd=12_500.0), sizing=sizing)

    assert_closes(decide(held_view(usd=usd), (strategy,)), "EXPOSURE_GONE")


@BOTH
def test_a_hedge_is_closed_when_its_probability_is_gone(sizing: Sizing) -> None:
    strategy = make_strategy(close=CloseRule(when_probability_below=0.12), sizing=sizing)

    assert_closes(decide(held_view(), (strategy,)), "PROBABILITY_GONE")


@BOTH
@pytest.mark.parametrize("paid", [("1", "0"), ("0", "1")], ids=["happened", "did not"])
def test_a_hedge_whose_event_has_passed_is_over(paid: tuple[str, str], sizing: Sizing) -> None:
    market = make_market(payouts=paid, closed=True, accepting_orders=False)
    view = held_view(market=make_market_view(market))

    decision = decide(view, (make_strategy(sizing=sizing),))

    event = the_event(decision)
    assert decision.approved == ()
    assert (event.verdict, event.held_shares) == (Verdict.REFUSE, 0.0)


@BOTH
def test_a_spent_budget_buys_no_more_and_what_is_paid_for_stays(sizing: Sizing) -> None:
    # What a sale brings is less than what the cover is worth, and its premium is spent either way.
    strategy = make_strategy(sizing=sizing, digest="new", max_share_of_depth=1.0)
    view = held_view("2000")
    view = replace(
        view,
        limits=make_limits(premium_budget_usd="500"),
        account=replace(view.account, premium_used_usd=Usd(Decimal(600))),
    )

    decision = decide(view, (strategy,))

    event = the_event(decision)
    assert decision.approved == ()
    assert event.verdict is Verdict.HOLD
    assert "BUDGET_SPENT" in codes(event)
    assert event.planned_shares == 2_000.0
    assert decision.premium_left_usd == Decimal(-100)


def test_a_hedge_is_closed_after_its_time() -> None:
    strategy = make_strategy(close=CloseRule(after=timedelta(days=40)))

    assert_closes(decide(held_view(), (strategy,)), "HELD_LONG_ENOUGH")


def test_a_hedge_that_was_closed_after_its_time_is_not_bought_again() -> None:
    strategy = make_strategy(close=CloseRule(after=timedelta(days=10)))
    view = make_view()
    seen = []
    for _ in range(21):
        decision = decide(view, (strategy,))
        seen += [intent.purpose for intent in decision.approved]
        view = next_view(view, decision, after=timedelta(days=1))
        view = replace(view, portfolio=make_portfolio(as_of=view.now))

    event = the_event(decide(replace(view, events=(_edited(view),)), (strategy,)))
    longer = replace(strategy, close=CloseRule(after=timedelta(days=60)))
    again = the_event(decide(replace(view, events=(_edited(view),)), (longer,)))

    assert seen == [Purpose.OPEN, Purpose.CLOSE]
    assert (event.verdict, codes(event)) == (Verdict.REFUSE, ["HELD_LONG_ENOUGH"])
    assert again.verdict is Verdict.OPEN  # who allows more time is held to that


def _edited(view: View) -> EventView:
    """Return the only event as if its file had been edited."""
    (event,) = view.events
    return replace(event, memory=replace(event.memory, strategy_digest=""))


@BOTH
def test_what_was_held_long_enough_is_barred_by_its_opening_alone(sizing: Sizing) -> None:
    memory = make_memory(rule_state={f"close.opened.{YES}": START.timestamp()}, digest="old")
    strategy = make_strategy(sizing=sizing, close=CloseRule(after=timedelta(days=10)))
    view = make_view(make_event(memory=memory))

    def at(days: int) -> Decision:
        now = START + timedelta(days=days)
        event = make_event(make_market_view(confirmed_at=now), memory=memory)
        return decide(
            replace(view, now=now, events=(event,), portfolio=make_portfolio(as_of=now)),
            (strategy,),
        )

    assert the_event(at(9)).verdict is Verdict.OPEN
    assert codes(the_event(at(10))) == ["HELD_LONG_ENOUGH"]
    without = replace(strategy, close=CloseRule())
    assert the_event(decide(view, (without,))).verdict is Verdict.OPEN


def test_a_hedge_is_kept_until_its_time() -> None:
    strategy = make_strategy(close=CloseRule(after=timedelta(days=41)))

    decision = decide(held_view(), (strategy,))

    assert the_event(decision).verdict is Verdict.QUIET
    assert decision.next_wake_at == START + timedelta(days=1)


def test_a_hedge_of_a_removed_strategy_is_closed() -> None:
    assert_closes(decide(held_view(removed=True), (make_strategy(),)), "REMOVED")


def test_a_hedge_of_a_removed_strategy_is_held_if_it_says_so() -> None:
    strategy = make_strategy(on_remove=OnRemove.HOLD)

    assert not decide(held_view(removed=True), (strategy,)).approved


def test_exits_go_on_while_portfolio_prices_are_stale() -> None:
    view = held_view()
    stale = make_portfolio(as_of=START - timedelta(days=9), unpriced=("GLD",))

    decision = decide(
        replace(view, portfolio=stale), (make_strategy(close=CloseRule(after=timedelta(days=1))),)
    )

    assert_closes(decision, "HELD_LONG_ENOUGH")


def test_exits_go_on_when_no_holding_has_a_price() -> None:
    view = held_view()
    nothing = replace(make_portfolio(unpriced=("QQQ",)), holdings=())

    decision = decide(
        replace(view, portfolio=nothing, account=replace(view.account, cash_usd=ZERO_USD)),
        (make_strategy(close=CloseRule(after=timedelta(days=1))),),
    )

    assert_closes(decision, "HELD_LONG_ENOUGH")


def test_an_exit_sells_at_the_bids_shown_and_no_lower() -> None:
    market = make_market_view(bids=(("0.11", "9000"), ("0.10", "9000"), ("0.05", "9000")))
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))

    (intent,) = decide(held_view(market=market), (strategy,)).approved

    assert (intent.limit, intent.size) == (Decimal("0.10"), Decimal(15_000))


@pytest.mark.parametrize("bids", [(("0.07", "90000"),), (("0.01", "90000"),)])
def test_an_exit_waits_for_a_bid_near_the_mid(bids: Levels) -> None:
    market = make_market_view(bids=bids, asks=(("0.20", "90000"),))
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))

    decision = decide(held_view(market=market), (strategy,))

    event = the_event(decision)
    assert not decision.approved
    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["HELD_LONG_ENOUGH", "EXIT_WAITS"]
    assert "more than 4.0c below the mid" in event.reasons[1].text
    assert decision.next_wake_at == START + timedelta(hours=2)


def test_an_exit_that_waits_is_not_planned_at_every_cycle() -> None:
    market = make_market_view(bids=(("0.07", "90000"),), asks=(("0.20", "90000"),))
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))
    view = held_view(market=market)

    later = next_view(view, decide(view, (strategy,)), after=timedelta(minutes=5))

    assert the_event(decide(later, (strategy,))).verdict is Verdict.QUIET


def test_older_positions_are_closed_too_but_not_those_of_a_closed_market() -> None:
    older = make_market(condition_id="0x02", token_ids=("201", "202"), slug="fed-hike-nov")
    ended = make_market(
        condition_id="0x03", token_ids=("301", "302"), slug="fed-hike-oct", accepting_orders=False
    )
    dark = make_market(condition_id="0x04", token_ids=("401", "402"), slug="fed-hike-sep")
    view = make_view(
        make_event(
            make_market_view(ended),
            make_market_view(dark, quoted=False),
            make_market_view(older),
            make_market_view(),
            memory=make_memory(shares=15_000.0),
            removed=True,
        ),
        account=make_account(
            positions=(
                make_position("300", market=ended),
                make_position("400", market=dark),
                make_position("200", market=older),
                make_position("15000"),
            )
        ),
    )

    decision = decide(view, (make_strategy(),))

    assert {i.token_id: i.size for i in decision.approved} == {
        "101": Decimal(15_000),
        "201": Decimal(200),
    }
    assert [reason.text for reason in the_event(decision).reasons[1:]] == [
        "fed-hike-oct is closed and waits for its resolution",
        "the book of fed-hike-sep (401) was never confirmed",
    ]


def test_a_close_that_was_not_filled_is_tried_again_later() -> None:
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))
    view = held_view()

    soon = next_view(view, decide(view, (strategy,)), after=timedelta(minutes=5), fill=False)
    late = next_view(view, decide(view, (strategy,)), after=timedelta(minutes=15), fill=False)

    assert not decide(soon, (strategy,)).approved
    assert_closes(decide(late, (strategy,)), "HELD_LONG_ENOUGH")


def test_dust_is_left() -> None:
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))

    decision = decide(held_view("9.05"), (strategy,))

    assert the_event(decision).verdict is Verdict.QUIET


def test_dust_does_not_reopen_a_hedge_just_above_the_line_that_closed_it() -> None:
    strategy = make_strategy(close=CloseRule(when_exposure_below_usd=14_000.0), digest="new")

    decision = decide(held_view("9.05"), (strategy,))

    assert codes(the_event(decision)) == ["EXPOSURE_SMALL"]
    assert the_event(decision).verdict is Verdict.HOLD


def test_a_hedge_without_bids_is_no_dust() -> None:
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))
    view = held_view("9", market=make_market_view(bids=()))

    assert codes(the_event(decide(view, (strategy,)))) == ["NO_MID"]


def excess_view(*, bid: str, ask: str, shares: str = "20000") -> tuple[View, Strategy]:
    market = make_market_view(bids=((bid, "90000"),), asks=((ask, "90000"),))
    return held_view(shares, market=market), make_strategy(digest="new", min_benefit_to_cost=0.01)


def test_shares_worth_less_than_the_bid_are_sold_back() -> None:
    view, strategy = excess_view(bid="0.12", ask="0.12")
    view = replace(view, limits=make_limits(risk_aversion=20.0))

    decision = decide(view, (strategy,))

    (intent,) = decision.approved
    assert the_event(decision).verdict is Verdict.REDUCE
    assert (intent.side, intent.purpose) == (Side.SELL, Purpose.REDUCE)
    assert intent.size < Decimal(5_000)
    assert the_event(decision).planned_shares == 20_000.0 - float(intent.size)


def test_shares_worth_more_than_the_bid_are_kept_though_too_many() -> None:
    view, strategy = excess_view(bid="0.09", ask="0.12", shares="15900")

    event = the_event(decide(view, (strategy,)))

    assert codes(event) == ["KEEP_EXCESS"]
    assert event.verdict is Verdict.HOLD


def test_a_sale_not_worth_its_cost_is_not_made() -> None:
    view, strategy = excess_view(bid="0.117", ask="0.12", shares="22000")
    strategy = replace(
        strategy, costs=replace(strategy.costs, min_benefit_to_cost=99.0), sizing=Cover(0.9)
    )
    view = replace(view, limits=make_limits(risk_aversion=20.0))

    event = the_event(decide(view, (strategy,)))

    assert codes(event) == ["KEEP_EXCESS"]
    assert event.verdict is Verdict.HOLD


def test_a_loss_above_all_wealth_keeps_the_hedge() -> None:
    view = held_view("100")
    portfolio = make_portfolio(make_holding(usd=50_000.0), make_holding("C", -45_000.0, sector="x"))
    view = replace(view, portfolio=portfolio, account=replace(view.account, cash_usd=ZERO_USD))

    event = the_event(decide(view, (make_strategy(digest="new"),)))

    assert codes(event) == ["LOSS_OVER_WEALTH"]
    assert event.verdict is Verdict.HOLD


def test_a_hedge_that_keeps_all_wealth_is_closed_all_the_same() -> None:
    # Without its shares the portfolio would be worth less than nothing if the event happened.
    portfolio = make_portfolio(make_holding(usd=50_000.0), make_holding("C", -40_000.0, sector="x"))
    view = replace(held_view("15000"), portfolio=portfolio)
    view = replace(view, account=replace(view.account, cash_usd=ZERO_USD))

    decision = decide(view, (make_strategy(close=CloseRule(after=timedelta(days=1))),))

    assert_closes(decision, "HELD_LONG_ENOUGH")


def test_a_position_oversold_by_a_failed_settlement_is_no_hedge() -> None:
    decision = decide(held_view("-5"), (make_strategy(digest="new"),))

    assert the_event(decision).held_shares == 0.0


def test_a_hedge_of_the_outcome_that_is_no_longer_adverse_is_sold_before_the_other_is_bought() -> (
    None
):
    view = held_view()
    event = view.events[0]
    yes = replace(event.markets[0], named=False)
    book = mirror_book(yes.quote.book, token_id=NO) if yes.quote else None
    no = replace(yes, adverse_index=1, named=True, quote=book and Quote(book, START))
    view = replace(view, events=(replace(event, markets=(yes, no)),))

    decision = decide(view, (replace(make_strategy(digest="flipped"), adverse="No"),))

    assert_closes(decision, "OTHER_SIDE")
    assert the_event(decision).memory.token_id == ""


def test_what_rests_for_a_removed_strategy_is_withdrawn() -> None:
    view = held_view(removed=True)
    view = replace(view, account=replace(view.account, orders=(make_order(),)))

    decision = decide(view, (make_strategy(),))

    assert codes(the_event(decision)) == ["WITHDRAWN"]
    assert decision.cancels == ("0xb1",)

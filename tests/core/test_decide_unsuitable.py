"""No price makes a hedge of what does not pay when we lose, or of prices that contradict."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide import decide
from bot.model.decision import EventDecision, Verdict
from bot.model.market import Quote
from bot.model.orders import Purpose
from bot.model.strategy import Strategy
from bot.model.view import EventView, MarketView
from tests.core.builders import (
    All,
    make_account,
    make_event,
    make_market_view,
    make_position,
    make_strategy,
    make_view,
)
from tests.fakes import START, make_book, make_market


def decide_one(*events: EventView, strategy: Strategy | None = None) -> EventDecision:
    strategies = [replace(strategy or make_strategy(), event=each.event) for each in events]
    return decide(make_view(*events), strategies).events[0]


def outcome(place: int, *, ask: str, size: int = 2, bid: str = "0.01") -> MarketView:
    """One of the exclusive outcomes of the December meeting."""
    market = make_market(
        condition_id=f"0x{place:064x}",
        token_ids=(f"{place}1", f"{place}2"),
        slug=f"outcome-{place}",
        neg_risk=True,
    )
    market = replace(market, event_slug="fed-in-december", group_size=size)
    return make_market_view(market, bids=((bid, "50000"),), asks=((ask, "50000"),))


def test_a_market_that_pays_in_few_of_our_losses_asks_something_else() -> None:
    strategy = make_strategy()
    strategy = replace(strategy, market=replace(strategy.market, missed=0.3))
    found = decide_one(make_event(), strategy=strategy)
    assert (found.verdict, found.reasons[0].code) == (Verdict.REFUSE, "RULES_MISMATCH")
    assert "would not pay in 30% of the cases that hurt you" in found.reasons[0].text


@pytest.mark.parametrize("sizing", [None, All()])
def test_a_contract_that_hardly_moves_with_the_loss_is_no_hedge(sizing: All | None) -> None:
    strategy = make_strategy(sizing=sizing)
    strategy = replace(strategy, market=replace(strategy.market, missed=0.2, stray=0.2))
    found = decide_one(make_event(), strategy=strategy)
    assert (found.verdict, found.reasons[0].code) == (Verdict.REFUSE, "CORRELATION_LOW")
    assert "correlate by 0.43" in found.reasons[0].text


def test_a_usual_basis_is_no_misfit() -> None:
    strategy = make_strategy()
    strategy = replace(strategy, market=replace(strategy.market, missed=0.05, stray=0.005))
    assert decide_one(make_event(), strategy=strategy).verdict is Verdict.OPEN


# --- prices that contradict each other -----------------------------------------------------------


def test_outcomes_that_together_cost_less_than_they_pay_are_a_fault_and_no_bargain() -> None:
    one, other = outcome(1, ask="0.12", bid="0.11"), outcome(2, ask="0.85", bid="0.84")
    alone = make_event(event="recession")
    decision = decide(
        make_view(make_event(one, event="hike"), make_event(other, event="hold"), alone),
        [make_strategy(event="hike", sizing=All()), make_strategy(event="hold", sizing=All())],
    )
    assert decision.approved == ()
    for each in decision.events:
        assert (each.verdict, each.reasons[0].code) == (Verdict.FROZEN, "GROUP_UNDER_ONE")
        assert "the 2 outcomes of fed-in-december together cost 97.0c" in each.reasons[0].text


def test_outcomes_at_one_dollar_or_an_unseen_one_are_no_fault() -> None:
    one, other = outcome(1, ask="0.12", bid="0.11"), outcome(2, ask="0.88", bid="0.87")
    hold = make_event(other, event="hold")
    assert decide_one(make_event(one), hold).verdict is Verdict.OPEN
    some = [outcome(1, ask="0.12", bid="0.11", size=3), outcome(2, ask="0.80", size=3)]
    assert decide_one(make_event(some[0]), make_event(some[1], event="x")).verdict is Verdict.OPEN
    unknown = outcome(1, ask="0.12", bid="0.11", size=0)
    assert decide_one(make_event(unknown)).verdict is Verdict.OPEN


def test_an_old_ask_proves_no_fault() -> None:
    one, other = outcome(1, ask="0.12", bid="0.11"), outcome(2, ask="0.80")
    assert other.quote is not None
    old = replace(other, quote=Quote(other.quote.book, START - timedelta(hours=1)))
    assert decide_one(make_event(one), make_event(old, event="hold")).verdict is Verdict.OPEN


def test_yes_and_no_under_one_dollar_are_a_fault_and_no_bargain() -> None:
    market = make_market()
    other = make_book(market.token_ids[1], bids=(("0.80", "900"),), asks=(("0.85", "900"),))
    seen = replace(make_market_view(market), complement_quote=Quote(other, START))
    found = decide_one(make_event(seen))
    assert (found.verdict, found.reasons[0].code) == (Verdict.FROZEN, "PAIR_UNDER_ONE")
    assert "both outcomes of fed-hike-dec together cost 97.0c" in found.reasons[0].text


def test_a_crossed_book_is_yes_and_no_under_one_dollar() -> None:
    seen = make_market_view(bids=(("0.14", "900"),), asks=(("0.12", "900"),))
    found = decide_one(make_event(seen))
    assert (found.verdict, found.reasons[0].code) == (Verdict.FROZEN, "PAIR_UNDER_ONE")
    assert "crossed: bid 14.0c, ask 12.0c, so both outcomes together cost 98.0c" in (
        found.reasons[0].text
    )


def test_a_hedge_whose_reason_is_gone_may_still_leave_faulty_prices() -> None:
    one, other = outcome(1, ask="0.12", bid="0.11"), outcome(2, ask="0.85", bid="0.84")
    held = make_position("100", market=one.market, event="hike")
    strategy = make_strategy(event="hike")
    gone = replace(strategy, close=replace(strategy.close, when_probability_below=0.5))
    view = make_view(
        make_event(one, event="hike"),
        make_event(other, event="hold"),
        account=make_account(positions=(held,)),
    )
    decision = decide(view, [gone, make_strategy(event="hold")])
    assert decision.events[0].verdict is Verdict.CLOSE
    assert [order.purpose for order in decision.approved] == [Purpose.CLOSE]

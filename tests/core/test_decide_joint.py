"""Events decided together: what they share, what they hold for each other, and what is said."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core import raking
from bot.core.decide import decide
from bot.core.programme import interior
from bot.model.decision import EventDecision, Verdict
from bot.model.orders import OrderType, Purpose, Side
from bot.model.strategy import CloseRule, RollRule, SeriesOf, Strategy
from bot.model.units import Usd
from tests.core.builders import (
    REST,
    All,
    Cover,
    codes,
    make_account,
    make_event,
    make_holding,
    make_limits,
    make_line,
    make_market_view,
    make_memory,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.core.several import narrow, planned, several
from tests.fakes import START, Levels, make_market

HOUR = timedelta(hours=1)


def decide_one(strategy: Strategy | None = None, **given: object) -> EventDecision:
    view = make_view(**given)  # type: ignore[arg-type]
    return the_event(decide(view, (strategy or make_strategy(sizing=All()),)))


def test_a_hedge_worth_its_price_is_opened_and_explained() -> None:
    decision = decide(make_view(), (make_strategy(sizing=All()),))
    event = the_event(decision)

    assert event.verdict is Verdict.OPEN
    assert 5_000.0 < event.planned_shares < 15_000.0
    assert event.target_shares == 15_000.0
    assert event.reservation_price > event.ask
    assert event.benefit_usd_est > 1.5 * event.cost_usd_est > 0.0
    assert "each change must bring 2.50 times its cost" in event.sizing_note
    assert event.memory.rule_state["band.decisions"] == 1.0
    (intent,) = decision.approved
    assert (intent.purpose, intent.order_type) == (Purpose.OPEN, OrderType.FAK)
    # The last share is worth its price and the cost above the mid as often as asked.
    assert 0.115 < float(intent.limit) < event.reservation_price


def test_a_plan_carries_what_proves_it() -> None:
    """Of a level taken in part the last share costs, with its band, just what it is worth."""
    event = decide_one(make_strategy(sizing=All(), max_share_of_depth=1.0))
    proof = event.certificate
    assert proof is not None
    assert event.ended_by == "price"
    assert (proof.gap, proof.money_price) == (1e-8, 0.0)
    assert proof.worth_after == pytest.approx(0.115 + 2.5 * (event.ask - 0.115), abs=1e-5)
    short = decide_one(make_strategy(sizing=All()), limits=make_limits(premium_budget_usd="50"))
    assert short.certificate is not None
    assert short.certificate.money_price > 0.05
    assert decide_one(make_strategy()).certificate is None


def test_with_its_orders_filled_nothing_more_is_traded() -> None:
    strategies = (make_strategy(sizing=All(), max_share_of_depth=1.0),)
    view = make_view()
    view = next_view(view, decide(view, strategies), after=HOUR)
    edited = (replace(strategies[0], digest="d2"),)

    again = decide(view, edited)

    assert again.approved == ()
    assert the_event(again).verdict is Verdict.HOLD


def test_the_order_of_events_and_strategies_does_not_matter() -> None:
    view, strategies = several(3, fraction=0.4)
    turned = replace(view, events=tuple(reversed(view.events)))

    one = decide(view, strategies)
    other = decide(turned, tuple(reversed(strategies)))

    assert planned(other) == pytest.approx(planned(one), rel=1e-3)
    assert len(one.approved) == 3


def test_nine_events_are_sampled_and_decided() -> None:
    # Each may also be resolved otherwise: more combinations than are listed.
    view, strategies = several(9, fraction=0.3)

    decision = decide(view, strategies)

    assert {each.verdict for each in decision.events} == {Verdict.OPEN}


def test_cover_that_another_rule_plans_counts_as_held() -> None:
    alone, strategies = several(2, sizings=(All(), All()), fraction=0.5)
    both = (strategies[0], replace(strategies[1], sizing=Cover(1.0)))

    together = planned(decide(alone, strategies))
    beside = planned(decide(alone, both))

    assert beside["event-2"] > together["event-2"]
    assert beside["event-1"] < together["event-1"]  # the money it costs, and what it saves


def test_money_that_others_spend_is_not_spent_again() -> None:
    view, strategies = several(2, sizings=(All(), Cover(1.0)), premium_budget_usd="300")

    decision = decide(view, strategies)

    spent = sum(float(each.notional_usd + each.fee_usd) for each in decision.approved)
    assert spent <= 300.0
    assert decision.denials == ()


def test_shared_money_goes_where_it_is_worth_most() -> None:
    view, strategies = several(2, premium_budget_usd="60")
    large = replace(
        strategies[0], impact=replace(strategies[0].impact, lines=(make_line("sector-1", -0.6),))
    )

    decision = decide(view, (large, strategies[1]))

    shares = planned(decision)
    assert shares["event-1"] > 400.0
    assert shares["event-2"] == 0.0
    assert "BUDGET_SPENT" in codes(decision.events[1])


@pytest.mark.parametrize(("budget", "total"), [("0", "100"), ("100", "0")])
def test_without_money_the_verdict_says_so(budget: str, total: str) -> None:
    event = decide_one(limits=make_limits(premium_budget_usd=budget, max_total_usd=total))

    assert event.verdict is Verdict.REFUSE
    assert codes(event)[0] == "BUDGET_SPENT"


def test_an_event_without_money_of_its_own_says_so() -> None:
    event = decide_one(make_strategy(sizing=All(), max_premium_usd="0"))

    assert codes(event)[0] == "BUDGET_SPENT"


def test_outcomes_that_exclude_each_other_need_less_cover() -> None:
    view, strategies = several(2, fraction=0.4)
    group, _ = several(2, fraction=0.4, series="fed-december")

    apart, exclusive = decide(view, strategies), decide(group, strategies)

    # Both together are no danger when only one can happen.
    assert exclusive.events[0].reservation_price < apart.events[0].reservation_price


def test_a_dear_hedge_is_refused_with_ceiling_and_price() -> None:
    event = decide_one(
        None,
        portfolio=make_portfolio(make_holding(usd=2_000.0), make_holding("TLT", sector="bonds")),
    )

    assert event.verdict is Verdict.REFUSE
    assert codes(event)[0] in ("NOT_WORTH_IT", "TOO_DEAR")


def test_excess_cover_is_sold_where_the_bid_is_worth_more() -> None:
    account = make_account(positions=[make_position("20000", cost_usd="2000")])
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.0)
    book = narrow()

    decision = decide(make_view(make_event(book), account=account), (strategy,))

    (intent,) = decision.approved
    assert (intent.side, intent.purpose) == (Side.SELL, Purpose.REDUCE)
    assert float(intent.limit) <= 0.115


def test_what_is_held_to_the_most_is_left() -> None:
    account = make_account(positions=[make_position("15000", cost_usd="1500")])

    event = decide_one(account=account)

    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["IN_BAND"]
    assert "the most" in event.reasons[0].text


def test_a_change_too_small_to_matter_is_left() -> None:
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.0, max_share_of_depth=1.0)
    view = make_view(make_event(narrow()), account=make_account(cash_usd="90000"))
    wanted = the_event(decide(view, (strategy,))).planned_shares
    held = make_account(positions=[make_position(f"{wanted * 0.98:.0f}", cost_usd="1500")])

    event = the_event(decide(replace(view, account=held), (strategy,)))

    assert codes(event) == ["IN_BAND"]
    assert "would change" in event.reasons[0].text


def test_a_purchase_may_rest_at_the_bid_first() -> None:
    strategy = make_strategy(sizing=All(), execution=REST)

    decision = decide(make_view(), (strategy,))

    (intent,) = decision.approved
    assert intent.order_type is OrderType.GTD
    assert float(intent.limit) == 0.11


@pytest.mark.parametrize("shown", ["1575.17", "1333.33", "999.99", "3157.37"])
def test_a_plan_ended_by_depth_says_so_and_goes_on(shown: str) -> None:
    market = make_market_view(asks=(("0.12", shown),))

    strategy = make_strategy(sizing=All(), max_share_of_depth=0.013, min_benefit_to_cost=0.5)

    event = the_event(decide(make_view(make_event(market)), (strategy,)))

    assert event.ended_by == "depth"
    assert event.memory.unfinished


@pytest.mark.parametrize("usd", ["150", "170", "200", "210"])
def test_only_the_limit_of_an_order_leaves_a_joint_plan_unfinished(usd: str) -> None:
    by_order = decide_one(make_strategy(sizing=All(), max_order_usd=usd))
    by_event = decide_one(make_strategy(sizing=All(), max_premium_usd=usd))

    assert by_order.ended_by == by_event.ended_by == "money"
    assert by_order.memory.unfinished
    assert not by_event.memory.unfinished


def test_what_may_not_be_bought_is_said_and_what_is_held_stays() -> None:
    event = decide_one(make_strategy(sizing=All(), max_spread="0.001"))

    assert event.verdict is Verdict.REFUSE
    assert codes(event) == ["TOO_WIDE", "OTHER_INSTRUMENT"]


def test_a_book_too_thin_is_refused() -> None:
    book = make_market_view(bids=(("0.05", "90000"),), asks=(("0.12", "90000"),))
    strategy = make_strategy(sizing=All(), max_spread="0.2")

    event = the_event(decide(make_view(make_event(book)), (strategy,)))

    assert codes(event) == ["TOO_THIN", "OTHER_INSTRUMENT"]


def test_a_frozen_event_stays_in_the_picture() -> None:
    view, strategies = several(2, fraction=0.5)
    memory = make_memory(token_id="201", exposure_usd=10_000.0, probability=0.115)
    blind = replace(view.events[1], problem="down", memory=memory)
    never = replace(view.events[1], problem="down")

    seen = decide(replace(view, events=(view.events[0], blind)), strategies)
    unseen = decide(replace(view, events=(view.events[0], never)), strategies)

    assert seen.events[1].verdict is Verdict.FROZEN
    assert seen.events[0].reservation_price > unseen.events[0].reservation_price


def test_losses_that_ruin_together_are_refused_with_their_reason() -> None:
    # Each leaves something alone; the shorts lose several times over.
    view, strategies = several(2)
    shorts = [make_holding(f"S{index}", -9_000.0, sector=f"sector-{index}") for index in (1, 2)]
    ruined = replace(
        view, portfolio=make_portfolio(*shorts, make_holding("R", 40_000.0, sector="r"))
    )
    doubled = tuple(
        replace(each, impact=replace(each.impact, lines=(make_line(f"sector-{index}", 3.0),)))
        for index, each in enumerate(strategies, start=1)
    )

    decision = decide(ruined, doubled)

    assert [codes(each)[0] for each in decision.events] == ["RUIN", "RUIN"]
    assert decision.approved == ()


def test_a_loss_over_wealth_is_not_asked_for() -> None:
    event = decide_one(
        None,
        portfolio=make_portfolio(make_holding(usd=-50_000.0), make_holding("TLT", sector="bonds")),
    )

    assert codes(event)[0] in ("NO_LOSS", "LOSS_OVER_WEALTH")


def test_a_wide_band_of_a_restless_target_is_said() -> None:
    wander = {"band.target": 9_000.0, "band.daily_variance": 4e6, "band.decisions": 30.0}
    memory = make_memory(rule_state=wander, verdict="refuse:TOO_DEAR", digest="old")
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.0)

    event = the_event(decide(make_view(make_event(memory=memory)), (strategy,)))

    assert "no-trade band after 31 decisions" in event.sizing_note
    assert event.memory.rule_state["band.decisions"] == 31.0


def test_a_hedge_rolls_to_the_next_market_of_its_series() -> None:
    old = make_market(slug="old", ends_at=START + timedelta(days=3))
    new = make_market(
        condition_id="0x" + "d2" * 32,
        token_ids=("201", "202"),
        slug="new",
        ends_at=START + timedelta(days=40),
    )
    strategy = make_strategy(
        sizing=All(),
        series="fed-decision",
        max_share_of_depth=1.0,
        roll=RollRule(series_of=SeriesOf.DEADLINES),
    )
    low: Levels = (("0.03", "50000"),)
    near = make_market_view(old, bids=low, asks=(("0.04", "50000"),))
    event = make_event(near, make_market_view(new), memory=make_memory(shares=5_000))
    account = make_account(positions=[make_position("5000", market=old, cost_usd="500")])

    decision = decide(make_view(event, account=account), (strategy,))

    assert the_event(decision).verdict is Verdict.ROLL
    assert {each.purpose for each in decision.approved} == {Purpose.ROLL_IN, Purpose.ROLL_OUT}


def test_what_closes_is_not_asked_for() -> None:
    account = make_account(positions=[make_position("5000", cost_usd="500")])
    strategy = make_strategy(sizing=All(), close=CloseRule(when_exposure_below_usd=20_000.0))

    event = decide_one(strategy, account=account)

    assert event.verdict is Verdict.CLOSE


@pytest.mark.parametrize("usd", [100.0, 1e9])
def test_neither_little_nor_much_wealth_makes_a_number_that_is_none(usd: float) -> None:
    half = usd / 2.0
    event = decide_one(
        None, portfolio=make_portfolio(make_holding(usd=half), make_holding("T", half, sector="b"))
    )

    assert event.verdict in (Verdict.OPEN, Verdict.REFUSE)
    assert event.reservation_price == event.reservation_price


def test_without_a_fee_and_at_a_narrow_spread_most_of_the_loss_is_covered() -> None:
    strategy = make_strategy(sizing=All(), min_benefit_to_cost=0.0, max_share_of_depth=1.0)

    event = the_event(decide(make_view(make_event(narrow())), (strategy,)))

    assert event.planned_shares > 0.9 * 15_000.0


def test_an_answer_that_is_not_certified_is_not_traded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interior, "MOST_STEPS", 1)

    event = decide_one()

    assert codes(event) == ["NOT_CERTIFIED"]
    assert event.verdict is Verdict.REFUSE


def test_scenarios_that_miss_a_probability_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raking, "_MOST_ROUNDS", 0)
    view, strategies = several(9, fraction=0.3)

    decision = decide(view, strategies)

    assert {codes(each)[0] for each in decision.events} == {"NOT_RAKED"}


def test_an_event_without_a_strategy_is_not_looked_at() -> None:
    view, strategies = several(2, fraction=0.4)

    decision = decide(view, strategies[:1])

    assert [each.event for each in decision.events] == ["event-1"]
    assert decision.events[0].verdict is Verdict.OPEN


def test_what_another_rule_rolls_out_of_leaves_the_picture() -> None:
    view, strategies = several(1, fraction=0.4)
    old = make_market(
        condition_id="0x" + "d1" * 32,
        token_ids=("801", "802"),
        slug="old",
        ends_at=START + timedelta(days=3),
    )
    new = make_market(
        condition_id="0x" + "d2" * 32,
        token_ids=("901", "902"),
        slug="new",
        ends_at=START + timedelta(days=40),
    )
    rolling = make_strategy(
        event="rolls", sizing=Cover(), series="fed-decision", max_share_of_depth=1.0
    )
    memory = make_memory(shares=5_000, token_id="801")
    event = make_event(make_market_view(old), make_market_view(new), event="rolls", memory=memory)
    held = make_position("5000", market=old, event="rolls", cost_usd="500")
    account = make_account(cash_usd="20000", positions=[held])
    holdings = (*view.portfolio.holdings, make_holding(usd=20_000.0))

    decision = decide(
        replace(
            view,
            events=(*view.events, event),
            account=account,
            portfolio=make_portfolio(*holdings),
        ),
        (*strategies, rolling),
    )

    assert decision.events[0].verdict is Verdict.OPEN
    assert decision.events[1].verdict is Verdict.ROLL


def test_what_the_turnover_stops_leaves_its_money_to_the_others() -> None:
    view, strategies = several(2, fraction=0.5, premium_budget_usd="150")
    spent = {strategies[0].event: Usd(Decimal(10**9))}
    alone = planned(decide(replace(view, events=view.events[1:]), strategies[1:]))["event-2"]
    both = planned(decide(view, strategies))["event-2"]
    account = replace(view.account, turnover_by_event=spent)

    stopped, other = decide(replace(view, account=account), strategies).events

    assert codes(stopped)[0] == "TURNOVER_SPENT"
    assert both < 0.6 * alone
    assert other.planned_shares == alone


def test_what_a_roll_left_behind_is_sold_when_the_plan_is_made_again() -> None:
    old = make_market(slug="old", ends_at=START + timedelta(days=20))
    new = make_market(
        condition_id="0x" + "d2" * 32,
        token_ids=("201", "202"),
        slug="new",
        ends_at=START + timedelta(days=40),
    )
    memory = make_memory(shares=15_000, token_id="201", digest="old")
    event = make_event(make_market_view(old), make_market_view(new), memory=memory)
    held = (
        make_position("15000", market=new, cost_usd="1500"),
        make_position("500", market=old, cost_usd="50"),
    )
    strategy = make_strategy(sizing=All(), series="fed-decision")

    decision = decide(make_view(event, account=make_account(positions=held)), (strategy,))

    (intent,) = decision.approved
    assert intent.purpose is Purpose.ROLL_OUT
    assert (str(intent.token_id), float(intent.size)) == ("101", 500.0)

"""Moving a hedge to the next market of its series: both legs, or none."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.case import Case, open_case
from bot.core.decide import decide
from bot.core.roll import MarketChoice
from bot.model.decision import Verdict
from bot.model.market import Quote
from bot.model.orders import OrderType, Purpose, Side
from bot.model.rule import Sizing
from bot.model.strategy import CloseRule, ImpactBasis, RollRule, SeriesOf, Strategy
from bot.model.units import Usd
from bot.model.view import MarketView, View
from tests.core.builders import (
    REST,
    All,
    Cover,
    codes,
    make_account,
    make_event,
    make_limits,
    make_market_view,
    make_memory,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import NO, START, YES, Levels, make_market

NEXT = "201"
DAY = timedelta(days=1)
OLD = make_market(ends_at=START + timedelta(days=5), series_slug="fed")
NEW = make_market(
    condition_id="0x" + "c2" * 32,
    token_ids=(NEXT, "202"),
    slug="fed-hike-jan",
    ends_at=START + timedelta(days=50),
    series_slug="fed",
)
DEADLINES = RollRule(series_of=SeriesOf.DEADLINES)
STRATEGY = make_strategy(series="fed", roll=DEADLINES)


def roll_view(
    *,
    shares: str = "15000",
    bids: Levels = (("0.03", "50000"),),
    asks: Levels = (("0.04", "50000"),),
    next_asks: Levels = (("0.12", "200000"),),
    next_quoted: bool = True,
    **account: object,
) -> View:
    """Return a view that holds the market that ends in 5 days, 2 before its roll is due."""
    return make_view(
        make_event(
            make_market_view(OLD, bids=bids, asks=asks),
            make_market_view(NEW, asks=next_asks, quoted=next_quoted),
            memory=make_memory(shares=float(shares)),
        ),
        account=make_account(
            positions=(make_position(shares, market=OLD, cost_usd="1800"),),
            **account,  # type: ignore[arg-type]
        ),
    )


def scarce_view() -> View:
    """Return the same with bids of the old market that are no price."""
    return roll_view(bids=(("0.001", "50000"),), asks=(("0.11", "50000"),))


def test_a_hedge_near_its_end_moves_to_the_next_market_as_one_unit() -> None:
    decision = decide(roll_view(), (STRATEGY,))

    out, into = decision.approved
    event = the_event(decision)
    assert event.verdict is Verdict.ROLL
    assert codes(event) == ["ROLL_DUE", "WORTH_IT"]
    assert event.reasons[0].text == "fed-hike-dec ends in 5.0 days"
    assert (out.token_id, out.side, out.purpose) == (YES, Side.SELL, Purpose.ROLL_OUT)
    assert (into.token_id, into.side, into.purpose) == (NEXT, Side.BUY, Purpose.ROLL_IN)
    assert out.unit == into.unit == "roll-1-fed-hike"
    assert out.size == Decimal(15_000)
    assert event.planned_shares == float(into.size)
    assert event.token_id == NEXT


def test_before_its_roll_date_a_hedge_stays() -> None:
    strategy = make_strategy(series="fed", roll=replace(DEADLINES, before_end=timedelta(days=4)))

    decision = decide(roll_view(), (strategy,))

    assert the_event(decision).verdict is Verdict.QUIET
    assert decision.next_wake_at == START + timedelta(days=1)


def test_a_series_without_a_roll_date_holds_each_hedge_to_its_end() -> None:
    strategy = make_strategy(series="fed", roll=RollRule(before_end=timedelta(0)))

    assert the_event(decide(roll_view(), (strategy,))).verdict is Verdict.QUIET


def test_a_market_named_by_itself_is_never_rolled() -> None:
    assert not decide(roll_view(), (make_strategy(),)).approved


def test_a_hedge_leaves_the_market_that_the_strategy_names_no_longer() -> None:
    view = roll_view()
    old, new = view.events[0].markets
    view = replace(
        view, events=(replace(view.events[0], markets=(replace(old, named=False), new)),)
    )

    decision = decide(view, (make_strategy(),))

    assert [intent.purpose for intent in decision.approved] == [Purpose.ROLL_OUT, Purpose.ROLL_IN]
    assert "names another market now" in the_event(decision).reasons[0].text


def test_a_roll_into_a_dear_market_is_refused_and_the_hedge_runs_on() -> None:
    view = roll_view(next_asks=(("0.14", "200000"),))
    strategy = replace(STRATEGY, costs=replace(STRATEGY.costs, min_benefit_to_cost=50.0))

    decision = decide(view, (strategy,))

    event = the_event(decision)
    assert not decision.approved
    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["ROLL_REFUSED", "NOT_WORTH_IT"]
    assert event.reasons[0].text.endswith("the present hedge runs to its end")
    assert (
        the_event(
            decide(next_view(view, decision, after=timedelta(minutes=5)), (strategy,))
        ).verdict
        is Verdict.QUIET
    )


def test_a_next_market_without_a_book_freezes_the_roll() -> None:
    decision = decide(roll_view(next_quoted=False), (STRATEGY,))

    assert the_event(decision).verdict is Verdict.FROZEN
    assert not decision.approved


def test_without_a_next_market_the_hedge_runs_to_its_end() -> None:
    view = roll_view()
    view = replace(
        view,
        events=(
            replace(
                view.events[0], markets=view.events[0].markets[:1], memory=make_memory(digest="")
            ),
        ),
        account=make_account(positions=(make_position("5000", market=OLD),)),
    )

    event = the_event(decide(view, (STRATEGY,)))

    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["NO_NEXT_MARKET"]


def test_an_old_leg_without_bids_near_its_mid_runs_on_beside_the_new_one() -> None:
    decision = decide(scarce_view(), (STRATEGY,))

    (into,) = decision.approved
    assert into.purpose is Purpose.ROLL_IN
    assert codes(the_event(decision)) == ["ROLL_DUE", "WORTH_IT", "OLD_LEG_RUNS"]
    assert the_event(decision).verdict is Verdict.ROLL


def test_after_a_roll_the_hedge_is_in_the_new_market_and_rests() -> None:
    view = roll_view()

    later = next_view(view, decide(view, (STRATEGY,)), after=timedelta(minutes=5))
    decision = decide(later, (STRATEGY,))

    event = the_event(decision)
    assert event.verdict is Verdict.QUIET
    assert event.token_id == NEXT
    assert event.held_shares == float(later.account.positions[0].shares)


def test_an_old_leg_that_was_not_sold_runs_on_while_the_new_one_is_the_hedge() -> None:
    view = scarce_view()

    later = next_view(view, decide(view, (STRATEGY,)), after=timedelta(hours=1))
    decision = decide(later, (STRATEGY,))

    assert not [intent for intent in decision.approved if intent.token_id == YES]
    assert the_event(decision).token_id == NEXT


def test_a_roll_takes_at_once_even_if_the_strategy_rests() -> None:
    decision = decide(roll_view(), (replace(STRATEGY, execution=REST),))

    assert {intent.order_type for intent in decision.approved} == {OrderType.FAK}


def test_when_no_money_is_left_the_old_market_is_sold_first() -> None:
    strategy = replace(
        STRATEGY, limits=replace(STRATEGY.limits, max_premium_usd=Usd(Decimal(1800)))
    )
    view = roll_view(premium_used_usd="1800", premium_by_event={"fed-hike": "1800"})

    first = decide(view, (strategy,))
    soon = next_view(view, first, after=timedelta(minutes=5))
    later = next_view(soon, decide(soon, (strategy,)), after=timedelta(minutes=10))
    second = decide(later, (strategy,))

    (sale,), (purchase,) = first.approved, second.approved
    assert sale.purpose is Purpose.ROLL_OUT
    assert the_event(first).verdict is Verdict.ROLL
    assert codes(the_event(first)) == ["ROLL_DUE", "WORTH_IT", "BUDGET_SPENT", "SOLD_FIRST"]
    assert (purchase.token_id, purchase.purpose) == (NEXT, Purpose.ROLL_IN)
    assert the_event(second).verdict is Verdict.ROLL
    assert the_event(second).reasons[0].text == ("the old leg is sold, the new one is not held yet")


def test_when_the_sale_would_not_pay_for_the_next_market_the_old_one_is_kept() -> None:
    strategy = replace(
        STRATEGY, limits=replace(STRATEGY.limits, max_premium_usd=Usd(Decimal(1800)))
    )
    view = roll_view(premium_by_event={"fed-hike": "9000"})

    decision = decide(view, (strategy,))

    event = the_event(decision)
    assert not decision.approved
    assert event.verdict is Verdict.HOLD
    assert event.memory.verdict == "hold:ROLL_DUE"
    assert "BUDGET_SPENT" in codes(event)


def test_a_roll_that_got_a_part_of_its_money_goes_on_with_what_the_sale_brought() -> None:
    strategy = replace(
        STRATEGY, limits=replace(STRATEGY.limits, max_premium_usd=Usd(Decimal(1800)))
    )
    view = roll_view(premium_by_event={"fed-hike": "1700"})

    first = decide(view, (strategy,))
    late = next_view(view, first, after=timedelta(minutes=15))
    second = decide(late, (strategy,))

    assert "CUT" in codes(the_event(first))
    assert [intent.purpose for intent in first.approved] == [Purpose.ROLL_OUT, Purpose.ROLL_IN]
    assert [intent.purpose for intent in second.approved] == [Purpose.ADD]


def test_a_roll_whose_new_leg_is_denied_sells_nothing() -> None:
    view = roll_view()
    complement = make_position("7", market=NEW, event="other", token_id="202")
    view = replace(
        view, account=replace(view.account, positions=(*view.account.positions, complement))
    )

    decision = decide(view, (STRATEGY,))

    assert not decision.approved
    assert [denial.code for denial in decision.denials] == ["COMPLEMENT_HELD", "ROLL_BROKEN"]
    assert the_event(decision).verdict is Verdict.HOLD


def test_a_hedge_whose_market_closed_is_opened_again_in_the_next_one() -> None:
    view = roll_view()
    closed = replace(view.events[0].markets[0], market=replace(OLD, accepting_orders=False))
    view = replace(
        view, events=(replace(view.events[0], markets=(closed, view.events[0].markets[1])),)
    )

    decision = decide(view, (STRATEGY,))

    assert [(i.token_id, i.purpose) for i in decision.approved] == [(NEXT, Purpose.OPEN)]
    assert the_event(decision).firings[0].trigger == "next_market"


@pytest.mark.parametrize("cycles", [1, 3])
def test_a_hedge_waits_for_the_resolution_of_its_closed_market(cycles: int) -> None:
    view = roll_view()
    closed = replace(view.events[0].markets[0], market=replace(OLD, accepting_orders=False))
    view = replace(view, events=(replace(view.events[0], markets=(closed,)),))

    decision = decide(view, (STRATEGY,))
    for _ in range(cycles):
        assert the_event(decision).reasons[0].code == "WAITS_FOR_RESOLUTION"
        view = next_view(view, decision, after=timedelta(minutes=5))
        decision = decide(view, (STRATEGY,))

    assert the_event(decision).verdict is Verdict.QUIET
    assert decision.next_wake_at == START + timedelta(hours=6)


def test_a_position_whose_market_resolved_is_no_hedge_any_more() -> None:
    view = roll_view()
    paid = replace(view.events[0].markets[0], market=replace(OLD, payouts=(Decimal(0), Decimal(1))))
    view = replace(view, events=(replace(view.events[0], markets=(paid,)),))

    assert codes(the_event(decide(view, (STRATEGY,)))) == ["WRONG_DATE"]


def test_a_position_of_an_unlisted_token_is_no_hedge_of_this_market() -> None:
    view = make_view(account=make_account(positions=(make_position("9", token_id=NO),)))

    decision = decide(view, (make_strategy(),))

    assert the_event(decision).held_shares == 0.0
    assert [denial.code for denial in decision.denials] == ["COMPLEMENT_HELD"]


def test_dust_is_left_behind_by_a_roll() -> None:
    decision = decide(roll_view(shares="5"), (STRATEGY,))

    assert [intent.purpose for intent in decision.approved] == [Purpose.ROLL_IN]
    assert "BELOW_MINIMUM" in codes(the_event(decision))


def test_an_old_market_without_a_book_runs_on_beside_the_new_one() -> None:
    view = roll_view()
    old, new = view.events[0].markets
    event = replace(view.events[0], markets=(replace(old, quote=None), new))

    decision = decide(replace(view, events=(event,)), (STRATEGY,))

    assert [intent.purpose for intent in decision.approved] == [Purpose.ROLL_IN]
    assert codes(the_event(decision)) == ["ROLL_DUE", "WORTH_IT", "OLD_LEG_RUNS"]


FAR = make_market(condition_id="0x03", token_ids=("301", "302"), slug="fed-hike-mar")


@pytest.mark.parametrize(
    "dead", [make_market_view(NEW, bids=()), make_market_view(NEW, asks=())], ids=["asks", "bids"]
)
def test_a_market_that_nobody_prices_any_more_is_passed_over(dead: MarketView) -> None:
    view = make_view(make_event(dead, make_market_view(FAR)))

    event = the_event(decide(view, (STRATEGY,)))

    assert (event.verdict, event.token_id) == (Verdict.OPEN, "301")


@pytest.mark.parametrize(
    ("near", "code"),
    [
        (make_market_view(NEW, quoted=False), "NO_BOOK"),
        (make_market_view(NEW, bids=(("0.50", "10"),)), "PAIR_UNDER_ONE"),
    ],
)
def test_a_market_whose_price_is_unknown_is_awaited(near: MarketView, code: str) -> None:
    view = make_view(make_event(near, make_market_view(FAR)))

    assert codes(the_event(decide(view, (STRATEGY,)))) == [code]


BOTH = pytest.mark.parametrize("sizing", [Cover(), All()], ids=["alone", "jointly"])
"""A rule that decides alone, and the joint programme."""
DATES = make_strategy(series="fed")


@BOTH
def test_a_roll_says_what_of_the_later_cover_is_new_and_what_it_costs(sizing: Sizing) -> None:
    event = the_event(decide(roll_view(), (replace(STRATEGY, sizing=sizing),)))

    assert event.verdict is Verdict.ROLL
    # 1 - 3.5 / 11.5, and (11.5% - 3.5%) / (1 - 3.5%).
    assert "70% of its cover is new, for a chance of 8.3% after the present end" in (
        event.reasons[1].text
    )
    assert "USD to buy and 92.46 USD to sell" in event.reasons[1].text


@BOTH
def test_where_a_sale_costs_too_much_the_later_market_comes_beside_the_old(sizing: Sizing) -> None:
    strategy = replace(STRATEGY, sizing=sizing)
    view = roll_view(bids=(("0.03", "50000"),), asks=(("0.10", "50000"),))

    first = decide(view, (strategy,))
    later = next_view(view, first, after=timedelta(days=1))
    second = decide(later, (strategy,))

    assert [intent.purpose for intent in first.approved] == [Purpose.ROLL_IN]
    event = the_event(first)
    assert event.verdict is Verdict.ROLL
    assert codes(event) == ["ROLL_DUE", "WORTH_IT", "OLD_LEG_RUNS"]
    assert event.reasons[2].text.endswith("fed-hike-dec runs to its end")
    # What was let run is not sold at the next look.
    assert YES in {position.token_id for position in later.account.positions}
    assert not [intent for intent in second.approved if intent.token_id == YES]
    assert the_event(second).verdict is Verdict.QUIET


@BOTH
def test_a_later_market_that_covers_little_more_is_not_bought_yet(sizing: Sizing) -> None:
    view = roll_view(bids=(("0.105", "50000"),), asks=(("0.115", "50000"),))

    event = the_event(decide(view, (replace(STRATEGY, sizing=sizing),)))

    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["ROLL_REFUSED", "WORTH_IT"]
    assert "4% of its cover is new" in event.reasons[0].text
    assert event.reasons[0].text.endswith("the present hedge runs to its end")


@BOTH
def test_a_hedge_of_a_date_is_never_sold_before_it(sizing: Sizing) -> None:
    strategy = replace(DATES, sizing=sizing)
    view = roll_view()

    first = decide(view, (strategy,))
    later = next_view(view, first, after=timedelta(days=4))
    second = decide(later, (strategy,))

    (into,) = first.approved
    assert (into.token_id, into.purpose) == (NEXT, Purpose.ROLL_IN)
    assert the_event(first).reasons[2].text == (
        "fed-hike-dec runs to its date, which the next does not cover"
    )
    assert {p.token_id for p in later.account.positions} == {YES, NEXT}
    assert second.approved == ()


def test_a_date_of_tomorrow_is_covered_though_the_next_is_due() -> None:
    view = roll_view()
    soon = replace(view.events[0].markets[0], market=replace(OLD, ends_at=START + DAY))
    event = make_event(soon, view.events[0].markets[1])

    decision = decide(replace(view, events=(event,), account=make_account()), (DATES,))

    assert [(i.token_id, i.purpose) for i in decision.approved] == [(YES, Purpose.OPEN)]


def test_a_deadline_of_tomorrow_is_not_opened() -> None:
    view = roll_view()
    event = make_event(*view.events[0].markets)

    decision = decide(replace(view, events=(event,), account=make_account()), (STRATEGY,))

    assert [intent.token_id for intent in decision.approved] == [NEXT]


@pytest.mark.parametrize("roll", [RollRule(), DEADLINES], ids=["dates", "deadlines"])
def test_nothing_is_rolled_beyond_the_end_of_the_exposure(roll: RollRule) -> None:
    strategy = make_strategy(series="fed", roll=roll, expires_at=START + timedelta(days=5))

    assert the_event(decide(roll_view(), (strategy,))).verdict is Verdict.QUIET


@BOTH
def test_a_roll_without_money_left_lets_the_hedge_run(sizing: Sizing) -> None:
    view = roll_view(premium_by_event={"fed-hike": "1800"})
    limits = replace(STRATEGY.limits, max_premium_usd=Usd(Decimal(1800)))
    dated = replace(DATES, sizing=sizing, limits=limits)

    event = the_event(decide(view, (dated,)))

    assert event.verdict is Verdict.HOLD
    assert "BUDGET_SPENT" in codes(event)


# --- which of several deadlines


def deadline_view(*prices: tuple[str, str], days: tuple[int, ...] = (30, 60, 110)) -> View:
    """Return a view without a hedge, with markets by these days at these bids and asks."""
    markets = [
        make_market_view(
            make_market(
                condition_id=f"0x{number:064x}",
                token_ids=(f"{number}01", f"{number}02"),
                slug=f"by-{day}",
                ends_at=START + timedelta(days=day),
                fee_rate="0",
            ),
            bids=((bid, "90000"),),
            asks=((ask, "90000"),),
        )
        for number, (day, (bid, ask)) in enumerate(zip(days, prices, strict=False), 1)
    ]
    return make_view(make_event(*markets))


@BOTH
def test_the_deadline_whose_cover_is_cheapest_for_its_hazard_is_held(sizing: Sizing) -> None:
    # 1.22, 1.00 and 1.10 times the loss expected on a covered day.
    view = deadline_view(("0.03", "0.05"), ("0.09", "0.10"), ("0.10", "0.14"))

    event = the_event(decide(view, (replace(STRATEGY, sizing=sizing),)))

    assert (event.verdict, event.token_id) == (Verdict.OPEN, "201")


def test_the_choice_of_a_deadline_is_said_with_its_figures() -> None:
    view = deadline_view(("0.03", "0.05"), ("0.09", "0.10"), ("0.10", "0.14"))

    choice = choose(view, STRATEGY)

    assert codes(the_event(decide(view, (STRATEGY,)))) == ["WORTH_IT", "MARKET"]
    # -ln(1 - 0.095) / 60 a day; 10c over 60 days.
    assert choice.reason.text == (
        "by-60 covers 60 days for 0.167c a day and USD of loss, 1.00 times the 0.166% expected a"
        " day; of the others by-110 1.10, by-30 1.22"
    )


def test_days_after_the_exposure_are_not_paid_for() -> None:
    strategy = replace(STRATEGY, expires_at=START + timedelta(days=30))
    view = deadline_view(("0.03", "0.05"), ("0.09", "0.10"))

    choice = choose(view, strategy)

    assert choice.target is not None
    assert choice.target.market.slug == "by-30"
    assert "of the others by-60 2.00" in choice.reason.text


def test_a_market_without_an_end_or_a_day_of_exposure_is_not_compared() -> None:
    expired = replace(STRATEGY, expires_at=START)
    view = deadline_view(("0.03", "0.05"), ("0.09", "0.10"))

    choice = choose(view, expired)

    assert choice.reason.text == "soonest market that fits: by-30"


def choose(view: View, strategy: Strategy) -> MarketChoice:
    (event,) = view.events
    case = open_case(view, event, strategy)
    assert isinstance(case, Case)
    return case.choice


@BOTH
def test_a_later_deadline_that_costs_less_than_the_earlier_fetches_is_not_traded(
    sizing: Sizing,
) -> None:
    view = deadline_view(("0.30", "0.31"), ("0.19", "0.20"))

    decision = decide(view, (replace(STRATEGY, sizing=sizing),))

    event = the_event(decision)
    assert decision.approved == ()
    assert event.verdict is Verdict.FROZEN
    assert codes(event) == ["TERM_STRUCTURE"]
    assert event.reasons[0].text.startswith("by-60 costs 20.0c and by-30 fetches 30.0c")


@BOTH
def test_a_contradiction_stops_a_roll_and_not_an_exit(sizing: Sizing) -> None:
    view = roll_view(bids=(("0.30", "50000"),), asks=(("0.31", "50000"),))
    strategy = replace(STRATEGY, sizing=sizing)
    leaves = replace(strategy, close=CloseRule(when_exposure_below_usd=20_000.0))

    stuck, closed = decide(view, (strategy,)), decide(view, (leaves,))

    assert stuck.approved == ()
    assert codes(the_event(stuck)) == ["TERM_STRUCTURE"]
    assert [intent.purpose for intent in closed.approved] == [Purpose.CLOSE]


def test_prices_within_their_spreads_do_not_contradict() -> None:
    view = deadline_view(("0.10", "0.13"), ("0.10", "0.12"))

    assert the_event(decide(view, (STRATEGY,))).verdict is Verdict.OPEN


def test_dates_may_cost_what_they_like() -> None:
    view = deadline_view(("0.10", "0.11"), ("0.04", "0.05"))

    event = the_event(decide(view, (DATES,)))

    assert (event.verdict, event.token_id) == (Verdict.OPEN, "101")


@pytest.mark.parametrize("known", [True, False])
def test_an_old_price_contradicts_nothing(known: bool) -> None:
    view = deadline_view(("0.10", "0.11"), ("0.04", "0.05"))
    near, far = view.events[0].markets
    stale = Quote(far.quote.book, START - DAY) if known and far.quote else None
    view = replace(view, events=(make_event(near, replace(far, quote=stale)),))

    assert the_event(decide(view, (STRATEGY,))).token_id == "101"


def test_a_market_that_never_ends_has_no_place_among_deadlines() -> None:
    view = deadline_view(("0.10", "0.11"), ("0.04", "0.05"))
    near, far = view.events[0].markets
    endless = replace(far, market=replace(far.market, ends_at=None))
    view = replace(view, events=(make_event(near, endless),))

    assert the_event(decide(view, (STRATEGY,))).token_id == "101"


@BOTH
@pytest.mark.parametrize("strategy", [DATES, STRATEGY], ids=["dates", "deadlines"])
def test_a_hedge_whose_budget_is_spent_is_not_renewed_and_ends(
    strategy: Strategy, sizing: Sizing
) -> None:
    view = roll_view(shares="900", premium_used_usd="500")
    view = replace(view, limits=make_limits(premium_budget_usd="450"))
    strategy = replace(strategy, sizing=sizing)

    kept = decide(view, (strategy,))
    later = next_view(view, kept, after=timedelta(hours=7))
    old, new = later.events[0].markets
    paid = replace(old, market=replace(OLD, payouts=(Decimal(0), Decimal(1))))
    later = replace(later, events=(replace(later.events[0], markets=(paid, new)),))
    over = decide(later, (strategy,))

    assert kept.approved == over.approved == ()
    assert (the_event(kept).verdict, the_event(over).verdict) == (Verdict.HOLD, Verdict.REFUSE)
    assert "BUDGET_SPENT" in codes(the_event(kept))
    assert codes(the_event(over))[0] == "BUDGET_SPENT"


# --- what is held in one market is not judged by another one


def quoted(view: View, *cents: int) -> View:
    """Return the view with these asks, bids a cent below, in its markets' order."""
    markets = tuple(
        make_market_view(
            shown.market,
            bids=((f"0.{ask - 1:02}", "400000"),),
            asks=((f"0.{ask:02}", "400000"),),
            confirmed_at=view.now,
        )
        for shown, ask in zip(view.events[0].markets, cents, strict=True)
    )
    return replace(view, events=(replace(view.events[0], markets=markets),))


def dated_view(days: float, *cents: int, held: bool) -> View:
    """Return a view of two markets, 42 days apart; with or without a hedge in the sooner."""
    view = quoted(roll_view(), *cents)
    old, new = view.events[0].markets
    ends = START + days * DAY
    old = replace(old, market=replace(OLD, ends_at=ends))
    new = replace(new, market=replace(NEW, ends_at=ends + 42 * DAY))
    if held:
        return replace(view, events=(replace(view.events[0], markets=(old, new)),))
    return make_view(make_event(old, new))


def traded(view: View, strategy: Strategy, *, cycles: int = 12) -> list[tuple[str, Side]]:
    """Return what is traded in many cycles of unchanged books, orders filled."""
    found: list[tuple[str, Side]] = []
    for _ in range(cycles):
        decision = decide(view, (strategy,))
        found += [(intent.token_id, intent.side) for intent in decision.approved]
        view = next_view(view, decision, after=timedelta(minutes=100))
    return found


CLOSES = CloseRule(when_probability_below=0.08, when_exposure_below_usd=100.0)


@BOTH
@pytest.mark.parametrize("held", [False, True], ids=["flat", "held"])
@pytest.mark.parametrize("days", [1.0, 6.9, 7.2, 20.0])
@pytest.mark.parametrize("cents", [(30, 6), (6, 30), (30, 34), (9, 9)], ids=str)
@pytest.mark.parametrize("kind", ["dates", "deadlines", "single"])
def test_no_token_is_traded_twice_while_no_book_changes(
    kind: str, cents: tuple[int, int], days: float, held: bool, sizing: Sizing
) -> None:
    series_of = SeriesOf.DEADLINES if kind == "deadlines" else SeriesOf.DATES
    series = "" if kind == "single" else "fed"
    strategy = make_strategy(
        series=series, roll=RollRule(series_of=series_of), close=CLOSES, sizing=sizing
    )
    view = dated_view(days, *cents, held=held)
    if kind == "single":
        view = replace(view, events=(replace(view.events[0], markets=view.events[0].markets[:1]),))

    found = traded(view, strategy)

    assert len({token for token, _ in found}) == len(found), found


@BOTH
def test_a_date_is_kept_though_the_next_is_unlikely(sizing: Sizing) -> None:
    strategy = replace(DATES, close=CLOSES, sizing=sizing)
    view = dated_view(3.0, 30, 6, held=True)

    event = the_event(decide(view, (strategy,)))

    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["ROLL_REFUSED", "PROBABILITY_SMALL"]
    assert traded(view, strategy) == []


@BOTH
def test_what_covers_the_next_date_is_closed_and_the_sooner_runs_on(sizing: Sizing) -> None:
    strategy = replace(DATES, close=CLOSES, sizing=sizing)
    view = dated_view(3.0, 30, 30, held=True)
    later = next_view(view, decide(view, (strategy,)), after=timedelta(hours=1))

    assert traded(quoted(later, 30, 6), strategy) == [(NEXT, Side.SELL)]


@pytest.mark.parametrize(("days", "token"), [(5, NEXT), (8, YES)])
def test_a_date_too_wide_to_buy_leaves_the_place_to_the_next_only_when_near(
    days: int, token: str
) -> None:
    soon = replace(OLD, ends_at=START + timedelta(days=days))
    wide = make_market_view(soon, bids=(("0.05", "50000"),), asks=(("0.18", "50000"),))
    view = make_view(make_event(wide, make_market_view(NEW)))

    event = the_event(decide(view, (make_strategy(series="fed"),)))

    assert event.token_id == token
    assert event.verdict is (Verdict.OPEN if token == NEXT else Verdict.REFUSE)


def test_a_near_date_whose_book_is_not_known_is_waited_for() -> None:
    soon = make_market_view(OLD, quoted=False)

    event = the_event(decide(make_view(make_event(soon, make_market_view(NEW))), (DATES,)))

    assert (event.verdict, codes(event)) == (Verdict.FROZEN, ["NO_BOOK"])


@BOTH
def test_a_near_date_that_is_as_good_as_decided_leaves_the_place_to_the_next(
    sizing: Sizing,
) -> None:
    strategy = replace(DATES, close=CLOSES, sizing=sizing)

    assert traded(dated_view(3.0, 6, 30, held=False), strategy) == [(NEXT, Side.BUY)]


@BOTH
@pytest.mark.parametrize("known", [True, False])
def test_a_loss_is_judged_by_the_price_of_what_is_held(sizing: Sizing, known: bool) -> None:
    # 15,000 / (1 - 30%) of the market held, 15,000 / (1 - 9%) of the next one.
    strategy = make_strategy(
        series="fed",
        sizing=sizing,
        basis=ImpactBasis.FROM_TODAY,
        close=CloseRule(when_exposure_below_usd=18_000.0),
    )
    view = dated_view(3.0, 30, 9, held=True)
    near, far = view.events[0].markets
    near = near if known else replace(near, quote=None)
    view = replace(view, events=(replace(view.events[0], markets=(near, far)),))

    assert traded(view, strategy) == []

"""What is weighed besides a price, each through the whole decision.

Carry, resolution, not knowing the impact, what moves together and what excludes each other,
everything else that moves the portfolio, and several strategies of one market.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.decide import decide
from bot.model.decision import Decision, EventDecision, Verdict
from bot.model.market import Book, Quote
from bot.model.orders import Side
from bot.model.portfolio import Reading
from bot.model.strategy import Impact, ImpactBasis, Strategy
from bot.model.units import EventId, Usd
from bot.model.view import Correlations, EventView, MarketView, View
from bot.rules.sizing.min_variance import MinVariance
from tests.core.builders import (
    All,
    Cover,
    codes,
    make_account,
    make_event,
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
from tests.fakes import START, make_market

PLAIN = replace(
    make_strategy(sizing=All(), min_benefit_to_cost=0.0, max_share_of_depth=1.0),
    impact=Impact(basis=ImpactBasis.DIFFERENCE, lines=(make_line(),), uncertainty=0.0),
)


def decide_one(strategy: Strategy = PLAIN, view: View | None = None, **limits: object) -> float:
    """Return the shares planned for the event of ``make_view``, at 11.4c to 11.5c."""
    view = view or make_view(make_event(narrow()))
    view = replace(view, limits=replace(view.limits, **limits))  # type: ignore[arg-type]
    return the_event(decide(view, (strategy,))).planned_shares


def with_market(strategy: Strategy, **changes: object) -> Strategy:
    return replace(strategy, market=replace(strategy.market, **changes))  # type: ignore[arg-type]


def spent(decision: Decision, *events: str) -> Decimal:
    buys = [each for each in decision.approved if each.side is Side.BUY and each.event in events]
    return sum((each.notional_usd + each.fee_usd for each in buys), Decimal(0))


@pytest.mark.parametrize("sizing", [All(), Cover()])
def test_money_that_would_earn_elsewhere_makes_a_share_dearer(sizing: All | Cover) -> None:
    strategy = replace(PLAIN, sizing=sizing)

    free, dear = (decide_one(strategy, funding_rate=rate) for rate in (0.0, 2.0))

    assert 0.0 < dear < free


def test_what_the_venue_pays_for_holding_offsets_what_money_earns_elsewhere() -> None:
    rewarded = with_market(PLAIN, holding_reward=0.5)

    assert decide_one(rewarded, funding_rate=0.5) == decide_one()
    assert decide_one(rewarded) > decide_one()


def test_carry_counts_to_the_end_of_the_market() -> None:
    view = make_view(make_event(narrow()))
    (event,), days = view.events, timedelta(days=1)
    (shown,) = event.markets

    def ending(after: timedelta) -> View:
        market = replace(shown, market=replace(shown.market, ends_at=START + after))
        return replace(view, events=(replace(event, markets=(market,)),))

    near, far = (
        decide_one(view=ending(after), funding_rate=0.5, volatility=0.0)
        for after in (10 * days, 100 * days)
    )

    assert far < near


def test_a_market_that_may_resolve_otherwise_covers_less() -> None:
    exact = with_market(PLAIN, missed=0.0, stray=0.0)
    doubtful = with_market(PLAIN, missed=0.05, stray=0.005)

    dear = make_view()
    covers = [decide_one(each, dear) for each in (doubtful, PLAIN, exact)]
    assert covers == sorted(covers)
    assert covers[0] < covers[1] < covers[2]


def test_least_variance_covers_by_how_often_the_market_is_right() -> None:
    strategy = replace(with_market(PLAIN, missed=0.05, stray=0.005), sizing=MinVariance())

    event = the_event(decide(make_view(make_event(narrow())), (strategy,)))

    pays = event.forecast.probability if event.forecast else 0.0
    p = (pays - 0.005) / 0.945
    expected = 15_000.0 * p * (1.0 - p) * 0.945 / (pays * (1.0 - pays))
    assert event.target_shares == pytest.approx(expected)
    assert event.sizing_note.startswith("least variance")


def test_least_variance_is_decided_first_and_counts_as_held() -> None:
    view, strategies = several(2, fraction=0.5)
    first = replace(strategies[0], sizing=MinVariance())

    alone = planned(decide(view, strategies[1:]))
    beside = decide(view, (first, strategies[1]))

    assert beside.events[0].target_shares == pytest.approx(10_000.0, rel=0.03)
    assert planned(beside)["event-2"] > alone["event-2"]  # events move together


def test_not_knowing_the_impact_covers_more() -> None:
    sure, unsure = (
        decide_one(replace(PLAIN, impact=replace(PLAIN.impact, uncertainty=part)))
        for part in (0.0, 1.0)
    )

    assert unsure > sure


def test_everything_else_that_moves_the_portfolio_covers_less() -> None:
    # The premium is paid in poor states too.
    calm, wild = (decide_one(volatility=each) for each in (0.0, 0.8))

    assert wild < calm


def worth(view: View, strategies: Sequence[Strategy], **limits: object) -> float:
    """Return what a first share of the first event is worth."""
    view = replace(view, limits=replace(view.limits, **limits))  # type: ignore[arg-type]
    return decide(view, strategies).events[0].reservation_price


def test_events_of_one_cluster_make_each_others_cover_worth_more() -> None:
    view, strategies = several(2, fraction=0.4)
    joined = tuple(replace(each, cluster="rates") for each in strategies)
    apart = (replace(strategies[0], cluster="rates"), replace(strategies[1], cluster="war"))

    assert worth(view, joined) > worth(view, apart)
    assert worth(view, apart) == pytest.approx(worth(view, strategies), rel=1e-4)
    loose = Correlations(same_cluster=0.3)
    assert worth(view, joined, correlations=loose) == pytest.approx(worth(view, apart), rel=1e-4)


@pytest.mark.parametrize(("reading", "stressed"), [(1.0, True), (0.0, False), (None, False)])
def test_under_stress_all_events_move_together(reading: float | None, stressed: bool) -> None:
    view, strategies = several(2, fraction=0.4)
    calm = worth(view, strategies)
    named = Correlations(stressed_by="moves.stress")
    if reading is not None:
        said = Reading(name="moves.stress", number=reading, as_of=START)
        portfolio = replace(view.portfolio, readings={"moves.stress": said})
        view = replace(view, portfolio=portfolio)

    now = worth(view, strategies, correlations=named)

    assert now > calm if stressed else now == calm
    high = Correlations(calm=0.7, same_cluster=0.7)
    if stressed:
        assert now == worth(view, strategies, correlations=high)


def test_exclusive_outcomes_whose_prices_contradict_are_refused() -> None:
    view, strategies = several(2, fraction=0.4, series="fed-december")
    dear = tuple(
        replace(event, markets=tuple(_at(each, "0.80", "0.81") for each in event.markets))
        for event in view.events
    )

    decision = decide(replace(view, events=dear), strategies)

    assert {codes(each)[0] for each in decision.events} <= {"CONTRADICTION", "GROUP_OVER_ONE"}
    assert decision.approved == ()


def test_exclusive_outcomes_a_little_over_1_by_their_spreads_are_scaled() -> None:
    view, strategies = several(2, fraction=0.4, series="fed-december")
    near = tuple(
        replace(event, markets=tuple(_at(each, "0.50", "0.52") for each in event.markets))
        for event in view.events
    )

    decision = decide(replace(view, events=near), strategies)

    assert "CONTRADICTION" not in {code for each in decision.events for code in codes(each)}


def _at(view: MarketView, bid: str, ask: str) -> MarketView:
    return make_market_view(view.market, bids=((bid, "50000"),), asks=((ask, "50000"),))


def test_a_frozen_outcome_stays_in_its_exclusive_group() -> None:
    view, strategies = several(2, fraction=0.4, series="fed-december")
    memory = make_memory(token_id="201", exposure_usd=8_000.0, probability=0.115)
    blind = replace(view.events[1], problem="down", memory=memory)
    alone = replace(
        blind,
        markets=tuple(replace(m, market=replace(m.market, neg_risk=False)) for m in _of(blind)),
    )

    grouped = decide(replace(view, events=(view.events[0], blind)), strategies)
    apart = decide(replace(view, events=(view.events[0], alone)), strategies)

    assert grouped.events[1].verdict is Verdict.FROZEN
    assert grouped.events[0].reservation_price < apart.events[0].reservation_price


def _of(event: EventView) -> tuple[MarketView, ...]:
    return event.markets


def test_a_cluster_does_not_spend_more_than_its_limit() -> None:
    view, strategies = several(3, fraction=0.5)
    mixed = (
        replace(strategies[0], cluster="rates"),
        replace(strategies[1], cluster="rates", sizing=Cover()),
        strategies[2],
    )
    limited = replace(view, limits=replace(view.limits, max_cluster_usd=Usd(Decimal(300))))

    decision = decide(limited, mixed)

    assert Decimal(250) < spent(decision, "event-1", "event-2") <= Decimal(300)
    assert spent(decision, "event-3") > Decimal(300)
    assert decision.denials == ()


@pytest.mark.parametrize("of_all", [True, False])
def test_the_programme_itself_keeps_to_shared_limits_so_nothing_is_cut_after_it(
    of_all: bool,
) -> None:
    view, strategies = several(2, fraction=0.5)
    clustered = tuple(replace(each, cluster="rates") for each in strategies)
    limit = Usd(Decimal(300))
    limits = replace(view.limits, premium_budget_usd=limit) if of_all else view.limits
    limits = limits if of_all else replace(limits, max_cluster_usd=limit)

    decision = decide(replace(view, limits=limits), clustered)

    # Both lose the same: the programme shares the money, where cutting would give it to the first.
    assert planned(decision)["event-1"] == pytest.approx(planned(decision)["event-2"], rel=0.05)
    assert not {"CUT", "BUDGET_SPENT"} & {code for each in decision.events for code in codes(each)}
    assert Decimal(290) < spent(decision, "event-1", "event-2") <= limit


def test_what_a_cluster_has_spent_before_counts() -> None:
    view, strategies = several(2, fraction=0.5)
    clustered = tuple(replace(each, cluster="rates") for each in strategies)
    account = replace(view.account, premium_by_event={EventId("event-2"): Usd(Decimal(280))})
    limits = replace(view.limits, max_cluster_usd=Usd(Decimal(300)))

    decision = decide(replace(view, account=account, limits=limits), clustered)

    assert Decimal(10) < spent(decision, "event-1", "event-2") <= Decimal(20)


def mirrored(view: MarketView) -> MarketView:
    """Return the same market as one whom its other outcome hurts sees it."""
    assert view.quote is not None
    book = view.quote.book
    other = Book(
        view.market.token_ids[1],
        book.as_of_ms,
        tuple(1_000_000 - price for price in book.ask_prices),
        book.ask_sizes,
        tuple(1_000_000 - price for price in book.bid_prices),
        book.bid_sizes,
    )
    return MarketView(market=view.market, adverse_index=1, quote=Quote(other, START))


def two_sides(first: float, second: float, *, same: bool = False) -> tuple[View, list[Strategy]]:
    """Return two strategies of one market that lose parts of 20,000 USD each."""
    view, strategies = several(2, fraction=first)
    market = narrow()
    other = market if same else mirrored(market)
    lines = (make_line("sector-2", -second),)
    changed = replace(
        strategies[1],
        impact=replace(strategies[1].impact, lines=lines),
        adverse="Yes" if same else "No",
    )
    events = (
        make_event(market, event="event-1"),
        make_event(other, event="event-2"),
    )
    both = [
        replace(each, costs=PLAIN.costs, impact=replace(each.impact, uncertainty=0.0))
        for each in (strategies[0], changed)
    ]
    return replace(view, events=events), both


def test_opposite_strategies_of_one_market_cover_only_their_difference() -> None:
    view, both = two_sides(0.5, 0.3)

    decision = decide(view, both)

    shares = planned(decision)
    # 10,000 if it happens, 6,000 if not: 4,000 more if it happens.
    assert shares["event-1"] == pytest.approx(4_000.0, rel=0.1)
    assert shares["event-2"] == 0.0
    assert decision.denials == ()
    assert decision.events[1].verdict is Verdict.REFUSE


def test_opposite_strategies_that_lose_the_same_need_nothing() -> None:
    view, both = two_sides(0.4, 0.4)

    decision = decide(view, both)

    assert decision.approved == ()
    assert decision.denials == ()


def test_the_other_side_is_bought_where_it_hurts_more() -> None:
    view, both = two_sides(0.2, 0.5)

    decision = decide(view, both)

    shares = planned(decision)
    assert shares["event-1"] == 0.0
    assert shares["event-2"] == pytest.approx(6_000.0, rel=0.15)
    (intent,) = decision.approved
    assert (intent.token_id, intent.side) == (make_market().token_ids[1], Side.BUY)
    assert Decimal("0.886") <= intent.limit < Decimal("0.93")


def test_two_strategies_of_one_token_add_their_losses_and_take_turns() -> None:
    view, both = two_sides(0.3, 0.25, same=True)
    alone = decide(replace(view, events=view.events[:1]), both[:1])

    decision = decide(view, both)
    later = decide(next_view(view, decision, after=timedelta(minutes=16)), both)

    assert decision.events[0].reservation_price > alone.events[0].reservation_price
    assert codes(decision.events[1]) == ["TOKEN_SHARED"]
    assert decision.events[1].memory.retry_at == START + timedelta(minutes=15)
    assert decision.denials == later.denials == ()
    assert {each.event for each in decision.approved} == {"event-1"}
    assert {each.event for each in later.approved} == {"event-2"}
    bought = sum(each.size for each in (*decision.approved, *later.approved))
    assert float(bought) == pytest.approx(11_000.0, rel=0.06)


def test_a_strategy_that_may_not_buy_leaves_its_turn_to_the_other() -> None:
    view, both = two_sides(0.3, 0.25, same=True)
    poor = replace(both[0], limits=replace(both[0].limits, max_premium_usd=Usd(Decimal(0))))

    decision = decide(view, (poor, both[1]))

    assert codes(decision.events[0]) == ["BUDGET_SPENT"]
    assert {each.event for each in decision.approved} == {"event-2"}


def test_what_a_rule_of_its_own_buys_of_the_token_goes_first() -> None:
    view, both = two_sides(0.3, 0.25, same=True)

    decision = decide(view, (both[0], replace(both[1], sizing=Cover())))

    assert codes(decision.events[0]) == ["TOKEN_SHARED"]
    assert {each.event for each in decision.approved} == {"event-2"}


def test_the_order_of_strategies_on_one_market_does_not_matter() -> None:
    view, both = two_sides(0.5, 0.3)
    turned = replace(view, events=tuple(reversed(view.events)))

    assert planned(decide(turned, list(reversed(both)))) == planned(decide(view, both))


def test_shares_held_of_the_other_outcome_count_as_what_they_pay() -> None:
    view, both = two_sides(0.5, 0.3)
    market = make_market()
    held = make_position(
        "4000", market=market, event="event-2", token_id=market.token_ids[1], cost_usd="3500"
    )
    holding = replace(view, account=replace(view.account, positions=(held,)))

    with_them, without = (
        decide(each, both).events[0].reservation_price for each in (holding, view)
    )

    assert with_them > without  # they pay where nothing is lost: more is at stake where it is


def test_less_than_no_shares_of_a_market_unknown_here_count_for_nothing() -> None:
    view, strategies = several(1, fraction=0.5)
    # A sale that stood while the purchase before it failed on chain.
    short = make_position("-50", event="gone", token_id="901", cost_usd="0")
    without = decide(view, strategies)

    decision = decide(replace(view, account=replace(view.account, positions=(short,))), strategies)

    assert planned(decision) == planned(without)


def the_worth(decision: Decision) -> list[float]:
    return [each.reservation_price for each in decision.events]


def test_what_both_sides_of_a_market_are_worth_adds_up_to_1() -> None:
    view, both = two_sides(0.5, 0.3)

    decision = decide(view, [with_market(each, missed=0.0, stray=0.0) for each in both])

    assert sum(the_worth(decision)) == pytest.approx(1.0, abs=1e-5)


def test_a_portfolio_without_holdings_has_nothing_to_lose() -> None:
    event: EventDecision = the_event(
        decide(
            make_view(
                portfolio=replace(make_portfolio(), holdings=()),
                account=make_account(),
                limits=make_limits(),
            ),
            (PLAIN,),
        )
    )

    assert codes(event) == ["NO_LOSS"]


def test_the_other_outcome_is_sold_before_one_is_bought() -> None:
    view, both = two_sides(0.2, 0.5)
    held = make_position("3000", market=make_market(), event="event-1", cost_usd="345")
    account = replace(view.account, positions=(held,))

    decision = decide(replace(view, account=account), both)
    later = decide(
        next_view(replace(view, account=account), decision, after=timedelta(hours=3)), both
    )

    assert [(each.event, each.side) for each in decision.approved] == [("event-1", Side.SELL)]
    assert codes(decision.events[1]) == ["COMPLEMENT_HELD"]
    assert [(each.event, each.side) for each in later.approved] == [("event-2", Side.BUY)]
    assert decision.denials == later.denials == ()


def test_nothing_is_bought_beside_what_a_rule_of_its_own_buys_of_the_other_outcome() -> None:
    view, both = two_sides(0.2, 0.5)

    decision = decide(view, (replace(both[0], sizing=Cover()), both[1]))

    assert {each.event for each in decision.approved} == {"event-1"}
    assert codes(decision.events[1]) == ["COMPLEMENT_HELD"]
    assert decision.denials == ()


def test_what_another_event_sells_is_not_counted_as_spent() -> None:
    view, strategies = several(2, sizings=[All(), Cover(0.1)], fraction=0.5)
    market = view.events[1].markets[0].market
    much = make_position("20000", market=market, event="event-2", cost_usd="500")
    account = make_account(positions=[much], cash_usd="20000")
    limits = replace(view.limits, max_total_usd=Usd(Decimal(800)))

    decision = decide(replace(view, account=account, limits=limits), strategies)

    assert [each.event for each in decision.approved if each.side is Side.SELL] == ["event-2"]
    # 800 USD in total, of which what is held cost 500.
    assert Decimal(290) < spent(decision, "event-1") <= Decimal(300)

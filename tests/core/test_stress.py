"""Stresses on a small world whose every figure can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from bot.core.shocks import LOOSE, decided_by, pays_if_loose, stress_all
from bot.core.stress import Stressed
from bot.core.today import Today, see_today
from bot.model.market import Market
from bot.model.strategy import Strategy
from bot.model.view import MarketView, Position, Redeemable, View
from tests.core.builders import (
    make_account,
    make_event,
    make_holding,
    make_line,
    make_market_view,
    make_memory,
    make_order,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
)
from tests.fakes import NO, START, Levels, make_book, make_market

HELD = make_position("10000", cost_usd="1100")
STRATEGY = make_strategy()
"""30% of 50,000 USD: 15,000 USD, at 11c to 12c."""


def today_of(view: View, *strategies: Strategy) -> Today:
    return see_today(view, {each.event: each for each in strategies or (STRATEGY,)})


def holding(
    *markets: MarketView, positions: tuple[Position, ...] = (HELD,), **rest: object
) -> View:
    account = make_account(positions=positions)
    return make_view(make_event(*markets), account=account, **rest)  # type: ignore[arg-type]


def by_code(today: Today) -> dict[str, Stressed]:
    return {each.code: each for each in stress_all(today)}


FIGURES = {
    # code: unhedged, hedged, brings, late, exit cost, uncovered
    "TODAY": (111_100.0, 111_060.84, 1_060.84, 0.0, 89.16, 5_000.0),
    "EVENT_HAPPENS": (97_825.0, 106_725.0, 10_000.0, 0.0, 0.0, 5_000.0),
    "ALL_HAPPEN": (97_825.0, 106_725.0, 10_000.0, 0.0, 0.0, 5_000.0),
    "RESOLVED_HALF": (97_825.0, 101_725.0, 5_000.0, 0.0, 0.0, 10_000.0),
    "DISPUTE": (97_825.0, 106_725.0, 0.0, 10_000.0, 0.0, 5_000.0),
    # 31c and 59.5c instead of 11c; the fee is 4% of p(1-p)
    "CHANCES_JUMP": (108_100.0, 110_014.44, 3_014.44, 0.0, 135.56, 5_000.0),
    "CHANCES_HIGH": (103_825.0, 108_578.61, 5_853.61, 0.0, 146.39, 5_000.0),
    # 10c instead of 11c
    "SPREADS_TRIPLE": (111_100.0, 110_964.0, 964.0, 0.0, 186.0, 5_000.0),
    # 5,000 shares at 11c and 5,000 at 10c
    "DEPTH_FALLS": (111_100.0, 111_012.42, 1_012.42, 0.0, 137.58, 5_000.0),
    "FEES_DOUBLE": (111_100.0, 111_021.68, 1_021.68, 0.0, 128.32, 5_000.0),
    "VENUE_DOWN": (111_100.0, 111_060.84, 0.0, 1_060.84, 0.0, 5_000.0),
}


@pytest.mark.parametrize("code", FIGURES)
def test_figures_are_those_worked_out_by_hand(code: str) -> None:
    found = by_code(today_of(holding()))[code]

    assert (
        found.unhedged_usd_est,
        found.hedged_usd_est,
        found.brings_usd_est,
        found.late_usd_est,
        found.exit_cost_usd_est,
        found.uncovered_usd_est,
    ) == pytest.approx(FIGURES[code])
    assert found.unknown == ()
    assert found.sentence.endswith(".")


def test_a_loose_hedge_pays_on_average_what_two_normal_numbers_say() -> None:
    found = by_code(today_of(holding()))["CORRELATION_FALLS"]

    at = norm.ppf(0.115)
    both = multivariate_normal([0.0, 0.0], [[1.0, LOOSE], [LOOSE, 1.0]]).cdf([at, at])
    pays = both / 0.115
    assert pays_if_loose(0.115) == pytest.approx(pays, abs=1e-4)
    assert found.brings_usd_est == pytest.approx(10_000.0 * pays, abs=1.0)
    assert found.uncovered_usd_est == pytest.approx(15_000.0 - 10_000.0 * pays, abs=1.0)
    assert found.hedged_usd_est == pytest.approx(96_725.0 + 10_000.0 * pays, abs=1.0)
    assert found.worst_usd_est == pytest.approx(96_725.0)
    assert "96,725 USD are left" in found.sentence


def test_without_correlation_a_contract_pays_as_probably_as_ever() -> None:
    assert pays_if_loose(0.3, correlation=0.0) == pytest.approx(0.3, abs=1e-6)
    with pytest.raises(ValueError, match="under 1"):
        pays_if_loose(0.3, correlation=1.0)


def test_late_money_costs_what_cash_earns_elsewhere() -> None:
    view = holding()
    view = replace(view, limits=replace(view.limits, funding_rate=0.0365))

    found = by_code(today_of(view))["DISPUTE"]

    assert found.late_usd_est == pytest.approx(9_990.0)
    assert found.exit_cost_usd_est == pytest.approx(10.0)


def test_hedges_that_end_while_the_venue_is_down_leave_the_loss_uncovered() -> None:
    market = make_market(ends_at=START + timedelta(days=2))
    account = make_account(positions=[HELD], orders=[make_order()])
    view = make_view(make_event(make_market_view(market)), account=account)
    strategy = replace(STRATEGY, roll=replace(STRATEGY.roll, before_end=timedelta(0)))

    found = by_code(today_of(view, strategy))["VENUE_DOWN"]

    assert found.uncovered_usd_est == pytest.approx(15_000.0)
    assert "1 of 1 hedges end meanwhile" in found.sentence
    assert "1 open orders cannot be cancelled" in found.sentence


@pytest.mark.parametrize(
    "market",
    [
        make_market_view(quoted=False),
        make_market_view(confirmed_at=START - timedelta(days=5)),
        make_market_view(bids=(("0.20", "100"),), asks=(("0.10", "100"),)),
    ],
    ids=["no book", "old", "crossed"],
)
def test_a_hedge_without_a_book_is_not_worth_nothing(market: MarketView) -> None:
    view = make_view(
        make_event(market, memory=make_memory()), account=make_account(positions=[HELD])
    )

    found = by_code(today_of(view))

    assert found["TODAY"].brings_usd_est is None
    assert found["TODAY"].hedged_usd_est is None
    assert found["TODAY"].exit_cost_usd_est is None
    assert found["TODAY"].unhedged_usd_est == pytest.approx(111_100.0)
    assert found["TODAY"].unknown == (
        "what 10,000 shares of fed-hike-dec bring: it has no book to go by",
    )
    assert "an unknown sum" in found["TODAY"].sentence
    assert found["VENUE_DOWN"].late_usd_est is None
    assert found["VENUE_DOWN"].brings_usd_est == 0.0
    # What it pays needs no book; the loss is the one that was known last.
    assert found["EVENT_HAPPENS"].hedged_usd_est == pytest.approx(106_725.0)


def test_a_position_of_nobody_is_unknown_even_if_all_happens() -> None:
    stray = make_position("50", event="gone", token_id="901", cost_usd="5")
    found = by_code(today_of(holding(positions=(HELD, stray))))

    assert found["ALL_HAPPEN"].hedged_usd_est is None
    assert found["ALL_HAPPEN"].unknown == ("what 50 shares of 901 bring: it has no book to go by",)


def test_bids_without_asks_can_be_sold_to_but_have_no_spread_to_triple() -> None:
    view = make_view(
        make_event(make_market_view(asks=()), memory=make_memory()),
        account=make_account(positions=[HELD]),
    )
    found = by_code(today_of(view))

    assert found["TODAY"].brings_usd_est == pytest.approx(1_060.84)
    assert found["TODAY"].exit_cost_usd_est is None
    assert found["TODAY"].unknown == (
        "what it costs to sell fed-hike-dec: its book has no asks, so no mid",
    )
    assert found["SPREADS_TRIPLE"].brings_usd_est is None


def test_without_bids_a_sale_brings_nothing_and_that_is_known() -> None:
    view = make_view(
        make_event(make_market_view(bids=()), memory=make_memory()),
        account=make_account(positions=[HELD]),
    )
    found = by_code(today_of(view))

    assert found["SPREADS_TRIPLE"].brings_usd_est == 0.0
    assert found["TODAY"].unsold_shares == 10_000.0
    assert found["TODAY"].exit_cost_usd_est == 0.0  # nothing is sold
    assert "nobody bids for 10,000 shares" in found["TODAY"].sentence


def test_a_resolved_market_pays_what_it_pays_and_covers_nothing_more() -> None:
    over = make_market(
        condition_id="0x" + "d2" * 32, token_ids=("7", "8"), payouts=("0.5", "0.5"), slug="over"
    )
    paid = make_position("200", market=over, cost_usd="20")
    due = Redeemable(
        event=HELD.event,
        condition_id=over.condition_id,
        token_id=over.token_ids[0],
        shares=paid.shares,
        payout_usd=HELD.cost_usd,
    )
    view = holding(make_market_view(), make_market_view(over), positions=(HELD, paid))
    view = replace(view, account=replace(view.account, redeemable=(due,)))

    found = by_code(today_of(view))

    assert found["EVENT_HAPPENS"].brings_usd_est == pytest.approx(10_100.0)
    assert found["EVENT_HAPPENS"].uncovered_usd_est == pytest.approx(5_000.0)
    assert found["TODAY"].unhedged_usd_est == pytest.approx(111_100.0 + 20.0 + 1_100.0)


def two_dates() -> tuple[Market, Market]:
    first = replace(make_market(slug="jan", group_title="25 bps increase"), series_slug="fed")
    second = make_market(
        condition_id="0x" + "d2" * 32,
        token_ids=("7", "8"),
        slug="mar",
        ends_at=START + timedelta(days=75),
    )
    return first, replace(second, series_slug="fed", group_title="25 bps increase")


@pytest.mark.parametrize(("series_of", "brings"), [("dates", 10_010.61), ("deadlines", 10_100.0)])
def test_of_dated_markets_only_the_first_is_about_tomorrow(series_of: str, brings: float) -> None:
    first, second = two_dates()
    strategy = make_strategy(series="fed")
    kind = type(strategy.roll.series_of)(series_of)
    strategy = replace(strategy, roll=replace(strategy.roll, series_of=kind))
    later = make_position("100", market=second)
    before = replace(make_market(condition_id="0x" + "e3" * 32, token_ids=("9", "10")), slug="dec")
    view = holding(
        make_market_view(before),  # sold before: an earlier date, of which nothing is held
        make_market_view(first),
        make_market_view(second),
        positions=(HELD, later, make_position("-1", market=before)),
    )

    found = by_code(today_of(view, strategy))["EVENT_HAPPENS"]

    # 100 shares at 11c, less 39 cents of fee, or 100 USD
    assert found.brings_usd_est == pytest.approx(brings, abs=0.005)


def test_a_complement_pays_if_the_event_does_not_happen() -> None:
    market = make_market()
    other = MarketView(
        market=market,
        adverse_index=1,
        quote=replace(
            make_market_view().quote,  # type: ignore[type-var]
            book=make_book(NO, bids=(("0.88", "50000"),), asks=(("0.89", "50000"),)),
        ),
        named=False,
    )
    odd = make_position("10", token_id=NO)
    view = holding(make_market_view(market), other, positions=(HELD, odd))
    found = by_code(today_of(view))

    assert found["EVENT_HAPPENS"].brings_usd_est == pytest.approx(10_000.0)
    assert found["RESOLVED_HALF"].brings_usd_est == pytest.approx(5_005.0)
    moved = found["CHANCES_JUMP"].brings_usd_est
    assert moved is not None
    # 88c fall to 68c
    assert moved == pytest.approx(3_014.44 + 6.8 - 10 * 0.04 * 0.68 * 0.32, abs=1e-4)


def test_an_event_of_which_nothing_is_known_stays_unknown() -> None:
    view = make_view(
        make_event(), make_event(event="other", problem="down"), account=make_account()
    )
    today = today_of(view, STRATEGY, make_strategy(event="other"))
    found = {each.name: each for each in stress_all(today)}

    assert today.unknown == ("other",)
    assert found["other happens"].unhedged_usd_est is None
    assert found["other happens"].uncovered_usd_est is None
    assert found["other happens"].sentence.startswith("What the portfolio loses is not known")
    assert found["other happens"].unknown == (
        "what other costs: no market or price of it is known",
    )
    assert found["all happen"].unhedged_usd_est == pytest.approx(96_725.0)


def test_a_holding_without_a_price_leaves_wealth_unknown_but_not_what_hedges_bring() -> None:
    view = make_view(
        make_event(memory=make_memory()),
        portfolio=make_portfolio(unpriced=("NVDA",)),
        account=make_account(positions=[HELD]),
    )
    found = by_code(today_of(view))["TODAY"]

    assert found.unhedged_usd_est is None
    assert found.hedged_usd_est is None
    assert found.brings_usd_est == pytest.approx(1_060.84)
    assert found.uncovered_usd_est == pytest.approx(5_000.0)
    assert found.unknown == ("what the portfolio is worth: no price for NVDA",)


def test_without_hedges_only_events_have_something_to_say() -> None:
    found = by_code(today_of(make_view()))

    assert found["SPREADS_TRIPLE"].sentence == "No hedge is held that this could touch."
    assert "13,275 USD" in found["EVENT_HAPPENS"].sentence
    assert found["TODAY"].uncovered_usd_est == pytest.approx(15_000.0)


def test_without_strategies_nothing_happens_and_nothing_jumps() -> None:
    found = by_code(see_today(make_view(), {}))

    assert list(found) == ["TODAY", "SPREADS_TRIPLE", "DEPTH_FALLS", "FEES_DOUBLE", "VENUE_DOWN"]
    assert found["TODAY"].unhedged_usd_est == 110_000.0
    no_strategy = by_code(see_today(holding(), {}))
    assert no_strategy["TODAY"].brings_usd_est == pytest.approx(1_060.84)


def test_a_gain_is_called_a_gain() -> None:
    short = make_portfolio(make_holding(usd=-20_000.0), make_holding("TLT", 60_000.0, sector="b"))
    found = by_code(today_of(make_view(portfolio=short)))["EVENT_HAPPENS"]

    assert found.sentence.startswith("The portfolio gains 5,310 USD")
    assert found.uncovered_usd_est == 0.0


def exclusive() -> tuple[View, tuple[Strategy, ...]]:
    events, strategies = [], []
    for number, sector in enumerate(("technology", "bonds"), start=1):
        market = replace(
            make_market(
                condition_id=f"0x{number:064x}",
                token_ids=(f"{number}01", f"{number}02"),
                slug=f"m{number}",
                neg_risk=True,
            ),
            event_slug="who-wins",
        )
        name = f"event-{number}"
        events.append(make_event(make_market_view(market), event=name))
        line = make_line(sector, -0.1 * number)
        strategies.append(make_strategy(event=name, lines=(line,)))
    return make_view(*events), tuple(strategies)


def test_of_exclusive_events_the_dearest_happens_and_the_other_does_not() -> None:
    view, strategies = exclusive()
    today = today_of(view, *strategies)
    found = {each.name: each for each in stress_all(today)}

    # 20% of bonds happens, 10% of technology was priced in by 11.5% and does not.
    alone = 110_000.0 - 10_000.0 * 0.885 + 5_000.0 * 0.115
    assert found["event-2 happens"].unhedged_usd_est == pytest.approx(alone)
    assert found["all happen"].unhedged_usd_est == pytest.approx(alone)
    assert found["all happen"].uncovered_usd_est == pytest.approx(10_000.0)


def test_two_sides_of_a_market_cannot_both_happen() -> None:
    view, strategies = exclusive()
    known = today_of(view, *strategies).known
    (first, second) = known.values()
    twin = second._replace(event=second.event, market=first.market, is_first=False)
    both = {first.event: first, second.event: twin}

    assert decided_by(both, first.event) == {first.event: 1.0, second.event: 0.0}
    assert decided_by(both, second.event) == {first.event: 0.0, second.event: 1.0}
    assert decided_by(both, first.event, besides=(second.event,)) == {first.event: 1.0}
    refusing = {first.event: first, second.event: second._replace(is_first=False)}
    assert decided_by(refusing, first.event) == {first.event: 1.0, second.event: 1.0}
    assert decided_by(refusing, second.event) == {second.event: 1.0}


def test_prices_stay_on_the_grid_when_chances_jump_to_the_top() -> None:
    high = make_market_view(bids=(("0.97", "50000"),), asks=(("0.98", "50000"),))
    found = by_code(today_of(holding(high)))

    # 97c + 1.5 points; never above 99c
    assert found["CHANCES_JUMP"].brings_usd_est == pytest.approx(
        10_000 * (0.985 - 0.04 * 0.985 * 0.015)
    )
    assert found["CHANCES_HIGH"].brings_usd_est == found["TODAY"].brings_usd_est


LEVELS = st.lists(st.integers(min_value=1, max_value=20_000), min_size=1, max_size=5)


def random_today(bids: list[int], top: int, spread: int, shares: int, rate: int) -> Today:
    prices = [top - place for place in range(len(bids)) if top - place >= 1]
    book: Levels = [
        (f"{price / 100:.2f}", str(size)) for price, size in zip(prices, bids, strict=False)
    ]
    market = make_market(fee_rate=f"{rate / 100:.2f}")
    view = make_market_view(market, bids=book, asks=((f"{(top + spread) / 100:.2f}", "500"),))
    return today_of(holding(view, positions=(make_position(str(shares), cost_usd="1"),)))


WORLDS = st.builds(
    random_today,
    bids=LEVELS,
    top=st.integers(min_value=1, max_value=60),
    spread=st.integers(min_value=1, max_value=30),
    shares=st.integers(min_value=5, max_value=30_000),
    rate=st.integers(min_value=0, max_value=25),
)
FEE_STEPS = 1e-4
"""Fees are charged in steps of 0.00001 USD at each level."""


@given(today=WORLDS)
def test_a_worse_market_never_brings_more(today: Today) -> None:
    found = by_code(today)
    before = found["TODAY"]
    assert before.brings_usd_est is not None
    for code in ("SPREADS_TRIPLE", "DEPTH_FALLS", "FEES_DOUBLE"):
        after = found[code]
        assert after.brings_usd_est is not None
        assert after.brings_usd_est <= before.brings_usd_est + FEE_STEPS
        assert after.unsold_shares >= before.unsold_shares
        assert after.exit_cost_usd_est is not None
        assert before.exit_cost_usd_est is not None
        assert after.exit_cost_usd_est >= before.exit_cost_usd_est - FEE_STEPS


@given(today=WORLDS)
def test_a_half_payout_is_half_and_a_loose_hedge_never_pays_more_than_all(today: Today) -> None:
    found = by_code(today)
    brings = {code: each.brings_usd_est or 0.0 for code, each in found.items()}
    assert brings["RESOLVED_HALF"] == pytest.approx(brings["ALL_HAPPEN"] / 2)
    assert 0.0 < brings["CORRELATION_FALLS"] < brings["ALL_HAPPEN"]
    worst = found["CORRELATION_FALLS"]
    assert worst.worst_usd_est is not None
    assert worst.hedged_usd_est is not None
    assert worst.worst_usd_est < worst.hedged_usd_est

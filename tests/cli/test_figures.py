"""The figures behind commands, where a part of them is not known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app.candidates import Candidate, pick_best, write_snippet
from bot.app.exposure_map import draw_map
from bot.app.preview import Preview
from bot.app.sheet import read_book
from bot.cli.show.exposure_map import render_map
from bot.core.decide import decide
from bot.model.market import Market
from bot.model.strategy import ImpactBasis, Strategy
from bot.model.view import View
from bot.strategy import parse_strategy
from tests.cli.printing import words_of
from tests.core.builders import (
    make_event,
    make_line,
    make_market_view,
    make_portfolio,
    make_strategy,
    make_view,
)
from tests.fakes import START, Levels, make_book, make_market


def preview_of(view: View, strategy: Strategy) -> Preview:
    return Preview(
        view=view,
        decision=decide(view, [strategy]),
        strategies={strategy.event: strategy},
        broken={},
    )


def test_from_today_needs_the_probability() -> None:
    unseen = make_view(make_event(make_market_view(quoted=False)))
    drawn = draw_map(preview_of(unseen, make_strategy(basis=ImpactBasis.FROM_TODAY)))
    (event,) = drawn.events
    assert event.difference_usd_est is None
    said = words_of(render_map(drawn, width=100))
    assert "fed-hike not known not known not known" in said
    assert "the market's probability is not known: the book of" in said


def test_a_difference_is_known_without_the_probability_but_not_its_two_sides() -> None:
    unseen = make_view(make_event(make_market_view(quoted=False)))
    (event,) = draw_map(preview_of(unseen, make_strategy())).events
    assert event.difference_usd_est == pytest.approx(-15_000)
    assert event.if_it_happens_usd_est is None


def test_the_map_names_what_has_no_price_and_what_touches_nothing() -> None:
    view = make_view(portfolio=make_portfolio(unpriced=("XYZ",)))
    drawn = draw_map(preview_of(view, make_strategy(lines=[make_line("tulips")])))
    said = words_of(render_map(drawn, width=100))
    assert "left out, no price: XYZ" in said
    assert "no holding with a price is touched" in said
    assert drawn.events[0].difference_usd_est is None  # XYZ may be touched

    drawn = draw_map(preview_of(make_view(), make_strategy(lines=[make_line("tulips")])))
    assert "no holding is touched: look at impact" in words_of(render_map(drawn, width=100))
    assert drawn.events[0].difference_usd_est == 0.0


def test_a_portfolio_of_which_nothing_is_priced_is_not_worth_nothing() -> None:
    portfolio = replace(make_portfolio(unpriced=("XYZ",)), holdings=())
    said = words_of(
        render_map(draw_map(preview_of(make_view(portfolio=portfolio), make_strategy())), width=100)
    )
    assert "portfolio not known" in said
    assert "0 USD" not in said


def candidate(
    market: Market, *, bids: Levels = (("0.11", "500"),), asks: Levels = (("0.12", "500"),)
) -> Candidate:
    book = make_book(market.token_ids[0], bids=bids, asks=asks)
    return Candidate(market=market, book=read_book(market, index=0, book=book, confirmed_at=START))


def test_the_best_hedge_is_the_deepest_that_is_neither_decided_nor_likely_nor_ending() -> None:
    market = make_market(ends_at=START + timedelta(days=60))
    good = candidate(market)
    others = [
        candidate(market, bids=(("0.60", "900"),), asks=(("0.61", "9000"),)),
        candidate(market, bids=(("0.001", "900"),), asks=(("0.002", "900000"),)),
        candidate(market, bids=(("0.10", "900"),), asks=(("0.16", "9000"),)),
        candidate(market, bids=(), asks=(("0.12", "9000"),)),
        candidate(replace(market, ends_at=START + timedelta(days=2)), asks=(("0.12", "9000"),)),
        candidate(replace(market, accepting_orders=False), asks=(("0.12", "9000"),)),
        candidate(market, asks=(("0.12", "100"),)),
    ]
    assert pick_best([*others, good], now=START) is good
    assert pick_best(others[:-1], now=START) is None


@pytest.mark.parametrize("series", ["fed-decision", ""])
def test_a_snippet_is_a_strategy_whatever_the_question_says(series: str) -> None:
    market = make_market(ends_at=None)
    market = replace(
        market,
        slug="will-it-happen",
        series_slug=series,
        group_title='50% "or": more' if series else "",
        question='Will #it happen: "yes" or no?',
    )
    strategy = parse_strategy(write_snippet(market), "strategies/x.yaml")
    assert strategy.event == (series or "will-it-happen")
    assert strategy.market.match == market.group_title
    assert strategy.why == market.question

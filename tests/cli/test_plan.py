"""`plan` in words: events at a glance, each in full, and other instruments for the same loss."""

from dataclasses import replace

import pytest
from msgspec import structs

from bot.app.sheet import EventSheet, make_sheets
from bot.cli.show.instruments import render_instruments
from bot.cli.show.plan import render_glance, render_orders, render_tail
from bot.cli.show.sheet import render_sheet
from bot.core.decide import decide
from bot.core.tail import Tail
from bot.model.strategy import OwnView
from bot.model.units import UsdEst
from tests.cli.printing import printed, sheets_for, words_of
from tests.core.builders import (
    All,
    Cover,
    make_account,
    make_event,
    make_limits,
    make_line,
    make_market_view,
    make_strategy,
    make_view,
)
from tests.fakes import make_market


def test_a_sheet_tells_loss_forecast_books_worth_and_order() -> None:
    sheet, decision = sheets_for(make_view(), make_strategy())
    said = words_of(render_sheet(sheet, firings=True))
    for part in (
        "fed-hike open",
        "A surprise hike would hurt.",
        "if it happens -15,000 USD: QQQ -15,000",
        "forecast 11.5%; the market says 11.5%. Weights: market 100%",
        "only 1 of 3 sources: market",
        "because first look",
        "bid 11.0c, ask 12.0c, spread 1.0c",
        "price 12.4c a share with fee; one more is worth",
        "covered 0 shares held,",
        "15,000 wanted (100%)",
        "of cost: ",
        "order buy",
        "rules this plan",
        "this event alone",
        "coverage 50% 7,500 shares",
        "coverage 100% 15,000 shares 1,863 USD covers 100%",
        "Kelly: edge / odds 0 shares 0 USD covers 0%",
    ):
        assert part in said, part
    planned = decision.events[0].planned_shares
    short = "uncovered {:,.0f} USD: a further share does not bring what it must for its cost"
    assert short.format(15_000 - planned) in said
    assert "why" not in said


def test_a_joint_plan_shows_its_proof() -> None:
    sheet, _ = sheets_for(make_view(), make_strategy(sizing=All()))
    said = words_of(render_sheet(sheet, firings=False))
    assert "proof after this one more share is worth" in said
    assert "no plan is better by 0.0001 bp of wealth" in said
    poor = make_view(limits=make_limits(premium_budget_usd="50"))
    said = words_of(render_sheet(sheets_for(poor, make_strategy(sizing=All()))[0], firings=False))
    assert "a further USD to spend would bring" in said


def test_a_rule_that_wants_more_than_is_lost_is_called_a_bet() -> None:
    strategy = make_strategy(own_view=OwnView(probability=0.6, weight=0.9))
    sheet, _ = sheets_for(make_view(), strategy)
    kelly = sheet.rules[-1]
    assert kelly.rule == "Kelly: edge / odds"
    assert kelly.coverage > 3.0
    assert "more than is lost: a bet" in words_of(render_sheet(sheet, firings=False))


def test_what_is_not_covered_says_why() -> None:
    refused, _ = sheets_for(make_view(), make_strategy(max_spread="0.005"))
    (part,) = refused.uncovered
    assert part.usd_est == pytest.approx(15_000.0)
    assert part.because == "the spread is 1.0c; costs.max_spread is 0.5c"
    said = words_of(render_sheet(refused, firings=False))
    assert "uncovered 15,000 USD why too wide: the spread is 1.0c" in said
    half, _ = sheets_for(make_view(), make_strategy(sizing=Cover(0.1)))
    assert [part.because for part in half.uncovered] == ["the sizing rule wants no more"]
    cut, _ = sheets_for(make_view(), make_strategy(max_order_usd="100"))
    assert "limits.max_order_usd leaves 100.00 USD" in cut.uncovered[0].because
    none, _ = sheets_for(make_view(account=make_account(cash_usd="0.5")), make_strategy())
    assert "if it were traded" in words_of(render_sheet(none, firings=False))
    frozen, _ = sheets_for(make_view(make_event(make_market_view(quoted=False))), make_strategy())
    assert [part.because for part in frozen.uncovered] == [frozen.decision.reasons[0].text]
    gain, _ = sheets_for(make_view(), make_strategy(lines=(make_line(fraction=0.1),)))
    assert gain.uncovered == ()


def glance(sheet: EventSheet, width: int = 160) -> str:
    return printed(render_glance([sheet], width=width), width=width)


def test_all_events_stand_at_a_glance_first() -> None:
    view, opens = make_view(), make_strategy()
    sheet, _ = sheets_for(view, opens)
    said = printed(render_glance([sheet], width=100))
    row = " ".join(said.splitlines()[1].split())
    assert row.startswith("fed-hike open -15,000 USD 0% -> ")
    assert " 12.4c brings " in row
    assert "times its" in said
    wide = make_strategy(max_spread="0.005", own_view=OwnView(probability=0.5, weight=0.5))
    said = glance(sheets_for(view, wide)[0])
    assert "the spread is too wide; another instrument fits better" in said
    dear = make_strategy(own_view=OwnView(probability=0.02, weight=0.9))
    assert glance(sheets_for(view, dear)[0]).rstrip().endswith("too dear")
    unseen, _ = sheets_for(make_view(make_event(make_market_view(quoted=False))), opens)
    assert " - " in glance(unseen)
    bare = replace(unseen, exposure=None, decision=structs.replace(unseen.decision, reasons=()))
    assert "not known" in glance(bare)


@pytest.mark.parametrize(
    ("unhedged", "held", "planned", "said"),
    [
        (9000.0, 9000.0, 9000.2, "9,000 USD are left on average"),
        (9000.0, 9000.0, 9500.0, "9,000 USD are left on average; 9,500 USD with the orders below"),
        (8000.0, 9000.0, 9000.0, "9,000 USD are left on average; 8,000 USD without what is held"),
    ],
)
def test_what_the_worst_outcomes_leave_is_told(
    unhedged: float, held: float, planned: float, said: str
) -> None:
    tail = Tail(
        unhedged_usd_est=UsdEst(unhedged),
        held_usd_est=UsdEst(held),
        planned_usd_est=UsdEst(planned),
    )

    assert str(render_tail(tail)) == f"in the worst 5% of a year's outcomes {said}"


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_plan_never_exceeds_the_terminal(width: int) -> None:
    sheet, decision = sheets_for(make_view(), make_strategy())
    parts = [
        render_glance([sheet], width=width),
        *render_sheet(sheet, firings=False),
        *render_orders(make_view(), decision),
    ]
    assert max(map(len, printed(*parts, width=width).splitlines())) <= width


def test_other_instruments_stand_in_figures_and_once_in_words() -> None:
    view, strategy = make_view(), make_strategy()
    decision = decide(view, [strategy])
    (sheet,) = make_sheets(view, decision, {strategy.event: strategy}, instruments=True)
    said = words_of(render_instruments([sheet, sheet], width=100))
    for part in (
        "15,000 USD of 50,000 USD, 30 days; volatility 16%",
        "shares of this market 1,863 USD",
        "a put spread 100/70",
        "calls on the VIX Pays if fear jumps",
        "All but the shares are estimates",
    ):
        assert part in said, part
    assert said.count("calls on the VIX") == 1
    assert said.count("selling what loses") == 3
    assert "worth it" not in said


def test_beside_other_instruments_a_refusal_keeps_its_reasons() -> None:
    view = make_view()
    strategy = make_strategy(max_spread="0.005", own_view=OwnView(probability=0.5, weight=0.5))
    decision = decide(view, [strategy])
    (sheet,) = make_sheets(view, decision, {strategy.event: strategy}, instruments=True)
    said = words_of(render_instruments([sheet], width=100))
    assert "too wide: the spread is 1.0c; costs.max_spread is 0.5c" in said
    assert "other instrument: selling what loses would bring each USD of cover" in said


def test_a_market_that_is_missing_leaves_the_other_instruments() -> None:
    view = make_view(make_event(make_market_view(make_market(closed=True))))
    strategy = make_strategy()
    decision = decide(view, [strategy])
    (sheet,) = make_sheets(view, decision, {strategy.event: strategy}, instruments=True)
    assert sheet.instruments is not None
    assert sheet.instruments.days == 120.0
    assert [each.price for each in sheet.instruments.rows] == [None] * 6
    said = words_of(render_instruments([sheet], width=100))
    assert "shares of this market" not in said


def test_where_nothing_loses_no_instrument_is_compared() -> None:
    view, strategy = make_view(), make_strategy(lines=(make_line(fraction=0.1),))
    decision = decide(view, [strategy])
    (sheet,) = make_sheets(view, decision, {strategy.event: strategy}, instruments=True)
    said = words_of(render_instruments([sheet], width=100))
    assert "nothing loses: there is nothing to compare" in said
    assert "All but the shares" not in said

"""What is printed, from records made by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from bot.app.replay import Left, Summary
from bot.app.sheet import make_sheets
from bot.app.standing import LIFECYCLE, Held, Standing
from bot.cli.show.board import Board, Row, say_end, say_short
from bot.cli.show.explain import render_again, render_recorded
from bot.cli.show.live import Screen, render_screen
from bot.cli.show.plan import render_head, render_orders
from bot.cli.show.replay import render_summary
from bot.cli.show.sheet import render_sheet, say_firing
from bot.cli.show.status import render_standing
from bot.core.decide import decide
from bot.engine.explain import Explained
from bot.ledger import LifecycleEntry, Recorded
from bot.model.decision import EventDecision, Forecast, Reason, Verdict
from bot.model.orders import OrderStatus
from bot.model.rule import Firing
from bot.model.signal import Estimate
from bot.model.strategy import RollRule, Strategy
from bot.model.units import EventId, Shares, TokenId, Usd, UsdEst
from bot.model.view import Account, EventMemory, View
from tests.cli.printing import printed, sheets_for, words_of
from tests.core.builders import (
    EVENT,
    make_account,
    make_event,
    make_market_view,
    make_memory,
    make_order,
    make_position,
    make_strategy,
    make_view,
)
from tests.fakes import START, YES, make_market

FED = EventId(EVENT)
NEXT = START + timedelta(hours=1)


# --- the live table ----------------------------------------------------------------------------


def board_after(view: View, strategy: Strategy, *more: View) -> Board:
    board = Board()
    for seen in (view, *more):
        board.take(seen, decide(seen, [strategy]).events, [strategy])
    return board


def the_row(board: Board, account: Account) -> Row:
    (row,) = board.rows(account, START)
    return row


def test_a_row_says_what_is_covered_and_paid() -> None:
    account = make_account(
        positions=[make_position("7500", cost_usd="900")], premium_by_event={EVENT: "900"}
    )
    row = the_row(board_after(make_view(account=account), make_strategy()), account)
    assert row.loss_usd_est == pytest.approx(15_000)
    assert row.coverage == pytest.approx(0.5)
    assert row.premium_usd == Usd(Decimal(900))
    assert row.is_held


def test_a_refused_event_says_why_in_a_few_words() -> None:
    view = make_view(make_event(make_market_view(asks=(("0.16", "50000"),))))
    row = the_row(board_after(view, make_strategy()), make_account())
    assert row.next == "no hedge: the spread is too wide"


def test_a_quiet_cycle_leaves_the_reason_standing() -> None:
    strategy = make_strategy()
    refused = make_view(make_event(make_market_view(asks=(("0.16", "50000"),))))
    memory = make_memory(verdict="refuse:TOO_WIDE", token_id="", retry_at=NEXT)
    quiet = make_view(make_event(make_market_view(), memory=memory))
    assert decide(quiet, [strategy]).events[0].verdict is Verdict.QUIET
    assert the_row(board_after(refused, strategy, quiet), make_account()).next == (
        "no hedge: the spread is too wide"
    )
    assert the_row(board_after(quiet, strategy), make_account()).next == "no hedge: too wide"


def test_a_frozen_event_is_marked_and_its_loss_is_not_known() -> None:
    row = the_row(
        board_after(make_view(make_event(make_market_view(bids=()))), make_strategy()),
        make_account(),
    )
    assert row.is_amiss
    assert row.loss_usd_est is None
    assert row.next == "frozen: the book has one side only"


def test_an_order_that_rests_is_said_before_all_else() -> None:
    order = make_order(size="100", filled="40", limit="0.11")
    order = replace(order, benefit_usd_est=UsdEst(12.0), cost_usd_est=UsdEst(4.0))
    account = make_account(orders=[order])
    view = make_view(make_event(memory=make_memory(retry_at=NEXT)), account=account)
    assert the_row(board_after(view, make_strategy()), account).next == (
        "buy of 60 at 11.0c: open; benefit 12.00, cost 4.00 USD, ratio 3.0"
    )


def test_a_held_market_says_when_it_rolls_or_ends() -> None:
    market = make_market(ends_at=START + timedelta(days=30))
    seen = make_market_view(market)
    assert say_end(seen, make_strategy(series="fed"), START) == "ends Dec 2, rolls in 23 d"
    assert say_end(seen, make_strategy(), START) == "ends Dec 2, in 30 d"
    never = make_strategy(series="fed", roll=RollRule(before_end=timedelta(0)))
    assert say_end(seen, never, START) == "ends Dec 2, in 30 d"
    later = START + timedelta(days=31)
    assert say_end(seen, make_strategy(), later) == "ended Dec 2, waits for its resolution"
    endless = make_market_view(replace(market, ends_at=None))
    assert say_end(endless, make_strategy(), START) == "runs until it is decided"


def test_short_reasons_keep_the_prices_and_never_say_nothing() -> None:
    dear = Reason(code="TOO_DEAR", text="ceiling 8.0c, ask 10.3c with fee")
    assert say_short(dear) == "too dear (ceiling 8.0c, ask 10.3c)"
    assert say_short(Reason(code="SOURCE", text="gamma is silent")) == "gamma is silent"
    assert say_short(Reason(code="NEW_CODE", text="")) == "new code"


def make_screen(*, rows: int = 6, news: int = 12, halted: str = "") -> Screen:
    forecast = Forecast(probability=0.119, market=0.124, shares_of=(("market", 1.0),))
    said = f"no hedge: too dear (ceiling 8.0c, ask 10.3c){', and a third line' * 3}"
    return Screen(
        where="practice market (no network, no money) · 1 s = 6 h",
        now=START,
        cycle=1234,
        portfolio_usd_est=UsdEst(84_200.0),
        cash_usd=Usd(Decimal(2812)),
        premium_used_usd=Usd(Decimal(188)),
        premium_budget_usd=Usd(Decimal(1263)),
        rows=tuple(
            Row(
                event=EventId(f"government-event-{n}"),
                loss_usd_est=UsdEst(12_310.0),
                coverage=0.83 if n else None,
                forecast=forecast if n else None,
                premium_usd=Usd(Decimal(96)),
                next=said,
                is_held=bool(n),
                is_amiss=not n,
            )
            for n in range(rows)
        ),
        lifecycle=tuple(
            LifecycleEntry(kind="opened", event=FED, at=START, text=f"number {n}")
            for n in range(news)
        ),
        amiss={"government-event-0": "told in its row", "strategies/x.yaml": "line 1\nline 2"},
        halted=halted,
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 35), (140, 50)])
def test_the_screen_never_exceeds_the_terminal(width: int, height: int) -> None:
    shown = printed(render_screen(make_screen(), width=width, height=height), width=width)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= height
    assert "1,234" in shown
    assert "-12,310 USD" in shown


def test_the_newest_lines_stand_last_and_the_oldest_give_way() -> None:
    shown = printed(render_screen(make_screen(), width=100, height=26))
    assert shown.rstrip().endswith("number 0")
    assert "number 11" not in shown


def test_what_is_told_in_a_row_is_not_told_twice() -> None:
    shown = printed(render_screen(make_screen(), width=100, height=40))
    assert "told in its row" not in shown
    assert "!  strategies/x.yaml: line 1 line 2" in shown


def test_a_halt_stands_above_the_news() -> None:
    shown = printed(render_screen(make_screen(halted="looks odd"), width=100, height=40))
    assert "HALTED: looks odd" in shown


# --- plan and explain --------------------------------------------------------------------------


def test_a_quiet_event_has_few_lines() -> None:
    view = make_view(make_event(memory=make_memory(retry_at=NEXT)))
    sheet, _ = sheets_for(view, make_strategy())
    said = words_of(render_sheet(sheet, firings=True))
    assert "the last one stands: hold, in band" in said
    assert "this event alone" not in said


def test_a_frozen_event_shows_what_is_known_of_its_loss() -> None:
    sheet, _ = sheets_for(make_view(make_event(make_market_view(quoted=False))), make_strategy())
    said = words_of(render_sheet(sheet, firings=False))
    assert "if it happens -15,000 USD" in said
    assert "forecast not known" in said
    assert "never seen" in said


def test_a_firing_shows_reading_and_threshold_if_it_has_them() -> None:
    crossed = Firing(trigger="probability", text="crossed 40%", reading=0.41, threshold=0.4)
    assert say_firing(crossed) == "probability: crossed 40% (reading 0.41, threshold 0.4)"
    own = Firing(trigger="first_look", text="no plan yet", reading=0.0, threshold=0.0)
    assert say_firing(own) == "first look: no plan yet"


def test_a_firing_of_a_watched_reading_shows_hysteresis_and_pause_too() -> None:
    vix = Firing(
        trigger="volatility",
        text="VIX passed to 23",
        reading=23.0,
        threshold=22.0,
        hysteresis=4.0,
        cooldown_s=86_400.0,
    )
    assert say_firing(vix) == (
        "volatility: VIX passed to 23"
        " (reading 23, threshold 22, hysteresis 4, then not before 24 h)"
    )


def test_a_sheet_tells_what_each_signal_said_and_what_makes_the_forecast_weak() -> None:
    estimate = Estimate(
        signal="hazard", probability=0.31, as_of=START, source="past rate", note="0.5 a year"
    )
    seen = make_view(make_event(replace(make_market_view(), estimates=(estimate,))))
    strategy = make_strategy()
    (sheet,) = make_sheets(seen, decide(seen, [strategy]), {strategy.event: strategy})
    said = words_of(render_sheet(sheet, firings=False))
    assert "Weights: market 98%, hazard 2%" in said
    assert "the market without its usual bias: 9.6%" in said
    assert "hazard 31.0%: 0.5 a year" in said
    assert "only 2 of 3 sources: market, hazard" in said


def test_the_foot_of_a_plan_lists_orders_or_says_there_are_none() -> None:
    view = make_view()
    decision = decide(view, [make_strategy()])
    said = words_of(render_orders(view, decision))
    assert "would send fed-hike buy" in said
    nothing = structs.replace(
        decision, approved=(), notes=(Reason(code="STALE_PRICES", text="5 days old"),)
    )
    halted = replace(view, halted="by hand")
    said = words_of(render_orders(halted, nothing))
    assert "No order would be sent" in said
    assert "stale prices: 5 days old" in said
    assert "HALTED: by hand" in said
    assert "premium used 0 USD" in printed(render_head(view))


def make_recorded(*, version: str, view: View | None) -> Recorded:
    return Recorded(
        view=view,
        view_digest="abc123",
        decision=decide(make_view(), [make_strategy()]),
        decision_bytes=b"{}",
        strategies=(),
        version=version,
    )


def make_explained(*, version: str, lines: int) -> Explained:
    recorded = make_recorded(version=version, view=make_view())
    return Explained(
        recorded=recorded,
        again=recorded.decision,
        same_bytes=not lines,
        difference=tuple(f"-line {n}" for n in range(lines)),
    )


def test_another_version_that_decides_otherwise_shows_the_difference() -> None:
    said = words_of(render_again(make_explained(version="0.0.9", lines=70), version="0.1.0"))
    assert "by polyhedge 0.1.0 (recorded by 0.0.9)" in said
    assert "-line 0" in said
    assert "10 lines more" in said


def test_the_same_version_that_decides_otherwise_is_called_a_fault() -> None:
    said = words_of(render_again(make_explained(version="0.1.0", lines=1), version="0.1.0"))
    assert "NOT the same. Report this." in said


def test_a_dropped_view_is_told() -> None:
    said = printed(render_recorded(make_recorded(version="0.1.0", view=None)))
    assert "its view was dropped because of its age; hash abc123" in said


# --- status and replay -------------------------------------------------------------------------


def make_standing() -> Standing:
    return Standing(
        mode="paper",
        market_data="practice",
        ledger="ledger/practice.db",
        cycle=12,
        cycle_at=START,
        written_s_ago=4.0,
        halted="",
        halted_at=None,
        cash_usd=Usd(Decimal(2758)),
        held=(
            Held(
                event=FED,
                market="fed-hike-dec",
                question="A hike in December?",
                outcome="Yes",
                token_id=TokenId(YES),
                shares=Shares(Decimal(420)),
                cost_usd=Usd(Decimal(53)),
                worth_usd_est=UsdEst(50.4),
                ends_at=START,
                premium_per_day_usd_est=UsdEst(0.64),
                decay_usd_est=UsdEst(0.21),
            ),
        ),
        worth_at=START,
        orders=(),
        premium_used_usd=Usd(Decimal(242)),
        premium_budget_usd=Usd(Decimal(1263)),
        premium_left_usd=Usd(Decimal(1021)),
        total_usd=Usd(Decimal(242)),
        max_total_usd=Usd(Decimal(2526)),
        amiss={},
        lifecycle=dict.fromkeys(LIFECYCLE, 1),
    )


def test_status_shows_positions_with_cost_and_bid() -> None:
    said = words_of(render_standing(make_standing(), width=100))
    assert "12 at 2026-11-02 12:00 UTC, written 4 s ago" in said
    assert "242 USD in 365 days, of 1,263 USD; 1,021 USD left" in said
    assert "fed-hike 420 53.00 USD 50.40 USD Nov 2 Yes: A hike in December?" in said
    assert "fed-hike: 0.64 USD of premium a covered day; a day without news costs 0.21 USD" in said
    assert "1 opened, 1 rolled, 1 closed, 1 settled, 1 refused" in said


def test_status_without_a_view_says_what_is_not_known() -> None:
    (held,) = make_standing().held
    bare = replace(
        held,
        market="",
        question="",
        outcome="",
        worth_usd_est=None,
        ends_at=None,
        premium_per_day_usd_est=None,
        decay_usd_est=None,
    )
    standing = replace(
        make_standing(),
        cycle=None,
        held=(bare,),
        worth_at=None,
        premium_budget_usd=None,
        premium_left_usd=None,
        max_total_usd=None,
    )
    said = words_of(render_standing(standing, width=100))
    assert "none yet; the ledger was written 4 s ago" in said
    assert "not known open token 1" in said
    assert "fed-hike: end not known" in said


def test_status_says_that_a_date_does_not_decay_and_a_budget_is_overdrawn() -> None:
    (held,) = make_standing().held
    dated, unpriced = replace(held, decay_usd_est=UsdEst(0.0)), replace(held, decay_usd_est=None)
    standing = replace(make_standing(), held=(dated, unpriced), premium_left_usd=Usd(Decimal(-12)))
    said = words_of(render_standing(standing, width=100))
    assert "of 1,263 USD; 12.00 USD over it" in said
    assert "a covered day; a day without news costs nothing fed-hike" in said
    assert said.count("of premium a covered day;") == 1


def test_status_names_what_is_urgent_first() -> None:
    lost = make_order(status=OrderStatus.UNKNOWN, order_id="0xb95d")
    rests = make_order(order_id="0xb1", expires_at=NEXT)
    standing = replace(
        make_standing(),
        halted="the venue shows 420 shares and the ledger 0",
        halted_at=START,
        orders=(lost, rests),
        amiss={"fed-hike": "its book is old"},
    )
    said = words_of(render_standing(standing, width=100))
    assert said.startswith("HALTED since 2026-11-02 12:00 UTC: the venue shows 420")
    assert "UNKNOWN order 0xb95d (fed-hike, buy 100 at 11.0c): sent 2026-11-02 12:00 UTC" in said
    assert "fed-hike buy 100 11.0c Nov 2 13:00 0xb1" in said
    assert "amiss fed-hike: its book is old" in said


def test_a_summary_says_what_is_assumed_left_and_wrong() -> None:
    summary = Summary(
        since=START,
        until=NEXT,
        assumed="the spread",
        cycles=20,
        skipped=1,
        decisions=5,
        orders=3,
        fills=4,
        partly_filled=1,
        refused={"TOO_DEAR": 2, "TOO_WIDE": 3},
        frozen={},
        denied={},
        rejected={"TICK": 1},
        lifecycle={"opened": 1},
        settled=0,
        left=(
            Left(
                event=FED,
                token_id=TokenId(YES),
                shares=Shares(Decimal(10)),
                cost_usd=Usd(Decimal(1)),
                worth_usd_est=None,
            ),
        ),
        cash_before_usd=Usd(Decimal(3000)),
        cash_after_usd=Usd(Decimal("2999.000001")),
        fees_usd=Usd(Decimal("0.1")),
        realised_usd=Usd(Decimal(0)),
        gap_usd=Usd(Decimal("0.000001")),
        halted="the books do not add up",
    )
    said = words_of(render_summary(summary, width=100))
    for part in (
        "HALTED: the books do not add up",
        "20, of which 1 skipped",
        "4; 1 orders filled in part",
        "3 TOO_WIDE, 2 TOO_DEAR",
        "denied none",
        "3,000.00 USD -> 2,999.000001 USD",
        "does NOT add up: 0.000001 USD",
        "fed-hike 10 1.00 USD not known",
        "Assumed, not recorded: the spread",
    ):
        assert part in said, part


def test_an_event_without_forecast_or_reason_is_still_shown() -> None:
    seen = EventDecision(event=FED, verdict=Verdict.REFUSE, reasons=(), memory=EventMemory())
    board = Board()
    board.take(make_view(), [seen], [make_strategy()])
    assert the_row(board, make_account()).next == "no hedge: not planned yet"

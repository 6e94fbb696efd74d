"""Leaving what nobody bids for: its complement is bought, if that is worth it, and pairs wait."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.core.decide import decide
from bot.core.pairs import count_pairs
from bot.core.risk import check_orders
from bot.model.decision import Verdict
from bot.model.market import Market, Quote
from bot.model.orders import OrderType, Purpose, Side
from bot.model.strategy import CloseRule, OnRemove, RollRule
from bot.model.units import ConditionId, TokenId
from bot.model.view import MarketView, View
from tests.core.builders import (
    EVENT,
    REST,
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
    the_event,
)
from tests.fakes import NO, START, YES, Levels, make_book, make_market

NO_BIDS = (("0.95", "50000"),)
NO_ASKS = (("0.96", "50000"), ("0.99", "50000"))
GONE = CloseRule(when_exposure_below_usd=12_500.0)
STRATEGY = make_strategy(close=GONE)


def without_bids(
    market: Market | None = None,
    *,
    bids: Levels = NO_BIDS,
    asks: Levels = NO_ASKS,
    age: timedelta = timedelta(0),
) -> MarketView:
    """Return a market with asks only; ``bids`` and ``asks`` are those of the complement."""
    shown = make_market_view(market, bids=(), asks=(("0.05", "50000"),))
    book = make_book(shown.market.token_ids[1], bids=bids, asks=asks)
    return replace(shown, complement_quote=Quote(book, START - age))


def stuck_view(
    market: MarketView | None = None, *, shares: str = "15000", usd: float = 1.0, **account: Any
) -> View:
    """Return a view of a hedge with nothing left to hedge, and nobody who bids for it."""
    account.setdefault("cash_usd", "100000")
    account.setdefault("positions", (make_position(shares, opened_at=START - timedelta(40)),))
    view = make_view(
        make_event(market or without_bids(), memory=make_memory(shares=float(shares))),
        portfolio=make_portfolio(make_holding(usd=usd), make_holding("TLT", 5e4, sector="bonds")),
        account=make_account(**account),
    )
    return replace(view, can_merge=True)


def test_a_hedge_without_bids_is_left_by_buying_its_complement() -> None:
    decision = decide(stuck_view(), (STRATEGY,))

    (intent,) = decision.approved
    event = the_event(decision)
    assert (intent.token_id, intent.side, intent.purpose) == (NO, Side.BUY, Purpose.MERGE)
    assert (intent.order_type, intent.unit) == (OrderType.FAK, "merge-1-fed-hike")
    assert event.verdict is Verdict.CLOSE
    assert codes(event) == ["EXPOSURE_GONE", "MERGE_EXIT"]
    assert "make pairs, which are merged" in event.reasons[1].text
    assert Decimal(0) < intent.size <= 15_000
    assert intent.limit >= Decimal("0.96")
    assert event.planned_shares == pytest.approx(15_000 - float(intent.size))
    assert event.benefit_usd_est > 0


def test_it_buys_only_while_a_pair_brings_more_than_the_share_is_worth() -> None:
    small, large = (
        decide(stuck_view(shares=shares), (STRATEGY,)).approved[0].size
        for shares in ("20000", "30000")
    )

    assert small < 20_000
    assert large - small == pytest.approx(10_000, rel=0.01), "what is worth keeping stays"


def test_it_waits_while_the_complement_is_too_dear() -> None:
    market = without_bids(asks=(("0.99", "50000"),))

    event = the_event(decide(stuck_view(market), (STRATEGY,)))

    assert event.verdict is Verdict.HOLD
    assert codes(event) == ["EXPOSURE_GONE", "EXIT_WAITS"]
    assert "one-sided or empty" in event.reasons[1].text
    assert "its complement costs 99.0c with the fee, and a share is worth" in event.reasons[1].text


@pytest.mark.parametrize(
    "market",
    [
        without_bids(age=timedelta(minutes=3)),
        without_bids(bids=()),
        without_bids(asks=()),
        replace(without_bids(), complement_quote=None),
        replace(without_bids(), quote=None),
        replace(make_market_view(asks=()), complement_quote=without_bids().complement_quote),
    ],
    ids=["old", "no bids", "no asks", "no book", "no book of ours", "bids of ours"],
)
def test_a_complement_that_cannot_be_trusted_is_no_way_out(market: MarketView) -> None:
    event = the_event(decide(stuck_view(market), (STRATEGY,)))

    assert event.verdict is Verdict.FROZEN
    assert codes(event)[0] in ("NO_MID", "NO_BOOK")


def test_without_the_right_to_merge_nothing_is_bought() -> None:
    view = replace(stuck_view(), can_merge=False)

    assert codes(the_event(decide(view, (STRATEGY,)))) == ["NO_MID"]


def test_a_hedge_that_has_its_reason_is_frozen_as_ever() -> None:
    assert codes(the_event(decide(stuck_view(usd=50_000.0), (STRATEGY,)))) == ["NO_MID"]


def test_no_complement_is_bought_while_portfolio_prices_are_stale() -> None:
    view = stuck_view()
    view = replace(view, portfolio=replace(view.portfolio, as_of=START - timedelta(days=9)))
    strategy = make_strategy(close=CloseRule(after=timedelta(days=1)))

    event = the_event(decide(view, (strategy,)))

    assert codes(event) == ["HELD_LONG_ENOUGH", "EXIT_WAITS"]


def test_a_loss_over_wealth_has_no_price_to_compare_with() -> None:
    lost = stuck_view(shares="100", usd=50_000.0, cash_usd="0")
    strategy = make_strategy(lines=(), close=CloseRule(after=timedelta(days=1)))
    poor = replace(lost, portfolio=make_portfolio(make_holding(usd=-200.0)))

    event = the_event(decide(poor, (strategy,)))

    assert not decide(poor, (strategy,)).approved
    assert "EXIT_WAITS" in codes(event)


def test_the_other_side_waits_for_bids() -> None:
    market = replace(without_bids(), adverse_index=1)
    book = make_book(NO, bids=(), asks=(("0.05", "50000"),))
    market = replace(
        market,
        quote=Quote(book, START),
        complement_quote=Quote(make_book(YES, bids=NO_BIDS, asks=NO_ASKS), START),
    )
    view = stuck_view(market, positions=(make_position("15000", token_id=NO),))

    event = the_event(decide(view, (STRATEGY,)))

    assert codes(event) == ["OTHER_SIDE", "EXIT_WAITS"]


def test_a_closed_market_waits_for_its_resolution() -> None:
    ended = make_market(condition_id="0x03", token_ids=("301", "302"), closed=True)
    view = stuck_view()
    event = replace(view.events[0], markets=(without_bids(ended), *view.events[0].markets))
    both = (*view.account.positions, make_position("50", market=ended))
    view = replace(view, events=(event,), account=replace(view.account, positions=both))

    decision = decide(view, (STRATEGY,))

    assert [intent.token_id for intent in decision.approved] == [NO]
    assert codes(the_event(decision)) == ["EXPOSURE_GONE", "MERGE_EXIT", "EXIT_WAITS"]


def test_an_exit_takes_although_the_strategy_rests_first() -> None:
    (intent,) = decide(stuck_view(), (make_strategy(close=GONE, execution=REST),)).approved

    assert intent.order_type is OrderType.FAK
    assert not intent.post_only


def test_an_exit_is_no_premium_but_needs_cash_and_keeps_to_the_largest_order() -> None:
    strategy = make_strategy(close=GONE, max_premium_usd="0", max_order_usd="500")
    view = replace(
        stuck_view(cash_usd="20000"), limits=make_limits(premium_budget_usd="0", max_total_usd="0")
    )

    (intent,) = decide(view, (strategy,)).approved
    assert 450 < intent.notional_usd + intent.fee_usd <= 500

    poor = replace(view, account=replace(view.account, cash_usd=Decimal(300)))  # type: ignore[arg-type]
    (intent,) = decide(poor, (strategy,)).approved
    assert 250 < intent.notional_usd + intent.fee_usd <= 300


def test_what_a_roll_left_without_bids_is_left_by_its_complement() -> None:
    old = make_market(ends_at=START + timedelta(days=5), series_slug="fed")
    new = make_market(
        condition_id="0x" + "c2" * 32, token_ids=("201", "202"), slug="jan", series_slug="fed"
    )
    view = make_view(
        make_event(
            without_bids(old, asks=(("0.951", "50000"),), bids=(("0.95", "50000"),)),
            make_market_view(new),
            memory=make_memory(shares=15_000.0, token_id="201", retry_at=START),
        ),
        account=make_account(
            cash_usd="100000",
            positions=(make_position("9000", market=old), make_position("15000", market=new)),
        ),
    )
    strategy = make_strategy(series="fed", roll=RollRule(before_end=timedelta(days=7)))

    decision = decide(replace(view, can_merge=True), (strategy,))

    (intent,) = decision.approved
    event = the_event(decision)
    assert (intent.token_id, intent.purpose) == (NO, Purpose.MERGE)
    assert "MERGE_EXIT" in codes(event)
    assert event.planned_shares == 15_000, "the hedge itself is not touched"


def test_the_old_leg_of_a_roll_is_not_merged_before_the_new_one_is_held() -> None:
    old = make_market(ends_at=START + timedelta(days=5), series_slug="fed")
    new = make_market(
        condition_id="0x" + "c2" * 32, token_ids=("201", "202"), slug="jan", series_slug="fed"
    )
    view = make_view(
        make_event(without_bids(old), make_market_view(new), memory=make_memory(shares=15_000.0)),
        account=make_account(positions=(make_position("15000", market=old),)),
    )
    strategy = make_strategy(series="fed")

    decision = decide(replace(view, can_merge=True), (strategy,))

    assert [intent.purpose for intent in decision.approved] == [Purpose.ROLL_IN]
    assert codes(the_event(decision))[-1] == "OLD_LEG_RUNS"


PAIR = (make_position("100"), make_position("40", token_id=NO))


def test_pairs_are_merged_before_anything_else_happens_to_the_event() -> None:
    view = stuck_view(make_market_view(), positions=PAIR, orders=(make_order(),))

    decision = decide(view, (STRATEGY,))

    event = the_event(decision)
    assert event.verdict is Verdict.FROZEN
    assert (
        event.reasons[0].text
        == "40 pairs of fed-hike-dec are worth 1 USD each and are merged first"
    )
    assert not decision.approved
    assert decision.cancels == ("0xb1",), "what rests is withdrawn"


def test_pairs_that_cannot_be_merged_are_left_as_positions() -> None:
    view = replace(stuck_view(make_market_view(), positions=PAIR), can_merge=False)

    assert codes(the_event(decide(view, (STRATEGY,))))[0] == "EXPOSURE_GONE"


@pytest.mark.parametrize(
    ("yes", "no", "payouts", "pairs"),
    [("3", "2", None, "2"), ("3", "0.99", None, "0"), ("3", "2", ("1", "0"), "0")],
)
def test_pairs_are_counted_from_one_share_on_until_the_market_resolves(
    yes: str, no: str, payouts: tuple[str, str] | None, pairs: str
) -> None:
    held = {TokenId(YES): Decimal(yes), TokenId(NO): Decimal(no)}

    assert count_pairs(held, make_market(payouts=payouts)) == Decimal(pairs)
    assert count_pairs({}, make_market()) == 0


def test_no_more_complement_is_bought_than_there_is_to_pair() -> None:
    view = stuck_view()
    (intent,) = decide(view, (STRATEGY,)).approved
    less = replace(
        view,
        account=replace(view.account, positions=(make_position(str(intent.size - 1)),)),
    )

    assert check_orders([intent], view, {EVENT: STRATEGY}, ()) == ((intent,), ())
    _, (denial,) = check_orders([intent], less, {EVENT: STRATEGY}, ())
    assert (denial.code, denial.limit, denial.actual) == (
        "MERGE_OVER_POSITION",
        str(intent.size - 1),
        str(intent.size),
    )


def test_no_complement_is_bought_while_more_of_the_token_may_come() -> None:
    view = stuck_view()
    (intent,) = decide(view, (STRATEGY,)).approved
    view = replace(view, account=replace(view.account, orders=(make_order(),)))

    _, (denial,) = check_orders([intent], view, {EVENT: STRATEGY}, ())

    assert denial.code == "COMPLEMENT_HELD"


def test_a_removed_file_leaves_by_the_complement_too() -> None:
    view = stuck_view()
    view = replace(view, events=(replace(view.events[0], removed=True),))
    strategy = make_strategy(on_remove=OnRemove.CLOSE)

    assert codes(the_event(decide(view, (strategy,)))) == ["REMOVED", "MERGE_EXIT"]


def test_other_names_of_the_outcomes_are_no_price_to_compare_with() -> None:
    other = replace(
        make_market(condition_id=str(ConditionId("0x09")), token_ids=("901", "902"), slug="old"),
        outcomes=("Up", "Down"),
    )
    view = stuck_view(make_market_view())
    events = (replace(view.events[0], markets=(*view.events[0].markets, without_bids(other))),)
    both = (*view.account.positions, make_position("50", market=other))
    view = replace(view, events=events, account=replace(view.account, positions=both))

    decision = decide(view, (STRATEGY,))

    assert [intent.purpose for intent in decision.approved] == [Purpose.CLOSE]
    assert codes(the_event(decision)) == ["EXPOSURE_GONE", "EXIT_WAITS"]

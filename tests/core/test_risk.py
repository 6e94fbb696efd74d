"""The last look at every order: each control refuses in its own name, with both numbers."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.risk import CONTROLS, check_orders
from bot.model.decision import Denial
from bot.model.orders import OrderIntent, OrderStatus, OrderType, Purpose, Side
from bot.model.strategy import Strategy
from bot.model.units import ClientOrderId, EventId, OrderId, Price, Shares, TokenId, Usd
from bot.model.view import View
from tests.core.builders import (
    EVENT,
    make_account,
    make_event,
    make_limits,
    make_market_view,
    make_order,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
)
from tests.fakes import NO, START, YES, make_market


def make_intent(
    *,
    side: Side = Side.BUY,
    size: str = "100",
    limit: str = "0.12",
    order_type: OrderType = OrderType.FAK,
    purpose: Purpose = Purpose.OPEN,
    token_id: str = YES,
    fee_usd: str = "0.42",
    unit: str = "",
) -> OrderIntent:
    return OrderIntent(
        client_order_id=ClientOrderId("c1"),
        event=EVENT,
        condition_id=make_market().condition_id,
        token_id=TokenId(token_id),
        side=side,
        size=Shares(Decimal(size)),
        limit=Price(Decimal(limit)),
        order_type=order_type,
        purpose=purpose,
        fee_usd=Usd(Decimal(fee_usd)),
        unit=unit,
    )


BUY = make_intent()
SELL = make_intent(side=Side.SELL, purpose=Purpose.CLOSE)


def check(
    *intents: OrderIntent,
    view: View | None = None,
    strategy: Strategy | None = None,
    cancels: tuple[str, ...] = (),
) -> tuple[tuple[OrderIntent, ...], tuple[Denial, ...]]:
    return check_orders(
        intents,
        view or make_view(),
        {EVENT: strategy or make_strategy()},
        tuple(OrderId(each) for each in cancels),
    )


def test_an_order_within_every_limit_passes() -> None:
    assert check(BUY) == ((BUY,), ())


def test_a_sale_of_what_is_held_passes_without_any_money() -> None:
    view = make_view(
        account=make_account(cash_usd="0", positions=(make_position("100"),)),
        limits=make_limits(premium_budget_usd="0", max_total_usd="0"),
        portfolio=make_portfolio(unpriced=("GLD",)),
    )
    strategy = make_strategy(max_order_usd="0", max_premium_usd="0")

    assert check(SELL, view=view, strategy=strategy) == ((SELL,), ())


def in_a_cluster(*, spent: str, most: str) -> tuple[View, dict[EventId, Strategy]]:
    """Return two events of one cluster, the other one having spent already."""
    view = make_view(account=make_account(premium_by_event={"other": spent}))
    limits = replace(view.limits, max_cluster_usd=Usd(Decimal(most)))
    mine = replace(make_strategy(), cluster="rates")
    strategies = {EVENT: mine, EventId("other"): replace(mine, event=EventId("other"))}
    return replace(view, limits=limits), strategies


def test_a_cluster_is_held_to_its_limit() -> None:
    within = check_orders((BUY,), *in_a_cluster(spent="80", most="92.42"), ())
    over = check_orders((BUY,), *in_a_cluster(spent="80", most="92.41"), ())

    assert within == ((BUY,), ())
    (denial,) = over[1]
    assert (denial.code, denial.limit, denial.actual) == (
        "CLUSTER_PREMIUM_OVER_LIMIT",
        "92.41",
        "92.42",
    )


def test_an_exit_is_no_premium_of_its_cluster() -> None:
    view, strategies = in_a_cluster(spent="200", most="100")
    held = replace(view, account=make_account(positions=(make_position("100"),)))

    assert check_orders((SELL,), held, strategies, ()) == ((SELL,), ())


SPEND = "12.42"
STALE = make_view(portfolio=make_portfolio(as_of=START - timedelta(days=5)))
CLOSED = make_view(make_event(make_market_view(make_market(closed=True))))


@pytest.mark.parametrize(
    ("intent", "view", "strategy", "code", "limit", "actual"),
    [
        (BUY, CLOSED, None, "MARKET_CLOSED", "accepting orders", "fed-hike-dec is closed"),
        (make_intent(limit="0.125"), None, None, "OFF_TICK", "0.01", "0.125"),
        (make_intent(limit="1.00"), None, None, "OFF_TICK", "0.01", "1.00"),
        (make_intent(size="5"), None, None, "BELOW_MINIMUM", "1", "0.60"),
        (
            make_intent(size="4.99", order_type=OrderType.GTD),
            None,
            None,
            "BELOW_MINIMUM",
            "5",
            "4.99",
        ),
        (
            SELL,
            make_view(account=make_account(positions=(make_position("99.99"),))),
            None,
            "SELL_OVER_POSITION",
            "99.99",
            "100",
        ),
        (SELL, None, None, "SELL_OVER_POSITION", "0", "100"),
        (
            BUY,
            STALE,
            None,
            "PRICES_STALE",
            "4 days, 0:00:00",
            "the oldest portfolio price is 5.0 days old; max_price_age is 4 days",
        ),
        (
            BUY,
            None,
            make_strategy(max_order_usd="12.41"),
            "ORDER_OVER_LIMIT",
            "12.41",
            SPEND,
        ),
        (
            BUY,
            make_view(account=make_account(premium_by_event={EVENT: "90"})),
            make_strategy(max_premium_usd="100"),
            "EVENT_PREMIUM_OVER_LIMIT",
            "100",
            "102.42",
        ),
        (
            BUY,
            make_view(
                account=make_account(premium_used_usd="90"),
                limits=make_limits(premium_budget_usd="100"),
            ),
            None,
            "PREMIUM_OVER_BUDGET",
            "100",
            "102.42",
        ),
        (
            BUY,
            make_view(
                account=make_account(positions=(make_position("9", cost_usd="90", event="x"),)),
                limits=make_limits(max_total_usd="100"),
            ),
            None,
            "TOTAL_OVER_LIMIT",
            "100",
            "102.42",
        ),
        (BUY, make_view(account=make_account(cash_usd="12")), None, "CASH_SHORT", "12", SPEND),
        (
            BUY,
            make_view(account=make_account(positions=(make_position("3", token_id=NO),))),
            None,
            "COMPLEMENT_HELD",
            "0 shares of the complement",
            "3",
        ),
        (
            BUY,
            make_view(account=make_account(orders=(make_order(token_id=NO),))),
            None,
            "COMPLEMENT_HELD",
            "0 shares of the complement",
            "0xb1 open buys it",
        ),
        (
            BUY,
            make_view(account=make_account(orders=(make_order(status=OrderStatus.UNKNOWN),))),
            None,
            "TOKEN_BUSY",
            "no order on its token",
            "0xb1 unknown",
        ),
    ],
)
def test_each_control_refuses_with_both_numbers(
    *,
    intent: OrderIntent,
    view: View | None,
    strategy: Strategy | None,
    code: str,
    limit: str,
    actual: str,
) -> None:
    approved, (denial,) = check(intent, view=view, strategy=strategy)

    assert approved == ()
    assert denial == Denial(code=code, limit=limit, actual=actual, intent=intent)


def test_a_token_whose_order_is_being_cancelled_waits_for_the_next_cycle() -> None:
    view = make_view(account=make_account(orders=(make_order(),)))

    _, (denial,) = check(BUY, view=view, cancels=("0xb1",))

    assert denial.actual == "0xb1 cancelled now"


def test_a_resting_sale_of_the_complement_is_no_purchase_of_it() -> None:
    view = make_view(account=make_account(orders=(make_order(token_id=NO, side=Side.SELL),)))

    assert check(BUY, view=view) == ((BUY,), ())


def test_one_decision_never_sends_two_orders_on_a_token() -> None:
    approved, (denial,) = check(BUY, BUY)

    assert approved == (BUY,)
    assert (denial.code, denial.actual) == ("TOKEN_BUSY", "an order of this decision")


def test_one_decision_never_buys_a_token_and_its_complement() -> None:
    market = make_market(token_ids=(NO, YES))
    view = make_view(make_event(make_market_view()), make_event(make_market_view(market)))

    approved, (denial,) = check(BUY, make_intent(token_id=NO), view=view)

    assert approved == (BUY,)
    assert denial.code == "COMPLEMENT_HELD"
    assert denial.actual == "an order of this decision buys it"


def test_what_earlier_orders_of_the_decision_spend_counts() -> None:
    second = make_market(condition_id="0x02", token_ids=("201", "202"))
    view = make_view(
        make_event(make_market_view(), make_market_view(second)),
        limits=make_limits(premium_budget_usd="20"),
    )

    approved, (denial,) = check(BUY, make_intent(token_id="201"), view=view)

    assert approved == (BUY,)
    assert (denial.code, denial.actual) == ("PREMIUM_OVER_BUDGET", "24.84")


def test_shares_of_one_token_held_for_two_events_add_up() -> None:
    positions = (make_position("60"), make_position("40", event="other"))

    assert check(SELL, view=make_view(account=make_account(positions=positions)))[0] == (SELL,)


def test_a_roll_whose_purchase_is_denied_keeps_its_old_leg() -> None:
    second = make_market(condition_id="0x02", token_ids=("201", "202"))
    view = make_view(
        make_event(make_market_view(), make_market_view(second)),
        account=make_account(cash_usd="1", positions=(make_position("100"),)),
    )
    out = make_intent(side=Side.SELL, purpose=Purpose.ROLL_OUT, unit="u")
    into = make_intent(token_id="201", purpose=Purpose.ROLL_IN, unit="u")

    approved, denials = check(out, into, view=view)

    assert approved == ()
    assert [denial.code for denial in denials] == ["CASH_SHORT", "ROLL_BROKEN"]


def test_the_sale_of_another_roll_is_not_touched() -> None:
    second = make_market(condition_id="0x02", token_ids=("201", "202"))
    view = make_view(
        make_event(make_market_view(), make_market_view(second)),
        account=make_account(cash_usd="1", positions=(make_position("100"),)),
    )
    out = make_intent(side=Side.SELL, purpose=Purpose.ROLL_OUT, unit="mine")
    into = make_intent(token_id="201", purpose=Purpose.ROLL_IN, unit="other")

    assert check(out, into, view=view)[0] == (out,)


def test_every_control_runs_once_for_an_order_that_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []

    def counted(index: int) -> object:
        def control(check: object) -> None:
            calls.append(str(index))

        return control

    monkeypatch.setattr("bot.core.risk.CONTROLS", tuple(counted(i) for i in range(len(CONTROLS))))

    check(BUY, replace(BUY, token_id=TokenId(YES)))

    assert calls == [str(i) for i in range(len(CONTROLS))] * 2

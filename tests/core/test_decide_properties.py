"""What must hold of every decision, whatever the world looks like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.case import Case, open_case
from bot.core.decide import decide
from bot.core.plan import plan_event
from bot.model.decision import Decision, Verdict
from bot.model.market import Book, Market, MarketKind, Quote
from bot.model.orders import OrderIntent, OrderType, Side
from bot.model.strategy import CloseRule, Strategy
from bot.model.units import TokenId
from bot.model.view import EventView, MarketView, Position, View
from tests.core.builders import (
    REST,
    TAKE,
    All,
    Cover,
    Daily,
    Moved,
    make_account,
    make_event,
    make_holding,
    make_limits,
    make_line,
    make_market_view,
    make_order,
    make_portfolio,
    make_position,
    make_strategy,
    make_view,
    next_view,
    the_event,
)
from tests.fakes import START, Levels, make_market

FIVE_MINUTES = timedelta(minutes=5)
CYCLES = 200


@dataclass(frozen=True, slots=True)
class World:
    """A view and the strategies that decide it."""

    view: View
    strategies: tuple[Strategy, ...]

    def decide(self, view: View | None = None) -> Decision:
        return decide(view or self.view, self.strategies)


@st.composite
def levels(draw: st.DrawFn, *, tick: str) -> tuple[Levels, Levels]:
    """Return bids and asks on the tick, uncrossed, with up to three levels each."""
    step = Decimal(tick)
    most = int(1 / step)
    bid = draw(st.integers(3, most - 8))
    ask = bid + draw(st.integers(0, 4))
    sizes = st.integers(10, 30_000).map(str)

    def side(best: int, sign: int) -> Levels:
        depth = draw(st.integers(1, 3))
        return tuple((str(step * (best + sign * i)), draw(sizes)) for i in range(depth))

    return side(bid, -1), side(ask, 1)


@st.composite
def events(draw: st.DrawFn, index: int) -> tuple[EventView, Strategy, tuple[Position, ...], float]:
    """Return an event, its strategy, what is held for it and the worth of what it touches."""
    parts = st.floats(0.1, 1.0)
    tick = draw(st.sampled_from(("0.01", "0.001")))
    bids, asks = draw(levels(tick=tick))
    market = make_market(
        condition_id=f"0x{index:064x}",
        token_ids=(f"{index}01", f"{index}02"),
        slug=f"market-{index}",
        tick=tick,
        fee_rate=draw(st.sampled_from(("0", "0.04", "0.07"))),
        kind=draw(st.sampled_from(MarketKind)),
    )
    strategy = make_strategy(
        event=f"event-{index}",
        lines=(make_line(f"sector-{index}", -draw(st.floats(0.01, 0.9))),),
        sizing=draw(st.builds(Cover, parts) | st.builds(All, parts)),
        triggers={"moved": Moved(), "daily": Daily()} if draw(st.booleans()) else {},
        execution=draw(st.sampled_from((TAKE, REST))),
        max_share_of_depth=draw(st.floats(0.2, 1.0)),
        max_order_usd=draw(st.sampled_from(("50", "400", "100000"))),
        max_premium_usd=draw(st.sampled_from(("30", "1000", "100000"))),
        close=CloseRule(when_exposure_below_usd=draw(st.sampled_from((0.0, 2_000.0)))),
    )
    held = draw(st.integers(0, 20_000)) if draw(st.booleans()) else 0
    positions = (
        (make_position(str(held), market=market, event=strategy.event, cost_usd="10"),)
        if held
        else ()
    )
    view = make_event(make_market_view(market, bids=bids, asks=asks), event=strategy.event)
    return view, strategy, positions, draw(st.floats(100.0, 100_000.0))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Return one to three events with shared money."""
    made = [draw(events(index)) for index in range(1, draw(st.integers(1, 3)) + 1)]
    touched = [
        make_holding(f"S{index}", usd, sector=f"sector-{index}")
        for index, (_, _, _, usd) in enumerate(made, start=1)
    ]
    view = make_view(
        *[event for event, _, _, _ in made],
        portfolio=make_portfolio(*touched, make_holding("REST", 50_000.0, sector="rest")),
        account=make_account(
            cash_usd=draw(st.sampled_from(("25", "2000", "100000"))),
            positions=[position for _, _, held, _ in made for position in held],
            premium_used_usd=draw(st.sampled_from(("0", "150"))),
        ),
        limits=make_limits(
            risk_aversion=draw(st.sampled_from((1.0, 4.3, 12.0))),
            premium_budget_usd=draw(st.sampled_from(("200", "5000", "100000"))),
            max_total_usd=draw(st.sampled_from(("500", "100000"))),
        ),
    )
    return World(view, tuple(strategy for _, strategy, _, _ in made))


def market_of(view: View, intent: OrderIntent) -> Market:
    return next(
        each.market
        for event in view.events
        for each in event.markets
        if each.token_id == intent.token_id
    )


def spend(intent: OrderIntent) -> Decimal:
    return intent.notional_usd + intent.fee_usd


@given(worlds())
def test_every_approved_order_is_one_the_venue_takes(world: World) -> None:
    for intent in world.decide().approved:
        market = market_of(world.view, intent)
        assert intent.limit % market.tick == 0
        assert 0 < intent.limit < 1
        assert intent.size % Decimal("0.01") == 0
        if intent.order_type is OrderType.GTD:
            assert intent.size >= market.minimum_shares
            assert intent.post_only
            assert intent.expires_at is not None
            assert intent.expires_at >= START + timedelta(seconds=120)
        else:
            assert intent.notional_usd >= 1
            if intent.side is Side.BUY:
                assert intent.notional_usd % Decimal("0.01") == 0


@given(worlds())
def test_approved_orders_keep_within_every_limit_together(world: World) -> None:
    view, decision = world.view, world.decide()
    buys = [intent for intent in decision.approved if intent.side is Side.BUY]
    limits = {strategy.event: strategy.limits for strategy in world.strategies}
    used = sum((spend(intent) for intent in buys), Decimal(0))
    cost = sum((position.cost_usd for position in view.account.positions), Decimal(0))

    assert not decision.denials  # planning keeps to the limits by itself
    assert not buys or used <= view.account.cash_usd
    assert not buys or used + view.account.premium_used_usd <= view.limits.premium_budget_usd
    assert not buys or used + cost <= view.limits.max_total_usd
    for intent in buys:
        assert spend(intent) <= limits[intent.event].max_order_usd
        assert spend(intent) <= limits[intent.event].max_premium_usd


@given(worlds())
def test_a_purchase_is_limited_by_what_a_share_is_worth_with_its_fee(world: World) -> None:
    decision = world.decide()
    worth = {event.event: event.reservation_price for event in decision.events}

    for intent in decision.approved:
        if intent.side is Side.BUY:
            price = float(intent.limit)
            fee = float(market_of(world.view, intent).fee.rate) * price * (1.0 - price)
            takes = intent.order_type is not OrderType.GTD
            assert price + fee * takes <= worth[intent.event] + 1e-6


@given(worlds())
def test_a_sale_never_exceeds_what_is_held(world: World) -> None:
    held = {position.token_id: position.shares for position in world.view.account.positions}

    for intent in world.decide().approved:
        if intent.side is Side.SELL:
            assert intent.size <= held[intent.token_id]


@given(worlds())
def test_with_its_orders_filled_deciding_again_gives_no_orders(world: World) -> None:
    again = world.decide(next_view(world.view, world.decide(), after=timedelta(seconds=1)))

    assert again.approved == ()
    assert again.cancels == ()


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25)
@given(worlds(), st.booleans())
def test_nothing_flaps_while_the_books_stand_still(world: World, fill: bool) -> None:
    """A day without news: orders come to an end, and so does planning."""
    view = world.view
    bought: dict[str, int] = {}
    sold: set[str] = set()
    idle = 0
    for _ in range(CYCLES):
        decision = world.decide(view)
        assert decision.next_wake_at is None or decision.next_wake_at > view.now
        planned = [e for e in decision.events if e.verdict is not Verdict.QUIET]
        idle += bool(planned and not decision.approved and not decision.cancels)
        for intent in decision.approved:
            if intent.side is Side.SELL:
                sold.add(intent.event)
            else:
                bought[intent.event] = bought.get(intent.event, 0) + 1
        view = next_view(view, decision, after=FIVE_MINUTES, fill=fill)

    # Looked at again every six hours at most, and once when a hedge is complete.
    assert idle <= 6 * len(world.strategies)
    if fill:
        assert not sold & set(bought)  # nothing is bought that was just sold


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25)
@given(worlds(), st.booleans())
def test_waking_only_when_asked_never_starves_and_never_spins(world: World, fill: bool) -> None:
    view = world.view
    for _ in range(40):
        decision = world.decide(view)
        assert decision.next_wake_at is not None  # all events can be decided: a review is due
        assert view.now < decision.next_wake_at <= view.now + timedelta(days=7)
        after = decision.next_wake_at - view.now
        view = next_view(view, decision, after=after, fill=fill)
        # The portfolio's prices stay fresh, and no market ends, while time passes.
        view = replace(
            view,
            portfolio=replace(view.portfolio, as_of=view.now),
            events=tuple(
                replace(event, markets=tuple(_postponed(each, view) for each in event.markets))
                for event in view.events
            ),
        )


def _postponed(view: MarketView, of: View) -> MarketView:
    return replace(view, market=replace(view.market, ends_at=of.now + timedelta(days=30)))


@given(
    small=st.floats(0.0, 0.9),
    large=st.floats(0.0, 0.9),
    part=st.floats(0.1, 1.0),
    gamma=st.sampled_from((1.0, 4.3, 12.0)),
    both=levels(tick="0.01"),
)
def test_more_exposure_never_gives_a_smaller_hedge(
    *, small: float, large: float, part: float, gamma: float, both: tuple[Levels, Levels]
) -> None:
    small, large = sorted((small, large))
    targets: list[float] = []
    bought: list[float] = []
    for fraction in (small, large):
        view = make_view(
            make_event(make_market_view(bids=both[0], asks=both[1])),
            limits=make_limits(risk_aversion=gamma),
        )
        strategy = make_strategy(lines=(make_line(fraction=-fraction),), sizing=Cover(part))
        case = open_case(view, view.events[0], strategy)
        assert isinstance(case, Case)
        plan = plan_event(case, closing=None)
        targets.append(plan.sized.shares if plan.sized else 0.0)
        bought.append(plan.buy.shares if plan.buy else 0.0)

    assert targets[0] <= targets[1]
    assert bought[0] <= bought[1] * (1.0 + 1e-9) + 1e-9


def _unquoted(view: MarketView) -> MarketView:
    return replace(view, quote=None)


def _stale(view: MarketView) -> MarketView:
    assert view.quote is not None
    return replace(view, quote=Quote(view.quote.book, START - timedelta(hours=1)))


def _with_book(view: MarketView, change: Callable[[Book], Book]) -> MarketView:
    assert view.quote is not None
    return replace(view, quote=Quote(change(view.quote.book), view.quote.confirmed_at))


def _without_bids(view: MarketView) -> MarketView:
    return _with_book(view, lambda book: book._replace(bid_prices=(), bid_sizes=()))


def _without_asks(view: MarketView) -> MarketView:
    return _with_book(view, lambda book: book._replace(ask_prices=(), ask_sizes=()))


def _crossed(view: MarketView) -> MarketView:
    return _with_book(view, lambda book: book._replace(bid_prices=(999_000,), bid_sizes=(1,)))


UNKNOWNS: Mapping[str, Callable[[MarketView], MarketView]] = {
    "missing": _unquoted,
    "stale": _stale,
    "no bids": _without_bids,
    "no asks": _without_asks,
    "crossed": _crossed,
}


@pytest.mark.parametrize("unknown", [*UNKNOWNS, "source", "order"])
@given(world=worlds(), resting=st.booleans())
@settings(max_examples=15)
def test_what_is_unknown_gives_no_orders_for_its_event_only_cancels(
    unknown: str, world: World, resting: bool
) -> None:
    first, *others = world.view.events
    orders = (make_order(event=first.event, token_id="101"),) if resting else ()
    if unknown == "source":
        first = replace(first, problem="down")
    elif unknown == "order":
        fate = make_order(event=first.event, token_id="9").status.UNKNOWN
        orders = (*orders, make_order(event=first.event, status=fate, order_id="0xb2"))
    else:
        change = UNKNOWNS[unknown]
        first = replace(first, markets=tuple(change(each) for each in first.markets))
    account = replace(world.view.account, orders=orders)

    decision = world.decide(replace(world.view, events=(first, *others), account=account))

    assert decision.events[0].verdict is Verdict.FROZEN
    assert first.event not in {intent.event for intent in decision.approved}
    assert decision.cancels == (("0xb1",) if resting else ())


@given(worlds(), st.booleans())
def test_stale_portfolio_prices_give_no_purchases(world: World, missing: bool) -> None:
    settled = next_view(world.view, world.decide(), after=FIVE_MINUTES, fill=False)
    edited = tuple(replace(strategy, digest="d2") for strategy in world.strategies)
    portfolio = replace(settled.portfolio, as_of=START - timedelta(days=9))
    if missing:
        portfolio = replace(settled.portfolio, unpriced=("GLD",))

    decision = decide(replace(settled, portfolio=portfolio), edited)

    assert all(intent.side is Side.SELL for intent in decision.approved)
    assert all(denial.intent.side is Side.SELL for denial in decision.denials)


@given(worlds(), st.integers(1, 50))
def test_a_token_is_never_bought_while_its_complement_is_held(world: World, shares: int) -> None:
    tokens = [market.market.token_ids[1] for event in world.view.events for market in event.markets]
    held = tuple(make_position(str(shares), event="mine", token_id=token) for token in tokens)
    account = replace(world.view.account, positions=held)

    decision = world.decide(replace(world.view, account=account))

    assert decision.approved == ()


@given(worlds())
def test_opposite_strategies_on_one_market_never_hold_both_outcomes(world: World) -> None:
    view, strategy = world.view.events[0], world.strategies[0]
    (each,) = view.markets
    assert each.quote is not None
    book = each.quote.book
    mirrored = Book(
        each.market.token_ids[1],
        book.as_of_ms,
        tuple(1_000_000 - price for price in book.ask_prices),
        book.ask_sizes,
        tuple(1_000_000 - price for price in book.bid_prices),
        book.bid_sizes,
    )
    other = MarketView(market=each.market, adverse_index=1, quote=Quote(mirrored, START))
    mirror = replace(strategy, event=strategy.event.__class__("mirror"))
    both = replace(
        world.view,
        events=(view, make_event(other, event="mirror")),
        account=replace(world.view.account, positions=()),
    )

    decision = decide(both, (strategy, mirror))

    bought: set[TokenId] = {i.token_id for i in decision.approved if i.side is Side.BUY}
    assert len(bought) <= 1


@given(worlds())
def test_a_view_that_went_through_json_gives_the_same_decision(world: World) -> None:
    encode = msgspec.json.Encoder(order="deterministic").encode

    again = msgspec.json.decode(encode(world.view), type=View)
    later = next_view(again, world.decide(again), after=FIVE_MINUTES)

    assert again == world.view
    assert encode(world.decide(again)) == encode(world.decide())
    assert encode(world.decide(later)) == encode(
        world.decide(msgspec.json.decode(encode(later), type=View))
    )


@given(worlds())
def test_a_decision_comes_back_from_json(world: World) -> None:
    decision = world.decide()

    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def test_the_first_world_is_no_empty_one() -> None:
    assert the_event(decide(make_view(), (make_strategy(),))).verdict is Verdict.OPEN

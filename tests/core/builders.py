"""Makers of views, strategies and accounts for tests, and what the next cycle would see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.matching import match_order
from bot.model.decision import Decision, EventDecision
from bot.model.market import Book, Market, Quote
from bot.model.orders import (
    LiveOrder,
    OrderIntent,
    OrderStatus,
    OrderType,
    Purpose,
    Side,
)
from bot.model.portfolio import Portfolio, PricedHolding, Reading, Tags
from bot.model.rule import EventProblem, Firing, Situation, Sized, Sizing, Trigger
from bot.model.strategy import (
    CloseRule,
    Costs,
    Execution,
    ExecutionStyle,
    Impact,
    ImpactBasis,
    ImpactKey,
    ImpactLine,
    Limits,
    MarketRef,
    OnRemove,
    OwnView,
    RollRule,
    Strategy,
)
from bot.model.units import (
    ZERO_SHARES,
    ZERO_USD,
    ClientOrderId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    Usd,
    UsdEst,
    from_e6,
    to_e6,
)
from bot.model.view import (
    Account,
    EventMemory,
    EventView,
    MarketView,
    Position,
    SharedLimits,
    View,
)
from tests.fakes import START, YES, Levels, make_book, make_market

EVENT = EventId("fed-hike")

BIDS: Levels = (("0.11", "50000"), ("0.10", "90000"))
ASKS: Levels = (("0.12", "50000"), ("0.13", "90000"))
"""A book at 11c to 12c, deep enough for every hedge of the portfolio that ``make_view`` makes."""

TAKE, ROLL, CLOSE, NO_MEMORY = Execution(), RollRule(), CloseRule(), EventMemory()
REST = Execution(style=ExecutionStyle.REST_THEN_TAKE)


@dataclass(frozen=True, slots=True)
class Cover:
    """Sizing: this part of the loss."""

    part: float = 1.0

    @property
    def is_joint(self) -> bool:
        return False

    def size(self, problem: EventProblem) -> Sized:
        shares = max(0.0, self.part * problem.loss_usd_est)
        return Sized(shares=shares, state=(problem.state or 0.0) + 1.0, note=f"{self.part:.0%}")


@dataclass(frozen=True, slots=True)
class All:
    """Sizing: what all events decide together, at most this part of the loss."""

    part: float = 1.0

    @property
    def is_joint(self) -> bool:
        return True

    def size(self, problem: EventProblem) -> Sized:
        most = max(0.0, self.part * problem.loss_usd_est)
        return Sized(shares=most, state=0.0, note=f"at most {self.part:.0%}")


@dataclass(frozen=True, slots=True)
class Moved:
    """Trigger: the forecast moved by this much since the last plan."""

    by: float = 0.05

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        move = abs(situation.probability - situation.last_probability)
        if move < self.by:
            return None, situation.probability
        firing = Firing(trigger="moved", text="the forecast moved", reading=move, threshold=self.by)
        return firing, situation.probability

    def next_at(self, situation: Situation) -> datetime | None:
        return None

    def pause(self) -> timedelta:
        return timedelta(0)


@dataclass(frozen=True, slots=True)
class Daily:
    """Trigger: a day has passed since the last plan."""

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        if situation.now < situation.last_run_at + timedelta(days=1):
            return None, 0.0
        return Firing(trigger="daily", text="a day passed", reading=1.0, threshold=1.0), 0.0

    def next_at(self, situation: Situation) -> datetime | None:
        return situation.last_run_at + timedelta(days=1)

    def pause(self) -> timedelta:
        return timedelta(0)


def make_line(
    name: str = "technology",
    fraction: float | None = -0.3,
    *,
    key: ImpactKey = ImpactKey.SECTOR,
    usd: float | None = None,
) -> ImpactLine:
    """Return one line of ``impact``."""
    return ImpactLine(
        key=key, name=name, fraction=None if usd else fraction, usd=usd, source="fed.yaml:9"
    )


def make_strategy(
    *,
    event: str = EVENT,
    lines: Sequence[ImpactLine] = (make_line(),),
    basis: ImpactBasis = ImpactBasis.DIFFERENCE,
    sizing: Sizing | None = None,
    triggers: Mapping[str, Trigger] | None = None,
    series: str = "",
    own_view: OwnView | None = None,
    horizon: timedelta = timedelta(days=120),
    execution: Execution = TAKE,
    min_benefit_to_cost: float = 1.5,
    max_spread: str = "0.04",
    max_share_of_depth: float = 0.2,
    max_order_usd: str = "100000",
    max_premium_usd: str = "100000",
    roll: RollRule = ROLL,
    close: CloseRule = CLOSE,
    max_quote_age: timedelta = timedelta(minutes=2),
    on_remove: OnRemove = OnRemove.CLOSE,
    expires_at: datetime | None = None,
    digest: str = "d1",
) -> Strategy:
    """Return a strategy that covers a 30% loss of technology with a market named by slug."""
    return Strategy(
        event=EventId(event),
        why="A surprise hike would hurt.",
        market=MarketRef(series=series, match="25 bps increase")
        if series
        else MarketRef(slug="fed-hike-dec"),
        adverse="Yes",
        horizon=horizon,
        impact=Impact(basis=basis, lines=tuple(lines)),
        own_view=own_view,
        sizing=sizing or Cover(),
        triggers=tuple((triggers or {}).items()),
        execution=execution,
        costs=Costs(
            min_benefit_to_cost=min_benefit_to_cost,
            max_spread=Decimal(max_spread),
            max_share_of_depth=max_share_of_depth,
        ),
        limits=Limits(
            max_order_usd=Usd(Decimal(max_order_usd)), max_premium_usd=Usd(Decimal(max_premium_usd))
        ),
        roll=roll,
        close=close,
        max_quote_age=max_quote_age,
        on_remove=on_remove,
        expires_at=expires_at,
        path="strategies/fed.yaml",
        text="strategy: fed-hike",
        digest=digest,
    )


def make_holding(
    symbol: str = "QQQ",
    usd: float = 50_000.0,
    *,
    sector: str = "technology",
    region: str = "",
    cluster: str = "",
    asset_class: str = "",
    events: Mapping[str, float] | None = None,
) -> PricedHolding:
    """Return a holding; a negative ``usd`` is a short."""
    return PricedHolding(
        symbol=symbol,
        usd_est=UsdEst(usd),
        as_of=START,
        tags=Tags(
            sector=sector,
            region=region,
            cluster=cluster,
            asset_class=asset_class,
            events=dict(events or {}),
        ),
        source="config.yaml:12",
    )


def make_portfolio(
    *holdings: PricedHolding,
    as_of: datetime = START,
    unpriced: tuple[str, ...] = (),
    readings: Mapping[str, Reading] | None = None,
) -> Portfolio:
    """Return a portfolio; without holdings 50,000 USD of technology and 50,000 of the rest."""
    return Portfolio(
        holdings=holdings or (make_holding(), make_holding("TLT", sector="bonds")),
        as_of=as_of,
        unpriced=unpriced,
        readings=dict(readings or {}),
    )


def make_market_view(
    market: Market | None = None,
    *,
    bids: Levels = BIDS,
    asks: Levels = ASKS,
    confirmed_at: datetime = START,
    quoted: bool = True,
    named: bool = True,
) -> MarketView:
    """Return a candidate market with the book of its first outcome, the adverse one."""
    market = market or make_market()
    book = make_book(market.token_ids[0], bids=bids, asks=asks)
    return MarketView(
        market=market,
        adverse_index=0,
        quote=Quote(book, confirmed_at) if quoted else None,
        named=named,
    )


def make_event(
    *markets: MarketView,
    event: str = EVENT,
    memory: EventMemory = NO_MEMORY,
    problem: str = "",
    removed: bool = False,
) -> EventView:
    """Return an event of these markets; without any, of the one of ``make_market_view``."""
    return EventView(
        event=EventId(event),
        markets=markets or (make_market_view(),),
        memory=memory,
        problem=problem,
        removed=removed,
    )


def make_position(
    shares: str,
    *,
    market: Market | None = None,
    event: str = EVENT,
    cost_usd: str = "0",
    opened_at: datetime = START,
    token_id: str = "",
) -> Position:
    """Return shares of a market's first outcome, or of the token named."""
    market = market or make_market()
    return Position(
        event=EventId(event),
        condition_id=market.condition_id,
        token_id=TokenId(token_id) if token_id else market.token_ids[0],
        shares=Shares(Decimal(shares)),
        cost_usd=Usd(Decimal(cost_usd)),
        opened_at=opened_at,
    )


def make_order(
    *,
    side: Side = Side.BUY,
    size: str = "100",
    filled: str = "0",
    limit: str = "0.11",
    status: OrderStatus = OrderStatus.OPEN,
    event: str = EVENT,
    token_id: str = YES,
    order_id: str = "0xb1",
    fee_usd: str = "0",
    expires_at: datetime | None = None,
) -> LiveOrder:
    """Return one of our orders that has not ended."""
    return LiveOrder(
        client_order_id=ClientOrderId("c1"),
        order_id=OrderId(order_id),
        event=EventId(event),
        condition_id=make_market().condition_id,
        token_id=TokenId(token_id),
        side=side,
        size=Shares(Decimal(size)),
        filled=Shares(Decimal(filled)),
        limit=Price(Decimal(limit)),
        order_type=OrderType.GTD,
        purpose=Purpose.OPEN,
        status=status,
        sent_at=START,
        expires_at=expires_at,
        fee_usd=Usd(Decimal(fee_usd)),
    )


def make_account(
    *,
    cash_usd: str = "10000",
    positions: Sequence[Position] = (),
    orders: Sequence[LiveOrder] = (),
    premium_used_usd: str = "0",
    premium_by_event: Mapping[str, str] | None = None,
) -> Account:
    """Return what the ledger knows of our money."""
    return Account(
        cash_usd=Usd(Decimal(cash_usd)),
        positions=tuple(positions),
        orders=tuple(orders),
        premium_used_usd=Usd(Decimal(premium_used_usd)),
        premium_by_event={
            EventId(event): Usd(Decimal(usd)) for event, usd in (premium_by_event or {}).items()
        },
    )


def make_limits(
    *,
    risk_aversion: float = 4.3,
    premium_budget_usd: str = "100000",
    max_total_usd: str = "100000",
    max_price_age: timedelta = timedelta(days=4),
) -> SharedLimits:
    """Return shared limits that do not bind unless told."""
    return SharedLimits(
        risk_aversion=risk_aversion,
        premium_budget_usd=Usd(Decimal(premium_budget_usd)),
        max_total_usd=Usd(Decimal(max_total_usd)),
        max_price_age=max_price_age,
        max_view_age=timedelta(seconds=30),
    )


def make_view(
    *events: EventView,
    now: datetime = START,
    cycle: int = 1,
    portfolio: Portfolio | None = None,
    account: Account | None = None,
    limits: SharedLimits | None = None,
) -> View:
    """Return a view; unless told, of one event that loses 15,000 of 100,000 USD at 11.5%."""
    return View(
        cycle=cycle,
        now=now,
        mode="paper",
        version="0.0.0",
        limits=limits or make_limits(),
        portfolio=portfolio or make_portfolio(),
        account=account or make_account(),
        events=events or (make_event(),),
    )


def make_memory(
    *,
    shares: float = 0.0,
    verdict: str = "hold:IN_BAND",
    token_id: str = YES,
    run_at: datetime = START - timedelta(hours=1),
    retry_at: datetime | None = None,
    probability: float = 0.115,
    exposure_usd: float = 15_000.0,
    unfinished: bool = False,
    rested_at: datetime | None = None,
    rested_price: float = 0.0,
    rule_state: Mapping[str, float] | None = None,
    digest: str = "d1",
) -> EventMemory:
    """Return what a plan made an hour ago would have left behind."""
    return EventMemory(
        run_at=run_at,
        probability=probability,
        exposure_usd_est=UsdEst(exposure_usd),
        strategy_digest=digest,
        target_shares=shares,
        token_id=TokenId(token_id),
        verdict=verdict,
        unfinished=unfinished,
        retry_at=retry_at,
        rested_at=rested_at,
        rested_price=rested_price,
        rule_state=dict(rule_state or {}),
    )


def the_event(decision: Decision) -> EventDecision:
    """Return the only event's decision."""
    (event,) = decision.events
    return event


def codes(decision: EventDecision) -> list[str]:
    """Return the codes of its reasons, in their order."""
    return [reason.code for reason in decision.reasons]


def next_view(view: View, decision: Decision, *, after: timedelta, fill: bool = True) -> View:
    """Return what the next cycle sees: quotes confirmed, orders matched, memories handed on.

    A FAK is matched with the book of ``view``, which does not become thinner by it; a resting
    order fills whole at its limit. Orders that the decision cancels, and those whose time has
    ended, are gone.

    Args:
        view: What the decision saw.
        decision: Its orders.
        after: Time to the next cycle.
        fill: Whether orders fill; if not, those that may rest do.
    """
    now = view.now + after
    books = {
        market.token_id: market.quote.book
        for event in view.events
        for market in event.markets
        if market.quote is not None
    }
    account = view.account
    for intent in decision.approved:
        if fill:
            market = _market_of(view, intent)
            account = _filled(account, intent, market, books[intent.token_id], now)
        elif intent.order_type is OrderType.GTD:
            account = replace(account, orders=(*account.orders, _resting(intent, view.now)))
    resting = tuple(
        order
        for order in account.orders
        if order.order_id not in decision.cancels
        and (order.expires_at is None or order.expires_at > now)
    )
    account = replace(account, orders=resting)
    memories = {event.event: event.memory for event in decision.events}
    events = tuple(
        replace(
            event,
            memory=memories[event.event],
            markets=tuple(_confirmed(market, now) for market in event.markets),
        )
        for event in view.events
    )
    return replace(view, cycle=view.cycle + 1, now=now, account=account, events=events)


def _resting(intent: OrderIntent, now: datetime) -> LiveOrder:
    return LiveOrder(
        client_order_id=intent.client_order_id,
        order_id=OrderId(f"0x{intent.client_order_id}"),
        event=intent.event,
        condition_id=intent.condition_id,
        token_id=intent.token_id,
        side=intent.side,
        size=intent.size,
        filled=ZERO_SHARES,
        limit=intent.limit,
        order_type=intent.order_type,
        purpose=intent.purpose,
        status=OrderStatus.OPEN,
        sent_at=now,
        expires_at=intent.expires_at,
        fee_usd=intent.fee_usd,
    )


def _confirmed(market: MarketView, now: datetime) -> MarketView:
    quote = market.quote
    return market if quote is None else replace(market, quote=Quote(quote.book, now))


def _market_of(view: View, intent: OrderIntent) -> Market:
    return next(
        market.market
        for event in view.events
        for market in event.markets
        if market.market.condition_id == intent.condition_id
    )


def _filled(
    account: Account, intent: OrderIntent, market: Market, book: Book, now: datetime
) -> Account:
    """Return the account after the order found what the book shows within its limit."""
    shares, usd = intent.size, intent.notional_usd
    fee = ZERO_USD
    if intent.order_type is not OrderType.GTD:
        match = match_order(
            side=intent.side,
            size_e6=to_e6(intent.size),
            limit_e6=to_e6(intent.limit),
            book=book,
            fee=market.fee,
        )
        shares = Shares(sum((from_e6(fill.size_e6) for fill in match.fills), Decimal(0)))
        usd, fee = Usd(from_e6(match.notional_e6)), Usd(from_e6(match.fee_e6))
    sign = 1 if intent.side is Side.BUY else -1
    return _moved(account, intent, shares=shares * sign, usd=-usd * sign - fee, now=now)


def _moved(
    account: Account, intent: OrderIntent, *, shares: Decimal, usd: Decimal, now: datetime
) -> Account:
    before = next((p for p in account.positions if p.token_id == intent.token_id), None)
    others = tuple(p for p in account.positions if p is not before)
    held = (before.shares if before else Decimal(0)) + shares
    cost = max((before.cost_usd if before else Decimal(0)) - usd, Decimal(0))
    position = Position(
        event=intent.event,
        condition_id=intent.condition_id,
        token_id=intent.token_id,
        shares=Shares(held),
        cost_usd=Usd(cost),
        opened_at=before.opened_at if before else now,
    )
    used = account.premium_by_event.get(intent.event, ZERO_USD)
    return replace(
        account,
        cash_usd=Usd(account.cash_usd + usd),
        positions=(*others, position) if held else others,
        premium_used_usd=Usd(account.premium_used_usd - usd),
        premium_by_event={**account.premium_by_event, intent.event: Usd(used - usd)},
    )

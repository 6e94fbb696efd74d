"""Makers of orders, fills, views and decisions for the tests of the ledger."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.ledger import Ledger, LedgerReader
from bot.model.decision import Decision, EventDecision, Reason, Verdict
from bot.model.market import Book, Quote
from bot.model.orders import (
    Accepted,
    Fill,
    OrderIntent,
    OrderType,
    PreparedOrder,
    Purpose,
    Side,
    TradeSettlement,
)
from bot.model.portfolio import Portfolio, PricedHolding
from bot.model.units import (
    ClientOrderId,
    ConditionId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    UsdEst,
    from_e6,
)
from bot.model.view import (
    Account,
    EventMemory,
    EventView,
    MarketView,
    SharedLimits,
    View,
)
from tests.fakes import START, YES, make_book, make_market

EVENT = EventId("fed-hike")


def usd(text: str) -> Usd:
    return Usd(Decimal(text))


def make_intent(
    number: int = 1, *, side: Side = Side.BUY, size: str = "10", limit: str = "0.4"
) -> OrderIntent:
    return OrderIntent(
        client_order_id=ClientOrderId(f"c{number}"),
        event=EVENT,
        condition_id=ConditionId("0xc1"),
        token_id=TokenId(YES),
        side=side,
        size=Shares(Decimal(size)),
        limit=Price(Decimal(limit)),
        order_type=OrderType.GTD,
        purpose=Purpose.OPEN if side is Side.BUY else Purpose.CLOSE,
        post_only=True,
        expires_at=START + timedelta(minutes=10),
        fee_usd=usd("0.1"),
    )


def make_prepared(
    number: int = 1, *, side: Side = Side.BUY, size: str = "10", limit: str = "0.4"
) -> PreparedOrder:
    return PreparedOrder(
        intent=make_intent(number, side=side, size=size, limit=limit),
        order_id=OrderId(f"o{number}"),
        body=b'{"signed": %d}' % number,
        made_at=START + timedelta(seconds=number),
    )


def make_fill(
    number: int = 1,
    *,
    order: int | None = None,
    side: Side = Side.BUY,
    size: str = "10",
    price: str = "0.4",
    fee: str = "0.1",
    settlement: TradeSettlement = TradeSettlement.MATCHED,
) -> Fill:
    return Fill(
        trade_id=TradeId(f"t{number}"),
        order_id=OrderId(f"o{number if order is None else order}"),
        token_id=TokenId(YES),
        side=side,
        size=Shares(Decimal(size)),
        price=Price(Decimal(price)),
        fee_usd=usd(fee),
        is_maker=False,
        at=START + timedelta(minutes=number),
        settlement=settlement,
    )


def send(
    ledger: Ledger,
    number: int = 1,
    *,
    side: Side = Side.BUY,
    size: str = "10",
    limit: str = "0.4",
) -> None:
    """Write an order that the venue accepted."""
    prepared = make_prepared(number, side=side, size=size, limit=limit)
    ledger.record_submitting(prepared, cycle=number)
    result = Accepted(order_id=prepared.order_id, resting=True)
    ledger.record_result(prepared.intent.client_order_id, result, START)


def make_view(
    cycle: int = 1, *, days: float = 0, books: tuple[Book, ...] = (), price: float = 500.0
) -> View:
    """Return a view with one market per book, or one market with a usual book."""
    now = START + timedelta(days=days)
    shown = books or (make_book(bids=[("0.39", "100")], asks=[("0.4", "50")]),)
    market_views = tuple(
        MarketView(
            market=make_market(condition_id=f"0x{n:064x}", token_ids=(book.token_id, f"9{n}")),
            adverse_index=0,
            quote=Quote(book, now),
        )
        for n, book in enumerate(shown)
    )
    holding = PricedHolding(symbol="QQQ", usd_est=UsdEst(price), as_of=now)
    return View(
        cycle=cycle,
        now=now,
        mode="paper",
        version="0.1.0",
        limits=SharedLimits(
            risk_aversion=4.3,
            premium_budget_usd=usd("500"),
            max_total_usd=usd("1000"),
            max_price_age=timedelta(days=4),
            max_view_age=timedelta(seconds=30),
        ),
        portfolio=Portfolio(holdings=(holding,), as_of=now),
        account=Account(cash_usd=usd("1000.10"), premium_used_usd=usd("0")),
        events=(EventView(event=EVENT, markets=market_views),),
    )


def make_decision(
    cycle: int = 1, *, days: float = 0, memory: EventMemory | None = None
) -> Decision:
    event = EventDecision(
        event=EVENT,
        verdict=Verdict.HOLD,
        reasons=(Reason(code="IN_BAND", text="0.1 is inside 0.2"),),
        memory=memory or EventMemory(run_at=START, rule_state={"b": 2.0, "a": 1.0}),
    )
    return Decision(
        cycle=cycle,
        at=START + timedelta(days=days),
        events=(event,),
        cancels=(),
        approved=(make_intent(),),
        denials=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What a venue says of a redemption."""

    token_id: TokenId
    shares: Shares
    payout_usd: Usd


def settle(ledger: Ledger, shares: str, payout: str) -> None:
    paid = Paid(token_id=TokenId(YES), shares=Shares(Decimal(shares)), payout_usd=usd(payout))
    ledger.record_settlement(
        paid,
        event=EVENT,
        condition_id=ConditionId("0xc1"),
        at=START,
        payouts=(Decimal(1), Decimal(0)),
    )


def sums(ledger: LedgerReader | Ledger) -> tuple[Decimal, Decimal]:
    """Return cash and shares as SQL adds them up, without any fold."""
    (row,) = ledger._db.query("SELECT sum(cash_e6) AS cash, sum(shares_e6) AS shares FROM journal")
    return from_e6(row["cash"] or 0), from_e6(row["shares"] or 0)

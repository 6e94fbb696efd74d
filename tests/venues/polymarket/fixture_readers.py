"""What each kind of captured payload is read with, and the short facts its expectation names."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from bot.errors import BadData
from bot.model.market import Book, Market
from bot.model.orders import Accepted, Fill, OrderStatus, Rejected, Side, Unknown, VenueOrder
from bot.model.units import OrderId, Price, Shares, TokenId, Usd
from bot.venues.polymarket import (
    account,
    answers,
    clob,
    data_api,
    gamma,
    stream_rows,
    user_stream,
    wire,
)

Facts = dict[str, object]
OURS = {
    OrderId("0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef12"): Side.BUY,
    OrderId("0x4505aada9831d06078a005c8ec96396a78c8f06035bf763b40fc16d27a250043"): Side.BUY,
    OrderId("0xab679e56242324e15e59cfd488cd0f12e4fd71b153b9bfb57518898b9983145e"): Side.SELL,
    OrderId("0x5b605a0e8e40f3402d3cb3bc19edad6733ed23fbc079d2a09ee399c3487ace81"): Side.BUY,
    OrderId("0x3ad09f225ebe141dfbdb3824f31cb457e8e0301ca4e0a06311e543f5328b9dea"): Side.BUY,
    OrderId("0x67b598cab933c71389176573822be763192a35a8c37e49999a11d611a5882e7d"): Side.BUY,
}
"""Orders that we play the owner of."""
POSTED = OrderId("0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef12")
CANCELLED = {
    "ok": OrderId("0xb816482a1234567890abcdef1234567890abcdef1234567890abcdef12345678"),
    "batch": OrderId("0x" + "3" * 64),
}


def _no_fee(token_id: TokenId, price: Price, size: Shares) -> Usd:
    return Usd(Decimal(0))


def _market(market: Market | None) -> Facts:
    if market is None:
        return {"order book": False}
    return {
        "slug": market.slug[:40],
        "kind": market.kind.value,
        "outcomes": "/".join(market.outcomes),
        "tokens": " ".join(token[-6:] for token in market.token_ids),
        "tick": str(market.tick),
        "minimum": str(market.minimum_shares),
        "neg risk": market.neg_risk,
        "fee": str(market.fee.rate),
        "accepting": market.accepting_orders,
        "closed": market.closed,
        "payouts": None if market.payouts is None else " ".join(map(str, market.payouts)),
        "ends": market.ends_at.isoformat() if market.ends_at else None,
    }


def _page(page: gamma.Page) -> Facts:
    first = page.markets[0] if page.markets else None
    return {
        "rows": page.rows,
        "markets": len(page.markets),
        "first": first.slug[:40] if first else None,
        "title": first.group_title if first else None,
        "event": first.event_slug if first else None,
        "neg risk": sum(market.neg_risk for market in page.markets),
        "resolved": sum(market.payouts is not None for market in page.markets),
    }


def _book(book: Book) -> Facts:
    return {
        "levels": f"{len(book.bid_prices)} x {len(book.ask_prices)}",
        "best bid": f"{book.bid_prices[0]} {book.bid_sizes[0]}",
        "best ask": f"{book.ask_prices[0]} {book.ask_sizes[0]}",
        "at": book.as_of_ms,
    }


def gamma_market(body: bytes) -> Facts:
    return _market(gamma.read_market(body, what="payload"))


def gamma_markets(body: bytes) -> Facts:
    return _page(gamma.read_markets(body, what="payload"))


def gamma_events(body: bytes) -> Facts:
    return _page(gamma.read_events(body, what="payload"))


def gamma_tags(body: bytes) -> Facts:
    tags = gamma.read_tags(body, what="payload")
    return {"rows": len(tags), "first": tags[0].slug}


def clob_book(body: bytes) -> Facts:
    return _book(clob.read_book(body, clob.numbers(), what="payload").book)


def clob_market(body: bytes) -> Facts:
    market = clob.read_clob_market(body, what="payload")
    payouts = market.payouts()
    return {
        "slug": market.market_slug,
        "tick": str(market.minimum_tick_size),
        "minimum": str(market.minimum_order_size),
        "neg risk": market.neg_risk,
        "closed": market.closed,
        "accepting": market.accepting_orders,
        "tokens": " ".join(token.token_id[-6:] for token in market.tokens),
        "payouts": None if payouts is None else " ".join(map(str, payouts)),
    }


def clob_page(body: bytes) -> Facts:
    rows, cursor = clob.read_clob_page(body, what="payload")
    return {
        "rows": len(rows),
        "cursor": cursor,
        "closed": sum(row.closed for row in rows),
        "resolved": sum(row.payouts() is not None for row in rows),
    }


def prices_history(body: bytes) -> Facts:
    points = clob.read_history(body, what="payload")
    return {"points": len(points), "first": f"{points[0][0]:%Y-%m-%dT%H:%M:%S} {points[0][1]}"}


def base_fee(body: bytes) -> Facts:
    return {"bps": clob.read_base_fee(body, what="payload")}


def _open_order(order: VenueOrder) -> str:
    return f"{order.side} {order.filled}/{order.size} at {order.limit} ends {order.expires_at}"


def open_order(body: bytes) -> Facts:
    order = account.read_order(body, what="payload")
    return {"order": None if order is None else _open_order(order)}


def open_orders(body: bytes) -> Facts:
    orders, cursor = account.read_orders(body, what="payload")
    return {"orders": [_open_order(order) for order in orders], "cursor": cursor}


def _fills(row: account.TradeRow) -> list[str]:
    def show(fill: Fill) -> str:
        role = "maker" if fill.is_maker else "taker"
        return f"{role} {fill.side} {fill.size} at {fill.price} of ..{fill.token_id[-4:]}"

    fills = account.fills_of(row, side_of=OURS.get, fee_of=_no_fee, what="payload")
    return [show(fill) for fill in fills]


def _trade(row: account.TradeRow) -> Facts:
    return {
        "fills": _fills(row),
        "settlement": account.settlement(row.status, name="status").value,
        "at": str(wire.instant(row.match_time, name="match_time")),
    }


def trade(body: bytes) -> Facts:
    return _trade(account.read_trade(body, what="payload"))


def trades(body: bytes) -> Facts:
    rows, cursor = account.read_trades(body, what="payload")
    return {"trades": len(rows), "cursor": cursor, **_trade(rows[0])}


def cancel_of(which: str) -> Callable[[bytes], Facts]:
    def cancel(body: bytes) -> Facts:
        result = account.read_cancel(body, CANCELLED[which], what="payload")
        return {"cancelled": result.cancelled, "detail": result.detail}

    return cancel


def balance(body: bytes) -> Facts:
    return {"balance": str(account.read_balance(body, what="payload"))}


def answer_with(status: int) -> Callable[[bytes], Facts]:
    def answer(body: bytes) -> Facts:
        match answers.read_submit(status, body, POSTED):
            case Accepted(resting=resting):
                return {"result": "accepted", "resting": resting}
            case Rejected(code=code, detail=detail):
                return {"result": "rejected", "code": code, "detail": detail}
            case Unknown(detail=detail):
                return {"result": "unknown", "detail": detail}

    return answer


def positions(body: bytes) -> Facts:
    rows, cursor = data_api.read_positions(body, what="payload")
    return {
        "rows": [f"..{row.token_id[-4:]} {row.shares} {row.redeemable}" for row in rows],
        "cursor": cursor,
    }


def public_trades(body: bytes) -> Facts:
    rows = data_api.read_public_trades(body, what="payload")
    first = rows[0]
    return {
        "rows": len(rows),
        "first": f"{first.side} {first.size} at {first.price}",
        "at": str(first.at),
    }


def market_frame(body: bytes) -> Facts:
    (message,) = stream_rows.FrameReader().read(body.decode())
    return _message(message)


def book_message(body: bytes) -> Facts:
    return _message(wire.read(body, stream_rows.BookMessage, "payload"))


def price_message(body: bytes) -> Facts:
    return _message(wire.read(body, stream_rows.PriceChangeMessage, "payload"))


def trade_message(body: bytes) -> Facts:
    return _message(wire.read(body, stream_rows.TradeMessage, "payload"))


def tick_message(body: bytes) -> Facts:
    return _message(wire.read(body, stream_rows.TickMessage, "payload"))


def _message(message: stream_rows.Message) -> Facts:
    facts: Facts
    read = clob.numbers()
    match message:
        case stream_rows.BookMessage():
            facts = _book(clob.snapshot(message, read, what="payload").book)
        case stream_rows.PriceChangeMessage(price_changes=changes):
            facts = {"changes": [_change(row, read) for row in changes]}
        case stream_rows.TradeMessage():
            seen = stream_rows.trade_print(message, read)
            facts = {"print": f"{seen.price_e6} {seen.size_e6}", "buys": seen.taker_buys}
            facts["at"] = seen.at_ms
        case stream_rows.TickMessage():
            facts = {"tick": f"{message.old_tick_size} -> {message.new_tick_size}"}
        case stream_rows.BestMessage():
            facts = {"best": f"{message.best_bid}/{message.best_ask}"}
        case stream_rows.NewMarketMessage():
            facts = {"slug": message.slug, "tick": str(message.order_price_min_tick_size)}
        case stream_rows.ResolvedMessage():
            facts = {"winner": message.winning_outcome, "market": message.market[:10]}
    return facts


def _change(row: stream_rows.LevelChange, read: clob.Numbers) -> str:
    best = f"best {row.best_bid}/{row.best_ask}"
    return f"{row.side} {read.price[row.price]} {read.size[row.size]} {best}"


def user_order(body: bytes) -> Facts:
    seen = user_stream.read_order_message(body, what="payload")
    if seen.status is OrderStatus.UNKNOWN:
        raise BadData(f"payload.status was {seen.detail!r}, a word not known")
    return {"order": _open_order(seen.order), "status": seen.status.value, "at": str(seen.at)}


def user_trade(body: bytes) -> Facts:
    return _trade(user_stream.read_trade_message(body, what="payload"))

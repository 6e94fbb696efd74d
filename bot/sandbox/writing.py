"""Writes markets and books as the venue does: worst level first, numbers as text, JSON in text.

It is written from the protocol's description and shares nothing with the readers in
``bot.venues.polymarket``, so that a misreading there is not repeated here.
**Source:** POLYMARKET sections 5.1, 5.2 and 6, read 2026-11.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.model.market import Book, Market, MarketKind, Print
from bot.model.units import TokenId
from bot.sandbox.chain.markets import oracle, question_id

Json = dict[str, object]

_MILLION = 1_000_000


def plain(millionths: int) -> str:
    """Return integer millionths as the venue spells numbers: ``0.52``, ``40``."""
    whole, part = divmod(millionths, _MILLION)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")


def book_row(book: Book, market: Market, *, last_price: str) -> Json:
    """Return ``/book``: bids rising, asks falling, so that the best level is last."""
    row: Json = {
        "market": market.condition_id,
        "asset_id": book.token_id,
        "timestamp": str(book.as_of_ms),
        "hash": "",
        "bids": _levels(book.bid_prices, book.bid_sizes),
        "asks": _levels(book.ask_prices, book.ask_sizes),
        "min_order_size": _shortest(market.minimum_shares),
        "tick_size": _shortest(market.tick),
        "neg_risk": market.neg_risk,
        "last_trade_price": last_price,
    }
    return {**row, "hash": book_hash(row)}


def book_hash(row: Json) -> str:
    """Return the SHA-1 of a book row with an empty hash, in the venue's order of keys."""
    text = json.dumps({**row, "hash": ""}, separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _levels(prices: Sequence[int], sizes: Sequence[int]) -> list[Json]:
    levels = zip(reversed(prices), reversed(sizes), strict=True)
    return [{"price": plain(price), "size": plain(size)} for price, size in levels]


def level_changes(old: Book | None, new: Book, *, hash_: str) -> list[Json]:
    """Return the entries of ``price_changes`` that lead from one book to the next."""
    best: Json = {
        "hash": hash_,
        "best_bid": plain(new.bid_prices[0]) if new.bid_prices else "0",
        "best_ask": plain(new.ask_prices[0]) if new.ask_prices else "1",
    }
    before = (
        {} if old is None else dict(zip(old.bid_prices, old.bid_sizes, strict=True)),
        {} if old is None else dict(zip(old.ask_prices, old.ask_sizes, strict=True)),
    )
    after = (
        dict(zip(new.bid_prices, new.bid_sizes, strict=True)),
        dict(zip(new.ask_prices, new.ask_sizes, strict=True)),
    )
    return [
        {
            "asset_id": new.token_id,
            "price": plain(price),
            "size": plain(then.get(price, 0)),
            "side": side,
            **best,
        }
        for side, was, then in zip(("BUY", "SELL"), before, after, strict=True)
        for price in sorted(was.keys() | then.keys())
        if was.get(price, 0) != then.get(price, 0)
    ]


def trade_row(trade: Print, market: Market) -> Json:
    """Return a ``last_trade_price`` message."""
    return {
        "event_type": "last_trade_price",
        "market": market.condition_id,
        "asset_id": trade.token_id,
        "price": plain(trade.price_e6),
        "size": plain(trade.size_e6),
        "side": "" if trade.taker_buys is None else "BUY" if trade.taker_buys else "SELL",
        "fee_rate_bps": "0",
        "transaction_hash": "0x" + "0" * 64,
        "timestamp": str(trade.at_ms),
    }


def gamma_market(market: Market, *, prices: tuple[str, str], with_event: bool) -> Json:
    """Return a market as Gamma lists it.

    Args:
        market: The market.
        prices: ``outcomePrices``.
        with_event: Whether its event hangs on it, as it does outside of events.
    """
    is_v2 = market.kind is MarketKind.V2
    ids: Json = (
        {"version": "v2", "positionIds": list(market.token_ids)}
        if is_v2
        else {"version": "v1", "clobTokenIds": json.dumps(list(market.token_ids))}
    )
    row: Json = {
        "id": market_number(market.condition_id),
        "question": market.question,
        "conditionId": market.condition_id,
        "slug": market.slug,
        **ids,
        "groupItemTitle": market.group_title,
        "questionID": question_id(market),
        "resolvedBy": oracle(market),
        "negRisk": market.neg_risk,
        "endDate": _iso(market.ends_at),
        "active": True,
        "closed": market.closed,
        # The venue's own format; here a market closes at its scheduled end.
        "closedTime": f"{market.ends_at:%Y-%m-%d %H:%M:%S}+00"
        if market.closed and market.ends_at
        else None,
        "archived": False,
        "acceptingOrders": market.accepting_orders,
        "enableOrderBook": True,
        "outcomes": json.dumps(list(market.outcomes)),
        "outcomePrices": json.dumps(list(prices)),
        "orderPriceMinTickSize": float(market.tick),
        "orderMinSize": float(market.minimum_shares),
        "secondsDelay": int(market.taker_delay_s),
        "feesEnabled": market.fee.rate > 0,
        "feeSchedule": {
            "exponent": market.fee.exponent,
            "rate": float(market.fee.rate),
            "takerOnly": True,
            "rebateRate": 0.25,
        },
        "umaResolutionStatus": _resolution_status(market),
        "umaResolutionStatuses": "[]",
    }
    if market.neg_risk:
        row["negRiskMarketID"] = made_up_id(f"group of {market.event_slug or market.slug}")
        row["negRiskRequestID"] = made_up_id(f"request of {market.condition_id}")
    if is_v2:
        row["resolutionStatus"] = "resolved" if market.payouts is not None else "active"
    if with_event and market.event_slug:
        row["events"] = [gamma_event(market.event_slug, (market,), rows=None)]
    return row


def gamma_event(slug: str, markets: Sequence[Market], *, rows: Iterable[Json] | None) -> Json:
    """Return an event; ``rows`` are its markets, None where the event hangs on a market."""
    series = next((market.series_slug for market in markets if market.series_slug), "")
    event: Json = {
        "id": market_number(slug),
        "slug": slug,
        "title": slug.replace("-", " "),
        "endDate": _iso(max((m.ends_at for m in markets if m.ends_at), default=None)),
        "active": True,
        "closed": all(market.closed for market in markets),
        "negRisk": any(market.neg_risk for market in markets),
    }
    if series:
        event |= {"seriesSlug": series, "series": [series_row(series)]}
    return event if rows is None else {**event, "markets": list(rows)}


def series_row(slug: str) -> Json:
    """Return a series."""
    return {
        "id": market_number(slug),
        "slug": slug,
        "title": slug.replace("-", " "),
        "recurrence": "monthly",
    }


def clob_market(market: Market, *, prices: tuple[str, str]) -> Json:
    """Return ``/markets/{condition}``: the long form with the winner."""
    payouts = market.payouts
    return {
        "condition_id": market.condition_id,
        "question": market.question,
        "market_slug": market.slug,
        "end_date_iso": _iso(market.ends_at),
        "active": True,
        "closed": market.closed,
        "accepting_orders": market.accepting_orders,
        "minimum_tick_size": float(market.tick),
        "minimum_order_size": float(market.minimum_shares),
        "seconds_delay": int(market.taker_delay_s),
        "neg_risk": market.neg_risk,
        "is_50_50_outcome": payouts is not None and payouts[0] == payouts[1],
        "tokens": [
            {
                "token_id": token,
                "outcome": outcome,
                "price": float(price),
                "winner": payouts is not None and payouts[number] == 1,
            }
            for number, (token, outcome, price) in enumerate(
                zip(market.token_ids, market.outcomes, prices, strict=True)
            )
        ],
    }


def clob_terms(market: Market) -> Json:
    """Return ``/clob-markets/{condition}``; false booleans are left out."""
    row: Json = {
        "c": market.condition_id,
        "t": [
            {"t": token, "o": outcome}
            for token, outcome in zip(market.token_ids, market.outcomes, strict=True)
        ],
        "mos": float(market.minimum_shares),
        "mts": float(market.tick),
        "fd": {"r": float(market.fee.rate), "e": market.fee.exponent, "to": True},
        "mbf": 0,
        "tbf": 0,
        "sd": int(market.taker_delay_s),
        "v": "v2" if market.kind is MarketKind.V2 else "v1",
    }
    if market.neg_risk:
        row["nr"] = True
    if market.accepting_orders:
        row["ao"] = True
    return row


def tick_change(market: Market, token_id: TokenId, *, old: object, at_ms: int) -> Json:
    """Return a ``tick_size_change`` message."""
    return {
        "event_type": "tick_size_change",
        "market": market.condition_id,
        "asset_id": token_id,
        "old_tick_size": _shortest(old),
        "new_tick_size": _shortest(market.tick),
        "timestamp": str(at_ms),
    }


def resolved(market: Market, *, at_ms: int) -> Json:
    """Return a ``market_resolved`` message; a 50/50 outcome has no winner."""
    payouts = market.payouts or ()
    winner = next((number for number, paid in enumerate(payouts) if paid == 1), None)
    return {
        "event_type": "market_resolved",
        "id": market_number(market.condition_id),
        "market": market.condition_id,
        "assets_ids": list(market.token_ids),
        "winning_asset_id": "" if winner is None else market.token_ids[winner],
        "winning_outcome": "" if winner is None else market.outcomes[winner],
        "timestamp": str(at_ms),
        "tags": [],
    }


def made_up_id(name: str) -> str:
    """Return 32 bytes in hex: the same for the same name."""
    return "0x" + hashlib.sha256(name.encode()).hexdigest()


def market_number(name: str) -> str:
    """Return the number that Gamma would have given: the same for the same name."""
    return str(int(hashlib.sha256(name.encode()).hexdigest()[:10], 16))


def _resolution_status(market: Market) -> str:
    if market.payouts is not None:
        return "resolved"
    return "disputed" if market.disputed else ""


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _shortest(number: object) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

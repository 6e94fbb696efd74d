"""What becomes of each captured payload in ``../shared/data/api_fixtures``.

Each file is named as parses, refused or not ours. The payloads are real and not ours to copy; the
facts expected of them are stated here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.venues.polymarket.fixture_readers import (
    Facts,
    answer_with,
    balance,
    base_fee,
    book_message,
    cancel_of,
    clob_book,
    clob_market,
    clob_page,
    gamma_events,
    gamma_market,
    gamma_markets,
    gamma_tags,
    market_frame,
    open_order,
    open_orders,
    positions,
    price_message,
    prices_history,
    public_trades,
    tick_message,
    trade,
    trade_message,
    trades,
    user_order,
    user_trade,
)


@dataclass(frozen=True)
class Parses:
    """Read whole, with these facts."""

    reader: Callable[[bytes], Facts]
    facts: Facts


@dataclass(frozen=True)
class Refused:
    """``BadData`` whose message names the field and why."""

    reader: Callable[[bytes], Facts]
    why: str


@dataclass(frozen=True)
class NotOurs:
    """Nothing of it is read by the program."""

    why: str


TABLE: dict[str, Parses | Refused | NotOurs] = {
    "README.md": NotOurs("the notes on the collection, no payload"),
    "live_captures_2026-02/api_probe_log.json.gz": NotOurs(
        "the collector's own log of endpoints it tried"
    ),
    "live_captures_2026-02/clob_prices_history_1w_fidelity5.json.gz": Parses(
        prices_history, {"points": 2013, "first": "2026-01-31T16:10:43 0.265"}
    ),
    "live_captures_2026-02/clob_prices_history_interval_1d.json.gz": Parses(
        prices_history, {"points": 1440, "first": "2026-02-06T16:09:17 0.23"}
    ),
    "live_captures_2026-02/clob_prices_history_interval_1h.json.gz": Parses(
        prices_history, {"points": 62, "first": "2026-02-07T15:08:32 0.225"}
    ),
    "live_captures_2026-02/clob_prices_history_interval_max.json.gz": Parses(
        prices_history, {"points": 4456, "first": "2026-01-07T16:10:12 0.185"}
    ),
    "live_captures_2026-02/clob_sampling_markets.json.gz": Parses(
        clob_page, {"rows": 1000, "cursor": "MTAwMA==", "closed": 0, "resolved": 0}
    ),
    "live_captures_2026-02/clob_simplified_markets.json.gz": Parses(
        clob_page, {"rows": 1000, "cursor": "MTAwMA==", "closed": 0, "resolved": 0}
    ),
    "live_captures_2026-02/data_api_trades.json.gz": Parses(
        public_trades,
        {
            "rows": 100,
            "first": "buy 13.636362 at 0.21999995306666104",
            "at": "2026-02-07 15:51:59+00:00",
        },
    ),
    "live_captures_2026-02/gamma_event_by_slug.json.gz": Parses(
        gamma_events,
        {
            "rows": 1,
            "markets": 4,
            "first": "microstrategy-sell-any-bitcoin-in-2025",
            "title": "December 31, 2025",
            "event": "microstrategy-sell-any-bitcoin-in-2025",
            "neg risk": 0,
            "resolved": 1,
        },
    ),
    "live_captures_2026-02/gamma_events_page.json.gz": Parses(
        gamma_events,
        {
            "rows": 10,
            "markets": 0,
            "first": None,
            "title": None,
            "event": None,
            "neg risk": 0,
            "resolved": 0,
        },
    ),
    "live_captures_2026-02/gamma_markets_active_500_2026-02-13.json.gz": Parses(
        gamma_markets,
        {
            "rows": 200,
            "markets": 200,
            "first": "will-trump-deport-less-than-250000",
            "title": "<250k",
            "event": "how-many-people-will-trump-deport-in-2025",
            "neg risk": 174,
            "resolved": 0,
        },
    ),
    "live_captures_2026-02/gamma_markets_page.json.gz": Parses(
        gamma_markets,
        {
            "rows": 20,
            "markets": 0,
            "first": None,
            "title": None,
            "event": None,
            "neg risk": 0,
            "resolved": 0,
        },
    ),
    "live_captures_2026-02/gamma_sports.json.gz": NotOurs(
        "the list of sports leagues; no event here is a match"
    ),
    "live_captures_2026-02/gamma_tags.json.gz": Parses(gamma_tags, {"rows": 100, "first": "jto"}),
    "live_captures_2026-02/kalshi_events_with_markets.json.gz": NotOurs("another venue"),
    "nautilus_python/http_responses/book.json": Parses(
        clob_book,
        {
            "levels": "5 x 7",
            "best bid": "100000 125000000",
            "best ask": "140000 705000000",
            "at": 1728799418260,
        },
    ),
    "nautilus_python/http_responses/event.json": Refused(
        gamma_events, "payload events[0].markets[0].outcomes is absent; it must hold two texts"
    ),
    "nautilus_python/http_responses/events_list.json": Refused(
        gamma_events,
        "payload cannot be read: Object missing required field `question` - at `$[0].markets[0]`",
    ),
    "nautilus_python/http_responses/market.json": Parses(
        clob_market,
        {
            "slug": "will-donald-trump-win-the-2024-us-presidential-election",
            "tick": "0.001",
            "minimum": "5",
            "neg risk": True,
            "closed": False,
            "accepting": True,
            "tokens": "836455 965732",
            "payouts": None,
        },
    ),
    "nautilus_python/http_responses/market_slug.json": Refused(
        gamma_market, "payload.outcomes is absent; it must hold two texts"
    ),
    "nautilus_python/http_responses/markets.json.gz": Parses(
        clob_page, {"rows": 100, "cursor": "MTAw", "closed": 98, "resolved": 24}
    ),
    "nautilus_python/http_responses/markets_list.json": Refused(
        gamma_markets, "payload markets[0].outcomes is absent; it must hold two texts"
    ),
    "nautilus_python/http_responses/trades.json": Parses(
        public_trades, {"rows": 4, "first": "sell 5.4 at 0.998", "at": "2024-10-15 13:49:40+00:00"}
    ),
    "nautilus_python/ws_messages/book.json": Parses(
        market_frame,
        {
            "levels": "76 x 86",
            "best bid": "511000 1304720000",
            "best ask": "514000 20230870000",
            "at": 1728799418260,
        },
    ),
    "nautilus_python/ws_messages/last_trade_price.json": Parses(
        market_frame, {"print": "491000 85360000", "buys": False, "at": 1724564136087}
    ),
    "nautilus_python/ws_messages/order_cancel.json": Parses(
        user_order,
        {
            "order": "sell 5/5 at 0.513 ends None",
            "status": "cancelled",
            "at": "2024-09-09 00:29:03.272000+00:00",
        },
    ),
    "nautilus_python/ws_messages/order_placement.json": Parses(
        user_order,
        {
            "order": "buy 0/5 at 0.513 ends None",
            "status": "open",
            "at": "2024-09-09 00:42:00.990000+00:00",
        },
    ),
    "nautilus_python/ws_messages/price_change.json": Refused(
        market_frame,
        "a frame of the market channel cannot be read: "
        "Object missing required field `price_changes` - at `$[0]`",
    ),
    "nautilus_python/ws_messages/price_change_v2.json": Parses(
        market_frame,
        {
            "changes": [
                "BUY 600000 3300000000 best 0.6/0.7",
                "BUY 500000 3400000000 best 0.6/0.7",
                "BUY 700000 3400000000 best 0.6/0.7",
            ]
        },
    ),
    "nautilus_python/ws_messages/tick_size_change.json": Parses(
        market_frame, {"tick": "0.01 -> 0.001"}
    ),
    "nautilus_python/ws_messages/trades.json": Parses(
        trade,
        {
            "fills": ["taker buy 5 at 0.489 of ..6455"],
            "settlement": "confirmed",
            "at": "2024-09-11 08:25:02+00:00",
        },
    ),
    "nautilus_python/ws_messages/user_trade1.json": Parses(
        user_trade,
        {
            "fills": ["taker buy 1096.87 at 0.518 of ..6455", "maker sell 5 at 0.518 of ..6455"],
            "settlement": "mined",
            "at": "2024-09-09 08:00:59+00:00",
        },
    ),
    "nautilus_python/ws_messages/user_trade2.json": Parses(
        user_trade,
        {
            "fills": ["taker buy 5 at 0.52 of ..6455"],
            "settlement": "matched",
            "at": "2024-09-10 08:58:01+00:00",
        },
    ),
    "nautilus_python/ws_messages/user_trade3.json": Parses(
        user_trade,
        {
            "fills": ["maker buy 5 at 0.513 of ..6455"],
            "settlement": "confirmed",
            "at": "2025-11-10 12:06:07+00:00",
        },
    ),
    "nautilus_python/ws_messages/user_trade4.json": Parses(
        user_trade,
        {
            "fills": ["maker buy 5 at 0.4 of ..6455", "maker buy 5 at 0.3 of ..6455"],
            "settlement": "confirmed",
            "at": "2025-11-10 12:06:07+00:00",
        },
    ),
    "nautilus_rust/clob_book_response.json": Parses(
        clob_book,
        {
            "levels": "3 x 3",
            "best bid": "500000 150000000",
            "best ask": "510000 120000000",
            "at": 1703875200000,
        },
    ),
    "nautilus_rust/clob_fee_rate_response_nonzero.json": Parses(base_fee, {"bps": 150}),
    "nautilus_rust/clob_fee_rate_response_zero.json": Parses(base_fee, {"bps": 0}),
    "nautilus_rust/clob_market_closed_binary_accepting_false.json": Parses(
        clob_market,
        {
            "slug": "katana-fdv-above-1b-one-day-after-launch-395-996",
            "tick": "0.001",
            "minimum": "5",
            "neg risk": False,
            "closed": True,
            "accepting": False,
            "tokens": "287226 707365",
            "payouts": "0 1",
        },
    ),
    "nautilus_rust/clob_market_closed_binary_accepting_true.json": Parses(
        clob_market,
        {
            "slug": "russia-x-ukraine-ceasefire-by-end-of-2027",
            "tick": "0.01",
            "minimum": "5",
            "neg risk": False,
            "closed": True,
            "accepting": True,
            "tokens": "935807 942629",
            "payouts": "1 0",
        },
    ),
    "nautilus_rust/data_api_positions_response.json": Parses(
        positions,
        {
            "rows": [
                "..7982 150.5 False",
                "..9999 0.0 False",
                "..8888 42.0 True",
                "..5555 0.005 False",
            ],
            "cursor": None,
        },
    ),
    "nautilus_rust/data_api_trades_response.json": Parses(
        public_trades, {"rows": 3, "first": "buy 100.0 at 0.55", "at": "2024-03-09 16:00:00+00:00"}
    ),
    "nautilus_rust/gamma_event.json": Parses(
        gamma_events,
        {
            "rows": 1,
            "markets": 2,
            "first": "will-stephen-a-smith-win-the-2028-democr",
            "title": "Stephen A. Smith",
            "event": "democratic-presidential-nominee-2028",
            "neg risk": 2,
            "resolved": 0,
        },
    ),
    "nautilus_rust/gamma_market.json": Refused(
        gamma_market, "payload.feeSchedule is absent although feesEnabled is true"
    ),
    "nautilus_rust/gamma_market_closed_binary_accepting_false.json": Parses(
        gamma_market,
        {
            "slug": "katana-fdv-above-1b-one-day-after-launch",
            "kind": "ctf",
            "outcomes": "Yes/No",
            "tokens": "287226 707365",
            "tick": "0.001",
            "minimum": "5",
            "neg risk": False,
            "fee": "0",
            "accepting": False,
            "closed": True,
            "payouts": "0 1",
            "ends": "2028-01-01T05:00:00+00:00",
        },
    ),
    "nautilus_rust/gamma_market_closed_binary_accepting_true.json": Parses(
        gamma_market,
        {
            "slug": "russia-x-ukraine-ceasefire-by-end-of-202",
            "kind": "ctf",
            "outcomes": "Yes/No",
            "tokens": "935807 942629",
            "tick": "0.01",
            "minimum": "5",
            "neg risk": False,
            "fee": "0",
            "accepting": False,
            "closed": True,
            "payouts": None,
            "ends": "2027-12-31T00:00:00+00:00",
        },
    ),
    "nautilus_rust/gamma_market_closed_nonbinary_legacy.json": Parses(
        gamma_market, {"order book": False}
    ),
    "nautilus_rust/gamma_market_closed_zero_zero_legacy.json": Parses(
        gamma_market, {"order book": False}
    ),
    "nautilus_rust/gamma_market_sports_market_map_handicap.json": Parses(
        gamma_market,
        {
            "slug": "cs2-faze-ill-2026-04-05-map-handicap-awa",
            "kind": "ctf",
            "outcomes": "FaZe/illwill",
            "tokens": "931648 698477",
            "tick": "0.001",
            "minimum": "5",
            "neg risk": False,
            "fee": "0.03",
            "accepting": False,
            "closed": True,
            "payouts": "1 0",
            "ends": "2026-04-05T21:10:00+00:00",
        },
    ),
    "nautilus_rust/gamma_market_sports_market_money_line.json": Parses(
        gamma_market,
        {
            "slug": "cs2-faze-ill-2026-04-05",
            "kind": "ctf",
            "outcomes": "FaZe/illwill",
            "tokens": "371398 431867",
            "tick": "0.001",
            "minimum": "5",
            "neg risk": False,
            "fee": "0.03",
            "accepting": False,
            "closed": True,
            "payouts": "1 0",
            "ends": "2026-04-05T21:10:00+00:00",
        },
    ),
    "nautilus_rust/gamma_tags.json": Parses(
        gamma_tags, {"rows": 5, "first": "health-and-human-services"}
    ),
    "nautilus_rust/http_balance_allowance_collateral.json": Parses(balance, {"balance": "1000"}),
    "nautilus_rust/http_balance_allowance_no_allowance.json": Refused(
        balance, "payload.balance was '250.500000'; it must be a whole number of millionths"
    ),
    "nautilus_rust/http_batch_cancel_response.json": Parses(
        cancel_of("batch"), {"cancelled": False, "detail": "already canceled or matched"}
    ),
    "nautilus_rust/http_cancel_response_failed.json": Parses(
        cancel_of("ok"), {"cancelled": False, "detail": "already canceled or matched"}
    ),
    "nautilus_rust/http_cancel_response_ok.json": Parses(
        cancel_of("ok"), {"cancelled": True, "detail": ""}
    ),
    "nautilus_rust/http_open_order.json": Parses(
        open_order, {"order": "buy 25.0000/100.0000 at 0.5000 ends None"}
    ),
    "nautilus_rust/http_open_order_sell_fok.json": Parses(
        open_order, {"order": "sell 50.0000/50.0000 at 0.5000 ends 2025-01-01 00:00:00+00:00"}
    ),
    "nautilus_rust/http_open_orders_page.json": Parses(
        open_orders,
        {
            "orders": [
                "buy 0.0000/200.0000 at 0.6000 ends None",
                "sell 50.0000/150.0000 at 0.4000 ends None",
            ],
            "cursor": None,
        },
    ),
    "nautilus_rust/http_order_response_error_500.json": Parses(
        answer_with(500), {"result": "unknown", "detail": "HTTP 500: Internal server error"}
    ),
    "nautilus_rust/http_order_response_failed.json": Parses(
        answer_with(200),
        {"result": "rejected", "code": "not_enough_balance", "detail": "Insufficient balance"},
    ),
    "nautilus_rust/http_order_response_ok.json": Parses(
        answer_with(200), {"result": "accepted", "resting": True}
    ),
    "nautilus_rust/http_signed_order.json": NotOurs(
        "a request: the official client writes it, nobody answers with it"
    ),
    "nautilus_rust/http_trade_report.json": Parses(
        trade,
        {
            "fills": ["taker buy 25.0000 at 0.5000 of ..2563"],
            "settlement": "confirmed",
            "at": "2024-01-01 00:00:00+00:00",
        },
    ),
    "nautilus_rust/http_trades_page.json": Parses(
        trades,
        {
            "trades": 1,
            "cursor": None,
            "fills": ["taker buy 10.0000 at 0.5000 of ..2563"],
            "settlement": "mined",
            "at": "2024-01-01 00:00:00+00:00",
        },
    ),
    "nautilus_rust/rtds_crypto_prices_subscribe.json": NotOurs(
        "the price service of other assets; portfolio prices come from the price source"
    ),
    "nautilus_rust/rtds_crypto_prices_update.json": NotOurs(
        "the price service of other assets; portfolio prices come from the price source"
    ),
    "nautilus_rust/rtds_equity_prices_subscribe.json": NotOurs(
        "the price service of other assets; portfolio prices come from the price source"
    ),
    "nautilus_rust/rtds_equity_prices_update.json": NotOurs(
        "the price service of other assets; portfolio prices come from the price source"
    ),
    "nautilus_rust/search_response.json": Parses(
        gamma_events,
        {
            "rows": 1,
            "markets": 1,
            "first": "bitcoin-above-64k-on-march-11",
            "title": "64,000",
            "event": "bitcoin-above-on-march-11",
            "neg risk": 0,
            "resolved": 0,
        },
    ),
    "nautilus_rust/ws_book_snapshot.json": Parses(
        book_message,
        {
            "levels": "3 x 3",
            "best bid": "500000 200000000",
            "best ask": "510000 150000000",
            "at": 1703875200000,
        },
    ),
    "nautilus_rust/ws_last_trade.json": Parses(
        trade_message, {"print": "510000 25000000", "buys": True, "at": 1703875202000}
    ),
    "nautilus_rust/ws_market_best_bid_ask_msg.json": Parses(market_frame, {"best": "0.73/0.77"}),
    "nautilus_rust/ws_market_book_msg.json": Parses(
        market_frame,
        {
            "levels": "2 x 2",
            "best bid": "500000 200000000",
            "best ask": "510000 150000000",
            "at": 1703875200000,
        },
    ),
    "nautilus_rust/ws_market_last_trade_msg.json": Parses(
        market_frame, {"print": "510000 25000000", "buys": True, "at": 1703875202000}
    ),
    "nautilus_rust/ws_market_new_market_msg.json": Parses(
        market_frame, {"slug": "nvda-above-240-on-january-30-2026", "tick": "0.01"}
    ),
    "nautilus_rust/ws_market_price_change_msg.json": Parses(
        market_frame, {"changes": ["BUY 510000 150000000 best 0.51/0.52"]}
    ),
    "nautilus_rust/ws_market_resolved_msg.json": Parses(
        market_frame, {"winner": "Yes", "market": "0x311d0c4b"}
    ),
    "nautilus_rust/ws_market_tick_size_msg.json": Parses(market_frame, {"tick": "0.1 -> 0.01"}),
    "nautilus_rust/ws_quotes.json": Parses(
        price_message,
        {
            "changes": [
                "BUY 510000 150000000 best 0.51/0.52",
                "SELL 490000 100000000 best 0.48/0.49",
            ]
        },
    ),
    "nautilus_rust/ws_tick_size_change.json": Parses(tick_message, {"tick": "0.1 -> 0.01"}),
    "nautilus_rust/ws_user_order_cancellation.json": Parses(
        user_order,
        {
            "order": "buy 0.0/100.0 at 0.5 ends None",
            "status": "cancelled",
            "at": "2023-12-29 18:40:05+00:00",
        },
    ),
    "nautilus_rust/ws_user_order_fok_killed.json": Parses(
        user_order,
        {
            "order": "buy 0/12 at 0.6 ends None",
            "status": "cancelled",
            "at": "2026-05-03 16:01:05+00:00",
        },
    ),
    "nautilus_rust/ws_user_order_matched.json": Parses(
        user_order,
        {
            "order": "buy 100.0/100.0 at 0.5 ends None",
            "status": "filled",
            "at": "2023-12-29 18:40:01+00:00",
        },
    ),
    "nautilus_rust/ws_user_order_msg.json": Parses(
        user_order,
        {
            "order": "buy 0.0/100.0 at 0.5 ends None",
            "status": "open",
            "at": "2023-12-29 18:40:00.001000+00:00",
        },
    ),
    "nautilus_rust/ws_user_order_placement.json": Parses(
        user_order,
        {
            "order": "buy 0.0/100.0 at 0.5 ends None",
            "status": "open",
            "at": "2023-12-29 18:40:00.001000+00:00",
        },
    ),
    "nautilus_rust/ws_user_order_update.json": Parses(
        user_order,
        {
            "order": "buy 25.0/100.0 at 0.5 ends None",
            "status": "open",
            "at": "2023-12-29 18:40:00.500000+00:00",
        },
    ),
    "nautilus_rust/ws_user_order_venue_cancel.json": Parses(
        user_order,
        {
            "order": "buy 0/20 at 0.53 ends None",
            "status": "cancelled",
            "at": "2026-03-24 19:00:00.285000+00:00",
        },
    ),
    "nautilus_rust/ws_user_trade.json": Parses(
        user_trade,
        {
            "fills": ["taker buy 25.0 at 0.5 of ..2563"],
            "settlement": "confirmed",
            "at": "2024-01-01 00:00:00+00:00",
        },
    ),
    "nautilus_rust/ws_user_trade_msg.json": Parses(
        user_trade,
        {
            "fills": ["taker buy 25.0 at 0.5 of ..2563"],
            "settlement": "confirmed",
            "at": "2024-01-01 00:00:00+00:00",
        },
    ),
}

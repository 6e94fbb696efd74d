"""The Data API: positions, trades and resolutions of any address, without a login.

**Source:** POLYMARKET section 7, read 2026-11. Numbers are JSON numbers.
"""

from collections.abc import Iterable, Sequence

from bot.model.market import Market
from bot.model.units import MILLION, to_e6
from bot.sandbox.bank import Bank, Leg
from bot.sandbox.batches import checksummed
from bot.sandbox.chain.markets import question_id
from bot.sandbox.exchange import Exchange
from bot.sandbox.http import Request
from bot.sandbox.records import Records
from bot.sandbox.rest import Payload, Routes
from bot.sandbox.trades import Settled, Trade
from bot.sandbox.writing import Json


class DataApi:
    """Answers by wallet address.

    Args:
        exchange: Markets and prices.
        bank: Who holds what.
        records: Trades so far.
    """

    def __init__(self, *, exchange: Exchange, bank: Bank, records: Records) -> None:
        self._exchange = exchange
        self._bank = bank
        self._records = records
        self._redemptions: list[Json] = []
        self.routes: Routes = {
            "GET /data/v2/positions": self._positions,
            "GET /data/v2/value": self._worth,
            "GET /data/v2/trades": self._trades,
            "GET /data/v2/activity": self._activity,
            "GET /data/v2/resolutions": self._resolutions,
        }

    def note_redemption(
        self, wallet: str, market: Market, *, usd_e6: int, transaction: str, at_s: int
    ) -> None:
        """List a redemption among a wallet's activity."""
        self._redemptions.append(
            {
                "proxy_wallet": wallet,
                "type": "REDEEM",
                "condition_id": market.condition_id,
                "usdc_size": usd_e6 / MILLION,
                "timestamp": at_s,
                "transaction_hash": transaction,
                "title": market.question,
                "slug": market.slug,
                "event_slug": market.event_slug,
            }
        )

    async def _positions(self, request: Request, _rest: str) -> Payload:
        wanted = [one for one in request.one("condition_id").split(",") if one]
        status = request.all("status")
        rows = [
            row
            for row in await self._rows(checksummed(request.one("user")))
            if (not wanted or row["condition_id"] in wanted)
            and (not status or not _filters(row).isdisjoint(status))
        ]
        return _page(rows, request)

    async def _worth(self, request: Request, _rest: str) -> Payload:
        user = checksummed(request.one("user"))
        worth = sum(float(str(row["current_value"])) for row in await self._rows(user))
        return {"data": {"proxy_wallet": user, "value": worth}}

    def _trades(self, request: Request, _rest: str) -> Payload:
        user = checksummed(request.one("user"))
        return _page([_trade_row(trade, leg) for trade, leg in self._legs(user)], request)

    def _activity(self, request: Request, _rest: str) -> Payload:
        user, kinds = checksummed(request.one("user")), request.all("type")
        rows = [
            {
                **_trade_row(trade, leg),
                "type": "TRADE",
                "usdc_size": leg.usd_e6 / MILLION,
                "is_combo": False,
            }
            for trade, leg in self._legs(user)
        ]
        rows += [row for row in self._redemptions if row["proxy_wallet"] == user]
        return _page([row for row in rows if not kinds or row["type"] in kinds], request)

    def _resolutions(self, request: Request, _rest: str) -> Payload:
        wanted = request.all("condition_id")
        rows = [
            self._resolution_row(market)
            for market in self._exchange.markets.values()
            if market.condition_id in ",".join(wanted).split(",")
        ]
        return _page(rows, request)

    async def _rows(self, wallet: str) -> list[Json]:
        rows = []
        for market in self._exchange.markets.values():
            held = [await self._bank.balance(wallet, token) for token in market.token_ids]
            for index, shares in enumerate(held):
                if shares:
                    rows.append(self._position_row(wallet, market, index, held))
        return rows

    def _position_row(self, wallet: str, market: Market, index: int, held: Sequence[int]) -> Json:
        token = market.token_ids[index]
        legs = [
            leg for _, leg in self._legs(wallet) if leg.order.token_id == token and leg.order.buys
        ]
        bought = sum(leg.shares_e6 for leg in legs)
        average = sum(leg.usd_e6 for leg in legs) / bought if bought else 0.0
        price = float(self._exchange.prices(market)[index])
        shares = held[index] / MILLION
        fees = sum(leg.fee_e6 for leg in legs) / MILLION
        gain = shares * (price - average)
        return {
            "proxy_wallet": wallet,
            "token_id": token,
            "condition_id": market.condition_id,
            "current_size": shares,
            "avg_price": average,
            "entry_cost_usdc": average * shares,
            "entry_fees_usdc": fees,
            "total_cost_usdc": average * shares + fees,
            "current_price": price,
            "current_value": price * shares,
            "total_size": bought / MILLION,
            "realized_pnl": 0,
            "unrealized_pnl": gain,
            "total_pnl": gain,
            "percent_pnl": 100 * (price / average - 1) if average else 0,
            "percent_realized_pnl": 0,
            "status": "OPEN" if market.payouts is None else "REDEEMABLE",
            "redeemable": market.payouts is not None,
            "mergeable": min(held) > 0,
            "negative_risk": market.neg_risk,
            "archived": False,
            "verified": False,
            "title": market.question,
            "slug": market.slug,
            "event_slug": market.event_slug,
            "outcome": market.outcomes[index],
            "outcome_index": index,
            "opposite_token_id": market.token_ids[1 - index],
            "end_date": "" if market.ends_at is None else market.ends_at.date().isoformat(),
        }

    def _legs(self, wallet: str) -> Iterable[tuple[Trade, Leg]]:
        """Return the wallet's parts of all trades that were carried out, newest first."""
        for trade in reversed(self._records.trades):
            if trade.status in (Settled.MINED, Settled.CONFIRMED):
                for leg in trade.legs():
                    if leg.order.maker == wallet:
                        yield trade, leg

    def _resolution_row(self, market: Market) -> Json:
        status = "disputed" if market.disputed else "initialized"
        payouts = market.payouts
        return {
            "question_id": question_id(market),
            "condition_id": market.condition_id,
            "status": status if payouts is None else "resolved",
            "extended_review": False,
            "expected_settlement_time": None,
            "was_disputed": market.disputed,
            "new_version_q": False,
            "proposed_price": "69",
            "reproposed_price": "69",
            "price": "69" if payouts is None else str(payouts[0]),
            "last_update_timestamp": 0,
            "payouts": None if payouts is None else [to_e6(payout) for payout in payouts],
        }


def _filters(row: Json) -> set[object]:
    """Return the filters that find a position: two of them no position ever shows."""
    found = {row["status"]}
    if row["mergeable"]:
        found.add("MERGEABLE")
    if row["redeemable"] and not row["current_value"]:
        found.add("REDEEMABLE_LOST")
    return found


def _trade_row(trade: Trade, leg: Leg) -> Json:
    order = leg.order
    return {
        "proxy_wallet": order.maker,
        "token_id": order.token_id,
        "condition_id": order.market.condition_id,
        "side": order.side,
        "size": leg.shares_e6 / MILLION,
        "price": leg.usd_e6 / leg.shares_e6,
        "timestamp": trade.matched_at,
        "transaction_hash": trade.transaction,
        "title": order.market.question,
        "slug": order.market.slug,
        "event_slug": order.market.event_slug,
        "outcome": order.outcome,
        "outcome_index": order.market.token_ids.index(order.token_id),
    }


def _page(rows: list[Json], request: Request) -> Json:
    start = int(request.one("cursor", "0"))
    end = start + int(request.one("limit", "100"))
    more = end < len(rows)
    pagination = {"has_more": more, "next_cursor": str(end) if more else None}
    return {"data": rows[start:end], "pagination": pagination}

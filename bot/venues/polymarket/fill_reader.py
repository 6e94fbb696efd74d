"""Reads our fills: trades from the venue, and the exact figures of settled ones from the chain."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.chain.reader import Chain
from bot.chain.records import Execution
from bot.errors import SourceDown
from bot.model.market import FeeSchedule
from bot.model.orders import Fill, TradeSettlement
from bot.model.units import OrderId, TokenId, TradeId
from bot.venues.polymarket import wire
from bot.venues.polymarket.account import TradeRow
from bot.venues.polymarket.order_markets import OrderMarkets
from bot.venues.polymarket.own_trades import as_executed, changed_at, own_fills, takes
from bot.venues.polymarket.private_reads import PrivateReads

_FIRST_LOOK_BACK = timedelta(days=1)
"""The venue finds trades by when they matched; one that settles later is looked for this far."""
_LOOK_BACK = timedelta(minutes=1)
_NEVER = datetime.max.replace(tzinfo=UTC)
_FINAL = (TradeSettlement.CONFIRMED, TradeSettlement.FAILED)


class FillReader:
    """Our wallet's fills.

    A trade that the venue calls confirmed is shown as mined until the chain tells its figures:
    then they are exact and never change again.

    Args:
        own: Asks for trades.
        markets: Knows the fee of a token's market.
        chain: Knows what was executed.
        wallet: Whose.
    """

    def __init__(
        self, *, own: PrivateReads, markets: OrderMarkets, chain: Chain, wallet: str
    ) -> None:
        self._own = own
        self._markets = markets
        self._chain = chain
        self._wallet = wallet
        self._unsettled: datetime | None = None
        """When the oldest trade matched that is not final; None before the first reading."""
        self._late: set[TradeId] = set()
        """Trades that were shown as mined because the chain had not told yet."""
        self._executed: dict[str, tuple[Execution, ...]] = {}

    async def fills(self, *, since: datetime) -> tuple[Fill, ...]:
        """Return our fills that happened or changed at or after ``since``. Raises ``DataError``."""
        rows = await self._own.trades(since=self._first_match(since))
        found: dict[tuple[TradeId, OrderId], tuple[TradeRow, Fill]] = {}
        for row in rows:
            for fill in own_fills(row, wallet=self._wallet, fees=await self._fees(row)):
                found[fill.trade_id, fill.order_id] = (row, fill)
        late = self._late
        told = await self._with_chain(list(found.values()))
        open_since = (fill.at for _, fill in told if fill.settlement not in _FINAL)
        self._unsettled = min(open_since, default=_NEVER)
        wanted = [fill for row, fill in told if changed_at(row) >= since or fill.trade_id in late]
        return tuple(sorted(wanted, key=lambda fill: (fill.at, fill.trade_id, fill.order_id)))

    def _first_match(self, since: datetime) -> datetime:
        if since.year <= 1970:
            return since
        if self._unsettled is None:
            return since - _FIRST_LOOK_BACK
        return min(since, self._unsettled) - _LOOK_BACK

    async def _fees(self, row: TradeRow) -> dict[TokenId, FeeSchedule]:
        if not takes(row, self._wallet):
            return {}
        token = wire.token_id(row.asset_id, name=f"trade {row.id}.asset_id")
        return {token: (await self._markets.of_token(token)).fee}

    async def _with_chain(
        self, found: Sequence[tuple[TradeRow, Fill]]
    ) -> list[tuple[TradeRow, Fill]]:
        told = [(row, fill) for row, fill in found if not _is_confirmed(fill)]
        by_transaction: defaultdict[str, list[tuple[TradeRow, Fill]]] = defaultdict(list)
        for row, fill in found:
            if _is_confirmed(fill):
                by_transaction[row.transaction_hash or ""].append((row, fill))
        executed: dict[str, tuple[Execution, ...]] = {}
        late: set[TradeId] = set()
        for transaction, group in by_transaction.items():
            row_of = {fill.trade_id: row for row, fill in group}
            fills = [fill for _, fill in group]
            try:
                executed[transaction] = await self._executions(transaction)
            except SourceDown:
                exact = [replace(fill, settlement=TradeSettlement.MINED) for fill in fills]
                late.update(row_of)
            else:
                exact = as_executed(fills, executed[transaction])
            told += [(row_of[fill.trade_id], fill) for fill in exact]
        self._executed, self._late = executed, late
        return told

    async def _executions(self, transaction: str) -> tuple[Execution, ...]:
        known = self._executed.get(transaction)
        if known is not None:
            return known
        if not transaction:
            raise SourceDown("a confirmed trade names no transaction")
        return await self._chain.executions(transaction)


def _is_confirmed(fill: Fill) -> bool:
    return fill.settlement is TradeSettlement.CONFIRMED

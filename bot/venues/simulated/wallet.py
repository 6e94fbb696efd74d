"""Cash, outcome tokens and fills of the simulated account, in whole millionths."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.errors import InvariantError, VenueError
from bot.model.market import Market
from bot.model.orders import Fill, LiveOrder, Side, TradeSettlement
from bot.model.units import Shares, TokenId, TradeId, Usd, from_e6, to_e6
from bot.venues.ports import Balances, Redemption

_CHANCES = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedStart:
    """What the account owns when the venue begins: the ledger's word, also after a crash."""

    cash_usd: Usd
    """With every fill in it that has not failed, settled or not."""
    shares: Mapping[TokenId, Shares] = field(default_factory=dict)
    orders: tuple[LiveOrder, ...] = ()
    """Those that are open go on resting, at the back of the queue; of all others the venue knows
    nothing, which is what the ledger must find out about an order whose answer it never saw."""
    unsettled: tuple[Fill, ...] = ()
    """Fills whose settlement is not final yet; they are in cash and shares already."""


class Wallet:
    """What the account owns. Cash and tokens of unsettled fills count but cannot be used.

    A fill that fails takes back all it did, so what it brought must still be there: the real
    venue likewise refuses to spend what has not settled (POLYMARKET 4.13).

    Args:
        start: What it owns at the beginning.
        settlement_delay_s: From match to final settlement, seconds.
        settlement_failures: Share of fills that fail, 0 to 1; which ones is fixed by trade id.
    """

    def __init__(
        self, *, start: SimulatedStart, settlement_delay_s: float, settlement_failures: float
    ) -> None:
        self._cash_e6 = to_e6(start.cash_usd)
        self._shares_e6 = {token: to_e6(shares) for token, shares in start.shares.items()}
        self._delay = timedelta(seconds=settlement_delay_s)
        self._failures = settlement_failures
        self._fills = {fill.trade_id: fill for fill in start.unsettled}
        self._due = {fill.trade_id: fill.at + self._delay for fill in start.unsettled}
        self._changes = [(fill.at, fill.trade_id) for fill in start.unsettled]
        self._changes.sort()

    def book(self, fill: Fill, *, now: datetime) -> None:
        """Do what a new fill does to cash and tokens; it settles later.

        The delay counts from the fill, not from when we hear of it: a run that hears of books as
        they come, one that asks for them at each cycle and one that restarts all settle alike.
        """
        if fill.trade_id in self._fills:
            raise InvariantError(f"trade {fill.trade_id} was matched twice; ids must be unique")
        self._due[fill.trade_id] = fill.at + self._delay
        self._note(fill, now)
        self._apply(fill, sign=1)

    def settle(self, *, now: datetime) -> None:
        """Make final what is due: confirm it, or undo it."""
        for trade_id in [trade_id for trade_id, due_at in self._due.items() if due_at <= now]:
            del self._due[trade_id]
            fill = self._fills[trade_id]
            fails = chance_of(trade_id) < self._failures
            end = TradeSettlement.FAILED if fails else TradeSettlement.CONFIRMED
            if fails:
                self._apply(fill, sign=-1)
            self._note(replace(fill, settlement=end), now)

    def fills(self, *, since: datetime) -> tuple[Fill, ...]:
        """Return fills that changed at or after ``since``, the last changed last."""
        changed: dict[TradeId, Fill] = {}
        for changed_at, trade_id in reversed(self._changes):
            if changed_at < since:
                break
            changed.setdefault(trade_id, self._fills[trade_id])
        return tuple(reversed(changed.values()))

    def balances(self) -> Balances:
        """Return all cash and tokens, settled or not."""
        return Balances(
            cash_usd=Usd(from_e6(self._cash_e6)),
            shares={t: Shares(from_e6(e6)) for t, e6 in self._shares_e6.items() if e6 > 0},
        )

    def settled_usd(self) -> Usd:
        """Return the cash that can be used: without proceeds of unsettled sells."""
        waiting = sum(to_e6(f.cash_usd) for f in self._unsettled() if f.side is Side.SELL)
        return Usd(from_e6(self._cash_e6 - waiting))

    def settled_shares(self, token_id: TokenId) -> Shares:
        """Return the shares that can be used: without those of unsettled buys."""
        waiting = sum(
            to_e6(fill.size)
            for fill in self._unsettled()
            if fill.side is Side.BUY and fill.token_id == token_id
        )
        return Shares(from_e6(self._shares_e6.get(token_id, 0) - waiting))

    def redeem(self, market: Market) -> tuple[Redemption, ...]:
        """Turn settled tokens of a resolved market into cash: 1, 0.5 or nothing a share.

        Tokens of unsettled fills stay for a later call.

        Raises:
            VenueError: the market has no payouts yet.
        """
        if market.payouts is None:
            raise VenueError(
                f"market {market.condition_id} ({market.slug}) is not resolved; "
                "tokens can be redeemed when its payouts are known"
            )
        redeemed = []
        for token_id, payout in zip(market.token_ids, market.payouts, strict=True):
            shares = self.settled_shares(token_id)
            if shares <= 0:
                continue
            # Whole millionths, rounded against us: half of an odd millionth is not paid.
            payout_e6 = int(to_e6(shares) * payout)
            self._shares_e6[token_id] -= to_e6(shares)
            self._cash_e6 += payout_e6
            redeemed.append(
                Redemption(token_id=token_id, shares=shares, payout_usd=Usd(from_e6(payout_e6)))
            )
        return tuple(redeemed)

    def merge(self, market: Market, shares: Shares) -> None:
        """Turn settled pairs of both outcomes into 1 USD each, ``shares`` at most.

        Raises:
            VenueError: the market has resolved: its tokens are redeemed.
        """
        if market.payouts is not None:
            raise VenueError(
                f"market {market.condition_id} ({market.slug}) is resolved; "
                "its tokens are redeemed, not merged"
            )
        settled = [self.settled_shares(token_id) for token_id in market.token_ids]
        pairs_e6 = max(to_e6(Shares(min(shares, *settled))), 0)
        for token_id in market.token_ids:
            self._shares_e6[token_id] = self._shares_e6.get(token_id, 0) - pairs_e6
        self._cash_e6 += pairs_e6

    def _unsettled(self) -> list[Fill]:
        return [self._fills[trade_id] for trade_id in self._due]

    def _note(self, fill: Fill, now: datetime) -> None:
        # Never before the change before it, though the clock may have been set back: a reader
        # who asks from its last look on must see every later change.
        last = self._changes[-1][0] if self._changes else now
        self._changes.append((max(now, last), fill.trade_id))
        self._fills[fill.trade_id] = fill

    def _apply(self, fill: Fill, *, sign: int) -> None:
        self._cash_e6 += sign * to_e6(fill.cash_usd)
        bought = sign if fill.side is Side.BUY else -sign
        shares = self._shares_e6.get(fill.token_id, 0) + bought * to_e6(fill.size)
        self._shares_e6[fill.token_id] = shares
        if self._cash_e6 < 0 or shares < 0:
            raise InvariantError(
                f"trade {fill.trade_id} left {from_e6(self._cash_e6)} USD and {from_e6(shares)} "
                f"shares of {fill.token_id}; neither may be below 0"
            )


def chance_of(trade_id: TradeId) -> float:
    """Return a number in [0, 1) fixed by the trade id, evenly spread over ids."""
    digest = hashlib.sha256(f"settlement/{trade_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / _CHANCES

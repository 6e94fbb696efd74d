"""The engine's world with a venue like the real one behind it, and what must hold at its end."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.engine.outside import Outside
from bot.model.view import Account, Position, Redeemable
from tests.core.builders import make_holding, make_portfolio
from tests.engine.live_venue import LiveVenue
from tests.engine.world import World, make_strategy
from tests.fakes import make_market

SOON = 15.0
"""Seconds between two cycles of a live daemon with something open."""


class LiveWorld(World):
    """10,000 USD lie on the chain before the first cycle; one event is worth hedging."""

    live: LiveVenue

    def __init__(self, folder: Path, **named: Any) -> None:
        super().__init__(folder, **named)
        self.portfolio.portfolio = make_portfolio(
            make_holding(usd=50_000.0), make_holding("TLT", 150_000.0, sector="bonds")
        )

    def _fund(self) -> None:
        self.live = LiveVenue(clock=self.clock, market_data=self.market_data)
        self.live.move("0xfund", (None, "10000"))
        self.venue = self.live

    async def run(self, seconds: float, *, every: float = SOON) -> None:
        """Run cycles for so long, books shown before each."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.show()
            await self.cycle()
            self.clock.advance(every)

    def resolve(self, yes: str = "1", no: str = "0", *, disputed: bool = False) -> None:
        """The market of the hedge is decided."""
        self.market_data.change(
            make_market(closed=True, accepting_orders=False, payouts=(yes, no), disputed=disputed)
        )

    def outside(self) -> Outside:
        """Return what the daemon knows of the chain."""
        return self.engine._reconciler.outside

    def account(self) -> Account:
        return self.ledger.account(self.clock.now())

    def journal(self) -> list[str]:
        """Return the kinds of the journal's rows, in order."""
        return [r["kind"] for r in self.ledger._db.query("SELECT kind FROM journal ORDER BY id")]

    def withheld(self) -> list[str]:
        return [row["reason"] for row in self.ledger._db.query("SELECT reason FROM withheld")]

    def agree(self) -> None:
        """Ledger and chain agree to the last unit; no order left twice, no fill is lost."""
        account, there = self.account(), self.live.figures()
        assert account.cash_usd == there["cash"]
        shares: Counter[str] = Counter()
        items: tuple[Position | Redeemable, ...] = (*account.positions, *account.redeemable)
        for item in items:
            shares[item.token_id] += item.shares  # type: ignore[assignment]
        for token, size in account.foreign.items():
            shares[token] += size  # type: ignore[assignment]
        assert {token: size for token, size in shares.items() if size} == there["shares"]
        assert self.ledger.totals().gap_usd == 0
        assert max(Counter(self.live.sent).values(), default=1) == 1
        ours = {order.order_id for order in self.ledger.orders()}
        assert set(self.live.sent) <= ours
        known = {(fill.trade_id, fill.order_id) for fill in self.ledger.fills()}
        assert known == {
            (trade.fill.trade_id, trade.fill.order_id)
            for trade in self.live.trades
            if trade.fill.order_id in ours
        }
        assert self.ledger.halted() == ""


def make_live(folder: Path, **named: Any) -> LiveWorld:
    named.setdefault("strategies", (make_strategy(),))
    return LiveWorld(folder, **named)

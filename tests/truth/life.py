"""A live daemon's life from the first hedge to the last payout, and a wire that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from bot.app.rehearsal.files import FED, MEETING, RECESSION, SERIES, write_files
from bot.clock import SystemClock
from bot.config import Settings, load_settings
from bot.core.budget import measure_usage
from bot.engine.cycle import Engine
from bot.model.account import Secret
from bot.model.market import Market, MarketChanged, MarketKind
from bot.model.units import from_e6
from bot.sandbox.accounts import SessionKey
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.orders import address_of
from bot.sandbox.server import Sandbox
from tests.core.builders import make_event, make_view
from tests.engine.world import Crash
from tests.fakes import make_book
from tests.truth import stage as stages
from tests.truth.jumping import JumpingClock
from tests.truth.stage import MONEY_USD, SOON_S, Setting, Stage
from tests.truth.wire import Wire

RETRY_S = 900.0
"""After this a plan that its orders did not complete is made again."""
STALE_S = 120.0
"""After this the daemon reads again what the markets are."""
LONGEST = 60
"""Cycles that an act of the life may take, crashes and dead orders included."""


class Act(Enum):
    """What happens outside, and what the daemon makes of it."""

    OPEN = "two hedges are worth their price"
    ROLL = "one market nears its end, and a later one covers more"
    END = "one hedge is not needed any more, the other one's market is decided"


@dataclass(slots=True, kw_only=True)
class Life(Stage):
    """Two hedges: one is opened, rolled and closed, the other one is opened and settled."""

    this_meeting: Market
    next_meeting: Market
    wire: Wire = field(default_factory=Wire)

    async def open(self) -> None:
        """Start the daemon with its engine on the wire."""
        await Stage.open(self)
        daemon, wire = self.daemon, self.wire
        ports = replace(
            daemon.ports,
            venue=wire.around(daemon.ports.venue),
            market_data=wire.around(daemon.ports.market_data),
            portfolio=wire.around(daemon.ports.portfolio),
            ledger=wire.around(daemon.ports.ledger),
            clock=wire.around(daemon.ports.clock),
        )
        self._daemon = replace(daemon, engine=Engine(ports=ports, decided=lambda _: None))

    async def play(self, act: Act, *, crash_at: int | None) -> None:
        """Play one act to its end; after a crash the daemon is started again at once.

        Args:
            act: Which.
            crash_at: After how many calls of the act; None: it is spared.
        """
        self.wire.begin(crash_at=crash_at)
        match act:
            case Act.OPEN:
                self.alter(self.next_meeting, ends_at=self.clock.now() + timedelta(days=500))
                for market in (self.this_meeting, self.next_meeting, self.market):
                    self.quote(market, 30)
                await self.reach(lambda: self.counts("opened") == 2)
            case Act.ROLL:
                self.alter(self.this_meeting, ends_at=self.clock.now() + timedelta(days=3))
                self.alter(self.next_meeting, ends_at=self.clock.now() + timedelta(days=90))
                self.quote(self.this_meeting, 6)
                await self.reach(lambda: self.counts("rolled") == 1)
            case Act.END:
                self.quote(self.next_meeting, 6)
                await self.resolve("1")
                await self.reach(self.is_over)
        self.wire.end()

    def is_over(self) -> bool:
        """Whether one hedge is closed, the other one settled, and nothing owed any more."""
        done = self.counts("closed") == self.counts("settled") == 1
        return done and not self.account.redeemable

    async def reach(self, goal: Callable[[], bool]) -> None:
        """Run cycles until something holds and nothing is under way."""
        wait = STALE_S
        for _ in range(LONGEST):
            await self.pass_cycle(wait)
            if not self.is_busy():
                if goal():
                    return
                await self.redeem_for_us()
            wait = SOON_S if self.is_busy() or self.account.redeemable else RETRY_S
        raise AssertionError((self.ledger.lifecycle_counts(), self.comparison, self.orders()))

    async def pass_cycle(self, wait: float) -> None:
        """Let one cycle run, and another one if the daemon dies in it."""
        try:
            await self.patient(wait)
        except Crash:
            await self.restart()
            await self.patient(0)
        self.wire.trading = self.wire.trading or len(self.wire.log)

    async def redeem_for_us(self) -> None:
        """Let somebody else fetch what a session key may not."""
        if self.account.redeemable and not self.daemon.ports.venue.can_redeem:
            await self.sandbox.auto_redeem(self.wallet, self.condition_id)

    def counts(self, kind: str) -> int:
        """Return how often something has happened to a hedge."""
        return self.ledger.lifecycle_counts().get(kind, 0)

    def quote(self, market: Market, cents: int) -> None:
        """Let other people's orders for YES of a market stand around this price."""
        steps = range(1, 5)
        bids = [(f"0.{cents - step:02}", "4000") for step in steps]
        asks = [(f"0.{cents + step:02}", "4000") for step in steps]
        book = make_book(market.token_ids[0], bids=bids, asks=asks, at=self.clock.now())
        self.sandbox.tell(book)

    def alter(self, market: Market, **changes: Any) -> None:
        """Let a market's own state be another."""
        now = self.sandbox.exchange.markets[market.condition_id]
        changed = MarketChanged(market=replace(now, **changes), at=self.clock.now())
        self.sandbox.tell(changed)

    def end(self) -> dict[str, object]:
        """Return all of our money that must not depend on a crash."""
        account = self.account
        usage = measure_usage(make_view(make_event(), account=account))
        return {
            "cash": account.cash_usd,
            "shares": {item.token_id: item.shares for item in account.positions},
            "premium": account.premium_used_usd,
            "by_event": {key: usd for key, usd in usage.by_event.items() if usd},
            "total": usage.total,
            "live": [order.order_id for order in account.orders],
            "lifecycle": {
                kind: self.counts(kind) for kind in ("opened", "rolled", "closed", "settled")
            },
        }

    async def check_all(self) -> None:
        """Hold everything against exchange and chain, markets that the ledger forgot included."""
        await self.check()
        account = self.account
        held = {item.token_id: Decimal(item.shares) for item in account.positions}
        for market in self.sandbox.exchange.markets.values():
            for token in market.token_ids:
                there = await self.chain.shares(self.wallet, token)
                assert from_e6(await self.sandbox.view.balance(self.wallet, token)) == there
                assert held.get(token, Decimal(0)) == there, (market.slug, token)
        assert self.comparison.differences == ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A chain on which a wallet has its money and allowances and nothing else has happened."""

    chain: LocalChain
    setting: Setting
    owner: Secret
    key: Secret
    wallet: str
    key_until: int
    """Epoch seconds; of a session key."""
    markets: tuple[Market, Market, Market]
    """Two meetings of a series, and one that ends long after them."""


@asynccontextmanager
async def open_ground(setting: Setting) -> AsyncIterator[Ground]:
    """Start a chain for one life after another."""
    clock = SystemClock()
    this_meeting, next_meeting, single = (
        LocalMarkets(series_slug=series, ends_at=clock.now() + timedelta(days))
        for series, days in ((SERIES, 30), (SERIES, 90), ("", 200))
    )
    markets = (
        replace(_make(setting, this_meeting, "fed-january"), group_title=MEETING),
        replace(_make(setting, next_meeting, "fed-march"), group_title=MEETING),
        _make(setting, single, RECESSION),
    )
    async with LocalChain(clock=clock, starts_at=clock.now()) as chain:
        for market in markets:
            await chain.prepare(market)
        owner, key = chain.accounts[3], chain.accounts[5 if setting.is_session else 3]
        wallet, until = address_of(owner), await chain.now() + 400 * 86_400
        if setting.is_session:
            wallet = await chain.deploy_wallet(wallet)
            authorize = "authorizeSessionSigner(address,uint256)"
            await chain.send(wallet, wallet, authorize, address_of(key), until)
        await chain.approve_all(wallet)
        await chain.mint(wallet, MONEY_USD)
        async with Sandbox(markets=(), clock=clock, chain=chain):
            pass  # other people have their money, too
        yield Ground(
            chain=chain,
            setting=setting,
            owner=owner,
            key=key,
            wallet=wallet,
            key_until=until,
            markets=markets,
        )


@asynccontextmanager
async def open_life(folder: Path, ground: Ground) -> AsyncIterator[Life]:
    """Open everything for a life; no cycle has run yet. The chain forgets it when it is over."""
    clock, chain, wallet = JumpingClock(), ground.chain, ground.wallet
    this_meeting, next_meeting, single = ground.markets
    async with AsyncExitStack() as opened:
        opened.push_async_callback(chain.revert, await chain.snapshot())
        sandbox = Sandbox(markets=ground.markets, clock=clock, chain=chain)
        await opened.enter_async_context(sandbox)
        if ground.setting.is_session:
            signer, until = address_of(ground.key), ground.key_until
            session = SessionKey(address=signer, scopes=("CLOB",), valid_until=until)
            sandbox.accounts.authorize(wallet, session)
        life = Life(
            chain=chain,
            sandbox=sandbox,
            clock=clock,
            wallet=wallet,
            owner=ground.owner,
            key=ground.key,
            settings=_write(folder, sandbox, wallet=wallet),
            condition_id=single.condition_id,
            this_meeting=this_meeting,
            next_meeting=next_meeting,
        )
        stages._count_posts(life)
        mining = asyncio.ensure_future(stages._mine(chain, clock))
        opened.push_async_callback(stages._end(mining))
        await life.open()
        opened.push_async_callback(life.close)
        yield life


def _make(setting: Setting, markets: LocalMarkets, slug: str) -> Market:
    return (markets.v2 if setting.kind is MarketKind.V2 else markets.ctf)(slug)


def _write(folder: Path, sandbox: Sandbox, *, wallet: str) -> Settings:
    config = write_files(folder, sandbox.endpoints, wallet=wallet, keystore="key.json")
    text = config.read_text("utf-8")
    for old, new in (("poll: 1s", "poll: 30s"), ("request_timeout: 5s", "request_timeout: 1s")):
        assert old in text
        text = text.replace(old, new)
    config.write_text(text, "utf-8")
    for path in (folder / "strategies").iterdir():
        if path.stem not in (FED, RECESSION):
            path.unlink()
    return load_settings(config, {})

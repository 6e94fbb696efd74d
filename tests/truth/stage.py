"""The real live daemon, opened in this process before a local exchange and a local chain.

A test turns the sandbox's switches, lets cycles run and looks at the ledger. Nothing is between the
daemon and the sandbox but the real official client and sockets of this machine.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.app.build import Daemon, open_daemon
from bot.app.rehearsal.files import RECESSION, write_files
from bot.clock import SystemClock
from bot.config import Settings, load_settings
from bot.engine.cycle import CycleResult
from bot.ledger import Ledger
from bot.model.account import Secret
from bot.model.comparison import Comparison, Explanation
from bot.model.market import Market, MarketChanged, MarketKind
from bot.model.orders import Fill, LiveOrder, OrderStatus, TradeSettlement
from bot.model.units import ConditionId, Shares, TokenId, Usd, from_e6
from bot.model.view import Account, Position, Redeemable
from bot.sandbox.accounts import SessionKey
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.orders import address_of
from bot.sandbox.http import Reply, Request
from bot.sandbox.orders import Order
from bot.sandbox.server import Sandbox
from bot.sandbox.trades import Trade
from tests.fakes import Levels, make_book
from tests.truth.jumping import JumpingClock

MONEY_USD = Usd(Decimal(500))
BLOCK_S = 0.2
SOON_S = 15.0
"""Between two looks of a live daemon with something open."""
RESTING = "execution: {style: rest_then_take, rest_for: 2h, max_chase: 10c}\n"
"""For the strategy: a hedge is bought by an order that rests."""
SLUG = "recession"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a test runs on."""

    kind: MarketKind
    is_session: bool
    """A deposit wallet traded by its session key; else a plain key that trades for itself."""
    is_relayed: bool = False
    """A deposit wallet traded by its owner's key, which redeems through the relayer."""
    is_neg_risk: bool = False
    """One of a group of markets of which one resolves YES."""

    def __str__(self) -> str:
        who = "session" if self.is_session else "relayed" if self.is_relayed else "eoa"
        kind = "neg-risk" if self.is_neg_risk else self.kind.value
        return f"{kind}-{who}".lower()


RELAYER = (
    ("POLYMARKET_RELAYER_KEY", "relayer"),
    ("POLYMARKET_RELAYER_ADDRESS", "0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
)
"""What the daemon needs in its environment where it redeems through the relayer."""
PLAIN = tuple(Setting(kind=kind, is_session=False) for kind in MarketKind)
SESSION = tuple(Setting(kind=kind, is_session=True) for kind in MarketKind)
RELAYED = tuple(Setting(kind=kind, is_session=False, is_relayed=True) for kind in MarketKind)
NEG_RISK = tuple(
    Setting(kind=MarketKind.CTF, is_session=False, is_relayed=is_relayed, is_neg_risk=True)
    for is_relayed in (False, True)
)
SETTINGS = (*PLAIN, *SESSION)
ACROSS = (PLAIN[0], SESSION[1])
"""Both kinds of market and both of account, in half the time."""
MIXED = (PLAIN[0], SESSION[1])
"""Both kinds of market and both of account, where their product shows nothing more."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """One owner with 500 USD, one strategy, one market, and everybody else."""

    chain: LocalChain
    sandbox: Sandbox
    clock: JumpingClock
    wallet: str
    owner: Secret
    """The wallet's owner; the daemon's own key unless that is a session key."""
    key: Secret
    """What the daemon trades with."""
    settings: Settings
    condition_id: ConditionId
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What the daemon has logged since the start, over all restarts."""
    posted: list[bytes] = field(default_factory=list)
    """The body of each POST of an order that reached the exchange, and ..."""
    others: set[bytes] = field(default_factory=set)
    """Of these, those of another program on the same wallet."""
    requests: list[Request] = field(default_factory=list)
    """... the whole of it."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by what runs beside the cycles."""
    _opened: AsyncExitStack = field(default_factory=AsyncExitStack)
    _daemon: Daemon | None = None
    _beside: list[asyncio.Task[None]] = field(default_factory=list)
    _cycling: asyncio.Task[CycleResult] | None = None

    # --- the world

    @property
    def market(self) -> Market:
        """As the exchange shows it now."""
        return self.sandbox.exchange.markets[self.condition_id]

    @property
    def yes(self) -> TokenId:
        return self.market.token_ids[0]

    def show(self, bids: Levels, asks: Levels) -> None:
        """Let other people's orders for YES be these, best first."""
        self.sandbox.tell(make_book(self.yes, bids=bids, asks=asks, at=self.clock.now()))

    def show_at(self, cents: int) -> None:
        """Let other people's orders for YES stand a cent below and above this price, and on."""
        steps = range(1, 5)
        self.show(
            [(f"0.{cents - step:02}", "4000") for step in steps],
            [(f"0.{cents + step:02}", "4000") for step in steps],
        )

    def change(self, **changes: Any) -> None:
        """Let the market's own state be another."""
        changed = replace(self.market, **changes)
        self.sandbox.tell(MarketChanged(market=changed, at=self.clock.now()))

    async def resolve(self, yes: str) -> None:
        """Close the market and decide it: what one share of YES pays."""
        payouts = (Decimal(yes), 1 - Decimal(yes))
        self.change(accepting_orders=False, closed=True)
        await self.chain.resolve(self.market, payouts)
        self.change(payouts=payouts)

    async def jump(self, seconds: float) -> None:
        """Let time pass everywhere at once: for the daemon, the exchange and the chain."""
        self.clock.jump(seconds)
        behind = int(self.clock.now().timestamp()) - await self.chain.now()
        if behind > 0:
            await self.chain.advance(behind)

    def meet(self, sizes: dict[str, str], *, sells: bool = True) -> Trade:
        """Let somebody trade with resting orders of ours, in one trade.

        Args:
            sizes: Order id -> shares.
            sells: They sell what we buy; else they buy its complement.
        """
        wanted = {order_id: Shares(Decimal(size)) for order_id, size in sizes.items()}
        return self.sandbox.trade_against(wanted, sells=sells)

    async def deliver(self, number: int) -> None:
        """Let an order that got lost on its way arrive at last; the number counts from 0."""
        await self.sandbox.rest.handle(self.requests[number])

    async def settle(self) -> None:
        """Let what has matched be settled, and be deep enough in the chain to be believed."""
        await self.sandbox.settle()
        await self.chain.mine(2)

    def resting(self) -> list[Order]:
        """Return our orders that rest at the exchange."""
        return [order for order in self.sandbox.records.open_orders() if order.maker == self.wallet]

    def intercept(
        self, path: str, act: Callable[[Request], Awaitable[Reply | None]], *, words: str = ""
    ) -> None:
        """Let the next request under a path whose body has these words be met by ``act`` first.

        What ``act`` returns is the answer; None lets the exchange answer.
        """
        server = self.sandbox._http
        handle = server._handle

        async def watched(request: Request) -> Reply | None:
            if request.path.startswith(path) and words.encode() in request.body:
                server._handle = handle
                return await act(request) or await handle(request)
            return await handle(request)

        server._handle = watched

    # --- the daemon

    @property
    def daemon(self) -> Daemon:
        assert self._daemon is not None, "the daemon is not running"
        return self._daemon

    @property
    def ledger(self) -> Ledger:
        return self.daemon.ports.ledger

    async def cycle(self, after_s: float = SOON_S) -> CycleResult:
        """Let time pass and one cycle run."""
        await self.jump(after_s)
        return await self.daemon.engine.run_cycle()

    async def cycles(self, seconds: float, *, every: float = SOON_S) -> None:
        """Let so much time pass, with a cycle every few seconds."""
        for _ in range(int(seconds / every)):
            await self.cycle(every)

    async def calm(self, *, within_s: float = 600.0) -> None:
        """Run cycles until nothing of ours is under way any more."""
        end = self.clock.monotonic() + within_s
        await self.cycle()
        while self.is_busy() and self.clock.monotonic() < end:
            await self.cycle()
        assert not self.is_busy(), (self.comparison, self.ledger.orders())

    async def patient(self, seconds: float = SOON_S, *, step: float = BLOCK_S) -> CycleResult:
        """Let one cycle run, and what it has sent to the chain end while blocks come quickly."""
        await self.jump(seconds)
        cycle = asyncio.ensure_future(self.daemon.engine.run_cycle())
        await self._hurry(cycle, step)
        await self._hurry(
            asyncio.ensure_future(self.daemon.engine._reconciler.errand.finish()), step
        )
        return cycle.result()

    async def _hurry(self, task: asyncio.Future[Any], step: float) -> None:
        """Let time pass quickly until something is done, and raise what it has raised."""
        while not task.done():
            await asyncio.wait([task], timeout=0.02)
            self.clock.jump(step)
        task.result()

    def is_busy(self) -> bool:
        ledger = self.ledger
        waits = [o for o in ledger.orders_without_end() if o.status is not OrderStatus.OPEN]
        looking = self.comparison
        return bool(waits or ledger.fills_not_final() or looking.sought or looking.differences)

    def begin_cycle(self) -> asyncio.Task[CycleResult]:
        """Start a cycle that a test will kill or hold up."""
        self._cycling = asyncio.ensure_future(self.daemon.engine.run_cycle())
        return self._cycling

    async def restart(self) -> None:
        """Kill the daemon as a power cut would, and start another one on what is on the disk."""
        path = self.settings.ledger
        kept = path.parent / "kept"
        kept.mkdir(exist_ok=True)
        on_disk = [file for file in path.parent.glob(f"{path.name}*") if file.suffix != ".lock"]
        for file in on_disk:
            shutil.copy2(file, kept / file.name)
        await self.close()
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        for file in on_disk:
            shutil.move(kept / file.name, file)
        await self.open()

    async def open(self) -> None:
        """Start the daemon, with what runs beside its cycles."""
        self._opened = AsyncExitStack()
        self._daemon = await self._opened.enter_async_context(
            open_daemon(
                self.settings,
                report=lambda event, **keys: self.said.append((event, keys)),
                decided=lambda _: None,
                key=self.key,
                clock=self.clock,
            )
        )
        self._beside = [asyncio.ensure_future(task) for task in self._daemon.beside(self.woken)]

    async def close(self) -> None:
        """End the daemon without a word to the exchange."""
        errand = self.daemon.engine._reconciler.errand._task
        tasks = [*self._beside, *(task for task in (self._cycling, errand) if task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._beside, self._cycling, self._daemon = [], None, None
        await self._opened.aclose()

    # --- what is believed, and what is

    @property
    def account(self) -> Account:
        return self.ledger.account(self.clock.now())

    @property
    def comparison(self) -> Comparison:
        """What `polyhedge reconcile` shows."""
        found = self.ledger.comparison()
        assert found is not None
        return found

    def orders(self) -> list[tuple[OrderStatus, Decimal]]:
        """Return each order's status and filled shares, oldest first."""
        return [(order.status, order.filled) for order in self.ledger.orders()]

    def only_order(self) -> LiveOrder:
        (order,) = self.ledger.orders()
        return order

    def held(self) -> Decimal:
        """Return the shares of YES that the ledger holds."""
        return sum(
            (one.shares for one in self.account.positions if one.token_id == self.yes), Decimal(0)
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something has happened, without letting a cycle run."""
        async with asyncio.timeout(5.0):
            while not holds():
                await SystemClock().sleep(0.002)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what was logged under a name."""
        return [keys for event, keys in self.said if event == name]

    async def check(self) -> None:
        """Hold ledger, exchange and chain against each other, now that faults are over."""
        self.sandbox.faults.clear()
        await self.settle()
        await self.daemon.engine.reconcile()
        self.check_posts()
        self.check_fills()
        await self.check_money()
        assert self.ledger.halted() == ""

    def check_posts(self) -> None:
        """No order reached the exchange twice, and none that the ledger does not know."""
        posted = [body for body in self.posted if body not in self.others]
        assert max(Counter(posted).values(), default=1) == 1, "an order was posted twice"
        rows = self.ledger._all("SELECT client_order_id, order_id, body FROM orders")
        for column in range(3):
            assert len({row[column] for row in rows}) == len(rows), "an intent was signed twice"
        assert set(posted) <= {bytes(row[2]) for row in rows}, "posted, but not on disk"

    def check_fills(self) -> None:
        """Each of our fills stands once in the ledger, as the exchange has it."""
        ours = {order.order_id for order in self.ledger.orders()}
        there = {
            (trade.trade_id, leg.order.order_id): (
                from_e6(leg.shares_e6),
                leg.order.side.lower(),
                trade.status == "FAILED",
            )
            for trade in self.sandbox.records.trades
            for leg in trade.legs()
            if leg.order.order_id in ours
        }
        fills = self.ledger.fills()
        assert len({(fill.trade_id, fill.order_id) for fill in fills}) == len(fills)
        assert {(fill.trade_id, fill.order_id): _as_there(fill) for fill in fills} == there

    async def check_money(self) -> None:
        """Ledger, exchange and chain show the same to the last millionth, or say why not."""
        explained = {row.token_id for row in self.comparison.differences}
        why = {row.explanation for row in self.comparison.differences}
        assert Explanation.UNEXPLAINED not in why, self.comparison.differences
        account, view = self.account, self.sandbox.view
        shares: dict[TokenId, Decimal] = dict.fromkeys(self.market.token_ids, Decimal(0))
        items: Sequence[Position | Redeemable] = (*account.positions, *account.redeemable)
        for token, size in [
            *((item.token_id, item.shares) for item in items),
            *account.foreign.items(),
        ]:
            shares[token] = shares.get(token, Decimal(0)) + size
        for token, here in shares.items():
            there = await self.chain.shares(self.wallet, token)
            assert from_e6(await view.balance(self.wallet, token)) == there
            assert here == there or token in explained, (token, here, there)
        cash = await self.chain.cash(self.wallet)
        assert from_e6(await view.balance(self.wallet, None)) == cash
        assert account.cash_usd == cash or None in explained, (account.cash_usd, cash)
        assert self.ledger.totals().gap_usd == 0


def _as_there(fill: Fill) -> tuple[Decimal, str, bool]:
    return fill.size, str(fill.side), fill.settlement is TradeSettlement.FAILED


@asynccontextmanager
async def open_stage(folder: Path, setting: Setting, *, strategy: str = "") -> AsyncIterator[Stage]:
    """Open everything; the book stands around 30 cents and no cycle has run yet.

    Args:
        folder: Of the config, the strategies and the ledger.
        setting: Kinds of market and of account.
        strategy: Lines to add to the strategy file, such as ``RESTING``.
    """
    clock = JumpingClock()
    markets = LocalMarkets(ends_at=clock.now() + timedelta(days=200))
    make = markets.neg_risk if setting.is_neg_risk else markets.ctf
    market = (markets.v2 if setting.kind is MarketKind.V2 else make)(SLUG)
    async with AsyncExitStack() as opened:
        chain = await opened.enter_async_context(LocalChain(clock=clock, starts_at=clock.now()))
        await chain.prepare(market)
        sandbox = await opened.enter_async_context(
            Sandbox(markets=[market], clock=clock, chain=chain)
        )
        owner, key = chain.accounts[3], chain.accounts[5 if setting.is_session else 3]
        wallet = address_of(owner)
        if setting.is_session or setting.is_relayed:
            wallet = await chain.deploy_wallet(wallet)
        if setting.is_session:
            await _authorize(chain, sandbox, wallet, key)
        await chain.approve_all(wallet)
        await chain.mint(wallet, MONEY_USD)
        await chain.mine(2)  # deep enough to be believed at once
        stage = Stage(
            chain=chain,
            sandbox=sandbox,
            clock=clock,
            wallet=wallet,
            owner=owner,
            key=key,
            settings=_write(folder, sandbox, wallet=wallet, strategy=strategy),
            condition_id=market.condition_id,
        )
        _count_posts(stage)
        stage.show_at(30)
        opened.push_async_callback(_end(asyncio.ensure_future(_mine(chain, clock))))
        await stage.open()
        opened.push_async_callback(stage.close)
        yield stage


async def _authorize(chain: LocalChain, sandbox: Sandbox, wallet: str, key: Secret) -> None:
    signer, until = address_of(key), await chain.now() + 400 * 86_400
    authorize = "authorizeSessionSigner(address,uint256)"
    await chain.send(wallet, wallet, authorize, signer, until)
    session = SessionKey(address=signer, scopes=("CLOB",), valid_until=until)
    sandbox.accounts.authorize(wallet, session)


def _write(folder: Path, sandbox: Sandbox, *, wallet: str, strategy: str) -> Settings:
    config = write_files(folder, sandbox.endpoints, wallet=wallet, keystore="key.json")
    text = config.read_text("utf-8")
    for old, new in (("poll: 1s", "poll: 30s"), ("request_timeout: 5s", "request_timeout: 3s")):
        assert old in text
        text = text.replace(old, new)
    config.write_text(text, "utf-8")
    for path in (folder / "strategies").iterdir():
        if path.stem != RECESSION:
            path.unlink()
        elif strategy:
            path.write_text(path.read_text("utf-8") + strategy, "utf-8")
    return load_settings(config, {})


def _count_posts(stage: Stage) -> None:
    server = stage.sandbox._http
    handle = server._handle

    async def counted(request: Request) -> Reply | None:
        if (request.method, request.path) == ("POST", "/clob/order"):
            stage.posted.append(request.body)
            stage.requests.append(request)
        return await handle(request)

    server._handle = counted


async def _mine(chain: LocalChain, clock: JumpingClock) -> None:
    """Let blocks come, as they do whether anybody trades or not."""
    while True:
        await clock.sleep(BLOCK_S)
        await chain.mine()


def _end(task: asyncio.Task[None]) -> Callable[[], Any]:
    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return end

"""The local exchange as a whole: state, REST, streams and faults behind loopback ports."""

from collections.abc import Iterable, Mapping
from types import TracebackType

from bot.clock import Clock
from bot.errors import UserError
from bot.model.market import Market, MarketEvent
from bot.model.units import ConditionId, Shares, to_e6
from bot.sandbox.accounts import Accounts, ApiKey
from bot.sandbox.auth import Auth
from bot.sandbox.auto_redeem import AutoRedeem
from bot.sandbox.bank import Bank, MemoryBank
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain_bank import ChainBank
from bot.sandbox.data_api import DataApi
from bot.sandbox.engine import Engine
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Fate, Faults
from bot.sandbox.gamma import Gamma
from bot.sandbox.heartbeats import Heartbeats
from bot.sandbox.house import House
from bot.sandbox.http import HttpServer, Request
from bot.sandbox.notices import Notices
from bot.sandbox.order_routes import Orders
from bot.sandbox.orders import Status
from bot.sandbox.private_rest import PrivateRest
from bot.sandbox.quotes import Quotes
from bot.sandbox.records import Records
from bot.sandbox.relayer import Relayer
from bot.sandbox.rest import Rest, Routes
from bot.sandbox.rpc import NodeProxy
from bot.sandbox.stream import MarketChannel
from bot.sandbox.trades import Trade
from bot.sandbox.user_channel import UserChannel
from bot.sandbox.view import View
from bot.venues.polymarket.settings import Endpoints


class Sandbox:
    """A local Polymarket. Use it as ``async with Sandbox(...) as sandbox``; it ends with it.

    Args:
        markets: Those that exist from the start; more come with ``MarketChanged``.
        clock: For the venue's time.
        chain: Where money and tokens are; one that has been started. None: they are in memory,
            and ``memory`` gives and takes.
        port: Of REST; the two streams take the next two. 0: free ones.
    """

    def __init__(
        self,
        *,
        markets: Iterable[Market],
        clock: Clock,
        chain: LocalChain | None = None,
        port: int = 0,
    ) -> None:
        self.clock = clock
        self.faults = Faults()
        self.exchange = Exchange(markets=markets)
        self.accounts = Accounts()
        self.memory = MemoryBank(accounts=self.accounts, clock=clock)
        house = House(clock=clock)
        self.bank: Bank = self.memory
        if chain is not None:
            self.bank = ChainBank(chain=chain, house=house.address)
        self.channel = MarketChannel(exchange=self.exchange, faults=self.faults)
        self.user_channel = UserChannel(accounts=self.accounts, faults=self.faults, clock=clock)
        self.notices = Notices(clock=clock)
        self.records = Records(
            bank=self.bank,
            user=self.user_channel,
            notices=self.notices,
            faults=self.faults,
            clock=clock,
        )
        self.view = View(bank=self.bank, faults=self.faults, records=self.records)
        self.engine = Engine(
            exchange=self.exchange,
            channel=self.channel,
            records=self.records,
            house=house,
            bank=self.bank,
            view=self.view,
            faults=self.faults,
            clock=clock,
        )
        self.auth = Auth(accounts=self.accounts, clock=clock)
        self.heartbeats = Heartbeats(clock=clock, cancel_all=self._cancel_all)
        self.data_api = DataApi(exchange=self.exchange, bank=self.bank, records=self.records)
        self.relayer = Relayer(
            auth=self.auth,
            accounts=self.accounts,
            bank=self.bank,
            open_orders=self.records.open_orders,
            end=self.engine.end,
        )
        self.orders = Orders(
            exchange=self.exchange,
            accounts=self.accounts,
            bank=self.bank,
            engine=self.engine,
            records=self.records,
            faults=self.faults,
            clock=self.clock,
        )
        self.private = self._private()
        self.node = NodeProxy(url="" if chain is None else chain.rpc_url, clock=clock)
        self.rest = Rest(
            routes=self._routes(),
            exchange=self.exchange,
            faults=self.faults,
            pass_time=self.pass_time,
        )
        self._http = HttpServer(handle=self.rest.handle)
        self._port = port
        self._endpoints: Endpoints | None = None

    def _private(self) -> PrivateRest:
        return PrivateRest(
            auth=self.auth,
            accounts=self.accounts,
            orders=self.orders,
            records=self.records,
            view=self.view,
            bank=self.bank,
            heartbeats=self.heartbeats,
            notices=self.notices,
        )

    def _routes(self) -> Routes:
        return {
            **Gamma(exchange=self.exchange).routes,
            **Quotes(exchange=self.exchange, clock=self.clock).routes,
            **self.private.routes,
            **self.relayer.routes,
            **self.data_api.routes,
            "POST /rpc": self.node.answer,
            "GET /geoblock": self._geoblock,
        }

    async def __aenter__(self) -> "Sandbox":
        try:
            await self._start()
        except OSError as error:
            await self._close()
            raise UserError(
                f"Port {self._port} of 127.0.0.1, or one of the two after it, cannot be taken "
                f"({error.strerror}). Choose another with --port"
            ) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _start(self) -> None:
        asked = [self._port + number if self._port else 0 for number in range(3)]
        port = await self._http.start(asked[0])
        stream_port = await self.channel.start(asked[1])
        user_port = await self.user_channel.start(asked[2])
        await self.bank.open()
        self._endpoints = Endpoints(
            gamma=f"http://127.0.0.1:{port}/gamma",
            clob=f"http://127.0.0.1:{port}/clob",
            data=f"http://127.0.0.1:{port}/data",
            relayer=f"http://127.0.0.1:{port}/relayer",
            rpc=f"http://127.0.0.1:{port}/rpc",
            geoblock=f"http://127.0.0.1:{port}/geoblock",
            market_stream=f"ws://127.0.0.1:{stream_port}/ws/market",
            user_stream=f"ws://127.0.0.1:{user_port}/ws/user",
        )

    async def _close(self) -> None:
        await self.records.settlement.close()
        await self.channel.close()
        await self.user_channel.close()
        await self._http.close()
        await self.node.close()
        await self.bank.close()

    @property
    def endpoints(self) -> Endpoints:
        """Where it listens."""
        if self._endpoints is None:
            raise RuntimeError("the sandbox has not been started; use it with `async with`")
        return self._endpoints

    def tell(self, event: MarketEvent) -> None:
        """Let an event of a tape happen: state changes, and the stream says so.

        Books are other people's: our clients' orders stand in them besides.

        Raises:
            BadData: a book or trade of a token that no market has.
        """
        self.engine.tell(event)

    def pass_time(self) -> None:
        """End what has ended by now. Each request does so first."""
        self.engine.pass_time()
        self.heartbeats.pass_time()

    def trade_against(self, wanted: Mapping[str, Shares], *, sells: bool = False) -> Trade:
        """Let somebody trade with resting orders of our clients, in one trade.

        Args:
            wanted: Order id -> shares; all orders on one side of one market.
            sells: Whether that somebody sells. They buy otherwise: against a buy of ours its
                complement, so that both are minted.
        """
        return self.engine.trade_against(
            {order_id: to_e6(shares) for order_id, shares in wanted.items()}, sells=sells
        )

    async def settle(self, fate: Fate = Fate.CONFIRM) -> None:
        """Decide all trades whose settlement is held, and wait until nothing is under way."""
        await self.records.settlement.release(fate)

    async def auto_redeem(self, wallet: str, condition_id: ConditionId) -> str:
        """Let somebody else redeem a wallet's tokens of a resolved market.

        Raises:
            NotDone: It is not resolved, or the wallet has not approved the auto-redeemer.
        """
        redeemer = AutoRedeem(
            bank=self.bank,
            accounts=self.accounts,
            notices=self.notices,
            data_api=self.data_api,
            clock=self.clock,
        )
        return await redeemer.redeem(wallet, self.exchange.markets[condition_id])

    def _geoblock(self, _request: Request, _rest: str) -> object:
        blocked = self.faults.geoblocked
        country = "US" if blocked else "CH"
        return {"blocked": blocked, "ip": "127.0.0.1", "country": country, "region": ""}

    def _cancel_all(self, key: ApiKey) -> None:
        for order in self.records.open_orders():
            if order.owner.key == key.key:
                self.engine.end(order, Status.CANCELED)

"""The local exchange as a whole: state, REST, stream and faults behind two loopback ports."""

from collections.abc import Iterable
from types import TracebackType

from bot.clock import Clock
from bot.model.market import Market, MarketEvent
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Faults
from bot.sandbox.http import HttpServer
from bot.sandbox.rest import Rest
from bot.sandbox.stream import MarketChannel
from bot.venues.polymarket.settings import Endpoints


class Sandbox:
    """A local Polymarket. Use it as ``async with Sandbox(...) as sandbox``; it ends with it.

    Args:
        markets: Those that exist from the start; more come with ``MarketChanged``.
        clock: For the venue's time.
    """

    def __init__(self, *, markets: Iterable[Market], clock: Clock) -> None:
        self.faults = Faults()
        self.exchange = Exchange(markets=markets)
        self.rest = Rest(exchange=self.exchange, faults=self.faults, clock=clock)
        self.channel = MarketChannel(exchange=self.exchange, faults=self.faults)
        self._http = HttpServer(handle=self.rest.handle)
        self._endpoints: Endpoints | None = None

    async def __aenter__(self) -> "Sandbox":
        port = await self._http.start()
        stream_port = await self.channel.start()
        self._endpoints = Endpoints(
            gamma=f"http://127.0.0.1:{port}/gamma",
            clob=f"http://127.0.0.1:{port}/clob",
            data=f"http://127.0.0.1:{port}/data",
            relayer=f"http://127.0.0.1:{port}/relayer",
            rpc=f"http://127.0.0.1:{port}/rpc",
            geoblock=f"http://127.0.0.1:{port}/geoblock",
            market_stream=f"ws://127.0.0.1:{stream_port}/ws/market",
            user_stream=f"ws://127.0.0.1:{stream_port}/ws/user",
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.channel.close()
        await self._http.close()

    @property
    def endpoints(self) -> Endpoints:
        """Where it listens."""
        if self._endpoints is None:
            raise RuntimeError("the sandbox has not been started; use it with `async with`")
        return self._endpoints

    def tell(self, event: MarketEvent) -> None:
        """Let an event of a tape happen: state changes, and the stream says so.

        Raises:
            BadData: a book or trade of a token that no market has.
        """
        self.channel.send(self.exchange.hear(event))

"""What the venue tells the key about its account: read only, but for one cancel of nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bot.errors import BadData, SourceDown
from bot.model.orders import VenueOrder
from bot.owner.setup import Setup, open_sdk
from bot.venues.polymarket import wire
from bot.venues.polymarket.l2 import ApiKey, L2Signer
from bot.venues.polymarket.private_reads import PrivateReads
from bot.venues.polymarket.reads import Reads

_NO_ORDER = "0x" + "0" * 64


class _ApiKeys(msgspec.Struct, frozen=True, kw_only=True):
    api_keys: list[str] = msgspec.field(name="apiKeys")


class _ClosedOnly(msgspec.Struct, frozen=True, kw_only=True):
    closed_only: bool


class AccountReads:
    """The private half of the CLOB, as far as the doctor looks.

    Args:
        setup: Whose account it is, and where.
        api_key: What the venue gave the key at log-in.
    """

    def __init__(self, *, setup: Setup, api_key: ApiKey) -> None:
        self._setup = setup
        self._signer = L2Signer(
            address=setup.account.signer, api_key=api_key, clock=setup.world.clock
        )
        self._reads = Reads(
            base_url=setup.world.endpoints.clob,
            clock=setup.world.clock,
            pace=setup.world.pace,
            sign=self._signer.headers,
        )
        self._private = PrivateReads(
            exchange=self._reads,
            positions=self._reads,
            wallet=setup.account.wallet,
            pace=setup.world.pace,
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._reads.close()

    async def api_keys(self) -> int:
        """Return how many API keys the venue lists. Raises ``DataError``."""
        return len(wire.read(await self._get("/auth/api-keys"), _ApiKeys, "API keys").api_keys)

    async def is_closed_only(self) -> bool:
        """Whether the account may only reduce what it has. Raises ``DataError``."""
        body = await self._get("/auth/ban-status/closed-only")
        return wire.read(body, _ClosedOnly, "closed-only mode").closed_only

    async def tier(self) -> str:
        """Return the name of the account's rate limits; empty: the venue does not say.

        Only answers to orders and cancels carry it, so an order that cannot exist is cancelled.
        **Source:** POLYMARKET section 10, read 2026-11.

        Raises:
            SourceDown: No answer.
        """
        import httpx

        body = msgspec.json.encode({"orderID": _NO_ORDER})
        headers = dict(self._signer.headers("DELETE", "/order", body))
        url = f"{self._setup.world.endpoints.clob}/order"
        try:
            async with httpx.AsyncClient(timeout=self._setup.world.pace.timeout) as client:
                answer = await client.request(
                    "DELETE",
                    url,
                    content=body,
                    headers={**headers, "Content-Type": "application/json"},
                )
        except httpx.RequestError as error:
            raise SourceDown(f"DELETE {url} failed: {type(error).__name__}") from None
        return str(answer.headers.get("Poly-RateLimit-Tier", ""))

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Return what rests under this API key. Raises ``DataError``."""
        return await self._private.open_orders()

    async def _get(self, path: str) -> bytes:
        body = await self._reads.get(path)
        if body is None:
            raise BadData(f"GET {path} answered 404")
        return body


@asynccontextmanager
async def log_in(setup: Setup) -> AsyncIterator[AccountReads]:
    """Log in, which makes an API key if there is none yet, and read as that key.

    Raises:
        UserError: The venue refuses the key, or the client is not ours.
        SourceDown: It does not answer.
    """
    async with open_sdk(setup) as sdk:
        api_key = sdk.api_key
    reads = AccountReads(setup=setup, api_key=api_key)
    try:
        yield reads
    finally:
        await reads.close()

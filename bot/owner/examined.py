"""What the doctor looks at, and the narrow views of chain and venue that it looks through."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from bot.chain.records import Allowance
from bot.model.orders import VenueOrder
from bot.model.units import OrderId, Usd
from bot.owner.setup import Setup


class ChainView(Protocol):
    """What is read of the chain; all raise ``DataError`` if it is not known."""

    async def start(self) -> None:
        """Make sure that the node is on Polygon."""
        ...

    async def block(self) -> int:
        """Return the newest block that is believed."""
        ...

    async def cash(self, wallet: str, *, currency: str | None = None) -> Usd:
        """Return a wallet's collateral, or its dollars of another currency."""
        ...

    async def gas_money(self, wallet: str) -> Decimal:
        """Return a wallet's POL."""
        ...

    async def is_contract(self, address: str) -> bool:
        """Whether code stands at an address."""
        ...

    async def allowances(self, wallet: str) -> tuple[Allowance, ...]:
        """Return what each contract may take."""
        ...

    async def session_signer_until(self, wallet: str, signer: str) -> datetime | None:
        """Return when a session key ends; None: it is none."""
        ...


class PrivateView(Protocol):
    """What is read of the venue with the key's API key; all raise ``DataError``."""

    async def api_keys(self) -> int:
        """Return how many API keys the venue lists; 0 is one that it does not know."""
        ...

    async def is_closed_only(self) -> bool:
        """Whether the account may only reduce what it has."""
        ...

    async def tier(self) -> str:
        """Return the name of the account's rate limits; empty: the venue does not say."""
        ...

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Return what rests."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One account and what is asked of it."""

    setup: Setup
    chain: ChainView
    need_usd: Usd
    """The most that the strategies may stake."""
    known_orders: Collection[OrderId]
    """Every order that the ledger has."""

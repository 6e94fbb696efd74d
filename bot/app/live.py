"""Opens what only live mode has: the venue with its key, the chain, and what runs beside cycles."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager

from bot.app.brakes import Brakes
from bot.app.build import Beside
from bot.app.sources import endpoints, pace, tell_sources
from bot.chain.addresses import POLYGON
from bot.chain.reader import Chain
from bot.chain.sender import Sender
from bot.clock import Clock
from bot.config import Settings
from bot.engine.ports import Report
from bot.ledger import Ledger
from bot.model.account import Secret, WalletKind
from bot.owner.keys import relayer_key
from bot.owner.keystore import address_of
from bot.venues.polymarket.heartbeat import Heartbeat
from bot.venues.polymarket.sdk.setup import account_of
from bot.venues.polymarket.user_channel import UserChannel
from bot.venues.polymarket.venue import PolymarketVenue

CHECK_S = 5.0
"""Between looks whether what runs beside the cycles still does."""


@asynccontextmanager
async def open_venue(
    settings: Settings, *, key: Secret, clock: Clock
) -> AsyncIterator[PolymarketVenue]:
    """Log in at the venue and connect to the chain.

    Raises:
        UserError: Key, wallet or the installed client do not fit.
        DataError: Chain or venue do not answer.
    """
    wallet = settings.wallet.address or address_of(key)
    places, confirmations = endpoints(settings), settings.live.confirmations
    account = account_of(key=key, wallet=wallet)
    chain = Chain(rpc_url=places.rpc, contracts=POLYGON, clock=clock, confirmations=confirmations)
    sender = (
        Sender(
            rpc_url=places.rpc,
            key=key,
            clock=clock,
            contracts=POLYGON,
            confirmations=confirmations,
        )
        if account.kind is WalletKind.EOA
        else None
    )
    try:
        await chain.start()
        venue = await PolymarketVenue.open(
            key=key,
            wallet=wallet,
            chain=chain,
            sender=sender,
            endpoints=places,
            contracts=POLYGON,
            pace=pace(settings),
            clock=clock,
            relayer_key=relayer_key(os.environ),
        )
        try:
            yield venue
        finally:
            await venue.close()
    finally:
        await chain.close()
        if sender is not None:
            await sender.close()


def run_beside(
    settings: Settings, *, venue: PolymarketVenue, ledger: Ledger, clock: Clock, report: Report
) -> Beside:
    """Return what runs beside the cycles: brakes, the user channel, the dead man's switch."""

    def tasks(wake: asyncio.Event) -> Iterable[Coroutine[None, None, None]]:
        brakes = Brakes(settings=settings, ledger=ledger, clock=clock, wake=wake)
        brakes.listen()
        yield brakes.watch()
        channel = UserChannel(
            url=endpoints(settings).user_stream,
            api_key=venue.api_key,
            clock=clock,
            pace=pace(settings),
            wake=wake.set,
            report=tell_sources(report),
        )
        yield _keep(channel, clock)
        if settings.live.heartbeat:
            yield _keep(Heartbeat(sdk=venue.sdk, clock=clock, report=tell_sources(report)), clock)

    return tasks


async def _keep(service: UserChannel | Heartbeat, clock: Clock) -> None:
    """Let a service run until cancelled; raise what ended it, if anything did."""
    service.start()
    try:
        while True:
            service.check()
            await clock.sleep(CHECK_S)
    finally:
        await service.close()

"""The live venue keeps the contract on both kinds of market, against local exchange and chain."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.orders import address_of
from bot.venues.ports import Venue
from tests.chain.conftest import chain, node  # noqa: F401 - fixtures
from tests.fakes import START
from tests.venues.contract import VenueContract
from tests.venues.polymarket.live_stage import LiveStage, fund, open_stage

pytestmark = pytest.mark.chain
MARKETS = LocalMarkets(ends_at=START.replace(year=2027))


class TestEoaOnConditionalTokens(VenueContract):
    @pytest.fixture
    async def stage(self, chain: LocalChain) -> AsyncIterator[LiveStage]:  # noqa: F811
        market = MARKETS.ctf("fed-cuts-in-december")
        await chain.prepare(market)
        key = chain.accounts[3]
        await fund(chain, address_of(key), market)
        async with open_stage(chain, market, key=key, wallet=address_of(key)) as stage:
            yield stage

    def test_it_fulfils_the_venue_protocol(self, stage: LiveStage) -> None:
        venue: Venue = stage.venue
        assert venue is stage.venue


class TestDepositWalletOnProtocolV2(VenueContract):
    @pytest.fixture
    async def stage(self, chain: LocalChain) -> AsyncIterator[LiveStage]:  # noqa: F811
        market = MARKETS.v2("recession-in-2027")
        await chain.prepare(market)
        key = chain.accounts[4]
        wallet = await chain.deploy_wallet(address_of(key))
        await fund(chain, wallet, market)
        async with open_stage(chain, market, key=key, wallet=wallet) as stage:
            yield stage

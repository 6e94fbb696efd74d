"""Before the first hedge is bought with money, whatever the doctor would fail refuses to begin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.rehearsal.files import write_files
from bot.cli.ready import check_ready
from bot.clock import SystemClock
from bot.config import Settings, load_settings
from bot.errors import ConfigError, SourceDown
from bot.ledger import Ledger
from bot.model.account import Secret
from bot.model.units import Usd
from bot.owner.findings import State
from bot.owner.keystore import address_of
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.ledger.make import send

pytestmark = pytest.mark.chain
MARKETS = LocalMarkets(ends_at=datetime(2027, 6, 1, tzinfo=UTC))


@dataclass
class Wallet:
    """A funded EOA at a local venue, and its config."""

    sandbox: Sandbox
    chain: LocalChain
    key: Secret
    settings: Settings

    @property
    def address(self) -> str:
        return address_of(self.key)


@pytest.fixture
async def wallet(chain: LocalChain, tmp_path: Path) -> AsyncIterator[Wallet]:
    key = chain.accounts[5]
    address = address_of(key)
    async with Sandbox(
        markets=[MARKETS.ctf("recession")], clock=SystemClock(), chain=chain
    ) as sandbox:
        config = write_files(tmp_path, sandbox.endpoints, wallet=address, keystore="k.json")
        await chain.approve_all(address)
        await chain.mint(address, Usd(Decimal(500)))
        await chain.mine(3)
        yield Wallet(sandbox, chain, key, load_settings(config, {}))


async def test_a_ready_wallet_may_begin(wallet: Wallet) -> None:
    assert await check_ready(wallet.settings, wallet.key) == ()


def close_account(wallet: Wallet) -> None:
    wallet.sandbox.accounts.closed_only.add(wallet.address)


def block_region(wallet: Wallet) -> None:
    wallet.sandbox.faults.geoblocked = True


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(close_account, "  account: "), (block_region, "  region: ")],
)
async def test_what_the_doctor_fails_refuses_in_one_report(
    wallet: Wallet, spoil: Callable[[Wallet], None], says: str
) -> None:
    spoil(wallet)
    with pytest.raises(ConfigError) as caught:
        await check_ready(wallet.settings, wallet.key)
    assert says in str(caught.value)
    assert "nothing was sent" in str(caught.value)
    assert " -> " in str(caught.value)


async def test_a_wallet_without_money_or_allowances_is_told_both(wallet: Wallet) -> None:
    poor = wallet.chain.accounts[6]
    with pytest.raises(ConfigError) as caught:
        await check_ready(_at(wallet.settings, address_of(poor)), poor)
    assert "  collateral: " in str(caught.value)
    assert "polyhedge wallet approve" in str(caught.value)


async def test_a_silent_world_is_no_fault_of_the_user(wallet: Wallet) -> None:
    wallet.sandbox.faults.add(Fault.STATUS, path="/geoblock", status=500)
    with pytest.raises(SourceDown, match="region: unknown"):
        await check_ready(wallet.settings, wallet.key)


async def test_who_holds_something_is_never_kept_from_selling_it(wallet: Wallet) -> None:
    close_account(wallet)
    ledger = Ledger.open(wallet.settings.ledger, mode="live", market_data="polymarket")
    send(ledger)
    ledger.close()
    (fault,) = await check_ready(wallet.settings, wallet.key)
    assert (fault.topic, fault.state) == ("account", State.FAIL)


async def test_who_holds_something_starts_even_where_nothing_can_be_asked(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise SourceDown("the node is silent")

    monkeypatch.setattr("bot.cli.ready.look_at_account", fail)
    with pytest.raises(SourceDown):
        await check_ready(wallet.settings, wallet.key)
    ledger = Ledger.open(wallet.settings.ledger, mode="live", market_data="polymarket")
    send(ledger)
    ledger.close()
    (fault,) = await check_ready(wallet.settings, wallet.key)
    assert (fault.topic, fault.text) == ("doctor", "the node is silent")


def _at(settings: Settings, address: str) -> Settings:
    text = settings.path.read_text("utf-8")
    old = settings.wallet.address or ""
    settings.path.write_text(text.replace(old, address), encoding="utf-8")
    return load_settings(settings.path, {})

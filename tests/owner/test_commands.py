"""From an empty folder to a wallet that may trade, by the commands a person types.

The venue is the sandbox, the chain a real EVM; every command runs as it does in a terminal.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.clock import SystemClock
from bot.model.account import Secret
from bot.model.market import Market, MarketChanged
from bot.model.units import Shares, Usd
from bot.owner import keystore
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.server import Sandbox
from tests.owner.rig import NOW
from tests.venues.polymarket.rig import ctf_market

pytestmark = pytest.mark.chain

CONFIG = """\
mode: paper
market_data: polymarket
strategies: {here}
portfolio: {{holdings: [{{symbol: QQQ, value: 1000}}]}}
wallet: {{keystore: key.json{address}}}
live: {{max_total_usd: 500, confirmations: 0}}
polymarket:
  clob_url: {clob}
  gamma_url: {gamma}
  data_url: {data}
  relayer_url: {relayer}
  rpc_url: {rpc}
  geoblock_url: {geoblock}
  market_ws_url: {market_stream}
  user_ws_url: {user_stream}
"""


@dataclass(kw_only=True)
class Desk:
    """A folder, a terminal, and the world that its config leads to."""

    folder: Path
    sandbox: Sandbox
    chain: LocalChain
    environment: dict[str, str] = field(default_factory=lambda: {"POLYHEDGE_PASSPHRASE": "p w"})
    printed: list[str] = field(default_factory=list)

    def configure(self, wallet: str = "") -> None:
        ends = self.sandbox.endpoints
        text = CONFIG.format(
            here=self.folder,
            address=f", address: '{wallet}'" if wallet else "",
            **{name: getattr(ends, name) for name in ends.__dataclass_fields__},
        )
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    async def type(self, *words: str, code: int = 0) -> str:
        """Type ``polyhedge ...``; the answer's code must be the expected one."""
        place = ("--config", str(self.folder / "config.yaml"))
        runner = CliRunner()
        answer = await asyncio.to_thread(
            runner.invoke, main, [*words, *place], env=self.environment
        )
        self.printed.append(answer.output)
        assert answer.exit_code == code, answer.output
        return answer.output

    async def doctor(self, *words: str, code: int = 0) -> Mapping[str, str]:
        """Return the doctor's states by topic; of several lines the worst."""
        found = json.loads(await self.type("doctor", "--json", *words, code=code))
        order = ("ok", "warn", "fail")
        states: dict[str, str] = {}
        for each in found:
            before = states.get(each["topic"], "ok")
            states[each["topic"]] = max(before, each["state"], key=order.index)
        return states

    def key(self, name: str = "key.json") -> str:
        return keystore.stored_address(self.folder / name)

    def secrets(self) -> list[str]:
        """Return every private key of the folder as hex digits."""
        word = Secret(self.environment["POLYHEDGE_PASSPHRASE"])
        return [
            keystore.load_key(path, passphrase=word).reveal()[2:]
            for path in self.folder.glob("*.json")
        ]


@pytest.fixture
async def desk(
    tmp_path: Path, chain: LocalChain, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    monkeypatch.setattr(keystore.save_key, "__kwdefaults__", {"rounds": 2**4})  # quick to open
    async with Sandbox(markets=[ctf_market()], clock=SystemClock(), chain=chain) as sandbox:
        desk = Desk(folder=tmp_path, sandbox=sandbox, chain=chain)
        desk.configure()
        yield desk
        for secret in desk.secrets():
            assert not [text for text in desk.printed if secret in text.lower()]


def usd(text: str) -> Usd:
    return Usd(Decimal(text))


async def test_an_eoa_is_made_funded_wrapped_approved_and_found_well(desk: Desk) -> None:
    key = desk.folder / "key.json"
    told = await desk.type("wallet", "new")
    assert f"key      {desk.key()} in {key}, encrypted, mode 0600" in told
    before = await desk.doctor(code=2)
    assert (before["collateral"], before["allowance"], before["gas"]) == ("fail", "fail", "fail")

    await desk.chain.give_gas(desk.key(), Decimal(5))
    await desk.chain.mint_usdce(desk.key(), usd("700"))
    assert "polyhedge wallet wrap 500" in await desk.type("doctor", code=2)
    assert (await desk.type("wallet", "wrap", "600", "--yes")).count("mined  0x") == 2
    assert await desk.chain.cash(desk.key()) == usd("600")

    table = await desk.type("wallet", "approve", "--yes")
    assert re.search(r"exchange +pUSD +nothing +500\.00 +buy in CTF markets", table)
    assert table.count("mined  0x") == 9
    assert await desk.type("wallet", "approve", "--yes") == "All of that is allowed already.\n"
    assert set((await desk.doctor()).values()) == {"ok"}


async def test_a_deposit_wallet_gets_a_session_key_and_loses_it(desk: Desk) -> None:
    await desk.type("wallet", "new", "--keystore", str(desk.folder / "owner.json"))
    await desk.type("wallet", "new")
    owner, session = desk.key("owner.json"), desk.key()
    wallet = re.search(r"deposit wallet is (0x\w{40})", desk.printed[0])
    assert wallet is not None
    desk.configure(wallet[1])
    by_owner = ("--keystore", str(desk.folder / "owner.json"), "--yes")
    builder = desk.sandbox.accounts.builder_key(owner)
    desk.environment |= {
        "POLYMARKET_BUILDER_KEY": builder.key,
        "POLYMARKET_BUILDER_SECRET": builder.secret,
        "POLYMARKET_BUILDER_PASSPHRASE": builder.passphrase,
    }
    assert (await desk.doctor(*by_owner[:2], code=2))["wallet"] == "fail"

    assert "is deployed" in await desk.type("wallet", "deploy", *by_owner)
    assert "stood already" in await desk.type("wallet", "deploy", *by_owner)
    await desk.chain.mint_usdce(wallet[1], usd("500"))
    await desk.type("wallet", "wrap", "500", *by_owner)
    await desk.type("wallet", "approve", *by_owner)
    await desk.type("wallet", "approve", "--only", "auto-redeemer", *by_owner)
    assert set((await desk.doctor(*by_owner[:2])).values()) == {"ok"}

    assert (await desk.doctor(code=2))["key"] == "fail"
    made = await desk.type("wallet", "session-key", "create", session, *by_owner)
    assert f"{session} may trade until" in made
    assert session in await desk.type("wallet", "session-key", "list", *by_owner[:2])
    assert set((await desk.doctor()).values()) == {"ok"}

    refused = await desk.type("wallet", "approve", "--yes", code=2)
    assert "does not own wallet" in refused
    await desk.type("wallet", "session-key", "revoke", session, *by_owner)
    assert await desk.type("wallet", "session-key", "list", *by_owner[:2]) == "none\n"
    assert (await desk.doctor(code=2))["key"] == "fail"
    for secret in (builder.secret, builder.passphrase):
        assert not [text for text in desk.printed if secret in text]


async def test_revoke_takes_everything_back(desk: Desk) -> None:
    await desk.type("wallet", "new")
    await desk.chain.give_gas(desk.key(), Decimal(5))
    await desk.type("wallet", "approve", "--unlimited", "--yes")
    await desk.type("wallet", "approve", "--only", "auto-redeemer", "--yes")
    taken = await desk.type("wallet", "revoke", "--yes")
    assert taken.count("mined  0x") == 11
    assert await desk.type("wallet", "revoke", "--yes") == "None of that is allowed.\n"


async def test_the_kill_switch_is_on_chain_and_can_be_undone(desk: Desk) -> None:
    await desk.type("wallet", "new")
    await desk.chain.give_gas(desk.key(), Decimal(5))
    told = await desk.type("halt", "test", "--on-chain")
    assert "Only the chain is told." in told  # the owner's machine has no ledger
    assert told.count("mined  0x") == 3
    again = await desk.type("halt", "again", "--on-chain", code=3)
    assert "Pause trading: " in again
    assert (await desk.type("resume", "known", "--on-chain")).count("mined  0x") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("wallet", "wrap", "600", "--yes"), "holds 0 usdc.e, less than 600. Nothing is signed."),
        (("wallet", "unwrap", "1", "--yes"), "holds 0 pUSD, less than 1. Nothing is signed."),
        (("wallet", "wrap", "1"), "There is no terminal to ask on, and nothing was signed."),
        (("wallet", "wrap", "0", "--yes"), "USD is 0; it must be more."),
        (("wallet", "wrap", "-5", "--yes"), "No such option"),
        (("wallet", "approve", "--limit", "1", "--unlimited"), "contradict each other"),
        (("wallet", "approve", "--only", "router2"), "--only router2 names no contract"),
        (("wallet", "deploy", "--yes"), "deploys wallet 0x"),
        (("wallet", "session-key", "create", "0x12", "--yes"), "it is '0x12'; it must be 0x and"),
        (("wallet", "session-key", "create", "0x" + "1" * 40, "--yes"), "is no deposit wallet"),
        (("wallet", "new"), "overwritten is lost for ever"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
async def test_what_cannot_be_done_is_said_before_anything_is_signed(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    await desk.type("wallet", "new")
    assert said in await desk.type(*words, code=2)


async def test_a_loose_keystore_is_refused_with_the_chmod(desk: Desk) -> None:
    await desk.type("wallet", "new")
    path = desk.folder / "key.json"
    path.chmod(0o644)
    found = await desk.type("doctor", code=2)
    path.chmod(0o600)
    assert "chmod 600" in found
    assert "ok    region" in found  # what needs no key is still looked at


async def hold_pairs(desk: Desk, markets: tuple[Market, ...]) -> None:
    """Give the key's account 100 pairs of each market."""
    await desk.type("wallet", "new")
    await desk.chain.give_gas(desk.key(), Decimal(5))
    await desk.chain.mint(desk.key(), usd("300"))
    await desk.chain.approve_all(desk.key())
    for market in markets:
        await desk.chain.prepare(market)
        await desk.chain.split(desk.key(), market, Shares(Decimal(100)))


async def resolve(desk: Desk, market: Market, first: str) -> None:
    payouts = (Decimal(first), 1 - Decimal(first))
    await desk.chain.resolve(market, payouts)
    desk.sandbox.tell(MarketChanged(at=NOW, market=replace(market, closed=True, payouts=payouts)))


async def test_the_owner_redeems_every_kind_of_market_to_the_last_unit(desk: Desk) -> None:
    kinds = LocalMarkets()
    markets = (kinds.ctf("rain"), kinds.neg_risk("snow"), kinds.v2("hail"))
    for market in markets:
        desk.sandbox.tell(MarketChanged(at=NOW, market=market))
    await hold_pairs(desk, markets)
    assert "Nothing that pays" in await desk.type("owner", "redeem", "--yes")

    for market, first in zip(markets, ("1", "0.5", "0"), strict=True):
        await resolve(desk, market, first)
    told = await desk.type("owner", "redeem", "--yes")
    assert told.count("100.00 USD") == 3
    assert await desk.chain.cash(desk.key()) == usd("300")
    assert "Nothing that pays" in await desk.type("owner", "redeem", "--yes")


async def test_a_redemption_that_is_not_allowed_names_the_command(desk: Desk) -> None:
    market = LocalMarkets().v2("hail")
    desk.sandbox.tell(MarketChanged(at=NOW, market=market))
    await hold_pairs(desk, (market,))
    await resolve(desk, market, "1")
    await desk.type("wallet", "revoke", "--only", "router", "--yes")
    told = await desk.type("owner", "redeem", "--yes", code=2)
    assert "Type first: polyhedge wallet approve --only router" in told


async def test_the_public_look_needs_no_key_and_leaves_a_report(desk: Desk) -> None:
    report = desk.folder / "report.json.txt"
    words = ("doctor", "--public", "--listen", "0.2", "--report", str(report))
    told = await desk.type(*words, code=3)  # this sandbox lists no V2 market
    assert re.search(r"Gamma market v1 +read +\d+", told)
    assert "Gamma market v2: it lists no open v2 market with an order book" in told
    assert f"Written to {report}" in told
    assert [each["name"] for each in json.loads(report.read_text("utf-8"))["seen"]]

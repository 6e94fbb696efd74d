"""The doctor's lines: one clear sentence for each thing that is wrong, with what to type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.chain.addresses import POLYGON
from bot.chain.records import Allowance
from bot.chain.rpc import Reverted
from bot.errors import SourceDown
from bot.model.account import Secret, WalletKind
from bot.model.orders import Side, VenueOrder
from bot.model.units import ConditionId, OrderId, Price, Shares, TokenId, Usd
from bot.owner.checks.identity import check_key, check_wallet
from bot.owner.checks.money import check_allowances, check_collateral, check_gas
from bot.owner.checks.standing import check_api_key, check_orders, check_tier
from bot.owner.checks.surroundings import check_clock, check_contracts, check_region, check_sdk
from bot.owner.doctor import examine, exit_code
from bot.owner.findings import Fault, Finding, State, fail, ok, unknown, warn
from bot.owner.private import log_in
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.sdk.client import RelayerKey
from tests.fakes import ManualClock
from tests.owner.rig import (
    NOW,
    SIGNER,
    WALLET,
    FixedClock,
    ToldChain,
    everything,
    examined,
    make_world,
    session,
)

CREATE = f"polyhedge wallet session-key create {SIGNER}"


def line(finding: Finding) -> str:
    return f"{finding.state} {finding.topic}: {finding.text} -> {finding.remedy}"


# --- key and wallet --------------------------------------------------------------------------


async def test_an_eoas_own_key_is_told_with_its_origin() -> None:
    assert line(await check_key(examined())) == (
        "ok key: the wallet's own key 0x19E7..ff2A, may trade and withdraw"
        " (POLYMARKET_PRIVATE_KEY) -> "
    )


async def test_a_session_key_is_told_with_its_days() -> None:
    assert line(await check_key(session())) == (
        "ok key: session key 0x19E7..ff2A, may trade, may not withdraw, 171 days left -> "
    )


async def test_a_session_key_that_ends_soon_is_a_warning() -> None:
    found = await check_key(session(days=13.5))
    assert found.state is State.WARN
    assert "13 days left" in found.text
    assert CREATE in found.remedy


async def test_an_ended_session_key_names_the_command() -> None:
    assert line(await check_key(session(days=-1))) == (
        f"fail key: session key {SIGNER} ended on 2026-11-22 -> as the wallet's owner: {CREATE}"
    )


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(ToldChain(), id="never authorized or revoked"),
        pytest.param(ToldChain(session_error=Reverted("", reason="")), id="another contract"),
    ],
)
async def test_a_key_that_is_not_the_wallets_says_so(chain: ToldChain) -> None:
    found = await check_key(examined(chain, WalletKind.DEPOSIT, is_session=True))
    assert found.fault is Fault.USER
    assert f"{SIGNER} neither owns wallet {WALLET} nor is a session key of it" in found.text
    assert "name the right keystore" in found.remedy


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (WalletKind.EOA, set(), "ok wallet: the key's own account (EOA) 0x19E7..ff2A -> "),
        (WalletKind.DEPOSIT, {WALLET}, "ok wallet: deposit wallet 0x8154..42b9, deployed -> "),
        (WalletKind.SAFE, {WALLET}, "ok wallet: Safe 0x8154..42b9, deployed -> "),
        (
            WalletKind.DEPOSIT,
            set(),
            "fail wallet: deposit wallet 0x8154..42b9 is not deployed -> polyhedge wallet deploy",
        ),
    ],
    ids=["eoa", "deposit", "safe", "undeployed"],
)
async def test_each_kind_of_wallet_is_told(kind: WalletKind, code: set[str], said: str) -> None:
    assert line(await check_wallet(examined(ToldChain(code=code), kind))) == said


async def test_an_eoa_that_delegates_to_code_is_refused() -> None:
    found = await check_wallet(examined(ToldChain(code={SIGNER})))
    assert found.state is State.FAIL
    assert "EIP-7702" in found.text


# --- money -----------------------------------------------------------------------------------


async def test_enough_collateral_is_well() -> None:
    assert line(await check_collateral(examined(ToldChain(pusd=_usd("500"))))) == (
        "ok collateral: 500.00 pUSD; the strategies may need up to 500.00 -> "
    )


async def test_too_little_collateral_is_a_warning_with_the_sum() -> None:
    assert line(await check_collateral(examined(ToldChain(pusd=_usd("412.3"))))) == (
        "warn collateral: 412.30 pUSD; the strategies may need up to 500.00 ->"
        f" send 87.70 USDC.e to {SIGNER}, then `polyhedge wallet wrap`;"
        " or lower live.max_total_usd"
    )


async def test_dollars_that_only_need_wrapping_name_the_command() -> None:
    found = await check_collateral(examined(ToldChain(pusd=_usd("0"), usdce=_usd("620.5"))))
    assert line(found) == (
        "fail collateral: no pUSD; the strategies may need up to 500.00 ->"
        " polyhedge wallet wrap 500"
    )


async def test_all_allowances_are_one_line() -> None:
    (found,) = await check_allowances(examined())
    assert line(found) == "ok allowance: all 9 that trading needs -> "


async def test_a_contract_that_may_move_too_little_names_the_command() -> None:
    few = tuple(
        replace(each, most=Decimal("499.99"))
        if (each.contract, each.token) == ("exchange_v3", POLYGON.collateral)
        else each
        for each in everything()
    )
    (found,) = await check_allowances(examined(ToldChain(standing=few)))
    assert line(found) == (
        "fail allowance: exchange-v3 may not move more than 499.99 of 500.00 pUSD: it could not"
        " buy in V2 markets -> polyhedge wallet approve --only exchange-v3"
    )


async def test_a_contract_each_where_nothing_is_allowed() -> None:
    found = await check_allowances(examined(ToldChain(standing=everything(Decimal(0)))))
    assert len(found) == 6
    assert {each.remedy for each in found} == {"polyhedge wallet approve"}


async def test_a_session_key_does_not_fail_for_what_only_its_owner_does() -> None:
    nothing = ToldChain(standing=everything(Decimal(0)))
    found = await check_allowances(session(nothing))
    states = [each.state for each in found if each.topic == "allowance"]
    assert states == [State.FAIL] * 3 + [State.WARN] * 3
    assert all("asks for the owner key" in each.remedy for each in found[:6])


async def test_a_session_key_is_told_how_its_payouts_come() -> None:
    *_, found = await check_allowances(session())
    assert line(found) == "ok payouts: the venue's auto-redeemer may redeem for you -> "
    *_, found = await check_allowances(session(ToldChain(standing=_without_auto_redeemer())))
    assert found.state is State.WARN
    assert "polyhedge owner redeem" in found.remedy


@pytest.mark.parametrize(
    ("pol", "state"), [("0", "fail"), ("0.049", "fail"), ("0.05", "warn"), ("0.5", "ok")]
)
async def test_an_eoa_needs_gas(pol: str, state: str) -> None:
    found = await check_gas(examined(ToldChain(pol=Decimal(pol))))
    assert (found.state, found.topic) == (state, "gas")
    assert state == "ok" or f"send POL to {SIGNER}" in found.remedy


async def test_others_need_the_relayers_key_instead() -> None:
    subject = examined(kind=WalletKind.DEPOSIT)
    assert "POLYMARKET_RELAYER_KEY is not set" in (await check_gas(subject)).text
    key = RelayerKey(key=Secret("x"), address=SIGNER)
    subject = replace(subject, setup=replace(subject.setup, relayer_key=key))
    assert (await check_gas(subject)).text == "the relayer pays"
    assert (await check_gas(session())).state is State.OK


# --- surroundings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "ok clock: within 1 s of the venue's -> "),
        (-3.5, "warn clock: 4 s behind the venue's -> set this machine's clock"),
        (4.5, "warn clock: 4 s ahead of the venue's -> set this machine's clock"),
        (-60, "fail clock: 60 s behind the venue's -> set this machine's clock"),
        (3600, "fail clock: 3599 s ahead of the venue's -> set this machine's clock"),
    ],
)
async def test_a_wrong_clock_is_told_with_how_far(seconds: float, said: str) -> None:
    async with Sandbox(markets=[], clock=ManualClock(start=NOW)) as sandbox:
        ours: datetime = NOW + timedelta(seconds=seconds)
        world = make_world(sandbox.endpoints, FixedClock(ours))
        assert line(await check_clock(world)).startswith(said)


async def test_a_region_that_is_blocked_is_told() -> None:
    async with Sandbox(markets=[], clock=ManualClock(start=NOW)) as sandbox:
        assert (await check_region(make_world(sandbox.endpoints))).state is State.OK
        sandbox.faults.geoblocked = True
        found = await check_region(make_world(sandbox.endpoints))
    assert found.fault is Fault.USER
    assert found.text == "the venue takes no orders from US"


async def test_contracts_without_code_are_named() -> None:
    chain = ToldChain(code={POLYGON.exchange})
    found = await check_contracts(make_world(), chain)
    assert found.state is State.FAIL
    assert "exchange_v3" in found.text
    assert " exchange," not in found.text


async def test_another_client_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await check_sdk(make_world())).state is State.OK
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.15.0")
    found = await check_sdk(make_world())
    assert found.fault is Fault.USER
    assert "polymarket-client is 0.15.0" in found.text


async def test_another_address_of_a_contract_is_refused() -> None:
    world = replace(make_world(), contracts=replace(POLYGON, router=POLYGON.exchange))
    assert "contract router is" in (await check_sdk(world)).text


# --- the whole -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([ok("a", ""), warn("b", "", "")], 0),
        ([ok("a", ""), unknown("b", "")], 3),
        ([unknown("a", ""), fail("b", "", "")], 2),
    ],
    ids=["well", "the world", "the user's side first"],
)
def test_the_exit_code_says_whose_turn_it_is(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code


async def test_a_silent_world_is_a_line_for_each_thing_and_never_a_traceback() -> None:
    subject = examined(ToldChain(error=SourceDown("the node is silent")))
    found = await examine(subject, login=lambda: log_in(subject.setup))
    down = {each.topic for each in found if each.text.startswith("unknown: ")}
    assert down == {
        "wallet", "API key", "collateral", "allowance", "gas", "clock", "region", "node",
        "contracts",
    }  # fmt: skip
    assert exit_code(found) == 3


async def test_the_venues_word_on_the_account_is_told() -> None:
    async with Sandbox(markets=[], clock=ManualClock(start=NOW)) as sandbox:
        sandbox.accounts.closed_only.add(SIGNER)
        subject = examined(world=make_world(sandbox.endpoints))
        found = await examine(subject, login=lambda: log_in(subject.setup))
        asked = tuple(sandbox.rest.asked)
    texts = {each.topic: line(each) for each in found}
    assert texts["API key"] == "ok API key: works -> "
    assert texts["account"].startswith("fail account: closed-only: the venue lets it reduce")
    assert texts["orders"] == "ok orders: none open -> "
    assert not [each for each in asked if each.startswith("POST") and "auth" not in each]


async def test_a_refused_login_is_the_users_to_fix() -> None:
    async with Sandbox(markets=[], clock=ManualClock(start=NOW)) as sandbox:
        sandbox.auth.most_skew_s = 5
        subject = examined(world=make_world(sandbox.endpoints))
        found = await examine(subject, login=lambda: log_in(subject.setup))
    assert exit_code(found) == 2
    (login,) = [each for each in found if each.topic == "API key"]
    assert login.state is State.FAIL


@dataclass(kw_only=True)
class ToldVenue:
    """Answers what the test has written down."""

    keys: int = 1
    resting: tuple[VenueOrder, ...] = ()
    named_tier: str = ""

    async def api_keys(self) -> int:
        return self.keys

    async def is_closed_only(self) -> bool:
        return False

    async def tier(self) -> str:
        return self.named_tier

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return self.resting


def resting(order_id: str) -> VenueOrder:
    return VenueOrder(
        order_id=OrderId(order_id),
        condition_id=ConditionId("0x" + "c1" * 32),
        token_id=TokenId("101"),
        side=Side.BUY,
        size=Shares(Decimal(10)),
        filled=Shares(Decimal(0)),
        limit=Price(Decimal("0.12")),
    )


async def test_orders_that_the_ledger_does_not_know_are_a_warning() -> None:
    venue = ToldVenue(resting=(resting("0xaa11223344"), resting("0xbb11223344")))
    subject = replace(examined(), known_orders=(OrderId("0xaa11223344"),))
    found = await check_orders(venue, subject)
    assert found.state is State.WARN
    assert found.text == "1 open that the ledger does not know: buy 10 at 0.12 (0xbb112233..)"
    subject = replace(subject, known_orders=tuple(order.order_id for order in venue.resting))
    assert (await check_orders(venue, subject)).text == "2 open, none of somebody else"


async def test_a_key_that_the_venue_does_not_list_fails() -> None:
    assert (await check_api_key(ToldVenue(keys=0))).state is State.FAIL


async def test_a_tier_that_is_not_told_is_not_made_up() -> None:
    assert "names no tier" in (await check_tier(ToldVenue())).text
    assert (await check_tier(ToldVenue(named_tier="copper"))).text == "tier copper"


def _usd(text: str) -> Usd:
    return Usd(Decimal(text))


def _without_auto_redeemer() -> tuple[Allowance, ...]:
    return tuple(
        replace(each, most=Decimal(0)) if each.contract == "auto_redeemer" else each
        for each in everything()
    )

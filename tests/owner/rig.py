"""An account to examine: a chain that tells what a test wants, and a world on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.chain.addresses import POLYGON
from bot.chain.records import Allowance
from bot.clock import Clock, SystemClock
from bot.errors import DataError
from bot.model.account import Secret, TradingAccount, WalletKind
from bot.model.units import Usd
from bot.owner.allowances import ALL, Most
from bot.owner.examined import Examined
from bot.owner.setup import Setup, World
from bot.venues.polymarket.settings import Endpoints, Pace

KEY = Secret("0x" + "11" * 32)
SIGNER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
WALLET = "0x8154deDBDAAA46c07453E47b5b6C0Ff60B8542b9"
"""The deposit wallet of that key."""
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUICK = Pace(timeout=5, tries=1, first_wait=0.01, longest_wait=0.01)
NOBODY = "http://127.0.0.1:9"
NOWHERE = Endpoints(
    gamma=NOBODY, clob=NOBODY, data=NOBODY, relayer=NOBODY, rpc=NOBODY, geoblock=NOBODY,
    market_stream="ws://127.0.0.1:9", user_stream="ws://127.0.0.1:9",
)  # fmt: skip


def everything(most: Most = None) -> tuple[Allowance, ...]:
    """Return what the chain shows where all contracts may move ``most``."""
    return tuple(
        Allowance(
            contract=each.contract,
            token=getattr(POLYGON, each.token),
            spender=getattr(POLYGON, each.contract),
            most=most if each.is_by_sum or most is None else Decimal(0),
        )
        for each in ALL
    )


@dataclass(kw_only=True)
class ToldChain:
    """Answers what the test has written down; an error in place of an answer is raised."""

    pusd: Usd = Usd(Decimal(1000))
    usdce: Usd = Usd(Decimal(0))
    pol: Decimal = Decimal(5)
    code: set[str] = field(default_factory=lambda: {WALLET})
    standing: tuple[Allowance, ...] = field(default_factory=everything)
    session_until: datetime | None = None
    error: DataError | None = None
    session_error: DataError | None = None

    async def start(self) -> None:
        self._fail()

    async def block(self) -> int:
        self._fail()
        return 7

    async def cash(self, wallet: str, *, currency: str | None = None) -> Usd:
        self._fail()
        return self.pusd if currency is None else self.usdce

    async def gas_money(self, wallet: str) -> Decimal:
        self._fail()
        return self.pol

    async def is_contract(self, address: str) -> bool:
        self._fail()
        return address in self.code

    async def allowances(self, wallet: str) -> tuple[Allowance, ...]:
        self._fail()
        return self.standing

    async def session_signer_until(self, wallet: str, signer: str) -> datetime | None:
        self._fail()
        if self.session_error is not None:
            raise self.session_error
        return self.session_until

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class FixedClock(SystemClock):
    """Real time but for the date: it is always the same noon."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def make_world(endpoints: Endpoints = NOWHERE, clock: Clock | None = None) -> World:
    return World(
        endpoints=endpoints,
        contracts=POLYGON,
        confirmations=0,
        clock=clock or FixedClock(),
        pace=QUICK,
    )


def make_setup(
    kind: WalletKind = WalletKind.EOA, *, is_session: bool = False, world: World | None = None
) -> Setup:
    wallet = SIGNER if kind is WalletKind.EOA else WALLET
    return Setup(
        key=KEY,
        account=TradingAccount(signer=SIGNER, wallet=wallet, kind=kind, is_session=is_session),
        keystore=None,
        relayer_key=None,
        world=world or make_world(),
    )


def examined(
    chain: ToldChain | None = None,
    kind: WalletKind = WalletKind.EOA,
    *,
    is_session: bool = False,
    world: World | None = None,
) -> Examined:
    return Examined(
        setup=make_setup(kind, is_session=is_session, world=world),
        chain=chain or ToldChain(),
        need_usd=Usd(Decimal(500)),
        known_orders=(),
    )


def session(chain: ToldChain | None = None, *, days: float = 171) -> Examined:
    """Return a session key of a deposit wallet that has so many days left."""
    chain = replace(chain or ToldChain(), session_until=NOW + timedelta(days=days))
    return examined(chain, WalletKind.DEPOSIT, is_session=True)

"""What contracts may take from a wallet: what trading needs, what stands, what to change.

Nothing is allowed that this program does not use: no contract that splits or converts, and the
auto-redeemer only where the owner asks for it. **Source:** POLYMARKET section 8.3, read 2026-11.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.chain.addresses import Contracts
from bot.chain.records import Allowance
from bot.errors import BadData, ConfigError
from bot.model.units import Usd, to_e6
from bot.owner.calls import WITHOUT_LIMIT, allow_sum, allow_tokens
from bot.venues.polymarket.sdk.calls import Call

AUTO_REDEEMER = "auto-redeemer"
_CASH, _CTF, _V2 = "collateral", "conditional_tokens", "position_manager"
_TOKENS = {_CASH: "pUSD", _CTF: "CTF tokens", _V2: "V2 tokens"}
_EXCHANGES = ("exchange", "neg_risk_exchange", "exchange_v3")
_NOTHING = Decimal(0)

Most = Decimal | None
"""USD of a currency; 0: nothing; None: everything, as it is always for outcome tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """A contract and what it may be allowed to move; both by their names in ``Contracts``."""

    contract: str
    token: str
    purpose: str
    """What it does with that: ``buy in CTF markets``."""

    @property
    def name(self) -> str:
        """What ``--only`` calls the contract: ``exchange-v3``."""
        return self.contract.replace("_", "-")

    @property
    def token_name(self) -> str:
        """What it may move, in words: ``pUSD``."""
        return _TOKENS[self.token]

    @property
    def is_by_sum(self) -> bool:
        """Allowed up to a sum; else all tokens of a kind or none."""
        return self.token == _CASH

    @property
    def is_for_trading(self) -> bool:
        """Whether orders need it; else it is needed only to be paid afterwards."""
        return self.contract in _EXCHANGES


ALL = tuple(
    Spender(contract=contract, token=token, purpose=purpose)
    for contract, token, purpose in (
        ("exchange", _CASH, "buy in CTF markets"),
        ("exchange", _CTF, "sell in CTF markets"),
        ("neg_risk_exchange", _CASH, "buy in neg-risk markets"),
        ("neg_risk_exchange", _CTF, "sell in neg-risk markets"),
        ("exchange_v3", _CASH, "buy in V2 markets"),
        ("exchange_v3", _V2, "sell in V2 markets"),
        ("collateral_adapter", _CTF, "redeem CTF markets"),
        ("neg_risk_collateral_adapter", _CTF, "redeem neg-risk markets"),
        ("router", _V2, "redeem V2 markets"),
        ("auto_redeemer", _CTF, "redeem CTF markets by itself"),
        ("auto_redeemer", _V2, "redeem V2 markets by itself"),
        ("collateral_adapter", _CASH, "split CTF markets"),
        ("neg_risk_collateral_adapter", _CASH, "split neg-risk markets"),
        ("router", _CASH, "split V2 markets"),
    )
)
"""All that is looked at and can be taken back; the last three are only ever taken back."""
USED = tuple(each for each in ALL if each.is_for_trading or not each.is_by_sum)
"""All that this program can make use of."""
NEEDED = tuple(each for each in USED if each.name != AUTO_REDEEMER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One allowance that is about to be changed."""

    spender: Spender
    now: Most
    then: Most

    def call(self, contracts: Contracts) -> Call:
        """Return the contract call that makes the change."""
        token = getattr(contracts, self.spender.token)
        contract = getattr(contracts, self.spender.contract)
        if self.spender.is_by_sum:
            e6 = WITHOUT_LIMIT if self.then is None else to_e6(self.then)
            return allow_sum(token=token, spender=contract, e6=e6)
        return allow_tokens(token=token, spender=contract, is_allowed=self.then is None)


def choose(
    only: Sequence[str], *, among: Sequence[Spender], default: Sequence[Spender]
) -> Sequence[Spender]:
    """Return the spenders of these names; of no names ``default``.

    Raises:
        ConfigError: A name is none of theirs.
    """
    names = tuple(dict.fromkeys(each.name for each in among))
    for name in only:
        if name not in names:
            raise ConfigError(
                f"--only {name} names no contract that is used here. They are: {', '.join(names)}"
            )
    return [each for each in among if each.name in only] if only else default


def raise_to(
    spenders: Iterable[Spender],
    standing: Sequence[Allowance],
    contracts: Contracts,
    *,
    usd: Usd | None,
    is_exact: bool,
) -> tuple[Change, ...]:
    """Return the changes that allow what is wanted; none if all of it stands.

    Args:
        spenders: Who shall be allowed.
        standing: What the chain shows.
        contracts: Where they stand.
        usd: How much pUSD each exchange may move; None: without limit.
        is_exact: Lower what allows more; else that is left as it is.

    Raises:
        BadData: The chain did not show one of them.
    """
    changes = []
    for each in spenders:
        now, then = _now(each, standing, contracts), usd if each.is_by_sum else None
        if _is_less(now, then) or (is_exact and now != then):
            changes.append(Change(spender=each, now=now, then=then))
    return tuple(changes)


def take_back(
    spenders: Iterable[Spender], standing: Sequence[Allowance], contracts: Contracts
) -> tuple[Change, ...]:
    """Return the changes after which none of these may move anything. Raises ``BadData``."""
    return tuple(
        Change(spender=each, now=now, then=_NOTHING)
        for each in spenders
        if (now := _now(each, standing, contracts)) != 0
    )


def _is_less(now: Most, then: Most) -> bool:
    """Whether ``now`` does not reach ``then``; nothing never does."""
    return now is not None and (then is None or now < then or now == 0)


def _now(spender: Spender, standing: Sequence[Allowance], contracts: Contracts) -> Most:
    token = getattr(contracts, spender.token)
    for each in standing:
        if (each.contract, each.token) == (spender.contract, token):
            return each.most
    raise BadData(f"the chain did not show whether {spender.name} may move {spender.token_name}")

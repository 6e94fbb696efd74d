"""Which contracts may move what of a wallet: what trading needs, what is there, what to change.

Nothing is allowed that trading or redeeming does not use: no contract that splits, none that
converts, and the auto-redeemer only where the owner asks for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.chain.addresses import Contracts
from bot.errors import ConfigError
from bot.model.units import Usd, from_e6, to_e6
from bot.owner.calls import WITHOUT_LIMIT, allow_sum, allow_tokens
from bot.venues.polymarket.sdk.calls import Call

Standing = Mapping[tuple[str, str], int]
"""(token contract, spender) -> millionths; for outcome tokens 0 or ``WITHOUT_LIMIT``."""

PUSD, CTF, POSITIONS = "pUSD", "CTF tokens", "V2 tokens"
AUTO_REDEEMER = "auto-redeemer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One permission that trading may need."""

    name: str
    """What ``--only`` calls its spender."""
    spender: str
    token: str
    what: str
    """The token's name."""
    use: str
    """What stands still without it."""
    is_sum: bool
    """An ERC-20 sum; else all outcome tokens of the contract or none."""
    is_trading: bool
    """Needed to send orders; else only to be paid afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One permission that is about to be changed."""

    wanted: Wanted
    now_e6: int
    then_e6: int

    @property
    def call(self) -> Call:
        """Return the contract call that makes the change."""
        if self.wanted.is_sum:
            return allow_sum(token=self.wanted.token, spender=self.wanted.spender, e6=self.then_e6)
        return allow_tokens(
            token=self.wanted.token, spender=self.wanted.spender, is_allowed=self.then_e6 > 0
        )


def wanted(contracts: Contracts) -> tuple[Wanted, ...]:
    """Return every permission that trading can make use of, the needed ones first.

    **Source:** POLYMARKET section 8.3 and polymarket-client 0.14.0, read 2026-11.
    """
    rows = (
        ("exchange", contracts.exchange, PUSD, "buys in CTF markets", True),
        ("exchange", contracts.exchange, CTF, "sells in CTF markets", True),
        ("neg-risk-exchange", contracts.neg_risk_exchange, PUSD, "buys in neg-risk markets", True),
        ("neg-risk-exchange", contracts.neg_risk_exchange, CTF, "sells in neg-risk markets", True),
        ("exchange-v3", contracts.exchange_v3, PUSD, "buys in V2 markets", True),
        ("exchange-v3", contracts.exchange_v3, POSITIONS, "sells in V2 markets", True),
        ("adapter", contracts.collateral_adapter, CTF, "redeems CTF markets", False),
        (
            "neg-risk-adapter",
            contracts.neg_risk_collateral_adapter,
            CTF,
            "redeems neg-risk markets",
            False,
        ),
        ("router", contracts.router, POSITIONS, "redeems V2 markets", False),
        (AUTO_REDEEMER, contracts.auto_redeemer, CTF, "the venue redeems CTF markets", False),
        (AUTO_REDEEMER, contracts.auto_redeemer, POSITIONS, "the venue redeems V2 markets", False),
    )
    tokens = {
        PUSD: contracts.collateral,
        CTF: contracts.conditional_tokens,
        POSITIONS: contracts.position_manager,
    }
    return tuple(
        Wanted(
            name=name,
            spender=spender,
            token=tokens[what],
            what=what,
            use=use,
            is_sum=what == PUSD,
            is_trading=is_trading,
        )
        for name, spender, what, use, is_trading in rows
    )


def choose(rows: Iterable[Wanted], only: Sequence[str]) -> tuple[Wanted, ...]:
    """Return the rows of these names; of no names: all but the auto-redeemer's.

    Raises:
        ConfigError: A name is none of theirs.
    """
    rows = tuple(rows)
    names = tuple(dict.fromkeys(row.name for row in rows))
    for name in only:
        if name not in names:
            raise ConfigError(f"--only {name} names no contract of ours. Names: {', '.join(names)}")
    if only:
        return tuple(row for row in rows if row.name in only)
    return tuple(row for row in rows if row.name != AUTO_REDEEMER)


def missing(rows: Iterable[Wanted], standing: Standing, *, usd: Usd) -> tuple[Wanted, ...]:
    """Return what is not allowed, or not enough for ``usd``."""
    return tuple(row for row in rows if _now(row, standing) < _enough(row, usd))


def raise_to(
    rows: Iterable[Wanted], standing: Standing, *, usd: Usd | None, is_exact: bool
) -> tuple[Change, ...]:
    """Return the changes that allow what is wanted.

    Args:
        rows: What to allow.
        standing: What the chain shows.
        usd: How much pUSD each spender may move; None: without limit.
        is_exact: Lower what allows more; else that is left as it is.
    """
    changes = []
    for row in rows:
        then = WITHOUT_LIMIT if usd is None or not row.is_sum else to_e6(usd)
        now = _now(row, standing)
        if now < then or (is_exact and now != then):
            changes.append(Change(wanted=row, now_e6=now, then_e6=then))
    return tuple(changes)


def take_back(rows: Iterable[Wanted], standing: Standing) -> tuple[Change, ...]:
    """Return the changes after which nothing of these is allowed any more."""
    return tuple(
        Change(wanted=row, now_e6=now, then_e6=0)
        for row in rows
        if (now := _now(row, standing)) > 0
    )


def in_words(row: Wanted, e6: int) -> str:
    """Return an allowance for people: ``500 pUSD``, ``all pUSD``, ``no CTF tokens``."""
    if e6 == 0:
        return f"no {row.what}"
    if e6 == WITHOUT_LIMIT or not row.is_sum:
        return f"all {row.what}"
    return f"{from_e6(e6):,f} {row.what}"


def _now(row: Wanted, standing: Standing) -> int:
    return standing[(row.token, row.spender)]


def _enough(row: Wanted, usd: Usd) -> int:
    return max(to_e6(usd), 1) if row.is_sum else 1

"""Which contracts must be allowed to move a wallet's cash and tokens, and what for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.chain.abi import decode, encode_call
from bot.chain.addresses import Contracts
from bot.chain.records import Allowance
from bot.model.units import from_e6

_NO_BOUND = 1 << 128  # more than any currency has; an allowance above it is meant as "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """A contract that must be allowed to move a token; both by their names in ``Contracts``."""

    token: str
    contract: str
    purpose: str
    is_currency: bool = False
    """An ERC-20, allowed by a sum; otherwise outcome tokens, allowed all or none."""


def _cash(contract: str, purpose: str) -> Spender:
    return Spender(token="collateral", contract=contract, purpose=purpose, is_currency=True)


SPENDERS = (
    _cash("exchange", "buy in CTF markets"),
    _cash("neg_risk_exchange", "buy in neg-risk CTF markets"),
    _cash("exchange_v3", "buy in V2 markets"),
    _cash("collateral_adapter", "split in CTF markets"),
    _cash("neg_risk_collateral_adapter", "split in neg-risk CTF markets"),
    _cash("router", "split in V2 markets"),
    Spender(token="conditional_tokens", contract="exchange", purpose="sell in CTF markets"),
    Spender(
        token="conditional_tokens",
        contract="neg_risk_exchange",
        purpose="sell in neg-risk CTF markets",
    ),
    Spender(
        token="conditional_tokens",
        contract="collateral_adapter",
        purpose="merge and redeem in CTF markets",
    ),
    Spender(
        token="conditional_tokens",
        contract="neg_risk_collateral_adapter",
        purpose="merge and redeem in neg-risk CTF markets",
    ),
    Spender(
        token="conditional_tokens",
        contract="auto_redeemer",
        purpose="be redeemed for in CTF markets",
    ),
    Spender(token="position_manager", contract="exchange_v3", purpose="sell in V2 markets"),
    Spender(token="position_manager", contract="router", purpose="merge and redeem in V2 markets"),
    Spender(
        token="position_manager",
        contract="auto_redeemer",
        purpose="be redeemed for in V2 markets",
    ),
)
"""**Source:** polymarket-client 0.14.0 ``approvals.py`` without its perps and its two modules
(they convert old positions, which this program never does); POLYMARKET 8.3, read 2026-11."""


def allowance_calls(wallet: str, contracts: Contracts) -> tuple[tuple[str, str], ...]:
    """Return token address and call for each of ``SPENDERS``."""
    return tuple(
        (
            getattr(contracts, spender.token),
            encode_call(
                "allowance(address,address)"
                if spender.is_currency
                else "isApprovedForAll(address,address)",
                wallet,
                getattr(contracts, spender.contract),
            ),
        )
        for spender in SPENDERS
    )


def read_allowances(answers: Sequence[object], contracts: Contracts) -> tuple[Allowance, ...]:
    """Map the answers to ``allowance_calls``, in their order.

    Raises:
        BadData: one of them cannot be read.
    """
    return tuple(
        Allowance(
            contract=spender.contract,
            token=spender.token,
            spender=getattr(contracts, spender.contract),
            most=_most(spender, answer),
        )
        for spender, answer in zip(SPENDERS, answers, strict=True)
    )


def find(allowances: Iterable[Allowance], *, token: str, contract: str) -> Allowance | None:
    """Return one of the allowances, by the names in ``Contracts``."""
    for allowance in allowances:
        if (allowance.token, allowance.contract) == (token, contract):
            return allowance
    return None


def _most(spender: Spender, answer: object) -> Decimal | None:
    name = f"allowance of {spender.contract} over {spender.token}"
    if not spender.is_currency:
        return None if decode(("bool",), answer, name=name)[0] else Decimal(0)
    most = decode(("uint256",), answer, name=name)[0]
    return None if most >= _NO_BOUND else from_e6(most)

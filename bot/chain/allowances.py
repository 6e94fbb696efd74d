"""What contracts may move of a wallet: which to ask about, and what the answers mean."""

from collections.abc import Sequence
from decimal import Decimal

from bot.chain.abi import decode, encode_call
from bot.chain.addresses import Contracts
from bot.chain.records import Allowance
from bot.model.units import from_e6

_CASH, _CTF, _V2 = "collateral", "conditional_tokens", "position_manager"
_SPENDERS = (
    (_CASH, "exchange"),
    (_CASH, "neg_risk_exchange"),
    (_CASH, "exchange_v3"),
    (_CASH, "collateral_adapter"),
    (_CASH, "neg_risk_collateral_adapter"),
    (_CASH, "router"),
    (_CTF, "exchange"),
    (_CTF, "neg_risk_exchange"),
    (_CTF, "collateral_adapter"),
    (_CTF, "neg_risk_collateral_adapter"),
    (_CTF, "auto_redeemer"),
    (_V2, "exchange_v3"),
    (_V2, "router"),
    (_V2, "auto_redeemer"),
)
"""Token and who moves it, by their names in ``Contracts``.

**Source:** polymarket-client 0.14.0 ``approvals.py`` without perps and without the two modules
(they convert old positions, which this program never does); POLYMARKET 8.3, read 2026-11."""
_NO_BOUND = 1 << 128  # more than any currency has: meant as "all"


def allowance_calls(wallet: str, contracts: Contracts) -> tuple[tuple[str, str], ...]:
    """Return token address and call for each permission that this program can make use of."""
    return tuple(
        (
            getattr(contracts, token),
            encode_call(
                "allowance(address,address)"
                if token == _CASH
                else "isApprovedForAll(address,address)",
                wallet,
                getattr(contracts, contract),
            ),
        )
        for token, contract in _SPENDERS
    )


def read_allowances(answers: Sequence[object], contracts: Contracts) -> tuple[Allowance, ...]:
    """Map the answers to ``allowance_calls``, in their order.

    Raises:
        BadData: one of them cannot be read.
    """
    return tuple(
        Allowance(
            contract=contract,
            token=getattr(contracts, token),
            spender=getattr(contracts, contract),
            most=_most(token, contract, answer),
        )
        for (token, contract), answer in zip(_SPENDERS, answers, strict=True)
    )


def _most(token: str, contract: str, answer: object) -> Decimal | None:
    name = f"allowance of {contract} over {token}"
    if token != _CASH:
        return None if decode(("bool",), answer, name=name)[0] else Decimal(0)
    most = decode(("uint256",), answer, name=name)[0]
    return None if most >= _NO_BOUND else from_e6(most)
